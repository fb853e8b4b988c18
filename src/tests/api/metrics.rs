//! Stories of the figures for Prometheus.

use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use serde_json::json;
use sojourn::db::Db;
use sojourn::journey::words::Role;

use super::{Answer, Api, send};
use crate::support::stories;

stories! {
    figures_say_how_the_log_and_its_readers_do,
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
