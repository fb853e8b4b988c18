//! Stories of reading: lists and their pages, patients, reference data, the workflow.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, Request};
use chrono::TimeDelta;
use serde_json::{Value, json};
use sojourn::db::{Db, new_id};
use sojourn::journey::ids::{PatientId, VisitId};
use sojourn::journey::words::Role;

use super::{Answer, Api, send};
use crate::support::stories;

stories!(@engine sqlite
    patients_are_registered_found_and_read
    a_patient_is_registered_once_for_a_key
    a_token_keeps_its_pace
    the_api_shows_itself
    a_log_is_read_page_by_page
    reference_data_is_the_hospitals_own
    the_workflow_is_told_by_the_code
    health_needs_no_token
    parameters_that_do_not_fit_are_named
);
stories!(@engine postgres patients_are_registered_found_and_read a_patient_is_registered_once_for_a_key
    health_needs_no_token);

async fn a_log_is_read_page_by_page(db: Db) {
    let api = Api::open(db).await;
    let reception = api.caller(&[Role::Receptionist]).await;
    let patient = api.patient().await;
    let visit = reception.register(&patient).await;
    reception.register(&patient).await;
    for word in ["QUEUE_JOINED", "QUEUE_CALLED", "QUEUE_SKIPPED", "QUEUE_CALLED"] {
        reception.log(&visit, word, json!({})).await.is(201);
    }
    let mut after = String::new();
    let mut words = Vec::new();
    for expected in [2, 2, 1] {
        let page = reception.get(&format!("/visits/{visit}/events?limit=2{after}")).await;
        let events = page.is(200)["events"].as_array().expect("a list");
        assert_eq!(events.len(), expected);
        words.extend(events.iter().map(|event| event["eventType"].as_str().expect("a type").to_owned()));
        after = page.json["next"].as_str().map_or(String::new(), |next| format!("&after={next}"));
    }
    assert_eq!(after, "", "the last page says so");
    assert_eq!(words, ["VISIT_REGISTERED", "QUEUE_JOINED", "QUEUE_CALLED", "QUEUE_SKIPPED", "QUEUE_CALLED"]);
    let beyond = reception.get(&format!("/visits/{visit}/events?after=00000000000000ff")).await;
    assert_eq!(beyond.is(200), &json!({ "events": [], "next": null }));
    for call in ["", "/events", "/timeline", "/durations"] {
        let nowhere = format!("/visits/{}{call}", new_id::<VisitId>());
        reception.get(&nowhere).await.is_problem(404, "VISIT_NOT_FOUND");
        reception.get(&format!("/visits/not-an-id{call}")).await.is_problem(404, "VISIT_NOT_FOUND");
        reception.get(&format!("/visits/%ff%00{call}")).await.is_problem(404, "VISIT_NOT_FOUND");
    }
    reception.get("/events/not-an-id").await.is_problem(404, "EVENT_NOT_FOUND");
}

