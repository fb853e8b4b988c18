//! The state machine and the table of events, as the code itself tells them; and the API as it describes itself.

use axum::Json as Answer;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value};

use super::document;
use super::parameters::Parameters;
use super::problem::Problem;
use crate::http::sign_in::Program;
use crate::journey::workflow;

/// The state machine.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "only described")]
pub struct Workflow {
    /// The state before the first event.
    start: String,
    /// From status to status: where the patient is.
    visit: Vec<Arrow>,
    /// From stage to stage of one test.
    test: Vec<Arrow>,
    /// The table of events.
    events: Vec<Map<String, Value>>,
}

/// One arrow of the state machine.
#[derive(utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only described")]
pub struct Arrow {
    from: String,
    event: String,
    to: String,
}

/// The state machine as data.
#[utoipa::path(get, path = "/workflow", tag = "Workflow", responses((status = 200, body = Workflow)))]
pub async fn workflow(_: Program, parameters: Parameters) -> Result<Answer<Value>, Problem> {
    parameters.done()?;
    Ok(Answer(workflow::as_json()))
}

/// The state machine as a Mermaid diagram.
#[utoipa::path(
    get,
    path = "/workflow.mmd",
    tag = "Workflow",
    responses((status = 200, body = String, content_type = "text/plain"))
)]
pub async fn diagram(_: Program, parameters: Parameters) -> Result<String, Problem> {
    parameters.done()?;
    Ok(workflow::as_mermaid())
}

/// This description.
#[utoipa::path(
    get,
    path = "/openapi.json",
    tag = "Workflow",
    security(()),
    responses((status = 200, body = Object))
)]
pub async fn openapi(parameters: Parameters) -> Result<Response, Problem> {
    parameters.done()?;
    Ok(([(CONTENT_TYPE, "application/json")], document::TEXT.as_str()).into_response())
}
