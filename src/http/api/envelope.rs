//! What is sent around an event's metadata, turned into a wish to log it.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Value, json};

use super::events::LARGEST_BATCH;
use crate::journey::events::{EventType, Row, TABLE};
use crate::journey::ids::{BranchId, EventId, Id as _, VisitId};
use crate::journey::schema::{Field, FieldProblem, Shape, check};
use crate::journey::words::Word;
use crate::record::{Happening, VISIT, Wish};
use crate::schemas::{Described, Line, of_fields, stands};

/// How many tags an event may bear.
const MOST_TAGS: usize = 20;
/// How long a tag may be.
const LONGEST_TAG: usize = 50;

/// The fields beside `metadata` and `tags`, which have no shape of their own.
const FIELDS: &[Field] = &[
    Field { name: "eventType", shape: Shape::Text { max: 100 }, required: true },
    optional("visitId", Shape::Id("visit")),
    optional("aggregateType", Shape::Text { max: 100 }),
    optional("aggregateId", Shape::Text { max: 100 }),
    optional("description", Shape::Text { max: 2000 }),
    optional("performedAt", Shape::Time),
    optional("expectedVersion", Shape::Whole { min: 0, max: i64::MAX }),
    optional("correlationId", Shape::Text { max: 100 }),
    optional("causationId", Shape::Text { max: 100 }),
    optional("branchId", Shape::Id("branch")),
    optional("id", Shape::NewId("event")),
];

