//! `/admin/projections`: the read models.

use std::time::Duration;

use axum::Form;
use axum::response::{IntoResponse, Redirect, Response};
use tr::tr;

use crate::http::desk::{Desk, Failure};
use crate::http::form::Values;
use crate::http::seen::Seen;
use crate::log;
use crate::projections::following::{self, FOLLOWING};
use crate::record::rebuild::{ReadModel, rebuild};
use crate::screens::layout::ADMIN;
use crate::screens::projections::{News, ReadModels, read_models};

/// How long a form waits for a rebuild to be done; it goes on after that.
const PATIENCE: Duration = Duration::from_secs(10);

/// Shows the read models.
pub async fn show(desk: Desk) -> Result<Response, Failure> {
    desk.needs(ADMIN)?;
    // Only what is a read model is said again.
    let named = |parameter| Some(desk.query(parameter).and_then(ReadModel::named)?.name().to_owned());
    let differed = desk.query("differed").and_then(|rows| rows.parse().ok()).unwrap_or_default();
    let news = named("rebuilt")
        .map(|name| News::Rebuilt(name, differed))
        .or_else(|| named("rebuilding").map(News::Rebuilding))
        .or_else(|| named("failed").map(News::Failed));
    let states = following::states(desk.db(), &desk.tenant.id, FOLLOWING).await?;
    let head = log::position(desk.db(), &desk.tenant.id).await?;
    let screen = ReadModels { tenant: desk.tenant.clone(), head, states, news };
    desk.show(tr!("Read models"), Seen::Nothing, None, move || read_models(screen)).await
}

/// Pauses, resumes or rebuilds a read model.
pub async fn act(desk: Desk, Form(pairs): Form<Vec<(String, String)>>) -> Result<Response, Failure> {
    desk.needs(ADMIN)?;
    let values = Values(pairs);
    let model = values.get("projection").and_then(ReadModel::named).ok_or(Failure::NotFound)?;
    let (db, tenant) = (desk.db(), &desk.tenant.id);
    let then = match (values.get("act"), model) {
        (Some("pause"), ReadModel::Following(projection)) => {
            following::pause(db, tenant, projection, desk.now).await?;
            desk.path
        }
        (Some("resume"), ReadModel::Following(projection)) => {
            following::resume(db, tenant, projection, desk.now).await?;
            desk.path
        }
        (Some("rebuild"), model) => format!("{}?{}", desk.path, rebuilt(&desk, model).await),
        _ => return Err(Failure::NotFound),
    };
    Ok(Redirect::to(&then).into_response())
}

/// Rebuilds a read model, and says what became of it as the query of an address.
async fn rebuilt(desk: &Desk, model: ReadModel) -> String {
    let (db, tenant, now) = (desk.db().clone(), desk.tenant.clone(), desk.now);
    let rebuilding = tokio::spawn(async move {
        let rebuilt = rebuild(&db, &tenant, model, now, |_| {}).await;
        if let Err(error) = &rebuilt {
            tracing::error!(%error, read_model = model.name(), "a read model was not rebuilt");
        }
        rebuilt
    });
    match tokio::time::timeout(PATIENCE, rebuilding).await {
        Ok(Ok(Ok(rebuilt))) => format!("rebuilt={}&differed={}", model.name(), rebuilt.differed),
        Ok(_) => format!("failed={}", model.name()),
        Err(_) => format!("rebuilding={}", model.name()),
    }
}
