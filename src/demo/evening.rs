//! The evening: what earlier days left open is brought to an end, so that no board shows yesterday's patients.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde_json::{Value, json};

use super::LiveError;
use super::deeds::OwnClock;
use super::house::House;
use crate::db::Db;
use crate::hospital::people::Person;
use crate::hospital::tenants::Tenant;
use crate::journey::decide::LATEST_ENTRY;
use crate::journey::events::EventType;
use crate::journey::ids::VisitId;
use crate::journey::money::Money;
use crate::journey::visit::{Place, Visit};
use crate::journey::words::{Method, Stage, VisitType};
use crate::projections::visits;
use crate::record::{Recorder, Wish};

/// What one person does at the end of the day.
type Chore = fn(&Visit, Log<'_>);

/// Logs an event on the visit at hand.
type Log<'l> = &'l mut dyn FnMut(EventType, Value);

/// Ends every visit that is open since before a day.
pub async fn close(
    db: &Db,
    recorder: &Recorder,
    clock: &OwnClock,
    tenant: &Tenant,
    house: &House,
    day: NaiveDate,
) -> Result<(), LiveError> {
    let chores: [(&Person, Chore); 5] = [
        (&house.reception, empty_rooms_and_queues),
        (&house.lab, withdraw_tests),
        (&house.pathologist, report_results),
        (&house.billing, take_payments),
        (&house.reception, end),
    ];
    let open = visits::open_before(db, &tenant.id, day).await?;
    for (person, chore) in chores {
        let mut wishes = Vec::new();
        for visit_id in open.iter().map(|card| &card.visit.visit_id) {
            if let Some((_, visit)) = recorder.load(&tenant.id, visit_id).await? {
                let at = soon_after(&visit, clock.reach(visit.latest_of_all()));
                chore(&visit, &mut |event, metadata| wishes.push(wish(visit_id, event, metadata, at)));
            }
        }
        if !wishes.is_empty() {
            recorder.record(tenant, &person.actor(), wishes, None).await?;
        }
    }
    Ok(())
}

/// A little after the last that was done, as far back as may still be logged.
fn soon_after(visit: &Visit, now: DateTime<Utc>) -> DateTime<Utc> {
    let (latest, earliest) = (visit.latest_of_all(), now - LATEST_ENTRY + TimeDelta::hours(1));
    (latest + TimeDelta::minutes(5)).max(earliest).min(now.max(latest))
}

fn wish(visit: &VisitId, event: EventType, metadata: Value, at: DateTime<Utc>) -> Wish {
    Wish { performed_at: Some(at), ..Wish::new(Some(visit.clone()), event, metadata) }
}

fn empty_rooms_and_queues(visit: &Visit, log: Log<'_>) {
    if !visit.attended && visit.visit_type != VisitType::LabOnly {
        return;
    }
    match visit.place {
        Place::Room { .. } => log(EventType::ExitedRoom, json!({})),
        Place::Queue { .. } => {
            log(EventType::QueueCalled, json!({}));
            log(EventType::QueueSkipped, json!({ "reason": "The hospital closes" }));
        }
        Place::Called { .. } => log(EventType::QueueSkipped, json!({ "reason": "The hospital closes" })),
        Place::Nowhere | Place::Away { .. } => {}
    }
}

fn withdraw_tests(visit: &Visit, log: Log<'_>) {
    for (id, test) in &visit.tests {
        if matches!(test.stage, Stage::Ordered | Stage::Collected | Stage::InProgress) {
            log(EventType::TestCancelled, json!({ "testId": id, "reason": "Not done by the end of the day" }));
        }
    }
}

fn report_results(visit: &Visit, log: Log<'_>) {
    let path = [
        (Stage::Completed, EventType::TestReviewed),
        (Stage::Reviewed, EventType::TestApproved),
        (Stage::Approved, EventType::ReportGenerated),
    ];
    for (id, test) in &visit.tests {
        for (_, event) in path.iter().filter(|(stage, _)| *stage >= test.stage && test.stage >= Stage::Completed) {
            log(*event, json!({ "testId": id }));
        }
    }
}

fn take_payments(visit: &Visit, log: Log<'_>) {
    for (id, bill) in visit.bills.iter().filter(|(_, bill)| visit.attended && bill.balance() > Money::ZERO) {
        let metadata = json!({ "billId": id, "amount": bill.balance(), "method": Method::Cash });
        log(EventType::PaymentReceived, metadata);
    }
}

fn end(visit: &Visit, log: Log<'_>) {
    let reported = visit.tests.values().any(|test| matches!(test.stage, Stage::Reported | Stage::Delivered));
    if visit.attended || (visit.visit_type == VisitType::LabOnly && reported) {
        log(EventType::VisitCompleted, json!({}));
    } else {
        log(EventType::VisitNoShow, json!({ "reason": "Left before being seen" }));
    }
}
