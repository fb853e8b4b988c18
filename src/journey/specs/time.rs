//! The rules over all events, and the order they are asked in.

use super::deeds::*;
use super::*;
use crate::journey::refusal::Refusal;
use crate::journey::words::Role;

pub fn refusals() -> Vec<Refused> {
    let two_hours = given([registered(), vitals().after(120)]);
    let three_days = given([registered()]);
    vec![
        given([]).when(receptionist(), joined()).then_refused(Code::VisitNotFound),
        given([registered()]).when(doctor(), joined()).then_refused(Code::RoleNotAllowed),
        given([registered()]).when(nurse(), joined()).logged_at(minute(-2)).then_refused(Code::InTheFuture),
        two_hours.when(nurse(), joined()).performed_at(minute(-1)).then_refused(Code::BeforeRegistration),
        three_days.when(nurse(), vitals()).logged_at(minute(1 + 72 * 60 + 1)).then_refused(Code::TooOld),
        given([registered(), joined()]).when(nurse(), called()).performed_at(minute(0)).then_refused(Code::OutOfOrder),
        given([registered(), no_show()]).when(nurse(), joined()).then_refused(Code::VisitClosed),
    ]
}

#[test]
fn every_general_refusal_is_reached() {
    refusals();
}

#[test]
fn a_clock_may_run_two_minutes_ahead_and_not_a_second_more() {
    let ahead = |seconds| {
        let at = minute(10);
        let now = at - Duration::seconds(seconds);
        given([registered()]).when(nurse(), vitals()).performed_at(at).logged_at(now)
    };
    ahead(0).then_accepted();
    ahead(120).then_accepted();
    ahead(121).then_refused(Code::InTheFuture);
}

#[test]
fn a_step_may_be_logged_seventy_two_hours_late_and_not_a_second_more() {
    let late = |seconds| {
        let at = minute(10);
        let now = at + Duration::seconds(seconds);
        given([registered()]).when(nurse(), vitals()).performed_at(at).logged_at(now)
    };
    late(72 * 3600).then_accepted();
    late(72 * 3600 + 1).then_refused(Code::TooOld);
}

#[test]
fn the_registration_too_is_neither_in_the_future_nor_too_old() {
    let register = |now| given([]).when(receptionist(), registered()).performed_at(minute(0)).logged_at(now);
    register(minute(-2)).then_accepted();
    register(minute(-3)).then_refused(Code::InTheFuture);
    register(minute(72 * 60)).then_accepted();
    register(minute(72 * 60 + 1)).then_refused(Code::TooOld);
}

#[test]
fn nothing_is_done_before_the_registration() {
    let story = || given([registered(), vitals().after(10)]);
    story().when(nurse(), vitals()).performed_at(minute(0)).then_accepted();
    let before = minute(0) - Duration::milliseconds(1);
    story().when(nurse(), vitals()).performed_at(before).then_refused(Code::BeforeRegistration);
}

#[test]
fn steps_on_one_subject_are_in_order_or_at_the_same_moment() {
    let late = |story: Vec<Deed>, deed: Deed| {
        let story = given(story);
        let latest = story.clock;
        let attempt = || story.clone().when(deed.actor.clone(), deed.clone());
        attempt().performed_at(latest).then_accepted();
        attempt().performed_at(latest - Duration::seconds(1)).then_refused(Code::OutOfOrder);
    };
    let billed = || vec![registered(), consultation_billed(1, 500)];
    late(vec![registered(), joined()], called());
    late(in_room(), consultation_completed());
    late(vec![registered(), joined()], cancelled());
    late(billed(), paid(1, 500));
    late(billed(), partly_paid(1, 100));
    late([billed(), vec![paid(1, 500)]].concat(), refunded(1, 100));
    late(test_at(Stage::Collected), started(CBC));
    late(test_at(Stage::Collected), test_cancelled(CBC));
    late(vec![registered(), uploaded(1)], shared(1));
    late([seen(), vec![follow_up(1)]].concat(), reminded(1));
}

