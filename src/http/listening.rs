//! `/live`: server-sent events for who looks at a screen. They say which topics changed, and to which version; nothing of what happened.

use std::convert::Infallible;

use axum::Extension;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use futures::stream;
use serde::Deserialize;
use serde_json::json;
use tr::tr;

use super::AppState;
use super::desk::Failure;
use super::sign_in::{Onlooker, SignedIn};
use crate::hospital::people::Person;
use crate::journey::ids::TenantId;
use crate::journey::words::Role;
use crate::live::{Ear, Heard, Live, Seat, Topic};
use crate::screens::layout::{BILLING, DOCTOR, LAB, PATIENTS, QUEUE, RECEPTION};

/// The most topics that one screen shows.
pub(super) const TOPICS: usize = 8;

/// Tells proxies to pass on what comes at once.
const UNBUFFERED: (HeaderName, HeaderValue) =
    (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));

/// What is listened for.
#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    topics: String,
    /// What was heard before, when the browser does not say it by itself.
    after: Option<i64>,
}

impl Asked {
    /// The position up to which everything was heard: what the browser says counts more than what the page said.
    pub fn position(&self, headers: &HeaderMap) -> Option<i64> {
        let last = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok());
        last.or(self.after).filter(|position| *position >= 0)
    }
}

/// Listens in a person's name, as long as their session lasts.
pub async fn listen(
    Onlooker(signed_in): Onlooker,
    State(app): State<AppState>,
    Extension(live): Extension<Live>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let topics: Option<Vec<Topic>> = asked.topics.split(',').take(TOPICS + 1).map(Topic::parse).collect();
    let topics = topics.filter(|topics| topics.len() <= TOPICS).ok_or_else(|| {
        let words = tr!("Say in topics what to listen for, such as reception, queue/consultation or visit/ID.");
        Failure::Said(StatusCode::BAD_REQUEST, words)
    })?;
    may_hear(&signed_in.person, &topics)?;
    let SignedIn { tenant, person, .. } = &signed_in;
    let seat = live.seat(&tenant.id, Some(&person.id)).ok_or_else(too_many)?;
    let ear = live.listen(tenant.id.clone(), topics.clone(), asked.position(&headers));
    Ok(answer(Listener { ear, guest: Some((app, signed_in, topics)), _seat: seat, begun: false }))
}

/// Listens in nobody's name.
pub fn in_public(live: &Live, tenant: TenantId, topic: Topic, after: Option<i64>) -> Result<Response, Failure> {
    let seat = live.seat(&tenant, None).ok_or_else(too_many)?;
    let ear = live.listen(tenant, vec![topic], after);
    Ok(answer(Listener { ear, guest: None, _seat: seat, begun: false }))
}

/// Lets nobody hear of what they may not see.
fn may_hear(person: &Person, topics: &[Topic]) -> Result<(), Failure> {
    for topic in topics {
        let roles: &'static [Role] = match topic {
            Topic::Reception | Topic::Bookings | Topic::Calls => RECEPTION,
            Topic::Queue(_) => QUEUE,
            Topic::Doctor => DOCTOR,
            Topic::Billing => BILLING,
            Topic::Lab => LAB,
            Topic::Visit(_) | Topic::Patients => PATIENTS,
            // A display has an address of its own.
            Topic::Display(_) => return Err(Failure::NotFound),
        };
        if !person.holds_any(roles) {
            return Err(Failure::Forbidden(roles, person.roles.to_vec()));
        }
    }
    Ok(())
}

fn too_many() -> Failure {
    Failure::Said(StatusCode::TOO_MANY_REQUESTS, tr!("Too many pages are open at once. Close some of them."))
}

/// A connection that is listened on.
struct Listener {
    ear: Ear,
    /// Who listens, unless it is the public.
    guest: Option<(AppState, SignedIn, Vec<Topic>)>,
    _seat: Seat,
    begun: bool,
}

/// Streams what is heard. A connection that nobody reads is not asked for more, and lets go of all it holds when it is closed.
fn answer(listener: Listener) -> Response {
    let events = stream::unfold(Some(listener), async |listener| {
        let mut listener = listener?;
        match listener.next().await {
            Ok(Some(event)) => Some((Ok::<_, Infallible>(event), Some(listener))),
            Ok(None) => None,
            Err(Over::SignedOut) => Some((Ok(Event::default().event("over").data("signed out")), None)),
            Err(Over::Away(error)) => {
                tracing::warn!(%error, "live updates broke off; whoever listens comes again");
                None
            }
        }
    });
    ([UNBUFFERED], Sse::new(events)).into_response()
}

/// Why a connection is over.
enum Over {
    /// Who listens is no longer signed in, or may no longer hear it.
    SignedOut,
    /// The database did not answer.
    Away(sqlx::Error),
}

impl From<sqlx::Error> for Over {
    fn from(error: sqlx::Error) -> Self {
        Self::Away(error)
    }
}

impl Listener {
    async fn next(&mut self) -> Result<Option<Event>, Over> {
        let Some(heard) = self.ear.next().await? else { return Ok(None) };
        let event = match heard {
            Heard::Changed(versions, position) => {
                let changed = versions
                    .into_iter()
                    .map(|(topic, version)| json!({ "topic": topic.to_string(), "version": version }));
                let data = changed.collect::<serde_json::Value>().to_string();
                Event::default().event("changed").id(position.to_string()).data(data)
            }
            Heard::Beat(position) => {
                self.guest_stays().await?;
                Event::default().event("beat").id(position.to_string()).data(position.to_string())
            }
        };
        let first = !std::mem::replace(&mut self.begun, true);
        Ok(Some(if first { event.retry(std::time::Duration::from_secs(1)) } else { event }))
    }

    /// Looks whether the session lasts and the person may still hear all this.
    async fn guest_stays(&self) -> Result<(), Over> {
        let Some((app, signed_in, topics)) = &self.guest else { return Ok(()) };
        let person = signed_in.lasting(&app.db, app.clock.now()).await?.ok_or(Over::SignedOut)?;
        may_hear(&person, topics).map_err(|_| Over::SignedOut)
    }
}
