//! What the journey needs and a foreign log does not say: ids of bills and tests, taken from the visit as it stands.
//!
//! Nothing clinical is made up: what a row does not say is written as not recorded, and a measurement without a value is refused.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value, json};

use super::house::House;
use super::mapping::Meaning;
use super::rows::Row;
use crate::db::new_id;
use crate::journey::events::EventType;
use crate::journey::ids::{BillId, DocumentId, FollowUpId, PersonId, TestId};
use crate::journey::money::Money;
use crate::journey::schema::Shape;
use crate::journey::visit::{Bill, Visit};
use crate::journey::words::{Method, Stage};

const NOT_RECORDED: &str = "Not recorded";

/// The metadata of the event that a row is.
pub fn metadata(
    meaning: &Meaning,
    row: &Row,
    house: &House,
    doctor: Option<&PersonId>,
    visit: Option<&Visit>,
) -> Value {
    let event = meaning.event();
    let mut given = given(meaning, row);
    let amount = given.get("amount").and_then(Value::as_i64);
    for (field, value) in needed(event, row, house, doctor, visit, amount) {
        // What the log says comes first.
        given.entry(field).or_insert(value);
    }
    if matches!(event, EventType::ConsultationBilled | EventType::TestsOrdered) {
        // It has gone into the items.
        given.remove("amount");
    }
    Value::Object(given)
}

/// What the mapping and the row say.
fn given(meaning: &Meaning, row: &Row) -> Map<String, Value> {
    let Some(details) = meaning.details() else { return Map::new() };
    let mut given = details.metadata.clone();
    for (field, column) in &details.fields {
        let Some(text) = row.values.get(column).filter(|text| !text.is_empty()) else { continue };
        let shape = meaning.event().row().fields.iter().find(|known| known.name == *field).map(|known| known.shape);
        let number = !matches!(shape, Some(Shape::Text { .. } | Shape::Choice(_) | Shape::Date | Shape::Time));
        let value = number.then(|| text.parse::<serde_json::Number>().ok()).flatten();
        given.insert(field.clone(), value.map_or_else(|| json!(text), Value::Number));
    }
    given
}

