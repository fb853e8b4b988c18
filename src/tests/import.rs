//! Stories of foreign event logs, brought in by a mapping.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;

use serde_json::{Value, json};
use sojourn::db::{Db, new_id};
use sojourn::export::traces::{self, Trace};
use sojourn::export::{Period, xes};
use sojourn::hospital::passphrase::Hasher;
use sojourn::import::conformance::Conformance;
use sojourn::import::mapping::Mapping;
use sojourn::import::rows::{self, Row};
use sojourn::import::{ImportError, check, import};
use sojourn::journey::events::EventType::{self, *};
use sojourn::journey::ids::{PersonId, VisitId};
use sojourn::journey::words::{Outcome, Word as _};
use sojourn::log;
use sojourn::record::VISIT;
use sojourn::simulation::{Plan, Simulated, simulate};

use crate::support::stories;

stories! {
    what_the_journey_refuses_is_reported_and_not_written,
    who_is_nobody_of_the_new_hospital_is_reported_too,
    our_own_export_comes_back,
    our_own_export_is_imported,
}

/// What each activity of [`LOG`] is.
fn activities() -> Value {
    json!({
        "Register": "VISIT_REGISTERED",
        "Queue": "QUEUE_JOINED",
        "Call": "QUEUE_CALLED",
        "Door": "ENTERED_ROOM",
        "Order": { "event": "TESTS_ORDERED", "fields": { "amount": "fee" } },
        "Bill tests": "TESTS_BILLED",
        "Pay": { "event": "PAYMENT_RECEIVED", "metadata": { "method": "CASH" } },
        "Sample": "TEST_SAMPLE_COLLECTED",
        "Done": "CONSULTATION_COMPLETED",
        "Out": "EXITED_ROOM",
        "Withdraw": "TEST_CANCELLED",
        "Home": "VISIT_COMPLETED",
        "Coffee": null,
    })
}

/// What each activity of our own export is, with what the journey needs and the export does not hold.
fn own_activities() -> Value {
    let mut activities: BTreeMap<&str, Value> =
        EventType::ALL.iter().map(|event| (event.word(), json!(event.word()))).collect();
    for event in [QueueJoined, QueueCalled, QueueSkipped] {
        activities.insert(event.word(), json!({ "event": event.word(), "fields": { "station": "station" } }));
    }
    for (event, field, value) in
        [(VitalsRecorded, "pulse", 72), (ConsultationBilled, "amount", 40_000), (TestsOrdered, "amount", 40_000)]
    {
        activities.insert(event.word(), json!({ "event": event.word(), "metadata": { field: value } }));
    }
    // Whom a patient is assigned to is nobody of the new hospital.
    activities.insert(VisitAssigned.word(), Value::Null);
    json!(activities)
}

/// A mapping as it is written.
fn written(activities: &Value) -> String {
    let hospital = json!({ "name": "Old Hospital", "currency": "INR", "timeZone": "Asia/Kolkata" });
    json!({ "hospital": hospital, "activities": activities }).to_string()
}

fn mapping(activities: &Value) -> Mapping {
    Mapping::read(&written(activities)).expect("a mapping")
}

const LOG: &str = "\
case,activity,time,resource,fee
1,Register,2019-03-04 09:00:00,Rita,
1,Queue,2019-03-04 09:01:00,Rita,
1,Coffee,2019-03-04 09:05:00,Rita,
1,Call,2019-03-04 09:10:00,Dr Das,
1,Door,2019-03-04 09:11:00,Dr Das,
1,Order,2019-03-04 09:15:00,Dr Das,25000
1,Done,2019-03-04 09:16:00,Dr Das,
1,Out,2019-03-04 09:17:00,Dr Das,
1,Bill tests,2019-03-04 09:20:00,Bela,
1,Pay,2019-03-04 09:21:00,Bela,
1,Sample,2019-03-04 09:30:00,Lal,
1,Withdraw,2019-03-04 09:40:00,Lal,
1,Home,2019-03-04 09:50:00,Rita,
2,Register,2019-03-05 10:00:00,Rita,
2,Door,2019-03-05 10:01:00,Dr Das,
2,Queue,2019-03-05 10:02:00,Rita,
2,Call,2019-03-05 10:03:00,Dr Das,
2,Door,2019-03-05 10:04:00,Dr Das,
2,Order,2019-03-05 10:05:00,Dr Das,100
2,Sample,2019-03-05 10:06:00,Lal,
2,Home,2019-03-05 10:07:00,Rita,
3,Queue,2019-03-06 10:00:00,Rita,
";

