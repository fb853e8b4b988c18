//! Stories of whose data were seen, as the log of accesses tells it.

use serde_json::{Value, json};
use sojourn::db::Db;
use sojourn::journey::ids::{Id as _, VisitId};
use sojourn::journey::words::Role;

use super::Api;
use super::readers::addresses;
use crate::support::events::{append, bare_happening};
use crate::support::stories;

stories! {
    an_event_is_kept_with_whose_it_is,
    an_event_on_a_visit_is_its_patients_whoever_else_it_names,
}

async fn an_event_is_kept_with_whose_it_is(db: Db) {
    let api = Api::open(db).await;
    let desk = api.caller(&[Role::Receptionist]).await;
    let registered = desk.post("/patients", json!({ "name": "Ravi Menon" })).await;
    let patient = registered.is(201)["id"].as_str().expect("an id").to_owned();
    let consent = json!({ "purpose": "Research", "given": true });
    let consent = desk.post(&format!("/patients/{patient}/consents"), consent).await;
    let consent = consent.is(201)["id"].as_str().expect("an id").to_owned();
    let visit = desk.register(&patient).await;
    let booking = |version: i64, event_type: &str, metadata: Value| {
        let mut event = bare_happening("7", version);
        (event.aggregate_type, event.event_type) = ("booking".to_owned(), event_type.to_owned());
        event.metadata = metadata;
        event
    };
    let cancelled =
        [booking(1, "booking.created", json!({ "patientId": patient })), booking(2, "booking.cancelled", json!({}))];
    let cancelled = append(&api.db, &api.tenant.id, cancelled).await;
    let mut reads = vec![
        format!("/events/{consent}"),
        format!("/events/entity/patient/{patient}"),
        format!("/events/entity/consent/{patient}"),
        format!("/events/entity/visit/{visit}"),
        "/events/entity/booking/7".to_owned(),
    ];
    reads.extend(cancelled.iter().map(|stored| format!("/events/{}", stored.event.id)));
    let (manager, auditor) = (api.caller(&[Role::Manager]).await, api.caller(&[Role::Auditor]).await);
    for read in &reads {
        manager.get(read).await.is(200);
    }
    let mut expected: Vec<_> = reads.iter().map(|read| format!("/api/v1{read}")).collect();
    expected.sort_unstable();
    // What is of nobody is kept with nobody.
    manager.get("/events/entity/booking/8").await.is(200);
    let kept = auditor.get(&format!("/access?patientId={patient}&personId={}", manager.person.id)).await;
    assert_eq!(addresses(kept.is(200)), expected);
    let accesses = kept.json["accesses"].as_array().expect("a list");
    let of_visit: Vec<_> = accesses.iter().filter(|access| access["visitId"] == json!(visit)).collect();
    assert_eq!(of_visit.len(), 1, "{}", kept.text);
}

async fn an_event_on_a_visit_is_its_patients_whoever_else_it_names(db: Db) {
    let api = Api::open(db).await;
    let (manager, auditor) = (api.caller(&[Role::Manager]).await, api.caller(&[Role::Auditor]).await);
    let desk = api.caller(&[Role::Receptionist]).await;
    let mut patients = Vec::new();
    for name in ["Asha Rao", "Ravi Menon", "Nobody Seen"] {
        let registered = desk.post("/patients", json!({ "name": name })).await;
        patients.push(registered.is(201)["id"].as_str().expect("an id").to_owned());
    }
    let [first, second, named] = &patients[..] else { unreachable!("three patients") };
    let visits = [desk.register(first).await, desk.register(second).await];
    let signal = |version: i64| {
        let mut event = bare_happening("9", version);
        (event.aggregate_type, event.event_type) = ("signal".to_owned(), "signal.scored".to_owned());
        event.visit_id = VisitId::parse(&visits[version as usize - 1]).ok();
        event.metadata = json!({ "patientId": named });
        event
    };
    let scored = append(&api.db, &api.tenant.id, [signal(1), signal(2)]).await;
    let one = format!("/api/v1/events/{}", scored[0].event.id);
    manager.get(&format!("/events/{}", scored[0].event.id)).await.is(200);
    // A page for each visit.
    let page = manager.get("/events/entity/signal/9?limit=1").await;
    let next = page.is(200)["next"].to_string();
    manager.get(&format!("/events/entity/signal/9?limit=1&after={}", next.trim_matches('"'))).await.is(200);
    let list = "/api/v1/events/entity/signal/9".to_owned();
    let expected = [(first, vec![list.clone(), one]), (second, vec![list]), (named, Vec::new())];
    for (patient, mut seen) in expected {
        seen.sort_unstable();
        let kept = auditor.get(&format!("/access?patientId={patient}&personId={}", manager.person.id)).await;
        assert_eq!(addresses(kept.is(200)), seen, "{}", kept.text);
    }
}
