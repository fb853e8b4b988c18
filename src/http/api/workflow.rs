//! The state machine and the table of events, as the code itself tells them.

use axum::Json as Answer;
use serde_json::{Value, json};

use super::parameters::Parameters;
use super::problem::Problem;
use crate::http::sign_in::Program;
use crate::journey::workflow;

/// `GET /workflow`: the state machine as data.
pub async fn workflow(_: Program, parameters: Parameters) -> Result<Answer<Value>, Problem> {
    parameters.done()?;
    Ok(Answer(workflow::as_json()))
}

/// `GET /workflow.mmd`: the state machine as a Mermaid diagram.
pub async fn diagram(_: Program, parameters: Parameters) -> Result<String, Problem> {
    parameters.done()?;
    Ok(workflow::as_mermaid())
}

/// `GET /registry`: every event type with its JSON Schema, roles, phase, default tags and version.
pub async fn registry(_: Program, parameters: Parameters) -> Result<Answer<Value>, Problem> {
    parameters.done()?;
    Ok(Answer(json!({ "events": workflow::registry() })))
}
