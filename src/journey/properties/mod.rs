//! What holds on every walk through the journey.

mod walk;

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};

use super::allowed::{allowed, candidates};
use super::decide::{Command, decide};
use super::events::{Event, EventType};
use super::evolve::fold;
use super::measures::measures;
use super::money::Money;
use super::visit::{Bill, Place, Step, Visit};
use super::words::{BillKind, Code, Stage, Status, Word};
use super::workflow::{Arrow, WORKFLOW};
use walk::{Move, throws, walk};

/// What may be logged after an outcome.
const AFTER_OUTCOME: [EventType; 6] = [
    EventType::ReportDelivered,
    EventType::PaymentRefunded,
    EventType::DocumentUploaded,
    EventType::DocumentShared,
    EventType::FollowUpScheduled,
    EventType::FollowUpReminderSent,
];

proptest! {
    #![proptest_config(Config::with_cases(256))]

    #[test]
    fn folding_the_log_gives_the_state_that_was_decided_on(throw in throws()) {
        let walked = walk(&throw, |taken| {
            if taken.result.is_err() {
                assert_eq!(taken.before, taken.after, "a refusal changes nothing");
            }
        });
        prop_assert_eq!(fold(&walked.log), walked.visit);
    }

    #[test]
    fn the_log_and_the_state_go_out_as_json_and_come_back(throw in throws()) {
        let walked = walk(&throw, |_| {});
        for step in walked.log {
            let back = Event::from_log(step.event.event_type(), &step.event.metadata()).expect("an event");
            prop_assert_eq!(back, step.event);
        }
        let Some(visit) = walked.visit else { return Ok(()) };
        let json = serde_json::to_string(&visit).expect("JSON");
        let back: Visit = serde_json::from_str(&json).expect("a visit");
        prop_assert_eq!(back, Visit { latest: BTreeMap::new(), ..visit });
    }

    #[test]
    fn money_is_neither_made_nor_lost(throw in throws()) {
        let walked = walk(&throw, |taken| {
            for (id, bill) in taken.after.into_iter().flat_map(|visit| &visit.bills) {
                account(bill);
                if let Some(before) = taken.before.and_then(|visit| visit.bills.get(id)) {
                    assert!(bill.balance().floor() <= before.balance().floor(), "nothing falls due again");
                    assert!(before.settled_at.is_none() || before.settled_at == bill.settled_at, "settled once");
                }
            }
            assert_eq!(cash(taken.after), cash(taken.before) + taken.result.as_ref().map_or(Money::ZERO, moved));
        });
        prop_assert_eq!(cash(walked.visit.as_ref()), walked.log.iter().map(moved).sum());
    }

    #[test]
    fn a_test_is_on_the_bill_that_names_it(throw in throws()) {
        let Some(visit) = walk(&throw, |_| {}).visit else { return Ok(()) };
        for (id, test) in &visit.tests {
            let bills = visit.bills.iter().filter(|(_, bill)| bill.items.iter().any(|item| item.test_id.as_ref() == Some(id)));
            let naming: Vec<_> = bills.map(|(bill, _)| bill).collect();
            if test.stage == Stage::Cancelled {
                prop_assert!(naming.is_empty());
            } else {
                prop_assert_eq!(naming, test.bill_id.iter().collect::<Vec<_>>());
            }
        }
        for bill in visit.bills.values().filter(|bill| bill.kind == BillKind::Consultation) {
            prop_assert!(bill.items.iter().all(|item| item.test_id.is_none()));
        }
    }

    #[test]
    fn the_patient_and_the_tests_go_only_the_ways_that_are_drawn(throw in throws()) {
        walk(&throw, |taken| {
            let (Ok(step), Some(after)) = (taken.result, taken.after) else { return };
            let event = step.event.event_type();
            if let Some(before) = taken.before {
                assert!(place_may_follow(&before.place, event, &after.place), "{:?} {event} {:?}", before.place, after.place);
                assert!(before.outcome.is_none() || before.place == after.place);
                assert!(before.attended <= after.attended && before.rounds <= after.rounds);
            }
            let arrow = Arrow { from: status(taken.before), event, to: status(taken.after) };
            assert!(arrow.from == arrow.to || WORKFLOW.visit.contains(&arrow), "the workflow draws {arrow:?}");
            for (id, test) in &after.tests {
                let from = taken.before.and_then(|visit| visit.tests.get(id)).map(|test| test.stage);
                let drawn = from == Some(test.stage) || stage_may_follow(from, event, test.stage);
                assert!(drawn, "{from:?} {event} {:?}", test.stage);
            }
        });
    }

    #[test]
    fn after_an_outcome_only_what_is_listed_follows(throw in throws()) {
        walk(&throw, |taken| {
            let Some(before) = taken.before.filter(|visit| visit.outcome.is_some()) else { return };
            match taken.result {
                Ok(step) => assert!(AFTER_OUTCOME.contains(&step.event.event_type())),
                Err(refusal) => assert_ne!(refusal.code(), Code::AlreadyRegistered),
            }
            let after = taken.after.expect("a visit");
            assert_eq!((before.outcome, before.ended_at), (after.outcome, after.ended_at));
        });
    }

    #[test]
    fn what_happens_to_one_thing_happens_in_order(throw in throws()) {
        walk(&throw, |taken| {
            let (Ok(step), Some(after)) = (taken.result, taken.after) else { return };
            assert!(step.at >= after.registered_at);
            for (subject, latest) in taken.before.into_iter().flat_map(|visit| &visit.latest) {
                assert!(after.latest(subject) >= Some(*latest), "{subject:?} goes back");
            }
            assert!(step.event.subjects().iter().all(|subject| after.latest(subject) == Some(step.at)));
            assert!(Some(after.since) <= after.latest(&super::visit::Subject::Place));
        });
    }

    #[test]
    fn every_second_belongs_to_one_part_and_none_is_negative(throw in throws()) {
        let walked = walk(&throw, |_| {});
        let Some(visit) = walked.visit else { return Ok(()) };
        let measures = measures(&walked.log, walked.now);
        let parts = [measures.waiting, measures.served, measures.away, measures.other];
        let until = visit.ended_at.unwrap_or(walked.now.max(visit.since));
        prop_assert_eq!(parts.iter().sum::<i64>(), (until - visit.registered_at).num_seconds());
        prop_assert_eq!(measures.whole_visit, visit.ended_at.map(|at| (at - visit.registered_at).num_seconds()));
        prop_assert_eq!(measures.stays.first().map(|stay| stay.from), Some(visit.registered_at));
        prop_assert_eq!(measures.stays.last().map(|stay| stay.to), Some(until));
        prop_assert!(measures.stays.windows(2).all(|pair| pair[0].to == pair[1].from));
        let waits: i64 = measures.waits.iter().map(|wait| wait.seconds).sum();
        prop_assert!(waits <= measures.waiting);
        let seconds = parts
            .into_iter()
            .chain(measures.stays.iter().map(|stay| stay.seconds))
            .chain(measures.waits.iter().map(|wait| wait.seconds))
            .chain(measures.call_to_room.iter().copied())
            .chain(measures.consultations.iter().copied())
            .chain(measures.door_to_doctor)
            .chain(measures.bill_to_settlement.values().copied())
            .chain(measures.order_to_report.values().copied())
            .chain(measures.collection_to_approval.values().copied());
        prop_assert!(seconds.into_iter().all(|seconds| seconds >= 0));
    }

    #[test]
    fn whatever_is_accepted_was_allowed_before_it(throw in throws()) {
        walk(&throw, |taken| {
            let Command { actor, performed_at, now, .. } = *taken.command;
            let latest = taken.before.map_or(performed_at, Visit::latest_of_all);
            if let Ok(step) = taken.result && performed_at >= latest {
                let allowed = allowed(taken.policy, taken.before, actor, now);
                assert!(allowed.contains(&step.event.event_type()), "{} was not allowed", step.event.event_type());
            }
        });
    }

    #[test]
    fn whatever_is_allowed_is_accepted_with_some_metadata_that_can_be_sent(throw in throws()) {
        let mut moves = 0;
        walk(&throw, |taken| {
            moves += 1;
            // Now and then is enough; it is much to ask.
            if moves % 4 == 0 {
                allowed_is_sound(taken);
            }
        });
    }
}

