//! `/reception/calls`: the follow-ups that are due, and whom to call about them.

use std::sync::Arc;

use axum::Form;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::TimeDelta;
use tr::tr;

use crate::http::desk::{Desk, Failure, Outcome};
use crate::http::form::Values;
use crate::http::seen::Seen;
use crate::journey::events::EventType;
use crate::journey::ids::{FollowUpId, Id as _};
use crate::live::Topic;
use crate::projections::follow_ups;
use crate::screens::attempt::Attempt;
use crate::screens::calls::{Calls, calls};
use crate::screens::layout::RECEPTION;

/// How far back follow-ups are looked at that nobody came for.
const BACK: TimeDelta = TimeDelta::days(30);
/// How far ahead.
const AHEAD: TimeDelta = TimeDelta::days(2);

/// Shows the list.
pub async fn show(desk: Desk) -> Result<Response, Failure> {
    page(desk, None).await
}

/// Logs that somebody was called.
pub async fn act(desk: Desk, Form(pairs): Form<Vec<(String, String)>>) -> Result<Response, Failure> {
    desk.needs(RECEPTION)?;
    let values = Values(pairs);
    if values.event() != Some(EventType::FollowUpReminderSent) {
        return Err(Failure::NotFound);
    }
    match call(&desk, values).await? {
        Ok(response) => Ok(response),
        Err(attempt) => page(desk, Some(attempt)).await,
    }
}

/// Logs a call, unless somebody has called since the list was looked at.
async fn call(desk: &Desk, mut values: Values) -> Result<Outcome, Failure> {
    let visit = values.visit().ok_or(Failure::NotFound)?;
    desk.visit(&visit).await?;
    let (_, state) = desk.app.recorder.load(&desk.tenant.id, &visit).await?.ok_or(Failure::NotFound)?;
    let follow_up = values.get("followUpId").and_then(|id| FollowUpId::parse(id).ok());
    let reminders = follow_up.and_then(|id| state.follow_ups.get(&id)).map(|follow_up| follow_up.reminders);
    let shown: Option<u32> = values.get("_reminders").and_then(|shown| shown.parse().ok());
    if reminders.zip(shown).is_some_and(|(reminders, shown)| reminders > shown) {
        return Ok(Ok(Redirect::to(&desk.path).into_response()));
    }
    // Of two who call at once, one is logged.
    values.0.push(("_version".to_owned(), state.version.to_string()));
    desk.log(values).await
}

async fn page(desk: Desk, attempt: Option<Arc<Attempt>>) -> Result<Response, Failure> {
    desk.needs(RECEPTION)?;
    let (db, tenant, now) = (desk.db(), &desk.tenant.id, desk.now);
    let channels = desk.app.channels;
    let awaited = follow_ups::awaited(db, tenant, now - BACK, now + AHEAD, desk.branch()).await?;
    let (reached, awaited) = awaited.into_iter().partition(|card| channels.reach(card, now));
    let screen = Calls {
        tenant: desk.tenant.clone(),
        actor: desk.person.actor(),
        awaited,
        reached: (!channels.are_closed()).then_some(reached),
        adherence: follow_ups::adherence(db, tenant, now - BACK, now).await?,
        now,
    };
    let desk = desk.live([Topic::Calls]).reloads(true);
    desk.show(tr!("Call list"), Seen::List, attempt, move || calls(screen)).await
}
