//! How a visit ends, and what may still follow: documents, follow-ups.

use super::deeds::*;
use super::*;
use crate::journey::ids::{DocumentId, FollowUpId, Id};
use crate::journey::words::{Outcome, Station, Status, VisitType};

pub fn refusals() -> Vec<Refused> {
    let seen = || given(seen());
    let lab_only = || given([registered_as(VisitType::LabOnly), ordered(&[CBC])]);
    let in_progress = || given(test_at(Stage::InProgress));
    vec![
        given([registered()]).when(receptionist(), completed()).then_refused(Code::NotSeenYet),
        lab_only().when(receptionist(), completed()).then_refused(Code::NotSeenYet),
        lab_only().and([test_cancelled(CBC)]).when(receptionist(), completed()).then_refused(Code::NotSeenYet),
        given(in_room()).when(doctor(), completed()).then_refused(Code::InRoom),
        seen().and([joined()]).when(receptionist(), completed()).then_refused(Code::StillInQueue),
        seen().and([joined(), called()]).when(receptionist(), completed()).then_refused(Code::StillInQueue),
        in_progress().when(receptionist(), completed()).then_refused(Code::TestsOutstanding),
        seen().and([consultation_billed(1, 1)]).when(receptionist(), completed()).then_refused(Code::BalanceDue),
        given(in_room()).when(receptionist(), cancelled()).then_refused(Code::AlreadySeen),
        seen().when(receptionist(), cancelled()).then_refused(Code::AlreadySeen),
        seen().when(receptionist(), rescheduled()).then_refused(Code::AlreadySeen),
        seen().when(receptionist(), no_show()).then_refused(Code::AlreadySeen),
        given([registered(), uploaded(1)]).when(receptionist(), uploaded(1)).then_refused(Code::DuplicateId),
        given([registered(), uploaded(1)]).when(receptionist(), shared(2)).then_refused(Code::DocumentNotFound),
        given([registered()]).when(receptionist(), follow_up(1)).then_refused(Code::NotSeenYet),
        seen().and([follow_up(1)]).when(receptionist(), follow_up(1)).then_refused(Code::DuplicateId),
        seen()
            .when(receptionist(), follow_up(1).with("dueAt", "2026-11-21T09:05:00Z"))
            .then_refused(Code::InvalidMetadata),
        seen().and([follow_up(1)]).when(system(), reminded(2)).then_refused(Code::FollowUpNotFound),
    ]
}

#[test]
fn every_refusal_is_reached() {
    refusals();
}

#[test]
fn a_visit_is_completed_with_nothing_left_to_do() {
    let story = given(seen()).and([completed()]);
    assert_eq!((story.visit().status(), story.visit().ended_at), (Status::Completed, Some(minute(5))));
    given(seen()).and([joined(), called(), skipped(), completed()]);
    given(test_at(Stage::Reported)).and([completed()]);
    given(test_at(Stage::Delivered)).and([completed()]);
    given(test_paid()).and([test_cancelled(CBC), completed()]);
}

#[test]
fn every_unfinished_test_holds_the_visit_open_and_is_named() {
    for stage in Stage::ALL.iter().copied().filter(|stage| *stage < Stage::Reported) {
        let refusal = given(test_at(stage)).when(doctor(), completed()).refusal();
        assert_eq!(refusal.code(), Code::TestsOutstanding);
        assert_eq!(refusal.facts()["tests"], serde_json::json!([{ "test": "Blood count", "stage": stage }]));
    }
}

#[test]
fn what_is_due_is_said() {
    let refusal = given(seen()).and([consultation_billed(1, 500), partly_paid(1, 200)]).when(doctor(), completed());
    assert_eq!(refusal.refusal().facts()["balance"], 300);
}

#[test]
fn a_lab_only_visit_is_completed_unseen_once_a_test_is_reported() {
    let trusting = Policy { pay_before_lab: false, ..Policy::default() };
    let way = [collected(CBC), started(CBC), results_entered(CBC), reviewed(CBC), approved(CBC), reported(CBC)];
    let story = given_under(trusting, [registered_as(VisitType::LabOnly), ordered(&[CBC, LIPIDS])]).and(way);
    story.clone().when(receptionist(), completed()).then_refused(Code::TestsOutstanding);
    story.and([test_cancelled(LIPIDS), completed()]);
}

