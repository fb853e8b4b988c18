//! Stories of logging: batches, retries, conflicts, refusals.

use axum::http::StatusCode;
use chrono::TimeDelta;
use serde_json::{Value, json};
use sojourn::db::{Db, new_id};
use sojourn::journey::ids::{BillId, EventId, Id, PersonId, VisitId};
use sojourn::journey::words::{ActorType, Role};
use sojourn::log;

use super::{Api, event};
use crate::support::stories;

stories!(@engine sqlite
    a_batch_is_all_or_nothing
    a_retry_is_answered_again_and_logged_once
    one_of_two_writers_wins
    a_leap_second_is_the_second_after
    a_registration_makes_its_own_visit
    refusals_explain_themselves
    every_kind_of_refusal_has_its_status
    what_stands_around_an_event_is_kept
    an_ai_names_its_human_and_may_do_what_both_may
);
stories!(@engine postgres a_batch_is_all_or_nothing a_retry_is_answered_again_and_logged_once one_of_two_writers_wins
    a_leap_second_is_the_second_after);

async fn a_registration_makes_its_own_visit(db: Db) {
    let api = Api::open(db).await;
    let (reception, patient) = (api.caller(&[Role::Receptionist]).await, api.patient().await);
    let sent = json!({ "eventType": "VISIT_REGISTERED", "metadata": { "patientId": patient }, "expectedVersion": 0 });
    let answer = reception.post("/events", sent).await;
    let visit = answer.is(201)["visitId"].as_str().expect("a visit");
    assert_eq!(answer.json["aggregateId"], visit);
    assert_eq!(reception.get(&format!("/visits/{visit}")).await.is(200)["status"], "REGISTERED");

    let sent = json!({ "eventType": "QUEUE_JOINED", "aggregateType": "visit", "aggregateId": visit, "metadata": {} });
    assert_eq!(reception.post("/events", sent).await.is(201)["visitId"], visit);
}

async fn a_batch_is_all_or_nothing(db: Db) {
    let api = Api::open(db).await;
    let (reception, patient) = (api.caller(&[Role::Receptionist]).await, api.patient().await);
    let (one, other) = (new_id::<VisitId>().to_string(), new_id::<VisitId>().to_string());
    let registration = |visit: &str| event(visit, "VISIT_REGISTERED", json!({ "patientId": patient }));

    let bad = json!({ "events": [registration(&one), registration(&other), event(&one, "QUEUE_SKIPPED", json!({}))] });
    let refused = reception.post("/events/batch", bad).await;
    refused.is_problem(422, "NOT_CALLED");
    assert_eq!((&refused.json["index"], &refused.json["state"]["status"]), (&json!(2), &json!("REGISTERED")));
    assert_eq!(api.position().await, 0);
    reception.get(&format!("/visits/{one}")).await.is_problem(404, "VISIT_NOT_FOUND");

    let mut unread = event(&other, "QUEUE_JOINED", json!({}));
    unread["colour"] = json!("red");
    let refused = reception.post("/events/batch", json!({ "events": [registration(&one), unread] })).await;
    refused.is_problem(400, "INVALID_METADATA");
    assert_eq!((&refused.json["index"], refused.fields()), (&json!(1), vec!["colour"]));

    let good = json!({ "events": [registration(&one), registration(&other), event(&one, "QUEUE_JOINED", json!({}))] });
    let logged = reception.post_with("/events/batch", &[("Idempotency-Key", "three")], good.clone()).await;
    let versions: Vec<_> =
        logged.is(201)["events"].as_array().expect("events").iter().map(|event| &event["version"]).collect();
    assert_eq!(versions, [1, 1, 2]);
    let again = reception.post_with("/events/batch", &[("Idempotency-Key", "three")], good).await;
    assert_eq!(again.is(200), &logged.json);
    assert_eq!(api.position().await, 3);
}

