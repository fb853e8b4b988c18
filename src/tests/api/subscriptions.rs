//! Stories of subscriptions: set up by administrators, and by nobody else.

use axum::body::Body;
use axum::http::Request;
use axum::http::header::{CONTENT_TYPE, LOCATION};
use chrono::TimeDelta;
use serde_json::{Value, json};
use sojourn::db::{Db, new_id};
use sojourn::journey::ids::{Id, SubscriptionId};
use sojourn::journey::words::{Role, Word};
use sojourn::log::deliveries::{Aggregate, DeadLetter, Progress, Run};
use sojourn::log::{deliveries, subscriptions};

use super::{Answer, Api, Caller};
use crate::support::stories;

stories! {
    a_subscription_is_made_paused_resumed_and_removed,
    dead_letters_are_listed_and_sent_again,
    only_administrators_see_subscriptions,
    bad_subscriptions_are_refused,
}

impl Caller {
    async fn patch(&self, path: &str, body: Value) -> Answer {
        let request = Request::patch(format!("/api/v1{path}")).header(CONTENT_TYPE, "application/json");
        self.send(request, body.to_string()).await
    }

    async fn delete(&self, path: &str) -> Answer {
        self.send(Request::delete(format!("/api/v1{path}")), Body::empty()).await
    }
}

fn hook(name: &str) -> Value {
    json!({ "name": name, "kind": "WEBHOOK", "target": "https://hooks.example/sojourn" })
}

async fn a_subscription_is_made_paused_resumed_and_removed(db: Db) {
    let api = Api::open(db).await;
    let admin = api.caller(&[Role::Admin]).await;
    let reception = api.caller(&[Role::Receptionist]).await;
    reception.register(&api.patient().await).await;

    let made = admin.post("/subscriptions", hook("Analytics")).await;
    let id = made.is(201)["id"].as_str().expect("an id").to_owned();
    let path = format!("/subscriptions/{id}");
    assert_eq!(made.headers[LOCATION], format!("/api/v1{path}").as_str());
    let secret = made.json["secret"].as_str().expect("a secret").to_owned();
    assert!(secret.starts_with("sjw_") && secret.len() == 68);
    let expected = json!({
        "id": id, "name": "Analytics", "kind": "WEBHOOK", "target": "https://hooks.example/sojourn",
        "eventTypes": [], "aggregateTypes": [], "tags": [], "batchSize": 100, "concurrency": 8, "maxAttempts": 15,
        "state": "ACTIVE", "position": 2, "problem": null, "createdAt": made.json["createdAt"],
    });
    // From now on nobody sees the secret.
    assert_eq!(*admin.get(&path).await.is(200), expected);

    let second = json!({
        "name": "A stream", "kind": "NATS", "target": "nats://10.0.0.7:4222", "secret": "a-token-of-the-server",
        "eventTypes": ["VISIT_REGISTERED"], "aggregateTypes": ["visit"], "tags": ["HEDIS", "STAR"],
        "batchSize": 10, "concurrency": 1, "maxAttempts": 3, "after": 0,
    });
    let stream = admin.post("/subscriptions", second).await;
    assert_eq!((&stream.is(201)["position"], &stream.json["secret"]), (&json!(0), &json!("a-token-of-the-server")));
    assert_eq!((&stream.json["tags"], &stream.json["maxAttempts"]), (&json!(["HEDIS", "STAR"]), &json!(3)));
    let list = admin.get("/subscriptions").await;
    let names: Vec<_> =
        list.is(200)["subscriptions"].as_array().expect("a list").iter().map(|one| &one["name"]).collect();
    assert_eq!(names, ["A stream", "Analytics"]);
    assert!(!list.text.contains("secret") && !list.text.contains("a-token") && !list.text.contains(&secret));
    admin.post("/subscriptions", hook("Analytics")).await.is_problem(409, "ALREADY_IN_USE");

    assert_eq!(admin.patch(&path, json!({ "state": "PAUSED" })).await.is(200)["state"], "PAUSED");
    assert_eq!(admin.get(&path).await.is(200)["state"], "PAUSED");
    for bad in [json!({}), json!([]), json!({ "state": "GONE" }), json!({ "state": 1 }), json!({ "name": "x" })] {
        admin.patch(&path, bad).await.is_problem(400, "INVALID_REQUEST");
    }
    assert_eq!(admin.patch(&path, json!({ "state": "ACTIVE" })).await.is(200)["state"], "ACTIVE");

    let neighbour = api.neighbour().await;
    let stranger = neighbour.caller(&[Role::Admin]).await;
    assert_eq!(stranger.get("/subscriptions").await.is(200)["subscriptions"], json!([]));
    for path in [path.as_str(), "/subscriptions/01J00000000000000000000000", "/subscriptions/x"] {
        stranger.get(path).await.is_problem(404, "SUBSCRIPTION_NOT_FOUND");
        stranger.get(&format!("{path}/dead-letters")).await.is_problem(404, "SUBSCRIPTION_NOT_FOUND");
        stranger.patch(path, json!({ "state": "PAUSED" })).await.is_problem(404, "SUBSCRIPTION_NOT_FOUND");
        stranger.delete(path).await.is_problem(404, "SUBSCRIPTION_NOT_FOUND");
    }
    stranger.post("/subscriptions", hook("Analytics")).await.is(201);

    assert_eq!(admin.delete(&path).await.status, 204);
    admin.get(&path).await.is_problem(404, "SUBSCRIPTION_NOT_FOUND");
    admin.delete(&path).await.is_problem(404, "SUBSCRIPTION_NOT_FOUND");

    // Each change is an event; what changed nothing is none.
    let logged = admin.get(&format!("/events/entity/subscription/{id}")).await;
    let types: Vec<_> =
        logged.is(200)["events"].as_array().expect("a list").iter().map(|event| &event["eventType"]).collect();
    assert_eq!(types, ["subscription.added", "subscription.changed", "subscription.changed", "subscription.removed"]);
    assert!(!logged.text.contains(&secret));
    let ahead = json!({ "name": "Ahead", "kind": "WEBHOOK", "target": "https://hooks.example/", "after": 1_000 });
    admin.post("/subscriptions", ahead).await.is_problem(400, "INVALID_REQUEST");
}

