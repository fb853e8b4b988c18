//! Stories of the figures for Prometheus.

use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use chrono::TimeDelta;
use serde_json::json;
use sojourn::db::{Db, new_id};
use sojourn::journey::words::Role;
use sojourn::log::deliveries::{Aggregate, DeadLetter, Held, Progress, Run};
use sojourn::log::{deliveries, subscriptions};
use sojourn::projections::statistics::EventStatistics;
use sojourn::projections::{checkpoint, following};

use super::{Answer, Api, send};
use crate::support::stories;

stories! {
    figures_say_how_the_log_and_its_readers_do,
    figures_say_which_reader_fails,
    figures_say_what_subscribers_wait_for,
    figures_are_not_for_everybody,
}

async fn ask(api: &Api, from: &str, headers: &[(&str, &str)]) -> Answer {
    let peer: SocketAddr = from.parse().expect("an address");
    let request = Request::get("/metrics").extension(ConnectInfo(peer));
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    send(&api.router, request.body(Body::empty()).expect("a request")).await
}

async fn figures_say_how_the_log_and_its_readers_do(db: Db) {
    let api = Api::open(db).await;
    let clerk = api.caller(&[Role::Receptionist]).await;
    let visit = clerk.register(&api.patient().await).await;
    clerk.log(&visit, "ENTERED_ROOM", json!({ "roomId": api.room.id })).await;
    clerk.get(&format!("/visits/{visit}")).await.is(200);
    let answer = ask(&api, "127.0.0.1:5000", &[]).await;
    answer.is(200);
    let (tenant, head) = (&api.tenant.id, api.position().await);
    for line in [
        format!("sojourn_log_position{{tenant=\"{tenant}\"}} {head}"),
        format!("sojourn_events_appended_total{{tenant=\"{tenant}\"}} {head}"),
        "sojourn_attempts_refused_total 1".to_owned(),
        format!("sojourn_projection_lag_events{{tenant=\"{tenant}\",projection=\"event_statistics\"}} {head}"),
        "sojourn_http_requests_total{method=\"GET\",route=\"/api/v1/visits/{id}\",status=\"200\"} 1".to_owned(),
        "sojourn_http_request_duration_seconds_count{method=\"GET\",route=\"/api/v1/visits/{id}\"} 1".to_owned(),
        format!("sojourn_build_info{{version=\"{}\"}} 1", env!("CARGO_PKG_VERSION")),
    ] {
        assert!(answer.text.lines().any(|found| found == line), "{line}:\n{}", answer.text);
    }
    assert!(answer.text.contains("sojourn_database_connections{"));
    for secret in [visit.as_str(), "Asha", clerk.person.id.to_string().as_str()] {
        assert!(!answer.text.contains(secret), "{secret}");
    }
}

async fn figures_say_which_reader_fails(db: Db) {
    let api = Api::open(db).await;
    let clerk = api.caller(&[Role::Receptionist]).await;
    clerk.register(&api.patient().await).await;
    let (tenant, now) = (&api.tenant.id, api.clock.clock().now());
    following::pause(&api.db, tenant, &EventStatistics, now).await.expect("it begins, and is paused");
    following::resume(&api.db, tenant, &EventStatistics, now).await.expect("it goes on");
    checkpoint::fail(&api.db, tenant, "event_statistics", 0, "it is broken", now).await.expect("it fails");
    let (answer, head) = (ask(&api, "127.0.0.1:5000", &[]).await, api.position().await);
    answer.is(200);
    let labels = format!("tenant=\"{tenant}\",projection=\"event_statistics\"");
    for line in [
        format!("sojourn_projection_lag_events{{{labels}}} {head}"),
        format!("sojourn_projection_state{{{labels},state=\"FAILING\"}} 1"),
        format!("sojourn_projection_state{{{labels},state=\"RUNNING\"}} 0"),
        format!("sojourn_projection_state{{{labels},state=\"PAUSED\"}} 0"),
        format!("sojourn_projection_state{{tenant=\"{tenant}\",projection=\"visit_measures\",state=\"RUNNING\"}} 1"),
    ] {
        assert!(answer.text.lines().any(|found| found == line), "{line}:\n{}", answer.text);
    }
}

async fn figures_say_what_subscribers_wait_for(db: Db) {
    let api = Api::open(db).await;
    let (admin, clerk) = (api.caller(&[Role::Admin]).await, api.caller(&[Role::Receptionist]).await);
    let patient = api.patient().await;
    for _ in 0..4 {
        clerk.register(&patient).await;
    }
    let hook = json!({ "name": "Analytics", "kind": "WEBHOOK", "target": "https://hooks.example/sojourn", "after": 0 });
    let made = admin.post("/subscriptions", hook).await;
    let id = made.is(201)["id"].as_str().expect("an id").to_owned();
    let now = api.clock.clock().now();
    let aggregate = Aggregate { aggregate_type: "visit".to_owned(), aggregate_id: "v".to_owned() };
    let letter = |position| DeadLetter {
        event_id: new_id(),
        position,
        event_type: "QUEUE_CALLED".to_owned(),
        aggregate: aggregate.clone(),
        attempts: 15,
        problem: "the receiver answered 410 Gone".to_owned(),
        given_up_at: now,
        resend_at: None,
    };
    let (position, attempts) = (3, 1);
    let held = Held { aggregate: aggregate.clone(), position, recorded_at: now, attempts, due_at: now, problem: None };
    let term = TimeDelta::seconds(30);
    let lease = subscriptions::acquire(&api.db, &api.tenant.id, "test", term).await.expect("leases").remove(0);
    let run = Run { aggregate: aggregate.clone(), held: Some(held), dead: vec![letter(1), letter(2)] };
    let progress = Progress { from: 0, to: 3, runs: vec![run], ..Progress::default() };
    assert!(deliveries::keep(&api.db, &lease, &progress).await.expect("an answer"));

    let answer = ask(&api, "127.0.0.1:5000", &[]).await;
    answer.is(200);
    let labels = format!("tenant=\"{}\",subscription=\"{id}\"", api.tenant.id);
    for line in [
        format!("sojourn_delivery_lag_events{{{labels}}} {}", api.position().await - 3),
        format!("sojourn_delivery_held_aggregates{{{labels}}} 1"),
        format!("sojourn_delivery_dead_letters{{{labels}}} 2"),
    ] {
        assert!(answer.text.lines().any(|found| found == line), "{line}:\n{}", answer.text);
    }
}

async fn figures_are_not_for_everybody(db: Db) {
    let api = Api::open(db).await;
    let (admin, clerk) = (api.caller(&[Role::Admin]).await, api.caller(&[Role::Manager]).await);
    let bearer = |secret: &str| format!("Bearer {secret}");
    ask(&api, "10.0.0.7:5000", &[]).await.is(401);
    // A proxy on this machine speaks for somebody elsewhere.
    ask(&api, "127.0.0.1:5000", &[("X-Forwarded-For", "10.0.0.7")]).await.is(401);
    ask(&api, "10.0.0.7:5000", &[("Authorization", &bearer(&clerk.secret))]).await.is(403);
    ask(&api, "10.0.0.7:5000", &[("Authorization", &bearer(&admin.secret))]).await.is(200);
    ask(&api, "[::1]:5000", &[]).await.is(200);
}
