//! Stories of the cash-up.

use axum::http::StatusCode;
use chrono::TimeDelta;
use serde_json::json;
use sojourn::db::{Db, new_id};
use sojourn::journey::events::EventType::*;
use sojourn::journey::ids::{BillId, RequestKey, TestId, VisitId};
use sojourn::journey::money::Money;
use sojourn::journey::words::{Method, Role};
use sojourn::projections::visits;
use sojourn::record::{Wish, past};

use super::Browser;
use super::live::{QUICK, opened};
use crate::support::house::House;
use crate::support::stories;

stories!(
    a_shift_is_added_up_and_closed,
    the_first_shift_begins_with_what_was_taken_first,
    a_closed_shift_stays_as_it_was,
    what_is_given_back_has_a_slip,
    what_is_owed_stays_on_the_list_after_the_end,
    a_part_payment_sent_twice_is_taken_once,
    a_discount_says_why_it_is_given,
    an_open_shift_hears_of_what_is_taken
);

/// Has somebody bill a consultation and take it.
async fn take(house: &House, clerk: &Browser, amount: i64, method: &str) -> (VisitId, BillId) {
    let (visit, bill): (_, BillId) = (house.register().await, new_id());
    let billed = json!({ "billId": bill, "items": [{ "description": "Consultation", "amount": amount }] });
    let paid = json!({ "billId": bill, "amount": amount, "method": method });
    let wishes = vec![
        Wish::new(Some(visit.clone()), ConsultationBilled, billed),
        Wish::new(Some(visit.clone()), PaymentReceived, paid),
    ];
    house.recorder.record(&house.tenant, &clerk.person.actor(), wishes, None).await.expect("it is paid");
    (visit, bill)
}

async fn a_shift_is_added_up_and_closed(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let clerk = Browser::sign_in(&house, "clerk", &[Role::BillingClerk]).await;
    let other = Browser::sign_in(&house, "other", &[Role::BillingClerk]).await;
    take(&house, &clerk, 50_000, "CASH").await;
    take(&house, &clerk, 20_000, "CASH").await;
    let (visit, _) = take(&house, &clerk, 30_000, "UPI").await;
    // What somebody else took, this clerk may give back: in cash, as it came.
    let (theirs, bill) = take(&house, &other, 40_000, "CASH").await;
    let back = json!({ "billId": bill, "amount": 5_000, "reason": "Charged too much" });
    let wish = Wish::new(Some(theirs), PaymentRefunded, back);
    house.recorder.record(&house.tenant, &clerk.person.actor(), vec![wish], None).await.expect("a refund");

    let shift = house.recorder.open_shift(&house.tenant, &clerk.person.id).await.expect("a shift");
    let figures: Vec<_> =
        shift.figures().into_iter().map(|figure| (figure.method, figure.taken, figure.refunded)).collect();
    assert_eq!(figures, [(Method::Cash, Money(70_000), Money(5_000)), (Method::Upi, Money(30_000), Money::ZERO)]);
    assert_eq!(shift.expected_cash(), Money(65_000));
    let page = clerk.get("/billing/cash-up").await.text;
    assert!(page.contains("₹650") && page.contains(&format!("/visits/{visit}#step-3")), "{page}");

    let wrong = clerk.send(clerk.form("/billing/cash-up", &[("_form", "close"), ("counted", "lots")])).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let last = shift.last_position.to_string();
    // A payment that the clerk had not seen yet belongs to the next shift.
    take(&house, &clerk, 10_000, "CASH").await;
    let typed = [("_form", "close"), ("last", last.as_str()), ("counted", "640"), ("note", "Ten short")];
    let closed = clerk.send(clerk.form("/billing/cash-up", &typed)).await;
    assert_eq!(closed.status, StatusCode::SEE_OTHER, "{}", closed.text);
    let next = house.recorder.open_shift(&house.tenant, &clerk.person.id).await.expect("a shift");
    assert_eq!((next.transactions.len(), next.expected_cash()), (1, Money(10_000)));
    let again = clerk.send(clerk.form("/billing/cash-up", &typed)).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY, "a shift is closed once");

    let path = format!("/billing/cash-up?person={}&closing=1", clerk.person.id);
    let manager = Browser::sign_in(&house, "manager", &[Role::Manager]).await;
    let page = manager.get(&path).await.text;
    assert!(page.contains("₹650") && page.contains("₹640") && page.contains("Ten short"), "{page}");
    assert!(!page.contains("₹750"), "what came later is not in it");
    assert_eq!(other.get(&path).await.status, StatusCode::FORBIDDEN);
    house.verified().await;
}

