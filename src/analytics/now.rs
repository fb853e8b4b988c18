//! Who waits at this moment, read from the boards' own rows.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};

use super::daybook::Daybook;
use super::facts::Filter;
use super::figures::{Figure, Values};
use crate::hospital::measure_targets::Targets;
use crate::journey::course::Measure;
use crate::journey::ids::{DepartmentId, PersonId};
use crate::journey::words::{Station, Status, Word};
use crate::projections::open::OpenVisit;
use crate::projections::tests::AtStage;

/// What goes on now.
#[derive(Clone, Debug, Default)]
pub struct Now {
    /// Each station.
    pub stations: Vec<AtStation>,
    /// The doctors with a patient, or who had one within the hour.
    pub in_session: BTreeSet<PersonId>,
    /// How many tests wait at each stage.
    pub backlog: Vec<AtStage>,
    /// The visits that wait longer than they should, the longest over first.
    pub late: Vec<Late>,
}

/// What goes on at a station.
#[derive(Clone, Debug)]
pub struct AtStation {
    /// Where.
    pub station: Station,
    /// How many wait.
    pub waiting: usize,
    /// How many of them by department.
    pub by_department: BTreeMap<Option<DepartmentId>, Waiting>,
    /// Who waits longest.
    pub longest: Option<OpenVisit>,
    /// The waits that ended within the last hour.
    pub last_hour: Figure,
}

/// Who waits of a department.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// How many.
    pub visits: usize,
    /// The longest wait, in seconds.
    pub longest: i64,
}

/// A visit that waits longer than it should.
#[derive(Clone, Debug)]
pub struct Late {
    /// The visit.
    pub visit: OpenVisit,
    /// How long it waits, in seconds.
    pub seconds: i64,
    /// How long it should at most.
    pub target: i64,
}

