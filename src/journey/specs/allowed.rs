//! What an actor is told could be done now.

use super::deeds::*;
use super::*;
use crate::journey::allowed::allowed;
use crate::journey::money::Money;
use crate::journey::words::{Role, VisitType};

fn told(story: &Story, actor: &Actor) -> Vec<&'static str> {
    let events = allowed(&story.policy, story.visit.as_ref(), actor, story.clock);
    events.into_iter().map(Word::word).collect()
}

#[test]
fn before_the_registration_there_is_only_the_registration() {
    let nothing = given([]);
    assert_eq!(told(&nothing, &receptionist()), ["VISIT_REGISTERED"]);
    assert!(told(&nothing, &doctor()).is_empty());
}

#[test]
fn each_role_is_told_its_own() {
    let story = given([registered(), joined()]);
    assert_eq!(
        told(&story, &nurse()),
        ["VISIT_ASSIGNED", "QUEUE_CALLED", "VITALS_RECORDED", "DOCUMENT_UPLOADED", "VISIT_NO_SHOW"]
    );
    assert_eq!(told(&story, &billing_clerk()), ["QUEUE_CALLED", "CONSULTATION_BILLED", "DOCUMENT_UPLOADED"]);
    assert_eq!(told(&story, &pathologist()), ["DOCUMENT_UPLOADED"]);
    assert!(told(&story, &person(Role::Auditor)).is_empty());
}

#[test]
fn a_doctor_in_the_room_is_told_the_consultation() {
    assert_eq!(
        told(&given(in_room()), &doctor()),
        [
            "EXITED_ROOM",
            "CONSULTATION_COMPLETED",
            "PRESCRIPTION_GIVEN",
            "TESTS_ORDERED",
            "REFERRAL_GIVEN",
            "VITALS_RECORDED",
            "DOCUMENT_UPLOADED",
            "FOLLOWUP_SCHEDULED",
        ]
    );
}

#[test]
fn whoever_took_the_payment_is_not_told_to_give_it_back() {
    let story = given([registered(), consultation_billed(1, 500), paid(1, 500)]);
    assert!(!told(&story, &billing_clerk()).contains(&"PAYMENT_REFUNDED"));
    assert!(told(&story, &another(billing_clerk())).contains(&"PAYMENT_REFUNDED"));
}

#[test]
fn a_balance_of_one_cannot_be_paid_in_part() {
    let story = given([registered(), consultation_billed(1, 1)]);
    assert!(told(&story, &billing_clerk()).contains(&"PAYMENT_RECEIVED"));
    assert!(!told(&story, &billing_clerk()).contains(&"PAYMENT_PARTIAL"));
}

#[test]
fn more_than_one_payment_can_carry_is_paid_in_parts_first() {
    let most = Money::MAX.0;
    let items = [(CBC, most), (LIPIDS, most)];
    let story = given(seen()).and([ordered(&[CBC, LIPIDS]), tests_billed(1, &items)]);
    assert!(!told(&story, &billing_clerk()).contains(&"PAYMENT_RECEIVED"));
    let story = story.and([partly_paid(1, most)]);
    assert!(told(&story, &billing_clerk()).contains(&"PAYMENT_RECEIVED"));
}

#[test]
fn what_the_policy_forbids_is_not_told() {
    let story = given(seen()).and([ordered(&[CBC])]);
    assert!(!told(&story, &nurse()).contains(&"TEST_SAMPLE_COLLECTED"));
    let story = Story { policy: Policy { pay_before_lab: false, ..Policy::default() }, ..story };
    assert!(told(&story, &nurse()).contains(&"TEST_SAMPLE_COLLECTED"));
}

#[test]
fn a_lab_only_visit_is_told_to_the_reception() {
    let story = given([registered_as(VisitType::LabOnly)]);
    assert!(told(&story, &receptionist()).contains(&"TESTS_ORDERED"));
    assert!(!told(&given(seen()), &receptionist()).contains(&"TESTS_ORDERED"));
}

#[test]
fn after_the_outcome_there_is_little_left() {
    let story = given(test_at(Stage::Reported)).and([completed()]);
    assert_eq!(told(&story, &receptionist()), ["REPORT_DELIVERED", "DOCUMENT_UPLOADED", "FOLLOWUP_SCHEDULED"]);
}

#[test]
fn a_clock_that_lags_behind_the_log_is_told_the_same() {
    let story = given(in_room());
    let late = allowed(&story.policy, story.visit.as_ref(), &doctor(), minute(-60));
    let timely = allowed(&story.policy, story.visit.as_ref(), &doctor(), minute(60));
    assert_eq!(late, timely);
}
