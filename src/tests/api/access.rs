//! Stories of who may call: tokens, and the walls between hospitals.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::header::{ACCEPT, AUTHORIZATION, COOKIE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{Method, Request};
use chrono::TimeDelta;
use serde_json::{Value, json};
use sojourn::db::{Db, commit};
use sojourn::hospital::{people, tokens};
use sojourn::journey::words::{Role, Word as _};

use super::{Answer, Api, contract, event, send};
use crate::support::stories;

stories!(@engine sqlite
    hospitals_are_walled_off
    every_call_is_among_those_that_want_a_token
    only_a_valid_token_opens
    a_purpose_is_taken_where_it_is_described
    a_token_ends_when_it_runs_out_is_withdrawn_or_its_person_leaves
    every_failure_is_a_problem
    a_database_that_is_away_is_said_to_be
);
stories!(@engine postgres hospitals_are_walled_off);

/// Every call that there is.
const CALLS: [(&str, &str); 37] = [
    ("POST", "/events"),
    ("POST", "/events/batch"),
    ("GET", "/events/01J00000000000000000000000"),
    ("GET", "/events/type/QUEUE_JOINED"),
    ("GET", "/events/actor/01J00000000000000000000000"),
    ("GET", "/events/entity/visit/01J00000000000000000000000"),
    ("GET", "/events/correlation/a"),
    ("GET", "/events/tag/HEDIS"),
    ("GET", "/events/range?from=2026-03-01T00:00:00Z&to=2026-03-02T00:00:00Z"),
    ("GET", "/events/compliance?startDate=2026-03-01&endDate=2026-03-02&tags=HEDIS"),
    ("GET", "/events/stats"),
    ("GET", "/access"),
    ("GET", "/visits/01J00000000000000000000000"),
    ("GET", "/visits/01J00000000000000000000000/events"),
    ("GET", "/visits/01J00000000000000000000000/timeline"),
    ("GET", "/visits/01J00000000000000000000000/durations"),
    ("GET", "/patients?query=a"),
    ("POST", "/patients"),
    ("GET", "/patients/01J00000000000000000000000"),
    ("PATCH", "/patients/01J00000000000000000000000"),
    ("GET", "/patients/01J00000000000000000000000/consents"),
    ("POST", "/patients/01J00000000000000000000000/consents"),
    ("GET", "/people"),
    ("GET", "/rooms"),
    ("GET", "/departments"),
    ("GET", "/tariff"),
    ("GET", "/workflow"),
    ("GET", "/workflow.mmd"),
    ("GET", "/registry"),
    ("POST", "/registry"),
    ("GET", "/subscriptions"),
    ("POST", "/subscriptions"),
    ("GET", "/subscriptions/01J00000000000000000000000"),
    ("PATCH", "/subscriptions/01J00000000000000000000000"),
    ("DELETE", "/subscriptions/01J00000000000000000000000"),
    ("GET", "/subscriptions/01J00000000000000000000000/dead-letters"),
    ("POST", "/subscriptions/01J00000000000000000000000/dead-letters/01J00000000000000000000000/resend"),
];

async fn call(api: &Api, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
    let request = Request::builder().method(method).uri(format!("/api/v1{path}"));
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    send(&api.router, request.body(Body::empty()).expect("a request")).await
}

/// The template and the description of one of [`CALLS`].
fn described(document: &'static Value, method: &str, path: &str) -> (&'static str, &'static Value) {
    let method = Method::from_bytes(method.as_bytes()).expect("a method");
    let path = format!("/api/v1{}", path.split('?').next().unwrap_or_default());
    contract::operation(document, &method, &path).unwrap_or_else(|| panic!("{method} {path} is not described"))
}

async fn every_call_is_among_those_that_want_a_token(db: Db) {
    let api = Api::open(db).await;
    let document = contract::document(&api.router).await;
    let mut expected = BTreeSet::new();
    for (path, operations) in document["paths"].as_object().expect("paths") {
        let methods = operations.as_object().expect("operations").keys();
        expected.extend(methods.map(|method| (method.to_uppercase(), path.as_str())));
    }
    assert!(expected.remove(&("GET".to_owned(), "/openapi.json")), "the description itself is open to all");
    let called: BTreeSet<_> =
        CALLS.into_iter().map(|(method, path)| (method.to_owned(), described(document, method, path).0)).collect();
    assert_eq!(called, expected);
}

