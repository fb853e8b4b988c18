//! Every failure of the API, as `application/problem+json` (RFC 9457). It never tells SQL, a stack trace or what was typed.

use axum::Json;
use axum::extract::Request;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::db::Trouble;
use crate::hospital::WriteError;
use crate::journey::events::EventType;
use crate::journey::ids::VisitId;
use crate::journey::refusal::Refusal;
use crate::journey::schema::FieldProblem;
use crate::journey::visit::{Place, Visit};
use crate::journey::words::{Code, Consultation, Outcome, Status, Word};
use crate::record::{RecordError, Refused};
use crate::schemas::{Described, stands};

const PROBLEM_JSON: HeaderValue = HeaderValue::from_static("application/problem+json");

/// After how many seconds to call again when the database is away.
const PAUSE: HeaderValue = HeaderValue::from_static("5");

/// What did not work, in words for programs and for people.
#[derive(Debug)]
pub struct Problem(Box<Members>);

#[derive(Debug, Serialize)]
struct Members {
    #[serde(rename = "type")]
    kind: &'static str,
    title: &'static str,
    #[serde(serialize_with = "number")]
    status: StatusCode,
    code: &'static str,
    detail: String,
    #[serde(skip_serializing_if = "Map::is_empty")]
    facts: Map<String, Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fields: Vec<FieldProblem>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<State>,
    #[serde(skip_serializing_if = "Option::is_none")]
    allowed: Option<Vec<EventType>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<usize>,
    /// What the contract lays beside the code itself: the versions of a conflict, the field of an unknown reference.
    #[serde(flatten)]
    beside: Map<String, Value>,
}

/// What did not work, in words for programs and for people (RFC 9457).
pub struct ProblemAnswer;

impl Described for ProblemAnswer {
    fn described() -> Value {
        json!({
            "type": "object",
            "description": "What did not work, in words for programs and for people (RFC 9457).",
            "properties": {
                "type": { "type": "string" },
                "title": { "type": "string", "description": "The status in words." },
                "status": { "type": "integer", "minimum": 400, "maximum": 599 },
                "code": { "type": "string", "pattern": "^[A-Z_]+$", "description": "Why, for programs." },
                "detail": { "type": "string", "description": "Why, for people." },
                "facts": { "type": "object", "description": "What the refusal rests on." },
                "fields": Vec::<FieldProblem>::described(),
                "state": { "type": "object", "description": "Where the visit stood." },
                "allowed": { "type": "array", "items": EventType::described(), "description": "What the caller could log instead." },
                "index": { "type": "integer", "minimum": 0, "description": "Which event of a batch it is about." },
                "expectedVersion": { "type": "integer" },
                "actualVersion": { "type": "integer" },
                "field": { "type": "string" },
            },
            "required": ["type", "title", "status", "code", "detail"],
        })
    }
}

stands!(ProblemAnswer);

/// Where a visit stood when a step was refused: enough to go on from, and nothing clinical.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct State {
    visit_id: Option<VisitId>,
    version: i64,
    status: Status,
    outcome: Option<Outcome>,
    place: Place,
    since: DateTime<Utc>,
    attended: bool,
    consultation: Consultation,
}

impl State {
    fn of(visit: Visit, visit_id: Option<VisitId>) -> Self {
        Self {
            visit_id,
            version: visit.version,
            status: visit.status(),
            outcome: visit.outcome,
            place: visit.place,
            since: visit.since,
            attended: visit.attended,
            consultation: visit.consultation,
        }
    }
}

fn number<S: serde::Serializer>(status: &StatusCode, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u16(status.as_u16())
}

