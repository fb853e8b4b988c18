//! Who is signed in, as an argument of handlers.

use axum::extract::{FromRef, FromRequestParts, OriginalUri};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{DateTime, Utc};
use tower_sessions::Session;
use tr::tr;

use super::session::Ticket;
use crate::clock::Clock;
use crate::db::Db;
use crate::hospital::people::{self, Person};
use crate::hospital::sessions;
use crate::hospital::tenants::{self, Tenant};
use crate::http::Explanation;
use crate::screens::parts::query_text;

/// Who is signed in. The person is read anew for each request, so that changed roles count at once.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// Their hospital.
    pub tenant: Tenant,
    /// Who they are, with their roles of this moment.
    pub person: Person,
    /// Their session.
    pub session: Session,
    /// When it began.
    pub began: DateTime<Utc>,
}

/// The same for requests that a page makes by itself, such as live updates: they do not keep a session from running out.
#[derive(Clone, Debug)]
pub struct Onlooker(pub SignedIn);

/// Why a request comes from nobody.
#[derive(Debug)]
pub enum NotSignedIn {
    /// A page was asked for: the person is sent to the sign-in page, and back to it afterwards.
    Page {
        /// Where they were going.
        next: String,
    },
    /// Something was asked for by a script.
    Fetch,
    /// The database did not answer.
    Away(String),
}

impl IntoResponse for NotSignedIn {
    fn into_response(self) -> Response {
        match self {
            Self::Page { next } => Redirect::to(&format!("/login?next={}", query_text(&next))).into_response(),
            Self::Fetch => (StatusCode::UNAUTHORIZED, "Sign in first.").into_response(),
            Self::Away(error) => {
                tracing::error!(%error, "who is signed in could not be read");
                let words = tr!("Sojourn is away for a moment. Try again in a few seconds.");
                let retry = [(header::RETRY_AFTER, HeaderValue::from_static("5"))];
                let mut response = (StatusCode::SERVICE_UNAVAILABLE, retry, words.clone()).into_response();
                response.extensions_mut().insert(Explanation(words));
                response
            }
        }
    }
}

impl SignedIn {
    /// The person as they are now, while the session lasts; asking does not keep it from running out.
    pub async fn lasting(&self, db: &Db, now: DateTime<Utc>) -> sqlx::Result<Option<Person>> {
        let Some(id) = self.session.id() else { return Ok(None) };
        if sessions::live(db, &id.0.to_le_bytes(), now).await?.is_none() {
            return Ok(None);
        }
        let person = people::by_id(db, &self.tenant.id, &self.person.id).await?;
        Ok(person.filter(|person| person.active))
    }
}

impl<S> FromRequestParts<S> for SignedIn
where
    S: Send + Sync,
    Db: FromRef<S>,
    Clock: FromRef<S>,
{
    type Rejection = NotSignedIn;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, NotSignedIn> {
        let (signed_in, ticket) = find(parts, state).await?;
        if let Some(ticket) = ticket.seen(Clock::from_ref(state).now()) {
            ticket.put_into(&signed_in.session).await.map_err(|error| NotSignedIn::Away(error.to_string()))?;
        }
        Ok(signed_in)
    }
}

impl<S> FromRequestParts<S> for Onlooker
where
    S: Send + Sync,
    Db: FromRef<S>,
{
    type Rejection = NotSignedIn;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, NotSignedIn> {
        find(parts, state).await.map(|(signed_in, _)| Self(signed_in))
    }
}

async fn find<S>(parts: &mut Parts, state: &S) -> Result<(SignedIn, Ticket), NotSignedIn>
where
    S: Send + Sync,
    Db: FromRef<S>,
{
    let db = Db::from_ref(state);
    let session = Session::from_request_parts(parts, state)
        .await
        .map_err(|(_, message)| NotSignedIn::Away(message.to_owned()))?;
    let ticket = Ticket::of(&session).await.map_err(|error| NotSignedIn::Away(error.to_string()))?;
    let Some(ticket) = ticket else { return Err(nobody(parts)) };
    let away = |error: sqlx::Error| NotSignedIn::Away(error.to_string());
    let person = people::by_id(&db, &ticket.tenant_id, &ticket.person_id).await.map_err(away)?;
    let tenant = tenants::by_id(&db, &ticket.tenant_id).await.map_err(away)?;
    match (tenant, person) {
        (Some(tenant), Some(person)) if person.active => {
            Ok((SignedIn { tenant, person, session, began: ticket.created_at }, ticket))
        }
        _ => Err(nobody(parts)),
    }
}

fn nobody(parts: &Parts) -> NotSignedIn {
    let accepts = parts.headers.get(header::ACCEPT).and_then(|accepts| accepts.to_str().ok()).unwrap_or_default();
    if accepts.starts_with("application/json") || accepts.starts_with("text/event-stream") {
        return NotSignedIn::Fetch;
    }
    let uri = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |original| &original.0);
    NotSignedIn::Page { next: uri.path_and_query().map_or("/", |path| path.as_str()).to_owned() }
}

/// Where to go after signing in, if it is a page of our own; anything else would be a trap.
pub fn safe_next(next: &str) -> Option<&str> {
    let own = next.starts_with('/')
        && !next.starts_with("//")
        && !next.starts_with("/login")
        && next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    own.then_some(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_pages_come_next() {
        for own in ["/", "/reception", "/visits/01J0?tab=bills"] {
            assert_eq!(safe_next(own), Some(own));
        }
        for trap in
            ["", "reception", "//evil.example", "/\\evil.example", "https://evil.example", "/a\r\nb", "/login?next=/"]
        {
            assert_eq!(safe_next(trap), None, "{trap:?}");
        }
    }

    #[test]
    fn the_way_back_survives_the_detour() {
        assert_eq!(query_text("/queue/LAB?a=1&b=å"), "/queue/LAB%3Fa%3D1%26b%3D%C3%A5");
    }
}