#[test]
fn steps_on_other_subjects_may_arrive_late() {
    let late = |story: Vec<Deed>, deed: Deed| {
        let attempt = given(story).and([vitals().after(30)]).when(deed.actor.clone(), deed);
        attempt.performed_at(minute(0)).then_accepted();
    };
    late(in_room(), vitals());
    late(vec![registered(), joined()], assigned());
    late(in_room(), prescribed());
    late(in_room(), referred());
    late(in_room(), ordered(&[CBC]));
    late(in_room(), consultation_billed(1, 500));
    late([seen(), vec![ordered(&[CBC])]].concat(), tests_billed(1, &[(CBC, 300)]));
    late(in_room(), uploaded(1));
    late(seen(), follow_up(1));
    let two =
        || given(seen()).and([ordered(&[CBC, LIPIDS]), tests_billed(1, &[(CBC, 300), (LIPIDS, 300)]), paid(1, 600)]);
    let story = two().and([collected(CBC).after(30), started(CBC)]);
    let story = story.when(nurse(), collected(LIPIDS)).performed_at(minute(8)).then_accepted();
    assert_eq!((story.stage(CBC), story.stage(LIPIDS)), (Stage::InProgress, Stage::Collected));
}

#[test]
fn a_late_service_does_not_turn_the_clock_of_the_place_back() {
    let billing = joined_at(crate::journey::words::Station::Billing);
    let story = given(seen()).and([consultation_billed(1, 500), billing, consultation_completed().after(10)]);
    let story = story.when(billing_clerk(), paid(1, 500)).performed_at(minute(8)).then_accepted();
    assert_eq!(story.place(), &Place::Nowhere);
    let refusal = story.when(nurse(), joined()).performed_at(minute(9)).refusal();
    assert_eq!(refusal.code(), Code::OutOfOrder, "the consultation was completed at 9:16");
}

#[test]
fn the_refusal_names_the_latest_moment_on_the_subject() {
    let refusal = given([registered(), joined()]).when(nurse(), called()).performed_at(minute(0)).refusal();
    let Refusal::OutOfOrder { latest, .. } = refusal else { panic!("{refusal}") };
    assert_eq!(latest, minute(1));
}

#[test]
fn a_role_is_asked_before_the_visit_is_looked_for() {
    given([]).when(doctor(), joined()).then_refused(Code::RoleNotAllowed);
    given([]).when(person(Role::Auditor), joined()).then_refused(Code::RoleNotAllowed);
    given([]).when(doctor(), registered()).then_refused(Code::RoleNotAllowed);
}

#[test]
fn the_visit_is_looked_for_before_the_time_is() {
    given([]).when(nurse(), joined()).logged_at(minute(-60)).then_refused(Code::VisitNotFound);
    given([]).when(nurse(), joined()).logged_at(minute(9_000)).then_refused(Code::VisitNotFound);
}

#[test]
fn a_role_is_asked_before_the_time_is() {
    given([registered()]).when(doctor(), joined()).logged_at(minute(-60)).then_refused(Code::RoleNotAllowed);
}

#[test]
fn the_times_are_asked_future_then_registration_then_age() {
    let story = || given([registered()]);
    let before = |now| story().when(nurse(), joined()).performed_at(minute(-10)).logged_at(now);
    before(minute(-20)).then_refused(Code::InTheFuture);
    before(minute(9_000)).then_refused(Code::BeforeRegistration);
}

#[test]
fn the_time_is_asked_before_the_order() {
    let story = given([registered(), joined().after(10)]);
    story.clone().when(nurse(), called()).performed_at(minute(-1)).then_refused(Code::BeforeRegistration);
    story.when(nurse(), called()).performed_at(minute(5)).logged_at(minute(9_000)).then_refused(Code::TooOld);
}

#[test]
fn the_order_is_asked_before_the_outcome_is() {
    let story = given([registered(), no_show().after(10)]);
    story.clone().when(nurse(), joined()).performed_at(minute(5)).then_refused(Code::OutOfOrder);
    story.when(nurse(), joined()).then_refused(Code::VisitClosed);
}

#[test]
fn the_outcome_is_asked_before_the_row_is() {
    given([registered(), no_show()]).when(nurse(), called()).then_refused(Code::VisitClosed);
    given([registered(), no_show()]).when(receptionist(), registered()).then_refused(Code::VisitClosed);
    given([registered(), no_show()]).when(doctor(), follow_up(1)).then_refused(Code::NotSeenYet);
}
