//! A desk: who stands before which screen, and what a screen's handler does with it.
//!
//! A handler takes a [`Desk`], asks [`Desk::needs`] for the roles that open the screen, loads what it shows (`?` for errors) and ends with
//! [`Desk::show`]. A form is posted to the screen's own address and goes through [`Desk::log`]: 303 when it is logged, otherwise the
//! [`Attempt`] that the screen shows again with 422.

use std::sync::Arc;

use axum::extract::{FromRequestParts, OriginalUri, Query};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{DateTime, Utc};
use leptos::prelude::IntoView;
use serde_json::{Map, Value, json};
use tr::tr;

use super::form::Values;
use super::liveliness::{Liveliness, REFRESH};
use super::seen::{Seen, Sittings};
use super::sign_in::{NotSignedIn, Onlooker, SignedIn, safe_next};
use super::{AppState, Explanation, Page};
use crate::db::{Db, Trouble, new_id};
use crate::hospital::event_types;
use crate::hospital::people::Person;
use crate::hospital::tariff;
use crate::hospital::tenants::Tenant;
use crate::journey::events::EventType;
use crate::journey::ids::*;
use crate::journey::refusal::{one_of, roles_held};
use crate::journey::schema::FieldProblem;
use crate::journey::words::{Priority, Role, Word};
use crate::language::say;
use crate::projections::visits;
use crate::record::{RecordError, Recorded, Wish};
use crate::screens::attempt::Attempt;
use crate::screens::layout::{Frame, Logged, layout};
use crate::screens::parts::query_text;
use crate::screens::problem::{Problem, problem};

/// Who stands before which screen.
#[derive(Clone, Debug)]
pub struct Desk {
    /// What handlers share.
    pub app: AppState,
    /// The hospital.
    pub tenant: Tenant,
    /// Who is signed in.
    pub person: Person,
    /// When they signed in.
    began: DateTime<Utc>,
    /// The present moment.
    pub now: DateTime<Utc>,
    /// The address, without its query.
    pub path: String,
    /// Whether the screen fetches itself anew, without anybody asking.
    pub(super) is_refresh: bool,
    pub(super) sittings: Arc<Sittings>,
    pub(super) query: Values,
    page: Page,
    pub(super) live: Liveliness,
}

/// Why a screen is not shown.
#[derive(Debug)]
pub enum Failure {
    /// The person holds none of the roles that open it.
    Forbidden(&'static [Role], Vec<Role>),
    /// There is nothing at this address.
    NotFound,
    /// Something else, in plain words.
    Said(StatusCode, String),
    /// The log holds something that cannot be read, or the database did not answer.
    Record(RecordError),
}

impl<E: Into<RecordError>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Record(error.into())
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let (status, words) = match self {
            Self::Forbidden(needed, held) => (
                StatusCode::FORBIDDEN,
                Some(tr!(
                    "Only {needed} may open this page. You are signed in as {held}.",
                    needed = one_of(needed, &say),
                    held = roles_held(&held, &say)
                )),
            ),
            Self::NotFound => (StatusCode::NOT_FOUND, None),
            Self::Said(status, words) => (status, Some(words)),
            Self::Record(RecordError::Database(error)) => {
                tracing::error!(%error, "the database did not answer");
                match Trouble::of(&error) {
                    Trouble::Full => (StatusCode::INSUFFICIENT_STORAGE, None),
                    Trouble::Away | Trouble::Query => (StatusCode::SERVICE_UNAVAILABLE, None),
                }
            }
            Self::Record(error @ (RecordError::Busy | RecordError::Interrupted)) => {
                tracing::warn!(%error, "a form was not logged");
                (StatusCode::SERVICE_UNAVAILABLE, None)
            }
            Self::Record(error) => {
                tracing::error!(%error, "a screen could not be made");
                (StatusCode::INTERNAL_SERVER_ERROR, None)
            }
        };
        let mut response = status.into_response();
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
        }
        if let Some(words) = words {
            response.extensions_mut().insert(Explanation(words));
        }
        response
    }
}

/// What became of a posted form: done, or an attempt to show again.
pub type Outcome = Result<Response, Arc<Attempt>>;