async fn the_first_shift_begins_with_what_was_taken_first(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let clerk = Browser::sign_in(&house, "clerk", &[Role::BillingClerk]).await;
    let open = async || house.recorder.open_shift(&house.tenant, &clerk.person.id).await.expect("a shift");
    let midnight = house.tenant.day_bounds(house.tenant.local_day(house.now())).start;
    assert_eq!((open().await.from, open().await.transactions.len()), (midnight, 0), "nothing was taken yet");
    house.clock.advance(TimeDelta::minutes(1));
    let begun = house.now();
    take(&house, &clerk, 50_000, "CASH").await;
    house.clock.advance(TimeDelta::days(1));
    take(&house, &clerk, 20_000, "CASH").await;
    let shift = open().await;
    assert_eq!((shift.from, shift.transactions.len(), shift.expected_cash()), (begun, 2, Money(70_000)));

    let (recorder, tenant, person) = (&house.recorder, &house.tenant, &clerk.person);
    let counted = Money(70_000);
    recorder.close_shift(tenant, &person.actor(), &person.id, &shift, counted, None).await.expect("it is closed");
    let closing = recorder.closings(tenant, &person.id).await.expect("a read").remove(0);
    let closed = recorder.closed_shift(tenant, &person.id, closing).await.expect("a shift");
    assert_eq!((closed.from, closed.figures()), (begun, shift.figures()));
    assert_eq!((open().await.from, open().await.transactions.len()), (shift.until, 0));
}

async fn a_closed_shift_stays_as_it_was(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let clerk = Browser::sign_in(&house, "clerk", &[Role::BillingClerk]).await;
    let (visit, bill): (_, BillId) = (house.register().await, new_id());
    let billed = json!({ "billId": bill, "items": [{ "description": "Consultation", "amount": 40_000 }] });
    house.log(Role::BillingClerk, &visit, ConsultationBilled, billed).await;
    let part = json!({ "billId": bill, "amount": 20_000, "method": "UPI" });
    house.log(Role::BillingClerk, &visit, PaymentPartial, part).await;
    let back = json!({ "billId": bill, "amount": 5_000, "reason": "Charged too much" });
    let wish = Wish::new(Some(visit.clone()), PaymentRefunded, back);
    house.recorder.record(&house.tenant, &clerk.person.actor(), vec![wish], None).await.expect("a refund");

    let (recorder, tenant, person) = (&house.recorder, &house.tenant, &clerk.person);
    let shift = recorder.open_shift(tenant, &person.id).await.expect("a shift");
    let nothing = Money::ZERO;
    recorder.close_shift(tenant, &person.actor(), &person.id, &shift, nothing, None).await.expect("it is closed");
    // The rest is paid another way, when the shift is over.
    let rest = json!({ "billId": bill, "amount": 20_000, "method": "CASH" });
    house.log(Role::BillingClerk, &visit, PaymentReceived, rest).await;
    let closing = recorder.closings(tenant, &person.id).await.expect("a read").remove(0);
    let closed = recorder.closed_shift(tenant, &person.id, closing).await.expect("a shift");
    let figures: Vec<_> = closed.figures().into_iter().map(|figure| (figure.method, figure.refunded)).collect();
    assert_eq!(figures, [(Method::Upi, Money(5_000))]);
    assert_eq!(closed.figures(), shift.figures());
}

