//! Random walks: random people try random things at random times, many of them sensible.

use chrono::{DateTime, Duration, TimeZone, Utc};
use proptest::prelude::*;

use super::super::allowed::candidates;
use super::super::decide::{Actor, Command, decide};
use super::super::events::{Event, EventType, TABLE};
use super::super::evolve::evolve;
use super::super::ids::{Id, PersonId};
use super::super::money::Money;
use super::super::policy::Policy;
use super::super::refusal::Refusal;
use super::super::specs::deeds::{self, Deed};
use super::super::visit::{Step, Visit};
use super::super::words::{ActorType, Priority, Role, Station, VisitType, Word};

/// The dice of one move.
#[derive(Clone, Copy, Debug)]
pub struct Dice {
    event: usize,
    person: usize,
    thing: u128,
    amount: usize,
    /// Below eight of twelve, something that is accepted is looked for.
    sense: u8,
    minutes: i64,
    lateness: i64,
}

/// The dice of a whole walk.
#[derive(Clone, Debug)]
pub struct Throw {
    policy: Policy,
    roles: Vec<Vec<Role>>,
    visit_type: VisitType,
    moves: Vec<Dice>,
}

fn dice() -> impl Strategy<Value = Dice> {
    let lateness = prop_oneof![14 => Just(0), 2 => -10_i64..90, 1 => Just(5_000)];
    (any::<usize>(), any::<usize>(), 0..4_u128, any::<usize>(), 0..12_u8, -1_i64..20, lateness).prop_map(
        |(event, person, thing, amount, sense, minutes, lateness)| Dice {
            event,
            person,
            thing,
            amount,
            sense,
            minutes,
            lateness,
        },
    )
}

/// Walks of up to sixty moves by six people under any policy.
pub fn throws() -> impl Strategy<Value = Throw> {
    let policy = any::<[bool; 3]>().prop_map(|[pay_before_lab, pay_before_consultation, approver_may_be_performer]| {
        Policy { pay_before_lab, pay_before_consultation, approver_may_be_performer }
    });
    let roles = prop::collection::vec(prop::sample::subsequence(Role::ALL, 0..=Role::ALL.len()), 5);
    let visit_type = prop::sample::select(VisitType::ALL);
    (policy, roles, visit_type, prop::collection::vec(dice(), 1..=60)).prop_map(
        |(policy, mut roles, visit_type, moves)| {
            // Somebody can do everything, or most walks would end before they begin.
            roles.push(Role::ALL.to_vec());
            Throw { policy, roles, visit_type, moves }
        },
    )
}

/// One move of a walk: what was tried, on what, and what came of it.
pub struct Move<'a> {
    pub policy: &'a Policy,
    pub before: Option<&'a Visit>,
    pub command: &'a Command<'a>,
    pub result: &'a Result<Step, Refusal>,
    pub after: Option<&'a Visit>,
}

/// A walk that is over.
pub struct Walk {
    pub log: Vec<Step>,
    pub visit: Option<Visit>,
    pub now: DateTime<Utc>,
}

/// Walks, and shows every move.
pub fn walk(throw: &Throw, mut show: impl FnMut(&Move<'_>)) -> Walk {
    let start = Utc.with_ymd_and_hms(2026, 11, 21, 9, 0, 0).single().expect("a moment");
    let people: Vec<Actor> = throw
        .roles
        .iter()
        .zip(0..)
        .map(|(roles, number)| Actor {
            id: PersonId::from_bits(number),
            kind: ActorType::Human,
            roles: roles.clone(),
            on_behalf_of: None,
        })
        .collect();
    let mut walk = Walk { log: Vec::new(), visit: None, now: start };
    for dice in &throw.moves {
        walk.now += Duration::minutes(dice.minutes);
        let before = walk.visit.clone();
        let at = walk.now - Duration::minutes(dice.lateness);
        let (actor, event) = choose(throw, &people, before.as_ref(), dice, walk.now);
        let command = Command { event, actor, performed_at: at, now: walk.now };
        let result = decide(&throw.policy, before.as_ref(), &command);
        if let Ok(step) = &result {
            walk.visit = evolve(walk.visit.take(), step);
            walk.log.push(step.clone());
        }
        let (before, after) = (before.as_ref(), walk.visit.as_ref());
        show(&Move { policy: &throw.policy, before, command: &command, result: &result, after });
    }
    walk
}

/// Whoever the dice say, and what they try.
fn choose<'a>(
    throw: &Throw,
    people: &'a [Actor],
    visit: Option<&Visit>,
    dice: &Dice,
    now: DateTime<Utc>,
) -> (&'a Actor, Event) {
    let anybody = &people[dice.person % people.len()];
    let everybody = &people[people.len() - 1];
    if visit.is_none() && dice.sense < 11 {
        return (everybody, deeds::registered_as(throw.visit_type).event);
    }
    let now = visit.map_or(now, |visit| now.max(visit.latest_of_all()));
    let accepted = |actor: &Actor, event: &Event| {
        decide(&throw.policy, visit, &Command { event: event.clone(), actor, performed_at: now, now }).is_ok()
    };
    // Visits end sooner or later, but not at the first chance.
    let too_soon = |event: EventType| event.is_outcome() && !dice.amount.is_multiple_of(16);
    let sensible: &[EventType] = match dice.sense {
        0..5 => FORWARD,
        5..8 => EventType::ALL,
        _ => &[],
    };
    let first = if dice.sense < 3 { 0 } else { dice.event % sensible.len().max(1) };
    let turned = sensible.iter().cycle().skip(first).take(sensible.len());
    for event in turned.copied().filter(|event| !too_soon(*event)) {
        let able: Vec<_> = [anybody, everybody].into_iter().filter(|actor| actor.may_log(event, visit)).collect();
        let ready = std::iter::once_with(|| candidates(event, visit, now)).flatten();
        for tried in std::iter::once(guess(event, visit, dice)).chain(ready) {
            if let Some(actor) = able.iter().find(|actor| accepted(actor, &tried)) {
                return (actor, tried);
            }
        }
    }
    if dice.sense > 8 {
        // Whoever may do it tries, the more often the more reasons there are to refuse it.
        let reasons: Vec<_> = TABLE.iter().flat_map(|row| row.refused.iter().map(|_| row.event)).collect();
        return (everybody, guess(reasons[dice.event % reasons.len()], visit, dice));
    }
    (anybody, guess(EventType::ALL[dice.event % EventType::ALL.len()], visit, dice))
}

