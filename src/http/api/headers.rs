//! The headers that say more about a request: what it rests on, and which request it is.

use axum::extract::FromRequestParts;
use axum::http::header::IF_MATCH;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};

use serde_json::json;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};

use super::problem::Problem;
use crate::journey::ids::PersonId;
use crate::journey::schema::check_text;
use crate::schemas::{Described as _, from_json};

const IDEMPOTENCY_KEY: &str = "idempotency-key";
const ACCESS_PURPOSE: &str = "access-purpose";

/// Names the human for whom an AI or a program calls.
pub const ON_BEHALF_OF: &str = "On-Behalf-Of";

/// The version a request rests on, by the header If-Match.
pub struct IfMatch(pub Option<i64>);

/// The key by which a retry is known, by the header Idempotency-Key.
pub struct IdempotencyKey(pub Option<String>);

/// Why patient data is read, by the header Access-Purpose.
pub struct Purpose(pub Option<String>);

/// The ETag of a version.
pub fn etag(version: i64) -> String {
    format!("\"{version}\"")
}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let invalid = || Problem::invalid("If-Match", "must be the one ETag of a visit, such as \"12\"");
        let version = |value: &HeaderValue| {
            let version = value.to_str().ok()?.strip_prefix('"')?.strip_suffix('"')?;
            version.parse::<i64>().ok().filter(|number| number.to_string() == version && *number >= 0)
        };
        match only(&parts.headers, IF_MATCH.as_str()).map_err(|_| invalid())? {
            None => Ok(Self(None)),
            Some(value) => version(value).map(|version| Self(Some(version))).ok_or_else(invalid),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let invalid = || Problem::invalid("Idempotency-Key", "must be 1 to 255 visible ASCII characters");
        let Some(value) = only(&parts.headers, IDEMPOTENCY_KEY).map_err(|_| invalid())? else { return Ok(Self(None)) };
        let key = value.to_str().map_err(|_| invalid())?;
        if matches!(key.len(), 1..=255) && key.bytes().all(|byte| byte.is_ascii_graphic()) {
            Ok(Self(Some(key.to_owned())))
        } else {
            Err(invalid())
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Purpose {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let invalid = || Problem::invalid("Access-Purpose", "must be a text of 1 to 200 ASCII characters");
        let Some(value) = only(&parts.headers, ACCESS_PURPOSE).map_err(|_| invalid())? else { return Ok(Self(None)) };
        let purpose = value.to_str().map_err(|_| invalid())?;
        check_text(purpose, 200).map_err(|_| invalid())?;
        Ok(Self(Some(purpose.to_owned())))
    }
}

/// Describes headers by what they may hold.
macro_rules! describe_headers {
    ($($type:ty: $name:literal $description:literal $schema:tt)*) => {$(
        impl utoipa::IntoParams for $type {
            fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
                let header = ParameterBuilder::new()
                    .name($name)
                    .parameter_in(ParameterIn::Header)
                    .description(Some($description))
                    .schema(Some(from_json(json!($schema))));
                vec![header.build()]
            }
        }
    )*};
}

describe_headers! {
    IfMatch: "If-Match" "The ETag of the visit that the event rests on."
        { "type": "string", "pattern": "^\"(0|[1-9][0-9]{0,17})\"$" }
    IdempotencyKey: "Idempotency-Key" "Any key of your own: the same request sent again with it is done once."
        { "type": "string", "pattern": "^[!-~]{1,255}$" }
    Purpose: "Access-Purpose" "Why patient data is read; it is kept in the access log."
        { "type": "string", "pattern": "^[!-~]([ -~]{0,198}[!-~])?$" }
}

/// Describes the header On-Behalf-Of, which every call takes.
pub fn on_behalf_of() -> Parameter {
    ParameterBuilder::new()
        .name(ON_BEHALF_OF)
        .parameter_in(ParameterIn::Header)
        .description(Some("The human for whom an AI or a program calls; an AI that logs names one."))
        .schema(Some(from_json(PersonId::described())))
        .build()
}

/// A header was sent more than once.
pub struct Several;

/// The one value of a header, if it was sent.
pub fn only<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a HeaderValue>, Several> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (value, None) => Ok(value),
        _ => Err(Several),
    }
}
