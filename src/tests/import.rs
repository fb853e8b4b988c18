//! Stories of foreign event logs, brought in by a mapping.

use serde_json::json;
use sojourn::db::Db;
use sojourn::export::traces::{self, Trace};
use sojourn::export::{Period, xes};
use sojourn::hospital::passphrase::Hasher;
use sojourn::import::conformance::Conformance;
use sojourn::import::mapping::Mapping;
use sojourn::import::rows::{self, Row};
use sojourn::import::{ImportError, check, import};
use sojourn::journey::words::{Outcome, Word as _};
use sojourn::log;
use sojourn::record::VISIT;
use sojourn::simulation::{Plan, simulate};

use crate::support::stories;

stories! {
    what_the_journey_refuses_is_reported_and_not_written,
    our_own_export_comes_back,
}

fn mapping(columns: serde_json::Value) -> Mapping {
    let mapping = json!({
        "hospital": { "name": "Old Hospital", "currency": "INR", "timeZone": "Asia/Kolkata" },
        "columns": columns,
        "activities": {
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
        },
    });
    Mapping::read(&mapping.to_string()).expect("a mapping")
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

fn rows_of(mapping: &Mapping) -> Vec<Row> {
    rows::csv(mapping, LOG.as_bytes()).expect("rows")
}

fn refusals(conformance: &Conformance) -> Vec<(usize, &'static str)> {
    conformance.deviations.iter().map(|deviation| (deviation.row, deviation.code)).collect()
}

async fn what_the_journey_refuses_is_reported_and_not_written(db: Db) {
    let mapping = mapping(json!({}));
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

async fn our_own_export_comes_back(db: Db) {
    let plan = Plan { visits_per_day: 12, days: 1, from: "2026-02-02".parse().expect("a day"), seed: 2 };
    let simulated = simulate(&db, &Hasher::default(), &plan, |_| {}).await.expect("a simulation");
    let mut exported = xes::Log::begin(Vec::new(), &simulated.tenant.name).expect("a log");
    let mut written = Vec::new();
    let keep = |trace: Trace| {
        written.extend(trace.events.iter().map(|event| {
            let happened = &event.stored.event;
            let (visit, by) = (trace.visit.clone(), happened.performed_by.to_string());
            (visit, happened.event_type.clone(), happened.performed_at, by)
        }));
        exported.add(&trace)
    };
    traces::each(&db, &simulated.tenant, Period::default(), keep).await.expect("the visits");
    let exported = exported.end().expect("a log");
    let rows = rows::xes(&mapping(json!({})), exported.as_slice()).expect("rows");
    let read = rows.into_iter().map(|row| (row.case, row.activity, row.at, row.resource.unwrap_or_default()));
    assert_eq!(read.collect::<Vec<_>>(), written);
    assert_eq!(written.len() as u64, simulated.progress.events);
}
