//! Why a step is refused: a code for programs, a sentence and facts for people.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::events::EventType;
use super::money::Money;
use super::schema::FieldProblem;
use super::visit::Subject;
use super::wording::{Say, fill, in_english, with_article};
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
    /// A room or a department that takes nobody in any more.
    Closed { field: String, thing: String, name: String },
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
            Self::UnknownReference { .. } | Self::Closed { .. } => Code::UnknownReference,
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

    /// One sentence that a receptionist understands, in English.
    pub fn sentence(&self) -> String {
        self.sentence_in(&in_english)
    }

    /// The same sentence in any language.
    pub fn sentence_in(&self, say: Say) -> String {
        match self {
            Self::InvalidMetadata(_) => say("Some of what was entered is missing or not right."),
            Self::RoleNotAllowed { event } => {
                let roles = one_of(event.row().roles, say);
                let action = say(event.row().action).to_ascii_lowercase();
                fill(&say("Only {roles} may do this: {action}."), &[("roles", &roles), ("action", &action)])
            }
            Self::TypeNotAllowed { event_type, roles } => {
                fill(&say("Only {roles} may log {event}."), &[("roles", &one_of(roles, say)), ("event", event_type)])
            }
            Self::UnknownReference { thing, .. } => {
                fill(&say("There is no such {thing} in this hospital."), &[("thing", &say(thing))])
            }
            Self::Closed { thing, name, .. } => {
                fill(&say("{name} is closed. Choose another {thing}."), &[("name", name), ("thing", &say(thing))])
            }
            Self::VisitNotFound => say("There is no such visit."),
            Self::VersionConflict { .. } => {
                say("Somebody changed this visit while you were looking at it. Look at it again, then decide.")
            }
            Self::InTheFuture => say("This is dated in the future. Check the clock of this device."),
            Self::BeforeRegistration { .. } => say("This is dated before the visit was registered."),
            Self::TooOld => say("This is dated more than 72 hours ago and can no longer be logged."),
            Self::OutOfOrder { subject, .. } => fill(
                &say("Something later is already logged for {subject}."),
                &[("subject", &say(subject_in_words(subject)))],
            ),
            Self::VisitClosed { outcome } => fill(
                &say("This visit has ended ({outcome}); nothing more can be done on it."),
                &[("outcome", &say(outcome.label()).to_ascii_lowercase())],
            ),
            Self::AlreadyRegistered => say("This visit is already registered."),
            Self::InRoom => say("The patient is in a room and must leave it first."),
            Self::AlreadyInQueue { station } => fill(
                &say("The patient is already in the {station} queue."),
                &[("station", &say(station.label()).to_ascii_lowercase())],
            ),
            Self::NoTestAwaiting => say("No test of this patient is waiting for a sample."),
            Self::NotInQueue => say("The patient is not in a queue and cannot be called."),
            Self::NotCalled => say("The patient has not been called."),
            Self::NotInRoom => say("The patient is not in a room."),
            Self::NotInConsultation => say("No consultation is in progress."),
            Self::NotSeenYet => say("The patient has not been seen yet."),
            Self::DuplicateId { .. } => say("This was already logged under the same id."),
            Self::AlreadyBilled { what } => fill(&say("{what} is already billed."), &[("what", &say(what))]),
            Self::TestNotOrdered { test } | Self::WrongTestStage { test, stage: None, .. } => {
                fill(&say("{test} is not among the ordered tests of this visit."), &[("test", &say(test))])
            }
            Self::BillNotFound => say("This visit has no such bill."),
            Self::NothingDue => say("This bill is settled; nothing is due."),
            Self::AmountMismatch { amount, balance } if amount < balance => {
                say("The amount is less than the balance. Take it as a part payment.")
            }
            Self::AmountMismatch { amount, balance } if amount == balance => {
                say("The amount is the whole balance. Take it as a full payment.")
            }
            Self::AmountMismatch { .. } => say("The amount is more than the balance."),
            Self::RefundExceedsPaid { .. } => say("More would be given back than was paid."),
            Self::SamePerson { event: EventType::PaymentRefunded } => {
                say("Whoever took a payment cannot give it back. Ask another person.")
            }
            Self::SamePerson { .. } => say("Whoever entered the results cannot approve them. Ask another person."),
            Self::WrongTestStage { test, stage: Some(stage), needs } => fill(
                &say("{test} is {stage}; it must be {needs} for this."),
                &[
                    ("test", test),
                    ("stage", &say(stage.label()).to_ascii_lowercase()),
                    ("needs", &stages_in_words(needs, say)),
                ],
            ),
            Self::PaymentRequired { what, .. } => fill(&say("{what} must be paid for first."), &[("what", &say(what))]),
            Self::DocumentNotFound => say("This visit has no such document."),
            Self::StillInQueue { station } => fill(
                &say("The patient is still in the {station} queue."),
                &[("station", &say(station.label()).to_ascii_lowercase())],
            ),
            Self::TestsOutstanding { .. } => say("Some tests are not finished."),
            Self::BalanceDue { .. } => say("Something is still to be paid."),
            Self::AlreadySeen => say("The patient has been seen, or a sample was taken."),
            Self::FollowUpNotFound => say("This visit has no such follow-up."),
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
            Self::UnknownReference { field, .. } | Self::Closed { field, .. } => json!({ "field": field }),
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
            Self::Closed { field, .. } => vec![FieldProblem::new(field.clone(), "is closed; choose another")],
            _ => Vec::new(),
        }
    }
}

/// Roles of which one is enough: "a receptionist or nurse".
pub fn one_of(roles: &[Role], say: Say) -> String {
    with_article(&either(roles.iter().map(|role| say(role.label())).collect(), say), say)
}

/// Roles that one person holds: "receptionist and nurse".
pub fn roles_held(roles: &[Role], say: Say) -> String {
    listed(&say("{most} and {last}"), &roles.iter().map(|role| say(role.label())).collect::<Vec<_>>())
}

fn stages_in_words(stages: &[Stage], say: Say) -> String {
    either(stages.iter().map(|stage| say(stage.label()).to_ascii_lowercase()).collect(), say)
}

fn either(words: Vec<String>, say: Say) -> String {
    listed(&say("{most} or {last}"), &words)
}

fn listed(form: &str, words: &[String]) -> String {
    match words.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => fill(form, &[("most", &rest.join(", ")), ("last", last)]),
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
