//! Events asked for: by type, performer, thing, conversation, tag and time; and how many there are.

use std::collections::BTreeMap;

use axum::Json as Answer;
use axum::response::{IntoResponse, Response};
use chrono::NaiveDate;
use serde::Serialize;

use super::envelope::is_tag;
use super::events::EventList;
use super::headers::Purpose;
use super::parameters::{Named, Page, Parameters};
use super::problem::Problem;
use super::reading::{Reading, Sighted};
use crate::journey::ids::PersonId;
use crate::journey::schema::check_text;
use crate::log::stats::{self, Statistics};
use crate::log::{Filter, tagged};
use crate::schemas::Line;

/// The most tags that can be asked for at once.
const MOST_TAGS: usize = 20;

async fn list(reading: &Reading, filter: Filter, page: Page) -> Result<Response, Problem> {
    let events = reading.events(&filter, page.after, page.limit).await?;
    Ok(Answer(EventList::of(events, page)).into_response())
}

/// Takes a part of the path that is free text.
fn text(parameters: &mut Parameters, name: &str) -> String {
    parameters.segment(name, |text| check_text(text, 100).is_ok(), "must be a text of 1 to 100 characters")
}

/// Events of one type, oldest first; of others' events only who oversees the hospital finds any.
#[utoipa::path(
    get,
    path = "/events/type/{type}",
    tag = "Events",
    params(("type" = Line, Path, description = "An event type."), Page, Purpose),
    responses((status = 200, body = EventList))
)]
pub async fn by_type(reading: Reading, mut parameters: Parameters) -> Result<Response, Problem> {
    let word = text(&mut parameters, "type");
    let page = parameters.page();
    parameters.done()?;
    list(&reading, Filter::Type(word), page).await
}

/// Events that one person or program performed, oldest first.
#[utoipa::path(
    get,
    path = "/events/actor/{actorId}",
    tag = "Events",
    params(("actorId" = PersonId, Path, description = "Who performed them."), Page, Purpose),
    responses((status = 200, body = EventList), (status = 404, description = "This can be nobody's id."))
)]
pub async fn by_actor(
    reading: Reading,
    Named(person): Named<PersonId>,
    mut parameters: Parameters,
) -> Result<Response, Problem> {
    let page = parameters.page();
    parameters.done()?;
    list(&reading, Filter::Performer(person), page).await
}

/// Events that happened to one thing, oldest first.
#[utoipa::path(
    get,
    path = "/events/entity/{entityType}/{entityId}",
    tag = "Events",
    params(
        ("entityType" = Line, Path, description = "What kind of thing: visit, booking, claim."),
        ("entityId" = Line, Path, description = "Which one."),
        Page,
        Purpose,
    ),
    responses((status = 200, body = EventList))
)]
pub async fn by_entity(reading: Reading, mut parameters: Parameters) -> Result<Response, Problem> {
    let aggregate_type = text(&mut parameters, "entityType");
    let aggregate_id = text(&mut parameters, "entityId");
    let page = parameters.page();
    parameters.done()?;
    list(&reading, Filter::Aggregate { aggregate_type, aggregate_id }, page).await
}

/// Events of one conversation, oldest first.
#[utoipa::path(
    get,
    path = "/events/correlation/{id}",
    tag = "Events",
    params(("id" = Line, Path, description = "The correlationId they were logged with."), Page, Purpose),
    responses((status = 200, body = EventList))
)]
pub async fn by_correlation(reading: Reading, mut parameters: Parameters) -> Result<Response, Problem> {
    let word = text(&mut parameters, "id");
    let page = parameters.page();
    parameters.done()?;
    list(&reading, Filter::Correlation(word), page).await
}

/// Events that bear one tag, oldest first.
#[utoipa::path(
    get,
    path = "/events/tag/{tag}",
    tag = "Events",
    params(("tag" = String, Path, pattern = "^[A-Z0-9_\\-]{1,50}$", description = "A tag."), Page, Purpose),
    responses((status = 200, body = EventList))
)]
pub async fn by_tag(reading: Reading, mut parameters: Parameters) -> Result<Response, Problem> {
    let tag = parameters.segment("tag", is_tag, "must be 1 to 50 of A-Z 0-9 _ -");
    let page = parameters.page();
    parameters.done()?;
    list(&reading, Filter::Tag(tag), page).await
}