async fn dead_letters_are_listed_and_sent_again(db: Db) {
    let api = Api::open(db).await;
    let admin = api.caller(&[Role::Admin]).await;
    let made = admin.post("/subscriptions", hook("Analytics")).await;
    let id = made.is(201)["id"].as_str().expect("an id").to_owned();
    let subscription = SubscriptionId::parse(&id).expect("an id");
    let aggregate = Aggregate { aggregate_type: "visit".to_owned(), aggregate_id: "v".to_owned() };
    let letter = |position| DeadLetter {
        event_id: new_id(),
        position,
        event_type: "QUEUE_CALLED".to_owned(),
        aggregate: aggregate.clone(),
        attempts: 15,
        problem: "the receiver answered 410 Gone".to_owned(),
        given_up_at: api.clock.clock().now(),
        resend_at: None,
    };
    let dead: Vec<_> = (1..=3).map(letter).collect();
    let term = TimeDelta::seconds(30);
    let lease = subscriptions::acquire(&api.db, &api.tenant.id, "test", term).await.expect("leases").remove(0);
    let run = Run { aggregate: aggregate.clone(), held: None, dead: dead.clone() };
    let progress = Progress { from: 1, to: 3, runs: vec![run], ..Progress::default() };
    assert!(deliveries::keep(&api.db, &lease, &progress).await.expect("an answer"));

    let path = format!("/subscriptions/{id}/dead-letters");
    let page = admin.get(&format!("{path}?limit=2")).await;
    let expected = json!({
        "eventId": dead[0].event_id, "position": 1, "eventType": "QUEUE_CALLED", "aggregateType": "visit",
        "aggregateId": "v", "attempts": 15, "problem": "the receiver answered 410 Gone",
        "givenUpAt": dead[0].given_up_at, "resendAt": null,
    });
    assert_eq!(page.is(200)["deadLetters"][0], expected);
    assert_eq!(page.json["deadLetters"].as_array().map(Vec::len), Some(2));
    let next = page.json["next"].as_str().expect("more");
    let page = admin.get(&format!("{path}?after={next}")).await;
    assert_eq!((&page.is(200)["deadLetters"][0]["position"], &page.json["next"]), (&json!(3), &Value::Null));

    let resend = format!("{path}/{}/resend", dead[1].event_id);
    assert_eq!(admin.post(&resend, json!({})).await.status, 202);
    let asked = deliveries::to_resend(&api.db, &api.tenant.id, &subscription, 10).await.expect("an answer");
    assert_eq!(asked, [dead[1].event_id.clone()]);
    for unknown in ["01J00000000000000000000000", "x"] {
        let resend = admin.post(&format!("{path}/{unknown}/resend"), json!({})).await;
        resend.is_problem(404, "DEAD_LETTER_NOT_FOUND");
    }
    let stranger = api.neighbour().await.caller(&[Role::Admin]).await;
    stranger.post(&resend, json!({})).await.is_problem(404, "SUBSCRIPTION_NOT_FOUND");
}