/// What the journey refuses of it.
const REPORT: &str = "\
row,case,activity,event,time,resource,code,reason
15,2,Door,ENTERED_ROOM,2019-03-05T04:31:00+00:00,Dr Das,NOT_CALLED,The patient has not been called.
20,2,Sample,TEST_SAMPLE_COLLECTED,2019-03-05T04:36:00+00:00,Lal,PAYMENT_REQUIRED,Order must be paid for first.
21,2,Home,VISIT_COMPLETED,2019-03-05T04:37:00+00:00,Rita,IN_ROOM,The patient is in a room and must leave it first.
22,3,Queue,QUEUE_JOINED,2019-03-06T04:30:00+00:00,Rita,VISIT_NOT_FOUND,There is no such visit.
";

fn rows_of(mapping: &Mapping) -> Vec<Row> {
    rows::csv(mapping, LOG.as_bytes()).expect("rows")
}

fn refusals(conformance: &Conformance) -> Vec<(usize, &'static str)> {
    conformance.deviations.iter().map(|deviation| (deviation.row, deviation.code)).collect()
}

async fn what_the_journey_refuses_is_reported_and_not_written(db: Db) {
    let mapping = mapping(&activities());
    let rows = rows_of(&mapping);
    let expected = [(15, "NOT_CALLED"), (20, "PAYMENT_REQUIRED"), (21, "IN_ROOM"), (22, "VISIT_NOT_FOUND")];
    let checked = check(&mapping, &rows).expect("it is held against the journey");
    assert_eq!(refusals(&checked), expected);

    let (tenant, conformance) = import(&db, &mapping, &rows, |_| {}).await.expect("it is imported");
    assert_eq!(refusals(&conformance), expected);
    assert_eq!((conformance.cases, conformance.fitting_cases), (3, 1));
    assert_eq!((conformance.accepted, conformance.left_out), (rows.len() - 5, 1));
    let events = log::verify(&db, &tenant.id).await.expect("the log holds together").events;
    assert_eq!(events as usize, conformance.accepted);
    let mut traces: Vec<Trace> = Vec::new();
    let keep = |trace| {
        traces.push(trace);
        Ok(())
    };
    traces::each(&db, &tenant, Period::default(), keep).await.expect("the visits");
    let first = &traces[0];
    assert_eq!(first.events.len(), 12);
    assert_eq!(first.events[0].stored.event.performed_at.to_rfc3339(), "2019-03-04T03:30:00+00:00", "local time");
    let paid = first.events.iter().find(|event| event.event_type.word() == "PAYMENT_RECEIVED").expect("a payment");
    assert_eq!(paid.stored.event.metadata["amount"], 25_000);
    let stream = log::stream(&db, &tenant.id, VISIT, &first.visit).await.expect("the stream");
    let visit = sojourn::record::steps(&stream).expect("steps").iter().fold(None, sojourn::journey::evolve::evolve);
    assert_eq!(visit.and_then(|visit| visit.outcome), Some(Outcome::Completed));

    let again = import(&db, &mapping, &rows, |_| {}).await;
    assert!(matches!(again, Err(ImportError::Exists(_))), "{again:?}");
}

async fn who_is_nobody_of_the_new_hospital_is_reported_too(db: Db) {
    let mut activities = activities();
    activities["Queue"] = json!({ "event": "QUEUE_JOINED", "metadata": { "doctorId": new_id::<PersonId>() } });
    let mapping = mapping(&activities);
    let rows = rows_of(&mapping);
    let checked = check(&mapping, &rows).expect("it is held against the journey");
    let unknown = checked.deviations.iter().filter(|deviation| deviation.code == "UNKNOWN_REFERENCE");
    assert_eq!(unknown.map(|deviation| deviation.row).collect::<Vec<_>>(), [2, 16, 22]);
    let (tenant, conformance) = import(&db, &mapping, &rows, |_| {}).await.expect("nothing fails midway");
    assert_eq!(refusals(&conformance), refusals(&checked));
    let events = log::verify(&db, &tenant.id).await.expect("the log holds together").events;
    assert_eq!(events as usize, conformance.accepted);
}