async fn a_purpose_is_taken_where_it_is_described(db: Db) {
    let api = Api::open(db).await;
    let caller = api.caller(Role::ALL).await;
    let document = contract::document(&api.router).await;
    let bearer = format!("Bearer {}", caller.secret);
    for (method, path) in CALLS {
        let (_, operation) = described(document, method, path);
        let parameters = operation["parameters"].as_array().expect("parameters");
        let expected = parameters.iter().any(|parameter| parameter["name"] == "Access-Purpose");
        let blank = [(AUTHORIZATION.as_str(), bearer.as_str()), ("Access-Purpose", " ")];
        let answer = call(&api, method, path, &blank).await;
        assert_eq!(answer.fields() == ["Access-Purpose"], expected, "{method} {path}: {}", answer.text);
    }
}

async fn only_a_valid_token_opens(db: Db) {
    let api = Api::open(db).await;
    let caller = api.caller(&[Role::Receptionist]).await;
    let good = format!("Bearer {}", caller.secret);
    let unknown = format!("Bearer sjn_{}", "0".repeat(64));
    for (method, path) in CALLS {
        for headers in [
            &[][..],
            &[(AUTHORIZATION.as_str(), "Bearer")],
            &[(AUTHORIZATION.as_str(), unknown.as_str())],
            &[(AUTHORIZATION.as_str(), &good.replace("Bearer", "Basic"))],
            &[(COOKIE.as_str(), &format!("id={}", caller.secret))],
        ] {
            let answer = call(&api, method, path, headers).await;
            answer.is_problem(401, "UNAUTHORIZED");
            assert_eq!(answer.headers[WWW_AUTHENTICATE], "Bearer");
        }
    }
    assert_eq!(call(&api, "GET", "/rooms", &[(AUTHORIZATION.as_str(), &good)]).await.status.as_u16(), 200);
}

async fn a_token_ends_when_it_runs_out_is_withdrawn_or_its_person_leaves(db: Db) {
    let api = Api::open(db).await;
    let (withdrawn, leaving) = (api.caller(&[Role::Nurse]).await, api.caller(&[Role::Nurse]).await);
    let (expiring, changing) = (api.caller(&[Role::Nurse]).await, api.caller(&[Role::Nurse]).await);
    let mut tx = api.db.begin().await.expect("a transaction");
    let now = api.clock.clock().now();
    tokens::revoke(&mut tx, &api.tenant.id, &withdrawn.token.id, now).await.expect("a token");
    people::set_active(&mut tx, &api.tenant.id, &leaving.person.id, false).await.expect("a person");
    let roles = [Role::Auditor].into_iter().collect();
    people::set_roles(&mut tx, &api.tenant.id, &changing.person.id, &roles).await.expect("a person");
    commit(tx).await.expect("it is written");
    withdrawn.get("/rooms").await.is_problem(401, "UNAUTHORIZED");
    leaving.get("/rooms").await.is_problem(401, "UNAUTHORIZED");
    changing.post("/patients", json!({ "name": "Ravi" })).await.is_problem(403, "ROLE_NOT_ALLOWED");
    expiring.get("/rooms").await.is(200);
    api.clock.advance(TimeDelta::days(1));
    expiring.get("/rooms").await.is_problem(401, "UNAUTHORIZED");
}

