//! `/admin/tokens`: tokens for programs.

use std::sync::Arc;

use axum::Form;
use axum::response::Response;
use chrono::TimeDelta;
use tr::tr;

use super::{named, names, places, typed};
use crate::hospital::{WriteError, people, tokens};
use crate::http::desk::{Desk, Failure};
use crate::http::form::Values;
use crate::http::seen::Seen;
use crate::http::written::{done_at, problems};
use crate::journey::ids::{Id as _, PersonId, TokenId};
use crate::journey::schema::FieldProblem;
use crate::journey::words::ActorType;
use crate::screens::admin::tokens::{Tokens, tokens as tokens_view};
use crate::screens::attempt::Attempt;
use crate::screens::layout::ADMIN;

const PATH: &str = "/admin/tokens";
/// The longest that a token made here lasts, in days.
const LONGEST: i64 = 3660;

/// Shows the tokens.
pub async fn show(desk: Desk) -> Result<Response, Failure> {
    page(desk, None, None).await
}

/// Makes a token, and shows it this once; or withdraws one.
pub async fn act(desk: Desk, Form(pairs): Form<Vec<(String, String)>>) -> Result<Response, Failure> {
    desk.needs(ADMIN)?;
    let values = Values(pairs);
    match values.get("_form") {
        Some("create") => create(desk, values).await,
        Some("revoke") => {
            let id: TokenId = named(&typed(&values, "_about"))?;
            let all = tokens::list(desk.db(), &desk.tenant.id).await?;
            let token = all.into_iter().find(|token| token.id == id).ok_or(Failure::NotFound)?;
            match desk.app.recorder.revoke_token(&desk.tenant, &desk.person.actor(), &token).await {
                Ok(()) => Ok(done_at(PATH, "token.revoked")),
                Err(WriteError::Database(error)) => Err(error.into()),
                Err(_) => Err(Failure::NotFound),
            }
        }
        _ => Err(Failure::NotFound),
    }
}

async fn create(desk: Desk, values: Values) -> Result<Response, Failure> {
    let person = values.get("personId").and_then(|id| PersonId::parse(id).ok());
    let days = values.get("days").and_then(|days| days.parse().ok()).filter(|days| (1..=LONGEST).contains(days));
    let field = if person.is_none() { "personId" } else { "days" };
    let (Some(person), Some(days)) = (person, days) else {
        let attempt = desk.shown_again(values, vec![FieldProblem::new(field, "must be one of the list")]);
        return page(desk, Some(attempt), None).await;
    };
    let (label, end) = (typed(&values, "label"), desk.now + TimeDelta::days(days));
    let made = desk.app.recorder.create_token(&desk.tenant, &desk.person.actor(), &person, &label, Some(end)).await;
    match made {
        Ok((secret, _)) => page(desk, None, Some(secret.reveal().to_owned())).await,
        Err(WriteError::Database(error)) => Err(error.into()),
        Err(error) => {
            let attempt = desk.shown_again(values, problems(error));
            page(desk, Some(attempt), None).await
        }
    }
}

async fn page(desk: Desk, attempt: Option<Arc<Attempt>>, secret: Option<String>) -> Result<Response, Failure> {
    desk.needs(ADMIN)?;
    let people = people::list(desk.db(), &desk.tenant.id).await?;
    let people = people.into_iter().filter(|person| person.active && person.actor_type != ActorType::System);
    let screen = Tokens {
        tenant: desk.tenant.clone(),
        tokens: tokens::list(desk.db(), &desk.tenant.id).await?,
        people: people.map(|person| (person.id.to_string(), person.name)).collect(),
        names: names(&desk, &places(&desk).await?).await?,
        secret,
        now: desk.now,
        attempt: attempt.clone(),
    };
    desk.show(tr!("Tokens for programs"), Seen::Nothing, attempt, move || tokens_view(screen)).await
}
