//! Why a step is refused: a code for programs, a sentence and facts for people.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::events::EventType;
use super::money::Money;
use super::schema::FieldProblem;
use super::visit::Subject;
use super::words::{Code, Outcome, Role, Stage, Station, Word};

/// A refusal, with the facts that explain it.
#[derive(Clone, Debug, PartialEq)]
pub enum Refusal {
    /// The metadata is not as the event's schema asks.
    InvalidMetadata(Vec<FieldProblem>),
    /// None of the actor's roles may log the event.
    RoleNotAllowed { event: EventType },
    /// None of the actor's roles may log an event of a type that the tenant has added.
    TypeNotAllowed { event_type: String, roles: Vec<Role> },
    /// Something named does not exist in this hospital.
    UnknownReference { field: String, thing: String },
    /// There is no such visit.
    VisitNotFound,
    /// The visit has moved on since the caller looked.
    VersionConflict { expected: i64, actual: i64 },
    /// The step is dated after now.
    InTheFuture,
    /// The step is dated before the visit's registration.
    BeforeRegistration { registered_at: DateTime<Utc> },
    /// The step is dated too long ago.
    TooOld,
    /// The step is dated before the latest one on the same subject.
    OutOfOrder { subject: Subject, latest: DateTime<Utc> },
    /// The visit has ended.
    VisitClosed { outcome: Outcome },
    /// The visit is registered already.
    AlreadyRegistered,
    /// The patient is in a room.
    InRoom,
    /// The patient is in a queue or called from it.
    AlreadyInQueue { station: Station },
    /// No test waits for its specimen.
    NoTestAwaiting,
    /// The patient is in no queue.
    NotInQueue,
    /// The patient is not called.
    NotCalled,
    /// The patient is in no room.
    NotInRoom,
    /// No consultation is in progress.
    NotInConsultation,
    /// The patient has not been seen yet.
    NotSeenYet,
    /// An id that should be new is in use.
    DuplicateId { id: String },
    /// It is on a bill already.
    AlreadyBilled { what: String },
    /// The test was not ordered on this visit, or was withdrawn.
    TestNotOrdered { test: String },
    /// The visit has no such bill.
    BillNotFound,
    /// The bill is settled.
    NothingDue,
    /// The amount does not fit the balance.
    AmountMismatch { amount: Money, balance: Money },
    /// More than can be given back.
    RefundExceedsPaid { amount: Money, refundable: Money },
    /// The step needs another person than the one before it.
    SamePerson { event: EventType },
    /// The test is at another stage.
    WrongTestStage { test: String, stage: Option<Stage>, needs: &'static [Stage] },
    /// It must be paid for first.
    PaymentRequired { what: String, due: Option<Money> },
    /// The visit has no such document.
    DocumentNotFound,
    /// The patient is still in a queue.
    StillInQueue { station: Station },
    /// Tests are not finished.
    TestsOutstanding { tests: Vec<(String, Stage)> },
    /// Money is due.
    BalanceDue { due: Money },
    /// The patient has been seen, or a specimen was collected.
    AlreadySeen,
    /// The visit has no such follow-up.
    FollowUpNotFound,
}

impl Refusal {
    /// The code for programs.
    pub fn code(&self) -> Code {
        match self {
            Self::InvalidMetadata(_) => Code::InvalidMetadata,
            Self::RoleNotAllowed { .. } | Self::TypeNotAllowed { .. } => Code::RoleNotAllowed,
            Self::UnknownReference { .. } => Code::UnknownReference,
            Self::VisitNotFound => Code::VisitNotFound,
            Self::VersionConflict { .. } => Code::VersionConflict,
            Self::InTheFuture => Code::InTheFuture,
            Self::BeforeRegistration { .. } => Code::BeforeRegistration,
            Self::TooOld => Code::TooOld,
            Self::OutOfOrder { .. } => Code::OutOfOrder,
            Self::VisitClosed { .. } => Code::VisitClosed,
            Self::AlreadyRegistered => Code::AlreadyRegistered,
            Self::InRoom => Code::InRoom,
            Self::AlreadyInQueue { .. } => Code::AlreadyInQueue,
            Self::NoTestAwaiting => Code::NoTestAwaiting,
            Self::NotInQueue => Code::NotInQueue,
            Self::NotCalled => Code::NotCalled,
            Self::NotInRoom => Code::NotInRoom,
            Self::NotInConsultation => Code::NotInConsultation,
            Self::NotSeenYet => Code::NotSeenYet,
            Self::DuplicateId { .. } => Code::DuplicateId,
            Self::AlreadyBilled { .. } => Code::AlreadyBilled,
            Self::TestNotOrdered { .. } => Code::TestNotOrdered,
            Self::BillNotFound => Code::BillNotFound,
            Self::NothingDue => Code::NothingDue,
            Self::AmountMismatch { .. } => Code::AmountMismatch,
            Self::RefundExceedsPaid { .. } => Code::RefundExceedsPaid,
            Self::SamePerson { .. } => Code::SamePerson,
            Self::WrongTestStage { .. } => Code::WrongTestStage,
            Self::PaymentRequired { .. } => Code::PaymentRequired,
            Self::DocumentNotFound => Code::DocumentNotFound,
            Self::StillInQueue { .. } => Code::StillInQueue,
            Self::TestsOutstanding { .. } => Code::TestsOutstanding,
            Self::BalanceDue { .. } => Code::BalanceDue,
            Self::AlreadySeen => Code::AlreadySeen,
            Self::FollowUpNotFound => Code::FollowUpNotFound,
        }
    }

