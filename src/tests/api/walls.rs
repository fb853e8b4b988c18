//! Stories of the walls between hospitals: whatever a call names, what is another's is as what is not there.

use axum::http::Request;
use serde_json::json;
use sojourn::db::{Db, new_id};
use sojourn::journey::ids::VisitId;
use sojourn::journey::words::{Role, Word};

use super::{Api, contract, event};
use crate::support::stories;

stories! {
    what_is_anothers_is_as_what_is_not_there,
}

async fn what_is_anothers_is_as_what_is_not_there(db: Db) {
    let ours = Api::open(db).await;
    let theirs = ours.neighbour().await;
    let (owner, stranger) = (ours.caller(Role::ALL).await, theirs.caller(Role::ALL).await);
    let patient = ours.patient().await;
    let visit = owner.register(&patient).await;
    let mut joined = event(&visit, "QUEUE_JOINED", json!({}));
    joined["correlationId"] = json!("one-morning");
    let logged = owner.post("/events", joined).await.is(201)["id"].as_str().expect("an id").to_owned();
    let made = json!({ "name": "Warehouse", "kind": "WEBHOOK", "target": "http://127.0.0.1:9/" });
    let made = owner.post("/subscriptions", made).await;
    let subscription = made.is(201)["id"].as_str().expect("an id").to_owned();
    let position = ours.position().await;
    let nothing = new_id::<VisitId>().to_string();
    let person = owner.person.id.to_string();

    let document = contract::document(&ours.router).await;
    let mut calls = 0;
    for (template, operations) in document["paths"].as_object().expect("paths") {
        // What is named, and whether an answer says that it is not there.
        let (things, found_or_not): (&[&str], bool) = match template.as_str() {
            path if !path.contains('{') => continue,
            // Types and tags are words of every hospital.
            "/events/tag/{tag}" | "/events/type/{type}" => continue,
            "/events/actor/{actorId}" => (&[&person], false),
            "/events/correlation/{id}" => (&["one-morning"], false),
            "/events/entity/{entityType}/{entityId}" => (&["visit", &visit], false),
            "/events/{id}" => (&[&logged], true),
            "/subscriptions/{id}" | "/subscriptions/{id}/dead-letters" => (&[&subscription], true),
            "/subscriptions/{id}/dead-letters/{event}/resend" => (&[&subscription, &logged], true),
            path if path.starts_with("/visits/{id}") => (&[&visit], true),
            path if path.starts_with("/patients/{id}") => (&[&patient], true),
            path => panic!("{path} names something, and nobody holds its wall"),
        };
        let filled = |missing: bool| {
            let mut things = things.iter().map(|thing| if missing && *thing != "visit" { &nothing } else { *thing });
            let parts = template.split('/').map(|part| match part.starts_with('{') {
                true => things.next().expect("as many as it names"),
                false => part,
            });
            parts.collect::<Vec<_>>().join("/")
        };
        for method in operations.as_object().expect("operations").keys() {
            let body = match (method.as_str(), template.as_str()) {
                ("patch", "/patients/{id}") => json!({ "name": "Somebody Else" }).to_string(),
                ("post", "/patients/{id}/consents") => json!({ "purpose": "research", "given": true }).to_string(),
                ("patch", "/subscriptions/{id}") => json!({ "state": "PAUSED" }).to_string(),
                _ => String::new(),
            };
            let call = async |missing: bool| {
                let request = Request::builder().method(method.to_uppercase().as_str());
                let request = request.uri(format!("/api/v1{}", filled(missing)));
                stranger.send(request.header("content-type", "application/json"), body.clone()).await
            };
            let (foreign, missing) = (call(false).await, call(true).await);
            let said = |text: &str| things.iter().fold(text.to_owned(), |text, thing| text.replace(thing, &nothing));
            assert_eq!(foreign.status, missing.status, "{method} {template}: {}", foreign.text);
            assert_eq!(said(&foreign.text), said(&missing.text), "{method} {template}");
            assert_eq!(foreign.status.as_u16(), if found_or_not { 404 } else { 200 }, "{method} {template}");
            calls += 1;
        }
    }
    assert!(calls >= 15, "the description names {calls} calls");
    assert_eq!(ours.position().await, position);
    assert_eq!(owner.get(&format!("/patients/{patient}")).await.is(200)["name"], "Asha Rao");
    assert_eq!(owner.get(&format!("/subscriptions/{subscription}")).await.is(200)["state"], "ACTIVE");
}