impl FromRequestParts<AppState> for Desk {
    type Rejection = NotSignedIn;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, NotSignedIn> {
        let is_refresh = parts.headers.contains_key(REFRESH);
        let SignedIn { tenant, person, began, .. } = match is_refresh {
            true => Onlooker::from_request_parts(parts, app).await?.0,
            false => SignedIn::from_request_parts(parts, app).await?,
        };
        let live = Liveliness::of(parts, &tenant.id);
        let uri = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |original| &original.0);
        let query = Query::try_from_uri(uri).map(|Query(pairs)| Values(pairs)).unwrap_or_default();
        Ok(Self {
            person,
            began,
            now: app.clock.now(),
            path: uri.path().to_owned(),
            query,
            page: Page::new(parts, app.site.clone()),
            app: AppState { db: app.db.of(&tenant.id), ..app.clone() },
            tenant,
            is_refresh,
            sittings: parts.extensions.get().cloned().unwrap_or_default(),
            live,
        })
    }
}

impl Desk {
    /// The database.
    pub fn db(&self) -> &Db {
        &self.app.db
    }

    /// Lets only people go on who hold one of some roles.
    pub fn needs(&self, roles: &'static [Role]) -> Result<(), Failure> {
        if self.person.holds_any(roles) { Ok(()) } else { Err(Failure::Forbidden(roles, self.person.roles.to_vec())) }
    }