    /// One sentence that a receptionist understands.
    pub fn sentence(&self) -> String {
        match self {
            Self::InvalidMetadata(_) => "Some of what was entered is missing or not right.".into(),
            Self::RoleNotAllowed { event } => {
                format!(
                    "Only a {} may do this: {}.",
                    roles_in_words(event.row().roles),
                    event.row().action.to_lowercase()
                )
            }
            Self::TypeNotAllowed { event_type, roles } => {
                format!("Only a {} may log {event_type}.", roles_in_words(roles))
            }
            Self::UnknownReference { thing, .. } => format!("There is no such {thing} in this hospital."),
            Self::VisitNotFound => "There is no such visit.".into(),
            Self::VersionConflict { .. } => {
                "Somebody changed this visit while you were looking at it. Look at it again, then decide.".into()
            }
            Self::InTheFuture => "This is dated in the future. Check the clock of this device.".into(),
            Self::BeforeRegistration { .. } => "This is dated before the visit was registered.".into(),
            Self::TooOld => "This is dated more than 72 hours ago and can no longer be logged.".into(),
            Self::OutOfOrder { subject, .. } => {
                format!("Something later is already logged for {}.", subject_in_words(subject))
            }
            Self::VisitClosed { outcome } => {
                format!("This visit has ended ({}); nothing more can be done on it.", outcome.label().to_lowercase())
            }
            Self::AlreadyRegistered => "This visit is already registered.".into(),
            Self::InRoom => "The patient is in a room and must leave it first.".into(),
            Self::AlreadyInQueue { station } => {
                format!("The patient is already in the {} queue.", station.label().to_lowercase())
            }
            Self::NoTestAwaiting => "No test of this patient is waiting for a sample.".into(),
            Self::NotInQueue => "The patient is not in a queue and cannot be called.".into(),
            Self::NotCalled => "The patient has not been called.".into(),
            Self::NotInRoom => "The patient is not in a room.".into(),
            Self::NotInConsultation => "No consultation is in progress.".into(),
            Self::NotSeenYet => "The patient has not been seen yet.".into(),
            Self::DuplicateId { .. } => "This was already logged under the same id.".into(),
            Self::AlreadyBilled { what } => format!("{what} is already billed."),
            Self::TestNotOrdered { test } => format!("{test} is not among the ordered tests of this visit."),
            Self::BillNotFound => "This visit has no such bill.".into(),
            Self::NothingDue => "This bill is settled; nothing is due.".into(),
            Self::AmountMismatch { amount, balance } if amount < balance => {
                "The amount is less than the balance. Take it as a part payment.".into()
            }
            Self::AmountMismatch { amount, balance } if amount == balance => {
                "The amount is the whole balance. Take it as a full payment.".into()
            }
            Self::AmountMismatch { .. } => "The amount is more than the balance.".into(),
            Self::RefundExceedsPaid { .. } => "More would be given back than was paid.".into(),
            Self::SamePerson { event: EventType::PaymentRefunded } => {
                "Whoever took a payment cannot give it back. Ask another person.".into()
            }
            Self::SamePerson { .. } => "Whoever entered the results cannot approve them. Ask another person.".into(),
            Self::WrongTestStage { test, stage: Some(stage), needs } => {
                format!("{test} is {}; it must be {} for this.", stage.label().to_lowercase(), stages_in_words(needs))
            }
            Self::WrongTestStage { test, stage: None, .. } => {
                format!("{test} is not among the ordered tests of this visit.")
            }
            Self::PaymentRequired { what, .. } => format!("{what} must be paid for first."),
            Self::DocumentNotFound => "This visit has no such document.".into(),
            Self::StillInQueue { station } => {
                format!("The patient is still in the {} queue.", station.label().to_lowercase())
            }
            Self::TestsOutstanding { .. } => "Some tests are not finished.".into(),
            Self::BalanceDue { .. } => "Something is still to be paid.".into(),
            Self::AlreadySeen => "The patient has been seen, or a sample was taken.".into(),
            Self::FollowUpNotFound => "This visit has no such follow-up.".into(),
        }
    }

