//! `/shared/{secret}`: a document lent by a link, for who does not sign in.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use tr::tr;

use super::documents::{handed_out, uploaded};
use crate::db::new_id;
use crate::hospital::document_shares::{self, Share};
use crate::hospital::{documents, tenants};
use crate::http::desk::Failure;
use crate::http::{AppState, Page};
use crate::log::Access;
use crate::log::access::{Subject, Way};
use crate::screens::shared::{Shared, shared};

/// Shows who lends the document.
pub async fn show(Path(secret): Path<String>, State(app): State<AppState>, page: Page) -> Result<Response, Failure> {
    let share = live(&app, &secret).await?;
    let tenant = tenants::by_id(&app.db, &share.tenant_id).await?.ok_or(Failure::NotFound)?;
    let screen = Shared { tenant, shared_with: share.shared_with, expires_at: share.expires_at };
    Ok(page.render(StatusCode::OK, tr!("A document for you"), move || shared(screen)).await)
}

/// Hands the document out, and keeps that it was opened.
pub async fn open(Path(secret): Path<String>, State(app): State<AppState>) -> Result<Response, Failure> {
    let share = live(&app, &secret).await?;
    let tenant = &share.tenant_id;
    let (happened, visit) = app.recorder.load(tenant, &share.visit_id).await?.ok_or(Failure::NotFound)?;
    let (name, sha256) = uploaded(&happened, &share.document_id).ok_or(Failure::NotFound)?;
    let content = documents::by_digest(&app.db, tenant, sha256).await?.ok_or(Failure::NotFound)?;
    let now = app.clock.now();
    let access = Access {
        id: new_id(),
        accessed_at: now,
        // Whoever lent it answers for it.
        person_id: share.shared_by.clone(),
        on_behalf_of: None,
        way: Way::Screen,
        token_id: None,
        subject: Subject::Visit,
        address: "/shared".to_owned(),
        patient_id: Some(visit.patient_id.clone()),
        visit_id: Some(share.visit_id.clone()),
        purpose: Some(format!("opened by a link for {}", share.shared_with)),
    };
    app.accesses.keep(tenant, access).await?;
    document_shares::opened(&app.db, &share, now).await?;
    Ok(handed_out(name, content).into_response())
}

async fn live(app: &AppState, secret: &str) -> Result<Share, Failure> {
    let gone = || {
        let words = tr!("This link is not valid, or not any more. Ask the hospital for a new one.");
        Failure::Said(StatusCode::NOT_FOUND, words)
    };
    document_shares::live(&app.db, secret, app.clock.now()).await?.ok_or_else(gone)
}