async fn what_is_owed_stays_on_the_list_after_the_end(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let (visit, bill, test): (VisitId, BillId, TestId) = (new_id(), new_id(), new_id());
    let mut registration = house.registration(Some(&visit));
    registration.metadata["visitType"] = json!("LAB_ONLY");
    house.record(Role::Receptionist, vec![registration]).await.expect("a registration");
    let ordered = json!({ "tests": [{ "testId": test, "code": "CBC", "name": "Blood count", "price": 35_000 }] });
    house.log(Role::Receptionist, &visit, TestsOrdered, ordered).await;
    let billed = json!({ "billId": bill, "items": [{ "testId": test, "amount": 35_000 }] });
    house.log(Role::BillingClerk, &visit, TestsBilled, billed).await;
    let paid = json!({ "billId": bill, "amount": 35_000, "method": "CASH" });
    house.log(Role::BillingClerk, &visit, PaymentReceived, paid).await;
    let cancelled = json!({ "testId": test, "reason": "Out of reagent" });
    house.log(Role::LabTechnician, &visit, TestCancelled, cancelled).await;
    house.log(Role::Receptionist, &visit, VisitNoShow, json!({})).await;
    // Longer than anything may be logged late.
    house.clock.advance(TimeDelta::days(4));
    let owing = house.now();

    let clerk = Browser::sign_in(&house, "clerk", &[Role::BillingClerk]).await;
    let page = clerk.get("/billing").await.text;
    assert!(page.contains("to give back") && page.contains("₹350 owed") && page.contains("0 to be billed"), "{page}");
    let now = visits::to_bill(&db, &house.tenant.id, None).await.expect("a list");
    assert_eq!(now.iter().map(|card| &card.visit.visit_id).collect::<Vec<_>>(), [&visit]);
    assert_eq!(past::to_bill(&db, &house.tenant, None, owing).await.expect("a list"), now);

    house.clock.advance(TimeDelta::minutes(1));
    let number = bill.to_string();
    let back = [("billId", number.as_str()), ("amount", "350"), ("reason", "Test cancelled")];
    let given = clerk.post("/billing", PaymentRefunded, &visit, &back).await;
    assert_eq!(given.status, StatusCode::SEE_OTHER, "{}", given.text);
    assert_eq!(visits::to_bill(&db, &house.tenant.id, None).await.expect("a list"), []);
    assert_eq!(past::to_bill(&db, &house.tenant, None, house.now()).await.expect("a list"), []);
    assert_eq!(past::to_bill(&db, &house.tenant, None, owing).await.expect("a list"), now, "it was owed then");
}

async fn a_part_payment_sent_twice_is_taken_once(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let clerk = Browser::sign_in(&house, "clerk", &[Role::BillingClerk]).await;
    let (visit, bill): (_, BillId) = (house.register().await, new_id());
    let billed = json!({ "billId": bill, "items": [{ "description": "Consultation", "amount": 50_000 }] });
    house.log(Role::BillingClerk, &visit, ConsultationBilled, billed).await;
    let (key, number, of) = (new_id::<RequestKey>().to_string(), bill.to_string(), visit.to_string());
    let fields = [
        ("_event", "PAYMENT_RECEIVED"),
        ("_key", key.as_str()),
        ("_visit", of.as_str()),
        ("billId", number.as_str()),
        // More than is left when it is paid.
        ("amount", "300"),
        ("method", "CASH"),
    ];
    for _ in 0..2 {
        let answer = clerk.send(clerk.form("/billing", &fields)).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        assert!(answer.location.contains("logged=PAYMENT_PARTIAL"), "{}", answer.location);
    }
    let logged: Vec<_> = house.stream(&visit).await.into_iter().map(|stored| stored.event.event_type).collect();
    assert_eq!(logged, ["VISIT_REGISTERED", "CONSULTATION_BILLED", "PAYMENT_PARTIAL"]);
}

async fn what_is_given_back_has_a_slip(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let clerk = Browser::sign_in(&house, "clerk", &[Role::BillingClerk]).await;
    let (visit, bill) = take(&house, &clerk, 50_000, "UPI").await;
    let back = json!({ "billId": bill, "amount": 12_500, "reason": "Charged too much" });
    let refund = house.log(Role::Manager, &visit, PaymentRefunded, back).await;
    let slip = clerk.get(&format!("/visits/{visit}/refunds/{}", refund.event.id)).await.text;
    for words in ["Asha Rao", "₹125", "Charged too much", "The manager"] {
        assert!(slip.contains(words), "{words}: {slip}");
    }
    assert!(clerk.get(&format!("/visits/{visit}")).await.text.contains("Refund slip, "));
    let payment = &house.stream(&visit).await[2].event.id;
    assert_eq!(clerk.get(&format!("/visits/{visit}/refunds/{payment}")).await.status, StatusCode::NOT_FOUND);
}

