//! Stories of NATS JetStream, told with a real server.

use serde_json::json;
use sojourn::clock::Clock;
use sojourn::db::Db;

use super::{QUICK, Running, dead_letters, lag, log_in_turns, reload, subscribe};
use crate::support::events::{append, happening, tenant};
use crate::support::nats::NatsServer;
use crate::support::{stories, until};

stories! {
    a_stream_keeps_each_event_once,
    a_server_that_stops_costs_no_event,
}

async fn a_stream_keeps_each_event_once(db: Db) {
    let server = NatsServer::start();
    let tenant = tenant(&db).await;
    let mut ruled = happening("the tariff", 1);
    (ruled.aggregate_type, ruled.event_type) = ("pricing".to_owned(), "pricing.rule.changed".to_owned());
    let stored = append(&db, &tenant, [happening("anna", 1), ruled, happening("anna", 2)]).await;
    // Two subscriptions, and both publish everything.
    let (one, _) = subscribe(&db, &tenant, "NATS", &server.url(), json!({ "name": "one" })).await;
    let (other, _) = subscribe(&db, &tenant, "NATS", &server.url(), json!({ "name": "other" })).await;
    let running = Running::start(&db, Clock::system(), QUICK);
    for id in [&one.id, &other.id] {
        until!("the log was served", reload(&db, &tenant, id).await.position == 3);
        assert_eq!(dead_letters(&db, &tenant, id).await, []);
    }
    // The stream may be made while somebody publishes already; what was refused so is sent again.
    until!("nothing is held back", lag(&db, &tenant).await.held == 0);
    running.stop().await;

    let messages = server.messages().await;
    assert_eq!(messages.len(), 3, "each was published twice, and is there once");
    for event in &stored {
        let id = event.event.id.to_string();
        let (subject, _, written) = messages.iter().find(|(_, message, _)| *message == id).expect("the event");
        let tail = format!("{}.{}", event.event.aggregate_type, event.event.event_type);
        assert_eq!(*subject, format!("sojourn.{tenant}.{tail}"));
        assert_eq!((&written["id"], &written["specversion"]), (&json!(id), &json!("1.0")));
        assert_eq!(written["data"], serde_json::to_value(event).expect("JSON"));
    }
}

async fn a_server_that_stops_costs_no_event(db: Db) {
    const THINGS: [&str; 3] = ["anna", "berta", "carla"];
    let mut server = NatsServer::start();
    let tenant = tenant(&db).await;
    let (subscription, _) =
        subscribe(&db, &tenant, "NATS", &server.url(), json!({ "maxAttempts": 1, "batchSize": 4 })).await;
    let running = Running::start(&db, Clock::system(), QUICK);
    log_in_turns(&db, &tenant, &THINGS, 1..=5).await;
    until!("the log was served", reload(&db, &tenant, &subscription.id).await.position == 15);
    server.stop();
    log_in_turns(&db, &tenant, &THINGS, 6..=20).await;
    let problem = async || reload(&db, &tenant, &subscription.id).await.problem;
    until!("the subscription says what is wrong", problem().await.is_some());
    server.go_on();
    until!("the log was served", {
        let lag = lag(&db, &tenant).await;
        (lag.behind, lag.held) == (0, 0)
    });
    running.stop().await;
    assert_eq!(dead_letters(&db, &tenant, &subscription.id).await, []);
    let messages = server.messages().await;
    assert_eq!(messages.len(), 60);
    for thing in THINGS {
        let of_thing = messages.iter().filter(|(.., event)| event["data"]["aggregateId"] == thing);
        let versions: Vec<_> =
            of_thing.map(|(.., event)| event["data"]["version"].as_i64().expect("a version")).collect();
        assert_eq!(versions, (1..=20).collect::<Vec<_>>(), "{thing}");
    }
}
