//! What is done on a tablet without network follows the same rules as on the server.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::html::{Shown, bench, outbox};
use super::kept::{Before, MOST, Measured, Task, Unsent, Worklist, held, in_lines, metadata, new_id};
use crate::journey::decide::LATEST_ENTRY;
use crate::journey::events::{Event, EventType};
use crate::journey::evolve::{evolve, fold};
use crate::journey::ids::{EventId, Id, PatientId, PersonId, TestId, VisitId};
use crate::journey::policy::Policy;
use crate::journey::refusal::Refusal;
use crate::journey::visit::{Step, Visit};
use crate::journey::words::{Priority, Role, Stage};

fn minute(minute: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + minute * 60, 0).unwrap_or_default()
}

fn id<I: Id>(number: u128) -> I {
    I::from_bits(number)
}

fn step(event: EventType, metadata: Value, at: i64) -> Step {
    let event = Event::parse(event, &metadata).expect("an event");
    Step { event, by: id(9), at: minute(at) }
}

fn ordered() -> Visit {
    let registered = json!({ "patientId": id::<PatientId>(1), "visitType": "LAB_ONLY", "priority": "EMERGENCY" });
    let test =
        json!({ "testId": id::<TestId>(2), "code": "CBC", "name": "Blood count", "price": 100, "specimen": "Blood" });
    let steps =
        [step(EventType::VisitRegistered, registered, 0), step(EventType::TestsOrdered, json!({ "tests": [test] }), 1)];
    fold(&steps).expect("a visit")
}

fn worklist() -> Worklist {
    let task = Task {
        visit_id: id(3),
        test_id: id(2),
        token: "L-001".into(),
        patient: "Asha".into(),
        age_and_sex: "40 years".into(),
        branch: Some("Lakeside".into()),
        urgency: Priority::Emergency,
        label: "S-1".into(),
        analytes: Vec::new(),
    };
    Worklist {
        person: id(9),
        name: "Imran".into(),
        roles: vec![Role::LabTechnician],
        policy: Policy::default(),
        known_at: minute(2),
        offset: 19_800,
        visits: vec![(id(3), ordered())],
        tests: vec![task],
    }
}

