//! Logging events, and reading one.

use std::collections::BTreeSet;

use axum::Json as Answer;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::Value;

use super::envelope::{Batch, EventToLog};
use super::headers::{IdempotencyKey, IfMatch, Purpose};
use super::json::Json;
use super::parameters::{Named, Page, Parameters};
use super::problem::Problem;
use super::reading::{Reading, Sighted};
use super::{ROOT, envelope};
use crate::hospital::departments;
use crate::hospital::reader::Reader;
use crate::http::sign_in::Program;
use crate::journey::decide::Actor;
use crate::journey::events::EventType;
use crate::journey::ids::{DepartmentId, EventId, Id as _, TenantId};
use crate::journey::schema::FieldProblem;
use crate::log::{Digest, Salt, StoredEvent, chain};
use crate::record::{RecordError, Recorded, Recorder, Wish};

/// The most events that a batch may hold.
pub const LARGEST_BATCH: usize = 500;

/// Events, oldest first, and where to go on.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EventList {
    /// The events.
    #[schema(value_type = Vec<StoredEvent>)]
    pub events: Vec<Sighted>,
    /// Where to go on, as `after`; none when this is the end.
    #[schema(required)]
    pub next: Option<String>,
}

impl EventList {
    /// A part of a list, read with one event too many to know whether it goes on.
    pub fn of(mut events: Vec<Sighted>, page: Page) -> Self {
        let limit = page.limit as usize;
        let goes_on = events.len() > limit;
        events.truncate(limit);
        let next = events.last().filter(|_| goes_on).map(|event| Page::cursor(event.stored.position));
        Self { events, next }
    }
}

/// Logs one event; `If-Match` stands for its expectedVersion.
#[utoipa::path(
    post,
    path = "/events",
    tag = "Events",
    params(IfMatch, IdempotencyKey),
    request_body = EventToLog,
    responses(
        (status = 201, body = StoredEvent, description = "It is logged.", headers(("Location" = String, description = "Where it can be read."))),
        (status = 200, body = StoredEvent, description = "It was logged before by the same request.", headers(("Location" = String, description = "Where it can be read."))),
        (status = 403, description = "None of the caller's roles may log it."),
        (status = 404, description = "There is no such visit."),
        (status = 409, description = "The visit has moved on, or the key or id was used for another request."),
        (status = 422, description = "The journey refuses it, or it names what is not there."),
    )
)]
pub async fn log_one(
    State(recorder): State<Recorder>,
    program: Program,
    parameters: Parameters,
    IfMatch(version): IfMatch,
    IdempotencyKey(key): IdempotencyKey,
    Json(body): Json,
) -> Result<Response, Problem> {
    parameters.done()?;
    let mut wish = envelope::read(body).map_err(Problem::invalid_event)?;
    if version.is_some_and(|version| wish.expected_version.is_some_and(|expected| expected != version)) {
        return Err(Problem::invalid("expectedVersion", "must be the same as If-Match when both are sent"));
    }
    wish.expected_version = wish.expected_version.or(version);
    let recorded = record(&recorder, &program, &program.actor()?, vec![wish], key).await?;
    let status = status(&recorded);
    let Some(event) = recorded.events.into_iter().next() else {
        return Err(Problem::of_status(StatusCode::INTERNAL_SERVER_ERROR));
    };
    let location = format!("{ROOT}/events/{}", event.event.id);
    Ok((status, [(LOCATION, location)], Answer(event)).into_response())
}

/// Logs several events, all of them or none.
#[utoipa::path(
    post,
    path = "/events/batch",
    tag = "Events",
    params(IdempotencyKey),
    request_body = Batch,
    responses(
        (status = 201, body = Logged, description = "They are logged."),
        (status = 200, body = Logged, description = "They were logged before by the same request."),
        (status = 403, description = "None of the caller's roles may log one of them."),
        (status = 404, description = "There is no such visit."),
        (status = 409, description = "A visit has moved on, or the key or an id was used for another request."),
        (status = 422, description = "The journey refuses one of them, or it names what is not there."),
    )
)]
pub async fn log_batch(
    State(recorder): State<Recorder>,
    program: Program,
    parameters: Parameters,
    IfMatch(version): IfMatch,
    IdempotencyKey(key): IdempotencyKey,
    Json(body): Json,
) -> Result<Response, Problem> {
    parameters.done()?;
    if version.is_some() {
        return Err(Problem::invalid("If-Match", "stands for one event; give each its expectedVersion"));
    }
    let wishes = read_batch(body)?;
    let actor = program.actor()?;
    let recorded = record(&recorder, &program, &actor, wishes, key).await.map_err(|error| {
        let index = if let RecordError::Refused(refused) = &error { Some(refused.index) } else { None };
        let problem = Problem::from(error);
        match index {
            Some(index) => problem.at_index(index),
            None => problem,
        }
    })?;
    Ok((status(&recorded), Answer(Logged { events: recorded.events })).into_response())
}

