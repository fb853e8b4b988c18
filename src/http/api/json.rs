//! JSON from outside: of bounded size and depth, and with nothing in it that a database cannot keep.

use std::fmt;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::problem::Problem;

/// How many lists and objects may stand within each other.
const DEEPEST: usize = 32;

/// The body of a request, as JSON.
pub struct Json(pub Value);

impl<S: Send + Sync> FromRequest<S> for Json {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            return Err(Problem::of_status(StatusCode::UNSUPPORTED_MEDIA_TYPE));
        }
        let body = Bytes::from_request(request, state).await.map_err(|rejection| match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Problem::of_status(StatusCode::PAYLOAD_TOO_LARGE),
            _ => Problem::malformed("The body did not arrive whole."),
        })?;
        read(&body).map(Self)
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let Some(kind) = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()) else { return false };
    let mut parts = kind.split(';').map(|part| part.trim().to_ascii_lowercase());
    parts.next().is_some_and(|kind| kind == "application/json")
        && parts
            .filter_map(|part| part.strip_prefix("charset=").map(|charset| charset.trim_matches('"').to_owned()))
            .all(|charset| charset == "utf-8")
}

fn read(body: &[u8]) -> Result<Value, Problem> {
    let text = std::str::from_utf8(body).map_err(|_| Problem::malformed("The body is not UTF-8."))?;
    if depth(text) > DEEPEST {
        return Err(Problem::malformed(format!("The body is nested deeper than {DEEPEST} levels.")));
    }
    let Once(value) = serde_json::from_str(text).map_err(|error| Problem::malformed(format!("Not JSON: {error}.")))?;
    if has_name_not_kept(&value) {
        return Err(Problem::malformed("The name of a field holds a NUL character."));
    }
    Ok(value)
}

/// JSON in which no object names a field twice: readers differ in which of the two counts.
struct Once(Value);

impl<'de> Deserialize<'de> for Once {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OnceVisitor).map(Self)
    }
}

struct OnceVisitor;

impl<'de> Visitor<'de> for OnceVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Value, E> {
        Ok(truth.into())
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Once(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(list.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some((name, Once(value))) = members.next_entry::<String, Once>()? {
            if object.insert(name, value).is_some() {
                return Err(A::Error::custom("a field is named twice"));
            }
        }
        Ok(object.into())
    }
}

/// How deep the brackets of a text go, outside its strings.
fn depth(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let (mut within, mut escaped) = (false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if within => escaped = true,
            b'"' => within = !within,
            b'[' | b'{' if !within => depth += 1,
            b']' | b'}' if !within => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// Names that mean something else to serde_json when it reads what was written: what stands under them would come back otherwise.
const RESERVED: &str = "$serde_json::private::";

/// Names of fields are told back, and kept with a refused attempt; PostgreSQL keeps no NUL. Values go through the schema.
fn has_name_not_kept(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().any(has_name_not_kept),
        Value::Object(members) => members
            .iter()
            .any(|(name, value)| name.contains('\0') || name.starts_with(RESERVED) || has_name_not_kept(value)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_is_counted_outside_strings() {
        for (text, levels) in
            [("1", 0), ("{}", 1), (r#"{"a":[{}],"b":[]}"#, 3), (r#"["[[[\"[[",{}]"#, 2), ("]]]][", 1), ("", 0)]
        {
            assert_eq!(depth(text), levels, "{text}");
        }
        let nested = |levels| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert!(read(nested(DEEPEST).as_bytes()).is_ok());
        assert!(read(nested(DEEPEST + 1).as_bytes()).is_err());
    }

    #[test]
    fn only_json_is_read() {
        for good in ["{}", "null", r#"{"a":"\u0000"}"#, "99999999999999999999999999"] {
            assert!(read(good.as_bytes()).is_ok(), "{good}");
        }
        for bad in [
            &b"{"[..],
            b"",
            b"{'a':1}",
            b"\"\xff\"",
            b"\"\0\"",
            b"1e999",
            br#""\ud800""#,
            br#"{"a\u0000":1}"#,
            br#"{"a":{"$serde_json::private::RawValue":"1"}}"#,
            br#"{"a":[{"b":1,"b":1}]}"#,
            br#"{"a":1,"\u0061":1}"#,
        ] {
            assert!(read(bad).is_err(), "{}", String::from_utf8_lossy(bad));
        }
    }

    #[test]
    fn only_json_in_utf_8_is_taken() {
        let says = |kind: &'static str| {
            is_json(&[(CONTENT_TYPE, axum::http::HeaderValue::from_static(kind))].into_iter().collect())
        };
        assert!(says("application/json") && says("Application/JSON; charset=\"UTF-8\""));
        assert!(!says("text/plain") && !says("application/json; charset=latin1") && !says("application/jsonp"));
        assert!(!is_json(&HeaderMap::new()));
    }
}
