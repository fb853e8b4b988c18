//! `/display/{branch}`: the waiting room's display. Nobody signs in before it, so it knows no names.

use axum::Extension;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use tr::tr;

use crate::hospital::branches::{self, Branch};
use crate::hospital::tenants::{self, Tenant};
use crate::http::desk::Failure;
use crate::http::listening::{self, Asked};
use crate::http::{AppState, Page};
use crate::journey::ids::{BranchId, Id};
use crate::journey::words::Station;
use crate::live::{Live, Pace, Topic};
use crate::projections::calls;
use crate::screens::display::{Display, display};
use crate::screens::layout::Listening;

/// How many calls are shown: the newest, and five before it.
const CALLS: usize = 6;

async fn found(app: &AppState, branch: &str) -> Result<(Tenant, Branch), Failure> {
    let branch = BranchId::parse(branch).map_err(|_| Failure::NotFound)?;
    let (tenant, branch) = branches::wherever(&app.db, &branch).await?.ok_or(Failure::NotFound)?;
    let tenant = tenants::by_id(&app.db, &tenant).await?.ok_or(Failure::NotFound)?;
    Ok((tenant, branch))
}

/// Shows who is called, and who is next.
pub async fn show(
    Path(branch): Path<String>,
    State(app): State<AppState>,
    Extension(live): Extension<Live>,
    page: Page,
) -> Result<Response, Failure> {
    let (tenant, branch) = found(&app, &branch).await?;
    let after = live.position(&tenant.id, Pace::AtOnce);
    let (now, db) = (app.clock.now(), app.db.of(&tenant.id));
    let mut next = Vec::new();
    for station in [Station::Consultation, Station::Lab, Station::Billing] {
        next.push((station, calls::waiting(&db, &tenant.id, &branch.id, station).await?));
    }
    let path = format!("/display/{}", branch.id);
    let data = Display {
        calls: calls::latest(&db, &tenant, &branch.id, now, CALLS).await?,
        next,
        listening: Listening { address: format!("{path}/live"), after, page: path },
        now,
        branch,
        tenant,
    };
    let title = tr!("Waiting room, {branch}", branch = data.branch.name);
    Ok(page.reloading(true).render(StatusCode::OK, title, move || display(data)).await)
}

/// Tells a display that somebody was called, or waits.
pub async fn listen(
    Path(branch): Path<String>,
    State(app): State<AppState>,
    Extension(live): Extension<Live>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let (tenant, branch) = found(&app, &branch).await?;
    listening::in_public(&live, tenant.id, Topic::Display(branch.id), asked.position(&headers))
}