/// Works out what goes on, from the open visits and those of today and yesterday.
pub fn now<'a>(
    open: &[OpenVisit],
    lately: impl Iterator<Item = &'a Daybook> + Clone,
    backlog: Vec<AtStage>,
    (filter, targets): (&Filter, &Targets),
    moment: DateTime<Utc>,
) -> Now {
    let an_hour_ago = moment - TimeDelta::hours(1);
    let ended = |measure| {
        let all = lately.clone().flat_map(move |day| day.stretches(measure));
        let within_the_hour = move |until: DateTime<Utc>| until > an_hour_ago && until <= moment;
        all.filter(move |(facts, span)| filter.stretch(facts, span) && span.until.is_some_and(within_the_hour))
    };
    let waits = |visit: &&OpenVisit| visit.status == Status::Waiting;
    let seconds = |visit: &OpenVisit| (moment - visit.since).num_seconds().max(0);
    let stations = Station::ALL.iter().map(|station| {
        let there: Vec<_> = open.iter().filter(waits).filter(|visit| visit.station == Some(*station)).collect();
        let mut by_department: BTreeMap<Option<DepartmentId>, Waiting> = BTreeMap::new();
        for visit in &there {
            let waiting = by_department.entry(visit.department_id.clone()).or_default();
            waiting.visits += 1;
            waiting.longest = waiting.longest.max(seconds(visit));
        }
        let mut last_hour = Values::default();
        for (facts, span) in ended(Measure::wait_at(*station)) {
            last_hour.take(&facts.visit_id, span.seconds, None);
        }
        AtStation {
            station: *station,
            waiting: there.len(),
            by_department,
            longest: there.iter().min_by_key(|visit| visit.since).map(|visit| (*visit).clone()),
            last_hour: last_hour.figure(),
        }
    });
    let stations = stations.collect();
    let mut in_session: BTreeSet<PersonId> = open
        .iter()
        .filter(|visit| visit.status == Status::InConsultation)
        .filter_map(|visit| visit.doctor_id.clone())
        .collect();
    in_session.extend(ended(Measure::Consultation).filter_map(|(_, span)| span.doctor.as_deref().cloned()));
    let late = open.iter().filter(waits).filter_map(|visit| {
        let target = targets.wait(visit.department_id.as_ref(), visit.station?) * 60;
        let seconds = seconds(visit);
        (seconds > target).then(|| Late { visit: visit.clone(), seconds, target })
    });
    let mut late: Vec<_> = late.collect();
    late.sort_by_key(|late| std::cmp::Reverse(late.seconds - late.target));
    Now { stations, in_session, backlog, late }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::facts::Measured;
    use super::super::tests::visit;
    use super::*;
    use crate::db::new_id;
    use crate::hospital::measure_targets::MeasureTarget;
    use crate::journey::events::EventType::VisitRegistered;
    use crate::journey::words::{Priority, Stage, VisitType};

    /// A hospital at ten, by hand.
    #[test]
    fn what_goes_on_now_is_of_this_moment_and_the_hour_before() {
        let ten: DateTime<Utc> = "2026-03-02T10:00:00Z".parse().expect("a time");
        let [seen_lately, seen_before, busy]: [Arc<PersonId>; 3] = std::array::from_fn(|_| Arc::new(new_id()));
        let department: DepartmentId = new_id();

        let mut book = Daybook::default();
        let mut ended = |measure, minutes_ago, seconds, doctor: &Arc<PersonId>| {
            let until = Some(ten - TimeDelta::minutes(minutes_ago));
            let span = Measured { hour: 9, weekday: 1, doctor: Some(doctor.clone()), until, seconds: Some(seconds) };
            book.put(visit(ten.date_naive(), doctor, None, &[VisitRegistered]).0, vec![(measure, span)]);
        };
        ended(Measure::ConsultationWait, 59, 600, &seen_lately);
        ended(Measure::ConsultationWait, 0, 60, &seen_lately);
        // An hour ago is too long ago, and what is still to come has not happened.
        ended(Measure::ConsultationWait, 60, 9_000, &seen_before);
        ended(Measure::ConsultationWait, -1, 9_000, &seen_before);
        ended(Measure::LabWait, 30, 300, &seen_before);
        ended(Measure::Consultation, 30, 500, &seen_lately);
        ended(Measure::Consultation, 61, 500, &seen_before);

        let open = |token: &str, status, minutes_ago, doctor: Option<&PersonId>| OpenVisit {
            visit_id: new_id(),
            token: token.to_owned(),
            station: Some(Station::Consultation),
            status,
            branch_id: None,
            department_id: Some(department.clone()),
            doctor_id: doctor.cloned(),
            visit_type: VisitType::Opd,
            priority: Priority::Routine,
            since: ten - TimeDelta::minutes(minutes_ago),
        };
        let there = [
            open("C-1", Status::Called, 90, None),
            open("C-2", Status::InConsultation, 80, Some(&busy)),
            open("C-3", Status::Waiting, 10, None),
            open("C-4", Status::Waiting, 40, Some(&seen_before)),
            open("C-5", Status::Waiting, 31, None),
        ];
        let measure = Measure::ConsultationWait;
        let target = MeasureTarget { department_id: department.clone(), measure, minutes: 30 };
        let (filter, targets) = (Filter::default(), Targets::new(&[], &[target]));
        let at = |stage, tests| AtStage { stage, tests, visits: 1 };
        let backlog = vec![at(Stage::Collected, 3), at(Stage::Completed, 1)];
        let now = now(&there, std::iter::once(&book), backlog.clone(), (&filter, &targets), ten);

        let [doctor, lab, billing] = &now.stations[..] else { panic!("three stations: {:?}", now.stations) };
        assert_eq!((doctor.waiting, lab.waiting, billing.waiting), (3, 0, 0));
        assert_eq!(doctor.longest.as_ref().map(|visit| visit.token.as_str()), Some("C-4"));
        let waiting = Waiting { visits: 3, longest: 40 * 60 };
        assert_eq!(doctor.by_department, BTreeMap::from([(Some(department), waiting)]));
        let hour = |at: &AtStation| (at.last_hour.count, at.last_hour.median, at.last_hour.p90);
        assert_eq!(hour(doctor), (2, Some(60), Some(600)));
        assert_eq!((hour(lab), hour(billing)), ((1, Some(300), Some(300)), (0, None, None)));
        assert_eq!(now.in_session, BTreeSet::from([&seen_lately, &busy].map(|doctor| (**doctor).clone())));
        assert_eq!(now.backlog, backlog);
        let late: Vec<_> = now.late.iter().map(|late| (late.visit.token.as_str(), late.seconds, late.target)).collect();
        assert_eq!(late, [("C-4", 2_400, 1_800), ("C-5", 1_860, 1_800)]);
    }
}
