//! The shape of metadata: what a field may hold, how an unknown JSON value is checked against it.

use std::fmt;

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::ids::is_ulid;
use super::money::Money;
use super::wording::{in_english, with_article};

/// A field of an event's metadata.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// The name on the wire.
    pub name: &'static str,
    /// What it may hold.
    pub shape: Shape,
    /// Whether it must be there.
    pub required: bool,
}

/// What a field may hold.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// The id of something that exists.
    Id(&'static str),
    /// The id of something this event brings into being.
    NewId(&'static str),
    /// Text of 1 to `max` characters.
    Text { max: usize },
    /// A SHA-256 digest in lower-case hexadecimal.
    Digest,
    /// A whole number.
    Whole { min: i64, max: i64 },
    /// A decimal number.
    Decimal { min: i64, max: i64 },
    /// An amount in minor units.
    Money { min: i64 },
    /// One word of a closed vocabulary, each with what people read.
    Choice(&'static [(&'static str, &'static str)]),
    /// A calendar day.
    Date,
    /// A moment.
    Time,
    /// 1 to `max` records.
    List { of: &'static [Field], max: usize },
}

/// A type that can stand in metadata.
pub trait Shaped {
    /// What it may hold.
    const SHAPE: Shape;
    /// Whether it must be there.
    const REQUIRED: bool = true;

    /// Whether it is left out when written.
    fn is_absent(&self) -> bool {
        false
    }
}

impl<T: Shaped> Shaped for Option<T> {
    const SHAPE: Shape = T::SHAPE;
    const REQUIRED: bool = false;

    fn is_absent(&self) -> bool {
        self.is_none()
    }
}

/// Metadata or a part of it: named fields.
pub trait Record {
    /// Its fields, in order.
    const FIELDS: &'static [Field];
}

impl<T: Record, const MAX: usize> Shaped for List<T, MAX> {
    const SHAPE: Shape = Shape::List { of: T::FIELDS, max: MAX };
}

impl Shaped for Money {
    const SHAPE: Shape = Shape::Money { min: 0 };
}

impl Shaped for NaiveDate {
    const SHAPE: Shape = Shape::Date;
}

impl Shaped for DateTime<Utc> {
    const SHAPE: Shape = Shape::Time;
}

/// Declares transparent wrappers that narrow what a value may be.
macro_rules! narrowed {
    ($($(#[$doc:meta])* $name:ident[$($bound:ident: $number:ty),+]($inner:ty) = $shape:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name<$(const $bound: $number),+>(pub $inner);

        impl<$(const $bound: $number),+> Shaped for $name<$($bound),+> {
            const SHAPE: Shape = $shape;
        }

        impl<$(const $bound: $number),+> std::ops::Deref for $name<$($bound),+> {
            type Target = $inner;
            fn deref(&self) -> &$inner {
                &self.0
            }
        }
    )*};
}

narrowed! {
    /// Text of 1 to `MAX` characters.
    Text[MAX: usize](String) = Shape::Text { max: MAX };
    /// A whole number in a range.
    Whole[MIN: i64, MAX: i64](i64) = Shape::Whole { min: MIN, max: MAX };
    /// A decimal number in a range.
    Decimal[MIN: i64, MAX: i64](f64) = Shape::Decimal { min: MIN, max: MAX };
}

/// A SHA-256 digest in lower-case hexadecimal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Digest(pub String);

impl Shaped for Digest {
    const SHAPE: Shape = Shape::Digest;
}

/// An amount above zero.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Due(pub Money);

impl Shaped for Due {
    const SHAPE: Shape = Shape::Money { min: 1 };
}

/// The id of something the event brings into being.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct New<I>(pub I);

impl<I: Shaped> Shaped for New<I> {
    const SHAPE: Shape = match I::SHAPE {
        Shape::Id(thing) => Shape::NewId(thing),
        other => other,
    };
}

/// 1 to `MAX` records.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct List<T, const MAX: usize>(pub Vec<T>);

impl<T, const MAX: usize> std::ops::Deref for List<T, MAX> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        &self.0
    }
}

/// What is wrong with one field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldProblem {
    /// Where: `items[0].amount`; empty for the metadata as a whole.
    pub field: String,
    /// What: "is required".
    pub problem: String,
}

impl FieldProblem {
    /// Says what is wrong with a field.
    pub fn new(field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { field: field.into(), problem: problem.into() }
    }
}

impl fmt::Display for FieldProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.field, self.problem)
    }
}

/// Checks a value against fields and lists everything that is wrong with it.
pub fn check(fields: &[Field], value: &Value) -> Vec<FieldProblem> {
    let mut problems = Vec::new();
    check_record(fields, value, "", &mut problems);
    problems
}

fn check_record(fields: &[Field], value: &Value, path: &str, problems: &mut Vec<FieldProblem>) {
    let Value::Object(given) = value else {
        problems.push(FieldProblem::new(path, "must be an object"));
        return;
    };
    let at = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    for field in fields {
        match given.get(field.name) {
            None | Some(Value::Null) if field.required => {
                problems.push(FieldProblem::new(at(field.name), "is required"));
            }
            None | Some(Value::Null) => {}
            Some(value) => check_value(field.shape, value, &at(field.name), problems),
        }
    }
    for name in given.keys().filter(|name| !fields.iter().any(|field| field.name == name.as_str())) {
        // The name comes from outside: nothing invisible, no more of it than tells which it is.
        let name: String = name.chars().take(50).flat_map(char::escape_debug).collect();
        problems.push(FieldProblem::new(at(&name), "is not a field of this event"));
    }
}

