//! Is the server alive, and can it work?

use axum::extract::State;
use axum::http::StatusCode;

use super::AppState;

/// The process answers.
pub async fn alive() -> &'static str {
    "alive"
}

/// The database answers, and its schema is the one we know (it was brought up to date at start).
pub async fn ready(State(state): State<AppState>) -> (StatusCode, &'static str) {
    match state.db.ping().await {
        Ok(()) => (StatusCode::OK, "ready"),
        Err(error) => {
            tracing::error!(%error, "the database does not answer");
            (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer")
        }
    }
}