async fn hospitals_are_walled_off(db: Db) {
    let ours = Api::open(db).await;
    let theirs = ours.neighbour().await;
    let (reception, stranger) = (ours.caller(&[Role::Receptionist]).await, theirs.caller(&[Role::Receptionist]).await);
    let patient = ours.patient().await;
    let visit = reception.register(&patient).await;
    let logged = reception.log(&visit, "QUEUE_JOINED", json!({})).await;
    let id = logged.is(201)["id"].as_str().expect("an id");

    for call in ["", "/events", "/timeline", "/durations"] {
        stranger.get(&format!("/visits/{visit}{call}")).await.is_problem(404, "VISIT_NOT_FOUND");
    }
    stranger.get(&format!("/events/{id}")).await.is_problem(404, "EVENT_NOT_FOUND");
    stranger.get(&format!("/patients/{patient}")).await.is_problem(404, "PATIENT_NOT_FOUND");
    assert_eq!(stranger.get("/patients?query=asha").await.is(200)["patients"], json!([]));
    stranger.log(&visit, "QUEUE_CALLED", json!({})).await.is_problem(404, "VISIT_NOT_FOUND");

    let foreign =
        stranger.post("/events", json!({ "eventType": "VISIT_REGISTERED", "metadata": { "patientId": patient } }));
    foreign.await.is_problem(422, "UNKNOWN_REFERENCE");
    let own = stranger.register(&theirs.patient().await).await;
    let metadata = json!({ "doctorId": reception.person.id });
    stranger.log(&own, "VISIT_ASSIGNED", metadata).await.is_problem(422, "UNKNOWN_REFERENCE");
    stranger.log(&own, "QUEUE_JOINED", json!({})).await.is(201);
    let called = stranger.log(&own, "QUEUE_CALLED", json!({ "roomId": ours.room.id })).await;
    called.is_problem(422, "UNKNOWN_REFERENCE");
    let mut elsewhere = event(&own, "QUEUE_CALLED", json!({}));
    elsewhere["branchId"] = json!(ours.room.branch_id);
    stranger.post("/events", elsewhere).await.is_problem(422, "UNKNOWN_REFERENCE");
    assert_eq!((ours.position().await, theirs.position().await), (2, 2));
}

async fn every_failure_is_a_problem(db: Db) {
    let api = Api::open(db).await;
    let caller = api.caller(&[Role::Receptionist]).await;
    for path in ["/", "/nothing", "/events/a/b", "/openapi", "/../.."] {
        for accept in ["*/*", "text/html"] {
            call(&api, "GET", path, &[(ACCEPT.as_str(), accept)]).await.is_problem(404, "NOT_FOUND");
            call(&api, "POST", path, &[(ACCEPT.as_str(), accept)]).await.is_problem(404, "NOT_FOUND");
        }
    }
    call(&api, "GET", "", &[]).await.is_problem(404, "NOT_FOUND");
    for (method, path) in [("DELETE", "/events"), ("GET", "/events/batch"), ("PUT", "/visits/1"), ("PATCH", "/rooms")] {
        let answer = call(&api, method, path, &[]).await;
        answer.is_problem(405, "METHOD_NOT_ALLOWED");
        assert!(answer.headers.contains_key("allow"), "{path}");
    }
    for kind in ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-16"] {
        let request = Request::post("/api/v1/events").header("content-type", kind);
        caller.send(request, "{}").await.is_problem(415, "UNSUPPORTED_MEDIA_TYPE");
    }
    caller.send(Request::post("/api/v1/events"), "{}").await.is_problem(415, "UNSUPPORTED_MEDIA_TYPE");

    // A log that cannot be read is our fault, and nobody else hears why.
    let visit = crate::support::events::name();
    let mut strange = crate::support::events::bare_happening(&visit, 1);
    strange.event_type = "TEA_SERVED".to_owned();
    crate::support::events::append(&api.db, &api.tenant.id, [strange]).await;
    let answer = caller.get(&format!("/visits/{visit}")).await;
    answer.is_problem(500, "INTERNAL_ERROR");
    assert!(!answer.text.contains("TEA"));
}

async fn a_database_that_is_away_is_said_to_be(db: Db) {
    let api = Api::open(db).await;
    let caller = api.caller(&[Role::Receptionist]).await;
    api.db.close().await;
    for (method, path) in CALLS {
        let answer = call(&api, method, path, &[(AUTHORIZATION.as_str(), &format!("Bearer {}", caller.secret))]).await;
        answer.is_problem(503, "UNAVAILABLE");
        assert!(answer.headers.contains_key(RETRY_AFTER), "{path}");
    }
}
