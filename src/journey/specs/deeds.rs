//! The deeds stories are made of: every event with what it usually carries and who usually does it.

use chrono::Duration;
use serde_json::{Value, json};

use super::super::decide::Actor;
use super::super::events::{Event, EventType};
use super::super::ids::*;
use super::super::words::{ActorType, Role, Station, VisitType, Word};

/// An event, who does it, and how long after the one before.
#[derive(Clone)]
pub struct Deed {
    pub event: Event,
    pub actor: Actor,
    pub after: Duration,
}

impl Deed {
    /// Done by somebody else than usual.
    pub fn by(self, actor: Actor) -> Self {
        Self { actor, ..self }
    }

    /// Done some minutes after the one before.
    pub fn after(self, minutes: i64) -> Self {
        Self { after: Duration::minutes(minutes), ..self }
    }

    /// With something more, or something else, in its metadata.
    pub fn with(self, field: &str, value: impl Into<Value>) -> Self {
        let mut metadata = self.event.metadata();
        metadata[field] = value.into();
        Self { event: read(self.event.event_type(), &metadata), ..self }
    }
}

fn read(event: EventType, metadata: &Value) -> Event {
    Event::parse(event, metadata).unwrap_or_else(|problems| panic!("{}: {problems:?}", event.word()))
}

/// An event, done by the first whose work it is, a minute after the one before.
pub fn deed(event: EventType, metadata: Value) -> Deed {
    Deed { event: read(event, &metadata), actor: person(event.row().roles[0]), after: Duration::minutes(1) }
}

/// The one person of the specs who holds a role, and no other.
pub fn person(role: Role) -> Actor {
    Actor { id: PersonId::from_bits(100 + role as u128), kind: ActorType::Human, roles: vec![role], on_behalf_of: None }
}

/// Somebody else with the same roles.
pub fn another(actor: Actor) -> Actor {
    Actor { id: PersonId::from_bits(200 + actor.roles[0] as u128), ..actor }
}

pub fn receptionist() -> Actor {
    person(Role::Receptionist)
}

pub fn nurse() -> Actor {
    person(Role::Nurse)
}

pub fn doctor() -> Actor {
    person(Role::Doctor)
}

pub fn billing_clerk() -> Actor {
    person(Role::BillingClerk)
}

pub fn lab_technician() -> Actor {
    person(Role::LabTechnician)
}

pub fn pathologist() -> Actor {
    person(Role::Pathologist)
}

pub fn manager() -> Actor {
    person(Role::Manager)
}

pub fn system() -> Actor {
    Actor { kind: ActorType::System, ..person(Role::System) }
}

pub fn bill_id(number: u128) -> BillId {
    BillId::from_bits(number)
}

pub fn test_id(number: u128) -> TestId {
    TestId::from_bits(number)
}

/// An id as metadata holds it.
pub fn id(number: u128) -> Value {
    json!(EventId::from_bits(number))
}

/// The room of the specs.
pub fn room() -> RoomId {
    RoomId::from_bits(7)
}

/// The blood count of the specs: a test's number.
pub const CBC: u128 = 1;
/// The blood lipids of the specs: a test's number.
pub const LIPIDS: u128 = 2;

pub fn registered() -> Deed {
    deed(EventType::VisitRegistered, json!({ "patientId": id(1) }))
}

pub fn registered_as(visit_type: VisitType) -> Deed {
    registered().with("visitType", visit_type.word())
}

pub fn assigned() -> Deed {
    deed(EventType::VisitAssigned, json!({ "doctorId": id(102), "roomId": id(7) }))
}

pub fn joined() -> Deed {
    deed(EventType::QueueJoined, json!({}))
}

pub fn joined_at(station: Station) -> Deed {
    joined().with("station", station.word())
}

pub fn called() -> Deed {
    deed(EventType::QueueCalled, json!({}))
}

pub fn skipped() -> Deed {
    deed(EventType::QueueSkipped, json!({}))
}

pub fn entered() -> Deed {
    deed(EventType::EnteredRoom, json!({ "roomId": room() }))
}

pub fn exited() -> Deed {
    deed(EventType::ExitedRoom, json!({}))
}

pub fn consultation_completed() -> Deed {
    deed(EventType::ConsultationCompleted, json!({ "diagnosis": "Migraine" }))
}

pub fn prescribed() -> Deed {
    let drug = json!({ "drug": "Paracetamol", "dose": "500 mg", "frequency": "three times a day", "days": 5 });
    deed(EventType::PrescriptionGiven, json!({ "items": [drug] }))
}

pub fn ordered(tests: &[u128]) -> Deed {
    let name = |test| if test == CBC { "Blood count".to_owned() } else { format!("Test {test}") };
    let order = |test: &u128| json!({ "testId": id(*test), "code": "T", "name": name(*test), "price": 300 });
    deed(EventType::TestsOrdered, json!({ "tests": tests.iter().map(order).collect::<Vec<_>>() }))
}

pub fn referred() -> Deed {
    deed(EventType::ReferralGiven, json!({ "to": "Cardiology", "reason": "Murmur" }))
}

