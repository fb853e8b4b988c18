//! `/reception/calls`: the follow-ups that are due, and whom to call about them.

use std::sync::Arc;

use axum::Form;
use axum::response::Response;
use chrono::TimeDelta;
use tr::tr;

use crate::http::desk::{Desk, Failure};
use crate::http::form::Values;
use crate::http::seen::Seen;
use crate::journey::events::EventType;
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
    match desk.log(values).await? {
        Ok(response) => Ok(response),
        Err(attempt) => page(desk, Some(attempt)).await,
    }
}

async fn page(desk: Desk, attempt: Option<Arc<Attempt>>) -> Result<Response, Failure> {
    desk.needs(RECEPTION)?;
    let (db, tenant, now) = (desk.db(), &desk.tenant.id, desk.now);
    let screen = Calls {
        tenant: desk.tenant.clone(),
        actor: desk.person.actor(),
        awaited: follow_ups::awaited(db, tenant, now - BACK, now + AHEAD, desk.branch()).await?,
        adherence: follow_ups::adherence(db, tenant, now - BACK, now).await?,
        now,
    };
    desk.show(tr!("Call list"), Seen::List, attempt, move || calls(screen)).await
}
