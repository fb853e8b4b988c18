//! Metadata from outside: what is refused, and how it is told.

use serde_json::{Value, json};

use super::deeds::*;
use super::*;
use crate::journey::events::Event;
use crate::journey::money::Money;

/// What is wrong with the metadata, as `field problem`.
fn problems(event: EventType, metadata: Value) -> Vec<String> {
    let problems = Event::parse(event, &metadata).expect_err("bad metadata");
    problems.iter().map(ToString::to_string).collect()
}

/// The metadata of a deed with one field changed.
fn but(deed: Deed, field: &str, value: Value) -> (EventType, Value) {
    let mut metadata = deed.event.metadata();
    metadata[field] = value;
    (deed.event.event_type(), metadata)
}

/// The metadata of a deed with a field of its first item changed.
fn but_first(deed: Deed, list: &str, field: &str, value: Value) -> (EventType, Value) {
    let mut metadata = deed.event.metadata();
    metadata[list][0][field] = value;
    (deed.event.event_type(), metadata)
}

#[test]
fn every_shape_refuses_what_it_does_not_hold() {
    let text = |length: usize| json!("x".repeat(length));
    let bill = || consultation_billed(1, 500);
    let cases = [
        // Required, unknown, no object.
        ((EventType::VisitRegistered, json!({})), "patientId is required"),
        (but(registered(), "patientId", Value::Null), "patientId is required"),
        (but(exited(), "roomId", id(7)), "roomId is not a field of this event"),
        (but(registered(), "patientID", id(7)), "patientID is not a field of this event"),
        ((EventType::ExitedRoom, json!([])), " must be an object"),
        ((EventType::ExitedRoom, Value::Null), " must be an object"),
        // Ids.
        (but(registered(), "patientId", json!(7)), "patientId must be text"),
        (but(registered(), "patientId", json!("")), "patientId must be the id of a patient: a ULID of 26 characters"),
        (
            but(registered(), "patientId", json!("01arz3ndektsv4rrffq69g5fav")),
            "patientId must be the id of a patient: a ULID of 26 characters",
        ),
        (
            but(registered(), "patientId", json!("81ARZ3NDEKTSV4RRFFQ69G5FAV")),
            "patientId must be the id of a patient: a ULID of 26 characters",
        ),
        (
            but(registered(), "patientId", json!("01ARZ3NDEKTSV4RRFFQ69G5FAU")),
            "patientId must be the id of a patient: a ULID of 26 characters",
        ),
        (but(bill(), "billId", json!("bill")), "billId must be the id of a bill: a ULID of 26 characters"),
        // Text.
        (but(cancelled(), "reason", json!("")), "reason must not be blank"),
        (but(cancelled(), "reason", json!(" \n\t ")), "reason must not be blank"),
        (but(cancelled(), "reason", text(501)), "reason must be 500 characters or fewer"),
        (but(cancelled(), "reason", json!("a\0b")), "reason must not contain control characters"),
        (but(cancelled(), "reason", json!("a\u{1b}[2J")), "reason must not contain control characters"),
        (but(cancelled(), "reason", json!(["x"])), "reason must be text"),
        // Closed vocabularies.
        (but(joined(), "station", json!("lab")), "station must be one of CONSULTATION, LAB, BILLING"),
        (but(joined(), "station", json!(1)), "station must be one of CONSULTATION, LAB, BILLING"),
        (but(paid(1, 5), "method", json!("GOLD")), "method must be one of CASH, CARD, UPI, INSURANCE, TRANSFER, OTHER"),
        // Whole numbers.
        (but(vitals(), "pulse", json!(9)), "pulse must be a whole number from 10 to 300"),
        (but(vitals(), "pulse", json!(301)), "pulse must be a whole number from 10 to 300"),
        (but(vitals(), "pulse", json!(72.5)), "pulse must be a whole number from 10 to 300"),
        (but(vitals(), "pulse", json!("72")), "pulse must be a whole number from 10 to 300"),
        (but(vitals(), "pulse", json!(u64::MAX)), "pulse must be a whole number from 10 to 300"),
        (but(uploaded(1), "sizeBytes", json!(-1)), "sizeBytes must be a whole number from 0 to 1000000000000"),
        // Decimal numbers.
        (but(vitals(), "temperatureC", json!(45.01)), "temperatureC must be a number from 25 to 45"),
        (but(vitals(), "temperatureC", json!(24.9)), "temperatureC must be a number from 25 to 45"),
        (but(vitals(), "temperatureC", json!("37")), "temperatureC must be a number from 25 to 45"),
        // Money.
        (but(paid(1, 5), "amount", json!(0)), "amount must be an amount above zero"),
        (but(paid(1, 5), "amount", json!(-5)), "amount must be an amount above zero"),
        (but(paid(1, 5), "amount", json!(5.5)), "amount must be an amount above zero"),
        (but(paid(1, 5), "amount", json!("5")), "amount must be an amount above zero"),
        (but(bill(), "discount", json!(-1)), "discount must be an amount, zero or more"),
        // Days and times.
        (but(rescheduled(), "newDate", json!("28.11.2026")), "newDate must be a day, as YYYY-MM-DD"),
        (but(rescheduled(), "newDate", json!("2026-02-30")), "newDate must be a day, as YYYY-MM-DD"),
        (but(rescheduled(), "newDate", json!("2026-11-8")), "newDate must be a day, as YYYY-MM-DD"),
        (but(rescheduled(), "newDate", json!("2026-1 1-8")), "newDate must be a day, as YYYY-MM-DD"),
        (but(rescheduled(), "newDate", json!("2026- 1-08")), "newDate must be a day, as YYYY-MM-DD"),
        (but(rescheduled(), "newDate", json!("+2026-1-08")), "newDate must be a day, as YYYY-MM-DD"),
        (but(rescheduled(), "newDate", json!("2026-11-28T09:00:00Z")), "newDate must be a day, as YYYY-MM-DD"),
        (but(rescheduled(), "newDate", json!(20_261_128)), "newDate must be text"),
        (but(follow_up(1), "dueAt", json!("2026-11-28")), "dueAt must be a time, as 2026-11-21T09:30:00Z"),
        (but(follow_up(1), "dueAt", json!("2026-11-28T09:30:00")), "dueAt must be a time, as 2026-11-21T09:30:00Z"),
        (but(follow_up(1), "dueAt", json!("2026-11-28T25:30:00Z")), "dueAt must be a time, as 2026-11-21T09:30:00Z"),
        (
            but(follow_up(1), "dueAt", json!("9999-12-31T23:59:59-23:59")),
            "dueAt must be a time, as 2026-11-21T09:30:00Z",
        ),
        // Digests.
        (
            but(uploaded(1), "sha256", json!("A".repeat(64))),
            "sha256 must be a SHA-256 digest: 64 lower-case hexadecimal digits",
        ),
        (
            but(uploaded(1), "sha256", json!("a".repeat(63))),
            "sha256 must be a SHA-256 digest: 64 lower-case hexadecimal digits",
        ),
        // Lists.
        (but(bill(), "items", json!([])), "items must be a list of 1 to 50"),
        (but(bill(), "items", json!({})), "items must be a list of 1 to 50"),
        (
            but(bill(), "items", json!(vec![json!({ "description": "x", "amount": 1 }); 51])),
            "items must be a list of 1 to 50",
        ),
        (
            but(results_entered(CBC), "results", json!(vec![json!({ "analyte": "x", "value": "1" }); 101])),
            "results must be a list of 1 to 100",
        ),
        (but(bill(), "items", json!(["x"])), "items[0] must be an object"),
        (but_first(bill(), "items", "amount", json!(-1)), "items[0].amount must be an amount, zero or more"),
        (but_first(bill(), "items", "amount", Value::Null), "items[0].amount is required"),
        (but_first(bill(), "items", "colour", json!("red")), "items[0].colour is not a field of this event"),
        (but_first(prescribed(), "items", "days", json!(0)), "items[0].days must be a whole number from 1 to 365"),
        (but_first(prescribed(), "items", "drug", json!(" ")), "items[0].drug must not be blank"),
        (
            but_first(results_entered(CBC), "results", "low", json!(2e9)),
            "results[0].low must be a number from -1000000000 to 1000000000",
        ),
        (but_first(results_entered(CBC), "results", "value", json!(13.1)), "results[0].value must be text"),
        // Fields that are each right and wrong together.
        ((EventType::VitalsRecorded, json!({})), " must hold at least one measurement"),
        ((EventType::VitalsRecorded, json!({ "priority": "URGENT" })), " must hold at least one measurement"),
        (
            (EventType::QueueCalled, json!({ "roomId": id(7), "counter": "3" })),
            "counter must be left out when a room is named",
        ),
    ];
    for ((event, metadata), problem) in cases {
        assert_eq!(problems(event, metadata.clone()), [problem], "{}: {metadata}", event.word());
    }
}