async fn a_retry_is_answered_again_and_logged_once(db: Db) {
    let api = Api::open(db).await;
    let (reception, patient) = (api.caller(&[Role::Receptionist]).await, api.patient().await);
    let sent = json!({ "eventType": "VISIT_REGISTERED", "metadata": { "patientId": patient } });
    let key = [("Idempotency-Key", "a-key")];
    let first = reception.post_with("/events", &key, sent.clone()).await;
    let again = reception.post_with("/events", &key, sent.clone()).await;
    assert_eq!(again.is(200), first.is(201));

    let mut other = sent.clone();
    other["description"] = json!("another");
    reception.post_with("/events", &key, other).await.is_problem(409, "IDEMPOTENCY_MISMATCH");
    assert_eq!(api.position().await, 1);

    // Everybody has keys of their own, and a key is kept for a day.
    let nurse = api.caller(&[Role::Nurse]).await;
    assert_eq!(nurse.post_with("/events", &key, sent.clone()).await.status, StatusCode::CREATED);
    api.clock.advance(TimeDelta::hours(23));
    assert_eq!(reception.post_with("/events", &key, sent).await.status, StatusCode::OK);

    // The event's own id does the same.
    let mut named = json!({ "eventType": "VISIT_REGISTERED", "metadata": { "patientId": patient } });
    named["id"] = json!(new_id::<EventId>());
    let first = reception.post("/events", named.clone()).await;
    let again = reception.post("/events", named.clone()).await;
    assert_eq!(again.is(200), first.is(201));
    named["metadata"]["priority"] = json!("URGENT");
    reception.post("/events", named).await.is_problem(409, "IDEMPOTENCY_MISMATCH");
    assert_eq!(api.position().await, 3);
}

async fn one_of_two_writers_wins(db: Db) {
    let api = Api::open(db).await;
    let (reception, patient) = (api.caller(&[Role::Receptionist]).await, api.patient().await);
    let visit = reception.register(&patient).await;
    let join = |version: i64| {
        let mut sent = event(&visit, "QUEUE_JOINED", json!({}));
        sent["expectedVersion"] = json!(version);
        reception.post("/events", sent)
    };
    let (one, other) = tokio::join!(join(1), join(1));
    let (won, lost) = if one.status == StatusCode::CREATED { (one, other) } else { (other, one) };
    won.is(201);
    lost.is_problem(409, "VERSION_CONFLICT");
    assert_eq!((&lost.json["expectedVersion"], &lost.json["actualVersion"]), (&json!(1), &json!(2)));
    assert_eq!(lost.json["state"]["version"], 2);
    assert!(lost.json["allowed"].as_array().expect("a list").contains(&json!("QUEUE_CALLED")));

    let call = event(&visit, "QUEUE_CALLED", json!({}));
    reception.post_with("/events", &[("If-Match", "\"1\"")], call.clone()).await.is_problem(409, "VERSION_CONFLICT");
    let mut both = call.clone();
    both["expectedVersion"] = json!(1);
    let refused = reception.post_with("/events", &[("If-Match", "\"2\"")], both.clone()).await;
    refused.is_problem(400, "INVALID_REQUEST");
    assert_eq!(refused.fields(), ["expectedVersion"]);
    both["expectedVersion"] = json!(2);
    reception.post_with("/events", &[("If-Match", "\"2\"")], both).await.is(201);
    let batch = json!({ "events": [call] });
    reception.post_with("/events/batch", &[("If-Match", "\"3\"")], batch).await.is_problem(400, "INVALID_REQUEST");
}

async fn a_leap_second_is_the_second_after(db: Db) {
    let api = Api::open(db).await;
    let (reception, patient) = (api.caller(&[Role::Receptionist]).await, api.patient().await);
    let visit = reception.register(&patient).await;
    api.clock.advance(TimeDelta::minutes(5));
    let mut sent = event(&visit, "QUEUE_JOINED", json!({}));
    sent["performedAt"] = json!("2026-03-01T02:00:60.999Z");
    assert_eq!(reception.post("/events", sent).await.is(201)["performedAt"], "2026-03-01T02:01:00.999Z");
    let verified = log::verify(&api.db, &api.tenant.id).await;
    assert!(verified.is_ok(), "{verified:?}");
}