#[test]
fn no_log_can_name_a_visit_of_the_new_hospital() {
    let mut activities = activities();
    activities["Register"] = json!({ "event": "VISIT_REGISTERED", "metadata": { "followUpOf": new_id::<VisitId>() } });
    let mapping = mapping(&activities);
    let checked = check(&mapping, &rows_of(&mapping)).expect("it is held against the journey");
    assert_eq!(refusals(&checked)[0], (1, "UNKNOWN_REFERENCE"));
    assert_eq!(checked.accepted, 0);
}

/// A simulated day: its hospital, its visits, and all of them as XES.
async fn exported(db: &Db) -> (Simulated, Vec<Trace>, Vec<u8>) {
    let plan = Plan { visits_per_day: 12, days: 1, from: "2026-02-02".parse().expect("a day"), seed: 2 };
    let simulated = simulate(db, &Hasher::default(), &plan, |_| {}).await.expect("a simulation");
    let mut exported = xes::Log::begin(Vec::new(), &simulated.tenant.name).expect("a log");
    let mut visits = Vec::new();
    let keep = |trace: Trace| {
        let added = exported.add(&trace);
        visits.push(trace);
        added
    };
    traces::each(db, &simulated.tenant, Period::default(), keep).await.expect("the visits");
    let exported = exported.end().expect("a log");
    (simulated, visits, exported)
}

async fn our_own_export_comes_back(db: Db) {
    let (simulated, visits, exported) = exported(&db).await;
    let happened = visits.iter().flat_map(|visit| {
        visit.events.iter().map(|event| {
            let happened = &event.stored.event;
            let by = happened.performed_by.to_string();
            (visit.visit.clone(), happened.event_type.clone(), happened.performed_at, by)
        })
    });
    let happened: Vec<_> = happened.collect();
    let rows = rows::xes(&mapping(&activities()), exported.as_slice()).expect("rows");
    let read = rows.into_iter().map(|row| (row.case, row.activity, row.at, row.resource.unwrap_or_default()));
    assert_eq!(read.collect::<Vec<_>>(), happened);
    assert_eq!(happened.len() as u64, simulated.progress.events);
}

async fn our_own_export_is_imported(db: Db) {
    let (_, visits, exported) = exported(&db).await;
    let mapping = mapping(&own_activities());
    let rows = rows::xes(&mapping, exported.as_slice()).expect("rows");
    let (tenant, conformance) = import(&db, &mapping, &rows, |_| {}).await.expect("it is imported");
    assert_eq!(conformance.cases, visits.len());
    // Of an order the export holds the first test alone; what is done to the others is refused.
    let refused = refusals(&conformance);
    assert!(refused.iter().all(|(_, code)| *code == "WRONG_TEST_STAGE"), "{:?}", conformance.deviations);
    let refused: BTreeSet<usize> = refused.into_iter().map(|(row, _)| row).collect();
    let kept = rows.iter().filter(|row| row.activity != VisitAssigned.word() && !refused.contains(&row.number));
    let mut kept: Vec<_> = kept.map(|row| (row.at, row.activity.clone())).collect();
    let mut logged = Vec::new();
    let read = |trace: Trace| {
        let events = trace.events.into_iter().map(|event| event.stored.event);
        logged.extend(events.map(|event| (event.performed_at, event.event_type)));
        Ok(())
    };
    traces::each(&db, &tenant, Period::default(), read).await.expect("the visits");
    kept.sort_unstable();
    logged.sort_unstable();
    assert_eq!(logged, kept);
    assert_eq!(conformance.accepted, logged.len());
    assert_eq!(log::verify(&db, &tenant.id).await.expect("the log holds together").events as usize, logged.len());
}

#[test]
fn the_report_holds_every_refused_row() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str| folder.path().join(name);
    fs::write(file("log.csv"), LOG).expect("the log");
    fs::write(file("mapping.json"), written(&activities())).expect("the mapping");
    let arguments = ["import", "log.csv", "--mapping", "mapping.json", "--check", "--report", "report.csv"];
    let mut sojourn = Command::new(env!("CARGO_BIN_EXE_sojourn"));
    let output = sojourn.args(arguments).current_dir(folder.path()).output().expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let report = fs::read_to_string(file("report.csv")).expect("a report");
    assert_eq!(report, REPORT);
}