#[test]
fn an_amount_above_the_largest_is_refused() {
    let most = Money::MAX.0;
    assert_eq!(problems(EventType::PaymentReceived, but(paid(1, 5), "amount", json!(most + 1)).1).len(), 1);
    let (event, metadata) = but(paid(1, 5), "amount", json!(most));
    Event::parse(event, &metadata).expect("the largest amount");
}

#[test]
fn every_problem_is_listed_at_once() {
    let metadata = json!({
        "billId": "x",
        "items": [{ "description": "", "amount": 1 }, { "amount": -1, "more": 1 }],
        "discount": "none",
        "colour": "red",
    });
    assert_eq!(
        problems(EventType::ConsultationBilled, metadata),
        [
            "billId must be the id of a bill: a ULID of 26 characters",
            "items[0].description must not be blank",
            "items[1].description is required",
            "items[1].amount must be an amount, zero or more",
            "items[1].more is not a field of this event",
            "discount must be an amount, zero or more",
            "colour is not a field of this event",
        ]
    );
}

#[test]
fn every_required_field_of_every_event_is_asked_for() {
    for event in EventType::ALL.iter().copied() {
        let required: Vec<_> = event
            .row()
            .fields
            .iter()
            .filter(|field| field.required)
            .map(|field| format!("{} is required", field.name))
            .collect();
        if !required.is_empty() {
            assert_eq!(problems(event, json!({})), required, "{}", event.word());
        }
    }
}

