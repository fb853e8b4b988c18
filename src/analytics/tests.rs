//! Figures worked out by hand.

use std::array;
use std::sync::Arc;

use chrono::NaiveDate;

use super::among::{Among, Only};
use super::daybook::Daybook;
use super::facts::{Facts, Filter, Measured, Period};
use super::figures::{Figure, Values};
use super::journeys::{self, Stop, Sum, Times};
use super::waits::{Dimension, Question, Stretch};
use crate::db::new_id;
use crate::hospital::measure_targets::{MeasureTarget, Targets};
use crate::journey::course::Measure;
use crate::journey::events::EventType::{self, *};
use crate::journey::ids::{BranchId, DepartmentId, Id, PersonId, VisitId};
use crate::journey::money::Money;
use crate::journey::words::{Outcome, Priority, VisitType, Word};

fn day(day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 3, day).expect("a day")
}

/// A day with a visit.
pub(super) fn book_of(day: NaiveDate) -> Daybook {
    book([visit(day, &Arc::new(new_id()), None, &[VisitRegistered])])
}

/// A day with visits.
fn book(visits: impl IntoIterator<Item = (Facts, [(Measure, Measured); 3])>) -> Daybook {
    let mut book = Daybook::default();
    visits.into_iter().for_each(|(facts, stretches)| book.put(facts, stretches.to_vec()));
    book
}

/// A visit of a day, and what is measured of it.
pub(super) fn visit(
    day: NaiveDate,
    doctor: &Arc<PersonId>,
    wait: Option<i64>,
    path: &[EventType],
) -> (Facts, [(Measure, Measured); 3]) {
    let outcome = path.last().and_then(|last| match last {
        VisitCompleted => Some(Outcome::Completed),
        VisitNoShow => Some(Outcome::NoShow),
        VisitCancelled => Some(Outcome::Cancelled),
        _ => None,
    });
    let whole = outcome.map(|_| 3_600);
    let span = |measure, seconds| {
        (measure, Measured { hour: 10, weekday: 1, doctor: Some(doctor.clone()), until: None, seconds })
    };
    let stretches =
        [span(Measure::ConsultationWait, wait), span(Measure::DoorToDoctor, wait), span(Measure::WholeVisit, whole)];
    let facts = Facts {
        visit_id: new_id(),
        branch: None,
        department: None,
        doctor: Some(doctor.clone()),
        visit_type: VisitType::Opd,
        priority: Priority::Routine,
        day,
        outcome,
        reason: (outcome == Some(Outcome::Cancelled)).then(|| Arc::new(" went home. ".to_owned())),
        path: Arc::new(path.to_vec()),
        repeats: 0,
        waited: wait.unwrap_or(100),
        taken: Money(500),
        refunded: Money(100),
        due: Money(50),
        unseen: wait.is_none(),
        whole,
    };
    (facts, stretches)
}

