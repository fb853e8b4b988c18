//! A log that was written when every event was of its first version, read today.

use chrono::TimeDelta;
use serde_json::{Value, json};
use sojourn::db::{Db, new_id};
use sojourn::journey::events::EventType;
use sojourn::journey::ids::{Id, VisitId};
use sojourn::journey::money::Money;
use sojourn::journey::words::{Outcome, Role, Stage, Status};
use sojourn::log;
use sojourn::record::Wish;

use crate::support::events::{append, bare_happening};
use crate::support::house::House;
use crate::support::stories;

stories! {
    a_log_of_the_first_version_is_read_today,
}

/// What a visit's events held when they were first written, letter by letter; PATIENT, DOCTOR and ROOM stand for ids.
const FIRST: [(&str, &str); 12] = [
    ("VISIT_REGISTERED", r#"{"patientId":"PATIENT","priority":"URGENT","reason":"Fever"}"#),
    ("QUEUE_JOINED", r#"{"doctorId":"DOCTOR"}"#),
    (
        "CONSULTATION_BILLED",
        r#"{"billId":"01J00000000000000000000B11","items":[{"description":"Consultation","amount":50000}],"discount":5000}"#,
    ),
    ("PAYMENT_RECEIVED", r#"{"billId":"01J00000000000000000000B11","amount":45000,"method":"CASH"}"#),
    ("QUEUE_CALLED", r#"{"roomId":"ROOM"}"#),
    ("ENTERED_ROOM", r#"{"roomId":"ROOM"}"#),
    ("VITALS_RECORDED", r#"{"pulse":88,"temperatureC":38.4}"#),
    (
        "TESTS_ORDERED",
        r#"{"tests":[{"testId":"01J00000000000000000000T11","code":"CBC","name":"Blood count","price":30000}]}"#,
    ),
    ("EXITED_ROOM", "{}"),
    (
        "TESTS_BILLED",
        r#"{"billId":"01J00000000000000000000B12","items":[{"testId":"01J00000000000000000000T11","amount":30000}]}"#,
    ),
    ("PAYMENT_PARTIAL", r#"{"billId":"01J00000000000000000000B12","amount":10000,"method":"UPI"}"#),
    ("TEST_SAMPLE_COLLECTED", r#"{"testId":"01J00000000000000000000T11","sampleId":"S-1"}"#),
];

async fn a_log_of_the_first_version_is_read_today(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let visit: VisitId = new_id();
    let (patient, doctor, room) = (house.patient.as_str(), house.who(Role::Doctor).id.as_str(), house.room.as_str());
    let begun = house.now();
    let events = FIRST.iter().zip(1_i64..).map(|((event_type, metadata), version)| {
        let metadata = metadata.replace("PATIENT", patient).replace("DOCTOR", doctor).replace("ROOM", room);
        let mut event = bare_happening(visit.as_str(), version);
        event.visit_id = Some(visit.clone());
        event.event_type = (*event_type).to_owned();
        event.metadata = serde_json::from_str(&metadata).expect("JSON");
        event.performed_by = house.who(Role::Receptionist).id.clone();
        event.performed_at = begun + TimeDelta::minutes(version);
        event
    });
    append(&db, &house.tenant.id, events.collect::<Vec<_>>()).await;

    let (steps, state) = house.recorder.load(&house.tenant.id, &visit).await.expect("a read").expect("the visit");
    assert_eq!((steps.len(), state.version, state.outcome), (12, 12, None::<Outcome>));
    assert_eq!(state.due(), Money(20_000));
    assert!(state.tests.values().all(|test| test.stage == Stage::Collected));
    // And today's way goes on from there.
    house.clock.advance(TimeDelta::hours(1));
    let paid = json!({ "billId": "01J00000000000000000000B12", "amount": 20_000, "method": "UPI" });
    let wish = Wish::new(Some(visit.clone()), EventType::PaymentReceived, paid);
    house.record(Role::BillingClerk, vec![wish]).await.expect("the rest is paid");
    let (_, state) = house.recorder.load(&house.tenant.id, &visit).await.expect("a read").expect("the visit");
    assert_eq!((state.due(), state.status()), (Money::ZERO, Status::Open));
    assert_eq!(house.verified().await, 13);

    // What has changed its shape since is lifted; what is stored is not touched.
    let mut old = bare_happening(patient, 1);
    old.aggregate_type = "patient".to_owned();
    old.event_type = "patient.registered".to_owned();
    old.metadata = json!({ "mrn": "0000001", "name": "Asha Rao" });
    let stored = append(&db, &house.tenant.id, [old]).await.remove(0);
    let read = log::event(&db, &house.tenant.id, &stored.event.id).await.expect("a read").expect("the event");
    assert_eq!((read.event.schema_version, &read.event.metadata), (1, &stored.event.metadata));
    assert_eq!(read.event.today()["birthDateEstimated"], Value::Bool(false));
    assert_eq!(read.event.version_today(), 2);
    let happened = log::life(&db, &house.tenant.id, "patient", patient).await.expect("a read").remove(0);
    assert_eq!(happened.today().expect("JSON"), *read.event.today());
}