async fn patients_are_registered_found_and_read(db: Db) {
    let api = Api::open(db).await;
    let nurse = api.caller(&[Role::Nurse]).await;
    let name = "<img src=x onerror=alert(1)> Rao";
    let sent =
        json!({ "name": name, "sex": "FEMALE", "birthDate": "1990-03-02", "phone": "+91 98450 12345", "mrn": "X-7" });
    let registered = nurse.post("/patients", sent.clone()).await;
    for member in ["name", "sex", "birthDate", "phone", "mrn"] {
        assert_eq!(registered.is(201)[member], sent[member], "{member}");
    }
    let address = registered.headers["location"].to_str().expect("an address").trim_start_matches("/api/v1").to_owned();
    assert_eq!(nurse.get(&address).await.is(200), &registered.json);
    for query in ["rao", "X-7", "9845012345", "%2B91%2098450"] {
        let found = nurse.get(&format!("/patients?query={query}")).await;
        assert_eq!(found.is(200)["patients"], json!([registered.json]), "{query}");
    }
    assert_eq!(nurse.get("/patients?query=nobody").await.is(200)["patients"], json!([]));
    assert_eq!(nurse.post("/patients", json!({ "name": "Ravi" })).await.is(201)["mrn"], "0000001");

    let ravi = async |mrn: &str| {
        nurse.post_with("/patients", &[("Idempotency-Key", "ravi")], json!({ "name": "Ravi", "mrn": mrn })).await
    };
    let taken = ravi("X-7").await;
    taken.is_problem(409, "ALREADY_IN_USE");
    assert_eq!(taken.fields(), ["mrn"]);
    let mended = ravi("X-8").await;
    assert_eq!(mended.is(201), ravi("X-8").await.is(200), "a key keeps nothing of what was refused");
    ravi("X-9").await.is_problem(409, "IDEMPOTENCY_MISMATCH");
    let bad = json!({ "name": " ", "sex": "F", "birthDate": "2.3.1990", "phone": 7, "mrn": "a\u{0}", "colour": "red" });
    let refused = nurse.post("/patients", bad).await;
    refused.is_problem(400, "INVALID_REQUEST");
    assert_eq!(refused.fields(), ["name", "mrn", "sex", "birthDate", "phone", "colour"]);
    let refused =
        nurse.post("/patients", json!({ "name": "Ravi", "birthDate": "2099-01-01", "phone": "call me" })).await;
    refused.is_problem(400, "INVALID_REQUEST");
    assert_eq!(refused.fields(), ["phone", "birthDate"]);
    nurse.post("/patients", json!([])).await.is_problem(400, "INVALID_REQUEST");
    nurse.get("/patients").await.is_problem(400, "INVALID_REQUEST");
    nurse.get(&format!("/patients/{}", new_id::<PatientId>())).await.is_problem(404, "PATIENT_NOT_FOUND");

    let doctor = api.caller(&[Role::Doctor]).await;
    doctor.post("/patients", json!({ "name": "Ravi" })).await.is_problem(403, "ROLE_NOT_ALLOWED");
    assert_eq!(doctor.get(&address).await.is(200), &registered.json);
}

async fn a_patient_is_registered_once_for_a_key(db: Db) {
    let api = Api::open(db).await;
    let (nurse, other) = (api.caller(&[Role::Nurse]).await, api.caller(&[Role::Nurse]).await);
    let register = async |caller: &super::Caller, name: &str, key: &str| {
        caller.post_with("/patients", &[("Idempotency-Key", key)], json!({ "name": name })).await
    };
    let first = register(&nurse, "Ravi", "a").await;
    assert_eq!(first.is(201), register(&nurse, "Ravi", "a").await.is(200));
    register(&nurse, "Rani", "a").await.is_problem(409, "IDEMPOTENCY_MISMATCH");
    let second = register(&nurse, "Ravi", "b").await;
    let third = register(&other, "Ravi", "a").await;
    assert_eq!([&second.is(201)["mrn"], &third.is(201)["mrn"]], ["0000002", "0000003"]);
    let (left, right) = tokio::join!(register(&nurse, "Rani", "c"), register(&nurse, "Rani", "c"));
    assert_eq!((left.json["id"].as_str().is_some(), &left.json), (true, &right.json), "two at once are one");
    api.clock.advance(TimeDelta::hours(23));
    assert_eq!(register(&nurse, "Ravi", "a").await.is(200), &first.json);
    register(&nurse, "Ravi", " ").await.is_problem(400, "INVALID_REQUEST");
}

async fn a_token_keeps_its_pace(db: Db) {
    let api = Api::at_pace(db, 5).await;
    let (fast, other) = (api.caller(&[Role::Nurse]).await, api.caller(&[Role::Nurse]).await);
    let mut refused = None;
    for _ in 0..200 {
        let answer = fast.get("/rooms").await;
        if answer.status.as_u16() == 429 {
            refused = Some(answer);
            break;
        }
        answer.is(200);
    }
    let refused = refused.expect("an end of patience");
    refused.is_problem(429, "TOO_MANY_REQUESTS");
    assert_eq!(refused.headers["retry-after"], "1");
    other.get("/rooms").await.is(200);
}