fn check_value(shape: Shape, value: &Value, path: &str, problems: &mut Vec<FieldProblem>) {
    if let Shape::List { of, max } = shape {
        match value.as_array() {
            Some(items) if (1..=max).contains(&items.len()) => {
                for (index, item) in items.iter().enumerate() {
                    check_record(of, item, &format!("{path}[{index}]"), problems);
                }
            }
            _ => problems.push(FieldProblem::new(path, format!("must be a list of 1 to {max}"))),
        }
    } else if let Err(problem) = check_scalar(shape, value) {
        problems.push(FieldProblem::new(path, problem));
    }
}

/// Checks one value that is no list.
pub fn check_scalar(shape: Shape, value: &Value) -> Result<(), String> {
    let ensure = |good: bool, problem: &str| if good { Ok(()) } else { Err(problem.to_owned()) };
    let text = || value.as_str().ok_or_else(|| "must be text".to_owned());
    let a = |thing| with_article(thing, &in_english);
    match shape {
        Shape::Id(thing) | Shape::NewId(thing) => {
            ensure(is_ulid(text()?), &format!("must be the id of {}: a ULID of 26 characters", a(thing)))
        }
        Shape::Text { max } => check_text(text()?, max),
        Shape::Digest => ensure(
            text()?.len() == 64 && text()?.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')),
            "must be a SHA-256 digest: 64 lower-case hexadecimal digits",
        ),
        Shape::Whole { min, max } => ensure(
            value.as_i64().is_some_and(|number| (min..=max).contains(&number)),
            &format!("must be a whole number from {min} to {max}"),
        ),
        Shape::Decimal { min, max } => ensure(
            value.as_f64().is_some_and(|number| (min as f64..=max as f64).contains(&number)),
            &format!("must be a number from {min} to {max}"),
        ),
        Shape::Money { min } => ensure(
            value.as_i64().is_some_and(|amount| (min..=Money::MAX.0).contains(&amount)),
            if min > 0 { "must be an amount above zero" } else { "must be an amount, zero or more" },
        ),
        Shape::Choice(choices) => {
            let text = value.as_str().unwrap_or_default();
            let words: Vec<_> = choices.iter().map(|(word, _)| *word).collect();
            ensure(words.contains(&text), &format!("must be one of {}", words.join(", ")))
        }
        // chrono reads more than one spelling of a day; only its own is taken.
        Shape::Date => {
            let text = text()?;
            let day = text.parse::<NaiveDate>().is_ok_and(|day| text.len() == 10 && day.to_string() == text);
            ensure(day, "must be a day, as YYYY-MM-DD")
        }
        // An offset may carry a moment, and a place its day, into a year that no calendar of a database has.
        Shape::Time => {
            let time = DateTime::parse_from_rfc3339(text()?).map(|time| time.to_utc());
            ensure(time.is_ok_and(|time| (2..=9999).contains(&time.year())), "must be a time, as 2026-11-21T09:30:00Z")
        }
        Shape::List { .. } => Ok(()),
    }
}

/// Checks free text: not blank, not too long, nothing invisible but line breaks and tabs.
pub fn check_text(text: &str, max: usize) -> Result<(), String> {
    if text.trim().is_empty() {
        Err("must not be blank".to_owned())
    } else if text.chars().count() > max {
        Err(format!("must be {max} characters or fewer"))
    } else if text.chars().any(|character| character.is_control() && !matches!(character, '\n' | '\r' | '\t')) {
        Err("must not contain control characters".to_owned())
    } else {
        Ok(())
    }
}

/// Describes fields as a JSON Schema (2020-12).
pub fn json_schema(fields: &[Field]) -> Value {
    let properties: Map<_, _> = fields.iter().map(|field| (field.name.to_owned(), shape_schema(field.shape))).collect();
    let required: Vec<_> = fields.iter().filter(|field| field.required).map(|field| field.name).collect();
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}

/// Describes what one field may hold as a JSON Schema (2020-12).
pub fn shape_schema(shape: Shape) -> Value {
    const ULID: &str = "^[0-7][0-9A-HJKMNP-TV-Z]{25}$";
    match shape {
        Shape::Id(thing) => {
            json!({ "type": "string", "pattern": ULID, "description": format!("The id of {}.", with_article(thing, &in_english)) })
        }
        Shape::NewId(thing) => {
            json!({ "type": "string", "pattern": ULID, "description": format!("A new id for the {thing}.") })
        }
        Shape::Text { max } => json!({ "type": "string", "minLength": 1, "maxLength": max }),
        Shape::Digest => json!({ "type": "string", "pattern": "^[0-9a-f]{64}$" }),
        Shape::Whole { min, max } => json!({ "type": "integer", "minimum": min, "maximum": max }),
        Shape::Decimal { min, max } => json!({ "type": "number", "minimum": min, "maximum": max }),
        Shape::Money { min } => json!({ "type": "integer", "minimum": min, "maximum": Money::MAX }),
        Shape::Choice(choices) => {
            json!({ "type": "string", "enum": choices.iter().map(|(word, _)| word).collect::<Vec<_>>() })
        }
        Shape::Date => json!({ "type": "string", "format": "date" }),
        Shape::Time => json!({ "type": "string", "format": "date-time" }),
        Shape::List { of, max } => {
            json!({ "type": "array", "minItems": 1, "maxItems": max, "items": json_schema(of) })
        }
    }
}
