//! `/analytics/follow-ups`: what became of the follow-ups that fell due.

use axum::response::Response;
use tr::tr;

use super::analytics::{LISTED, asked_for, moments, turned};
use crate::analytics::{Filter, Period};
use crate::http::desk::{Desk, Failure};
use crate::http::seen::Seen;
use crate::projections::follow_ups::{Became, PlannedOn, became, due};
use crate::screens::analytics::asked::{Asked, Names};
use crate::screens::analytics::follow_ups::{Due, list, panel as told};
use crate::screens::analytics::panel::Panel;

fn planned_on(filter: &Filter) -> PlannedOn<'_> {
    let Filter { branch, department, doctor, visit_type, priority } = filter;
    PlannedOn {
        branch: branch.as_ref(),
        doctor: doctor.as_ref(),
        department: department.as_ref(),
        visit_type: *visit_type,
        priority: *priority,
    }
}

/// What became of those of a period; what is due today may still be kept.
async fn counted(desk: &Desk, asked: &Asked, period: Period) -> Result<Vec<Became>, Failure> {
    let tenant = &desk.tenant;
    let today = tenant.day_bounds(tenant.local_day(desk.now)).start;
    Ok(became(desk.db(), &tenant.id, moments(tenant, period), today, planned_on(&asked.filter)).await?)
}

/// Tells which were kept, beside those of the period before.
pub(super) async fn panel(desk: &Desk, asked: &Asked, names: &Names) -> Result<Panel, Failure> {
    let (now, before) =
        futures::try_join!(counted(desk, asked, asked.period), counted(desk, asked, asked.period.before()))?;
    Ok(told(&now, &before, names, asked))
}

/// Lists them.
pub async fn show(desk: Desk) -> Result<Response, Failure> {
    let (asked, names) = asked_for(&desk).await?;
    let (page, skipped) = turned(&desk);
    let (tenant, turn) = (&desk.tenant, (LISTED as i64, skipped as i64));
    let (listed, count) =
        due(desk.db(), &tenant.id, moments(tenant, asked.period), planned_on(&asked.filter), turn).await?;
    let today = tenant.day_bounds(tenant.local_day(desk.now)).start;
    let data = Due { tenant: tenant.clone(), asked, names, count, listed, today, skipped, page };
    desk.show(tr!("Follow-ups"), Seen::List, None, move || list(data)).await
}