async fn the_api_shows_itself(db: Db) {
    // The page is drawn as screens are; a second call finds it done already.
    let _ = any_spawner::Executor::init_tokio();
    let api = Api::open(db).await;
    let get = async |path: &str| send(&api.router, Request::get(path).body(Body::empty()).expect("a request")).await;
    let document = get("/api/v1/openapi.json").await;
    assert_eq!(
        (&document.is(200)["openapi"], &document.json["servers"][0]["url"]),
        (&json!("3.1.0"), &json!("/api/v1"))
    );
    the_page_tells_all_of(&document.json, &get("/api/docs").await);
    let moved = get("/api/docs/").await;
    assert_eq!((moved.status.as_u16(), &moved.headers["location"]), (308, &HeaderValue::from_static("/api/docs")));
    for (method, status) in [("POST", 404), ("DELETE", 404)] {
        for path in ["/api/v1", "/api/v1/", "/api/v1/nothing"] {
            let request = Request::builder().method(method).uri(path).body(Body::empty()).expect("a request");
            send(&api.router, request).await.is_problem(status, "NOT_FOUND");
        }
    }
}

/// Fails when the page leaves something of the description out, or leads nowhere.
fn the_page_tells_all_of(document: &Value, page: &Answer) {
    assert_eq!(page.status.as_u16(), 200, "{}", page.text);
    let text = page.text.as_str();
    assert!(!text.contains("=\"http"), "nothing comes from elsewhere");
    let policy = page.headers["content-security-policy"].to_str().expect("a policy");
    assert!(policy.contains("script-src 'nonce-") && !policy.contains("unsafe-inline"), "{policy}");
    assert_eq!(text.matches("<h1").count(), 1);
    assert!(text.contains("Authorization: Bearer sjn_…") && text.contains("href=\"/api/v1/openapi.json\""));
    let calls = document["paths"].as_object().expect("paths").iter().flat_map(|(path, item)| {
        item.as_object().expect("operations").keys().map(move |method| (path, method.to_uppercase()))
    });
    let calls: Vec<_> = calls.collect();
    assert!(calls.len() > 30, "{calls:?}");
    for (path, method) in &calls {
        assert!(text.contains(&format!("<code>/api/v1{path}</code>")), "{path}");
        assert!(text.contains(&format!("curl --request {method} \"$SOJOURN/api/v1{path}")), "{method} {path}");
    }
    let ids: Vec<_> = text.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "an id is there twice");
    for name in document["components"]["schemas"].as_object().expect("schemas").keys() {
        assert!(ids.contains(&format!("schema-{name}").as_str()), "{name}");
    }
    for link in text.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(ids.contains(&link), "nothing is at {link}");
    }
}

async fn reference_data_is_the_hospitals_own(db: Db) {
    let api = Api::open(db).await;
    let doctor = api.caller(&[Role::Doctor]).await;
    api.neighbour().await.caller(&[Role::Doctor]).await;
    let people = doctor.get("/people?role=DOCTOR").await;
    let expected = json!([{
        "id": doctor.person.id, "name": "[Doctor]", "actorType": "HUMAN", "branchId": null, "departmentId": null,
        "roomId": null, "active": true, "roles": ["DOCTOR"],
    }]);
    assert_eq!(people.is(200)["people"], expected);
    assert_eq!(doctor.get("/people").await.is(200)["people"].as_array().map(Vec::len), Some(2), "the system too");
    assert_eq!(doctor.get("/rooms").await.is(200)["rooms"], json!([api.room]));
    assert_eq!(doctor.get("/departments").await.is(200)["departments"][0]["name"], "Medicine");
    let tariff = doctor.get("/tariff").await;
    let tariff = tariff.is(200)["tariff"].as_array().expect("a list");
    assert_eq!((tariff.len(), &tariff[0]["code"], &tariff[0]["price"]), (1, &json!("HB"), &json!(20_000)));
}

