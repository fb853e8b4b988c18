//! Stories of what programs say of patients: demographics and consents.

use axum::http::Request;
use axum::http::header::CONTENT_TYPE;
use serde_json::json;
use sojourn::db::Db;
use sojourn::journey::ids::Id as _;
use sojourn::journey::words::{ActorType, Role};

use super::Api;
use crate::support::stories;

stories!(what_is_known_of_a_patient_is_changed, consents_are_recorded_and_read, an_ai_changes_nothing_for_nobody,);

async fn what_is_known_of_a_patient_is_changed(db: Db) {
    let api = Api::open(db).await;
    let (desk, lab) = (api.caller(&[Role::Receptionist]).await, api.caller(&[Role::LabTechnician]).await);
    let path = format!("/patients/{}", api.patient().await);
    let patch = async |caller: &super::Caller, body: serde_json::Value| {
        let request = Request::patch(format!("/api/v1{path}")).header(CONTENT_TYPE, "application/json");
        caller.send(request, body.to_string()).await
    };
    let changed = patch(&desk, json!({ "phone": "+91 98450 12345" })).await;
    assert_eq!(changed.is(200)["phone"], "+91 98450 12345");
    assert_eq!(changed.json["name"], "Asha Rao", "what is left out stays");
    let before = api.position().await;
    patch(&desk, json!({ "phone": "+91 98450 12345" })).await.is(200);
    assert_eq!(api.position().await, before, "what changes nothing is no event");
    assert_eq!(patch(&desk, json!({ "phone": "none" })).await.fields(), ["phone"]);
    assert_eq!(patch(&desk, json!({ "mrn": "1" })).await.fields(), ["mrn"]);
    patch(&lab, json!({ "phone": "5550100" })).await.is_problem(403, "ROLE_NOT_ALLOWED");
    let other = api.neighbour().await.caller(&[Role::Receptionist]).await;
    assert_eq!(patch(&other, json!({ "phone": "5550100" })).await.status, 404);
}

async fn consents_are_recorded_and_read(db: Db) {
    let api = Api::open(db).await;
    let (desk, doctor) = (api.caller(&[Role::Receptionist]).await, api.caller(&[Role::Doctor]).await);
    let path = format!("/patients/{}/consents", api.patient().await);
    let given = desk.post(&path, json!({ "purpose": "Research", "given": true, "note": "in writing" })).await;
    assert_eq!(given.is(201)["metadata"]["given"], true);
    desk.post(&path, json!({ "purpose": "Research", "given": false })).await.is(201);
    let read = doctor.get(&path).await;
    let consents = read.is(200)["consents"].as_array().expect("a list").clone();
    assert_eq!(consents.len(), 2);
    assert_eq!(
        consents[1]["metadata"],
        json!({ "patientId": consents[0]["aggregateId"], "purpose": "Research", "given": false })
    );
    assert_eq!(desk.post(&path, json!({ "purpose": "Research", "given": "yes" })).await.fields(), ["given"]);
    assert_eq!(desk.post(&path, json!({ "given": true })).await.fields(), ["purpose"]);
    doctor.post(&path, json!({ "purpose": "Research", "given": true })).await.is_problem(403, "ROLE_NOT_ALLOWED");
}

async fn an_ai_changes_nothing_for_nobody(db: Db) {
    let api = Api::open(db).await;
    let desk = api.caller(&[Role::Receptionist]).await;
    let scribe = api.caller_of_kind(ActorType::Ai, &[Role::Receptionist]).await;
    let path = format!("/patients/{}", api.patient().await);
    let patch = |human: Option<&str>| {
        let request = Request::patch(format!("/api/v1{path}")).header(CONTENT_TYPE, "application/json");
        let request = human.into_iter().fold(request, |request, human| request.header("On-Behalf-Of", human));
        scribe.send(request, json!({ "phone": "+91 98450 12345" }).to_string())
    };
    let consents = format!("{path}/consents");
    let consent = || json!({ "purpose": "Research", "given": true });
    let before = api.position().await;
    assert_eq!(patch(None).await.fields(), ["On-Behalf-Of"]);
    assert_eq!(scribe.post(&consents, consent()).await.fields(), ["On-Behalf-Of"]);
    assert_eq!(api.position().await, before, "nothing was logged");
    let human = desk.person.id.as_str();
    patch(Some(human)).await.is(200);
    let recorded = scribe.post_with(&consents, &[("On-Behalf-Of", human)], consent()).await;
    assert_eq!(recorded.is(201)["onBehalfOf"], human);
    let changed = api.caller(&[Role::Auditor]).await.get("/events/type/patient.demographics_updated").await;
    assert_eq!(changed.is(200)["events"][0]["onBehalfOf"], human);
}
