//! Whether a step may follow: the rules, in the order of the specification.

use std::collections::BTreeSet;

use chrono::{DateTime, Duration, Utc};

use super::events::{Event, EventType, TestsBilled, TestsOrdered};
use super::ids::{BillId, PersonId, TestId};
use super::money::Money;
use super::policy::Policy;
use super::refusal::Refusal;
use super::schema::FieldProblem;
use super::visit::{Bill, Place, Step, Test, Visit};
use super::words::{ActorType, BillKind, Consultation, Role, Stage, Station, VisitType};

/// How far a clock may run ahead.
pub const CLOCK_TOLERANCE: Duration = Duration::minutes(2);
/// How late a step may be logged.
pub const LATEST_ENTRY: Duration = Duration::hours(72);

/// Who acts, with what rights.
#[derive(Clone, Debug, PartialEq)]
pub struct Actor {
    /// The person, or the program.
    pub id: PersonId,
    /// Whether a person or a program.
    pub kind: ActorType,
    /// The roles held; of one who acts for a human, those that both hold.
    pub roles: Vec<Role>,
    /// The human for whom an AI or a program acts.
    pub on_behalf_of: Option<PersonId>,
}

impl Actor {
    /// The same, acting for a human: with the roles of both, and no other.
    pub fn acting_for(self, human: &Actor) -> Self {
        let roles = self.roles.into_iter().filter(|role| human.roles.contains(role)).collect();
        Self { roles, on_behalf_of: Some(human.id.clone()), ..self }
    }

    /// Everyone who stands behind what is done.
    pub fn persons(&self) -> impl Iterator<Item = &PersonId> {
        [&self.id].into_iter().chain(&self.on_behalf_of)
    }

    /// Whether one of the roles may log an event, on this visit when it is known.
    pub fn may_log(&self, event: EventType, visit: Option<&Visit>) -> bool {
        let row = event.row();
        let lab_only = visit.is_none_or(|visit| visit.visit_type == VisitType::LabOnly);
        self.roles.iter().any(|role| row.roles.contains(role) || (lab_only && row.lab_only_roles.contains(role)))
    }
}

/// A wish to log an event.
#[derive(Clone, Debug)]
pub struct Command<'a> {
    /// What is to be logged.
    pub event: Event,
    /// Who wishes it.
    pub actor: &'a Actor,
    /// When it was done.
    pub performed_at: DateTime<Utc>,
    /// The present moment.
    pub now: DateTime<Utc>,
}

/// Decides on a command: the step to append, or why not.
pub fn decide(policy: &Policy, visit: Option<&Visit>, command: &Command<'_>) -> Result<Step, Refusal> {
    let event = command.event.event_type();
    let registers = event == EventType::VisitRegistered;
    if !command.actor.may_log(event, visit) {
        return Err(Refusal::RoleNotAllowed { event });
    }
    if visit.is_none() && !registers {
        return Err(Refusal::VisitNotFound);
    }
    check_time(visit, command)?;
    if let Some(visit) = visit {
        check_order(visit, command)?;
        if let Some(outcome) = visit.outcome
            && !event.may_follow_outcome()
        {
            return Err(Refusal::VisitClosed { outcome });
        }
        if registers {
            return Err(Refusal::AlreadyRegistered);
        }
        Rules { policy, visit, actor: command.actor, at: command.performed_at }.check(&command.event)?;
    }
    Ok(Step { event: command.event.clone(), by: command.actor.id.clone(), at: command.performed_at })
}

fn check_time(visit: Option<&Visit>, command: &Command<'_>) -> Result<(), Refusal> {
    let at = command.performed_at;
    if at > command.now + CLOCK_TOLERANCE {
        return Err(Refusal::InTheFuture);
    }
    if let Some(registered_at) = visit.map(|visit| visit.registered_at).filter(|registered_at| at < *registered_at) {
        return Err(Refusal::BeforeRegistration { registered_at });
    }
    if at < command.now - LATEST_ENTRY {
        return Err(Refusal::TooOld);
    }
    Ok(())
}

fn check_order(visit: &Visit, command: &Command<'_>) -> Result<(), Refusal> {
    for subject in command.event.subjects() {
        if let Some(latest) = visit.latest(&subject).filter(|latest| command.performed_at < *latest) {
            return Err(Refusal::OutOfOrder { subject, latest });
        }
    }
    Ok(())
}

/// The rows of the table, asked of one open visit.
struct Rules<'a> {
    policy: &'a Policy,
    visit: &'a Visit,
    actor: &'a Actor,
    at: DateTime<Utc>,
}

fn ensure(holds: bool, refusal: Refusal) -> Result<(), Refusal> {
    if holds { Ok(()) } else { Err(refusal) }
}