async fn only_administrators_see_subscriptions(db: Db) {
    let api = Api::open(db).await;
    let others: Vec<_> = Role::ALL.iter().copied().filter(|role| *role != Role::Admin).collect();
    let caller = api.caller(&others).await;
    let one = "/subscriptions/01J00000000000000000000000";
    caller.get("/subscriptions").await.is_problem(403, "ROLE_NOT_ALLOWED");
    caller.post("/subscriptions", hook("Analytics")).await.is_problem(403, "ROLE_NOT_ALLOWED");
    caller.get(one).await.is_problem(403, "ROLE_NOT_ALLOWED");
    caller.patch(one, json!({ "state": "PAUSED" })).await.is_problem(403, "ROLE_NOT_ALLOWED");
    caller.delete(one).await.is_problem(403, "ROLE_NOT_ALLOWED");
    caller.get(&format!("{one}/dead-letters")).await.is_problem(403, "ROLE_NOT_ALLOWED");
    let resend = format!("{one}/dead-letters/01J00000000000000000000000/resend");
    caller.post(&resend, json!({})).await.is_problem(403, "ROLE_NOT_ALLOWED");
}

async fn bad_subscriptions_are_refused(db: Db) {
    let api = Api::open(db).await;
    let admin = api.caller(&[Role::Admin]).await;
    for (field, value) in [
        ("name", json!("")),
        ("name", json!(7)),
        ("kind", json!("PIGEON")),
        ("target", json!("hooks.example")),
        ("target", json!("nats://hooks.example")),
        ("target", json!("http://169.254.169.254/latest/meta-data")),
        ("target", json!("https://user:secret@hooks.example/")),
        ("secret", json!("too short")),
        ("eventTypes", json!("VISIT_REGISTERED")),
        ("eventTypes", json!([1])),
        ("aggregateTypes", json!([""])),
        ("tags", json!(vec!["x"; 101])),
        ("batchSize", json!(0)),
        ("batchSize", json!(1001)),
        ("concurrency", json!(65)),
        ("maxAttempts", json!(1.5)),
        ("after", json!(-1)),
        ("colour", json!("blue")),
    ] {
        let mut body = hook("Analytics");
        body[field] = value.clone();
        let answer = admin.post("/subscriptions", body).await;
        answer.is_problem(400, "INVALID_REQUEST");
        assert_eq!(answer.fields(), [field], "{value}");
    }
    for bad in [json!([]), json!("x"), json!(null)] {
        admin.post("/subscriptions", bad).await.is_problem(400, "INVALID_REQUEST");
    }
    assert_eq!(admin.get("/subscriptions").await.is(200)["subscriptions"], json!([]));
}