async fn a_discount_says_why_it_is_given(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let clerk = Browser::sign_in(&house, "clerk", &[Role::BillingClerk]).await;
    let visit = house.register().await;
    let bill = [
        ("items[0].description", "Consultation"),
        ("items[0].amount", "500"),
        ("discount", "100"),
        ("discountReason", ""),
    ];
    let path = format!("/billing?visit={visit}");
    let unexplained = clerk.post(&path, ConsultationBilled, &visit, &bill).await;
    assert_eq!(unexplained.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(unexplained.text.contains("Discount reason is required"), "{}", unexplained.text);
    assert_eq!(house.stream(&visit).await.len(), 1);
    let explained = [bill[0], bill[1], bill[2], ("discountReason", "Works here")];
    let billed = clerk.post(&path, ConsultationBilled, &visit, &explained).await;
    assert_eq!(billed.status, StatusCode::SEE_OTHER, "{}", billed.text);
    let event = house.stream(&visit).await.remove(1).event;
    assert_eq!(event.metadata["discountReason"], "Works here");
    let page = clerk.get(&format!("/visits/{visit}")).await.text;
    assert!(page.contains("₹400 for Consultation. Discount of ₹100: Works here."), "{page}");
    let number = event.metadata["billId"].as_str().expect("an id");
    let receipt = clerk.get(&format!("/visits/{visit}/bills/{number}/receipt")).await.text;
    assert!(receipt.contains("<dt>Discount</dt><dd>Works here</dd>"), "{receipt}");
    // Nothing taken off needs no reason.
    let other = house.register().await;
    let plain = [bill[0], bill[1], ("discount", "0")];
    let billed = clerk.post("/billing", ConsultationBilled, &other, &plain).await;
    assert_eq!(billed.status, StatusCode::SEE_OTHER, "{}", billed.text);
}

async fn an_open_shift_hears_of_what_is_taken(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let (router, _live) = opened(&house, QUICK);
    let clerk = Browser::sign_in_at(&house, router, "clerk", &[Role::BillingClerk]).await;
    take(&house, &clerk, 50_000, "CASH").await;
    let page = clerk.get("/billing/cash-up").await.text;
    assert!(page.contains("/live?topics=billing\""), "{page}");
    // Who types what was counted keeps the sum that it is counted against.
    let form = page.split("<form").find(|form| form.contains("name=\"counted\"")).expect("a form");
    assert!(form.contains("₹500") && form.contains("name=\"last\""), "{form}");

    let mut heard = clerk.listen("topics=billing&after=3", None).await;
    let (visit, bill) = (house.register().await, new_id::<BillId>());
    heard.changed().await;
    let billed = json!({ "billId": bill, "items": [{ "description": "Consultation", "amount": 20_000 }] });
    house.log(Role::BillingClerk, &visit, ConsultationBilled, billed).await;
    heard.changed().await;
    let paid = json!({ "billId": bill, "amount": 20_000, "method": "CASH" });
    house.log(Role::BillingClerk, &visit, PaymentReceived, paid).await;
    assert_eq!(heard.changed().await.topics(), [("billing".to_owned(), 6)]);
    let shift = house.recorder.open_shift(&house.tenant, &clerk.person.id).await.expect("a shift");
    let (recorder, tenant, person) = (&house.recorder, &house.tenant, &clerk.person);
    let counted = Money(50_000);
    recorder.close_shift(tenant, &person.actor(), &person.id, &shift, counted, None).await.expect("it is closed");
    assert_eq!(heard.changed().await.topics(), [("billing".to_owned(), 7)], "the shift was closed elsewhere");
    let closed = clerk.get(&format!("/billing/cash-up?person={}&closing=1", person.id)).await.text;
    assert!(closed.contains("₹500") && !closed.contains("/live?topics"), "{closed}");
}
