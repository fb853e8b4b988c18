//! Logging events, and reading one.

use std::collections::BTreeSet;

use axum::Json as Answer;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Value, json};

use super::headers::{IdempotencyKey, IfMatch};
use super::json::Json;
use super::parameters::{Named, Page, Parameters, Resource};
use super::problem::Problem;
use super::{ROOT, envelope};
use crate::db::Db;
use crate::http::sign_in::Program;
use crate::journey::ids::{EventId, TenantId};
use crate::journey::schema::FieldProblem;
use crate::log::{self, Digest, Salt, StoredEvent, chain};
use crate::record::{RecordError, Recorded, Recorder, Wish};

/// The most events that a batch may hold.
const LARGEST_BATCH: usize = 500;

/// Events, oldest first, and where to go on.
#[derive(Serialize)]
pub struct EventList {
    events: Vec<StoredEvent>,
    next: Option<String>,
}

impl EventList {
    /// A part of a list, read with one event too many to know whether it goes on.
    pub fn of(mut events: Vec<StoredEvent>, page: Page) -> Self {
        let limit = page.limit as usize;
        let goes_on = events.len() > limit;
        events.truncate(limit);
        let next = events.last().filter(|_| goes_on).map(|event| Page::cursor(event.position));
        Self { events, next }
    }
}

/// `POST /events`: logs one event.
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
    let recorded = record(&recorder, &program, vec![wish], key).await?;
    let status = status(&recorded);
    let Some(event) = recorded.events.into_iter().next() else {
        return Err(Problem::of_status(StatusCode::INTERNAL_SERVER_ERROR));
    };
    let location = format!("{ROOT}/events/{}", event.event.id);
    Ok((status, [(LOCATION, location)], Answer(event)).into_response())
}

/// `POST /events/batch`: logs several events, all or nothing.
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
    let recorded = record(&recorder, &program, wishes, key).await.map_err(|error| {
        let index = if let RecordError::Refused(refused) = &error { Some(refused.index) } else { None };
        let problem = Problem::from(error);
        match index {
            Some(index) => problem.at_index(index),
            None => problem,
        }
    })?;
    Ok((status(&recorded), Answer(json!({ "events": recorded.events }))).into_response())
}

async fn record(
    recorder: &Recorder,
    program: &Program,
    wishes: Vec<Wish>,
    key: Option<String>,
) -> Result<Recorded, RecordError> {
    recorder.record(&program.tenant, &program.person.actor(), wishes, key.as_deref()).await
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
#[derive(Serialize)]
struct ProvenEvent {
    #[serde(flatten)]
    event: StoredEvent,
    proof: Proof,
}

/// What goes into an event's hash beside the event itself.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Proof {
    tenant_id: TenantId,
    salt: Salt,
    body_digest: Digest,
    /// Whether digest and hash, computed anew, are those of the log.
    intact: bool,
}

impl ProvenEvent {
    fn new(tenant: TenantId, stored: StoredEvent) -> Self {
        let StoredEvent { event, position, recorded_at, salt, body_digest, prev_hash, hash } = &stored;
        let intact = chain::body_digest(salt, event) == *body_digest
            && chain::hash(&tenant, *position, *recorded_at, event, prev_hash, body_digest) == *hash;
        let proof = Proof { tenant_id: tenant, salt: *salt, body_digest: *body_digest, intact };
        Self { event: stored, proof }
    }
}

/// `GET /events/{id}`: one event with its chain proof.
pub async fn one(
    State(db): State<Db>,
    program: Program,
    Named(id): Named<EventId>,
    parameters: Parameters,
) -> Result<Response, Problem> {
    parameters.done()?;
    let stored = log::event(&db, &program.tenant.id, &id).await?.ok_or_else(EventId::missing)?;
    Ok(Answer(ProvenEvent::new(program.tenant.id, stored)).into_response())
}
