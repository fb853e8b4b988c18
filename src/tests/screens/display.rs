//! Stories of the waiting room's display: who is called, for everybody to see, and nobody by name.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use chrono::TimeDelta;
use serde_json::json;
use sojourn::db::{Db, new_id};
use sojourn::http::router;
use sojourn::journey::events::EventType::*;
use sojourn::journey::ids::BranchId;
use sojourn::journey::words::Role;
use tower::ServiceExt;

use super::{Browser, server};
use crate::support::house::House;
use crate::support::stories;

stories! {
    the_latest_calls_are_shown_without_names,
    every_house_has_its_own_display,
}

/// Somebody in the waiting room: nobody has signed in.
async fn onlooker(house: &House) -> Browser {
    let nurse = Browser::sign_in_at(house, router(server(house)), "nurse", &[Role::Nurse]).await;
    Browser { cookie: String::new(), ..nurse }
}

async fn the_latest_calls_are_shown_without_names(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let public = onlooker(&house).await;
    let path = format!("/display/{}", house.branch);
    let page = public.get(&path).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text.contains("Nobody has been called yet"));
    assert!(page.text.contains(&format!("{path}/live")), "it says where it listens");

    let mut visits = Vec::new();
    for _ in 0..9 {
        let visit = house.register().await;
        house.log(Role::Receptionist, &visit, QueueJoined, json!({})).await;
        visits.push(visit);
    }
    for visit in &visits[..7] {
        house.log(Role::Doctor, visit, QueueCalled, json!({ "roomId": house.room })).await;
    }
    // Called again: shown once, as the newest.
    house.log(Role::Doctor, &visits[3], QueueCalled, json!({ "counter": "Desk 2" })).await;
    let text = public.get(&path).await.text;
    let main = text.split("<main").nth(1).expect("a main part");
    let newest = main.split("display-before").next().expect("the newest call");
    assert!(newest.contains("C-004") && newest.contains("Desk 2"), "{newest}");
    let before =
        main.split("display-before").nth(1).and_then(|rest| rest.split("display-next").next()).expect("calls before");
    let order = ["C-007", "C-006", "C-005", "C-003", "C-002"].map(|token| before.find(&format!("<span>{token}")));
    assert!(order.is_sorted() && order.iter().all(Option::is_some), "{before}");
    assert!(!before.contains("C-001") && before.contains("Room 1"));
    let next = main.split("display-next").nth(1).expect("who is next");
    assert!(next.contains("C-008") && next.contains("C-009") && !next.contains("C-007"));
    for secret in ["Asha Rao", "General Medicine", "/visits/", visits[3].to_string().as_str()] {
        assert!(!text.contains(secret), "{secret}");
    }
    house.clock.advance(TimeDelta::hours(5));
    assert!(public.get(&path).await.text.contains("Nobody has been called yet"), "old calls are of no interest");
}

async fn every_house_has_its_own_display(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let other = House::open(&db, "Lake Hospital").await;
    let public = onlooker(&house).await;
    let visit = other.register().await;
    other.log(Role::Receptionist, &visit, QueueJoined, json!({})).await;
    other.log(Role::Doctor, &visit, QueueCalled, json!({ "roomId": other.room })).await;
    assert!(public.get(&format!("/display/{}", house.branch)).await.text.contains("Nobody has been called yet"));
    assert!(public.get(&format!("/display/{}", other.branch)).await.text.contains("C-001"));
    for strange in [new_id::<BranchId>().to_string(), "everywhere".to_owned(), house.tenant.id.to_string()] {
        for path in [format!("/display/{strange}"), format!("/display/{strange}/live")] {
            let request = Request::get(&path).body(Body::empty()).expect("a request");
            let status = public.router.clone().oneshot(request).await.expect("an answer").status();
            assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
        }
    }
}
