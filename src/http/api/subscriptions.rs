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
use super::reading::not_for;
use crate::clock::Clock;
use crate::db::Db;
use crate::delivery::{self, NewSubscription, NotAdded};
use crate::http::sign_in::Program;
use crate::journey::ids::{EventId, Id, SubscriptionId};
use crate::journey::words::{Role, Word};
use crate::log::deliveries::{self, DeadLetter};
use crate::log::subscriptions::{self, Subscription, SubscriptionState};
use crate::record::Recorder;
use crate::schemas::{Described, stands};

impl Resource for SubscriptionId {
    fn missing() -> Problem {
        Problem::not_found("SUBSCRIPTION_NOT_FOUND", "subscription")
    }
}

impl From<NotAdded> for Problem {
    fn from(error: NotAdded) -> Self {
        match error {
            NotAdded::Taken(_) => Self::in_use("name"),
            NotAdded::Beyond(end) => Self::invalid("after", format!("must be {end} or less, where the log ends")),
            NotAdded::Database(error) => error.into(),
        }
    }
}

fn for_administrators(program: &Program) -> Result<(), Problem> {
    const KEEPERS: &[Role] = &[Role::Admin];
    if program.person.holds_any(KEEPERS) { Ok(()) } else { Err(not_for(KEEPERS, "see or change subscriptions")) }
}

/// A subscription that was made just now: its secret is shown this once.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Made {
    #[serde(flatten)]
    subscription: Subscription,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

/// Subscriptions of the hospital.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Subscriptions {
    subscriptions: Vec<Subscription>,
}

/// Events that were given up, and where to go on.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DeadLetters {
    dead_letters: Vec<DeadLetter>,
    /// Where to go on, as `after`; none when this is the end.
    #[schema(required)]
    next: Option<String>,
}

/// What is changed of a subscription.
pub struct Change;

impl Described for Change {
    fn described() -> Value {
        json!({
            "type": "object",
            "properties": { "state": SubscriptionState::described() },
            "required": ["state"],
            "additionalProperties": false,
        })
    }
}

stands!(Change);

/// Subscribes a receiver.
#[utoipa::path(
    post,
    path = "/subscriptions",
    tag = "Subscriptions",
    request_body = NewSubscription,
    responses(
        (status = 201, body = Made, description = "It is made.", headers(("Location" = String, description = "Where it can be read."))),
        (status = 403, description = "Only an administrator may see or change subscriptions."),
        (status = 409, description = "Another subscription is called so."),
    )
)]
pub async fn add(
    State(recorder): State<Recorder>,
    program: Program,
    parameters: Parameters,
    Json(body): Json,
) -> Result<Response, Problem> {
    parameters.done()?;
    for_administrators(&program)?;
    let new = NewSubscription::read(body).map_err(Problem::invalid_request)?;
    let (subscription, secret) = delivery::add(&recorder, &program.tenant, &program.actor()?, new).await?;
    let location = format!("{ROOT}/subscriptions/{}", subscription.id);
    let made = Made { subscription, secret: secret.as_ref().map(|secret| secret.reveal().to_owned()) };
    Ok((StatusCode::CREATED, [(LOCATION, location)], Answer(made)).into_response())
}

/// Every subscription, by name.
#[utoipa::path(
    get,
    path = "/subscriptions",
    tag = "Subscriptions",
    responses((status = 200, body = Subscriptions), (status = 403, description = "Only an administrator may see or change subscriptions."))
)]
pub async fn list(program: Program, parameters: Parameters) -> Result<Answer<Subscriptions>, Problem> {
    parameters.done()?;
    for_administrators(&program)?;
    Ok(Answer(Subscriptions { subscriptions: subscriptions::list(&program.db, &program.tenant.id).await? }))
}