/// Events that were performed from one moment on and before another, in the order they were performed.
#[utoipa::path(
    get,
    path = "/events/range",
    tag = "Events",
    params(
        ("from" = String, Query, format = DateTime, description = "The first moment."),
        ("to" = String, Query, format = DateTime, description = "The first moment after."),
        Page,
        Purpose,
    ),
    responses((status = 200, body = EventList))
)]
pub async fn in_range(reading: Reading, mut parameters: Parameters) -> Result<Response, Problem> {
    let (from, before) = (parameters.time("from"), parameters.time("to"));
    parameters.require("from", from.is_some());
    parameters.require("to", before.is_some());
    let page = parameters.page();
    if from > before && before.is_some() {
        parameters.refuse("to", "must not be before from");
    }
    parameters.done()?;
    let filter = Filter::Performed { from: from.unwrap_or_default(), before: before.unwrap_or_default() };
    list(&reading, filter, page).await
}

/// The events of a period that bear any of some tags, and how many there are.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Compliance {
    /// The first day, on the hospital's calendar.
    start_date: NaiveDate,
    /// The last day.
    end_date: NaiveDate,
    /// The tags asked for.
    tags: Vec<String>,
    counts: Counts,
    /// The events, in the order they were performed.
    #[schema(value_type = Vec<crate::log::StoredEvent>)]
    events: Vec<Sighted>,
    /// Where to go on, as `after`.
    #[schema(required)]
    next: Option<String>,
}

/// How many events of the whole period there are, not only of this page.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Counts {
    /// How many bear each of the tags.
    by_tag: BTreeMap<String, i64>,
    /// How many there are of each type; who bears several of the tags counts once.
    by_type: BTreeMap<String, i64>,
}

/// The events of a period that bear any of some tags, with counts.
#[utoipa::path(
    get,
    path = "/events/compliance",
    tag = "Events",
    params(
        ("startDate" = String, Query, format = Date, description = "The first day, on the hospital's calendar."),
        ("endDate" = String, Query, format = Date, description = "The last day."),
        ("tags" = String, Query, pattern = "^[A-Z0-9_\\-]{1,50}(,[A-Z0-9_\\-]{1,50}){0,19}$", description = "Up to 20 tags, with commas between."),
        Page,
        Purpose,
    ),
    responses((status = 200, body = Compliance), (status = 403, description = "None of the caller's roles may read the whole log."))
)]
pub async fn compliance(reading: Reading, mut parameters: Parameters) -> Result<Response, Problem> {
    let (start, end) = (parameters.date("startDate"), parameters.date("endDate"));
    parameters.require("startDate", start.is_some());
    parameters.require("endDate", end.is_some());
    if start > end && end.is_some() {
        parameters.refuse("endDate", "must not be before startDate");
    }
    let mut tags: Vec<String> = parameters.required("tags").split(',').map(ToOwned::to_owned).collect();
    if tags.len() > MOST_TAGS || !tags.iter().all(|tag| is_tag(tag)) {
        parameters.refuse("tags", format!("must be 1 to {MOST_TAGS} tags of A-Z 0-9 _ -, with commas between"));
    }
    tags.sort_unstable();
    tags.dedup();
    let page = parameters.page();
    parameters.done()?;
    reading.whole_log()?;
    let (start_date, end_date) = (start.unwrap_or_default(), end.unwrap_or_default());
    let tenant = reading.tenant();
    let period = tenant.day_bounds(start_date).start..tenant.day_bounds(end_date).end;
    let counts = tagged::counts(&reading.db, &tenant.id, &tags, &period).await?;
    let events = tagged::page(&reading.db, &tenant.id, &tags, &period, page.after, page.limit + 1).await?;
    reading.list().await?;
    let EventList { events, next } = EventList::of(reading.sighted(events), page);
    let counts = Counts { by_tag: counts.by_tag, by_type: counts.by_type };
    Ok(Answer(Compliance { start_date, end_date, tags, counts, events, next }).into_response())
}

/// How many events there are, by type, by day and by performer.
#[utoipa::path(
    get,
    path = "/events/stats",
    tag = "Events",
    params(Purpose),
    responses((status = 200, body = Statistics), (status = 403, description = "None of the caller's roles may read the whole log."))
)]
pub async fn statistics(reading: Reading, parameters: Parameters) -> Result<Answer<Statistics>, Problem> {
    parameters.done()?;
    reading.whole_log()?;
    let tenant = reading.tenant();
    let day = |moment| {
        let date = tenant.local_day(moment);
        (date, tenant.day_bounds(date))
    };
    Ok(Answer(stats::statistics(&reading.db, &tenant.id, day).await?))
}
