//! Bills, payments and refunds.

use super::deeds::*;
use super::*;
use crate::journey::money::Money;

fn billed() -> Story {
    given([registered(), consultation_billed(1, 500)])
}

pub fn refusals() -> Vec<Refused> {
    let tested = || given(seen()).and([ordered(&[CBC, LIPIDS])]);
    let settled = || billed().and([paid(1, 500)]);
    vec![
        billed().when(receptionist(), consultation_billed(1, 500)).then_refused(Code::DuplicateId),
        billed().when(receptionist(), consultation_billed(2, 500)).then_refused(Code::AlreadyBilled),
        settled().when(billing_clerk(), consultation_billed(2, 500)).then_refused(Code::AlreadyBilled),
        given(test_paid()).when(billing_clerk(), tests_billed(1, &[(CBC, 300)])).then_refused(Code::DuplicateId),
        given(test_paid()).when(billing_clerk(), tests_billed(2, &[(CBC, 300)])).then_refused(Code::AlreadyBilled),
        tested().when(billing_clerk(), tests_billed(1, &[(CBC, 300), (CBC, 300)])).then_refused(Code::AlreadyBilled),
        tested().when(billing_clerk(), tests_billed(1, &[(CBC, 300), (9, 1)])).then_refused(Code::TestNotOrdered),
        tested()
            .and([test_cancelled(CBC)])
            .when(billing_clerk(), tests_billed(1, &[(CBC, 300)]))
            .then_refused(Code::TestNotOrdered),
        billed().when(billing_clerk(), paid(2, 500)).then_refused(Code::BillNotFound),
        settled().when(billing_clerk(), paid(1, 500)).then_refused(Code::NothingDue),
        billed().when(billing_clerk(), paid(1, 499)).then_refused(Code::AmountMismatch),
        billed().when(billing_clerk(), paid(1, 501)).then_refused(Code::AmountMismatch),
        billed().when(billing_clerk(), partly_paid(2, 5)).then_refused(Code::BillNotFound),
        settled().when(billing_clerk(), partly_paid(1, 5)).then_refused(Code::NothingDue),
        billed().when(billing_clerk(), partly_paid(1, 500)).then_refused(Code::AmountMismatch),
        billed().when(billing_clerk(), partly_paid(1, 501)).then_refused(Code::AmountMismatch),
        billed().when(manager(), refunded(2, 1)).then_refused(Code::BillNotFound),
        billed().when(manager(), refunded(1, 1)).then_refused(Code::RefundExceedsPaid),
        settled().when(manager(), refunded(1, 501)).then_refused(Code::RefundExceedsPaid),
        settled().and([refunded(1, 400)]).when(manager(), refunded(1, 101)).then_refused(Code::RefundExceedsPaid),
        settled().when(billing_clerk(), refunded(1, 500)).then_refused(Code::SamePerson),
    ]
}

#[test]
fn every_refusal_is_reached() {
    refusals();
}

#[test]
fn a_bill_is_the_sum_of_its_items_less_the_discount_and_never_below_zero() {
    let items = serde_json::json!([
        { "description": "Consultation", "amount": 500 }, { "description": "Dressing", "amount": 120 },
    ]);
    for (discount, amount) in [(0, 620), (20, 600), (620, 0), (9_000, 0)] {
        let bill = consultation_billed(1, 0).with("items", items.clone()).with("discount", discount);
        assert_eq!(given([registered(), bill]).account(1), (amount, amount, 0));
    }
}

#[test]
fn a_bill_of_zero_is_settled_from_the_start() {
    let story = given([registered(), consultation_billed(1, 0)]);
    assert!(story.bill(1).is_settled());
    assert_eq!(story.bill(1).settled_at, Some(minute(1)));
    story.clone().when(billing_clerk(), paid(1, 1)).then_refused(Code::NothingDue);
    story.and([consultation_billed(2, 500)]);
}

#[test]
fn part_payments_lower_the_balance_until_one_settles_it() {
    let story = billed().and([partly_paid(1, 100), partly_paid(1, 150)]);
    assert_eq!(story.account(1), (500, 250, 0));
    assert!(!story.bill(1).is_settled());
    let story = story.and([paid(1, 250)]);
    assert_eq!((story.account(1), story.bill(1).settled_at), ((500, 0, 0), Some(minute(4))));
    assert_eq!(story.bill(1).payments.len(), 3);
}

#[test]
fn an_amount_that_does_not_fit_says_what_to_do() {
    let sentence = |deed: Deed| billed().when(billing_clerk(), deed).refusal().sentence();
    assert!(sentence(paid(1, 499)).contains("part payment"));
    assert!(sentence(partly_paid(1, 500)).contains("full payment"));
    assert!(sentence(paid(1, 501)).contains("more than the balance"));
    let facts = billed().when(billing_clerk(), paid(1, 499)).refusal().facts();
    assert_eq!((&facts["amount"], &facts["balance"]), (&499.into(), &500.into()));
}

#[test]
fn a_refund_is_a_credit_note_and_nothing_falls_due_again() {
    let story = billed().and([paid(1, 500), refunded(1, 200)]);
    assert_eq!(story.account(1), (300, 0, 200));
    let story = story.and([refunded(1, 300)]);
    assert_eq!(story.account(1), (0, 0, 500));
    story.and([consultation_billed(2, 400)]);
}

