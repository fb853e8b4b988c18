//! Is the server alive, and can it work?

use axum::extract::State;
use axum::http::StatusCode;

use super::AppState;

/// The process answers.
pub async fn alive() -> &'static str {
    "alive"
}

/// The database answers, and its schema is the one we know: it was brought up to date at start, but a later version may have come.
pub async fn ready(State(state): State<AppState>) -> (StatusCode, &'static str) {
    let knows_schema = match state.db.ping().await {
        Ok(()) => state.db.knows_schema().await,
        Err(error) => Err(error),
    };
    match knows_schema {
        Ok(true) => (StatusCode::OK, "ready"),
        Ok(false) => {
            tracing::error!("the database has another schema than this version knows");
            (StatusCode::SERVICE_UNAVAILABLE, "the database has another schema than this version knows")
        }
        Err(error) => {
            tracing::error!(%error, "the database does not answer");
            (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer")
        }
    }
}
