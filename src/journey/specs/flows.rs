//! The flows that must be accepted exactly as written.

use super::deeds::*;
use super::*;
use crate::journey::words::{Consultation, Outcome, Station, Status, VisitType};

/// From the sample to the report in the patient's hand.
fn laboratory_work(test: u128) -> Vec<Deed> {
    [collected, started, results_entered, reviewed, approved, reported, delivered].map(|step| step(test)).into()
}

fn words(story: &Story) -> Vec<&'static str> {
    story.steps.iter().map(|step| step.event.event_type().word()).collect()
}

#[test]
fn standard_opd() {
    let story = given([
        registered(),
        joined(),
        consultation_billed(1, 500),
        paid(1, 500),
        called(),
        entered(),
        exited(),
        prescribed(),
        ordered(&[CBC]),
        tests_billed(2, &[(CBC, 300)]),
        paid(2, 300),
        collected(CBC),
        started(CBC),
        results_entered(CBC),
        reviewed(CBC),
        approved(CBC),
        reported(CBC),
        delivered(CBC),
        completed(),
    ]);
    let written = "VISIT_REGISTERED, QUEUE_JOINED, CONSULTATION_BILLED, PAYMENT_RECEIVED, QUEUE_CALLED, ENTERED_ROOM, \
        EXITED_ROOM, PRESCRIPTION_GIVEN, TESTS_ORDERED, TESTS_BILLED, PAYMENT_RECEIVED, TEST_SAMPLE_COLLECTED, \
        TEST_IN_PROGRESS, TEST_COMPLETED, TEST_REVIEWED, TEST_APPROVED, REPORT_GENERATED, REPORT_DELIVERED, VISIT_COMPLETED";
    assert_eq!(words(&story).join(", "), written);
    let visit = story.visit();
    assert_eq!((visit.status(), visit.place.clone(), visit.version), (Status::Completed, Place::Nowhere, 19));
    assert_eq!((visit.attended, visit.rounds, visit.consultation), (true, 1, Consultation::InProgress));
    assert_eq!((story.stage(CBC), story.account(1), story.account(2)), (Stage::Delivered, (500, 0, 0), (300, 0, 0)));
    assert_eq!((visit.registered_at, visit.ended_at), (minute(0), Some(minute(18))));
}

#[test]
fn referral() {
    let story = given([
        registered(),
        joined(),
        called(),
        entered(),
        referred(),
        exited(),
        consultation_completed(),
        completed(),
        follow_up(1),
        reminded(1),
    ]);
    let written = "VISIT_REGISTERED, QUEUE_JOINED, QUEUE_CALLED, ENTERED_ROOM, REFERRAL_GIVEN, EXITED_ROOM, \
        CONSULTATION_COMPLETED, VISIT_COMPLETED, FOLLOWUP_SCHEDULED, FOLLOWUP_REMINDER_SENT";
    assert_eq!(words(&story).join(", "), written);
    let visit = story.visit();
    assert_eq!((visit.status(), visit.consultation), (Status::Completed, Consultation::Completed));
    assert_eq!(visit.follow_ups.values().next().map(|follow_up| follow_up.reminders), Some(1));
}

#[test]
fn skipped_and_recalled() {
    let story = given([registered(), joined(), called(), skipped(), called(), entered(), exited(), completed()]);
    assert_eq!((story.visit().status(), story.visit().rounds), (Status::Completed, 1));
}

#[test]
fn skipped_rejoined_and_seen() {
    let story =
        given([registered(), joined(), called(), skipped(), joined(), called(), entered(), exited(), completed()]);
    assert_eq!((story.visit().status(), story.visit().call.times), (Status::Completed, 1));
}

#[test]
fn two_rounds_with_the_lab_between_them() {
    let story = given(seen())
        .and([ordered(&[CBC]), tests_billed(1, &[(CBC, 300)]), joined_at(Station::Billing), called(), paid(1, 300)])
        .and([joined_at(Station::Lab), called()])
        .and(laboratory_work(CBC))
        .and([joined(), called(), entered(), prescribed(), consultation_completed(), exited(), completed()]);
    let visit = story.visit();
    assert_eq!((visit.status(), visit.rounds, visit.consultation), (Status::Completed, 2, Consultation::Completed));
    assert_eq!(story.stage(CBC), Stage::Delivered);
}

#[test]
fn partial_partial_then_full_payment() {
    let story = given(seen()).and([consultation_billed(1, 500), partly_paid(1, 200), partly_paid(1, 100)]);
    let story = story.and([paid(1, 200), completed()]);
    assert_eq!((story.visit().status(), story.account(1)), (Status::Completed, (500, 0, 0)));
}

#[test]
fn refund_after_a_cancelled_test() {
    let story = given(test_paid()).and([test_cancelled(CBC), refunded(1, 300), completed()]);
    assert_eq!((story.visit().status(), story.stage(CBC)), (Status::Completed, Stage::Cancelled));
    assert_eq!(story.account(1), (0, 0, 300));
}

#[test]
fn refund_after_the_visit() {
    let story = given(test_paid()).and([test_cancelled(CBC), completed(), refunded(1, 300)]);
    assert_eq!(story.account(1), (0, 0, 300));
}

#[test]
fn a_spoilt_sample_is_collected_again() {
    let story = given(test_at(Stage::Collected)).and([rejected(CBC)]).and(laboratory_work(CBC)).and([completed()]);
    assert_eq!((story.visit().status(), story.test(CBC).recollections), (Status::Completed, 1));
}

#[test]
fn a_review_asks_for_a_repeat() {
    let story = given(test_at(Stage::Completed)).and([repeat_asked(CBC)]);
    let story = story.and(laboratory_work(CBC).into_iter().skip(1)).and([completed()]);
    assert_eq!((story.visit().status(), story.stage(CBC)), (Status::Completed, Stage::Delivered));
}

#[test]
fn lab_only() {
    let story = given([registered_as(VisitType::LabOnly), ordered(&[CBC]).by(receptionist())])
        .and([tests_billed(1, &[(CBC, 300)]), paid(1, 300), joined_at(Station::Lab), called()])
        .and(laboratory_work(CBC))
        .and([completed()]);
    assert_eq!((story.visit().status(), story.visit().attended), (Status::Completed, false));
}

#[test]
fn no_show_cancelled_and_rescheduled() {
    for (deed, outcome) in
        [(no_show(), Outcome::NoShow), (cancelled(), Outcome::Cancelled), (rescheduled(), Outcome::Rescheduled)]
    {
        let story = given([registered(), joined(), consultation_billed(1, 500), called(), skipped(), deed]);
        assert_eq!((story.visit().outcome, story.place()), (Some(outcome), &Place::Nowhere));
    }
}