impl Rules<'_> {
    fn check(&self, event: &Event) -> Result<(), Refusal> {
        let visit = self.visit;
        match event {
            Event::VisitRegistered(_) => Err(Refusal::AlreadyRegistered),
            Event::VisitAssigned(_) => self.not_in_room(),
            Event::QueueJoined(joined) => self.may_join(joined.station.unwrap_or(Station::Consultation)),
            Event::QueueCalled(_) => self.may_be_called(),
            Event::QueueSkipped(_) => ensure(matches!(visit.place, Place::Called { .. }), Refusal::NotCalled),
            Event::EnteredRoom(_) => {
                ensure(visit.place == Place::Called { station: Station::Consultation }, Refusal::NotCalled)
            }
            Event::ExitedRoom(_) => ensure(matches!(visit.place, Place::Room { .. }), Refusal::NotInRoom),
            Event::ConsultationCompleted(_) => {
                ensure(visit.consultation == Consultation::InProgress, Refusal::NotInConsultation)
            }
            Event::PrescriptionGiven(_) | Event::ReferralGiven(_) => self.seen(),
            Event::TestsOrdered(ordered) => self.may_order(ordered),
            Event::VitalsRecorded(_) => Ok(()),
            Event::ConsultationBilled(billed) => {
                self.bill_is_new(&billed.bill_id.0)?;
                let round = visit.round();
                let billed = visit.bills.values().any(|bill| {
                    bill.kind == BillKind::Consultation && bill.round == round && bill.amount > Money::ZERO
                });
                ensure(!billed, Refusal::AlreadyBilled { what: "This consultation".into() })
            }
            Event::TestsBilled(billed) => self.may_bill_tests(billed),
            Event::PaymentReceived(payment) => {
                let balance = self.due_on(&payment.bill_id)?;
                let amount = payment.amount.0;
                ensure(amount == balance, Refusal::AmountMismatch { amount, balance })
            }
            Event::PaymentPartial(payment) => {
                let balance = self.due_on(&payment.bill_id)?;
                let amount = payment.amount.0;
                ensure(amount < balance, Refusal::AmountMismatch { amount, balance })
            }
            Event::PaymentRefunded(refund) => {
                let bill = self.bill(&refund.bill_id)?;
                let (amount, refundable) = (refund.amount.0, bill.refundable());
                ensure(amount <= refundable, Refusal::RefundExceedsPaid { amount, refundable })?;
                let same_person = self.actor.persons().any(|person| bill.was_paid_to(person));
                ensure(!same_person, Refusal::SamePerson { event: EventType::PaymentRefunded })
            }
            Event::TestSampleCollected(collected) => {
                let test = visit
                    .tests
                    .get(&collected.test_id)
                    .ok_or_else(|| Refusal::TestNotOrdered { test: "This test".into() })?;
                self.test_at(&collected.test_id, &[Stage::Ordered])?;
                self.paid_before_lab(test)
            }
            Event::TestSampleRejected(event) => {
                self.test_at(&event.test_id, &[Stage::Collected, Stage::InProgress]).map(drop)
            }
            Event::TestInProgress(event) => self.test_at(&event.test_id, &[Stage::Collected]).map(drop),
            Event::TestCompleted(event) => self.test_at(&event.test_id, &[Stage::InProgress]).map(drop),
            Event::TestReviewed(event) => self.test_at(&event.test_id, &[Stage::Completed]).map(drop),
            Event::TestApproved(event) => {
                let test = self.test_at(&event.test_id, &[Stage::Reviewed])?;
                let same_person = self.actor.persons().any(|person| test.completed_by.as_ref() == Some(person));
                ensure(
                    self.policy.approver_may_be_performer || !same_person,
                    Refusal::SamePerson { event: EventType::TestApproved },
                )
            }
            Event::ReportGenerated(event) => self.test_at(&event.test_id, &[Stage::Approved]).map(drop),
            Event::ReportDelivered(event) => self.test_at(&event.test_id, &[Stage::Reported]).map(drop),
            Event::TestCancelled(event) => {
                self.test_at(&event.test_id, &[Stage::Ordered, Stage::Collected, Stage::InProgress]).map(drop)
            }
            Event::DocumentUploaded(document) => {
                let id = &document.document_id.0;
                ensure(!visit.documents.contains_key(id), Refusal::DuplicateId { id: id.to_string() })
            }
            Event::DocumentShared(shared) => {
                ensure(visit.documents.contains_key(&shared.document_id), Refusal::DocumentNotFound)
            }
            Event::VisitCompleted(_) => self.may_complete(),
            Event::VisitCancelled(_) => ensure(!visit.attended && !visit.sampled, Refusal::AlreadySeen),
            Event::VisitRescheduled(_) | Event::VisitNoShow(_) => ensure(!visit.attended, Refusal::AlreadySeen),
            Event::FollowUpScheduled(planned) => {
                self.seen()?;
                let id = &planned.follow_up_id.0;
                ensure(!visit.follow_ups.contains_key(id), Refusal::DuplicateId { id: id.to_string() })?;
                let due_later = FieldProblem::new("dueAt", "must be later than the moment it is planned");
                ensure(planned.due_at > self.at, Refusal::InvalidMetadata(vec![due_later]))
            }
            Event::FollowUpReminderSent(reminder) => {
                ensure(visit.follow_ups.contains_key(&reminder.follow_up_id), Refusal::FollowUpNotFound)
            }
        }
    }

    fn not_in_room(&self) -> Result<(), Refusal> {
        ensure(!matches!(self.visit.place, Place::Room { .. }), Refusal::InRoom)
    }

    fn seen(&self) -> Result<(), Refusal> {
        ensure(self.visit.attended, Refusal::NotSeenYet)
    }

    fn may_join(&self, station: Station) -> Result<(), Refusal> {
        self.not_in_room()?;
        if let Place::Queue { station } | Place::Called { station } = self.visit.place {
            return Err(Refusal::AlreadyInQueue { station });
        }
        let awaiting = || self.visit.tests.values().any(|test| test.stage == Stage::Ordered);
        ensure(station != Station::Lab || awaiting(), Refusal::NoTestAwaiting)
    }

    fn may_be_called(&self) -> Result<(), Refusal> {
        let station = self.visit.place.station().ok_or(Refusal::NotInQueue)?;
        if station == Station::Consultation && self.policy.pay_before_consultation {
            let mut bills = self.visit.bills.values().filter(|bill| bill.kind == BillKind::Consultation);
            let due = bills.clone().map(Bill::balance).find(|balance| *balance > Money::ZERO);
            return ensure(bills.any(Bill::pays), Refusal::PaymentRequired { what: "The consultation".into(), due });
        }
        Ok(())
    }

    fn may_order(&self, ordered: &TestsOrdered) -> Result<(), Refusal> {
        ensure(self.visit.attended || self.visit.visit_type == VisitType::LabOnly, Refusal::NotSeenYet)?;
        let mut seen = BTreeSet::new();
        for test in ordered.tests.iter() {
            let id = &test.test_id.0;
            let is_new = !self.visit.tests.contains_key(id) && seen.insert(id);
            ensure(is_new, Refusal::DuplicateId { id: id.to_string() })?;
        }
        Ok(())
    }

    fn may_bill_tests(&self, billed: &TestsBilled) -> Result<(), Refusal> {
        self.bill_is_new(&billed.bill_id.0)?;
        let mut seen = BTreeSet::new();
        for item in billed.items.iter() {
            let test = self.visit.tests.get(&item.test_id);
            let name = test.map_or("This test", |test| &test.name).to_owned();
            match test {
                Some(test) if test.stage != Stage::Cancelled => {
                    let is_new = test.bill_id.is_none() && seen.insert(&item.test_id);
                    ensure(is_new, Refusal::AlreadyBilled { what: name })?;
                }
                _ => return Err(Refusal::TestNotOrdered { test: name }),
            }
        }
        Ok(())
    }

    fn bill_is_new(&self, bill: &BillId) -> Result<(), Refusal> {
        ensure(!self.visit.bills.contains_key(bill), Refusal::DuplicateId { id: bill.to_string() })
    }

    fn bill(&self, bill: &BillId) -> Result<&Bill, Refusal> {
        self.visit.bills.get(bill).ok_or(Refusal::BillNotFound)
    }

    fn due_on(&self, bill: &BillId) -> Result<Money, Refusal> {
        let balance = self.bill(bill)?.balance();
        if balance > Money::ZERO { Ok(balance) } else { Err(Refusal::NothingDue) }
    }

    fn test_at(&self, test: &TestId, needs: &'static [Stage]) -> Result<&Test, Refusal> {
        match self.visit.tests.get(test) {
            Some(test) if needs.contains(&test.stage) => Ok(test),
            Some(test) => Err(Refusal::WrongTestStage { test: test.name.clone(), stage: Some(test.stage), needs }),
            None => Err(Refusal::WrongTestStage { test: "This test".into(), stage: None, needs }),
        }
    }

    fn paid_before_lab(&self, test: &Test) -> Result<(), Refusal> {
        if !self.policy.pay_before_lab || self.visit.is_emergency() || self.visit.is_paid(test) {
            return Ok(());
        }
        let due = test.bill_id.as_ref().and_then(|bill| self.visit.bills.get(bill)).map(Bill::balance);
        Err(Refusal::PaymentRequired { what: test.name.clone(), due })
    }

    fn may_complete(&self) -> Result<(), Refusal> {
        let visit = self.visit;
        let reported = |test: &Test| matches!(test.stage, Stage::Reported | Stage::Delivered);
        let served = visit.attended || (visit.visit_type == VisitType::LabOnly && visit.tests.values().any(reported));
        ensure(served, Refusal::NotSeenYet)?;
        self.not_in_room()?;
        if let Place::Queue { station } | Place::Called { station } = visit.place {
            return Err(Refusal::StillInQueue { station });
        }
        let outstanding: Vec<_> = visit
            .tests
            .values()
            .filter(|test| !reported(test) && test.stage != Stage::Cancelled)
            .map(|test| (test.name.clone(), test.stage))
            .collect();
        ensure(outstanding.is_empty(), Refusal::TestsOutstanding { tests: outstanding })?;
        let due = visit.due();
        ensure(due == Money::ZERO, Refusal::BalanceDue { due })
    }
}
