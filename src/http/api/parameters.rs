//! What an address says: the id in its path, the parameters of its query.

use std::collections::BTreeMap;

use axum::extract::{FromRequestParts, Path, Query, RawPathParams};
use axum::http::request::Parts;

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::json;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};

use super::problem::Problem;
use crate::journey::ids::{EventId, Id, PatientId, PersonId, VisitId};
use crate::journey::refusal::Refusal;
use crate::journey::schema::{FieldProblem, Shape, Shaped, check_scalar};
use crate::journey::words::Word;
use crate::schemas::from_json;

/// What can be looked up by its id.
pub trait Resource: Id {
    /// Says that this hospital has none by such an id.
    fn missing() -> Problem;
}

impl Resource for VisitId {
    fn missing() -> Problem {
        Refusal::VisitNotFound.into()
    }
}

impl Resource for EventId {
    fn missing() -> Problem {
        Problem::not_found("EVENT_NOT_FOUND", "event")
    }
}

impl Resource for PatientId {
    fn missing() -> Problem {
        Problem::not_found("PATIENT_NOT_FOUND", "patient")
    }
}

impl Resource for PersonId {
    fn missing() -> Problem {
        Problem::not_found("PERSON_NOT_FOUND", "person")
    }
}

/// The id in the path; what is no id names nothing.
pub struct Named<I>(pub I);

impl<S: Send + Sync, I: Resource> FromRequestParts<S> for Named<I> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Path(text) = Path::<String>::from_request_parts(parts, state).await.map_err(|_| I::missing())?;
        I::parse(&text).map(Self).map_err(|_| I::missing())
    }
}

/// The parameters of the query, and of the path; each of the query is taken once, and what nobody takes is refused.
pub struct Parameters {
    segments: BTreeMap<String, String>,
    given: BTreeMap<String, String>,
    problems: Vec<FieldProblem>,
}

impl<S: Send + Sync> FromRequestParts<S> for Parameters {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Query(pairs) = Query::<Vec<(String, String)>>::from_request_parts(parts, state)
            .await
            .map_err(|_| Problem::invalid("query", "cannot be read"))?;
        // A path that is no text has no parts.
        let segments = RawPathParams::from_request_parts(parts, state).await.map_or_else(
            |_| BTreeMap::new(),
            |segments| segments.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        );
        let mut parameters = Self { segments, given: BTreeMap::new(), problems: Vec::new() };
        for (name, value) in pairs {
            if parameters.given.insert(name.clone(), value).is_some() {
                parameters.problems.push(FieldProblem::new(name, "must be given once"));
            }
        }
        Ok(parameters)
    }
}

impl Parameters {
    /// Whether a parameter is given.
    pub fn names(&self, name: &str) -> bool {
        self.given.contains_key(name)
    }

    /// Takes a part of the path.
    pub fn segment(&mut self, name: &str, fits: impl Fn(&str) -> bool, problem: &str) -> String {
        let text = self.segments.remove(name).unwrap_or_default();
        if !fits(&text) {
            self.refuse(name, problem);
        }
        text
    }

    /// Takes a parameter that is written as metadata would have it.
    fn shaped(&mut self, name: &str, shape: Shape) -> Option<String> {
        let text = self.given.remove(name)?;
        match check_scalar(shape, &json!(text)) {
            Ok(()) => Some(text),
            Err(problem) => {
                self.refuse(name, problem);
                None
            }
        }
    }

    /// Takes a moment.
    pub fn time(&mut self, name: &str) -> Option<DateTime<Utc>> {
        let text = self.shaped(name, Shape::Time)?;
        DateTime::parse_from_rfc3339(&text).ok().map(|time| time.to_utc())
    }

    /// Takes a calendar day.
    pub fn date(&mut self, name: &str) -> Option<NaiveDate> {
        self.shaped(name, Shape::Date)?.parse().ok()
    }

    /// Takes the id of something.
    pub fn id<I: Id + Shaped>(&mut self, name: &str) -> Option<I> {
        let text = self.shaped(name, I::SHAPE)?;
        I::parse(&text).ok()
    }

