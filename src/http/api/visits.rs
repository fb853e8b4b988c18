//! A visit: its state, its log, its story, its times.

use axum::Json as Answer;
use axum::extract::State;
use axum::http::header::ETAG;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Value, json};

use super::events::EventList;
use super::headers::etag;
use super::parameters::{Named, Parameters, Resource};
use super::problem::Problem;
use crate::clock::Clock;
use crate::db::Db;
use crate::http::sign_in::Program;
use crate::journey::allowed::allowed;
use crate::journey::events::EventType;
use crate::journey::ids::VisitId;
use crate::journey::measures::{duration, measures};
use crate::journey::money::Money;
use crate::journey::visit::{Step, Visit};
use crate::journey::words::Status;
use crate::log::{self, Filter};
use crate::projections::timeline::{self, TimelineRow};
use crate::record::Recorder;

/// A visit's state, what follows from it, and what may be done.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct VisitAnswer {
    visit_id: VisitId,
    status: Status,
    due: Money,
    #[serde(flatten)]
    state: Value,
    allowed: Vec<EventType>,
}

/// `GET /visits/{id}`: the state, and what the caller could log now.
pub async fn one(
    State(recorder): State<Recorder>,
    State(clock): State<Clock>,
    program: Program,
    Named(visit_id): Named<VisitId>,
    parameters: Parameters,
) -> Result<Response, Problem> {
    parameters.done()?;
    let (_, visit) = load(&recorder, &program, &visit_id).await?;
    let allowed = allowed(&program.tenant.policy, Some(&visit), &program.person.actor(), clock.now());
    let answer = VisitAnswer { visit_id, status: visit.status(), due: visit.due(), state: state(&visit), allowed };
    Ok(([(ETAG, etag(visit.version))], Answer(answer)).into_response())
}

/// The state as data, each bill with its balance.
fn state(visit: &Visit) -> Value {
    let mut state = json!(visit);
    for (id, bill) in &visit.bills {
        if let Some(members) = state["bills"][id.to_string()].as_object_mut() {
            members.insert("balance".to_owned(), json!(bill.balance()));
        }
    }
    state
}

async fn load(recorder: &Recorder, program: &Program, visit: &VisitId) -> Result<(Vec<Step>, Visit), Problem> {
    recorder.load(&program.tenant.id, visit).await?.ok_or_else(VisitId::missing)
}

/// `GET /visits/{id}/events`: the log of the visit.
pub async fn events(
    State(db): State<Db>,
    program: Program,
    Named(visit_id): Named<VisitId>,
    mut parameters: Parameters,
) -> Result<Response, Problem> {
    let page = parameters.page();
    parameters.done()?;
    let (tenant, filter) = (&program.tenant.id, Filter::Visit(visit_id));
    let events = log::page(&db, tenant, &filter, page.after, page.limit + 1).await?;
    if events.is_empty() && log::page(&db, tenant, &filter, None, 1).await?.is_empty() {
        return Err(VisitId::missing());
    }
    Ok(Answer(EventList::of(events, page)).into_response())
}

/// A step as people read it, and how long after the one before.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    #[serde(flatten)]
    row: TimelineRow,
    #[serde(skip_serializing_if = "Option::is_none")]
    seconds_since_previous: Option<i64>,
}

/// `GET /visits/{id}/timeline`: the story of the visit, in the order things were done.
pub async fn timeline(
    State(db): State<Db>,
    program: Program,
    Named(visit_id): Named<VisitId>,
    parameters: Parameters,
) -> Result<Response, Problem> {
    parameters.done()?;
    let rows = timeline::of_visit(&db, &program.tenant.id, &visit_id).await?;
    if rows.is_empty() {
        return Err(VisitId::missing());
    }
    let mut previous = None;
    let told = rows.into_iter().map(|row| {
        let since = previous.replace(row.performed_at).map(|previous| (row.performed_at - previous).num_seconds());
        Told { row, seconds_since_previous: since }
    });
    let told: Vec<Told> = told.collect();
    Ok(Answer(json!({ "visitId": visit_id, "timeline": told })).into_response())
}

/// `GET /visits/{id}/durations`: the named measures, or the time from one event to another.
pub async fn durations(
    State(recorder): State<Recorder>,
    State(clock): State<Clock>,
    program: Program,
    Named(visit_id): Named<VisitId>,
    mut parameters: Parameters,
) -> Result<Response, Problem> {
    let one = parameters.names("from") != parameters.names("to");
    let (from, to) = (parameters.word::<EventType>("from"), parameters.word::<EventType>("to"));
    if one {
        parameters.refuse(if from.is_some() { "to" } else { "from" }, "is required when the other is given");
    }
    parameters.done()?;
    let (steps, _) = load(&recorder, &program, &visit_id).await?;
    Ok(match (from, to) {
        (Some(from), Some(to)) => {
            Answer(json!({ "from": from, "to": to, "seconds": duration(&steps, from, to) })).into_response()
        }
        _ => Answer(measures(&steps, clock.now())).into_response(),
    })
}
