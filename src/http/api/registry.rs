//! The registry: what may happen, to visits and to everything else.

use axum::Json as Answer;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use serde_json::{Value, json};

use super::json::Json;
use super::parameters::Parameters;
use super::problem::Problem;
use super::reading::not_for;
use crate::hospital::event_types::{self, EventType};
use crate::http::sign_in::Program;
use crate::journey::words::Role;
use crate::journey::workflow;
use crate::record::Recorder;
use crate::schemas::{Described, stands};

/// Who may add a type.
const KEEPERS: &[Role] = &[Role::Manager, Role::Admin];

/// Every type of event.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Registry {
    /// The steps of a visit.
    #[schema(value_type = Vec<Object>)]
    events: Value,
    /// What happens to anything else, each version of each: the hospital's own types, then those it added.
    others: Vec<EventType>,
}

/// Every event type with its JSON Schema, roles, phase, default tags and version.
#[utoipa::path(get, path = "/registry", tag = "Workflow", responses((status = 200, body = Registry)))]
pub async fn list(program: Program, parameters: Parameters) -> Result<Answer<Registry>, Problem> {
    parameters.done()?;
    let mut others = event_types::own();
    others.extend(event_types::list(&program.db, &program.tenant.id).await?);
    Ok(Answer(Registry { events: workflow::registry(), others }))
}

/// A type as it is sent to be added.
pub struct TypeToAdd;

impl Described for TypeToAdd {
    fn described() -> Value {
        let name = json!({ "type": "string", "pattern": "^[A-Za-z][A-Za-z0-9._\\-]{0,99}$" });
        let tag = json!({ "type": "string", "pattern": "^[A-Z0-9_\\-]{1,50}$" });
        json!({
            "type": "object",
            "description": "A type of event for what is no visit. One that is there already gets a new version.",
            "properties": {
                "eventType": name,
                "aggregateType": name,
                "title": { "type": ["string", "null"], "description": "What people call it, in one line." },
                "schema": { "type": "object", "description": "The JSON Schema of its metadata." },
                "roles": { "type": "array", "items": Role::described(), "description": "Who may log it; anybody when empty." },
                "tags": { "type": "array", "items": tag, "maxItems": 20, "description": "What every such event bears." },
            },
            "required": ["eventType", "aggregateType", "schema"],
            "additionalProperties": false,
        })
    }
}

stands!(TypeToAdd);

/// Adds a type of event, or the next version of one.
#[utoipa::path(
    post,
    path = "/registry",
    tag = "Workflow",
    request_body = TypeToAdd,
    responses(
        (status = 201, body = EventType, description = "It is added."),
        (status = 403, description = "None of the caller's roles may add a type."),
    )
)]
pub async fn add(
    State(recorder): State<Recorder>,
    program: Program,
    parameters: Parameters,
    Json(body): Json,
) -> Result<(StatusCode, Answer<EventType>), Problem> {
    parameters.done()?;
    if !program.person.holds_any(KEEPERS) {
        return Err(not_for(KEEPERS, "add a type of event"));
    }
    let new = serde_json::from_value(body).map_err(|error| Problem::invalid("body", error.to_string()))?;
    let added = recorder.add_event_type(&program.tenant, &program.person.id, new).await?;
    Ok((StatusCode::CREATED, Answer(added)))
}
