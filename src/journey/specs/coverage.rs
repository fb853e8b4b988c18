//! The table as a whole: each row accepted, each code reached, each role asked.

use std::collections::BTreeSet;

use super::deeds::*;
use super::*;
use crate::journey::events::TABLE;
use crate::journey::words::{Role, VisitType};

/// For each event a story, and the deed that may follow it.
pub fn accepted(event: EventType) -> (Vec<Deed>, Deed) {
    let billed = || vec![registered(), consultation_billed(1, 500)];
    let paid_up = || [billed(), vec![paid(1, 500)]].concat();
    match event {
        EventType::VisitRegistered => (vec![], registered()),
        EventType::VisitAssigned => (vec![registered()], assigned()),
        EventType::QueueJoined => (vec![registered()], joined()),
        EventType::QueueCalled => (vec![registered(), joined()], called()),
        EventType::QueueSkipped => (vec![registered(), joined(), called()], skipped()),
        EventType::EnteredRoom => (vec![registered(), joined(), called()], entered()),
        EventType::ExitedRoom => (in_room(), exited()),
        EventType::ConsultationCompleted => (in_room(), consultation_completed()),
        EventType::PrescriptionGiven => (in_room(), prescribed()),
        EventType::TestsOrdered => (in_room(), ordered(&[CBC])),
        EventType::ReferralGiven => (in_room(), referred()),
        EventType::VitalsRecorded => (vec![registered()], vitals()),
        EventType::ConsultationBilled => (vec![registered()], consultation_billed(1, 500)),
        EventType::TestsBilled => ([seen(), vec![ordered(&[CBC])]].concat(), tests_billed(1, &[(CBC, 300)])),
        EventType::PaymentReceived => (billed(), paid(1, 500)),
        EventType::PaymentPartial => (billed(), partly_paid(1, 200)),
        EventType::PaymentRefunded => (paid_up(), refunded(1, 200)),
        EventType::TestSampleCollected => (test_at(Stage::Ordered), collected(CBC)),
        EventType::TestSampleRejected => (test_at(Stage::Collected), rejected(CBC)),
        EventType::TestInProgress => (test_at(Stage::Collected), started(CBC)),
        EventType::TestCompleted => (test_at(Stage::InProgress), results_entered(CBC)),
        EventType::TestReviewed => (test_at(Stage::Completed), reviewed(CBC)),
        EventType::TestApproved => (test_at(Stage::Reviewed), approved(CBC)),
        EventType::ReportGenerated => (test_at(Stage::Approved), reported(CBC)),
        EventType::ReportDelivered => (test_at(Stage::Reported), delivered(CBC)),
        EventType::TestCancelled => (test_at(Stage::InProgress), test_cancelled(CBC)),
        EventType::DocumentUploaded => (vec![registered()], uploaded(1)),
        EventType::DocumentShared => (vec![registered(), uploaded(1)], shared(1)),
        EventType::VisitCompleted => (seen(), completed()),
        EventType::VisitCancelled => (vec![registered()], cancelled()),
        EventType::VisitRescheduled => (vec![registered()], rescheduled()),
        EventType::VisitNoShow => (vec![registered()], no_show()),
        EventType::FollowUpScheduled => (seen(), follow_up(1)),
        EventType::FollowUpReminderSent => ([seen(), vec![follow_up(1)]].concat(), reminded(1)),
    }
}

/// Who may log what, as the specification has it, in the order of its table.
const ROLES: [&str; 34] = [
    "R N",
    "R N M", // registration
    "R N B L",
    "R N D B L",
    "R N D B L", // queue
    "N D R",
    "N D R",
    "D", // consultation
    "D",
    "D",
    "D",
    "N D", // clinical
    "B R",
    "B R",
    "B R",
    "B R",
    "B M", // billing
    "L N",
    "L P",
    "L",
    "L",
    "D P",
    "D P",
    "L P D",
    "L R D",
    "D P L", // laboratory
    "R N D B L P",
    "R D L P", // documents
    "R D",
    "R M",
    "R",
    "R N S", // completion
    "R D N",
    "R S", // follow-up
];

fn letter(role: Role) -> &'static str {
    match role {
        Role::Receptionist => "R",
        Role::Nurse => "N",
        Role::Doctor => "D",
        Role::BillingClerk => "B",
        Role::LabTechnician => "L",
        Role::Pathologist => "P",
        Role::Manager => "M",
        Role::System => "S",
        Role::Admin => "admin",
        Role::Auditor => "auditor",
    }
}

#[test]
fn every_row_of_the_table_is_accepted() {
    for event in EventType::ALL.iter().copied() {
        let (story, deed) = accepted(event);
        assert_eq!(deed.event.event_type(), event);
        given(story).and([deed]);
    }
}

#[test]
fn every_role_may_log_what_the_specification_says_and_nothing_else() {
    for (event, roles) in EventType::ALL.iter().copied().zip(ROLES) {
        let (story, deed) = accepted(event);
        let story = given(story);
        for role in Role::ALL.iter().copied() {
            // Somebody who has done nothing on this visit yet.
            let attempt = story.clone().when(another(person(role)), deed.clone());
            if roles.split(' ').any(|allowed| allowed == letter(role)) {
                attempt.then_accepted();
            } else {
                let refusal = attempt.refusal();
                assert_eq!(refusal.code(), Code::RoleNotAllowed, "{} by {role}: {refusal}", event.word());
            }
        }
    }
}

#[test]
fn nobody_without_a_role_logs_anything() {
    for event in EventType::ALL.iter().copied() {
        let (story, deed) = accepted(event);
        let nobody = Actor { roles: vec![], ..receptionist() };
        given(story).when(nobody, deed).then_refused(Code::RoleNotAllowed);
    }
}

#[test]
fn a_receptionist_orders_tests_on_lab_only_visits_alone() {
    for visit_type in VisitType::ALL.iter().copied() {
        let story = given([registered_as(visit_type)]).and([joined(), called(), entered()]);
        let attempt = story.when(receptionist(), ordered(&[CBC]));
        if visit_type == VisitType::LabOnly {
            attempt.then_accepted();
        } else {
            attempt.then_refused(Code::RoleNotAllowed);
        }
    }
}

#[test]
fn every_code_of_every_row_is_reached_and_no_other() {
    let reached: BTreeSet<Refused> = [
        registration::refusals(),
        queue::refusals(),
        consultation::refusals(),
        billing::refusals(),
        laboratory::refusals(),
        completion::refusals(),
    ]
    .into_iter()
    .flatten()
    .collect();
    let listed: BTreeSet<Refused> =
        TABLE.iter().flat_map(|row| row.refused.iter().map(|code| (row.event, *code))).collect();
    assert_eq!(reached, listed);
}

#[test]
fn every_code_that_is_decided_here_is_reached() {
    // Asked elsewhere: whether references exist, and whether the version is the expected one.
    let elsewhere = [Code::UnknownReference, Code::VersionConflict];
    let general = time::refusals().into_iter().map(|(_, code)| code);
    let rows = TABLE.iter().flat_map(|row| row.refused.iter().copied());
    let reached: BTreeSet<Code> = general.chain(rows).chain(elsewhere).collect();
    assert_eq!(reached, Code::ALL.iter().copied().collect());
}
