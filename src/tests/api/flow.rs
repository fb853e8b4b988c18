//! The standard flow of an out-patient, carried through by five people with a token each.

use std::collections::BTreeSet;

use axum::http::header::ETAG;
use chrono::TimeDelta;
use serde_json::{Value, json};
use sojourn::db::{Db, new_id};
use sojourn::journey::events::EventType;
use sojourn::journey::ids::{BillId, TestId, VisitId};
use sojourn::journey::schema::{Field, Shape};
use sojourn::journey::words::{Role, Word};
use sojourn::log;

use super::{Api, event};
use crate::support::stories;

stories!(the_standard_flow_runs_over_rest);

const HTML: &str = "<b onclick=alert(1)>\"&amp;'</b>\n\t🫀";

/// The flow: who does what.
fn standard_opd(patient: &str, room: &str) -> Vec<(Role, &'static str, Value)> {
    use Role::*;
    let (bill, tests_bill, test) = (new_id::<BillId>(), new_id::<BillId>(), new_id::<TestId>());
    let of_test = json!({ "testId": test });
    let with = |more: Value| {
        let mut metadata = of_test.clone();
        metadata.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        metadata
    };
    vec![
        (Receptionist, "VISIT_REGISTERED", json!({ "patientId": patient })),
        (Receptionist, "QUEUE_JOINED", json!({})),
        (
            BillingClerk,
            "CONSULTATION_BILLED",
            json!({ "billId": bill, "items": [{ "description": "-", "amount": 50_000 }] }),
        ),
        (BillingClerk, "PAYMENT_RECEIVED", json!({ "billId": bill, "amount": 50_000, "method": "CASH" })),
        (Doctor, "QUEUE_CALLED", json!({ "roomId": room })),
        (Doctor, "ENTERED_ROOM", json!({ "roomId": room })),
        (Doctor, "EXITED_ROOM", json!({})),
        (Doctor, "PRESCRIPTION_GIVEN", json!({ "items": [{ "drug": "-", "dose": "-", "frequency": "-", "days": 3 }] })),
        (Doctor, "TESTS_ORDERED", json!({ "tests": [{ "testId": test, "code": "HB", "name": "-", "price": 20_000 }] })),
        (
            BillingClerk,
            "TESTS_BILLED",
            json!({ "billId": tests_bill, "items": [{ "testId": test, "amount": 20_000 }] }),
        ),
        (BillingClerk, "PAYMENT_RECEIVED", json!({ "billId": tests_bill, "amount": 20_000, "method": "UPI" })),
        (LabTechnician, "TEST_SAMPLE_COLLECTED", of_test.clone()),
        (LabTechnician, "TEST_IN_PROGRESS", of_test.clone()),
        (
            LabTechnician,
            "TEST_COMPLETED",
            with(json!({ "results": [{ "analyte": "-", "value": "13.5", "low": 12.0, "high": 15.5 }] })),
        ),
        (Pathologist, "TEST_REVIEWED", of_test.clone()),
        (Pathologist, "TEST_APPROVED", of_test.clone()),
        (Pathologist, "REPORT_GENERATED", of_test.clone()),
        (Receptionist, "REPORT_DELIVERED", with(json!({ "deliveredTo": "-" }))),
        (Receptionist, "VISIT_COMPLETED", json!({})),
    ]
}

/// Puts HTML into every text that metadata may hold.
fn dress(fields: &[Field], metadata: &mut Value) {
    for field in fields {
        match field.shape {
            // A room and a counter cannot both be named.
            Shape::Text { .. } if field.name != "counter" => metadata[field.name] = json!(HTML),
            Shape::List { of, .. } => {
                metadata[field.name].as_array_mut().into_iter().flatten().for_each(|item| dress(of, item));
            }
            _ => {}
        }
    }
}