/// What leads a visit on, the furthest first.
const FORWARD: &[EventType] = &[
    EventType::VisitCompleted,
    EventType::ReportDelivered,
    EventType::ReportGenerated,
    EventType::TestApproved,
    EventType::TestReviewed,
    EventType::TestCompleted,
    EventType::TestInProgress,
    EventType::TestSampleCollected,
    EventType::PaymentReceived,
    EventType::TestsBilled,
    EventType::TestsOrdered,
    EventType::ExitedRoom,
    EventType::EnteredRoom,
    EventType::QueueCalled,
    EventType::QueueJoined,
    EventType::ConsultationBilled,
];

/// Metadata about one of a few things, with an amount that may fit.
fn guess(event: EventType, visit: Option<&Visit>, dice: &Dice) -> Event {
    let number = dice.thing;
    let bill = visit.and_then(|visit| visit.bills.get(&deeds::bill_id(number)));
    let balance = bill.map_or(0, |bill| bill.balance().0);
    let refundable = bill.map_or(0, |bill| bill.refundable().0);
    let amounts = [1, 2, 50, 300, balance, balance / 2, balance - 1, refundable, refundable + 1, Money::MAX.0];
    let amount = amounts[dice.amount % amounts.len()].clamp(1, Money::MAX.0);
    let price = [0, 300, 300, 500, Money::MAX.0][dice.amount / 16 % 5];
    let discount = [0, 0, 100, 9_000][dice.amount / 128 % 4];
    let priority = Priority::ALL[dice.amount % Priority::ALL.len()].word();
    let other = (number + 1) % 4;
    deed(event, dice, number, other, amount, price)
        .map(|deed| match event {
            EventType::ConsultationBilled | EventType::TestsBilled => deed.with("discount", discount),
            EventType::VitalsRecorded if dice.amount.is_multiple_of(5) => deed.with("priority", priority),
            _ => deed,
        })
        .map_or_else(|| deeds::registered().event, |deed| deed.event)
}

fn deed(event: EventType, dice: &Dice, number: u128, other: u128, amount: i64, price: i64) -> Option<Deed> {
    let odd = dice.amount % 2 == 1;
    Some(match event {
        EventType::VisitRegistered => return None,
        EventType::VisitAssigned => deeds::assigned(),
        EventType::QueueJoined => deeds::joined_at(Station::ALL[dice.amount % Station::ALL.len()]),
        EventType::QueueCalled => deeds::called(),
        EventType::QueueSkipped => deeds::skipped(),
        EventType::EnteredRoom => deeds::entered(),
        EventType::ExitedRoom => deeds::exited(),
        EventType::ConsultationCompleted => deeds::consultation_completed(),
        EventType::PrescriptionGiven => deeds::prescribed(),
        EventType::TestsOrdered if odd => deeds::ordered(&[number, other]),
        EventType::TestsOrdered => deeds::ordered(&[number]),
        EventType::ReferralGiven => deeds::referred(),
        EventType::VitalsRecorded => deeds::vitals(),
        EventType::ConsultationBilled => deeds::consultation_billed(number, price),
        EventType::TestsBilled if odd => deeds::tests_billed(number, &[(number, price), (other, price)]),
        EventType::TestsBilled => deeds::tests_billed(number, &[(number, price)]),
        EventType::PaymentReceived => deeds::paid(number, amount),
        EventType::PaymentPartial => deeds::partly_paid(number, amount),
        EventType::PaymentRefunded => deeds::refunded(number, amount),
        EventType::TestSampleCollected => deeds::collected(number),
        EventType::TestSampleRejected => deeds::rejected(number),
        EventType::TestInProgress => deeds::started(number),
        EventType::TestCompleted => deeds::results_entered(number),
        EventType::TestReviewed if odd => deeds::repeat_asked(number),
        EventType::TestReviewed => deeds::reviewed(number),
        EventType::TestApproved => deeds::approved(number),
        EventType::ReportGenerated => deeds::reported(number),
        EventType::ReportDelivered => deeds::delivered(number),
        EventType::TestCancelled => deeds::test_cancelled(number),
        EventType::DocumentUploaded => deeds::uploaded(number),
        EventType::DocumentShared => deeds::shared(number),
        EventType::VisitCompleted => deeds::completed(),
        EventType::VisitCancelled => deeds::cancelled(),
        EventType::VisitRescheduled => deeds::rescheduled(),
        EventType::VisitNoShow => deeds::no_show(),
        EventType::FollowUpScheduled => deeds::follow_up(number),
        EventType::FollowUpReminderSent => deeds::reminded(number),
    })
}
