//! Stories of the billing desk: parts, several ways of paying, and money given back.

use axum::http::StatusCode;
use sojourn::db::Db;
use sojourn::journey::events::EventType::*;
use sojourn::journey::ids::VisitId;
use sojourn::journey::money::Money;
use sojourn::journey::words::Role;

use super::Browser;
use crate::support::house::House;
use crate::support::stories;

stories!(a_bill_is_paid_in_parts_and_ways, money_is_given_back_by_somebody_else);

/// A clerk, and a visit whose consultation they billed at the desk.
async fn billed(house: &House, clerk: &Browser) -> (VisitId, String) {
    let visit = house.register().await;
    let lines = [("items[0].description", "Consultation"), ("items[0].amount", "500")];
    let answer = clerk.post("/billing", ConsultationBilled, &visit, &lines).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    let bill = house.stream(&visit).await[1].event.metadata["billId"].as_str().expect("a bill").to_owned();
    (visit, bill)
}

async fn due(house: &House, visit: &VisitId) -> Money {
    let (_, visit) = house.recorder.load(&house.tenant.id, visit).await.expect("a read").expect("the visit");
    visit.bills.values().map(|bill| bill.balance()).sum()
}

async fn a_bill_is_paid_in_parts_and_ways(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let clerk = Browser::sign_in(&house, "clerk", &[Role::BillingClerk]).await;
    let (visit, bill) = billed(&house, &clerk).await;
    let pay = async |amount: &str, method: &str| {
        let typed = [("billId", bill.as_str()), ("amount", amount), ("method", method)];
        clerk.post("/billing", PaymentReceived, &visit, &typed).await
    };
    let part = pay("199.50", "CASH").await;
    assert!(part.location.contains("logged=PAYMENT_PARTIAL"), "{} {}", part.location, part.text);
    assert_eq!(due(&house, &visit).await, Money(30_050));
    let too_much = pay("300.51", "UPI").await;
    assert_eq!(too_much.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(too_much.text.contains("value=\"300.51\""), "what was typed stays: {}", too_much.text);
    let rest = pay("300.50", "UPI").await;
    assert!(rest.location.contains("logged=PAYMENT_RECEIVED"), "{} {}", rest.location, rest.text);
    assert_eq!(due(&house, &visit).await, Money::ZERO);
    assert_eq!(pay("1", "CASH").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let paid: Vec<_> = house.stream(&visit).await.into_iter().skip(2).map(|stored| stored.event).collect();
    assert_eq!(
        paid.iter().map(|event| event.event_type.as_str()).collect::<Vec<_>>(),
        ["PAYMENT_PARTIAL", "PAYMENT_RECEIVED"]
    );
    assert_eq!((&paid[0].metadata["method"], &paid[1].metadata["method"]), (&"CASH".into(), &"UPI".into()));
}

async fn money_is_given_back_by_somebody_else(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let clerk = Browser::sign_in(&house, "clerk", &[Role::BillingClerk]).await;
    let other = Browser::sign_in(&house, "other", &[Role::BillingClerk]).await;
    let (visit, bill) = billed(&house, &clerk).await;
    let typed = [("billId", bill.as_str()), ("amount", "500"), ("method", "CARD")];
    clerk.post("/billing", PaymentReceived, &visit, &typed).await;
    let back = [("billId", bill.as_str()), ("amount", "120"), ("reason", "Charged twice")];
    let own = clerk.post("/billing", PaymentRefunded, &visit, &back).await;
    assert_eq!(own.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(own.text.contains("Charged twice"), "{}", own.text);
    let by_other = other.post("/billing", PaymentRefunded, &visit, &back).await;
    assert_eq!(by_other.status, StatusCode::SEE_OTHER, "{}", by_other.text);
    let more = [("billId", bill.as_str()), ("amount", "381"), ("reason", "All of it")];
    assert_eq!(other.post("/billing", PaymentRefunded, &visit, &more).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(house.stream(&visit).await.len(), 4);
}
