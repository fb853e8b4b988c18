//! Queues: joined, called, skipped, recalled; at the consultation, the lab and billing.

use super::deeds::*;
use super::*;
use crate::journey::words::{Station, Status, VisitType};

use Station::{Billing, Consultation, Lab};

pub fn refusals() -> Vec<Refused> {
    let pay_first = Policy { pay_before_consultation: true, ..Policy::default() };
    vec![
        given([registered(), joined()]).when(receptionist(), joined()).then_refused(Code::AlreadyInQueue),
        given([registered(), joined(), called()])
            .when(receptionist(), joined_at(Billing))
            .then_refused(Code::AlreadyInQueue),
        given(in_room()).when(nurse(), joined()).then_refused(Code::InRoom),
        given(seen()).when(lab_technician(), joined_at(Lab)).then_refused(Code::NoTestAwaiting),
        given(test_at(Stage::Collected)).when(nurse(), joined_at(Lab)).then_refused(Code::NoTestAwaiting),
        given([registered()]).when(nurse(), called()).then_refused(Code::NotInQueue),
        given(in_room()).when(nurse(), called()).then_refused(Code::NotInQueue),
        given_under(pay_first, [registered(), joined()]).when(nurse(), called()).then_refused(Code::PaymentRequired),
        given([registered(), joined()]).when(nurse(), skipped()).then_refused(Code::NotCalled),
        given([registered(), joined(), called(), skipped()]).when(nurse(), skipped()).then_refused(Code::NotCalled),
        given([registered()]).when(nurse(), skipped()).then_refused(Code::NotCalled),
    ]
}

#[test]
fn every_refusal_is_reached() {
    refusals();
}

#[test]
fn a_patient_waits_is_called_and_is_skipped() {
    let story = given([registered(), joined()]);
    assert_eq!((story.place(), story.visit().status()), (&Place::Queue { station: Consultation }, Status::Waiting));
    let story = story.and([called().with("roomId", id(7))]);
    assert_eq!((story.place(), story.visit().status()), (&Place::Called { station: Consultation }, Status::Called));
    assert_eq!((&story.visit().call.room_id, story.visit().call.times), (&Some(room()), 1));
    let story = story.and([skipped()]);
    assert_eq!((story.place(), story.visit().status()), (&Place::Away { station: Consultation }, Status::Away));
}

#[test]
fn a_call_may_be_announced_again_and_a_skipped_patient_recalled() {
    let story = given([registered(), joined(), called(), called(), skipped(), called()]);
    assert_eq!((story.place(), story.visit().call.times), (&Place::Called { station: Consultation }, 3));
}

#[test]
fn joining_again_begins_the_calls_anew_and_may_choose_another_station() {
    let story = given([registered(), joined(), called(), skipped(), joined_at(Billing)]);
    assert_eq!((story.place(), story.visit().call.times), (&Place::Queue { station: Billing }, 0));
}

#[test]
fn the_lab_queue_is_for_patients_with_a_test_awaiting_its_sample() {
    let story = given([seen(), vec![ordered(&[CBC]), joined_at(Lab)]].concat());
    assert_eq!(story.place(), &Place::Queue { station: Lab });
    given([seen(), vec![ordered(&[CBC]), test_cancelled(CBC)]].concat())
        .when(nurse(), joined_at(Lab))
        .then_refused(Code::NoTestAwaiting);
    given(test_at(Stage::Collected)).and([rejected(CBC), joined_at(Lab)]);
}

#[test]
fn entering_the_room_ends_the_consultation_queue() {
    assert_eq!(given(in_room()).place(), &Place::Room { room_id: room() });
}

#[test]
fn collecting_a_sample_ends_the_lab_queue_waiting_called_or_away() {
    for before in [vec![], vec![called()], vec![called(), skipped()]] {
        let story = given(test_paid()).and([joined_at(Lab)]).and(before).and([collected(CBC)]);
        assert_eq!((story.place(), story.visit().status()), (&Place::Nowhere, Status::Open));
    }
}

#[test]
fn a_payment_or_part_payment_ends_the_billing_queue() {
    let billed = || given([registered(), consultation_billed(1, 500), joined_at(Billing)]);
    for before in [vec![], vec![called()], vec![called(), skipped()]] {
        for payment in [paid(1, 500), partly_paid(1, 200)] {
            let story = billed().and(before.clone()).and([payment]);
            assert_eq!((story.place(), story.visit().status()), (&Place::Nowhere, Status::Registered));
        }
    }
}

#[test]
fn a_service_elsewhere_leaves_the_queue_alone() {
    let story = given([registered(), consultation_billed(1, 500), joined(), paid(1, 500)]);
    assert_eq!(story.place(), &Place::Queue { station: Consultation });
    let story = given(test_paid()).and([joined_at(Billing), collected(CBC)]);
    assert_eq!(story.place(), &Place::Queue { station: Billing });
    let story = given(test_at(Stage::Collected)).and([rejected(CBC), joined_at(Lab), test_cancelled(CBC)]);
    assert_eq!(story.place(), &Place::Queue { station: Lab }, "a withdrawn order is no service");
}

#[test]
fn a_refund_is_no_service_at_billing() {
    let story = given([registered(), consultation_billed(1, 500), paid(1, 500), joined_at(Billing), refunded(1, 100)]);
    assert_eq!(story.place(), &Place::Queue { station: Billing });
}

#[test]
fn a_service_that_came_before_the_queue_does_not_end_it() {
    let story = given([registered(), consultation_billed(1, 500), joined_at(Billing).after(10)]);
    let story = story.when(billing_clerk(), paid(1, 500)).performed_at(minute(5)).then_accepted();
    assert_eq!(story.place(), &Place::Queue { station: Billing });
}

#[test]
fn every_outcome_ends_any_entry() {
    for station in [Consultation, Billing, Lab] {
        for outcome in [cancelled(), rescheduled(), no_show()] {
            for before in [vec![], vec![called()], vec![called(), skipped()]] {
                let story = given([registered_as(VisitType::LabOnly), ordered(&[CBC]), joined_at(station)]);
                assert_eq!(story.and(before).and([outcome.clone()]).place(), &Place::Nowhere);
            }
        }
    }
    assert_eq!(given(seen()).and([joined(), called(), skipped(), completed()]).place(), &Place::Nowhere);
}

#[test]
fn where_the_policy_asks_it_a_settled_bill_goes_before_the_call() {
    let pay_first = Policy { pay_before_consultation: true, ..Policy::default() };
    let queued = || given_under(pay_first, [registered(), joined()]);
    let refused = |story: Story| story.when(doctor(), called()).then_refused(Code::PaymentRequired);
    refused(queued());
    refused(queued().and([consultation_billed(1, 500)]));
    refused(queued().and([consultation_billed(1, 500), partly_paid(1, 499)]));
    queued().and([consultation_billed(1, 500), paid(1, 500), called()]);
    queued().and([consultation_billed(1, 500), partly_paid(1, 200), paid(1, 300), called()]);
    queued().and([consultation_billed(1, 0), called()]);
    refused(queued().and([consultation_billed(1, 500), paid(1, 500), refunded(1, 500)]));
    queued().and([consultation_billed(1, 500), paid(1, 500), refunded(1, 200), called()]);
    given_under(pay_first, [registered(), joined_at(Billing), called()]);
    let emergency = given_under(pay_first, [registered_as(VisitType::Emergency), joined()]);
    refused(emergency);
}