impl Problem {
    /// A problem in a sentence.
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self(Box::new(Members {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or("Failed"),
            status,
            code,
            detail: detail.into(),
            facts: Map::new(),
            fields: Vec::new(),
            state: None,
            allowed: None,
            index: None,
            beside: Map::new(),
        }))
    }

    /// The usual words for a status of HTTP.
    pub fn of_status(status: StatusCode) -> Self {
        let (code, detail) = match status {
            StatusCode::UNAUTHORIZED => ("UNAUTHORIZED", "Send a valid token: Authorization: Bearer sjn_..."),
            StatusCode::FORBIDDEN => ("FORBIDDEN", "This is not open to you."),
            StatusCode::NOT_FOUND => ("NOT_FOUND", "There is nothing at this address."),
            StatusCode::METHOD_NOT_ALLOWED => ("METHOD_NOT_ALLOWED", "This address does not take this method."),
            StatusCode::PAYLOAD_TOO_LARGE => ("TOO_LARGE", "At most 2 MiB can be sent at once."),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => {
                ("UNSUPPORTED_MEDIA_TYPE", "Send JSON in UTF-8: Content-Type: application/json")
            }
            StatusCode::TOO_MANY_REQUESTS => ("TOO_MANY_REQUESTS", "Wait a little, then call again."),
            StatusCode::SERVICE_UNAVAILABLE => {
                ("UNAVAILABLE", "The database does not answer. Try again in a few seconds.")
            }
            StatusCode::INSUFFICIENT_STORAGE => (
                "STORAGE_FULL",
                "There is no room left to log to. Nothing was logged; tell the person who runs Sojourn.",
            ),
            status if status.is_client_error() => ("INVALID_REQUEST", "The request could not be understood."),
            _ => {
                ("INTERNAL_ERROR", "Something went wrong on our side. Look whether it was logged before you repeat it.")
            }
        };
        Self::new(status, code, detail)
    }

    /// The body is no JSON that is read here.
    pub fn malformed(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "MALFORMED_JSON", detail)
    }

    /// What one field asks for is not open to the caller.
    pub fn forbidden(field: &'static str, problem: &'static str) -> Self {
        let mut forbidden = Self::of_status(StatusCode::FORBIDDEN);
        forbidden.0.fields = Self::invalid(field, problem).0.fields;
        forbidden
    }

    /// Headers, parameters or fields are not as they should be.
    pub fn invalid_request(fields: Vec<FieldProblem>) -> Self {
        let detail = "Some of what was sent is missing or not right.";
        let mut problem = Self::new(StatusCode::BAD_REQUEST, "INVALID_REQUEST", detail);
        problem.0.fields = fields;
        problem
    }

    /// One header or parameter is not as it should be.
    pub fn invalid(field: &str, problem: impl Into<String>) -> Self {
        Self::invalid_request(vec![FieldProblem::new(field, problem)])
    }

    /// An event is not as the registry says.
    pub fn invalid_event(fields: Vec<FieldProblem>) -> Self {
        Self::from(Refusal::InvalidMetadata(fields))
    }

    /// Nothing of this hospital bears the id.
    pub fn not_found(code: &'static str, thing: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, code, format!("There is no such {thing}."))
    }

    /// Something else bears this name or number already.
    pub fn in_use(field: &str) -> Self {
        let mut problem = Self::new(StatusCode::CONFLICT, "ALREADY_IN_USE", "This is already in use.");
        problem.0.fields = vec![FieldProblem::new(field, "is already in use")];
        problem
    }

    /// Which event of a batch it is about.
    pub fn at_index(mut self, index: usize) -> Self {
        self.0.index = Some(index);
        self
    }

    /// Our own fault; what happened is for our log alone.
    fn internal(error: &dyn std::error::Error) -> Self {
        tracing::error!(%error, "a call of the API failed");
        Self::of_status(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.0.status;
        let mut response = (status, Json(self.0)).into_response();
        finish(status, response.headers_mut());
        response
    }
}