/// One subscription.
#[utoipa::path(
    get,
    path = "/subscriptions/{id}",
    tag = "Subscriptions",
    params(("id" = SubscriptionId, Path, description = "The subscription's id.")),
    responses((status = 200, body = Subscription), (status = 403, description = "Only an administrator may see or change subscriptions."), (status = 404, description = "There is no such subscription."))
)]
pub async fn one(
    program: Program,
    Named(id): Named<SubscriptionId>,
    parameters: Parameters,
) -> Result<Answer<Subscription>, Problem> {
    parameters.done()?;
    for_administrators(&program)?;
    found(&program.db, &program, &id).await.map(Answer)
}

async fn found(db: &Db, program: &Program, id: &SubscriptionId) -> Result<Subscription, Problem> {
    subscriptions::by_id(db, &program.tenant.id, id).await?.ok_or_else(SubscriptionId::missing)
}

/// Pauses or resumes a subscription.
#[utoipa::path(
    patch,
    path = "/subscriptions/{id}",
    tag = "Subscriptions",
    params(("id" = SubscriptionId, Path, description = "The subscription's id.")),
    request_body = Change,
    responses((status = 200, body = Subscription), (status = 403, description = "Only an administrator may see or change subscriptions."), (status = 404, description = "There is no such subscription."))
)]
pub async fn change(
    State(recorder): State<Recorder>,
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
    if !recorder.set_subscription_state(&program.tenant, &program.actor()?, &id, state).await? {
        return Err(SubscriptionId::missing());
    }
    found(&program.db, &program, &id).await.map(Answer)
}

/// Ends a subscription, and forgets its dead letters.
#[utoipa::path(
    delete,
    path = "/subscriptions/{id}",
    tag = "Subscriptions",
    params(("id" = SubscriptionId, Path, description = "The subscription's id.")),
    responses((status = 204, description = "It has ended."), (status = 403, description = "Only an administrator may see or change subscriptions."), (status = 404, description = "There is no such subscription."))
)]
pub async fn remove(
    State(recorder): State<Recorder>,
    program: Program,
    Named(id): Named<SubscriptionId>,
    parameters: Parameters,
) -> Result<StatusCode, Problem> {
    parameters.done()?;
    for_administrators(&program)?;
    match recorder.remove_subscription(&program.tenant, &program.actor()?, &id).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(SubscriptionId::missing()),
    }
}

/// The events that were given up, in the order of the log.
#[utoipa::path(
    get,
    path = "/subscriptions/{id}/dead-letters",
    tag = "Subscriptions",
    params(("id" = SubscriptionId, Path, description = "The subscription's id."), Page),
    responses((status = 200, body = DeadLetters), (status = 403, description = "Only an administrator may see or change subscriptions."), (status = 404, description = "There is no such subscription."))
)]
pub async fn dead_letters(
    program: Program,
    Named(id): Named<SubscriptionId>,
    mut parameters: Parameters,
) -> Result<Answer<DeadLetters>, Problem> {
    let page = parameters.page();
    parameters.done()?;
    for_administrators(&program)?;
    found(&program.db, &program, &id).await?;
    // One too many tells whether the list goes on.
    let mut letters =
        deliveries::dead_letters(&program.db, &program.tenant.id, &id, page.after, page.limit + 1).await?;
    let goes_on = letters.len() > page.limit as usize;
    letters.truncate(page.limit as usize);
    let next = letters.last().filter(|_| goes_on).map(|letter: &DeadLetter| Page::cursor(letter.position));
    Ok(Answer(DeadLetters { dead_letters: letters, next }))
}

/// Has a dead letter sent once more, soon.
#[utoipa::path(
    post,
    path = "/subscriptions/{id}/dead-letters/{event}/resend",
    tag = "Subscriptions",
    params(("id" = SubscriptionId, Path, description = "The subscription's id."), ("event" = EventId, Path, description = "The event's id.")),
    responses((status = 202, description = "It will be sent."), (status = 403, description = "Only an administrator may see or change subscriptions."), (status = 404, description = "There is no such subscription or dead letter."))
)]
pub async fn resend(
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
    found(&program.db, &program, &id).await?;
    match deliveries::resend(&program.db, &program.tenant.id, &id, &event, clock.now()).await? {
        true => Ok(StatusCode::ACCEPTED),
        false => Err(missing()),
    }
}
