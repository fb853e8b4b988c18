//! What a person could log now: every event for which some metadata would be accepted.
//!
//! Nothing here knows a rule. It tries each event with the metadata that could make a difference and asks [`decide`].

use chrono::{DateTime, Days, Utc};

use super::decide::{Actor, Command, decide};
use super::events::*;
use super::ids::*;
use super::money::Money;
use super::policy::Policy;
use super::schema::{Digest, Due, List, New, Text, Whole};
use super::visit::Visit;
use super::words::{Method, Station, Verdict, VisitType, Word};

/// The events this actor could log on this visit now, in the table's order.
pub fn allowed(policy: &Policy, visit: Option<&Visit>, actor: &Actor, now: DateTime<Utc>) -> Vec<EventType> {
    // A clock may run a little behind what is logged already.
    let now = visit.map_or(now, |visit| now.max(visit.latest_of_all()));
    let accepted = |event| decide(policy, visit, &Command { event, actor, performed_at: now, now }).is_ok();
    EventType::ALL
        .iter()
        .copied()
        .filter(|event| actor.may_log(*event, visit))
        .filter(|event| candidates(*event, visit, now).into_iter().any(accepted))
        .collect()
}

/// For each thing the event could be about, metadata that names it.
pub fn candidates(event: EventType, visit: Option<&Visit>, now: DateTime<Utc>) -> Vec<Event> {
    let bills = || visit.into_iter().flat_map(|visit| visit.bills.iter());
    let tests = || visit.into_iter().flat_map(|visit| visit.tests.keys().cloned());
    let documents = || visit.into_iter().flat_map(|visit| visit.documents.keys().cloned());
    let follow_ups = || visit.into_iter().flat_map(|visit| visit.follow_ups.keys().cloned());
    let one = |event| vec![event];
    match event {
        EventType::VisitRegistered => VisitType::ALL
            .iter()
            .map(|visit_type| {
                Event::VisitRegistered(VisitRegistered {
                    patient_id: any_id(),
                    visit_type: Some(*visit_type),
                    priority: None,
                    department_id: None,
                    reason: None,
                    rescheduled_from: None,
                    follow_up_of: None,
                })
            })
            .collect(),
        EventType::VisitAssigned => one(Event::VisitAssigned(VisitAssigned { doctor_id: any_id(), room_id: None })),
        EventType::QueueJoined => Station::ALL
            .iter()
            .map(|station| Event::QueueJoined(QueueJoined { station: Some(*station), doctor_id: None }))
            .collect(),
        EventType::QueueCalled => one(Event::QueueCalled(QueueCalled { room_id: None, counter: None })),
        EventType::QueueSkipped => one(Event::QueueSkipped(QueueSkipped { reason: None })),
        EventType::EnteredRoom => one(Event::EnteredRoom(EnteredRoom { room_id: any_id() })),
        EventType::ExitedRoom => one(Event::ExitedRoom(ExitedRoom {})),
        EventType::ConsultationCompleted => {
            one(Event::ConsultationCompleted(ConsultationCompleted { diagnosis: None, notes: None }))
        }
        EventType::PrescriptionGiven => one(Event::PrescriptionGiven(PrescriptionGiven {
            items: List(vec![PrescriptionItem {
                drug: some_text(),
                dose: some_text(),
                frequency: some_text(),
                days: Whole(1),
                instructions: None,
            }]),
        })),
        EventType::TestsOrdered => one(Event::TestsOrdered(TestsOrdered {
            tests: List(vec![OrderedTest {
                test_id: unused(tests()),
                code: some_text(),
                name: some_text(),
                price: Money::ZERO,
                specimen: None,
                priority: None,
            }]),
        })),
        EventType::ReferralGiven => {
            one(Event::ReferralGiven(ReferralGiven { to: some_text(), reason: some_text(), urgency: None }))
        }
        EventType::VitalsRecorded => one(Event::VitalsRecorded(VitalsRecorded {
            systolic: None,
            diastolic: None,
            pulse: Some(Whole(72)),
            temperature_c: None,
            spo2: None,
            respiratory_rate: None,
            weight_kg: None,
            height_cm: None,
            pain_score: None,
            priority: None,
        })),
        EventType::ConsultationBilled => one(Event::ConsultationBilled(ConsultationBilled {
            bill_id: unused(bills().map(|(id, _)| id.clone())),
            items: List(vec![ConsultationItem { description: some_text(), amount: SOME_AMOUNT }]),
            discount: None,
            discount_reason: None,
        })),
        EventType::TestsBilled => tests()
            .map(|test_id| {
                Event::TestsBilled(TestsBilled {
                    bill_id: unused(bills().map(|(id, _)| id.clone())),
                    items: List(vec![TestItem { test_id, amount: SOME_AMOUNT }]),
                    discount: None,
                    discount_reason: None,
                })
            })
            .collect(),
        // More than an amount can hold is paid in parts first.
        EventType::PaymentReceived => bills()
            .filter(|(_, bill)| bill.balance() <= Money::MAX)
            .map(|(id, bill)| {
                Event::PaymentReceived(PaymentReceived {
                    bill_id: id.clone(),
                    amount: Due(bill.balance()),
                    method: Method::Cash,
                    reference: None,
                })
            })
            .collect(),
        EventType::PaymentPartial => bills()
            .map(|(id, _)| {
                Event::PaymentPartial(PaymentPartial {
                    bill_id: id.clone(),
                    amount: Due(Money(1)),
                    method: Method::Cash,
                    reference: None,
                })
            })
            .collect(),
        EventType::PaymentRefunded => bills()
            .map(|(id, _)| {
                Event::PaymentRefunded(PaymentRefunded {
                    bill_id: id.clone(),
                    amount: Due(Money(1)),
                    reason: some_text(),
                })
            })
            .collect(),
        EventType::TestSampleCollected => tests()
            .map(|test_id| Event::TestSampleCollected(TestSampleCollected { test_id, sample_id: None, specimen: None }))
            .collect(),
        EventType::TestSampleRejected => tests()
            .map(|test_id| Event::TestSampleRejected(TestSampleRejected { test_id, reason: some_text() }))
            .collect(),
        EventType::TestInProgress => {
            tests().map(|test_id| Event::TestInProgress(TestInProgress { test_id, analyser: None })).collect()
        }
        EventType::TestCompleted => tests()
            .map(|test_id| {
                Event::TestCompleted(TestCompleted {
                    test_id,
                    results: List(vec![AnalyteResult {
                        analyte: some_text(),
                        value: some_text(),
                        unit: None,
                        low: None,
                        high: None,
                        flag: None,
                    }]),
                })
            })
            .collect(),
        EventType::TestReviewed => tests()
            .flat_map(|test_id| {
                Verdict::ALL.iter().map(move |verdict| {
                    Event::TestReviewed(TestReviewed {
                        test_id: test_id.clone(),
                        verdict: Some(*verdict),
                        comment: None,
                    })
                })
            })
            .collect(),
        EventType::TestApproved => tests().map(|test_id| Event::TestApproved(TestApproved { test_id })).collect(),
        EventType::ReportGenerated => {
            tests().map(|test_id| Event::ReportGenerated(ReportGenerated { test_id, document_id: None })).collect()
        }
        EventType::ReportDelivered => tests()
            .map(|test_id| {
                Event::ReportDelivered(ReportDelivered { test_id, delivered_to: some_text(), channel: None })
            })
            .collect(),
        EventType::TestCancelled => {
            tests().map(|test_id| Event::TestCancelled(TestCancelled { test_id, reason: some_text() })).collect()
        }
        EventType::DocumentUploaded => one(Event::DocumentUploaded(DocumentUploaded {
            document_id: unused(documents()),
            file_name: some_text(),
            media_type: some_text(),
            size_bytes: Whole(0),
            sha256: Digest("0".repeat(64)),
            kind: None,
        })),
        EventType::DocumentShared => documents()
            .map(|document_id| {
                Event::DocumentShared(DocumentShared { document_id, shared_with: some_text(), channel: some_text() })
            })
            .collect(),
        EventType::VisitCompleted => one(Event::VisitCompleted(VisitCompleted { summary: None })),
        EventType::VisitCancelled => one(Event::VisitCancelled(VisitCancelled { reason: some_text() })),
        EventType::VisitRescheduled => {
            one(Event::VisitRescheduled(VisitRescheduled { new_date: now.date_naive(), reason: None }))
        }
        EventType::VisitNoShow => one(Event::VisitNoShow(VisitNoShow { reason: None })),
        EventType::FollowUpScheduled => one(Event::FollowUpScheduled(FollowUpScheduled {
            follow_up_id: unused(follow_ups()),
            due_at: now.checked_add_days(Days::new(1)).unwrap_or(now),
            doctor_id: None,
            note: None,
        })),
        EventType::FollowUpReminderSent => follow_ups()
            .map(|follow_up_id| {
                Event::FollowUpReminderSent(FollowUpReminderSent { follow_up_id, channel: some_text() })
            })
            .collect(),
    }
}

/// Enough to be paid in two parts.
const SOME_AMOUNT: Money = Money(2);

fn any_id<I: Id>() -> I {
    I::from_bits(0)
}

/// The lowest id that is not in use.
fn unused<I: Id>(used: impl Iterator<Item = I>) -> New<I> {
    let used: std::collections::BTreeSet<_> = used.collect();
    let mut bits = 0;
    while used.contains(&I::from_bits(bits)) {
        bits += 1;
    }
    New(I::from_bits(bits))
}

fn some_text<const MAX: usize>() -> Text<MAX> {
    Text("-".into())
}
