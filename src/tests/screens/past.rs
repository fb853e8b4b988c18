//! Stories of screens at a past moment: they say so plainly, and nothing can be logged there.

use axum::http::StatusCode;
use chrono::TimeDelta;
use serde_json::json;
use sojourn::db::{Db, new_id};
use sojourn::journey::events::EventType::*;
use sojourn::journey::ids::{BillId, VisitId};
use sojourn::journey::words::Role;
use sojourn::record::Wish;

use super::Browser;
use crate::support::house::House;
use crate::support::stories;

stories! {
    the_board_the_visit_and_billing_are_looked_back_on,
    a_board_and_billing_are_looked_back_on_event_by_event,
    nothing_is_logged_in_the_past,
}

/// A moment as the field for it sends it.
fn typed(house: &House) -> String {
    house.tenant.local(house.now()).format("%Y-%m-%dT%H:%M").to_string()
}

async fn the_board_the_visit_and_billing_are_looked_back_on(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let manager = Browser::sign_in(&house, "manager", &[Role::Manager, Role::Receptionist, Role::Doctor]).await;
    let before = typed(&house);
    house.clock.advance(TimeDelta::minutes(5));
    let visit = house.register().await;
    house.log(Role::Receptionist, &visit, QueueJoined, json!({})).await;
    let waiting = typed(&house);
    house.log(Role::Doctor, &visit, QueueCalled, json!({ "roomId": house.room })).await;
    house.log(Role::Receptionist, &visit, VisitCancelled, json!({ "reason": "went home" })).await;
    house.clock.advance(TimeDelta::minutes(5));

    let page = manager.get("/queue/consultation").await;
    assert!(page.text.contains("Earlier") && !page.text.contains("As it was known on"));
    assert!(!page.text.contains("Asha Rao"), "nobody is there now");
    let page = manager.get(&format!("/queue/consultation?asOf={waiting}")).await;
    assert_eq!(page.status, StatusCode::OK);
    for words in ["As it was known on", "Back to now", "href=\"/queue/consultation\"", "Asha Rao", "1 waiting"] {
        assert!(page.text.contains(words), "{words}");
    }
    let main = page.text.split("<main").nth(1).expect("a screen");
    assert!(main.contains("data-past"));
    assert!(!main.contains("method=\"post\""), "nothing is offered");
    let page = manager.get(&format!("/queue/consultation?asOf={before}")).await;
    assert!(page.text.contains("Nobody is waiting") && !page.text.contains("Asha Rao"));

    let page = manager.get(&format!("/visits/{visit}?asOf={waiting}")).await;
    for words in ["As it was known on", "Waiting for the doctor", "step-2"] {
        assert!(page.text.contains(words), "{words}");
    }
    let main = page.text.split("<main").nth(1).expect("a screen");
    assert!(!main.contains("method=\"post\"") && !main.contains("step-3") && !main.contains("went home"));
    let page = manager.get(&format!("/visits/{visit}?version=3")).await;
    assert!(page.text.contains("As it was after step 3, logged on") && page.text.contains("Called to Room 1"));
    let page = manager.get(&format!("/visits/{visit}?asOf={before}")).await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    for strange in ["version=0", "version=last"] {
        assert_eq!(manager.get(&format!("/visits/{visit}?{strange}")).await.status, StatusCode::NOT_FOUND, "{strange}");
    }
    assert_eq!(manager.get("/queue/lab?asOf=yesterday").await.status, StatusCode::BAD_REQUEST);

    let page = manager.get("/billing").await;
    assert!(!page.text.contains("Asha Rao"));
    let page = manager.get(&format!("/billing?asOf={waiting}")).await;
    assert!(page.text.contains("As it was known on") && page.text.contains("1 to be billed"));
    let main = page.text.split("<main").nth(1).expect("a screen");
    assert!(main.contains("Asha Rao") && !main.contains("method=\"post\""));
}

