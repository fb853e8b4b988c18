//! The REST API, `/api/v1`: for programs, who call with a token.
//!
//! | file | holds |
//! |---|---|
//! | [`events`] | logging one event or a batch, reading one |
//! | [`visits`] | a visit: its state, its log, its story, its times |
//! | [`patients`], [`reference`] | whom and what events name |
//! | [`subscriptions`] | who is handed each event, and what could not be handed over |
//! | [`workflow`] | the state machine and the table of events, as data |
//! | [`envelope`] | what is sent around an event's metadata |
//! | [`json`], [`headers`], [`parameters`] | what is read from a request, and what is refused of it |
//! | [`problem`] | every failure as `application/problem+json` |
//!
//! Whoever works in the hospital may read all of it; who may write is said by the table of events, and for patients in [`patients`].

mod envelope;
mod events;
mod headers;
mod json;
mod parameters;
mod patients;
mod problem;
mod reference;
mod subscriptions;
mod visits;
mod workflow;

use axum::Router;
use axum::routing::{get, post};

pub use problem::problems;

use super::AppState;

/// Where the API is.
pub const ROOT: &str = "/api/v1";

/// Every call there is, below [`ROOT`].
pub fn router() -> Router<AppState> {
    Router::new()
        .route("/events", post(events::log_one))
        .route("/events/batch", post(events::log_batch))
        .route("/events/{id}", get(events::one))
        .route("/visits/{id}", get(visits::one))
        .route("/visits/{id}/events", get(visits::events))
        .route("/visits/{id}/timeline", get(visits::timeline))
        .route("/visits/{id}/durations", get(visits::durations))
        .route("/patients", get(patients::search).post(patients::register))
        .route("/patients/{id}", get(patients::one))
        .route("/people", get(reference::people))
        .route("/rooms", get(reference::rooms))
        .route("/departments", get(reference::departments))
        .route("/tariff", get(reference::tariff))
        .route("/subscriptions", get(subscriptions::list).post(subscriptions::add))
        .route(
            "/subscriptions/{id}",
            get(subscriptions::one).patch(subscriptions::change).delete(subscriptions::remove),
        )
        .route("/subscriptions/{id}/dead-letters", get(subscriptions::dead_letters))
        .route("/subscriptions/{id}/dead-letters/{event}/resend", post(subscriptions::resend))
        .route("/workflow", get(workflow::workflow))
        .route("/workflow.mmd", get(workflow::diagram))
        .route("/registry", get(workflow::registry))
}

/// Whether an address belongs to the API.
pub fn is_within(path: &str) -> bool {
    path.strip_prefix(ROOT).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