const fn optional(name: &'static str, shape: Shape) -> Field {
    Field { name, shape, required: false }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Envelope {
    event_type: String,
    visit_id: Option<VisitId>,
    aggregate_type: Option<String>,
    aggregate_id: Option<String>,
    description: Option<String>,
    performed_at: Option<DateTime<Utc>>,
    expected_version: Option<i64>,
    correlation_id: Option<String>,
    causation_id: Option<String>,
    branch_id: Option<BranchId>,
    id: Option<EventId>,
}

/// Reads an event as it is sent; lists everything that is wrong with it but what its metadata holds.
pub fn read(mut event: Value) -> Result<Wish, Vec<FieldProblem>> {
    let mut take =
        |name| event.as_object_mut().and_then(|members| members.remove(name)).filter(|value| !value.is_null());
    let (metadata, tags) = (take("metadata"), take("tags"));
    let mut problems = check(FIELDS, &event);
    if !event.is_object() {
        return Err(vec![FieldProblem::new("event", "must be an object")]);
    }
    match &metadata {
        None => problems.push(FieldProblem::new("metadata", "is required")),
        Some(Value::Object(_)) => {}
        Some(_) => problems.push(FieldProblem::new("metadata", "must be an object")),
    }
    let tags = read_tags(tags.unwrap_or_else(|| json!([])));
    if tags.is_none() {
        let problem = format!("must be at most {MOST_TAGS} texts, each of 1 to {LONGEST_TAG} of A-Z 0-9 _ -");
        problems.push(FieldProblem::new("tags", problem));
    }
    let (Some(metadata), Some(tags), true) = (metadata, tags, problems.is_empty()) else { return Err(problems) };
    let envelope: Envelope =
        serde_json::from_value(event).map_err(|_| vec![FieldProblem::new("event", "cannot be read")])?;
    let (happening, visit_id) = subject(&envelope).map_err(|problem| vec![problem])?;
    Ok(Wish {
        visit_id,
        happening,
        metadata,
        performed_at: envelope.performed_at,
        expected_version: envelope.expected_version,
        id: envelope.id,
        description: envelope.description,
        tags,
        branch_id: envelope.branch_id,
        correlation_id: envelope.correlation_id,
        causation_id: envelope.causation_id,
    })
}

/// Whether a text can be a tag.
pub fn is_tag(tag: &str) -> bool {
    (1..=LONGEST_TAG).contains(&tag.len())
        && tag.bytes().all(|byte| matches!(byte, b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'-'))
}

fn read_tags(tags: Value) -> Option<Vec<String>> {
    let tags: Vec<String> = serde_json::from_value(tags).ok()?;
    (tags.len() <= MOST_TAGS && tags.iter().all(|tag| is_tag(tag))).then_some(tags)
}

/// What happened, and to which visit: of a step, the visit is named as such or as the aggregate, and a registration may leave it to us.
fn subject(envelope: &Envelope) -> Result<(Happening, Option<VisitId>), FieldProblem> {
    let problem = |field, problem| Err(FieldProblem::new(field, problem));
    let Envelope { event_type, visit_id, aggregate_type, aggregate_id, .. } = envelope;
    let kind = aggregate_type.as_deref();
    let Some(step) = EventType::from_word(event_type) else {
        return match (kind, aggregate_id) {
            (None | Some(VISIT), _) => {
                problem("eventType", "is no event of a visit; what happened to something else names its aggregateType")
            }
            (Some(_), None) => problem("aggregateId", "is required with aggregateType"),
            (Some(kind), Some(id)) => {
                let (aggregate_type, aggregate_id) = (kind.to_owned(), id.clone());
                Ok((
                    Happening::Other { aggregate_type, aggregate_id, event_type: event_type.clone() },
                    visit_id.clone(),
                ))
            }
        };
    };
    if kind.is_some_and(|kind| kind != VISIT) {
        return problem("aggregateType", "must be visit for this eventType");
    }
    let aggregate = match aggregate_id.as_deref().map(VisitId::parse) {
        None => None,
        Some(Ok(aggregate)) => Some(aggregate),
        Some(Err(_)) => return problem("aggregateId", "must be the id of a visit"),
    };
    match (visit_id, kind, &aggregate) {
        (_, None, Some(_)) => problem("aggregateType", "is required with aggregateId"),
        (Some(visit), _, Some(aggregate)) if visit != aggregate => {
            problem("aggregateId", "must be the same as visitId")
        }
        (None, _, None) if step != EventType::VisitRegistered => problem("visitId", "is required"),
        (visit, _, aggregate) => Ok((Happening::Step(step), visit.as_ref().or(aggregate.as_ref()).cloned())),
    }
}

/// An event as it is sent.
pub struct EventToLog;

impl Described for EventToLog {
    /// One alternative for each step of a visit, with its own metadata; and one for what happens to anything else.
    fn described() -> Value {
        let alternatives: Vec<_> = TABLE.iter().map(step).chain([other()]).collect();
        let description = "An event to log; the registry says who may log it and when. \
            A step names its visit as visitId, or as aggregateId with the aggregateType visit.";
        json!({ "anyOf": alternatives, "description": description })
    }
}

/// An event as it is sent, without what depends on its type.
fn frame(title: &str, event_type: Value, metadata: Value, required: &[&str]) -> Value {
    let mut event = of_fields(FIELDS);
    event["title"] = json!(title);
    event["properties"]["eventType"] = event_type;
    event["properties"]["metadata"] = metadata;
    event["properties"]["tags"] = json!({
        "type": ["array", "null"],
        "items": { "type": "string", "pattern": "^[A-Z0-9_\\-]{1,50}$" },
        "maxItems": MOST_TAGS,
    });
    event["required"] = [&["eventType", "metadata"], required].concat().into();
    event
}

fn step(row: &Row) -> Value {
    let word = row.event.word();
    let required: &[_] = if row.event == EventType::VisitRegistered { &[] } else { &["visitId"] };
    let mut event = frame(word, json!({ "type": "string", "enum": [word] }), of_fields(row.fields), required);
    // A visit is named as a visit; that it may be named as a thing too, as in the alternative for anything else, would only make a
    // choice where there is none.
    if let Some(properties) = event["properties"].as_object_mut() {
        properties.remove("aggregateType");
        properties.remove("aggregateId");
    }
    if let [_] = required {
        event["properties"]["visitId"] = VisitId::described();
    }
    event
}

fn other() -> Value {
    let name = json!({ "type": "string", "pattern": "^[A-Za-z][A-Za-z0-9._\\-]{0,99}$" });
    let required = ["aggregateType", "aggregateId"];
    let mut event = frame("Anything else", name, json!({ "type": "object" }), &required);
    for name in required {
        event["properties"][name] = Line::described();
    }
    event
}

/// Several events to log together.
pub struct Batch;

impl Described for Batch {
    fn described() -> Value {
        json!({
            "type": "object",
            "properties": {
                "events": {
                    "type": "array",
                    "items": { "$ref": "#/components/schemas/EventToLog" },
                    "minItems": 1,
                    "maxItems": LARGEST_BATCH,
                },
            },
            "required": ["events"],
            "additionalProperties": false,
        })
    }
}

stands!(EventToLog, Batch);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journey::ids::Id;

    const VISIT_ID: &str = "01J00000000000000000000000";

    fn fields(event: Value) -> Vec<String> {
        read(event).err().unwrap_or_default().into_iter().map(|problem| problem.field).collect()
    }

    #[test]
    fn every_problem_is_named() {
        assert_eq!(fields(json!([])), ["event"]);
        assert_eq!(fields(json!({})), ["eventType", "metadata"]);
        let event = json!({
            "eventType": "", "visitId": "1", "aggregateType": "b".repeat(101), "metadata": [], "description": " ",
            "performedAt": "yesterday", "expectedVersion": -1, "correlationId": "a\u{0}", "causationId": "x".repeat(101),
            "tags": ["lower"], "branchId": 1, "id": "i", "colour": "red",
        });
        let mut named = fields(event);
        named.sort();
        let mut expected = [
            "aggregateType",
            "branchId",
            "causationId",
            "colour",
            "correlationId",
            "description",
            "eventType",
            "expectedVersion",
            "id",
            "metadata",
            "performedAt",
            "tags",
            "visitId",
        ];
        expected.sort_unstable();
        assert_eq!(named, expected);
    }

    #[test]
    fn the_visit_is_named_one_way_or_the_other() {
        let event = |more: Value| {
            let mut event = json!({ "eventType": "QUEUE_JOINED", "metadata": {} });
            event.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
            event
        };
        for good in [
            json!({ "visitId": VISIT_ID }),
            json!({ "aggregateType": "visit", "aggregateId": VISIT_ID, "tags": null }),
            json!({ "aggregateType": "visit", "aggregateId": VISIT_ID, "visitId": VISIT_ID }),
        ] {
            let wish = read(event(good)).expect("a wish");
            assert_eq!(wish.visit_id.as_ref().map(Id::as_str), Some(VISIT_ID));
        }
        let other = "01J00000000000000000000001";
        assert_eq!(fields(event(json!({}))), ["visitId"]);
        assert_eq!(fields(event(json!({ "aggregateId": VISIT_ID }))), ["aggregateType"]);
        let two = json!({ "aggregateType": "visit", "aggregateId": VISIT_ID, "visitId": other });
        assert_eq!(fields(event(two)), ["aggregateId"]);
        assert_eq!(fields(event(json!({ "aggregateType": "booking", "aggregateId": "7" }))), ["aggregateType"]);
    }

    #[test]
    fn anything_else_is_named_by_kind_and_id() {
        let happened = |more: Value| {
            let mut event = json!({ "eventType": "booking.created", "metadata": {} });
            event.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
            event
        };
        let wish = read(happened(json!({ "aggregateType": "booking", "aggregateId": "7", "visitId": VISIT_ID })));
        let (aggregate_type, aggregate_id) = ("booking".to_owned(), "7".to_owned());
        let expected = Happening::Other { aggregate_type, aggregate_id, event_type: "booking.created".to_owned() };
        assert_eq!(wish.map(|wish| wish.happening), Ok(expected));
        assert_eq!(fields(happened(json!({}))), ["eventType"]);
        assert_eq!(fields(happened(json!({ "aggregateType": "booking" }))), ["aggregateId"]);
        assert_eq!(fields(happened(json!({ "aggregateType": "visit", "aggregateId": VISIT_ID }))), ["eventType"]);
    }

    #[test]
    fn tags_are_few_and_plain() {
        assert!(read_tags(json!(["HEDIS", "STAR-4_2"])).is_some());
        assert!(read_tags(json!(vec!["A"; 20])).is_some());
        for bad in [json!(vec!["A"; 21]), json!([""]), json!(["A".repeat(51)]), json!(["é"]), json!("A"), json!([1])] {
            assert!(read_tags(bad).is_none());
        }
    }
}