pub fn vitals() -> Deed {
    deed(EventType::VitalsRecorded, json!({ "pulse": 72 })).by(nurse())
}

pub fn consultation_billed(bill: u128, amount: i64) -> Deed {
    let item = json!({ "description": "Consultation", "amount": amount });
    deed(EventType::ConsultationBilled, json!({ "billId": id(bill), "items": [item] }))
}

pub fn tests_billed(bill: u128, items: &[(u128, i64)]) -> Deed {
    let item = |(test, amount): &(u128, i64)| json!({ "testId": id(*test), "amount": amount });
    deed(EventType::TestsBilled, json!({ "billId": id(bill), "items": items.iter().map(item).collect::<Vec<_>>() }))
}

pub fn paid(bill: u128, amount: i64) -> Deed {
    deed(EventType::PaymentReceived, json!({ "billId": id(bill), "amount": amount, "method": "CASH" }))
}

pub fn partly_paid(bill: u128, amount: i64) -> Deed {
    deed(EventType::PaymentPartial, json!({ "billId": id(bill), "amount": amount, "method": "UPI" }))
}

/// By the manager, for the clerk has usually taken the payment.
pub fn refunded(bill: u128, amount: i64) -> Deed {
    deed(EventType::PaymentRefunded, json!({ "billId": id(bill), "amount": amount, "reason": "Goodwill" }))
        .by(manager())
}

pub fn collected(test: u128) -> Deed {
    deed(EventType::TestSampleCollected, json!({ "testId": id(test) }))
}

pub fn rejected(test: u128) -> Deed {
    deed(EventType::TestSampleRejected, json!({ "testId": id(test), "reason": "Clotted" }))
}

pub fn started(test: u128) -> Deed {
    deed(EventType::TestInProgress, json!({ "testId": id(test) }))
}

pub fn results_entered(test: u128) -> Deed {
    let result = json!({ "analyte": "Haemoglobin", "value": "13.1", "unit": "g/dl", "low": 12, "high": 15.5 });
    deed(EventType::TestCompleted, json!({ "testId": id(test), "results": [result] }))
}

pub fn reviewed(test: u128) -> Deed {
    deed(EventType::TestReviewed, json!({ "testId": id(test) }))
}

pub fn repeat_asked(test: u128) -> Deed {
    reviewed(test).with("verdict", "REPEAT")
}

pub fn approved(test: u128) -> Deed {
    deed(EventType::TestApproved, json!({ "testId": id(test) }))
}

pub fn reported(test: u128) -> Deed {
    deed(EventType::ReportGenerated, json!({ "testId": id(test) }))
}

pub fn delivered(test: u128) -> Deed {
    deed(EventType::ReportDelivered, json!({ "testId": id(test), "deliveredTo": "The patient" }))
}

pub fn test_cancelled(test: u128) -> Deed {
    deed(EventType::TestCancelled, json!({ "testId": id(test), "reason": "Ordered twice" }))
}

pub fn uploaded(document: u128) -> Deed {
    let metadata = json!({
        "documentId": id(document), "fileName": "ecg.pdf", "mediaType": "application/pdf",
        "sizeBytes": 12_345, "sha256": "0123456789abcdef".repeat(4),
    });
    deed(EventType::DocumentUploaded, metadata)
}

pub fn shared(document: u128) -> Deed {
    let metadata = json!({ "documentId": id(document), "sharedWith": "Dr Rao", "channel": "e-mail" });
    deed(EventType::DocumentShared, metadata)
}

pub fn completed() -> Deed {
    deed(EventType::VisitCompleted, json!({}))
}

pub fn cancelled() -> Deed {
    deed(EventType::VisitCancelled, json!({ "reason": "The patient changed their mind" }))
}

pub fn rescheduled() -> Deed {
    deed(EventType::VisitRescheduled, json!({ "newDate": "2026-11-28" }))
}

pub fn no_show() -> Deed {
    deed(EventType::VisitNoShow, json!({}))
}

pub fn follow_up(number: u128) -> Deed {
    deed(EventType::FollowUpScheduled, json!({ "followUpId": id(number), "dueAt": "2026-12-05T09:00:00Z" }))
}

pub fn reminded(number: u128) -> Deed {
    deed(EventType::FollowUpReminderSent, json!({ "followUpId": id(number), "channel": "SMS" }))
}

/// The patient has come into the room.
pub fn in_room() -> Vec<Deed> {
    vec![registered(), joined(), called(), entered()]
}

/// The patient has been seen and is nowhere in particular.
pub fn seen() -> Vec<Deed> {
    [in_room(), vec![exited()]].concat()
}

/// A blood count is ordered, billed on bill 1 and paid.
pub fn test_paid() -> Vec<Deed> {
    [seen(), vec![ordered(&[CBC]), tests_billed(1, &[(CBC, 300)]), paid(1, 300)]].concat()
}

/// A blood count has come to this stage on the straight way.
pub fn test_at(stage: super::Stage) -> Vec<Deed> {
    let way = [collected, started, results_entered, reviewed, approved, reported, delivered];
    let steps = way.iter().take(stage as usize).map(|step| step(CBC));
    test_paid().into_iter().chain(steps).collect()
}
