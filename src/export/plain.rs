//! What of an event's metadata may leave: nothing that people wrote, nothing clinical.
//!
//! Which fields those are the journey says as of today, so metadata come here as of today too: in an older version another field may
//! have borne the name.

use serde_json::{Map, Value};

use crate::journey::events::EventType;
use crate::journey::schema::{Field, Shape};

/// A value that names nobody.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Plain<'v> {
    /// The id of something, and of what.
    Id(&'static str, &'v str),
    /// A word of a closed vocabulary.
    Word(&'v str),
    /// An amount in minor units.
    Amount(i64),
    /// A calendar day.
    Day(&'v str),
    /// A moment.
    Moment(&'v str),
}

/// The plain values of an event's metadata, by field; of lists nothing but the ids in their records.
pub fn values<'v>(event: EventType, metadata: &'v Value) -> Vec<(&'static str, Plain<'v>)> {
    let mut found = Vec::new();
    gather(event.row().fields, metadata, true, &mut found);
    found
}

/// The plain values that are not in lists, as metadata.
pub fn metadata(event: EventType, metadata: &Value) -> Value {
    let kept = event.row().fields.iter().filter(|field| !matches!(field.shape, Shape::List { .. }));
    let kept = kept.filter(|field| metadata.get(field.name).is_some_and(|value| plain(field.shape, value).is_some()));
    let kept = kept.filter_map(|field| Some((field.name.to_owned(), metadata.get(field.name)?.clone())));
    Value::Object(kept.collect::<Map<_, _>>())
}

fn gather<'v>(fields: &[Field], record: &'v Value, all: bool, found: &mut Vec<(&'static str, Plain<'v>)>) {
    for field in fields {
        let Some(value) = record.get(field.name) else { continue };
        if let Shape::List { of, .. } = field.shape {
            value.as_array().into_iter().flatten().for_each(|record| gather(of, record, false, found));
        } else if let Some(plain) = plain(field.shape, value).filter(|plain| all || matches!(plain, Plain::Id(..))) {
            found.push((field.name, plain));
        }
    }
}

fn plain(shape: Shape, value: &Value) -> Option<Plain<'_>> {
    match shape {
        Shape::Id(kind) | Shape::NewId(kind) => Some(Plain::Id(kind, value.as_str()?)),
        Shape::Choice(_) => Some(Plain::Word(value.as_str()?)),
        Shape::Money { .. } => Some(Plain::Amount(value.as_i64()?)),
        Shape::Date => Some(Plain::Day(value.as_str()?)),
        Shape::Time => Some(Plain::Moment(value.as_str()?)),
        Shape::Text { .. } | Shape::Digest | Shape::Whole { .. } | Shape::Decimal { .. } | Shape::List { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_people_wrote_stays() {
        let given = json!({
            "testId": "01J00000000000000000000000", "deliveredTo": "Asha Rao", "channel": "COUNTER",
        });
        assert_eq!(metadata(EventType::ReportDelivered, &given), json!({ "testId": "01J00000000000000000000000" }));
        let ordered = json!({ "tests": [{ "testId": "01J00000000000000000000000", "name": "HIV", "price": 100 }] });
        let found = values(EventType::TestsOrdered, &ordered);
        assert_eq!(found, [("testId", Plain::Id("test", "01J00000000000000000000000"))]);
        assert_eq!(metadata(EventType::TestsOrdered, &ordered), json!({}));
    }
}
