//! A test from its order to its report.

use super::deeds::*;
use super::*;
use crate::journey::words::VisitType;

/// What a laboratory event does, and the stages it is accepted at.
fn rules() -> Vec<(Deed, Vec<Stage>, Stage)> {
    use Stage::*;
    vec![
        (collected(CBC), vec![Ordered], Collected),
        (rejected(CBC), vec![Collected, InProgress], Ordered),
        (started(CBC), vec![Collected], InProgress),
        (results_entered(CBC), vec![InProgress], Completed),
        (reviewed(CBC), vec![Completed], Reviewed),
        (repeat_asked(CBC), vec![Completed], Collected),
        (approved(CBC), vec![Reviewed], Approved),
        (reported(CBC), vec![Approved], Reported),
        (delivered(CBC), vec![Reported], Delivered),
        (test_cancelled(CBC), vec![Ordered, Collected, InProgress], Cancelled),
    ]
}

fn at(stage: Stage) -> Story {
    match stage {
        Stage::Cancelled => given(test_paid()).and([test_cancelled(CBC)]),
        stage => given(test_at(stage)),
    }
}

pub fn refusals() -> Vec<Refused> {
    let mut refusals = Vec::new();
    for (deed, accepted_at, after) in rules() {
        for stage in Stage::ALL.iter().copied() {
            let attempt = at(stage).when(deed.actor.clone(), deed.clone());
            if accepted_at.contains(&stage) {
                assert_eq!(attempt.then_accepted().stage(CBC), after);
            } else {
                refusals.push(attempt.then_refused(Code::WrongTestStage));
            }
        }
    }
    let ordered_only = || given(seen()).and([ordered(&[CBC])]);
    refusals.extend([
        ordered_only().when(nurse(), collected(LIPIDS)).then_refused(Code::TestNotOrdered),
        ordered_only().when(nurse(), collected(CBC)).then_refused(Code::PaymentRequired),
        given(test_at(Stage::Reviewed)).when(both(), approved(CBC)).then_refused(Code::SamePerson),
    ]);
    refusals
}

/// The technician who entered the results, a pathologist too.
fn both() -> Actor {
    let roles = [lab_technician().roles, pathologist().roles].concat();
    Actor { roles, ..lab_technician() }
}

#[test]
fn every_event_is_accepted_at_its_stages_and_refused_at_all_others() {
    refusals();
}

#[test]
fn a_test_nobody_ordered_is_at_no_stage() {
    for (deed, ..) in rules().into_iter().skip(1) {
        given(seen()).when(deed.actor.clone(), deed).then_refused(Code::WrongTestStage);
    }
    given(seen()).when(nurse(), collected(CBC)).then_refused(Code::TestNotOrdered);
}

#[test]
fn the_refusal_names_the_test_its_stage_and_what_it_must_be() {
    let refusal = given(test_at(Stage::Collected)).when(lab_technician(), results_entered(CBC)).refusal();
    assert_eq!(refusal.sentence(), "Blood count is collected; it must be in progress for this.");
    assert_eq!(refusal.facts()["stage"], "COLLECTED");
    assert_eq!(refusal.facts()["needs"], serde_json::json!(["IN_PROGRESS"]));
}

#[test]
fn a_rejected_sample_is_collected_again_and_counted() {
    let story = given(test_at(Stage::InProgress)).and([rejected(CBC)]);
    assert_eq!((story.stage(CBC), story.test(CBC).recollections), (Stage::Ordered, 1));
    let story = story.and([collected(CBC), rejected(CBC), collected(CBC)]);
    assert_eq!((story.stage(CBC), story.test(CBC).recollections), (Stage::Collected, 2));
}

#[test]
fn a_repeat_works_on_the_same_sample() {
    let story = given(test_at(Stage::Completed)).and([repeat_asked(CBC)]);
    assert_eq!((story.stage(CBC), story.test(CBC).recollections), (Stage::Collected, 0));
    let second = another(lab_technician());
    let story = story.and([started(CBC), results_entered(CBC).by(second.clone()), reviewed(CBC)]);
    let both = Actor { id: second.id, ..pathologist() };
    story.clone().when(both, approved(CBC)).then_refused(Code::SamePerson);
    let first = Actor { id: lab_technician().id, ..pathologist() };
    story.when(first, approved(CBC)).then_accepted();
}