    /// Takes a number of steps.
    pub fn version(&mut self, name: &str) -> Option<i64> {
        let text = self.given.remove(name)?;
        let version = text.parse().ok().filter(|version: &i64| *version >= 1 && version.to_string() == text);
        if version.is_none() {
            self.refuse(name, "must be a whole number from 1");
        }
        version
    }

    /// Says that a parameter must be there when it was neither found nor refused.
    pub fn require(&mut self, name: &str, found: bool) {
        if !found && !self.problems.iter().any(|problem| problem.field == name) {
            self.refuse(name, "is required");
        }
    }

    /// Takes a parameter that must be there.
    pub fn required(&mut self, name: &str) -> String {
        let value = self.given.remove(name);
        if value.is_none() {
            self.refuse(name, "is required");
        }
        value.unwrap_or_default()
    }

    /// Takes a parameter that is one word of a vocabulary.
    pub fn word<W: Word>(&mut self, name: &str) -> Option<W> {
        let given = self.given.remove(name)?;
        let word = W::from_word(&given);
        if word.is_none() {
            let words: Vec<_> = W::CHOICES.iter().map(|(word, _)| *word).collect();
            self.refuse(name, format!("must be one of {}", words.join(", ")));
        }
        word
    }

    /// Takes a parameter as it was given.
    pub fn take(&mut self, name: &str) -> Option<String> {
        self.given.remove(name)
    }

    /// Takes how much of a list is wanted at most.
    pub fn limit(&mut self) -> u32 {
        let limit = self.given.remove("limit").map_or(Some(100), |text| text.parse().ok());
        let limit = limit.filter(|limit| (1..=1000).contains(limit));
        if limit.is_none() {
            self.refuse("limit", "must be a whole number from 1 to 1000");
        }
        limit.unwrap_or_default()
    }

    /// Takes which part of a list is wanted.
    pub fn page(&mut self) -> Page {
        let limit = self.limit();
        let after = self.given.remove("after").map(|text| Page::position(&text));
        if after == Some(None) {
            self.refuse("after", "must be the `next` of a list");
        }
        Page { after: after.flatten(), limit }
    }

    /// Says that a parameter is not as it should be.
    pub fn refuse(&mut self, name: &str, problem: impl Into<String>) {
        self.problems.push(FieldProblem::new(name, problem));
    }

    /// Ends the reading: everything given was understood.
    pub fn done(mut self) -> Result<(), Problem> {
        let strange = self.given.into_keys().map(|name| FieldProblem::new(name, "is not a parameter of this call"));
        self.problems.extend(strange);
        if self.problems.is_empty() { Ok(()) } else { Err(Problem::invalid_request(self.problems)) }
    }
}

/// Which part of a list is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// The position in the log after which it begins.
    pub after: Option<i64>,
    /// How much at most.
    pub limit: u32,
}

impl Page {
    /// What `next` says: where the following part begins.
    pub fn cursor(position: i64) -> String {
        format!("{position:016x}")
    }

    fn position(cursor: &str) -> Option<i64> {
        let position = i64::from_str_radix(cursor, 16).ok()?;
        (Self::cursor(position) == cursor && position >= 0).then_some(position)
    }
}

impl utoipa::IntoParams for Page {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let query = |name, description, schema| {
            ParameterBuilder::new()
                .name(name)
                .parameter_in(ParameterIn::Query)
                .description(Some(description))
                .schema(Some(from_json(schema)))
                .build()
        };
        let limit = json!({ "type": "integer", "minimum": 1, "maximum": 1000, "default": 100 });
        let after = json!({ "type": "string", "pattern": "^[0-7][0-9a-f]{15}$" });
        vec![query("limit", "How many at most.", limit), query("after", "The `next` of the part before.", after)]
    }
}

#[cfg(test)]
mod tests {
    use super::Page;

    #[test]
    fn a_cursor_is_read_back_and_nothing_else_is() {
        for position in [0, 1, 255, i64::MAX] {
            assert_eq!(Page::position(&Page::cursor(position)), Some(position));
        }
        for bad in ["", "1", "-000000000000001", "+000000000000001", "ffffffffffffffff", "000000000000000G"] {
            assert_eq!(Page::position(bad), None, "{bad}");
        }
    }
}
