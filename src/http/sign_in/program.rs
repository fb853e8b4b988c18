//! Which program calls the REST API, as an argument of handlers.

use std::time::Duration;

use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::Doorkeeper;
use crate::clock::Clock;
use crate::db::Db;
use crate::hospital::people::{self, Person};
use crate::hospital::tenants::{self, Tenant};
use crate::hospital::tokens::{self, Secret};
use crate::http::api::Problem;
use crate::journey::ids::TokenId;

/// A program, and the person it acts for. It calls with a token; cookies count for nothing here.
#[derive(Clone, Debug)]
pub struct Program {
    /// The hospital.
    pub tenant: Tenant,
    /// Whom it acts for, with their roles of this moment.
    pub person: Person,
    /// The token it called with.
    pub token: TokenId,
}

/// Why a call comes from no program that we know.
#[derive(Debug)]
pub enum NoProgram {
    /// There is no token, or none that is valid.
    Unauthorized,
    /// The token calls too fast.
    TooFast(Duration),
    /// The database did not answer.
    Away(String),
}

impl IntoResponse for NoProgram {
    fn into_response(self) -> Response {
        let (status, (name, value)) = match self {
            Self::Unauthorized => {
                (StatusCode::UNAUTHORIZED, (header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")))
            }
            Self::TooFast(wait) => {
                (StatusCode::TOO_MANY_REQUESTS, (header::RETRY_AFTER, HeaderValue::from(wait.as_secs() + 1)))
            }
            Self::Away(error) => {
                tracing::error!(%error, "a token could not be looked up");
                (StatusCode::SERVICE_UNAVAILABLE, (header::RETRY_AFTER, HeaderValue::from_static("5")))
            }
        };
        let mut response = Problem::of_status(status).into_response();
        response.headers_mut().insert(name, value);
        response
    }
}

impl<S> FromRequestParts<S> for Program
where
    S: Send + Sync,
    Db: FromRef<S>,
    Clock: FromRef<S>,
    Doorkeeper: FromRef<S>,
{
    type Rejection = NoProgram;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, NoProgram> {
        let away = |error: sqlx::Error| NoProgram::Away(error.to_string());
        let db = Db::from_ref(state);
        let secret = bearer(parts).ok_or(NoProgram::Unauthorized)?;
        let token = tokens::live(&db, &secret, Clock::from_ref(state).now()).await.map_err(away)?;
        let token = token.ok_or(NoProgram::Unauthorized)?;
        Doorkeeper::from_ref(state).pace.count(&token.id).map_err(NoProgram::TooFast)?;
        let person = people::by_id(&db, &token.tenant_id, &token.person_id).await.map_err(away)?;
        let tenant = tenants::by_id(&db, &token.tenant_id).await.map_err(away)?;
        match (tenant, person) {
            (Some(tenant), Some(person)) if person.active => Ok(Self { tenant, person, token: token.id }),
            _ => Err(NoProgram::Unauthorized),
        }
    }
}

/// The token of the header Authorization.
fn bearer(parts: &Parts) -> Option<Secret> {
    let (scheme, secret) = parts.headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") { Secret::parse(secret.trim()) } else { None }
}
