//! Subscriptions: who is handed each event, and what could not be handed over. For administrators.

use axum::Json as Answer;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Value, json};

use super::ROOT;
use super::json::Json;
use super::parameters::{Named, Page, Parameters, Resource};
use super::problem::Problem;
use crate::clock::Clock;
use crate::db::Db;
use crate::delivery::{self, NewSubscription, NotAdded};
use crate::http::sign_in::Program;
use crate::journey::ids::{EventId, Id, SubscriptionId};
use crate::journey::words::{Code, Role, Word};
use crate::log::deliveries::{self, DeadLetter};
use crate::log::subscriptions::{self, Subscription, SubscriptionState};

impl Resource for SubscriptionId {
    fn missing() -> Problem {
        Problem::not_found("SUBSCRIPTION_NOT_FOUND", "subscription")
    }
}

impl From<NotAdded> for Problem {
    fn from(error: NotAdded) -> Self {
        match error {
            NotAdded::Taken(_) => Self::in_use("name"),
            NotAdded::Database(error) => error.into(),
        }
    }
}

fn for_administrators(program: &Program) -> Result<(), Problem> {
    if program.person.holds_any(&[Role::Admin]) {
        Ok(())
    } else {
        let sentence = "Only an administrator may see or change subscriptions.";
        Err(Problem::new(StatusCode::FORBIDDEN, Code::RoleNotAllowed.word(), sentence))
    }
}

/// A subscription that was made just now: its secret is shown this once.
#[derive(Serialize)]
struct Made<'a> {
    #[serde(flatten)]
    subscription: Subscription,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<&'a str>,
}

/// `POST /subscriptions`: subscribes a receiver.
pub async fn add(
    State(db): State<Db>,
    State(clock): State<Clock>,
    program: Program,
    parameters: Parameters,
    Json(body): Json,
) -> Result<Response, Problem> {
    parameters.done()?;
    for_administrators(&program)?;
    let new = NewSubscription::read(body).map_err(Problem::invalid_request)?;
    let (subscription, secret) = delivery::add(&db, &clock, &program.tenant.id, new).await?;
    let location = format!("{ROOT}/subscriptions/{}", subscription.id);
    let made = Made { subscription, secret: secret.as_ref().map(|secret| secret.reveal()) };
    Ok((StatusCode::CREATED, [(LOCATION, location)], Answer(made)).into_response())
}

/// `GET /subscriptions`: every subscription, by name.
pub async fn list(State(db): State<Db>, program: Program, parameters: Parameters) -> Result<Answer<Value>, Problem> {
    parameters.done()?;
    for_administrators(&program)?;
    Ok(Answer(json!({ "subscriptions": subscriptions::list(&db, &program.tenant.id).await? })))
}

/// `GET /subscriptions/{id}`: one subscription.
pub async fn one(
    State(db): State<Db>,
    program: Program,
    Named(id): Named<SubscriptionId>,
    parameters: Parameters,
) -> Result<Answer<Subscription>, Problem> {
    parameters.done()?;
    for_administrators(&program)?;
    found(&db, &program, &id).await.map(Answer)
}

async fn found(db: &Db, program: &Program, id: &SubscriptionId) -> Result<Subscription, Problem> {
    subscriptions::by_id(db, &program.tenant.id, id).await?.ok_or_else(SubscriptionId::missing)
}

/// `PATCH /subscriptions/{id}` with `{"state": "PAUSED"}` or `"ACTIVE"`: pauses or resumes it.
pub async fn change(
    State(db): State<Db>,
    program: Program,
    Named(id): Named<SubscriptionId>,
    parameters: Parameters,
    Json(body): Json,
) -> Result<Answer<Subscription>, Problem> {
    parameters.done()?;
    for_administrators(&program)?;
    let state = match body.as_object() {
        Some(members) if members.keys().eq(["state"]) => {
            members["state"].as_str().and_then(SubscriptionState::from_word)
        }
        _ => return Err(Problem::invalid("body", "must be an object with the one field state")),
    };
    let state = state.ok_or_else(|| Problem::invalid("state", "must be one of ACTIVE, PAUSED"))?;
    if !subscriptions::set_state(&db, &program.tenant.id, &id, state).await? {
        return Err(SubscriptionId::missing());
    }
    found(&db, &program, &id).await.map(Answer)
}

/// `DELETE /subscriptions/{id}`: ends it, and forgets its dead letters.
pub async fn remove(
    State(db): State<Db>,
    program: Program,
    Named(id): Named<SubscriptionId>,
    parameters: Parameters,
) -> Result<StatusCode, Problem> {
    parameters.done()?;
    for_administrators(&program)?;
    match subscriptions::remove(&db, &program.tenant.id, &id).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(SubscriptionId::missing()),
    }
}

/// `GET /subscriptions/{id}/dead-letters`: the events that were given up, in the order of the log.
pub async fn dead_letters(
    State(db): State<Db>,
    program: Program,
    Named(id): Named<SubscriptionId>,
    mut parameters: Parameters,
) -> Result<Answer<Value>, Problem> {
    let page = parameters.page();
    parameters.done()?;
    for_administrators(&program)?;
    found(&db, &program, &id).await?;
    // One too many tells whether the list goes on.
    let mut letters = deliveries::dead_letters(&db, &program.tenant.id, &id, page.after, page.limit + 1).await?;
    let goes_on = letters.len() > page.limit as usize;
    letters.truncate(page.limit as usize);
    let next = letters.last().filter(|_| goes_on).map(|letter: &DeadLetter| Page::cursor(letter.position));
    Ok(Answer(json!({ "deadLetters": letters, "next": next })))
}

/// `POST /subscriptions/{id}/dead-letters/{eventId}/resend`: has a dead letter sent once more, soon.
pub async fn resend(
    State(db): State<Db>,
    State(clock): State<Clock>,
    program: Program,
    Path((id, event)): Path<(String, String)>,
    parameters: Parameters,
) -> Result<StatusCode, Problem> {
    parameters.done()?;
    for_administrators(&program)?;
    let missing = || Problem::not_found("DEAD_LETTER_NOT_FOUND", "dead letter");
    let id = SubscriptionId::parse(&id).map_err(|_| SubscriptionId::missing())?;
    let event = EventId::parse(&event).map_err(|_| missing())?;
    found(&db, &program, &id).await?;
    match deliveries::resend(&db, &program.tenant.id, &id, &event, clock.now()).await? {
        true => Ok(StatusCode::ACCEPTED),
        false => Err(missing()),
    }
}
