//! Registration and assignment.

use super::deeds::*;
use super::*;
use crate::journey::ids::{Id, PersonId};
use crate::journey::words::{Priority, Status, VisitType};

pub fn refusals() -> Vec<Refused> {
    vec![
        given([registered()]).when(receptionist(), registered()).then_refused(Code::AlreadyRegistered),
        given(in_room()).when(receptionist(), assigned()).then_refused(Code::InRoom),
    ]
}

#[test]
fn every_refusal_is_reached() {
    refusals();
}

#[test]
fn a_registered_visit_is_a_routine_out_patient_visit_unless_told() {
    let story = given([registered()]);
    let visit = story.visit();
    assert_eq!(
        (visit.visit_type, visit.priority, visit.status()),
        (VisitType::Opd, Priority::Routine, Status::Registered)
    );
    assert_eq!((visit.place.clone(), visit.attended, visit.version), (Place::Nowhere, false, 1));
    let story = given([registered_as(VisitType::Emergency).with("priority", "URGENT").with("reason", "Fall")]);
    let visit = story.visit();
    assert_eq!((visit.visit_type, visit.priority), (VisitType::Emergency, Priority::Urgent));
    assert_eq!(visit.urgency(), Priority::Emergency, "by its kind");
    assert_eq!(visit.reason.as_deref(), Some("Fall"));
}

#[test]
fn a_doctor_and_a_room_are_assigned_and_may_change_until_the_patient_is_in_the_room() {
    let story = given([registered(), assigned()]);
    assert_eq!(story.visit().doctor(), Some(&PersonId::from_bits(102)));
    assert_eq!(story.visit().room_id, Some(room()));
    let story = story.and([joined(), called()]).when(manager(), assigned().with("doctorId", id(202))).then_accepted();
    assert_eq!(story.visit().doctor_id, Some(PersonId::from_bits(202)));
    given(seen()).when(nurse(), assigned()).then_accepted();
}

#[test]
fn a_queue_of_a_named_doctor_goes_before_the_assignment() {
    let story = given([registered(), assigned(), joined().with("doctorId", id(202))]);
    assert_eq!(story.visit().doctor(), Some(&PersonId::from_bits(202)));
}

#[test]
fn vitals_may_change_the_priority() {
    let story = given([registered()]).when(nurse(), vitals().with("priority", "EMERGENCY")).then_accepted();
    assert!(story.visit().is_emergency());
    let story = story.when(nurse(), vitals()).then_accepted();
    assert!(story.visit().is_emergency(), "vitals without a priority leave it as it was");
}
