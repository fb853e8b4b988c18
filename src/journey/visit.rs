//! The state of a visit: what its events so far amount to.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::events::{AnalyteResult, Event};
use super::ids::*;
use super::money::Money;
use super::words::{BillKind, Consultation, Method, Outcome, Priority, Stage, Station, Status, VisitType};

/// An event that happened: what, by whom, when.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// What happened.
    pub event: Event,
    /// Who did it.
    pub by: PersonId,
    /// When it was done.
    pub at: DateTime<Utc>,
}

/// Where the patient is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "SCREAMING_SNAKE_CASE", rename_all_fields = "camelCase")]
pub enum Place {
    /// Nowhere in particular.
    Nowhere,
    /// Waiting at a station.
    Queue { station: Station },
    /// Called from a station's queue.
    Called { station: Station },
    /// Did not come when called.
    Away { station: Station },
    /// In a consultation room.
    Room { room_id: RoomId },
}

impl Place {
    /// The station whose queue holds the patient.
    pub fn station(&self) -> Option<Station> {
        match self {
            Self::Queue { station } | Self::Called { station } | Self::Away { station } => Some(*station),
            Self::Nowhere | Self::Room { .. } => None,
        }
    }
}

/// The latest call from a queue.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Call {
    /// The room called to.
    pub room_id: Option<RoomId>,
    /// The counter called to.
    pub counter: Option<String>,
    /// How often the patient was called since joining.
    pub times: u32,
}

/// A bill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Bill {
    /// What it is for.
    pub kind: BillKind,
    /// Its lines that still stand.
    pub items: Vec<BillItem>,
    /// What is taken off the sum.
    pub discount: Money,
    /// What is to be paid in all, after discount, credit notes and withdrawn lines.
    pub amount: Money,
    /// What was paid.
    pub paid: Money,
    /// What was given back.
    pub refunded: Money,
    /// The consultation round it belongs to.
    pub round: u32,
    /// The payments, in order.
    pub payments: Vec<Payment>,
    /// When it was made.
    pub billed_at: DateTime<Utc>,
    /// When nothing was due for the first time.
    pub settled_at: Option<DateTime<Utc>>,
}

/// A line of a bill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BillItem {
    /// What it is for.
    pub description: String,
    /// The test it is for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub test_id: Option<TestId>,
    /// How much.
    pub amount: Money,
}

/// A payment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Payment {
    /// Who took it.
    pub by: PersonId,
    /// How much.
    pub amount: Money,
    /// How it was paid.
    pub method: Method,
    /// When.
    pub at: DateTime<Utc>,
}

impl Bill {
    /// What is still to be paid; below zero, it is owed to the patient.
    pub fn balance(&self) -> Money {
        self.amount - (self.paid - self.refunded)
    }

    /// What could still be given back.
    pub fn refundable(&self) -> Money {
        self.paid - self.refunded
    }

    /// Whether nothing is due.
    pub fn is_settled(&self) -> bool {
        self.balance() <= Money::ZERO
    }

    /// Whether what is on it is paid for: it is settled, and was not given back in full.
    pub fn pays(&self) -> bool {
        let price = self.items.iter().map(|item| item.amount).sum::<Money>() - self.discount;
        let given_back = self.amount == Money::ZERO && self.refunded > Money::ZERO && price > Money::ZERO;
        self.is_settled() && !given_back
    }

    /// Whether a person took one of its payments.
    pub fn was_paid_to(&self, person: &PersonId) -> bool {
        self.payments.iter().any(|payment| payment.by == *person)
    }
}

/// A test ordered on the visit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Test {
    /// Its code in the tariff.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Its price when it was ordered.
    pub price: Money,
    /// What is to be collected, or was.
    pub specimen: Option<String>,
    /// How urgent it is.
    pub priority: Priority,
    /// How far it is.
    pub stage: Stage,
    /// Since when it is there.
    pub since: DateTime<Utc>,
    /// The bill it is on.
    pub bill_id: Option<BillId>,
    /// When it was ordered.
    pub ordered_at: DateTime<Utc>,
    /// When the present specimen was collected.
    pub collected_at: Option<DateTime<Utc>>,
    /// When its results were approved.
    pub approved_at: Option<DateTime<Utc>>,
    /// When its report was written.
    pub reported_at: Option<DateTime<Utc>>,
    /// The specimen's label.
    pub sample_id: Option<String>,
    /// Who entered the results.
    pub completed_by: Option<PersonId>,
    /// The results.
    pub results: Vec<AnalyteResult>,
    /// How often the specimen had to be collected again.
    pub recollections: u32,
    /// The report, when it is a document.
    pub document_id: Option<DocumentId>,
}

