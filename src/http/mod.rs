//! The server's face to browsers and programs.

mod api;
mod assets;
pub mod desk;
mod docs;
pub mod form;
mod health;
mod listening;
mod liveliness;
mod metrics;
mod page;
mod panels;
mod past;
mod problem;
mod refused;
mod screens;
mod security;
mod seen;
pub mod sign_in;
mod spoken;
mod story;
mod written;

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{DefaultBodyLimit, FromRef, Request};
use axum::http::StatusCode;
use axum::middleware::{from_fn, from_fn_with_state, map_response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use chrono::{DateTime, Utc};
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::timeout::TimeoutLayer;
use tower_http::trace::TraceLayer;

pub use assets::Site;
pub use page::Page;
pub use problem::Explanation;

use self::metrics::Metrics;
use self::screens::{
    admin, analytics, analytics_targets, audit, audit_events, billing, bookings, calls, cash_up, closing, display,
    doctor, documents, follow_ups, lab, letters, login, offline, patients, projections, queue, reception, refusals,
    shared, visit,
};
use self::seen::Sittings;
use self::sign_in::{Doorkeeper, session_layer};
use crate::analytics::Kept;
use crate::clock::Clock;
use crate::db::Db;
use crate::hospital::documents::MAX_BYTES;
use crate::language;
use crate::live::{self, Live};
use crate::log::AccessLog;
use crate::projections::channels::Channels;
use crate::record::Recorder;

/// The most that one request may send.
const BODY_LIMIT: usize = 2 * 1024 * 1024;

/// The most that one request with a document may send.
const UPLOAD_LIMIT: usize = MAX_BYTES + 64 * 1024;

/// The longest that a request may take to be answered; live updates begin their answer at once.
const ANSWER_LIMIT: Duration = Duration::from_secs(60);

/// What handlers share.
#[derive(Clone, Debug, FromRef)]
pub struct AppState {
    /// The database.
    pub db: Db,
    /// What time it is.
    pub clock: Clock,
    /// The one way into the log.
    pub recorder: Recorder,
    /// The days of the analytics, in memory.
    pub kept: Kept,
    /// Keeps who saw what.
    pub accesses: AccessLog,
    /// Who lets people in.
    pub doorkeeper: Doorkeeper,
    /// The built site.
    pub site: Arc<Site>,
    /// The ways by which patients are reminded of follow-ups; mail has other uses too.
    #[from_ref(skip)]
    pub channels: Channels,
    /// Whether this is a demo: the sign-in page then lists the demo people.
    #[from_ref(skip)]
    pub demo: bool,
    /// Whether browsers reach us through TLS: cookies are then marked for it.
    #[from_ref(skip)]
    pub behind_tls: bool,
    /// When the server started.
    #[from_ref(skip)]
    pub started: DateTime<Utc>,
}

/// The router of a server with live updates of its own.
pub fn router(state: AppState) -> Router {
    let live = Live::follow(&state.db, &state.recorder, live::Settings::default());
    router_with(state, live)
}

/// Every address there is, and what every request and answer goes through.
pub fn router_with(state: AppState, live: Live) -> Router {
    language::prepare();
    let metrics = Arc::new(Metrics::default());
    // Where documents may be sent.
    let uploads = Router::new()
        .route("/visits/{visit}", get(visit::show).post(visit::act))
        .route("/patients/{patient}", get(patients::show).post(patients::act))
        .layer(RequestBodyLimitLayer::new(UPLOAD_LIMIT));
    Router::new()
        .route("/", get(login::home))
        .route("/login", get(login::show).post(login::act))
        .route("/logout", post(login::leave))
        .route("/theme", post(login::theme))
        .route("/language", post(spoken::choose_language))
        .route("/language/{tag}/{version}", get(spoken::catalogue))
        .route("/doctor", get(doctor::show).post(doctor::act))
        .route("/queue/{station}", get(queue::show).post(queue::act))
        .route("/visits/{visit}/documents/{document}", get(documents::document))
        .route("/shared/{secret}", get(shared::show).post(shared::open))
        .route("/visits/{visit}/bills/{bill}/receipt", get(billing::receipt_page))
        .route("/reception/calls", get(calls::show).post(calls::act))
        .route("/reception/closing", get(closing::show).post(closing::act))
        .route("/reception", get(reception::show).post(reception::act))
        .route("/bookings", get(bookings::show).post(bookings::act))
        .route("/bookings/{booking}", get(bookings::show_one).post(bookings::act_on_one))
        .route("/visits/{visit}/letters/{number}", get(letters::show))
        .route("/visits/{visit}/slip", get(reception::slip_page))
        .route("/patients", get(patients::search))
        .route("/patients/found", get(patients::found_now))
        .route("/billing", get(billing::show).post(billing::act))
        .route("/billing/cash-up", get(cash_up::show).post(cash_up::act))
        .route("/visits/{visit}/refunds/{event}", get(cash_up::refund_page))
        .route("/lab", get(lab::show).post(lab::act))
        .route("/lab/offline", get(offline::show))
        .route("/lab/worklist", get(offline::worklist))
        .route("/lab/steps", post(offline::act))
        .route("/service-worker.js", get(offline::service_worker))
        .route("/visits/{visit}/tests/{test}/report", get(lab::report_page))
        .route("/visits/{visit}/tests/{test}/label", get(lab::label_page))
        .route("/admin", get(admin::people::show).post(admin::people::act))
        .route("/admin/people/{person}", get(admin::people::show_one).post(admin::people::act_on_one))
        .route("/admin/house", get(admin::house::show).post(admin::house::act))
        .route("/admin/tariff", get(admin::tariff::show).post(admin::tariff::act))
        .route("/admin/tariff/{entry}", get(admin::tariff::show_one).post(admin::tariff::act_on_one))
        .route("/admin/rules", get(admin::rules::show).post(admin::rules::act))
        .route("/admin/tokens", get(admin::tokens::show).post(admin::tokens::act))
        .route("/admin/projections", get(projections::show).post(projections::act))
        .route("/analytics", get(analytics::show))
        .route("/analytics/{panel}", get(analytics::waits_csv))
        .route("/analytics/journeys", get(analytics::journeys_page))
        .route("/analytics/journeys/{panel}", get(analytics::journeys_csv))
        .route("/analytics/follow-ups", get(follow_ups::show))
        .route("/analytics/refused", get(refusals::show))
        .route("/analytics/breaches", get(analytics::breaches))
        .route("/analytics/targets", get(analytics_targets::show).post(analytics_targets::act))
        .route("/analytics/visits", get(analytics::visits))
        .route("/metrics", get(metrics::show).layer(Extension(Arc::clone(&metrics))))
        .route("/audit", get(audit::show))
        .route("/audit/events", get(audit_events::show).post(audit_events::prove))
        .route("/live", get(listening::listen))
        .route("/display/{branch}", get(display::show))
        .route("/display/{branch}/live", get(display::listen))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .nest(api::ROOT, api::router())
        .merge(docs::router())
        .fallback(assets::file)
        .layer(RequestBodyLimitLayer::new(BODY_LIMIT))
        .merge(uploads)
        .layer(Extension(live))
        .layer(Extension(Arc::new(Sittings::default())))
        .layer(from_fn_with_state(state.clone(), problem::pages_within))
        .layer(session_layer(state.db.clone(), state.clock.clone(), state.behind_tls))
        .layer(DefaultBodyLimit::disable())
        .layer(
            ServiceBuilder::new()
                .layer(TraceLayer::new_for_http().make_span_with(span))
                .layer(CompressionLayer::new())
                .layer(map_response(security::headers))
                .layer(from_fn(spoken::layer))
                .layer(from_fn_with_state(state.clone(), problem::pages))
                .layer(CatchPanicLayer::new())
                .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, ANSWER_LIMIT))
                .layer(from_fn(security::same_origin)),
        )
        .layer(from_fn_with_state(metrics, metrics::measure))
        .with_state(state)
}

/// What the log says of a request: no query, it may hold a patient's name.
fn span(request: &Request) -> tracing::Span {
    tracing::info_span!("request", method = %request.method(), path = request.uri().path())
}