#[test]
fn the_borders_belong_to_the_range() {
    for (event, metadata) in [
        but(vitals(), "pulse", json!(10)),
        but(vitals(), "pulse", json!(300)),
        but(vitals(), "temperatureC", json!(25)),
        but(vitals(), "temperatureC", json!(45.0)),
        but(vitals(), "painScore", json!(0)),
        but(cancelled(), "reason", json!("ü".repeat(500))),
        but(cancelled(), "reason", json!("two\nlines\tand\r\na tab")),
        but(consultation_billed(1, 5), "discount", json!(0)),
        but(registered(), "reason", Value::Null),
        but(follow_up(1), "dueAt", json!("2026-12-05T14:30:00.25+05:30")),
        but(rescheduled(), "newDate", json!("2028-02-29")),
    ] {
        Event::parse(event, &metadata).unwrap_or_else(|problems| panic!("{metadata}: {problems:?}"));
    }
}

#[test]
fn the_metadata_of_every_event_goes_out_and_comes_back() {
    for event in EventType::ALL.iter().copied() {
        let deed = coverage::accepted(event).1;
        for event in [deed.event, full(event)] {
            let metadata = event.metadata();
            assert_eq!(Event::parse(event.event_type(), &metadata), Ok(event.clone()), "{metadata}");
            assert_eq!(Event::from_log(event.event_type(), &metadata).expect("from the log"), event);
        }
    }
}

/// An event with every field filled in that may be.
fn full(event: EventType) -> Event {
    fn fill(fields: &[crate::journey::schema::Field]) -> Value {
        let filled = fields.iter().map(|field| (field.name.to_owned(), value(field.shape)));
        Value::Object(filled.collect())
    }
    fn value(shape: crate::journey::schema::Shape) -> Value {
        use crate::journey::schema::Shape;
        match shape {
            Shape::Id(_) | Shape::NewId(_) => id(9),
            Shape::Text { max } => json!("é".repeat(max)),
            Shape::Digest => json!("f".repeat(64)),
            Shape::Whole { max, .. } => json!(max),
            Shape::Decimal { min, .. } => json!(min as f64 + 0.1),
            Shape::Money { .. } => json!(Money::MAX),
            Shape::Choice(choices) => json!(choices[0].0),
            Shape::Date => json!("2026-11-28"),
            Shape::Time => json!("2026-11-28T09:30:00.123Z"),
            Shape::List { of, max } => json!(vec![fill(of); max]),
        }
    }
    let mut metadata = fill(event.row().fields);
    if event == EventType::QueueCalled {
        metadata["counter"] = Value::Null;
    }
    Event::parse(event, &metadata).unwrap_or_else(|problems| panic!("{}: {problems:?}", event.word()))
}