#[test]
fn the_approver_may_be_the_performer_where_the_policy_says_so() {
    let small = Policy { approver_may_be_performer: true, ..Policy::default() };
    let story = given_under(small, test_at(Stage::Reviewed));
    assert_eq!(story.when(both(), approved(CBC)).then_accepted().stage(CBC), Stage::Approved);
}

#[test]
fn a_sample_is_collected_when_its_own_bill_is_settled() {
    let ordered = || given(seen()).and([ordered(&[CBC, LIPIDS])]);
    let refused = |story: Story| story.when(nurse(), collected(CBC)).then_refused(Code::PaymentRequired);
    refused(ordered());
    refused(ordered().and([tests_billed(1, &[(CBC, 300)])]));
    refused(ordered().and([tests_billed(1, &[(CBC, 300)]), partly_paid(1, 299)]));
    refused(ordered().and([tests_billed(1, &[(LIPIDS, 300)]), paid(1, 300)]));
    ordered().and([tests_billed(1, &[(CBC, 300)]), paid(1, 300), collected(CBC)]);
    ordered().and([tests_billed(1, &[(CBC, 0)]), collected(CBC)]);
    ordered().and([tests_billed(1, &[(CBC, 300)]).with("discount", 300), collected(CBC)]);
}

#[test]
fn a_test_that_was_paid_back_in_full_is_not_paid_for() {
    let story = given(test_paid());
    story.clone().and([refunded(1, 100), collected(CBC)]);
    story.and([refunded(1, 300)]).when(nurse(), collected(CBC)).then_refused(Code::PaymentRequired);
}

#[test]
fn a_free_test_stays_paid_for_when_the_one_beside_it_is_cancelled_and_paid_back() {
    let story = given(seen()).and([ordered(&[CBC, LIPIDS]), tests_billed(1, &[(CBC, 0), (LIPIDS, 450)])]);
    story.and([paid(1, 450), test_cancelled(LIPIDS), refunded(1, 450), collected(CBC)]);
}

#[test]
fn what_is_not_paid_says_what_is_due() {
    let unbilled = given(seen()).and([ordered(&[CBC])]);
    assert_eq!(unbilled.clone().when(nurse(), collected(CBC)).refusal().facts()["billed"], false);
    let billed = unbilled.and([tests_billed(1, &[(CBC, 300)]), partly_paid(1, 100)]);
    assert_eq!(billed.when(nurse(), collected(CBC)).refusal().facts()["balance"], 200);
}

#[test]
fn an_emergency_is_treated_before_it_is_paid() {
    let seen_as = |deed: Deed| given([deed]).and(seen().into_iter().skip(1)).and([ordered(&[CBC])]);
    seen_as(registered_as(VisitType::Emergency)).and([collected(CBC)]);
    seen_as(registered().with("priority", "EMERGENCY")).and([collected(CBC)]);
    seen_as(registered()).and([vitals().with("priority", "EMERGENCY"), collected(CBC)]);
    seen_as(registered().with("priority", "URGENT")).when(nurse(), collected(CBC)).then_refused(Code::PaymentRequired);
    seen_as(registered_as(VisitType::FollowUp)).when(nurse(), collected(CBC)).then_refused(Code::PaymentRequired);
}

#[test]
fn nothing_is_paid_first_where_the_policy_does_not_ask_it() {
    let trusting = Policy { pay_before_lab: false, ..Policy::default() };
    given_under(trusting, seen()).and([ordered(&[CBC]), collected(CBC)]);
}

#[test]
fn what_was_found_out_is_kept() {
    let story = given(test_at(Stage::Reported));
    let test = story.test(CBC);
    assert_eq!((test.results.len(), test.completed_by.as_ref()), (1, Some(&lab_technician().id)));
    assert!(test.ordered_at < test.collected_at.expect("collected"));
    assert!(test.approved_at.expect("approved") < test.reported_at.expect("reported"));
}