/// A document of the visit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Document {
    /// The file's name.
    pub file_name: String,
    /// The file's media type.
    pub media_type: String,
    /// The file's size in bytes.
    pub size_bytes: i64,
    /// What it is.
    pub kind: Option<String>,
    /// With whom it was shared.
    pub shared_with: Vec<String>,
}

/// A planned follow-up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FollowUp {
    /// When it is due.
    pub due_at: DateTime<Utc>,
    /// With whom.
    pub doctor_id: Option<PersonId>,
    /// What for.
    pub note: Option<String>,
    /// How many reminders were sent.
    pub reminders: u32,
}

/// What events happen to; on one subject they happen in order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// Where the patient is.
    Place,
    /// A bill.
    Bill(BillId),
    /// A test.
    Test(TestId),
    /// A document.
    Document(DocumentId),
    /// A follow-up.
    FollowUp(FollowUpId),
}

/// A visit: the fold of its events.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Visit {
    /// Whose visit it is.
    pub patient_id: PatientId,
    /// The department first visited.
    pub department_id: Option<DepartmentId>,
    /// Why the patient came.
    pub reason: Option<String>,
    /// What kind of visit it is.
    pub visit_type: VisitType,
    /// How urgent it is.
    pub priority: Priority,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// Where the patient is.
    pub place: Place,
    /// Since when the patient is there.
    pub since: DateTime<Utc>,
    /// The latest call from the queue.
    pub call: Call,
    /// Whether the patient has ever entered a consultation room.
    pub attended: bool,
    /// How many consultation rounds there were.
    pub rounds: u32,
    /// Where the latest round stands.
    pub consultation: Consultation,
    /// The doctor chosen.
    pub doctor_id: Option<PersonId>,
    /// The room chosen.
    pub room_id: Option<RoomId>,
    /// The doctor whose queue was joined, when one was named.
    pub waiting_for: Option<PersonId>,
    /// The bills.
    pub bills: BTreeMap<BillId, Bill>,
    /// The tests.
    pub tests: BTreeMap<TestId, Test>,
    /// The documents.
    pub documents: BTreeMap<DocumentId, Document>,
    /// The follow-ups.
    pub follow_ups: BTreeMap<FollowUpId, FollowUp>,
    /// Whether a specimen was ever collected.
    pub sampled: bool,
    /// When the patient was registered.
    pub registered_at: DateTime<Utc>,
    /// When the visit ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// The day it was moved to.
    pub new_date: Option<NaiveDate>,
    /// How many events there are so far.
    pub version: i64,
    /// The latest moment of each subject.
    #[serde(skip)]
    pub(super) latest: BTreeMap<Subject, DateTime<Utc>>,
}

impl Visit {
    /// The status, derived for people.
    pub fn status(&self) -> Status {
        match (self.outcome, &self.place) {
            (Some(Outcome::Completed), _) => Status::Completed,
            (Some(Outcome::Cancelled), _) => Status::Cancelled,
            (Some(Outcome::NoShow), _) => Status::NoShow,
            (Some(Outcome::Rescheduled), _) => Status::Rescheduled,
            (None, Place::Queue { .. }) => Status::Waiting,
            (None, Place::Called { .. }) => Status::Called,
            (None, Place::Away { .. }) => Status::Away,
            (None, Place::Room { .. }) => Status::InConsultation,
            (None, Place::Nowhere) if self.attended => Status::Open,
            (None, Place::Nowhere) => Status::Registered,
        }
    }

    /// What is due on all bills together; credit on one bill does not pay another.
    pub fn due(&self) -> Money {
        self.bills.values().map(|bill| bill.balance().floor()).sum()
    }

