//! The standard out-patient's way, step by step.

use serde_json::{Value, json};
use sojourn::db::new_id;
use sojourn::journey::events::EventType::{self, *};
use sojourn::journey::ids::{BillId, PersonId, RoomId, TestId};
use sojourn::journey::words::Role;

/// What happens after the registration: who does it, what, and what is known about it.
pub fn standard(doctor: &PersonId, room: &RoomId) -> [(Role, EventType, Value); 18] {
    let (consultation, bill, test): (BillId, BillId, TestId) = (new_id(), new_id(), new_id());
    let on_test = || json!({ "testId": test });
    let paid = |bill: &BillId, amount| json!({ "billId": bill, "amount": amount, "method": "UPI" });
    [
        (Role::Receptionist, QueueJoined, json!({ "doctorId": doctor })),
        (
            Role::BillingClerk,
            ConsultationBilled,
            json!({ "billId": consultation, "items": [{ "description": "Consultation", "amount": 50_000 }] }),
        ),
        (Role::BillingClerk, PaymentReceived, paid(&consultation, 50_000)),
        (Role::Doctor, QueueCalled, json!({ "roomId": room })),
        (Role::Doctor, EnteredRoom, json!({ "roomId": room })),
        (Role::Doctor, ExitedRoom, json!({})),
        (
            Role::Doctor,
            PrescriptionGiven,
            json!({ "items": [{ "drug": "Paracetamol", "dose": "500 mg", "frequency": "twice a day", "days": 3 }] }),
        ),
        (
            Role::Doctor,
            TestsOrdered,
            json!({ "tests": [{ "testId": test, "code": "CBC", "name": "Blood count", "price": 30_000 }] }),
        ),
        (Role::BillingClerk, TestsBilled, json!({ "billId": bill, "items": [{ "testId": test, "amount": 30_000 }] })),
        (Role::BillingClerk, PaymentReceived, paid(&bill, 30_000)),
        (Role::LabTechnician, TestSampleCollected, json!({ "testId": test, "sampleId": "S-1" })),
        (Role::LabTechnician, TestInProgress, on_test()),
        (
            Role::LabTechnician,
            TestCompleted,
            json!({ "testId": test, "results": [{ "analyte": "Haemoglobin", "value": "13.5", "low": 12.0 }] }),
        ),
        (Role::Doctor, TestReviewed, on_test()),
        (Role::Pathologist, TestApproved, on_test()),
        (Role::Pathologist, ReportGenerated, on_test()),
        (Role::Receptionist, ReportDelivered, json!({ "testId": test, "deliveredTo": "the patient" })),
        (Role::Receptionist, VisitCompleted, json!({})),
    ]
}
