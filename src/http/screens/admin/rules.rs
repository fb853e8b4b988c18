//! `/admin/rules`: the hospital's own rules for visits.

use axum::Form;
use axum::response::Response;
use tr::tr;

use super::{names, places};
use crate::http::desk::{Desk, Failure};
use crate::http::form::Values;
use crate::http::seen::Seen;
use crate::journey::ids::Id as _;
use crate::journey::policy::Policy;
use crate::log;
use crate::screens::admin::rules::{Rules, rules};
use crate::screens::layout::ADMIN;

/// Shows the rules.
pub async fn show(desk: Desk) -> Result<Response, Failure> {
    desk.needs(ADMIN)?;
    let screen = Rules {
        tenant: desk.tenant.clone(),
        events: log::stream(desk.db(), &desk.tenant.id, "tenant", desk.tenant.id.as_str()).await?,
        names: names(&desk, &places(&desk).await?).await?,
        attempt: None,
    };
    desk.show(tr!("Rules"), Seen::Nothing, None, move || rules(screen)).await
}

/// Sets the rules.
pub async fn act(desk: Desk, Form(pairs): Form<Vec<(String, String)>>) -> Result<Response, Failure> {
    desk.needs(ADMIN)?;
    let values = Values(pairs);
    let ticked = |rule: &str| values.all("rules").any(|ticked| ticked == rule);
    let policy = Policy {
        pay_before_lab: ticked("payBeforeLab"),
        pay_before_consultation: ticked("payBeforeConsultation"),
        approver_may_be_performer: ticked("approverMayBePerformer"),
    };
    let written = desk.app.recorder.change_policy(&desk.tenant, &desk.person.actor(), policy).await;
    match desk.written(values, written, &desk.path, "tenant.policy_changed")? {
        Ok(response) => Ok(response),
        Err(_) => show(desk).await,
    }
}