fn needed(
    event: EventType,
    row: &Row,
    house: &House,
    doctor: Option<&PersonId>,
    visit: Option<&Visit>,
    amount: Option<i64>,
) -> Vec<(String, Value)> {
    let fields = match event {
        EventType::VisitRegistered => json!({ "patientId": house.patient(row), "departmentId": house.department }),
        EventType::VisitAssigned => json!({ "doctorId": doctor, "roomId": house.room }),
        EventType::EnteredRoom => json!({ "roomId": house.room }),
        EventType::PrescriptionGiven => json!({ "items": [{
            "drug": NOT_RECORDED, "dose": NOT_RECORDED, "frequency": NOT_RECORDED, "days": 1,
        }] }),
        EventType::TestsOrdered => json!({ "tests": [{
            "testId": new_id::<TestId>(), "code": "IMPORTED", "name": row.activity, "price": amount.unwrap_or(0),
        }] }),
        EventType::ReferralGiven => json!({ "to": NOT_RECORDED, "reason": NOT_RECORDED }),
        EventType::ConsultationBilled => json!({
            "billId": new_id::<BillId>(), "items": [{ "description": row.activity, "amount": amount.unwrap_or(0) }],
        }),
        EventType::TestsBilled => json!({ "billId": new_id::<BillId>(), "items": unbilled(visit) }),
        EventType::PaymentReceived => {
            let (bill, balance) = bill(visit, Bill::balance);
            json!({ "billId": bill, "amount": balance, "method": Method::Other })
        }
        EventType::PaymentPartial => {
            let (bill, balance) = bill(visit, Bill::balance);
            json!({ "billId": bill, "amount": Money(balance.0 / 2), "method": Method::Other })
        }
        EventType::PaymentRefunded => {
            let (bill, paid) = bill(visit, Bill::refundable);
            json!({ "billId": bill, "amount": paid, "reason": row.activity })
        }
        EventType::TestSampleCollected => json!({ "testId": test(visit, &[Stage::Ordered]) }),
        EventType::TestSampleRejected => {
            json!({ "testId": test(visit, &[Stage::Collected, Stage::InProgress]), "reason": row.activity })
        }
        EventType::TestInProgress => json!({ "testId": test(visit, &[Stage::Collected]) }),
        EventType::TestCompleted => json!({
            "testId": test(visit, &[Stage::InProgress]),
            "results": [{ "analyte": row.activity, "value": NOT_RECORDED }],
        }),
        EventType::TestReviewed => json!({ "testId": test(visit, &[Stage::Completed]) }),
        EventType::TestApproved => json!({ "testId": test(visit, &[Stage::Reviewed]) }),
        EventType::ReportGenerated => json!({ "testId": test(visit, &[Stage::Approved]) }),
        EventType::ReportDelivered => {
            json!({ "testId": test(visit, &[Stage::Reported]), "deliveredTo": NOT_RECORDED })
        }
        EventType::TestCancelled => json!({
            "testId": test(visit, &[Stage::Ordered, Stage::Collected, Stage::InProgress]), "reason": row.activity,
        }),
        EventType::DocumentUploaded => json!({
            "documentId": new_id::<DocumentId>(), "fileName": row.activity, "mediaType": "application/octet-stream",
            "sizeBytes": 0, "sha256": crate::log::Digest::of(&[]),
        }),
        EventType::DocumentShared => json!({
            "documentId": visit.and_then(|visit| visit.documents.keys().next_back()).cloned().unwrap_or_else(new_id),
            "sharedWith": NOT_RECORDED, "channel": NOT_RECORDED,
        }),
        EventType::VisitCancelled => json!({ "reason": row.activity }),
        EventType::VisitRescheduled => json!({ "newDate": later(row.at, 1).date_naive() }),
        EventType::FollowUpScheduled => {
            json!({ "followUpId": new_id::<FollowUpId>(), "dueAt": later(row.at, 7) })
        }
        EventType::FollowUpReminderSent => json!({
            "followUpId": visit.and_then(|visit| visit.follow_ups.keys().next_back()).cloned().unwrap_or_else(new_id),
            "channel": NOT_RECORDED,
        }),
        EventType::QueueJoined
        | EventType::QueueCalled
        | EventType::QueueSkipped
        | EventType::ExitedRoom
        | EventType::ConsultationCompleted
        | EventType::VitalsRecorded
        | EventType::VisitCompleted
        | EventType::VisitNoShow => json!({}),
    };
    match fields {
        Value::Object(fields) => fields.into_iter().filter(|(_, value)| !value.is_null()).collect(),
        _ => Vec::new(),
    }
}

fn later(at: DateTime<Utc>, days: i64) -> DateTime<Utc> {
    at + TimeDelta::days(days)
}

/// The first bill on which there is something, or one that does not exist.
fn bill(visit: Option<&Visit>, what: impl Fn(&Bill) -> Money) -> (BillId, Money) {
    let bills = visit.into_iter().flat_map(|visit| &visit.bills);
    let mut found = bills.map(|(id, bill)| (id.clone(), what(bill))).filter(|(_, amount)| *amount > Money::ZERO);
    found.next().unwrap_or_else(|| {
        let any = visit.and_then(|visit| visit.bills.keys().next_back()).cloned();
        (any.unwrap_or_else(new_id), Money(1))
    })
}

fn unbilled(visit: Option<&Visit>) -> Value {
    let tests = visit.into_iter().flat_map(|visit| &visit.tests);
    let unbilled = tests.filter(|(_, test)| test.bill_id.is_none() && test.stage != Stage::Cancelled);
    unbilled.map(|(id, test)| json!({ "testId": id, "amount": test.price })).collect()
}

/// The first test at one of some stages, or else any, or one that does not exist.
fn test(visit: Option<&Visit>, stages: &[Stage]) -> TestId {
    let tests = || visit.into_iter().flat_map(|visit| &visit.tests);
    let fitting = tests().find(|(_, test)| stages.contains(&test.stage));
    fitting.or_else(|| tests().next()).map_or_else(new_id, |(id, _)| id.clone())
}
