//! `/metrics`: figures for Prometheus. No figure and no label says anything of a patient.
//!
//! Given to who asks from this machine itself, and to programs of an administrator.

use std::error::Error;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use axum::Extension;
use axum::extract::{ConnectInfo, FromRequestParts, MatchedPath, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use super::AppState;
use super::sign_in::Program;
use crate::delivery;
use crate::journey::ids::Id as _;
use crate::journey::words::{Role, Word as _};
use crate::live::Live;
use crate::log;
use crate::projections::checkpoint::Condition;
use crate::projections::following::{self, FOLLOWING};

/// What a figure is told apart by.
type Labels = Vec<(&'static str, String)>;

/// How long answers may take, in seconds, where the histogram is cut.
const CUTS: [f64; 13] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// The methods that are counted by name; others share one, or anybody could make figures without end.
const METHODS: [Method; 7] =
    [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS];

/// What is counted while the server runs.
#[derive(Debug)]
pub struct Metrics {
    requests: Family<Labels, Counter>,
    durations: Family<Labels, Histogram, fn() -> Histogram>,
}

impl Default for Metrics {
    fn default() -> Self {
        Self { requests: Family::default(), durations: Family::new_with_constructor(|| Histogram::new(CUTS)) }
    }
}

/// Counts a request by the template of its address, and how long its answer took to begin.
pub async fn measure(State(metrics): State<Arc<Metrics>>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map_or("other", MatchedPath::as_str).to_owned();
    let method = if METHODS.contains(request.method()) { request.method().as_str() } else { "other" }.to_owned();
    let begun = Instant::now();
    let response = next.run(request).await;
    let mut labels = vec![("method", method), ("route", route)];
    metrics.durations.get_or_create(&labels).observe(begun.elapsed().as_secs_f64());
    labels.push(("status", response.status().as_u16().to_string()));
    metrics.requests.get_or_create(&labels).inc();
    response
}

/// Who may see the figures.
#[derive(Debug)]
pub struct Watcher;

impl FromRequestParts<AppState> for Watcher {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, Response> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        if peer.is_some_and(|ConnectInfo(peer)| peer.ip().to_canonical().is_loopback()) && !passed_on(&parts.headers) {
            return Ok(Self);
        }
        let program = Program::from_request_parts(parts, app).await.map_err(IntoResponse::into_response)?;
        if program.person.holds_any(&[Role::Admin]) { Ok(Self) } else { Err(StatusCode::FORBIDDEN.into_response()) }
    }
}

/// Whether a proxy on this machine asks for somebody else.
fn passed_on(headers: &HeaderMap) -> bool {
    ["forwarded", "x-forwarded-for", "x-real-ip", "via"].iter().any(|name| headers.contains_key(*name))
}

/// The figures of this moment.
pub async fn show(
    _: Watcher,
    State(app): State<AppState>,
    Extension(metrics): Extension<Arc<Metrics>>,
    Extension(live): Extension<Live>,
) -> Result<Response, StatusCode> {
    let text = metrics.text(&app, &live).await.map_err(|error| {
        tracing::error!(%error, "the figures could not be gathered");
        StatusCode::SERVICE_UNAVAILABLE
    })?;
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, kind)], text).into_response())
}

impl Metrics {
    async fn text(&self, app: &AppState, live: &Live) -> Result<String, Box<dyn Error + Send + Sync>> {
        let mut registry = Registry::with_prefix("sojourn");
        let version = vec![("version", env!("CARGO_PKG_VERSION").to_owned())];
        registry.register("build", "The program that runs", Info::new(version));
        registry.register("http_requests", "Requests answered", self.requests.clone());
        registry.register_with_unit(
            "http_request_duration",
            "How long answers took to begin",
            Unit::Seconds,
            self.durations.clone(),
        );
        let refused = ConstCounter::new(app.recorder.refused());
        registry.register("attempts_refused", "Attempts refused since the program started", refused);
        of_logs(&mut registry, app).await?;
        of_delivery(&mut registry, app).await?;
        of_connections(&mut registry, app);
        let listening = ConstGauge::new(i64::try_from(live.taken()).unwrap_or(i64::MAX));
        registry.register("live_connections", "Pages that listen for live updates", listening);
        let mut text = String::new();
        encode(&mut text, &registry)?;
        Ok(text)
    }
}

/// How far each log has got, and each read model in it.
async fn of_logs(registry: &mut Registry, app: &AppState) -> sqlx::Result<()> {
    let (appended, positions) = (Family::<Labels, Counter>::default(), gauges());
    let (lags, states) = (gauges(), gauges());
    for (tenant, position) in log::positions(&app.db).await? {
        let of_tenant: Labels = vec![("tenant", tenant.to_string())];
        appended.get_or_create(&of_tenant).inc_by(position.unsigned_abs());
        positions.get_or_create(&of_tenant).set(position);
        for state in following::states(&app.db, &tenant, FOLLOWING).await? {
            let labels = with(&of_tenant, "projection", state.name);
            lags.get_or_create(&labels).set(state.lag);
            for condition in Condition::ALL {
                let labels = with(&labels, "state", condition.word());
                states.get_or_create(&labels).set(i64::from(state.state == *condition));
            }
        }
    }
    // Counted from the heads, which know what every process has appended.
    registry.register("events_appended", "Events in the log", appended);
    registry.register("log_position", "The last position in the log", positions);
    registry.register("projection_lag_events", "Events that a read model has still to take in", lags);
    registry.register("projection_state", "1 for what a read model does", states);
    Ok(())
}

/// How far each subscription is behind.
async fn of_delivery(registry: &mut Registry, app: &AppState) -> sqlx::Result<()> {
    let (behind, held, dead) = (gauges(), gauges(), gauges());
    for (tenant, lag) in delivery::lags(&app.db).await? {
        let labels = with(&vec![("tenant", tenant.to_string())], "subscription", lag.subscription_id.as_str());
        behind.get_or_create(&labels).set(lag.behind);
        held.get_or_create(&labels).set(lag.held);
        dead.get_or_create(&labels).set(lag.dead_letters);
    }
    registry.register("delivery_lag_events", "Events that a subscription was not served yet", behind);
    registry.register("delivery_held_aggregates", "Things whose events are held back", held);
    registry.register("delivery_dead_letters", "Events that were given up", dead);
    Ok(())
}

/// What the database's connections do.
fn of_connections(registry: &mut Registry, app: &AppState) {
    let connections = gauges();
    for (pool, open, idle) in app.db.connections() {
        for (state, count) in [("busy", open.saturating_sub(idle)), ("idle", idle)] {
            let labels = with(&vec![("pool", pool.to_owned())], "state", state);
            connections.get_or_create(&labels).set(i64::from(count));
        }
    }
    registry.register("database_connections", "Connections to the database", connections);
}

/// Labels and one more.
fn with(labels: &Labels, name: &'static str, value: &str) -> Labels {
    labels.iter().cloned().chain([(name, value.to_owned())]).collect()
}

fn gauges() -> Family<Labels, Gauge> {
    Family::default()
}