fn typed(fields: &[(&str, &str)]) -> Vec<(String, String)> {
    fields.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

fn take(unsent: &[Unsent], event: EventType, at: i64) -> Result<Unsent, Refusal> {
    let results = json!([{ "analyte": "Haemoglobin", "value": "9" }]);
    let mut metadata = json!({ "testId": id::<TestId>(2) });
    if event == EventType::TestCompleted {
        metadata["results"] = results;
    }
    worklist().take(unsent, event, metadata, id::<EventId>(100 + unsent.len() as u128), minute(at))
}

#[test]
fn each_step_rests_on_those_before_it() {
    let collected = take(&[], EventType::TestSampleCollected, 5).expect("it may be collected");
    assert_eq!((collected.deed.expected_version, collected.deed.performed_at), (2, minute(5)));
    assert_eq!(collected.stood, (Stage::Ordered, minute(1)));
    let started = take(std::slice::from_ref(&collected), EventType::TestInProgress, 6).expect("it may be started");
    assert_eq!((started.deed.expected_version, started.stood), (3, (Stage::Collected, minute(5))));
    let known = worklist().after(&[collected, started]);
    assert_eq!(known.at(Stage::InProgress).count(), 1);
    assert_eq!(known.at(Stage::Ordered).count(), 0);
}

#[test]
fn what_may_not_follow_is_refused_before_it_is_kept() {
    let refused = take(&[], EventType::TestCompleted, 5).expect_err("it is not started");
    assert!(matches!(refused, Refusal::WrongTestStage { .. }), "{refused}");
    let collected = take(&[], EventType::TestSampleCollected, 5).expect("it may be collected");
    take(&[collected], EventType::TestSampleCollected, 6).expect_err("it is collected");
    let nurse = Worklist { roles: vec![Role::Receptionist], ..worklist() };
    let wish = json!({ "testId": id::<TestId>(2) });
    let refused = nurse.take(&[], EventType::TestSampleCollected, wish, id(7), minute(5)).expect_err("another role");
    assert!(matches!(refused, Refusal::RoleNotAllowed { .. }), "{refused}");
}

#[test]
fn what_was_refused_did_not_happen_and_holds_what_follows() {
    let mut collected = take(&[], EventType::TestSampleCollected, 5).expect("it may be collected");
    collected.refusal = Some("The test is cancelled.".into());
    let unsent = [collected];
    assert_eq!(worklist().after(&unsent).at(Stage::Ordered).count(), 1);
    assert!(held(&unsent).contains(&id(2)));
}

#[test]
fn a_step_rests_again_only_where_its_test_stands_as_it_stood() {
    let collected = take(&[], EventType::TestSampleCollected, 5).expect("it may be collected");
    let vitals = step(EventType::VitalsRecorded, json!({ "pulse": 80 }), 4);
    let went_on = evolve(Some(ordered()), &vitals).expect("a visit");
    let again = worklist().rest_again(&collected, &went_on).expect("the test stands as it stood");
    assert_eq!((again.deed.expected_version, &again.deed.id), (3, &collected.deed.id));
    let cancelled = step(EventType::TestCancelled, json!({ "testId": id::<TestId>(2), "reason": "Ordered twice" }), 4);
    let went_on = evolve(Some(ordered()), &cancelled).expect("a visit");
    let reason = worklist().rest_again(&collected, &went_on).expect_err("the test is cancelled");
    assert_eq!(reason, "Blood count is cancelled; it must be ordered for this.");
}

#[test]
fn a_slow_clock_does_not_put_a_step_before_the_one_it_follows() {
    let collected = take(&[], EventType::TestSampleCollected, -5).expect("it may be collected");
    assert_eq!(collected.deed.performed_at, minute(1));
}

#[test]
fn a_worklist_lasts_as_long_as_a_session() {
    let worklist = worklist();
    assert!(worklist.lasts(minute(2) + TimeDelta::hours(11)));
    assert!(!worklist.lasts(minute(2) + TimeDelta::hours(12)));
    assert_eq!(worklist.clock(minute(0)), "13:30");
}

#[test]
fn what_nobody_sent_in_time_is_dropped_and_said() {
    let collected = take(&[], EventType::TestSampleCollected, 5).expect("it may be collected");
    assert_eq!(collected.by, "Imran");
    let last = collected.deed.performed_at + LATEST_ENTRY;
    assert!(!collected.is_too_old(last) && collected.is_too_old(last + TimeDelta::milliseconds(1)));
    let dropped = ["Leela", "Imran", "Leela"].map(str::to_owned);
    let html = outbox(&[], 0, &dropped, None, None, false);
    assert!(html.contains("within 72 hours: Imran (1), Leela (2).") && html.contains("data-seen"), "{html}");
    assert_eq!(LATEST_ENTRY.num_hours(), 72, "as it is said");
    assert_eq!(outbox(&[], 0, &[], None, None, false), "");
}

#[test]
fn a_form_becomes_metadata_with_flags() {
    let typed = typed(&[
        ("_event", "TEST_COMPLETED"),
        ("testId", "X"),
        ("results[0].analyte", "Haemoglobin"),
        ("results[0].value", " 9.1 "),
        ("results[0].low", "12"),
        ("results[0].high", "17"),
        ("results[2].analyte", "Film"),
        ("results[2].value", "normal"),
        ("results[2].unit", ""),
        ("results[3].analyte", "Potassium"),
        ("results[3].value", "7.2"),
        ("results[3].high", "5.1"),
        ("results[3].flag", "CRITICAL"),
    ]);
    assert_eq!(
        metadata(&typed),
        json!({ "testId": "X", "results": [
            { "analyte": "Haemoglobin", "value": "9.1", "low": 12.0, "high": 17.0, "flag": "LOW" },
            { "analyte": "Film", "value": "normal" },
            { "analyte": "Potassium", "value": "7.2", "high": 5.1, "flag": "CRITICAL" },
        ] })
    );
}

#[test]
fn what_is_written_is_read() {
    let known = worklist();
    let read = Worklist::from_json(&known.to_json()).expect("a worklist");
    assert_eq!(read.to_json(), known.to_json());
    assert_eq!((read.tests.len(), read.at(Stage::Ordered).count()), (1, 1));
    let collected = take(&[], EventType::TestSampleCollected, 5).expect("it may be collected");
    assert_eq!(Unsent::from_json(&collected.to_json()), Some(collected));
    let later = read.take(&[], EventType::TestSampleCollected, json!({ "testId": id::<TestId>(2) }), id(5), minute(7));
    assert_eq!(later.expect("it may be collected").deed.expected_version, 2);
}

#[test]
fn a_specimen_is_found_by_its_label() {
    let collected = json!({ "testId": id::<TestId>(2), "sampleId": "S-00A1" });
    let collected =
        worklist().take(&[], EventType::TestSampleCollected, collected, id(4), minute(5)).expect("it may be collected");
    let worklist = worklist().after(&[collected]);
    assert_eq!((worklist.of_sample(" s-00a1").count(), worklist.of_sample("S-00A2").count()), (1, 0));
    let html = bench(&worklist, &Shown::Sample("S-00A1".to_owned()), None);
    assert!(html.contains("Blood count") && html.contains("Start"), "{html}");
    assert!(bench(&worklist, &Shown::Sample("S-00A2".to_owned()), None).contains("No test has this sample"));
}

#[test]
fn a_rejected_specimens_label_is_shown_no_more() {
    let mut known = worklist();
    let collected = json!({ "testId": id::<TestId>(2), "sampleId": "S-00A1" });
    let rejected = json!({ "testId": id::<TestId>(2), "reason": "Clotted" });
    let steps = [step(EventType::TestSampleCollected, collected, 3), step(EventType::TestSampleRejected, rejected, 4)];
    known.visits[0].1 = steps.iter().fold(ordered(), |visit, step| evolve(Some(visit), step).expect("a visit"));
    let html = bench(&known, &Shown::Stage(Stage::Ordered), None);
    assert!(html.contains("Collect") && !html.contains("S-00A1"), "{html}");
}

#[test]
fn a_value_is_judged_by_who_reads_it_and_with_a_range_may_be_marked_critical() {
    let mut known = worklist();
    let step = |event, at| step(event, json!({ "testId": id::<TestId>(2) }), at);
    for step in [step(EventType::TestSampleCollected, 3), step(EventType::TestInProgress, 4)] {
        known.visits[0].1 = evolve(Some(known.visits[0].1.clone()), &step).expect("a visit");
    }
    let film = Measured { analyte: "Film".into(), unit: None, low: None, high: None, before: None };
    let ranged = Measured { analyte: "Haemoglobin".into(), low: Some(12.0), ..film.clone() };
    known.tests[0].analytes = vec![ranged, film];
    let typed = typed(&[("results[1].analyte", "Film"), ("results[1].flag", "ABNORMAL")]);
    let html = bench(&known, &Shown::Stage(Stage::InProgress), Some(&(id(2), typed)));
    assert!(html.contains("<option value=\"ABNORMAL\" selected>"), "{html}");
    let mark =
        "<input type=\"checkbox\" name=\"results[0].flag\" value=\"CRITICAL\" aria-label=\"Critical: Haemoglobin\">";
    assert!(html.contains(mark) && html.contains("<select id=\"results[1].flag\""), "{html}");
    let typed = self::typed(&[("results[0].analyte", "Haemoglobin"), ("results[0].flag", "CRITICAL")]);
    let html = bench(&known, &Shown::Stage(Stage::InProgress), Some(&(id(2), typed)));
    assert!(html.contains("aria-label=\"Critical: Haemoglobin\" checked>"), "{html}");
}

#[test]
fn what_was_typed_stays_beside_what_it_measures() {
    let typed = typed(&[
        ("results[0].analyte", "Haemoglobin"),
        ("results[0].unit", "g/dL"),
        ("results[0].value", "9.1"),
        ("results[1].analyte", "Platelets"),
        ("results[1].value", "150"),
        ("results[2].analyte", "Film"),
        ("results[2].value", "normal"),
    ]);
    assert_eq!(in_lines(&typed, &[]), typed, "of lines that name nothing each stays where it was");
    let moved =
        in_lines(&typed, &[("Film", ""), ("White cells", ""), ("Haemoglobin", "g/dL"), ("Platelets", "10³/µL")]);
    let values: Vec<_> = moved.iter().filter(|(name, _)| name.ends_with(".value")).collect();
    let expected = self::typed(&[("results[2].value", "9.1"), ("results[0].value", "normal")]);
    assert_eq!(values, expected.iter().collect::<Vec<_>>(), "in another unit it is another value");

    let mut known = worklist();
    let step = |event, at| step(event, json!({ "testId": id::<TestId>(2) }), at);
    for step in [step(EventType::TestSampleCollected, 3), step(EventType::TestInProgress, 4)] {
        known.visits[0].1 = evolve(Some(known.visits[0].1.clone()), &step).expect("a visit");
    }
    let line = |analyte: &str| Measured { analyte: analyte.into(), unit: None, low: None, high: None, before: None };
    known.tests[0].analytes = vec![line("White cells"), line("Film")];
    let html = bench(&known, &Shown::Stage(Stage::InProgress), Some(&(id(2), typed)));
    assert!(html.contains("name=\"results[1].value\" value=\"normal\""), "{html}");
    assert!(html.contains("name=\"results[0].value\" value=\"\"") && !html.contains("9.1"), "{html}");
}

#[test]
fn a_value_is_compared_with_the_last_one() {
    let mut known = worklist();
    let step = |event, at| step(event, json!({ "testId": id::<TestId>(2) }), at);
    for step in [step(EventType::TestSampleCollected, 3), step(EventType::TestInProgress, 4)] {
        known.visits[0].1 = evolve(Some(known.visits[0].1.clone()), &step).expect("a visit");
    }
    let before = Some(Before { value: "11.2".into(), words: "11.2, 3 Oct".into() });
    known.tests[0].analytes =
        vec![Measured { analyte: "Haemoglobin".into(), unit: None, low: None, high: None, before }];
    let known = Worklist::from_json(&known.to_json()).expect("a worklist");
    let typed = typed(&[("results[0].analyte", "Haemoglobin"), ("results[0].value", "9.1")]);
    let html = bench(&known, &Shown::Stage(Stage::InProgress), Some(&(id(2), typed)));
    assert!(html.contains("Last: 11.2, 3 Oct <b data-before=\"11.2\">−2.1</b>"), "{html}");
}

#[test]
fn what_was_typed_is_needed_until_the_test_has_its_results() {
    let mut known = worklist();
    assert!(known.is_over(&id(2)), "nothing is typed of a test that is not running");
    let collected = step(EventType::TestSampleCollected, json!({ "testId": id::<TestId>(2) }), 3);
    let started = step(EventType::TestInProgress, json!({ "testId": id::<TestId>(2) }), 4);
    known.visits[0].1 =
        [collected, started].iter().fold(ordered(), |visit, step| evolve(Some(visit), step).expect("a visit"));
    assert!(!known.is_over(&id(2)));
    assert!(known.is_over(&id(7)));
    known.tests = vec![known.tests[0].clone(); MOST];
    assert!(!known.is_over(&id(7)), "it may be among those that the tablet does not keep");
}

#[test]
fn what_is_not_paid_for_is_not_collected() {
    let mut known = worklist();
    for (_, visit) in &mut known.visits {
        visit.priority = Priority::Routine;
    }
    let read = Worklist::from_json(&known.to_json()).expect("a worklist");
    let wish = json!({ "testId": id::<TestId>(2) });
    let refused = read.take(&[], EventType::TestSampleCollected, wish, id(5), minute(7)).expect_err("not paid for");
    assert!(matches!(refused, Refusal::PaymentRequired { .. }), "{refused}");
}

#[test]
fn ids_are_of_their_moment() {
    let (early, late): (EventId, EventId) = (new_id(minute(0), u128::MAX), new_id(minute(1), 0));
    assert!(early < late);
    let visit: VisitId = new_id(minute(0), 1);
    let person: PersonId = new_id(minute(0), 2);
    assert_ne!(visit.as_str(), person.as_str());
}
