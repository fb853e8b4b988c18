//! The consultation and what the doctor does in it.

use super::deeds::*;
use super::*;
use crate::journey::words::{Consultation, Priority, Role, Status, VisitType};

pub fn refusals() -> Vec<Refused> {
    let waiting = || given([registered(), joined()]);
    let at_billing = [registered(), joined_at(crate::journey::words::Station::Billing), called()];
    vec![
        given([registered()]).when(nurse(), entered()).then_refused(Code::NotCalled),
        waiting().when(nurse(), entered()).then_refused(Code::NotCalled),
        waiting().and([called(), skipped()]).when(nurse(), entered()).then_refused(Code::NotCalled),
        given(at_billing).when(nurse(), entered()).then_refused(Code::NotCalled),
        given(in_room()).when(nurse(), entered()).then_refused(Code::NotCalled),
        waiting().when(nurse(), exited()).then_refused(Code::NotInRoom),
        given(seen()).when(nurse(), exited()).then_refused(Code::NotInRoom),
        waiting().when(doctor(), consultation_completed()).then_refused(Code::NotInConsultation),
        given(seen())
            .and([consultation_completed()])
            .when(doctor(), consultation_completed())
            .then_refused(Code::NotInConsultation),
        waiting().when(doctor(), prescribed()).then_refused(Code::NotSeenYet),
        waiting().when(doctor(), referred()).then_refused(Code::NotSeenYet),
        waiting().when(doctor(), ordered(&[CBC])).then_refused(Code::NotSeenYet),
        given(test_paid()).when(doctor(), ordered(&[CBC])).then_refused(Code::DuplicateId),
        given(seen()).when(doctor(), ordered(&[CBC, LIPIDS, CBC])).then_refused(Code::DuplicateId),
        given(seen())
            .and([ordered(&[CBC]), test_cancelled(CBC)])
            .when(doctor(), ordered(&[CBC]))
            .then_refused(Code::DuplicateId),
    ]
}

#[test]
fn every_refusal_is_reached() {
    refusals();
}

#[test]
fn a_round_begins_in_the_room_and_is_completed_there_or_just_out_of_it() {
    let story = given(in_room());
    assert_eq!((story.visit().status(), story.visit().attended), (Status::InConsultation, true));
    assert_eq!((story.visit().consultation, story.visit().rounds), (Consultation::InProgress, 1));
    let inside = story.clone().and([consultation_completed(), exited()]);
    let outside = story.and([exited(), consultation_completed()]);
    for story in [inside, outside] {
        assert_eq!(
            (story.visit().consultation, story.visit().status(), story.place()),
            (Consultation::Completed, Status::Open, &Place::Nowhere)
        );
    }
}

#[test]
fn another_round_is_open_again() {
    let story = given(seen()).and([consultation_completed(), joined(), called(), entered()]);
    assert_eq!((story.visit().consultation, story.visit().rounds), (Consultation::InProgress, 2));
    story.and([consultation_completed(), exited()]);
}

#[test]
fn whoever_has_been_seen_gets_prescriptions_referrals_and_tests_in_the_room_and_after() {
    for story in [given(in_room()), given(seen()), given(seen()).and([consultation_completed(), joined()])] {
        story.and([prescribed(), referred(), ordered(&[CBC, LIPIDS])]);
    }
}

#[test]
fn a_lab_only_visit_has_its_tests_ordered_unseen_at_the_reception() {
    let story = given([registered_as(VisitType::LabOnly)]);
    let story = story.when(receptionist(), ordered(&[CBC])).then_accepted();
    story.when(doctor(), ordered(&[LIPIDS])).then_accepted();
    given(seen()).when(receptionist(), ordered(&[CBC])).then_refused(Code::RoleNotAllowed);
    given([registered_as(VisitType::LabOnly)]).when(nurse(), ordered(&[CBC])).then_refused(Code::RoleNotAllowed);
}

#[test]
fn tests_take_the_urgency_of_the_visit_unless_they_have_their_own() {
    let story = given(seen()).and([vitals().with("priority", "URGENT"), ordered(&[CBC])]);
    assert_eq!(story.test(CBC).priority, Priority::Urgent);
}

#[test]
fn one_of_several_roles_is_enough() {
    let mut actor = person(Role::Auditor);
    given(seen()).when(actor.clone(), prescribed()).then_refused(Code::RoleNotAllowed);
    actor.roles.push(Role::Doctor);
    given(seen()).when(actor, prescribed()).then_accepted();
}

#[test]
fn vitals_are_taken_whenever_the_visit_is_open() {
    for deeds in [vec![registered()], in_room(), seen(), test_at(Stage::Delivered)] {
        given(deeds).when(nurse(), vitals()).then_accepted();
    }
}