/// Adds what the headers of every problem say.
fn finish(status: StatusCode, headers: &mut HeaderMap) {
    headers.insert(CONTENT_TYPE, PROBLEM_JSON);
    if status == StatusCode::SERVICE_UNAVAILABLE {
        headers.entry(RETRY_AFTER).or_insert(PAUSE);
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let code = refusal.code();
        let status = match code {
            Code::InvalidMetadata => StatusCode::BAD_REQUEST,
            Code::RoleNotAllowed => StatusCode::FORBIDDEN,
            Code::VisitNotFound => StatusCode::NOT_FOUND,
            Code::VersionConflict => StatusCode::CONFLICT,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        };
        let mut problem = Self::new(status, code.word(), refusal.sentence());
        problem.0.fields = named(refusal.field_problems());
        match code {
            Code::InvalidMetadata => {}
            Code::VersionConflict | Code::UnknownReference => problem.0.beside = refusal.facts(),
            _ => problem.0.facts = refusal.facts(),
        }
        problem
    }
}

/// The journey leaves out the name of the metadata itself.
fn named(mut fields: Vec<FieldProblem>) -> Vec<FieldProblem> {
    for problem in fields.iter_mut().filter(|problem| problem.field.is_empty()) {
        problem.field = "metadata".to_owned();
    }
    fields
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        let mut problem = Self::from(refused.refusal);
        problem.0.allowed = refused.visit.is_some().then_some(refused.allowed);
        problem.0.state = refused.visit.map(|visit| State::of(visit, refused.visit_id));
        problem
    }
}

impl From<RecordError> for Problem {
    fn from(error: RecordError) -> Self {
        match error {
            RecordError::Refused(refused) => Self::from(*refused),
            RecordError::IdempotencyMismatch => Self::new(
                StatusCode::CONFLICT,
                "IDEMPOTENCY_MISMATCH",
                "This Idempotency-Key, or this event id, was used for another request.",
            ),
            RecordError::Database(error) => Self::from(&*error),
            RecordError::Busy | RecordError::Interrupted => Self::of_status(StatusCode::SERVICE_UNAVAILABLE),
            error @ RecordError::Unreadable(_) => Self::internal(&error),
        }
    }
}

impl From<WriteError> for Problem {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Invalid(problems) => Self::invalid_request(
                problems.into_iter().map(|problem| FieldProblem::new(problem.field, problem.problem)).collect(),
            ),
            WriteError::Taken { field, .. } => Self::in_use(field),
            WriteError::UnknownReference(field) => {
                Refusal::UnknownReference { field: field.to_owned(), thing: "thing".to_owned() }.into()
            }
            WriteError::Database(error) => error.into(),
        }
    }
}

impl From<&sqlx::Error> for Problem {
    fn from(error: &sqlx::Error) -> Self {
        match Trouble::of(error) {
            Trouble::Away => {
                tracing::error!(%error, "the database does not answer");
                Self::of_status(StatusCode::SERVICE_UNAVAILABLE)
            }
            Trouble::Full => {
                tracing::error!(%error, "there is no room left to write to");
                Self::of_status(StatusCode::INSUFFICIENT_STORAGE)
            }
            Trouble::Query => Self::internal(error),
        }
    }
}

impl From<sqlx::Error> for Problem {
    fn from(error: sqlx::Error) -> Self {
        Self::from(&error)
    }
}

/// Turns whatever failed without a problem of its own into one: unknown addresses, other methods, panics, timeouts.
pub async fn problems(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let status = response.status();
    let failed = status.is_client_error() || status.is_server_error();
    if !failed || response.headers().get(CONTENT_TYPE) == Some(&PROBLEM_JSON) {
        return response;
    }
    let mut problem = Problem::of_status(status).into_response();
    for (name, value) in response.headers() {
        if name != CONTENT_TYPE && name != CONTENT_LENGTH {
            problem.headers_mut().append(name, value.clone());
        }
    }
    problem
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_that_is_away_comes_back() {
        for error in [sqlx::Error::PoolTimedOut, sqlx::Error::PoolClosed, sqlx::Error::WorkerCrashed] {
            let response = Problem::from(error).into_response();
            assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
            assert_eq!(response.headers().get(RETRY_AFTER), Some(&PAUSE));
        }
        let broken = Problem::from(sqlx::Error::RowNotFound);
        assert_eq!((broken.0.status, broken.0.code), (StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL_ERROR"));
    }
}