#[test]
fn a_refund_of_a_part_payment_leaves_the_rest_due() {
    let story = billed().and([partly_paid(1, 200), refunded(1, 200)]);
    assert_eq!(story.account(1), (300, 300, 200));
    assert_eq!(story.and([paid(1, 300)]).account(1), (300, 0, 200));
}

#[test]
fn whoever_took_any_payment_of_the_bill_cannot_give_it_back() {
    let second = another(billing_clerk());
    let story = billed().and([partly_paid(1, 200), paid(1, 300).by(second.clone())]);
    story.clone().when(billing_clerk(), refunded(1, 1)).then_refused(Code::SamePerson);
    story.clone().when(second.clone(), refunded(1, 1)).then_refused(Code::SamePerson);
    story.clone().when(manager(), refunded(1, 1)).then_accepted();
    let other_bill = story.and([joined(), called(), entered(), exited(), ordered(&[CBC])]);
    let other_bill = other_bill.and([tests_billed(2, &[(CBC, 300)]), paid(2, 300)]);
    other_bill.when(second, refunded(2, 1)).then_accepted();
}

#[test]
fn each_round_has_its_bill() {
    let story = billed().and([joined(), called(), entered(), exited()]);
    story.clone().when(billing_clerk(), consultation_billed(2, 300)).then_refused(Code::AlreadyBilled);
    let story = story.and([joined(), called(), entered(), consultation_billed(2, 300)]);
    assert_eq!((story.bill(1).round, story.bill(2).round), (1, 2));
    story.when(billing_clerk(), consultation_billed(3, 300)).then_refused(Code::AlreadyBilled);
}

#[test]
fn a_cancelled_test_lowers_its_bill_by_its_own_item() {
    let story = given(seen()).and([ordered(&[CBC, LIPIDS]), tests_billed(1, &[(CBC, 300), (LIPIDS, 450)])]);
    let story = story.and([test_cancelled(CBC)]);
    assert_eq!((story.account(1), story.bill(1).items.len()), ((450, 450, 0), 1));
    let story = story.and([test_cancelled(LIPIDS)]);
    assert_eq!(story.account(1), (0, 0, 0));
    assert!(story.bill(1).settled_at.is_some(), "nothing is due any more");
}

#[test]
fn a_discounted_bill_never_falls_below_zero_when_a_test_is_cancelled() {
    let bill = tests_billed(1, &[(CBC, 300), (LIPIDS, 450)]).with("discount", 500);
    let story = given(seen()).and([ordered(&[CBC, LIPIDS]), bill, test_cancelled(CBC)]);
    assert_eq!(story.account(1), (0, 0, 0));
}

#[test]
fn what_was_paid_for_a_cancelled_test_is_owed_and_given_back() {
    let story = given(seen()).and([ordered(&[CBC, LIPIDS]), tests_billed(1, &[(CBC, 300), (LIPIDS, 450)])]);
    let story = story.and([paid(1, 750), test_cancelled(CBC)]);
    assert_eq!(story.account(1), (450, -300, 0));
    assert_eq!(story.visit().due(), Money::ZERO, "credit is not due");
    let story = story.and([refunded(1, 300)]);
    assert_eq!(story.account(1), (450, 0, 300));
    assert_eq!(story.and([refunded(1, 450)]).account(1), (0, 0, 750));
}

#[test]
fn a_refund_of_more_than_is_owed_is_a_credit_note_for_the_rest() {
    let story = given(seen()).and([ordered(&[CBC, LIPIDS]), tests_billed(1, &[(CBC, 300), (LIPIDS, 450)])]);
    let story = story.and([paid(1, 750), test_cancelled(CBC), refunded(1, 400)]);
    assert_eq!(story.account(1), (350, 0, 400));
}

#[test]
fn credit_on_one_bill_does_not_pay_another() {
    let story = given(test_paid()).and([test_cancelled(CBC), consultation_billed(2, 300)]);
    assert_eq!((story.account(1), story.visit().due()), ((0, -300, 0), Money(300)));
    story.when(receptionist(), completed()).then_refused(Code::BalanceDue);
}

#[test]
fn a_cancelled_visit_empties_what_is_unpaid() {
    let story = billed().and([partly_paid(1, 200), cancelled()]);
    assert_eq!(story.account(1), (200, 0, 0));
    assert_eq!(story.and([refunded(1, 200)]).account(1), (0, 0, 200));
    assert_eq!(billed().and([cancelled()]).account(1), (0, 0, 0));
    assert_eq!(billed().and([paid(1, 500), cancelled()]).account(1), (500, 0, 0));
}

#[test]
fn the_largest_amounts_add_up() {
    let most = Money::MAX.0;
    let items: Vec<_> = (0..50).map(|_| serde_json::json!({ "description": "Gold", "amount": most })).collect();
    let story = given([registered(), consultation_billed(1, 0).with("items", items)]);
    assert_eq!(story.account(1).0, 50 * most);
    let story = story.and((0..49).map(|_| partly_paid(1, most))).and([paid(1, most)]);
    assert_eq!(story.and((0..50).map(|_| refunded(1, most))).account(1), (0, 0, 50 * most));
}