#[test]
fn a_visit_ends_before_it_began() {
    for (deed, outcome) in [
        (cancelled(), Outcome::Cancelled),
        (rescheduled(), Outcome::Rescheduled),
        (no_show(), Outcome::NoShow),
        (no_show().by(system()), Outcome::NoShow),
    ] {
        let story = given([registered(), joined(), called(), skipped(), deed]);
        assert_eq!(story.visit().outcome, Some(outcome));
    }
    let story = given([registered(), rescheduled()]);
    assert_eq!(story.visit().new_date.expect("a day").to_string(), "2026-11-28");
}

#[test]
fn a_collected_sample_forbids_to_cancel_even_when_it_was_spoilt() {
    let trusting = Policy { pay_before_lab: false, ..Policy::default() };
    let story = given_under(trusting, [registered_as(VisitType::LabOnly), ordered(&[CBC]), collected(CBC)]);
    story.clone().when(manager(), cancelled()).then_refused(Code::AlreadySeen);
    story.and([rejected(CBC), test_cancelled(CBC)]).when(manager(), cancelled()).then_refused(Code::AlreadySeen);
    given([registered_as(VisitType::LabOnly), ordered(&[CBC]), cancelled()]);
}

#[test]
fn after_the_outcome_only_what_is_listed_is_accepted() {
    let listed = [
        EventType::ReportDelivered,
        EventType::PaymentRefunded,
        EventType::DocumentUploaded,
        EventType::DocumentShared,
        EventType::FollowUpScheduled,
        EventType::FollowUpReminderSent,
    ];
    let ended = || {
        given(test_at(Stage::Reported)).and([
            uploaded(1),
            follow_up(1),
            consultation_billed(2, 1),
            paid(2, 1),
            completed(),
        ])
    };
    for event in EventType::ALL.iter().copied() {
        let (_, deed) = super::coverage::accepted(event);
        let deed = match event {
            EventType::DocumentUploaded => uploaded(2),
            EventType::FollowUpScheduled => follow_up(2),
            _ => deed,
        };
        let attempt = ended().when(deed.actor.clone(), deed);
        if listed.contains(&event) {
            let story = attempt.then_accepted();
            assert_eq!(story.visit().outcome, Some(Outcome::Completed), "the outcome stays");
            assert_eq!(story.place(), &Place::Nowhere);
        } else {
            attempt.then_refused(Code::VisitClosed);
        }
    }
}

#[test]
fn every_outcome_closes_the_visit() {
    for outcome in [cancelled(), rescheduled(), no_show()] {
        let story = given([registered(), outcome]);
        for deed in [joined(), vitals(), completed(), cancelled(), no_show(), registered()] {
            story.clone().when(deed.actor.clone(), deed).then_refused(Code::VisitClosed);
        }
        story.and([uploaded(1), shared(1)]);
    }
}

#[test]
fn documents_are_added_and_shared() {
    let story = given([registered(), uploaded(1), shared(1), shared(1).with("sharedWith", "The patient")]);
    let document = &story.visit().documents[&DocumentId::from_bits(1)];
    assert_eq!((document.file_name.as_str(), document.size_bytes), ("ecg.pdf", 12_345));
    assert_eq!(document.shared_with, ["Dr Rao", "The patient"]);
}

#[test]
fn follow_ups_are_planned_later_than_now_and_reminded_of() {
    let story = given(seen()).and([follow_up(1), reminded(1), reminded(1).by(system())]);
    assert_eq!(story.visit().follow_ups[&FollowUpId::from_bits(1)].reminders, 2);
    let due = |time: &str| given(seen()).when(doctor(), follow_up(1).with("dueAt", time));
    due("2026-11-21T09:05:01Z").then_accepted();
    let refusal = due("2026-11-21T09:05:00Z").refusal();
    assert_eq!(refusal.field_problems()[0].field, "dueAt");
}

#[test]
fn a_place_in_a_queue_is_said() {
    let refusal = given(seen()).and([joined_at(Station::Billing)]).when(doctor(), completed()).refusal();
    assert_eq!(refusal.facts()["station"], "BILLING");
}