async fn refusals_explain_themselves(db: Db) {
    let api = Api::open(db).await;
    let (reception, patient) = (api.caller(&[Role::Receptionist]).await, api.patient().await);
    let visit = reception.register(&patient).await;
    let bill = new_id::<BillId>();
    let items = json!([{ "description": "Consultation", "amount": 50_000 }]);
    reception.log(&visit, "CONSULTATION_BILLED", json!({ "billId": bill, "items": items })).await.is(201);
    let paid = json!({ "billId": bill, "amount": 60_000, "method": "CASH" });
    let refused = reception.log(&visit, "PAYMENT_RECEIVED", paid).await;
    refused.is_problem(422, "AMOUNT_MISMATCH");
    assert_eq!(refused.json["detail"], "The amount is more than the balance.");
    assert_eq!(refused.json["facts"], json!({ "amount": 60_000, "balance": 50_000 }));
    assert_eq!(refused.json["state"]["visitId"], visit);
    assert!(refused.json["allowed"].as_array().expect("a list").contains(&json!("PAYMENT_RECEIVED")));
    assert!(refused.json.get("index").is_none());
}

async fn every_kind_of_refusal_has_its_status(db: Db) {
    let api = Api::open(db).await;
    let (reception, nurse) = (api.caller(&[Role::Receptionist]).await, api.caller(&[Role::Nurse]).await);
    let visit = reception.register(&api.patient().await).await;
    let before = api.position().await;

    let refused = reception.log(&visit, "ENTERED_ROOM", json!({ "room": 1 })).await;
    refused.is_problem(400, "INVALID_METADATA");
    assert_eq!(refused.fields(), ["roomId", "room"]);
    let refused = nurse.log(&visit, "VITALS_RECORDED", json!({})).await;
    refused.is_problem(400, "INVALID_METADATA");
    assert_eq!(refused.fields(), ["metadata"]);
    let refused = reception.log(&visit, "TEA_SERVED", json!({})).await;
    refused.is_problem(400, "INVALID_METADATA");
    assert_eq!(refused.fields(), ["eventType"]);

    let refused = nurse.log(&visit, "VISIT_CANCELLED", json!({ "reason": "-" })).await;
    refused.is_problem(403, "ROLE_NOT_ALLOWED");
    assert_eq!(refused.json["facts"]["roles"], json!(["RECEPTIONIST", "MANAGER"]));
    let nowhere = new_id::<VisitId>().to_string();
    reception.log(&nowhere, "QUEUE_JOINED", json!({})).await.is_problem(404, "VISIT_NOT_FOUND");
    let refused = reception.log(&visit, "VISIT_ASSIGNED", json!({ "doctorId": new_id::<PersonId>() })).await;
    refused.is_problem(422, "UNKNOWN_REFERENCE");
    assert_eq!((&refused.json["field"], refused.fields()), (&json!("doctorId"), vec!["doctorId"]));
    let mut elsewhere = event(&visit, "QUEUE_JOINED", json!({}));
    elsewhere["branchId"] = json!(new_id::<PersonId>());
    let refused = reception.post("/events", elsewhere).await;
    refused.is_problem(422, "UNKNOWN_REFERENCE");
    assert_eq!(refused.json["field"], "branchId");
    reception.log(&visit, "EXITED_ROOM", json!({})).await.is_problem(422, "NOT_IN_ROOM");
    assert_eq!(api.position().await, before);
}

