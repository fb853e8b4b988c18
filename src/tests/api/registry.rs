//! Stories of the registry: types of events that a hospital adds, and those that are its own.

use futures::future::join_all;
use serde_json::{Value, json};
use sojourn::db::Db;
use sojourn::journey::words::Role;

use super::Api;
use crate::support::stories;

stories! {
    what_does_not_fit_its_type_is_refused_with_the_field,
    what_the_hospital_logs_itself_is_said_to_be_so,
    versions_added_at_once_are_all_there,
}

/// A type as it is sent to be added.
fn claim() -> Value {
    json!({
        "eventType": "claim.settled",
        "aggregateType": "claim",
        "schema": {
            "type": "object",
            "properties": { "amount": { "type": "integer", "minimum": 1 }, "note": { "type": "string" } },
            "required": ["amount"],
            "additionalProperties": false,
        },
    })
}

/// An event of a thing that is no visit, as it is sent.
fn happened(event_type: &str, aggregate_type: &str, metadata: Value) -> Value {
    json!({ "eventType": event_type, "aggregateType": aggregate_type, "aggregateId": "7", "metadata": metadata })
}

async fn what_does_not_fit_its_type_is_refused_with_the_field(db: Db) {
    let api = Api::open(db).await;
    let (admin, desk) = (api.caller(&[Role::Admin]).await, api.caller(&[Role::Receptionist]).await);
    admin.post("/registry", claim()).await.is(201);
    let before = api.position().await;
    for (wrong, field) in [
        (json!({}), "amount"),
        (json!({ "amount": "much" }), "amount"),
        (json!({ "amount": 0 }), "amount"),
        (json!({ "amount": 1, "note": 1 }), "note"),
        (json!({ "amount": 1, "colour": "red" }), "colour"),
    ] {
        let refused = desk.post("/events", happened("claim.settled", "claim", wrong.clone())).await;
        refused.is_problem(400, "INVALID_METADATA");
        assert_eq!(refused.fields(), [field], "{wrong}");
    }
    assert_eq!(api.position().await, before);
    desk.post("/events", happened("claim.settled", "claim", json!({ "amount": 1 }))).await.is(201);
}

async fn what_the_hospital_logs_itself_is_said_to_be_so(db: Db) {
    let api = Api::open(db).await;
    let desk = api.caller(&[Role::Receptionist]).await;
    let registry = desk.get("/registry").await;
    let others = registry.is(200)["others"].as_array().expect("a list");
    assert!(others.iter().any(|known| known["eventType"] == "booking.created"), "{}", registry.text);
    for (event_type, aggregate_type, words) in [
        ("booking.created", "booking", "is a type that the hospital logs by itself"),
        ("claim.settled", "claim", "is not in the registry"),
    ] {
        let refused = desk.post("/events", happened(event_type, aggregate_type, json!({}))).await;
        refused.is_problem(400, "INVALID_METADATA");
        assert_eq!(refused.fields(), ["eventType"]);
        let problem = refused.json["fields"][0]["problem"].as_str().expect("a problem");
        assert!(problem.starts_with(words), "{event_type}: {problem}");
    }
}

async fn versions_added_at_once_are_all_there(db: Db) {
    let api = Api::open(db).await;
    let admin = api.caller(&[Role::Admin]).await;
    let answers = join_all((0..8).map(|_| admin.post("/registry", claim()))).await;
    let mut versions: Vec<_> = answers.iter().map(|answer| answer.is(201)["schemaVersion"].as_i64()).collect();
    versions.sort_unstable();
    assert_eq!(versions, (1..=8_i64).map(Some).collect::<Vec<_>>());
}
