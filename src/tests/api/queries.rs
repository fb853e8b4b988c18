//! Stories of asking for events, of counting them, and of a visit as it was.

use axum::http::header::ETAG;
use chrono::TimeDelta;
use serde_json::{Value, json};
use sojourn::db::Db;
use sojourn::journey::words::Role;

use super::{Answer, Api, event};
use crate::support::stories;

stories! {
    events_are_found_by_what_they_are,
    tagged_events_of_a_period_are_listed_and_counted,
    a_log_is_counted,
    a_visit_is_read_as_it_was,
}

/// The types of the events of a list.
fn types(answer: &Answer) -> Vec<&str> {
    let events = answer.is(200)["events"].as_array().expect("a list");
    events.iter().filter_map(|event| event["eventType"].as_str()).collect()
}

async fn events_are_found_by_what_they_are(db: Db) {
    let api = Api::open(db).await;
    let (reception, manager) = (api.caller(&[Role::Receptionist]).await, api.caller(&[Role::Manager]).await);
    let visit = reception.register(&api.patient().await).await;
    let start = api.clock.clock().now();
    for (index, word) in ["QUEUE_JOINED", "QUEUE_CALLED", "QUEUE_SKIPPED", "QUEUE_CALLED"].into_iter().enumerate() {
        api.clock.advance(TimeDelta::minutes(10));
        let mut sent = event(&visit, word, json!({}));
        sent["correlationId"] = json!("call 7/ä");
        sent["tags"] = json!([if index < 2 { "HEDIS" } else { "STAR" }]);
        reception.post("/events", sent).await.is(201);
    }
    let time = |minutes| (start + TimeDelta::minutes(minutes)).to_rfc3339().replace('+', "%2B");
    for (path, expected) in [
        ("/events/type/QUEUE_CALLED".to_owned(), vec!["QUEUE_CALLED", "QUEUE_CALLED"]),
        ("/events/type/booking.created".to_owned(), vec![]),
        (format!("/events/actor/{}?limit=2", reception.person.id), vec!["VISIT_REGISTERED", "QUEUE_JOINED"]),
        (format!("/events/actor/{}", api.room.id), vec![]),
        (format!("/events/entity/visit/{visit}?limit=1"), vec!["VISIT_REGISTERED"]),
        (format!("/events/entity/booking/{visit}"), vec![]),
        ("/events/correlation/call%207%2F%C3%A4?limit=1".to_owned(), vec!["QUEUE_JOINED"]),
        ("/events/tag/STAR".to_owned(), vec!["QUEUE_SKIPPED", "QUEUE_CALLED"]),
        (format!("/events/range?from={}&to={}", time(10), time(30)), vec!["QUEUE_JOINED", "QUEUE_CALLED"]),
    ] {
        for caller in [&manager, &reception] {
            assert_eq!(types(&caller.get(&path).await), expected, "{path}");
        }
    }
    let first = manager.get(&format!("/events/range?from={}&to={}&limit=3", time(0), time(60))).await;
    let next = first.is(200)["next"].as_str().expect("more").to_owned();
    let rest = manager.get(&format!("/events/range?from={}&to={}&after={next}", time(0), time(60))).await;
    assert_eq!((types(&first).len(), types(&rest)), (3, vec!["QUEUE_SKIPPED", "QUEUE_CALLED"]));

    for (path, fields) in [
        ("/events/type/a%00b", vec!["type"]),
        ("/events/tag/lower", vec!["tag"]),
        ("/events/entity/visit/%ff", vec!["entityType", "entityId"]),
        ("/events/range", vec!["from", "to"]),
        ("/events/range?from=2026-03-01T00:00:00Z&to=2026-02-01T00:00:00Z", vec!["to"]),
        ("/events/range?from=yesterday&to=2026-02-01T00:00:00Z", vec!["from"]),
        ("/events/compliance?startDate=1.3.2026&tags=hedis", vec!["startDate", "endDate", "tags"]),
        ("/events/stats?from=1", vec!["from"]),
    ] {
        let answer = manager.get(path).await;
        answer.is_problem(400, "INVALID_REQUEST");
        assert_eq!(answer.fields(), fields, "{path}");
    }
    manager.get("/events/actor/somebody").await.is_problem(404, "PERSON_NOT_FOUND");
}