async fn what_stands_around_an_event_is_kept(db: Db) {
    let api = Api::open(db).await;
    let reception = api.caller(&[Role::Receptionist]).await;
    let sent = json!({
        "eventType": "VISIT_REGISTERED", "visitId": new_id::<VisitId>(), "id": new_id::<EventId>(),
        "metadata": { "patientId": api.patient().await }, "description": "Came by bus", "performedAt": "2026-03-01T07:30:00+05:30",
        "correlationId": "desk 2", "causationId": "a phone call", "tags": ["STAR", "HEDIS"],
        "branchId": api.room.branch_id, "expectedVersion": null,
    });
    let stored = reception.post("/events", sent.clone()).await;
    for (member, value) in sent.as_object().expect("an object") {
        match member.as_str() {
            "performedAt" => assert_eq!(stored.is(201)[member], "2026-03-01T02:00:00Z"),
            "expectedVersion" => assert_eq!(stored.json.get(member), None),
            "tags" => assert_eq!(stored.json[member], json!(["STAR", "HEDIS", "CMS"]), "and those of its type"),
            _ => assert_eq!(&stored.is(201)[member], value, "{member}"),
        }
    }
    let read = reception.get(&format!("/events/{}", sent["id"].as_str().expect("an id"))).await;
    let mut read = read.is(200).clone();
    let proof = read.as_object_mut().and_then(|members| members.remove("proof")).expect("a proof");
    assert_eq!(read, stored.json);
    assert_eq!((&proof["intact"], &proof["tenantId"]), (&Value::Bool(true), &json!(api.tenant.id)));
}

async fn an_ai_names_its_human_and_may_do_what_both_may(db: Db) {
    let api = Api::open(db).await;
    let (reception, patient) = (api.caller(&[Role::Receptionist]).await, api.patient().await);
    let (nurse, clerk) = (api.caller(&[Role::Nurse]).await, api.caller(&[Role::BillingClerk]).await);
    let scribe = api.caller_of_kind(ActorType::Ai, &[Role::Nurse, Role::Doctor]).await;
    let visit = reception.register(&patient).await;
    let vitals = || event(&visit, "VITALS_RECORDED", json!({ "pulse": 72 }));
    let named = |caller: &str| [("On-Behalf-Of", caller.to_owned())];
    let post = async |human: &str| {
        let [(name, value)] = named(human);
        scribe.post_with("/events", &[(name, &value)], vitals()).await
    };

    assert_eq!(scribe.post("/events", vitals()).await.fields(), ["On-Behalf-Of"]);
    let (nobody, itself) = (new_id::<PersonId>().to_string(), scribe.person.id.to_string());
    for (named, status) in [("nobody", 400), (&nobody, 403), (&itself, 403)] {
        let answer = post(named).await;
        answer.is(status);
        assert_eq!(answer.fields(), ["On-Behalf-Of"], "{named}");
    }
    post(clerk.person.id.as_str()).await.is_problem(403, "ROLE_NOT_ALLOWED");
    let stored = post(nurse.person.id.as_str()).await;
    assert_eq!(stored.is(201)["onBehalfOf"], nurse.person.id.as_str());
    assert_eq!((&stored.json["performedBy"], &stored.json["actorType"]), (&json!(scribe.person.id), &json!("AI")));
    let human = nurse.post_with("/events", &[("On-Behalf-Of", clerk.person.id.as_str())], vitals()).await;
    assert_eq!((human.status, human.fields()), (StatusCode::FORBIDDEN, vec!["On-Behalf-Of"]));

    let bookkeeper = api.caller_of_kind(ActorType::Ai, &[Role::Nurse]).await;
    bookkeeper.get(&format!("/visits/{visit}")).await.is(200);
    let auditor = api.caller(&[Role::Auditor]).await;
    let [(name, value)] = named(auditor.person.id.as_str());
    let request = axum::http::Request::get(format!("/api/v1/visits/{visit}")).header(name, value);
    assert_eq!(bookkeeper.send(request, axum::body::Body::empty()).await.status, StatusCode::FORBIDDEN);
}