/// What a batch logged.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Logged {
    /// The events, in order.
    events: Vec<StoredEvent>,
}

async fn record(
    recorder: &Recorder,
    program: &Program,
    actor: &Actor,
    mut wishes: Vec<Wish>,
    key: Option<String>,
) -> Result<Recorded, RecordError> {
    place(program, &mut wishes).await?;
    recorder.record_for(&program.tenant, &Reader::of(&program.person), actor, wishes, key.as_deref()).await
}

/// Places each registration that names no branch in the caller's, or in that of the department it names.
async fn place(program: &Program, wishes: &mut [Wish]) -> sqlx::Result<()> {
    let mut all = None;
    let registers = |wish: &Wish| wish.happening.step() == Some(EventType::VisitRegistered);
    for wish in wishes.iter_mut().filter(|wish| wish.branch_id.is_none() && registers(wish)) {
        let department = wish.metadata.get("departmentId").and_then(Value::as_str).map(DepartmentId::parse);
        wish.branch_id = match (&program.person.branch_id, department) {
            (Some(own), _) => Some(own.clone()),
            (None, Some(Ok(department))) => {
                let all = match &mut all {
                    Some(all) => all,
                    all => all.insert(departments::list(&program.db, &program.tenant.id).await?),
                };
                all.iter().find(|known| known.id == department).map(|known| known.branch_id.clone())
            }
            (None, _) => None,
        };
    }
    Ok(())
}

fn status(recorded: &Recorded) -> StatusCode {
    if recorded.repeated { StatusCode::OK } else { StatusCode::CREATED }
}

fn read_batch(body: Value) -> Result<Vec<Wish>, Problem> {
    let invalid = |field, problem: String| Problem::invalid_event(vec![FieldProblem::new(field, problem)]);
    let Value::Object(mut members) = body else { return Err(invalid("body", "must be an object".to_owned())) };
    let Some(Value::Array(events)) = members.remove("events") else {
        return Err(invalid("events", format!("must be a list of 1 to {LARGEST_BATCH}")));
    };
    if !members.is_empty() {
        let strange = members.into_iter().map(|(name, _)| FieldProblem::new(name, "is not a field of a batch"));
        return Err(Problem::invalid_event(strange.collect()));
    }
    if !(1..=LARGEST_BATCH).contains(&events.len()) {
        return Err(invalid("events", format!("must be a list of 1 to {LARGEST_BATCH}")));
    }
    let mut ids = BTreeSet::new();
    let wish = |(index, event)| {
        let wish = envelope::read(event).map_err(|problems| Problem::invalid_event(problems).at_index(index))?;
        match &wish.id {
            Some(id) if !ids.insert(id.clone()) => {
                Err(invalid("id", "is the id of an earlier event of this batch".to_owned()).at_index(index))
            }
            _ => Ok(wish),
        }
    };
    events.into_iter().enumerate().map(wish).collect()
}

/// An event and what it takes to check its link in the chain.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ProvenEvent {
    #[serde(flatten)]
    #[schema(value_type = StoredEvent)]
    event: Sighted,
    proof: Proof,
}

/// What goes into an event's hash beside the event itself.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
struct Proof {
    tenant_id: TenantId,
    /// What the body's digest is salted with; only for who may read the body.
    #[schema(value_type = Option<String>)]
    salt: Option<Salt>,
    #[schema(value_type = String)]
    body_digest: Digest,
    /// Whether digest and hash, computed anew, are those of the log.
    intact: bool,
}

impl ProvenEvent {
    fn new(tenant: TenantId, event: Sighted) -> Self {
        let StoredEvent { event: happened, position, recorded_at, salt, body_digest, prev_hash, hash } = &event.stored;
        let intact = chain::body_digest(salt, happened) == *body_digest
            && chain::hash(&tenant, *position, *recorded_at, happened, prev_hash, body_digest) == *hash;
        let salt = event.open.then_some(*salt);
        Self { proof: Proof { tenant_id: tenant, salt, body_digest: *body_digest, intact }, event }
    }
}

/// One event with its chain proof.
#[utoipa::path(
    get,
    path = "/events/{id}",
    tag = "Events",
    params(("id" = EventId, Path, description = "The event's id."), Purpose),
    responses((status = 200, body = ProvenEvent), (status = 404, description = "There is no such event for the caller."))
)]
pub async fn one(reading: Reading, Named(id): Named<EventId>, parameters: Parameters) -> Result<Response, Problem> {
    parameters.done()?;
    let event = reading.event(&id).await?;
    Ok(Answer(ProvenEvent::new(reading.program.tenant.id, event)).into_response())
}
