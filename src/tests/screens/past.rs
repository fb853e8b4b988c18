//! Stories of screens at a past moment: they say so plainly, and nothing can be logged there.

use axum::http::StatusCode;
use chrono::TimeDelta;
use serde_json::json;
use sojourn::db::Db;
use sojourn::journey::events::EventType::*;
use sojourn::journey::words::Role;

use super::Browser;
use crate::support::house::House;
use crate::support::stories;

stories! {
    the_board_the_visit_and_billing_are_looked_back_on,
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