    /// A parameter of the address.
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.get(name)
    }

    /// The address of the same screen in the present.
    pub fn address_now(&self) -> String {
        self.address_with(&["asOf", "version", "logged", "done"], None)
    }

    /// The branch the person works in; none for who works in all.
    pub fn branch(&self) -> Option<&BranchId> {
        self.person.branch_id.as_ref()
    }

    /// Shows a screen, and keeps what is seen on it: with 200, or with 422 when an attempt was refused.
    pub async fn show<V: IntoView + 'static>(
        self,
        title: impl Into<String>,
        seen: Seen,
        attempt: Option<Arc<Attempt>>,
        body: impl FnOnce() -> V + Send + 'static,
    ) -> Result<Response, Failure> {
        self.saw(seen).await?;
        let listening = self.listening(attempt.as_ref());
        let logged = self.logged().await?;
        let done = self.query("done").and_then(event_types::title).map(|title| say(&title));
        let status = if attempt.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
        let title: String = title.into();
        let title = match &attempt {
            Some(attempt) if !attempt.problems.is_empty() => tr!("Error: {title}", title),
            _ => title,
        };
        let reloads = self.live.reloads && listening.is_some();
        let (page, frame) = self.framed();
        let frame = Frame { logged, done, attempt, listening, ..frame };
        Ok(page.reloading(reloads).render(status, title, move || layout(frame, body())).await)
    }

    /// Shows what did not work, with the ways to every other screen.
    pub async fn failed(self, status: StatusCode, words: Problem) -> Response {
        let (page, frame) = self.framed();
        page.render(status, words.title.clone(), move || layout(frame, problem(words))).await
    }

    /// The page, and what stands around its body.
    fn framed(self) -> (Page, Frame) {
        let frame = Frame {
            hospital: self.tenant.name,
            person: self.person,
            began: self.began,
            path: self.path,
            search: self.query.get("q").unwrap_or_default().to_owned(),
            theme: self.page.theme(),
            logged: None,
            done: None,
            attempt: None,
            listening: None,
        };
        (self.page, frame)
    }

    /// What was just logged, when the address says so.
    async fn logged(&self) -> Result<Option<Logged>, Failure> {
        let (Some(event), Some(visit)) = (
            self.query("logged").and_then(EventType::from_word),
            self.query("visit").and_then(|visit| VisitId::parse(visit).ok()),
        ) else {
            return Ok(None);
        };
        let card = visits::get(self.db(), &self.tenant.id, &visit).await?;
        let card = card.filter(|card| self.reader().reads_visit(card.visit.branch_id.as_ref()));
        Ok(card.map(|card| Logged {
            event,
            visit,
            token: card.visit.token,
            patient: card.patient_name,
            version: card.visit.version,
            calls: card.visit.calls,
        }))
    }

    /// Logs the event that a posted form is for.
    pub async fn log(&self, values: Values) -> Result<Outcome, Failure> {
        let Some(event) = values.event() else {
            return Ok(Err(Arc::new(self.unreadable(values))));
        };
        if values.is_unexplained_discount() {
            let problem = FieldProblem::new("discountReason", "is required");
            return Ok(Err(self.mistyped(values, vec![problem])));
        }
        let key = values.key().unwrap_or_else(new_id);
        let values = values.compacted(event);
        let mut metadata = values.metadata(event, &key);
        self.expand(event, &values, &key, &mut metadata).await?;
        let mut wish = Wish::new(values.visit(), event, Value::Object(metadata));
        wish.expected_version = values.version();
        self.record(values, &key, vec![wish]).await
    }

    /// Logs what a posted form wishes, all of it or nothing.
    pub async fn record(&self, values: Values, key: &RequestKey, wishes: Vec<Wish>) -> Result<Outcome, Failure> {
        let recorded = self.recorded(&values, key, wishes).await?;
        Ok(recorded.map(|recorded| self.go_on(&values, &recorded)))
    }

    /// The same for whoever goes on otherwise: gives what became of it.
    pub async fn recorded(
        &self,
        values: &Values,
        key: &RequestKey,
        mut wishes: Vec<Wish>,
    ) -> Result<Result<Recorded, Arc<Attempt>>, Failure> {
        for wish in &mut wishes {
            wish.branch_id = wish.branch_id.take().or_else(|| self.person.branch_id.clone());
        }
        let events: Vec<_> = wishes.iter().map(|wish| wish.happening.step()).collect();
        let (tenant, reader, actor) = (&self.tenant, self.reader(), self.person.actor());
        match self.app.recorder.record_for(tenant, &reader, &actor, wishes, Some(key.as_str())).await {
            Ok(recorded) => Ok(Ok(recorded)),
            Err(RecordError::Refused(refused)) => {
                let event = events.get(refused.index).copied().flatten();
                Ok(Err(Arc::new(self.attempt(values.clone(), event, *refused))))
            }
            Err(RecordError::IdempotencyMismatch) => Ok(Err(Arc::new(Attempt {
                sentence: tr!(
                    "This form was sent before with something else in it. Look whether that was logged, then send it again."
                ),
                ..self.unreadable(values.clone())
            }))),
            Err(error) => Err(error.into()),
        }
    }

    /// After a form is done, back to where it was sent from, or on to where it says.
    fn go_on(&self, values: &Values, recorded: &Recorded) -> Response {
        let then = values.get("_then").and_then(safe_next).map(ToOwned::to_owned);
        let kept =
            self.query.0.iter().filter(|(name, _)| !matches!(name.as_str(), "logged" | "visit" | "do" | "about"));
        let query =
            kept.map(|(name, value)| format!("{}={}&", query_text(name), query_text(value))).collect::<String>();
        let mut address = then.unwrap_or_else(|| format!("{}?{query}", self.path));
        let asked = values.event().map(EventType::word);
        let logged = recorded.events.iter().find(|stored| Some(stored.event.event_type.as_str()) == asked);
        if let Some(event) = logged.or(recorded.events.first())
            && let Some(visit) = &event.event.visit_id
        {
            let join = if address.ends_with(['?', '&']) {
                ""
            } else if address.contains('?') {
                "&"
            } else {
                "?"
            };
            address = format!("{address}{join}logged={}&visit={visit}", event.event.event_type);
        }
        Redirect::to(&address).into_response()
    }

    /// Turns what was picked from the tariff, or from the visit's tests, into the event's lines.
    ///
    /// `pick` names a tariff code or a test's id; `discount`, `priority` and free lines are fields like any other.
    pub async fn expand(
        &self,
        event: EventType,
        values: &Values,
        key: &RequestKey,
        metadata: &mut Map<String, Value>,
    ) -> Result<(), Failure> {
        let picks: Vec<&str> = values.all("pick").collect();
        if picks.is_empty() {
            return Ok(());
        }
        let mut lines = Vec::new();
        match event {
            EventType::TestsOrdered | EventType::ConsultationBilled => {
                let priority = values.get("priority").and_then(Priority::from_word);
                for (number, code) in picks.into_iter().enumerate() {
                    let Some(entry) = tariff::by_code(self.db(), &self.tenant.id, code).await? else { continue };
                    lines.push(if event == EventType::TestsOrdered {
                        json!({
                            "testId": key.derive::<TestId>(number as u32),
                            "code": entry.code,
                            "name": entry.name,
                            "price": entry.price,
                            "specimen": entry.specimen,
                            "priority": priority,
                        })
                    } else {
                        json!({ "description": entry.name, "amount": entry.price })
                    });
                }
            }
            EventType::TestsBilled => {
                let loaded = match values.visit() {
                    Some(visit) => self.app.recorder.load(&self.tenant.id, &visit).await?,
                    None => None,
                };
                for test in picks.into_iter().filter_map(|id| TestId::parse(id).ok()) {
                    let price = loaded.as_ref().and_then(|(_, visit)| visit.tests.get(&test)).map(|test| test.price);
                    lines.push(json!({ "testId": test, "amount": price.unwrap_or_default() }));
                }
            }
            _ => return Ok(()),
        }
        metadata.remove("priority");
        let list = if event == EventType::TestsOrdered { "tests" } else { "items" };
        if let Value::Array(all) = metadata.entry(list).or_insert_with(|| json!([])) {
            all.extend(lines);
        }
        Ok(())
    }
}