    /// The facts that explain it, for programs and for a list on the screen.
    pub fn facts(&self) -> Map<String, Value> {
        let facts = match self {
            Self::InvalidMetadata(problems) => json!({ "fields": problems }),
            Self::RoleNotAllowed { event } => json!({
                "event": event,
                "roles": event.row().roles,
            }),
            Self::TypeNotAllowed { event_type, roles } => json!({ "event": event_type, "roles": roles }),
            Self::UnknownReference { field, .. } => json!({ "field": field }),
            Self::VersionConflict { expected, actual } => {
                json!({ "expectedVersion": expected, "actualVersion": actual })
            }
            Self::BeforeRegistration { registered_at } => json!({ "registeredAt": registered_at }),
            Self::OutOfOrder { subject, latest } => json!({ "subject": subject_in_words(subject), "latest": latest }),
            Self::VisitClosed { outcome } => json!({ "outcome": outcome }),
            Self::AlreadyInQueue { station } | Self::StillInQueue { station } => json!({ "station": station }),
            Self::DuplicateId { id } => json!({ "id": id }),
            Self::AmountMismatch { amount, balance } => json!({ "amount": amount, "balance": balance }),
            Self::RefundExceedsPaid { amount, refundable } => json!({ "amount": amount, "refundable": refundable }),
            Self::WrongTestStage { test, stage, needs } => json!({ "test": test, "stage": stage, "needs": needs }),
            Self::PaymentRequired { what, due: Some(due) } => json!({ "item": what, "balance": due }),
            Self::PaymentRequired { what, due: None } => json!({ "item": what, "billed": false }),
            Self::TestsOutstanding { tests } => json!({
                "tests": tests.iter().map(|(test, stage)| json!({ "test": test, "stage": stage })).collect::<Vec<_>>(),
            }),
            Self::BalanceDue { due } => json!({ "balance": due }),
            Self::AlreadyBilled { what } => json!({ "item": what }),
            Self::TestNotOrdered { test } => json!({ "test": test }),
            _ => json!({}),
        };
        match facts {
            Value::Object(facts) => facts,
            _ => Map::new(),
        }
    }

    /// What is wrong with each field, when that is why.
    pub fn field_problems(&self) -> Vec<FieldProblem> {
        match self {
            Self::InvalidMetadata(problems) => problems.clone(),
            Self::UnknownReference { field, thing } => {
                vec![FieldProblem::new(field.clone(), format!("names no {thing} of this hospital"))]
            }
            _ => Vec::new(),
        }
    }
}

/// Roles as people list them: "receptionist or nurse".
pub fn roles_in_words(roles: &[Role]) -> String {
    either(roles.iter().map(|role| role.label().to_owned()).collect())
}

fn stages_in_words(stages: &[Stage]) -> String {
    either(stages.iter().map(|stage| stage.label().to_lowercase()).collect())
}

fn either(words: Vec<String>) -> String {
    match words.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
        None => String::new(),
    }
}

fn subject_in_words(subject: &Subject) -> &'static str {
    match subject {
        Subject::Place => "where the patient is",
        Subject::Bill(_) => "this bill",
        Subject::Test(_) => "this test",
        Subject::Document(_) => "this document",
        Subject::FollowUp(_) => "this follow-up",
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.code().word(), self.sentence())
    }
}

impl std::error::Error for Refusal {}
