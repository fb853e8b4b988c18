//! Specifications of the journey, told as given – when – then.
//!
//! A story is a list of deeds, one minute apart unless told, each done by the person whose work it usually is:
//! `given([registered(), joined()]).when(nurse(), called()).then_accepted()`.

mod allowed;
mod billing;
mod completion;
mod consultation;
mod coverage;
pub mod deeds;
mod flows;
mod laboratory;

mod measures;
mod metadata;
mod queue;
mod registration;
mod time;
mod workflow;

use chrono::{DateTime, Duration, TimeZone, Utc};

use super::decide::{Actor, Command, decide};
use super::events::EventType;
use super::evolve::evolve;
use super::policy::Policy;
use super::refusal::Refusal;
use super::visit::{Bill, Place, Step, Test, Visit};
use super::words::{Code, Stage, Word};
use deeds::{Deed, bill_id, test_id};

/// What was logged so far, and what the visit has become.
#[derive(Clone)]
pub struct Story {
    policy: Policy,
    pub steps: Vec<Step>,
    visit: Option<Visit>,
    clock: DateTime<Utc>,
}

/// A moment of the day of the specs, in minutes after nine.
pub fn minute(minutes: i64) -> DateTime<Utc> {
    let nine = Utc.with_ymd_and_hms(2026, 11, 21, 9, 0, 0).single().expect("a moment");
    nine + Duration::minutes(minutes)
}

/// A story under the usual policy; its first deed is done at nine.
pub fn given(deeds: impl IntoIterator<Item = Deed>) -> Story {
    given_under(Policy::default(), deeds)
}

/// A story under another policy.
pub fn given_under(policy: Policy, deeds: impl IntoIterator<Item = Deed>) -> Story {
    Story { policy, steps: Vec::new(), visit: None, clock: minute(-1) }.and(deeds)
}

impl Story {
    /// Goes on with more deeds, each of which must be accepted.
    pub fn and(self, deeds: impl IntoIterator<Item = Deed>) -> Self {
        deeds.into_iter().fold(self, |story, deed| story.when(deed.actor.clone(), deed).then_accepted())
    }

    /// Somebody wants to log a deed.
    pub fn when(self, actor: Actor, deed: Deed) -> Attempt {
        let at = self.clock + deed.after;
        Attempt { story: self, deed: deed.by(actor), at, now: at }
    }

    /// What the visit has become.
    pub fn visit(&self) -> &Visit {
        self.visit.as_ref().expect("a registered visit")
    }

    pub fn place(&self) -> &Place {
        &self.visit().place
    }

    pub fn bill(&self, number: u128) -> &Bill {
        &self.visit().bills[&bill_id(number)]
    }

    /// A bill's amount, balance and refunds.
    pub fn account(&self, number: u128) -> (i64, i64, i64) {
        let bill = self.bill(number);
        (bill.amount.0, bill.balance().0, bill.refunded.0)
    }

    pub fn test(&self, number: u128) -> &Test {
        &self.visit().tests[&test_id(number)]
    }

    pub fn stage(&self, number: u128) -> Stage {
        self.test(number).stage
    }
}

/// A deed about to be decided on.
pub struct Attempt {
    story: Story,
    deed: Deed,
    at: DateTime<Utc>,
    now: DateTime<Utc>,
}

/// A refusal a spec has seen: of which event, with which code.
pub type Refused = (EventType, Code);

impl Attempt {
    /// Done at another time than it is logged.
    pub fn performed_at(self, at: DateTime<Utc>) -> Self {
        Self { at, ..self }
    }

    /// Logged at another time than it was done.
    pub fn logged_at(self, now: DateTime<Utc>) -> Self {
        Self { now, ..self }
    }

    fn decide(&self) -> Result<Step, Refusal> {
        let Deed { event, actor, .. } = &self.deed;
        let command = Command { event: event.clone(), actor, performed_at: self.at, now: self.now };
        decide(&self.story.policy, self.story.visit.as_ref(), &command)
    }

    fn name(&self) -> &'static str {
        self.deed.event.event_type().word()
    }

    /// The story goes on with the deed in it.
    pub fn then_accepted(self) -> Story {
        let before = self.story.steps.len();
        let step = self.decide().unwrap_or_else(|refusal| {
            panic!("step {} of the story, {}, is refused: {refusal}", before + 1, self.name());
        });
        let Story { policy, mut steps, visit, clock } = self.story;
        let visit = evolve(visit, &step);
        steps.push(step);
        assert_eq!(visit.as_ref().map(|visit| visit.version), Some(steps.len() as i64), "every step counts");
        Story { policy, steps, visit, clock: clock.max(self.at) }
    }

    /// The deed is refused, with what explains it.
    pub fn refusal(self) -> Refusal {
        match self.decide() {
            Err(refusal) => refusal,
            Ok(_) => panic!("{} after {} steps is accepted", self.name(), self.story.steps.len()),
        }
    }

    /// The deed is refused with this code.
    pub fn then_refused(self, code: Code) -> Refused {
        let event = self.deed.event.event_type();
        let refusal = self.refusal();
        assert_eq!(refusal.code(), code, "{} is refused: {refusal}", event.word());
        assert!(refusal.sentence().ends_with('.'), "a refusal is a sentence: {refusal}");
        (event, code)
    }
}