#[test]
fn percentiles_are_values_that_occurred() {
    let figure = |values: &[i64]| {
        let visits: Vec<VisitId> = values.iter().map(|_| new_id()).collect();
        let (unmeasured, mut all) = (new_id(), Values::default());
        values.iter().zip(&visits).for_each(|(value, visit)| all.take(visit, Some(*value), Some(5)));
        all.take(&unmeasured, None, Some(5));
        all.figure()
    };
    assert_eq!(figure(&[]), Figure { missing: 1, unfinished: 1, ..Figure::default() });
    let one = figure(&[7]);
    assert_eq!((one.median, one.p90, one.mean, one.within), (Some(7), Some(7), Some(7), Some((0, 1))));
    assert_eq!((one.visits, one.targeted), (1, 1));
    // Of ten, the fifth and the ninth; of eleven, the sixth and the tenth.
    let ten = figure(&[10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
    assert_eq!((ten.median, ten.p90, ten.mean, ten.count, ten.missing), (Some(5), Some(9), Some(6), 10, 1));
    assert_eq!(ten.within, Some((5, 10)));
    let eleven = figure(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 100]);
    assert_eq!((eleven.median, eleven.p90), (Some(6), Some(10)));
}

#[test]
fn five_tests_of_one_visit_are_one_visit() {
    let (one, other): (VisitId, VisitId) = (new_id(), new_id());
    let mut values = Values::default();
    for seconds in 1..=5 {
        values.take(&one, Some(seconds), (seconds > 3).then_some(60));
    }
    values.take(&other, Some(6), None);
    values.take(&other, None, None);
    values.take(&other, None, None);
    let figure = values.figure();
    assert_eq!((figure.missing, figure.unfinished), (2, 1));
    assert_eq!((figure.count, figure.visits, figure.within, figure.targeted), (6, 2, Some((2, 2)), 1));
}

#[test]
fn a_measure_is_told_by_period_and_by_doctor_worst_first() {
    let (quick, slow): (Arc<PersonId>, Arc<PersonId>) = (Arc::new(new_id()), Arc::new(new_id()));
    let seen = [VisitRegistered, QueueJoined, QueueCalled, EnteredRoom, VisitCompleted];
    let days = [
        book([visit(day(2), &quick, Some(90), &seen)]),
        book([visit(day(3), &quick, Some(60), &seen), visit(day(3), &slow, Some(600), &seen)]),
        book([visit(day(4), &slow, None, &[VisitRegistered, QueueJoined])]),
    ];
    let days = days.map(Arc::new);
    let (filter, targets) = (Filter::default(), Targets::default());
    let period = Period { from: day(3), to: day(4) };
    assert_eq!(period.before(), Period { from: day(1), to: day(2) });
    let question = Question { days: &days, period, filter: &filter, targets: &targets };
    let [now, before] = question.figures()[&Measure::ConsultationWait];
    assert_eq!((now.count, now.missing, now.median, now.p90), (2, 1, Some(60), Some(600)));
    assert_eq!((before.count, before.median), (1, Some(90)));
    let doctors = question.by(Measure::ConsultationWait, Dimension::Doctor);
    let told: Vec<_> = doctors.iter().map(|group| (group.key.as_deref(), group.figure.median)).collect();
    assert_eq!(told, [(Some(slow.to_string().as_str()), Some(600)), (Some(quick.to_string().as_str()), Some(60))]);
    assert_eq!(doctors[1].before.median, Some(90));
    let hours = question.by_hour(Measure::ConsultationWait);
    assert_eq!(hours[0][10].count, 2);
    assert_eq!(hours.iter().flatten().map(|cell| cell.count).sum::<usize>(), 2);
    let days = question.by_day(Measure::ConsultationWait);
    assert_eq!(days.iter().map(|(_, figure)| figure.count).collect::<Vec<_>>(), [2, 0]);
    let only = Filter { doctor: Some((*slow).clone()), ..Filter::default() };
    let [now, _] = Question { filter: &only, ..question }.figures()[&Measure::ConsultationWait];
    assert_eq!((now.count, now.missing), (1, 1));
}

#[test]
fn visits_are_told_apart_and_asked_for_by_each_dimension() {
    let branches: [Arc<BranchId>; 2] = array::from_fn(|_| Arc::new(new_id()));
    let departments: [Arc<DepartmentId>; 2] = array::from_fn(|_| Arc::new(new_id()));
    let doctors: [Arc<PersonId>; 2] = array::from_fn(|_| Arc::new(new_id()));
    let (types, priorities) = ([VisitType::FollowUp, VisitType::Opd], [Priority::Routine, Priority::Urgent]);
    let of = |kind: usize, wait| {
        let (facts, stretches) = visit(day(3), &doctors[kind], Some(wait), &[VisitRegistered]);
        let (branch, department) = (Some(branches[kind].clone()), Some(departments[kind].clone()));
        let facts = Facts { branch, department, visit_type: types[kind], priority: priorities[kind], ..facts };
        (facts, stretches)
    };
    let days = [Arc::new(book([of(0, 60), of(1, 600), of(1, 700)]))];
    let (filter, targets) = (Filter::default(), Targets::default());
    let period = Period { from: day(3), to: day(3) };
    let question = Question { days: &days, period, filter: &filter, targets: &targets };
    for dimension in Dimension::ALL {
        let (keys, only) = match dimension {
            Dimension::Department => (
                departments.each_ref().map(|department| department.to_string()),
                Filter { department: Some((*departments[1]).clone()), ..Filter::default() },
            ),
            Dimension::Doctor => (
                doctors.each_ref().map(|doctor| doctor.to_string()),
                Filter { doctor: Some((*doctors[1]).clone()), ..Filter::default() },
            ),
            Dimension::Branch => (
                branches.each_ref().map(|branch| branch.to_string()),
                Filter { branch: Some((*branches[1]).clone()), ..Filter::default() },
            ),
            Dimension::VisitType => (
                types.map(|visit_type| visit_type.word().to_owned()),
                Filter { visit_type: Some(types[1]), ..Filter::default() },
            ),
            Dimension::Priority => (
                priorities.map(|priority| priority.word().to_owned()),
                Filter { priority: Some(priorities[1]), ..Filter::default() },
            ),
        };
        let groups = question.by(Measure::ConsultationWait, *dimension);
        let told: Vec<_> = groups.into_iter().map(|group| (group.key, group.figure.median)).collect();
        let [first, second] = keys.map(Some);
        assert_eq!(told, [(second, Some(600)), (first, Some(60))], "{dimension}");
        let asked = Question { filter: &only, ..question };
        let [now, _] = asked.figures()[&Measure::ConsultationWait];
        assert_eq!((now.count, now.median, asked.visits_in(period).count()), (2, Some(600), 2), "{dimension}");
    }
}

#[test]
fn what_is_known_anew_of_a_visit_takes_the_place_of_what_was() {
    let doctor: Arc<PersonId> = Arc::new(new_id());
    let mut book = Daybook::default();
    let mut put = |number: u8, wait, measured| {
        let (mut facts, stretches) = visit(day(3), &doctor, wait, &[VisitRegistered, VisitCompleted]);
        facts.visit_id = VisitId::from_bits(number.into());
        book.put(facts, stretches.into_iter().take(measured).collect());
    };
    // One comes between two; then more is known of the first, and less of the last.
    put(1, None, 1);
    put(3, Some(30), 3);
    put(2, Some(20), 2);
    put(1, Some(10), 3);
    put(3, Some(31), 1);
    let told = |measure| {
        let all = book.stretches(measure).map(|(facts, span)| (facts.visit_id.clone(), span.seconds));
        all.collect::<Vec<_>>()
    };
    let [one, two, three] = [1, 2, 3].map(VisitId::from_bits);
    assert_eq!(book.iter().map(|facts| &facts.visit_id).collect::<Vec<_>>(), [&one, &two, &three]);
    assert_eq!(told(Measure::ConsultationWait), [(one.clone(), Some(10)), (two.clone(), Some(20)), (three, Some(31))]);
    assert_eq!(told(Measure::DoorToDoctor), [(one.clone(), Some(10)), (two, Some(20))]);
    assert_eq!(told(Measure::WholeVisit), [(one, Some(3_600))]);
}

#[test]
fn the_longest_are_listed_page_by_page() {
    let doctor: Arc<PersonId> = Arc::new(new_id());
    let seen = [VisitRegistered, QueueJoined, QueueCalled, EnteredRoom];
    let waits = [Some(30), None, Some(50), Some(40), Some(7), Some(20)];
    let days = [Arc::new(book(waits.map(|wait| visit(day(3), &doctor, wait, &seen))))];
    let (filter, targets) = (Filter::default(), Targets::default());
    let period = Period { from: day(3), to: day(3) };
    let question = Question { days: &days, period, filter: &filter, targets: &targets };
    let listed = |some| {
        let not_seven = |_: &Facts, span: &Measured, _: Option<i64>| span.seconds != Some(7);
        let (listed, count) = question.longest(Measure::ConsultationWait, not_seven, some);
        (listed.into_iter().map(|(_, span, _)| span.seconds).collect::<Vec<_>>(), count)
    };
    assert_eq!(listed(0..2), (vec![Some(50), Some(40)], 5));
    assert_eq!(listed(2..4), (vec![Some(30), Some(20)], 5));
    assert_eq!(listed(4..6), (vec![None], 5));
    assert_eq!(listed(6..8), (vec![], 5));
}

#[test]
fn the_furthest_over_their_target_come_first() {
    let (doctor, quick): (Arc<PersonId>, Arc<DepartmentId>) = (Arc::new(new_id()), Arc::new(new_id()));
    let slow: Arc<DepartmentId> = Arc::new(new_id());
    let of = |department: &Arc<DepartmentId>, wait| {
        let (facts, stretches) = visit(day(3), &doctor, wait, &[VisitRegistered, QueueJoined]);
        (Facts { department: Some(department.clone()), ..facts }, stretches)
    };
    // Ten minutes are many where five are meant, and few where nine are.
    let visits = [of(&slow, Some(600)), of(&quick, Some(540)), of(&slow, Some(540)), of(&quick, None)];
    let days = [Arc::new(book(visits))];
    let set = |department: &Arc<DepartmentId>, minutes| MeasureTarget {
        department_id: (**department).clone(),
        measure: Measure::ConsultationWait,
        minutes,
    };
    let (filter, targets) = (Filter::default(), Targets::new(&[], &[set(&quick, 5), set(&slow, 9)]));
    let period = Period { from: day(3), to: day(3) };
    let question = Question { days: &days, period, filter: &filter, targets: &targets };
    let told = |(stretches, count): (Vec<Stretch>, usize)| {
        (stretches.into_iter().map(|(_, span, target)| (span.seconds, target)).collect::<Vec<_>>(), count)
    };
    let listed = |some| told(question.furthest_over(Measure::ConsultationWait, |_, _| true, some));
    assert_eq!(listed(0..1), (vec![(Some(540), Some(300))], 2));
    assert_eq!(listed(1..2), (vec![(Some(600), Some(540))], 2));
    assert_eq!(question.breaches(Measure::ConsultationWait).len(), 2);
}

#[test]
fn journeys_are_counted() {
    let doctor: Arc<PersonId> = Arc::new(new_id());
    let whole = [VisitRegistered, QueueJoined, QueueCalled, QueueSkipped, QueueCalled, EnteredRoom, VisitCompleted];
    let visits = [
        visit(day(3), &doctor, Some(60), &whole),
        visit(day(3), &doctor, Some(60), &whole),
        visit(day(3), &doctor, None, &[VisitRegistered, QueueJoined, VisitNoShow]),
        visit(day(4), &doctor, None, &[VisitRegistered, VisitCancelled]),
        visit(day(4), &doctor, None, &[VisitRegistered, QueueJoined]),
    ];
    let visits = visits.map(|(facts, _)| facts);
    let funnel: Vec<_> = journeys::funnel(visits.iter()).into_iter().map(|step| step.visits).collect();
    assert_eq!(funnel, [5, 4, 2, 2, 0, 0, 2]);
    let losses = journeys::losses(visits.iter());
    assert_eq!(losses.by_outcome.get(&None), Some(&1));
    assert_eq!(losses.by_outcome.get(&Some(Outcome::NoShow)), Some(&1));
    assert_eq!((losses.waited.count, losses.waited.median), (2, Some(100)));
    let (variants, exact) = journeys::variants(visits.iter());
    assert_eq!((variants[0].visits, variants.len(), exact), (2, 3, 3));
    assert_eq!(variants[0].stops, [Stop::Registration, Stop::Queue, Stop::Doctor, Stop::Completed]);
    let flows = journeys::flows(visits.iter(), 6);
    assert_eq!(flows.0.get(&(0, Stop::Registration, Stop::Queue)), Some(&4));
    assert_eq!(flows.0.get(&(1, Stop::Queue, Stop::NoShow)), Some(&1));
    let detours = journeys::detours(visits.iter());
    let twice = Times { times: 2, visits: 2 };
    assert_eq!((detours.skips, detours.recalls, detours.visits), (twice, twice, 5));
    let no_shows = journeys::no_shows(visits.iter());
    assert_eq!((no_shows[0].missed, no_shows[0].ended), (1, 4));
    let reasons = journeys::reasons(visits.iter());
    assert_eq!(reasons, [(Outcome::Cancelled, Some("Went home".to_owned()), 1)]);
    let revenue = journeys::revenue(visits.iter());
    assert_eq!(revenue[&day(4)].taken, Sum { money: Money(1_000), visits: 2 });
    let among = |among: Among| visits.iter().filter(|facts| among.has(facts)).count();
    assert_eq!([Among::All, Among::Open, Among::Ended, Among::Unseen].map(among), [5, 1, 4, 3]);
    assert_eq!([Among::NoShow, Among::Cancelled, Among::CalledAgain, Among::Detoured].map(among), [1, 1, 2, 2]);
    assert_eq!([Among::Billed, Among::Refunded, Among::SpecimenSpoilt].map(among), [5, 5, 0]);
    // Each figure has as many visits behind it as it says.
    let only = |only: Only| visits.iter().filter(|facts| only.has(facts)).count();
    let steps = journeys::funnel(visits.iter());
    assert!(steps.into_iter().all(|step| only(Only::Event(step.event)) == step.visits));
    assert!(losses.by_outcome.iter().all(|(outcome, visits)| only(Only::Lost(*outcome)) == *visits));
    assert!(reasons.into_iter().all(|(outcome, reason, visits)| only(Only::Reason(outcome, reason)) == visits));
    assert!(variants.into_iter().all(|variant| only(Only::Path(variant.stops)) == variant.visits));
    assert!(flows.0.iter().all(|((step, from, to), visits)| only(Only::Flow(*step, *from, *to)) == *visits));
}

#[test]
fn what_the_lab_does_twice_is_counted() {
    let doctor: Arc<PersonId> = Arc::new(new_id());
    let once = [VisitRegistered, TestsOrdered, TestSampleCollected, TestCompleted, TestReviewed, VisitCompleted];
    let mut spoilt = vec![VisitRegistered, TestsOrdered, TestSampleCollected, TestSampleRejected];
    spoilt.extend([TestSampleCollected, TestSampleRejected, TestSampleCollected, TestCompleted, VisitCompleted]);
    let of = |path: &[EventType], repeats| Facts { repeats, ..visit(day(3), &doctor, Some(60), path).0 };
    let visits = [of(&once, 0), of(&once, 1), of(&once, 2), of(&spoilt, 0)];
    let detours = journeys::detours(visits.iter());
    assert_eq!((detours.spoilt, detours.repeats), (Times { times: 2, visits: 1 }, Times { times: 3, visits: 2 }));
    assert_eq!((detours.collected, detours.visits), (6, 4));
    assert_eq!((detours.skips, detours.recalls), (Times::default(), Times::default()));
    let among = |among: Among| visits.iter().filter(|facts| among.has(facts)).count();
    assert_eq!([Among::SpecimenSpoilt, Among::ResultRepeated, Among::Detoured].map(among), [1, 2, 3]);
}

#[test]
fn a_path_takes_as_long_as_the_visits_that_went_it() {
    let doctor: Arc<PersonId> = Arc::new(new_id());
    let of = |path: &[EventType], whole| Facts { whole: Some(whole), ..visit(day(3), &doctor, None, path).0 };
    let mut visits: Vec<_> = (1..=10).rev().map(|whole| of(&[VisitRegistered, VisitCompleted], whole)).collect();
    visits.push(of(&[VisitRegistered, VisitCancelled], 100));
    visits.push(of(&[VisitRegistered], 1_000));
    let (variants, _) = journeys::variants(visits.iter());
    let told = variants.iter().map(|variant| (variant.visits, variant.whole.median, variant.whole.p90));
    assert_eq!(told.collect::<Vec<_>>(), [(10, Some(5), Some(9)), (1, Some(100), Some(100))]);
}