fn allowed_is_sound(taken: &Move<'_>) {
    let (visit, actor) = (taken.after, taken.command.actor);
    let now = visit.map_or(taken.command.now, |visit| taken.command.now.max(visit.latest_of_all()));
    for event in allowed(taken.policy, visit, actor, now) {
        let accepted = candidates(event, visit, now).into_iter().any(|candidate| {
            let sent = Event::parse(event, &candidate.metadata());
            sent.is_ok_and(|event| {
                decide(taken.policy, visit, &Command { event, actor, performed_at: now, now }).is_ok()
            })
        });
        assert!(accepted, "{event} is allowed and cannot be sent");
    }
}

/// What a bill's numbers owe each other.
fn account(bill: &Bill) {
    let payments: Money = bill.payments.iter().map(|payment| payment.amount).sum();
    assert_eq!(bill.paid, payments);
    assert_eq!(bill.balance(), bill.amount - (bill.paid - bill.refunded));
    assert!([bill.amount, bill.paid, bill.refunded, bill.discount].iter().all(|amount| *amount >= Money::ZERO));
    assert!(bill.refunded <= bill.paid, "no more is given back than was paid");
    assert_eq!(bill.settled_at.is_some(), bill.is_settled());
    assert!(bill.settled_at.is_none_or(|settled_at| settled_at >= bill.billed_at));
}

