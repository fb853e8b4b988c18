//! OCEL 2.0 as JSON: events that happen to several things at once.
//!
//! The objects come first and the events after them, so the log is read twice rather than kept.

use std::collections::BTreeSet;
use std::io::Write;
use std::slice;

use serde_json::{Value, json};

use super::plain::{Plain, values};
use super::traces::{self, Trace};
use super::{ExportError, Period, timestamp};
use crate::db::Db;
use crate::hospital::tenants::Tenant;
use crate::hospital::{departments, people, rooms};
use crate::journey::events::EventType;
use crate::journey::evolve::fold;
use crate::journey::schema::Shape;
use crate::journey::words::Word as _;
use crate::record;

/// The types of objects, each with its attributes.
const OBJECT_TYPES: [(&str, &[&str]); 9] = [
    ("visit", &["visitType", "priority"]),
    ("patient", &[]),
    ("person", &["roles"]),
    ("department", &[]),
    ("room", &[]),
    ("bill", &[]),
    ("test", &["code"]),
    ("document", &[]),
    ("follow-up", &[]),
];

/// Writes the visits of a period.
pub async fn write<W: Write>(
    db: &Db,
    tenant: &Tenant,
    period: Period,
    file: W,
    mut progress: impl FnMut(&Trace),
) -> Result<(), ExportError> {
    let mut file = List { file, first: true };
    file.text(&format!("{{\"objectTypes\":{},\n\"eventTypes\":{},\n\"objects\":[", object_types(), event_types()))?;
    for person in people::list(db, &tenant.id).await? {
        let roles: Vec<_> = person.roles.iter().map(|role| role.word()).collect();
        file.add(&object(&person.id.to_string(), "person", &person_since(), &[("roles", &roles.join(" "))]))?;
    }
    for department in departments::list(db, &tenant.id).await? {
        file.add(&object(&department.id.to_string(), "department", "", &[]))?;
    }
    for room in rooms::list(db, &tenant.id).await? {
        file.add(&object(&room.id.to_string(), "room", "", &[]))?;
    }
    // Who came before in the period: a few dozen bytes for each patient.
    let mut patients = BTreeSet::new();
    traces::each(db, tenant, period, |trace| objects(&trace, &mut patients, &mut file)).await?;
    file.text("],\n\"events\":[")?;
    file.first = true;
    traces::each(db, tenant, period, |trace| {
        trace.events.iter().try_for_each(|event| file.add(&self::event(&trace, event)))?;
        progress(&trace);
        Ok(())
    })
    .await?;
    file.text("]}\n")?;
    Ok(file.file.flush()?)
}

/// A list in JSON, as it is written.
struct List<W> {
    file: W,
    first: bool,
}

impl<W: Write> List<W> {
    fn text(&mut self, text: &str) -> Result<(), ExportError> {
        Ok(self.file.write_all(text.as_bytes())?)
    }

    fn add(&mut self, item: &Value) -> Result<(), ExportError> {
        self.text(if self.first { "\n" } else { ",\n" })?;
        self.first = false;
        Ok(serde_json::to_writer(&mut self.file, item)?)
    }
}

fn object_types() -> Value {
    let attributes =
        |names: &[&str]| names.iter().map(|name| json!({ "name": name, "type": "string" })).collect::<Vec<_>>();
    OBJECT_TYPES.iter().map(|(name, names)| json!({ "name": name, "attributes": attributes(names) })).collect()
}

fn event_types() -> Value {
    let of = |event: &EventType| {
        let attributes = event.row().fields.iter().filter_map(|field| {
            let kind = match field.shape {
                Shape::Choice(_) | Shape::Date | Shape::Id("visit") => "string",
                Shape::Money { .. } => "integer",
                Shape::Time => "time",
                _ => return None,
            };
            Some(json!({ "name": field.name, "type": kind }))
        });
        json!({ "name": event.word(), "attributes": attributes.collect::<Vec<_>>() })
    };
    EventType::ALL.iter().map(of).collect()
}

/// From when on the attributes of what was there before the log count.
fn person_since() -> String {
    "1970-01-01T00:00:00.000Z".to_owned()
}

fn object(id: &str, kind: &str, since: &str, attributes: &[(&str, &str)]) -> Value {
    let attributes = attributes.iter().map(|(name, value)| json!({ "name": name, "time": since, "value": value }));
    json!({ "id": id, "type": kind, "attributes": attributes.collect::<Vec<_>>(), "relationships": [] })
}

/// The objects that a visit brings into being, and the patient when they come for the first time.
fn objects<W: Write>(trace: &Trace, patients: &mut BTreeSet<Box<str>>, file: &mut List<W>) -> Result<(), ExportError> {
    let Some(registered) = trace.events.first() else { return Ok(()) };
    let since = timestamp(registered.stored.event.performed_at);
    let Some(visit) = fold(&record::steps(slice::from_ref(&registered.stored))?) else { return Ok(()) };
    let known = [("visitType", visit.visit_type.word()), ("priority", visit.urgency().word())];
    file.add(&object(&trace.visit, "visit", &since, &known))?;
    for event in &trace.events {
        let stored = &event.stored.event;
        let metadata = stored.today();
        for (_, value) in values(event.event_type, &metadata) {
            match value {
                Plain::Id("patient", id) if patients.insert(id.into()) => file.add(&object(id, "patient", "", &[]))?,
                _ => {}
            }
        }
        let since = timestamp(stored.performed_at);
        for (kind, id, code) in created(event.event_type, &metadata) {
            let code = code.map(|code| ("code", code));
            file.add(&object(id, kind, &since, code.as_slice()))?;
        }
    }
    Ok(())
}

/// What an event brings into being: kind, id, and of a test its code.
fn created(event: EventType, metadata: &Value) -> Vec<(&'static str, &str, Option<&str>)> {
    let mut found = Vec::new();
    for field in event.row().fields {
        match field.shape {
            Shape::NewId(kind) => {
                found.extend(metadata.get(field.name).and_then(Value::as_str).map(|id| (kind, id, None)));
            }
            Shape::List { of, .. } => {
                let records = metadata.get(field.name).and_then(Value::as_array).into_iter().flatten();
                for record in records {
                    for field in of {
                        if let Shape::NewId(kind) = field.shape {
                            let code = record.get("code").and_then(Value::as_str);
                            found.extend(record.get(field.name).and_then(Value::as_str).map(|id| (kind, id, code)));
                        }
                    }
                }
            }
            _ => {}
        }
    }
    found
}

fn event(trace: &Trace, event: &traces::TraceEvent) -> Value {
    let stored = &event.stored.event;
    let (performer, metadata) = (stored.performed_by.to_string(), stored.today());
    let mut relationships = vec![
        json!({ "objectId": trace.visit, "qualifier": "visit" }),
        json!({ "objectId": performer, "qualifier": "performer" }),
    ];
    let mut attributes = Vec::new();
    for (field, value) in values(event.event_type, &metadata) {
        match value {
            // Another visit may not be in the period.
            Plain::Id("visit", text) | Plain::Word(text) | Plain::Day(text) | Plain::Moment(text) => {
                attributes.push(json!({ "name": field, "value": text }));
            }
            Plain::Amount(amount) => attributes.push(json!({ "name": field, "value": amount })),
            Plain::Id(_, id) => relationships.push(json!({ "objectId": id, "qualifier": field })),
        }
    }
    json!({
        "id": stored.id, "type": event.event_type.word(), "time": timestamp(stored.performed_at),
        "attributes": attributes, "relationships": relationships,
    })
}