async fn a_board_and_billing_are_looked_back_on_event_by_event(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let manager = Browser::sign_in(&house, "manager", &[Role::Manager, Role::Receptionist, Role::Doctor]).await;
    let visits = [house.register().await, house.register().await];
    // Both of the same moment.
    let joined = |visit: &VisitId| Wish::new(Some(visit.clone()), QueueJoined, json!({}));
    let logged = house.record(Role::Receptionist, visits.iter().map(joined).collect()).await.expect("two events");
    let bill: BillId = new_id();
    let items = json!([{ "description": "Consultation", "amount": 50_000 }]);
    let [visit, left] = visits;
    let billed = Wish::new(Some(visit.clone()), ConsultationBilled, json!({ "billId": bill, "items": items }));
    let payment = json!({ "billId": bill, "amount": 50_000, "method": "UPI" });
    let paid = Wish::new(Some(visit.clone()), PaymentReceived, payment);
    let settled = house.record(Role::BillingClerk, vec![billed, paid]).await.expect("two events");
    // Somebody comes, then the other leaves, both at one moment.
    let comes = house.registration(Some(&new_id()));
    let leaves = Wish::new(Some(left.clone()), VisitCancelled, json!({ "reason": "Went home" }));
    let left_after = house.record(Role::Receptionist, vec![comes, leaves]).await.expect("two events");
    house.clock.advance(TimeDelta::minutes(5));

    for (stored, waiting) in left_after.events.iter().zip(["2 waiting", "1 waiting"]) {
        let page = manager.get(&format!("/queue/consultation?version={}", stored.position)).await;
        assert!(page.text.contains(waiting), "{waiting} after {}", stored.event.event_type);
    }
    for (stored, waiting) in logged.events.iter().zip(["1 waiting", "2 waiting"]) {
        let position = stored.position;
        let page = manager.get(&format!("/queue/consultation?version={position}")).await;
        assert_eq!(page.status, StatusCode::OK);
        let said = format!("As it was after event {position} of the log");
        let visit_then = format!("href=\"/visits/{visit}?version=2\"");
        for words in [said.as_str(), waiting, visit_then.as_str()] {
            assert!(page.text.contains(words), "{words}");
        }
    }
    for (stored, to_pay) in settled.events.iter().zip([true, false]) {
        let position = stored.position;
        let page = manager.get(&format!("/billing?visit={visit}&version={position}")).await;
        assert_eq!(page.status, StatusCode::OK);
        let said = format!("As it was after event {position} of the log");
        let queue_then = format!("href=\"/queue/billing?version={position}\"");
        for words in [said.as_str(), queue_then.as_str()] {
            assert!(page.text.contains(words), "{words}");
        }
        assert_eq!(page.text.contains("1 with something to pay"), to_pay, "the list is of {position}");
        assert_eq!(page.text.contains("Settled"), !to_pay, "the bill is of {position}");
    }
    for nothing in ["/queue/consultation?version=9999", "/billing?version=9999", "/billing?version=0"] {
        assert_eq!(manager.get(nothing).await.status, StatusCode::NOT_FOUND, "{nothing}");
    }
}

async fn nothing_is_logged_in_the_past(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let nurse = Browser::sign_in(&house, "nurse", &[Role::Nurse, Role::Receptionist]).await;
    let visit = house.register().await;
    house.log(Role::Receptionist, &visit, QueueJoined, json!({})).await;
    let then = typed(&house);
    house.clock.advance(TimeDelta::minutes(5));
    let logged = house.verified().await;
    for address in [
        format!("/queue/consultation?asOf={then}"),
        format!("/visits/{visit}?asOf={then}"),
        format!("/visits/{visit}?version=2"),
        format!("/billing?asOf={then}"),
    ] {
        let answer = nurse.post(&address, QueueCalled, &visit, &[]).await;
        assert_eq!(answer.status, StatusCode::CONFLICT, "{address}");
    }
    assert_eq!(house.verified().await, logged);
    assert_eq!(nurse.post("/queue/consultation", QueueCalled, &visit, &[]).await.status, StatusCode::SEE_OTHER);
}
