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
use crate::http::api::{ON_BEHALF_OF, Problem, only};
use crate::journey::decide::Actor;
use crate::journey::ids::{Id as _, PersonId, TenantId, TokenId};
use crate::journey::words::ActorType;

/// A program, and the person it acts for. It calls with a token; cookies count for nothing here.
#[derive(Clone, Debug)]
pub struct Program {
    /// The hospital.
    pub tenant: Tenant,
    /// Who calls, with the roles of this moment; of an AI or a program that names a human, no more than both may do.
    pub person: Person,
    /// The human for whom an AI or a program calls.
    pub human: Option<PersonId>,
    /// The token it called with.
    pub token: TokenId,
    /// The hospital's database.
    pub db: Db,
}

/// Why a call comes from no program that we know.
#[derive(Debug)]
pub enum NoProgram {
    /// There is no token, or none that is valid.
    Unauthorized,
    /// It names what can be no human.
    Misnamed(&'static str),
    /// It names somebody for whom it may not act.
    Alone(&'static str),
    /// The token calls too fast.
    TooFast(Duration),
    /// The database did not answer.
    Away(String),
}

impl IntoResponse for NoProgram {
    fn into_response(self) -> Response {
        let (status, (name, value)) = match self {
            Self::Misnamed(problem) => return Problem::invalid(ON_BEHALF_OF, problem).into_response(),
            Self::Alone(problem) => return Problem::forbidden(ON_BEHALF_OF, problem).into_response(),
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
            (Some(tenant), Some(person)) if person.active => {
                let human = human(parts, &db, &tenant.id, &person).await?;
                let person = match &human {
                    Some(human) => person.acting_for(human),
                    None => person,
                };
                let db = db.of(&tenant.id);
                Ok(Self { tenant, person, human: human.map(|human| human.id), token: token.id, db })
            }
            _ => Err(NoProgram::Unauthorized),
        }
    }
}

/// The human named by the header On-Behalf-Of.
async fn human(parts: &Parts, db: &Db, tenant: &TenantId, person: &Person) -> Result<Option<Person>, NoProgram> {
    let Some(value) = only(&parts.headers, ON_BEHALF_OF).map_err(|_| NoProgram::Misnamed("must be sent once"))? else {
        return Ok(None);
    };
    if person.actor_type == ActorType::Human {
        return Err(NoProgram::Alone("is for AIs and programs; a human acts alone"));
    }
    let Some(id) = value.to_str().ok().and_then(|id| PersonId::parse(id).ok()) else {
        return Err(NoProgram::Misnamed("must be the id of a human"));
    };
    let human = people::by_id(db, tenant, &id).await.map_err(|error| NoProgram::Away(error.to_string()))?;
    human
        .filter(|human| human.active && human.actor_type == ActorType::Human)
        .map(Some)
        .ok_or(NoProgram::Alone("must be the id of a human who works in this hospital"))
}

impl Program {
    /// Who logs what this call logs; an AI logs nothing for nobody.
    pub fn actor(&self) -> Result<Actor, Problem> {
        if self.person.actor_type == ActorType::Ai && self.human.is_none() {
            return Err(Problem::invalid(ON_BEHALF_OF, "must name the human for whom the AI acts"));
        }
        Ok(Actor { on_behalf_of: self.human.clone(), ..self.person.actor() })
    }
}

/// The token of the header Authorization.
fn bearer(parts: &Parts) -> Option<Secret> {
    let (scheme, secret) = parts.headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") { Secret::parse(secret.trim()) } else { None }
}