async fn tagged_events_of_a_period_are_listed_and_counted(db: Db) {
    let api = Api::open(db).await;
    let (reception, manager) = (api.caller(&[Role::Receptionist]).await, api.caller(&[Role::Manager]).await);
    let visit = reception.register(&api.patient().await).await;
    for (word, tags) in [
        ("QUEUE_JOINED", json!(["HEDIS"])),
        ("QUEUE_CALLED", json!(["HEDIS", "STAR"])),
        ("QUEUE_SKIPPED", json!(["STAR"])),
    ] {
        api.clock.advance(TimeDelta::hours(7));
        let mut sent = event(&visit, word, json!({}));
        sent["tags"] = tags;
        reception.post("/events", sent).await.is(201);
    }
    let ask = |end: &str, more: &str| {
        format!("/events/compliance?startDate=2026-03-01&endDate={end}&tags=STAR,HEDIS,HEDIS{more}")
    };
    let day = manager.get(&ask("2026-03-01", "")).await;
    assert_eq!(types(&day), ["QUEUE_JOINED", "QUEUE_CALLED"], "the hospital's day ends at its own midnight");
    let both = manager.get(&ask("2026-03-02", "&limit=2")).await;
    assert_eq!(types(&both), ["QUEUE_JOINED", "QUEUE_CALLED"]);
    let expected = json!({
        "byTag": { "HEDIS": 2, "STAR": 2 },
        "byType": { "QUEUE_JOINED": 1, "QUEUE_CALLED": 1, "QUEUE_SKIPPED": 1 },
    });
    assert_eq!((&both.json["counts"], &both.json["tags"]), (&expected, &json!(["HEDIS", "STAR"])));
    let next = both.json["next"].as_str().expect("more");
    let rest = manager.get(&ask("2026-03-02", &format!("&limit=2&after={next}"))).await;
    assert_eq!((types(&rest), &rest.json["next"]), (vec!["QUEUE_SKIPPED"], &Value::Null));
    let other = manager.get("/events/compliance?startDate=2026-03-01&endDate=2026-03-02&tags=SDOH").await;
    assert_eq!(other.is(200)["counts"], json!({ "byTag": { "SDOH": 0 }, "byType": {} }));
}

async fn a_log_is_counted(db: Db) {
    let api = Api::open(db).await;
    let (reception, manager) = (api.caller(&[Role::Receptionist]).await, api.caller(&[Role::Manager]).await);
    let empty = json!({ "total": 0, "byType": {}, "byDay": {}, "byActor": {}, "first": null, "last": null });
    assert_eq!(manager.get("/events/stats").await.is(200), &empty);
    let visit = reception.register(&api.patient().await).await;
    api.clock.advance(TimeDelta::hours(20));
    reception.log(&visit, "QUEUE_JOINED", json!({})).await.is(201);
    manager.log(&visit, "VISIT_ASSIGNED", json!({ "doctorId": manager.person.id })).await;
    reception.log(&visit, "QUEUE_CALLED", json!({})).await.is(201);
    let statistics = manager.get("/events/stats").await;
    let counted = statistics.is(200);
    assert_eq!(
        counted["byDay"],
        json!({ "2026-03-01": 1, "2026-03-02": counted["total"].as_i64().expect("a number") - 1 })
    );
    assert_eq!(counted["byType"]["VISIT_REGISTERED"], 1);
    assert_eq!(counted["byActor"][reception.person.id.to_string()], 3);
    assert_eq!(counted["total"], api.position().await);
    assert!(counted["first"].as_str() < counted["last"].as_str());
}

async fn a_visit_is_read_as_it_was(db: Db) {
    let api = Api::open(db).await;
    let reception = api.caller(&[Role::Receptionist]).await;
    let start = api.clock.clock().now();
    let visit = reception.register(&api.patient().await).await;
    for word in ["QUEUE_JOINED", "QUEUE_CALLED"] {
        api.clock.advance(TimeDelta::minutes(10));
        reception.log(&visit, word, json!({})).await.is(201);
    }
    let as_of = |minutes| {
        let moment = (start + TimeDelta::minutes(minutes)).to_rfc3339().replace('+', "%2B");
        format!("/visits/{visit}?asOf={moment}")
    };
    for (path, version, status, next) in [
        (as_of(0), 1, "REGISTERED", "QUEUE_JOINED"),
        (as_of(19), 2, "WAITING", "QUEUE_CALLED"),
        (as_of(1000), 3, "CALLED", "QUEUE_SKIPPED"),
        (format!("/visits/{visit}?version=1"), 1, "REGISTERED", "QUEUE_JOINED"),
        (format!("/visits/{visit}?version=2"), 2, "WAITING", "QUEUE_CALLED"),
    ] {
        let then = reception.get(&path).await;
        assert_eq!((&then.is(200)["version"], &then.json["status"]), (&json!(version), &json!(status)), "{path}");
        assert_eq!(then.headers[ETAG], format!("\"{version}\""));
        assert!(then.json["allowed"].as_array().expect("a list").contains(&json!(next)), "{path}: {}", then.text);
    }
    let now = reception.get(&format!("/visits/{visit}")).await;
    assert_eq!(now.is(200), reception.get(&format!("/visits/{visit}?version=3")).await.is(200));
    reception.get(&as_of(-1)).await.is_problem(404, "VISIT_NOT_FOUND");
    reception.get(&format!("/visits/{visit}?version=4")).await.is_problem(404, "VERSION_NOT_FOUND");
    for (query, field) in [("version=0", "version"), ("version=1e3", "version"), ("asOf=noon", "asOf")] {
        let answer = reception.get(&format!("/visits/{visit}?{query}")).await;
        answer.is_problem(400, "INVALID_REQUEST");
        assert_eq!(answer.fields(), [field]);
    }
    reception.get(&format!("{}&version=1", as_of(0))).await.is_problem(400, "INVALID_REQUEST");

    // What was done earlier and logged only now was not known then.
    api.clock.advance(TimeDelta::minutes(10));
    let mut late = event(&visit, "QUEUE_SKIPPED", json!({}));
    late["performedAt"] = json!((start + TimeDelta::minutes(21)).to_rfc3339());
    reception.post("/events", late).await.is(201);
    for (minutes, version) in [(29, 3), (30, 4)] {
        assert_eq!(reception.get(&as_of(minutes)).await.is(200)["version"], version, "{minutes}");
    }
}
