//! A visit: its state, its log, its story, its times.

use axum::Json as Answer;
use axum::http::header::ETAG;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema as _;

use super::events::EventList;
use super::headers::{Purpose, etag};
use super::parameters::{Named, Page, Parameters, Resource};
use super::problem::Problem;
use super::reading::{Reading, Sighted};
use crate::http::story::story;
use crate::journey::allowed::allowed;
use crate::journey::events::EventType;
use crate::journey::evolve::evolve;
use crate::journey::ids::{Id, VisitId};
use crate::journey::measures::{Measures, duration, measures};
use crate::journey::money::Money;
use crate::journey::visit::Visit;
use crate::journey::words::Status;
use crate::log::timeline::TimelineRow;
use crate::log::{self, Filter, StoredEvent};
use crate::record::past::Until;
use crate::record::{VISIT, steps};
use crate::schemas::{Described, VisitAnswer, stands};

/// A visit's state, what follows from it, and what may be done.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct State {
    visit_id: VisitId,
    status: Status,
    due: Money,
    #[serde(flatten)]
    state: Value,
    allowed: Vec<EventType>,
}

/// A visit's state and what the caller could log on it: now, at a moment, or at a version.
#[utoipa::path(
    get,
    path = "/visits/{id}",
    tag = "Visits",
    params(
        ("id" = VisitId, Path, description = "The visit's id."),
        ("asOf" = Option<String>, Query, format = DateTime, description = "Answers as it was when everything performed up to this moment was logged."),
        ("version" = Option<i64>, Query, minimum = 1, description = "Answers as it was after so many events."),
        Purpose,
    ),
    responses(
        (status = 200, body = VisitAnswer, headers(("ETag" = String, description = "The version, to be sent as If-Match."))),
        (status = 403, description = "None of the caller's roles may read patient data."),
        (status = 404, description = "There is no such visit for the caller, or it was not there then."),
    )
)]
pub async fn one(
    reading: Reading,
    Named(visit_id): Named<VisitId>,
    mut parameters: Parameters,
) -> Result<Response, Problem> {
    let then = match (parameters.time("asOf"), parameters.version("version")) {
        (Some(_), Some(_)) => {
            parameters.refuse("version", "must not be given with asOf");
            None
        }
        (Some(moment), None) => Some(Then::AsOf(moment)),
        (None, Some(version)) => Some(Then::Version(version)),
        (None, None) => None,
    };
    parameters.done()?;
    reading.visit(&visit_id).await?;
    let mut stored = stream(&reading, &visit_id).await?;
    let now = match then {
        None => reading.now,
        Some(then) => then.go_back(&mut stored).ok_or_else(|| then.missing())?,
    };
    let visit = steps(&stored)?.iter().fold(None, evolve).ok_or_else(VisitId::missing)?;
    let program = &reading.program;
    let allowed = allowed(&program.tenant.policy, Some(&visit), &program.person.actor(), now);
    let answer = State { visit_id, status: visit.status(), due: visit.due(), state: state(&visit), allowed };
    Ok(([(ETAG, etag(visit.version))], Answer(answer)).into_response())
}

/// A moment in the life of a visit.
#[derive(Clone, Copy)]
enum Then {
    AsOf(DateTime<Utc>),
    Version(i64),
}

impl Then {
    /// Forgets what came after, and says when that was; none when there was nothing yet, or not so much.
    fn go_back(self, stored: &mut Vec<StoredEvent>) -> Option<DateTime<Utc>> {
        let count = match self {
            // What was logged later was not known then, whenever it was done.
            Self::AsOf(moment) => Until::Moment(moment).reach(stored.iter()),
            Self::Version(version) => usize::try_from(version).ok().filter(|version| *version <= stored.len())?,
        };
        stored.truncate(count);
        let last = stored.last()?.event.performed_at;
        Some(if let Self::AsOf(moment) = self { moment } else { last })
    }

    fn missing(self) -> Problem {
        match self {
            Self::AsOf(_) => VisitId::missing(),
            Self::Version(_) => Problem::not_found("VERSION_NOT_FOUND", "version of this visit"),
        }
    }
}