async fn the_workflow_is_told_by_the_code(db: Db) {
    let api = Api::open(db).await;
    let auditor = api.caller(&[Role::Auditor]).await;
    let workflow = auditor.get("/workflow").await;
    assert!(workflow.is(200)["visit"].as_array().is_some_and(|arrows| arrows.len() > 10));
    let diagram = auditor.get("/workflow.mmd").await;
    assert_eq!(diagram.headers[CONTENT_TYPE], "text/plain; charset=utf-8");
    assert!(diagram.text.starts_with("stateDiagram-v2\n"));
    let registry = auditor.get("/registry").await;
    let events = registry.is(200)["events"].as_array().expect("a list");
    assert_eq!(events.len(), 34);
    for event in events {
        assert!(event["schema"]["properties"].is_object() && event["roles"].is_array(), "{event}");
        assert!(event["phase"].is_string() && event["tags"].is_array() && event["schemaVersion"] == 1, "{event}");
    }
}

async fn health_needs_no_token(db: Db) {
    let api = Api::open(db).await;
    for path in ["/healthz", "/readyz"] {
        let answer = send(&api.router, Request::get(path).body(Body::empty()).expect("a request")).await;
        assert_eq!(answer.status.as_u16(), 200, "{path}");
    }
    const LATER: &str = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
        SELECT 9999, 'of a later version', success, checksum, execution_time FROM _sqlx_migrations WHERE version = 1";
    const GONE: &str = "DELETE FROM _sqlx_migrations WHERE version = 9999";
    let ready = async || {
        send(&api.router, Request::get("/readyz").body(Body::empty()).expect("a request")).await.status.as_u16()
    };
    for (sql, status) in [(LATER, 503), (GONE, 200)] {
        sojourn::on!(&api.db.write, pool => sqlx::query(sql).execute(pool).await.map(drop)).expect(sql);
        assert_eq!(ready().await, status, "{sql}");
    }
    api.db.close().await;
    assert_eq!(ready().await, 503);
}

async fn parameters_that_do_not_fit_are_named(db: Db) {
    let api = Api::open(db).await;
    let reception = api.caller(&[Role::Receptionist]).await;
    let visit = reception.register(&api.patient().await).await;
    for (path, fields) in [
        ("/visits/{}/events?limit=0", vec!["limit"]),
        ("/visits/{}/events?limit=1001", vec!["limit"]),
        ("/visits/{}/events?limit=-1&after=1", vec!["limit", "after"]),
        ("/visits/{}/events?limit=1&limit=2", vec!["limit"]),
        ("/visits/{}/durations?from=ENTERED_ROOM", vec!["to"]),
        ("/visits/{}/durations?from=LUNCH&to=EXITED_ROOM", vec!["from"]),
        ("/visits/{}/durations?to=EXITED_ROOM", vec!["from"]),
        ("/visits/{}?colour=red", vec!["colour"]),
        ("/people?role=SURGEON", vec!["role"]),
        ("/rooms?a=1", vec!["a"]),
    ] {
        let answer = reception.get(&path.replace("{}", &visit)).await;
        answer.is_problem(400, "INVALID_REQUEST");
        assert_eq!(answer.fields(), fields, "{path}");
    }
    let long = format!("/patients?query={}", "a".repeat(201));
    reception.get(&long).await.is_problem(400, "INVALID_REQUEST");
    let none = reception.get(&format!("/visits/{visit}/durations?from=ENTERED_ROOM&to=EXITED_ROOM")).await;
    assert_eq!(none.is(200)["seconds"], json!(null));
}