    /// The doctor the patient waits for or was assigned.
    pub fn doctor(&self) -> Option<&PersonId> {
        self.waiting_for.as_ref().or(self.doctor_id.as_ref())
    }

    /// The consultation round that a bill made now is for: the first until the second has begun.
    pub fn round(&self) -> u32 {
        self.rounds.max(1)
    }

    /// Whether a test is on a bill that pays for it.
    pub fn is_paid(&self, test: &Test) -> bool {
        test.bill_id.as_ref().and_then(|bill| self.bills.get(bill)).is_some_and(Bill::pays)
    }

    /// Whether urgency comes before payment.
    pub fn is_emergency(&self) -> bool {
        self.priority == Priority::Emergency || self.visit_type == VisitType::Emergency
    }

    /// How urgent it is: an emergency by its kind is one whatever priority was sent.
    pub fn urgency(&self) -> Priority {
        if self.is_emergency() { Priority::Emergency } else { self.priority }
    }

    /// The latest moment of a subject.
    pub fn latest(&self, subject: &Subject) -> Option<DateTime<Utc>> {
        self.latest.get(subject).copied()
    }

    /// The latest moment of the whole visit.
    pub fn latest_of_all(&self) -> DateTime<Utc> {
        self.latest.values().copied().max().unwrap_or(self.registered_at)
    }
}

impl Event {
    /// What the event happens to.
    pub fn subjects(&self) -> Vec<Subject> {
        match self {
            Self::VisitRegistered(_)
            | Self::QueueJoined(_)
            | Self::QueueCalled(_)
            | Self::QueueSkipped(_)
            | Self::EnteredRoom(_)
            | Self::ExitedRoom(_)
            | Self::ConsultationCompleted(_)
            | Self::VisitCompleted(_)
            | Self::VisitCancelled(_)
            | Self::VisitRescheduled(_)
            | Self::VisitNoShow(_) => vec![Subject::Place],
            Self::VisitAssigned(_) | Self::PrescriptionGiven(_) | Self::ReferralGiven(_) | Self::VitalsRecorded(_) => {
                Vec::new()
            }
            Self::TestsOrdered(ordered) => {
                ordered.tests.iter().map(|test| Subject::Test(test.test_id.0.clone())).collect()
            }
            Self::ConsultationBilled(billed) => vec![Subject::Bill(billed.bill_id.0.clone())],
            Self::TestsBilled(billed) => vec![Subject::Bill(billed.bill_id.0.clone())],
            Self::PaymentReceived(payment) => vec![Subject::Bill(payment.bill_id.clone())],
            Self::PaymentPartial(payment) => vec![Subject::Bill(payment.bill_id.clone())],
            Self::PaymentRefunded(refund) => vec![Subject::Bill(refund.bill_id.clone())],
            Self::DocumentUploaded(document) => vec![Subject::Document(document.document_id.0.clone())],
            Self::DocumentShared(shared) => vec![Subject::Document(shared.document_id.clone())],
            Self::FollowUpScheduled(planned) => vec![Subject::FollowUp(planned.follow_up_id.0.clone())],
            Self::FollowUpReminderSent(reminder) => vec![Subject::FollowUp(reminder.follow_up_id.clone())],
            _ => self.test_id().map(|test| Subject::Test(test.clone())).into_iter().collect(),
        }
    }

    /// The one test a laboratory event is about.
    pub fn test_id(&self) -> Option<&TestId> {
        match self {
            Self::TestSampleCollected(event) => Some(&event.test_id),
            Self::TestSampleRejected(event) => Some(&event.test_id),
            Self::TestInProgress(event) => Some(&event.test_id),
            Self::TestCompleted(event) => Some(&event.test_id),
            Self::TestReviewed(event) => Some(&event.test_id),
            Self::TestApproved(event) => Some(&event.test_id),
            Self::ReportGenerated(event) => Some(&event.test_id),
            Self::ReportDelivered(event) => Some(&event.test_id),
            Self::TestCancelled(event) => Some(&event.test_id),
            _ => None,
        }
    }
}