async fn the_standard_flow_runs_over_rest(db: Db) {
    let api = Api::open(db).await;
    let patient = api.patient().await;
    let cast = [Role::Receptionist, Role::Doctor, Role::BillingClerk, Role::LabTechnician, Role::Pathologist];
    let mut people = Vec::new();
    for role in cast {
        people.push((role, api.caller(&[role]).await));
    }
    let visit = new_id::<VisitId>().to_string();
    let steps = standard_opd(&patient, &api.room.id.to_string());
    let mut hashes = BTreeSet::new();
    for (index, (role, word, mut metadata)) in steps.into_iter().enumerate() {
        let (_, caller) = people.iter().find(|(held, _)| *held == role).expect("somebody of the cast");
        dress(EventType::from_word(word).expect("an event").row().fields, &mut metadata);
        let version = index as i64;
        if version > 0 {
            let now = caller.get(&format!("/visits/{visit}")).await;
            assert_eq!(now.is(200)["version"], version);
            assert_eq!(now.headers[ETAG], format!("\"{version}\""));
            assert!(now.json["allowed"].as_array().expect("a list").contains(&json!(word)), "{word}: {}", now.text);
        }
        let mut sent = event(&visit, word, metadata);
        sent["description"] = json!(HTML);
        sent["correlationId"] = json!("a call");
        sent["tags"] = json!(["HEDIS"]);
        let answer = caller.post_with("/events", &[("If-Match", &format!("\"{version}\""))], sent.clone()).await;
        let stored = answer.is(201);
        for member in ["eventType", "visitId", "metadata", "description", "correlationId"] {
            assert_eq!(stored[member], sent[member], "{member} is kept as it was sent");
        }
        assert!(stored["tags"].as_array().expect("a list").contains(&json!("HEDIS")), "beside those of its type");
        assert_eq!(stored["version"], version + 1);
        assert_eq!(stored["position"], version + 1);
        assert_eq!(stored["performedBy"], caller.person.id.to_string());
        assert_eq!(stored["actorType"], "HUMAN");
        assert_eq!((&stored["schemaVersion"], &stored["aggregateType"]), (&json!(1), &json!("visit")));
        for member in ["id", "performedAt", "recordedAt", "prevHash", "hash"] {
            assert!(stored[member].is_string(), "{member}");
        }
        assert!(stored.get("salt").is_none());
        let prev_hash = stored["prevHash"].as_str().expect("a hash").to_owned();
        assert!(index == 0 || hashes.contains(&prev_hash), "each event follows the one before");
        hashes.insert(stored["hash"].as_str().expect("a hash").to_owned());
        let read = caller.get(answer.headers["location"].to_str().expect("an address").trim_start_matches("/api/v1"));
        let read = read.await;
        assert_eq!(read.is(200)["metadata"], sent["metadata"]);
        assert_eq!(read.json["proof"]["intact"], true);
        api.clock.advance(TimeDelta::minutes(1));
    }

    let (_, reception) = &people[0];
    let state = reception.get(&format!("/visits/{visit}")).await;
    assert_eq!(state.is(200)["status"], "COMPLETED");
    let bills = state.json["bills"].as_object().expect("bills");
    assert!(bills.len() == 2 && bills.values().all(|bill| bill["balance"] == 0));
    let timeline = reception.get(&format!("/visits/{visit}/timeline")).await;
    let told = timeline.is(200)["timeline"].as_array().expect("a list");
    assert_eq!(
        (told.len(), &told[18]["eventType"], &told[18]["secondsSincePrevious"]),
        (19, &json!("VISIT_COMPLETED"), &json!(60))
    );
    let measures = reception.get(&format!("/visits/{visit}/durations")).await;
    assert_eq!((&measures.is(200)["wholeVisit"], &measures.json["doorToDoctor"]), (&json!(18 * 60), &json!(5 * 60)));
    let duration = reception.get(&format!("/visits/{visit}/durations?from=ENTERED_ROOM&to=EXITED_ROOM")).await;
    assert_eq!(duration.is(200), &json!({ "from": "ENTERED_ROOM", "to": "EXITED_ROOM", "seconds": 60 }));

    let verified = log::verify(&api.db, &api.tenant.id).await;
    assert!(verified.is_ok(), "{verified:?}");
}