async fn stream(reading: &Reading, visit: &VisitId) -> Result<Vec<StoredEvent>, Problem> {
    Ok(log::stream(&reading.db, &reading.tenant().id, VISIT, visit.as_str()).await?)
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

/// The log of a visit, oldest first.
#[utoipa::path(
    get,
    path = "/visits/{id}/events",
    tag = "Visits",
    params(("id" = VisitId, Path, description = "The visit's id."), Page, Purpose),
    responses(
        (status = 200, body = EventList),
        (status = 403, description = "None of the caller's roles may read patient data."),
        (status = 404, description = "There is no such visit for the caller."),
    )
)]
pub async fn events(
    reading: Reading,
    Named(visit_id): Named<VisitId>,
    mut parameters: Parameters,
) -> Result<Response, Problem> {
    let page = parameters.page();
    parameters.done()?;
    reading.visit(&visit_id).await?;
    let filter = Filter::Visit(visit_id);
    let events = log::page(&reading.db, &reading.tenant().id, &filter, page.after, page.limit + 1).await?;
    let events = events.into_iter().map(|stored| Sighted { stored, open: true }).collect();
    Ok(Answer(EventList::of(events, page)).into_response())
}

/// A step as people read it, and how long after the one before.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
struct Told {
    #[serde(flatten)]
    row: TimelineRow,
    #[serde(skip_serializing_if = "Option::is_none")]
    seconds_since_previous: Option<i64>,
}

/// The story of a visit.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Story {
    visit_id: VisitId,
    /// Its steps, in the order they were done.
    timeline: Vec<Told>,
}

/// The story of a visit, in the order things were done.
#[utoipa::path(
    get,
    path = "/visits/{id}/timeline",
    tag = "Visits",
    params(("id" = VisitId, Path, description = "The visit's id."), Purpose),
    responses(
        (status = 200, body = Story),
        (status = 403, description = "None of the caller's roles may read patient data."),
        (status = 404, description = "There is no such visit for the caller."),
    )
)]
pub async fn timeline(
    reading: Reading,
    Named(visit_id): Named<VisitId>,
    parameters: Parameters,
) -> Result<Answer<Story>, Problem> {
    parameters.done()?;
    reading.visit(&visit_id).await?;
    let mut previous = None;
    let rows = story(&reading.db, reading.tenant(), &stream(&reading, &visit_id).await?).await?;
    let told = rows.into_iter().map(|row| {
        let since = previous.replace(row.performed_at).map(|previous| (row.performed_at - previous).num_seconds());
        Told { row, seconds_since_previous: since }
    });
    let timeline = told.collect();
    Ok(Answer(Story { visit_id, timeline }))
}

/// The time from one event to another.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Duration {
    from: EventType,
    to: EventType,
    /// How long; none when either did not happen.
    #[schema(required)]
    seconds: Option<i64>,
}

/// The named measures of a visit, or the time from one event to another.
#[utoipa::path(
    get,
    path = "/visits/{id}/durations",
    tag = "Visits",
    params(
        ("id" = VisitId, Path, description = "The visit's id."),
        ("from" = Option<EventType>, Query, description = "From the first event of this type."),
        ("to" = Option<EventType>, Query, description = "To the first event of this type at or after it."),
        Purpose,
    ),
    responses(
        (status = 200, content((Durations = "application/json"))),
        (status = 403, description = "None of the caller's roles may read patient data."),
        (status = 404, description = "There is no such visit for the caller."),
    )
)]
pub async fn durations(
    reading: Reading,
    Named(visit_id): Named<VisitId>,
    mut parameters: Parameters,
) -> Result<Response, Problem> {
    let one = parameters.names("from") != parameters.names("to");
    let (from, to) = (parameters.word::<EventType>("from"), parameters.word::<EventType>("to"));
    if one {
        parameters.refuse(if from.is_some() { "to" } else { "from" }, "is required when the other is given");
    }
    parameters.done()?;
    reading.visit(&visit_id).await?;
    let steps = steps(&stream(&reading, &visit_id).await?)?;
    Ok(match (from, to) {
        (Some(from), Some(to)) => Answer(Duration { from, to, seconds: duration(&steps, from, to) }).into_response(),
        _ => Answer(measures(&steps, reading.now)).into_response(),
    })
}

/// Either answer about a visit's times.
pub struct Durations;

impl Described for Durations {
    fn described() -> Value {
        let one = json!({ "$ref": format!("#/components/schemas/{}", Duration::name()) });
        json!({ "oneOf": [one, Measures::described()] })
    }
}

stands!(Durations);