/// What the bills say is in the till.
fn cash(visit: Option<&Visit>) -> Money {
    visit.into_iter().flat_map(|visit| visit.bills.values()).map(|bill| bill.amount - bill.balance()).sum()
}

/// What a step puts into the till, or takes out of it.
fn moved(step: &Step) -> Money {
    match &step.event {
        Event::PaymentReceived(payment) => payment.amount.0,
        Event::PaymentPartial(payment) => payment.amount.0,
        Event::PaymentRefunded(refund) => -refund.amount.0,
        _ => Money::ZERO,
    }
}

fn place_may_follow(before: &Place, event: EventType, after: &Place) -> bool {
    use EventType::*;
    match (before, event, after) {
        (Place::Nowhere | Place::Away { .. }, QueueJoined, Place::Queue { .. }) => true,
        (Place::Queue { .. } | Place::Called { .. } | Place::Away { .. }, QueueCalled, Place::Called { .. }) => {
            before.station() == after.station()
        }
        (Place::Called { .. }, QueueSkipped, Place::Away { .. }) => before.station() == after.station(),
        (Place::Called { station: super::words::Station::Consultation }, EnteredRoom, Place::Room { .. }) => true,
        (Place::Room { .. }, ExitedRoom, Place::Nowhere) => true,
        (Place::Room { .. }, event, Place::Nowhere) => !event.is_outcome() && event == ExitedRoom,
        (_, VisitCompleted, Place::Nowhere) => matches!(before, Place::Nowhere | Place::Away { .. }),
        (_, VisitCancelled | VisitRescheduled | VisitNoShow, Place::Nowhere) => true,
        (_, TestSampleCollected, Place::Nowhere) if before != after => {
            before.station() == Some(super::words::Station::Lab)
        }
        (_, PaymentReceived | PaymentPartial, Place::Nowhere) if before != after => {
            before.station() == Some(super::words::Station::Billing)
        }
        _ => before == after,
    }
}

fn stage_may_follow(before: Option<Stage>, event: EventType, after: Stage) -> bool {
    use Stage::*;
    match event {
        EventType::TestsOrdered => before.is_none() && after == Ordered,
        EventType::TestSampleCollected => before == Some(Ordered) && after == Collected,
        EventType::TestSampleRejected => matches!(before, Some(Collected | InProgress)) && after == Ordered,
        EventType::TestInProgress => before == Some(Collected) && after == InProgress,
        EventType::TestCompleted => before == Some(InProgress) && after == Completed,
        EventType::TestReviewed => before == Some(Completed) && matches!(after, Reviewed | Collected),
        EventType::TestApproved => before == Some(Reviewed) && after == Approved,
        EventType::ReportGenerated => before == Some(Approved) && after == Reported,
        EventType::ReportDelivered => before == Some(Reported) && after == Delivered,
        EventType::TestCancelled => matches!(before, Some(Ordered | Collected | InProgress)) && after == Cancelled,
        _ => false,
    }
}

/// Where the patient is, as the workflow calls it.
fn status(visit: Option<&Visit>) -> String {
    let Some(visit) = visit else { return "NOT_REGISTERED".into() };
    let status = visit.status().word();
    visit.place.station().map_or(status.into(), |station| format!("{status}_{}", station.word()))
}

/// The walks are worth something only if they come everywhere.
#[test]
fn the_walks_reach_every_event_status_and_stage() {
    let mut runner = TestRunner::deterministic();
    let mut events = BTreeSet::new();
    let mut statuses = BTreeSet::new();
    let mut stages = BTreeSet::new();
    for _ in 0..256 {
        let throw = throws().new_tree(&mut runner).expect("a walk").current();
        let walked = walk(&throw, |taken| {
            statuses.extend(taken.after.map(Visit::status));
            stages.extend(taken.after.into_iter().flat_map(|visit| visit.tests.values()).map(|test| test.stage));
        });
        events.extend(walked.log.iter().map(|step| step.event.event_type()));
    }
    assert_eq!(events, EventType::ALL.iter().copied().collect());
    assert_eq!(statuses, Status::ALL.iter().copied().collect());
    assert_eq!(stages, Stage::ALL.iter().copied().collect());
}
