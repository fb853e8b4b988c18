//! The types of events that the hospital logs by itself, each by what it tells of; nobody else may.

use serde_json::{Map, Value, json};

use super::event_types::EventType;

/// Every type that the hospital logs by itself.
pub fn own() -> Vec<EventType> {
    let person =
        || json!({ "name": text(200), "branchId": id(), "departmentId": id(), "roomId": id(), "active": truth() });
    let branch = || json!({ "name": text(200), "code": text(20) });
    let department = || {
        json!({
            "branchId": id(), "name": text(100), "tokenPrefix": text(3), "targetMinutes": whole(), "closedAt": moment(),
        })
    };
    let room =
        || json!({ "branchId": id(), "departmentId": id(), "name": text(100), "kind": text(20), "closedAt": moment() });
    let policy =
        || json!({ "payBeforeLab": truth(), "payBeforeConsultation": truth(), "approverMayBePerformer": truth() });
    let patient = || {
        json!({
            "mrn": text(32), "name": text(200), "sex": text(20), "birthDate": day(), "birthDateEstimated": truth(),
            "phone": text(40), "email": text(254),
        })
    };
    let hours = || {
        json!({
            "doctorId": id(), "weekday": whole(), "begins": text(5), "ends": text(5), "slotMinutes": whole(),
        })
    };
    let analyte = || {
        let bound = || json!({ "type": "number" });
        let fields = json!({ "analyte": text(100), "unit": text(50), "low": bound(), "high": bound() });
        object(fields, &["analyte"])
    };
    let roles = || json!({ "type": "array", "items": text(40) });
    let words = || json!({ "type": "array", "items": text(100) });
    let privacy = &["PRIVACY"];
    vec![
        of("patient.registered", 2, "Patient registered", privacy, object(patient(), &["mrn", "name"])),
        of("patient.demographics_updated", 1, "Patient's details changed", privacy, object(patient(), &[])),
        of(
            "consent.recorded",
            1,
            "Consent recorded",
            privacy,
            object(
                json!({ "patientId": id(), "purpose": text(200), "given": truth(), "note": text(500) }),
                &["patientId", "purpose", "given"],
            ),
        ),
        of(
            "person.created",
            1,
            "Person added",
            &[],
            object(json!({ "name": text(200), "actorType": text(10), "roles": roles() }), &["name", "roles"]),
        ),
        of("person.changed", 1, "Person changed", &[], change(person())),
        of(
            "person.role_changed",
            1,
            "Roles changed",
            privacy,
            object(json!({ "before": roles(), "after": roles() }), &["before", "after"]),
        ),
        of("person.sign_in_given", 1, "Sign-in name given", privacy, change(json!({ "signInName": text(64) }))),
        of("person.passphrase_reset", 1, "Passphrase reset", privacy, object(json!({}), &[])),
        of(
            "person.sessions_ended",
            1,
            "Sessions ended",
            privacy,
            object(json!({ "sessions": whole() }), &["sessions"]),
        ),
        of("branch.added", 1, "Branch added", &[], object(branch(), &["name", "code"])),
        of("branch.changed", 1, "Branch changed", &[], change(branch())),
        of(
            "department.added",
            1,
            "Department added",
            &[],
            object(department(), &["branchId", "name", "tokenPrefix", "targetMinutes"]),
        ),
        of("department.changed", 1, "Department changed", &[], change(department())),
        of("room.added", 1, "Room added", &[], object(room(), &["branchId", "name", "kind"])),
        of("room.changed", 1, "Room changed", &[], change(room())),
        of(
            "tariff.added",
            1,
            "Added to the tariff",
            &["CMS"],
            object(
                json!({ "code": text(50), "name": text(200), "kind": text(20), "price": whole() }),
                &["code", "name", "kind", "price"],
            ),
        ),
        of(
            "tariff.changed",
            2,
            "Tariff changed",
            &["CMS"],
            change(json!({
                "name": text(200), "price": whole(), "departmentId": id(), "specimen": text(100), "panels": words(),
            })),
        ),
        of(
            "tariff.analytes_changed",
            1,
            "Analytes changed",
            &["CMS"],
            change(json!({ "analytes": { "type": "array", "items": analyte() } })),
        ),
        of("tariff.offered", 1, "Offer changed", &["CMS"], change(json!({ "active": truth() }))),
        of(
            "target.changed",
            1,
            "Target changed",
            &["CMS"],
            object(json!({ "measure": text(40), "before": whole(), "after": whole() }), &["measure"]),
        ),
        of("digest.asked", 1, "Daily digest asked for", &[], object(json!({ "asked": truth() }), &["asked"])),
        of("tenant.policy_changed", 1, "Rules changed", &[], change(policy())),
        of(
            "clinic.opened",
            1,
            "Hours opened",
            &[],
            object(hours(), &["doctorId", "weekday", "begins", "ends", "slotMinutes"]),
        ),
        of(
            "clinic.closed",
            1,
            "Hours closed",
            &[],
            object(hours(), &["doctorId", "weekday", "begins", "ends", "slotMinutes"]),
        ),
        of(
            "booking.created",
            1,
            "Booked",
            &[],
            object(
                json!({
                    "patientId": id(), "doctorId": id(), "startsAt": moment(), "minutes": whole(), "reason": text(500),
                    "followUpOf": id(),
                }),
                &["patientId", "doctorId", "startsAt", "minutes"],
            ),
        ),
        of(
            "booking.rescheduled",
            1,
            "Booking moved",
            &[],
            change(json!({ "doctorId": id(), "startsAt": moment(), "minutes": whole() })),
        ),
        of("booking.cancelled", 1, "Booking cancelled", &[], object(json!({ "reason": text(500) }), &[])),
        of("booking.checked_in", 1, "Checked in", &[], object(json!({ "visitId": id() }), &["visitId"])),
        of(
            "cash_up.closed",
            1,
            "Shift closed",
            &["CMS"],
            object(
                json!({
                    "from": moment(), "until": moment(), "afterPosition": whole(), "lastPosition": whole(),
                    "figures": { "type": "array", "items": { "type": "object" } }, "expectedCash": whole(),
                    "countedCash": whole(), "difference": whole(), "note": text(500),
                }),
                &["from", "until", "lastPosition", "figures", "expectedCash", "countedCash", "difference"],
            ),
        ),
        of("booking.missed", 1, "Did not come", &[], object(json!({}), &[])),
        of(
            "token.created",
            1,
            "Token made",
            privacy,
            object(json!({ "personId": id(), "label": text(200), "expiresAt": moment() }), &["personId", "label"]),
        ),
        of(
            "token.revoked",
            1,
            "Token withdrawn",
            privacy,
            object(json!({ "personId": id(), "label": text(200) }), &["personId", "label"]),
        ),
        of(
            "subscription.added",
            1,
            "Subscription added",
            privacy,
            object(
                json!({
                    "name": text(200), "kind": text(20), "target": text(2000), "eventTypes": words(),
                    "aggregateTypes": words(), "tags": words(),
                }),
                &["name", "kind", "target"],
            ),
        ),
        of("subscription.changed", 1, "Subscription paused or resumed", privacy, change(json!({ "state": text(20) }))),
        of("subscription.removed", 1, "Subscription ended", privacy, object(json!({ "name": text(200) }), &["name"])),
    ]
}

/// The kind of thing that one of the hospital's own types happens to.
pub fn aggregate_of(event_type: &str) -> &str {
    event_type.split('.').next().unwrap_or_default()
}

/// The tags of one of the hospital's own types.
pub fn own_tags(event_type: &str) -> Vec<String> {
    own().into_iter().find(|own| own.event_type == event_type).map(|own| own.tags).unwrap_or_default()
}

/// What people call one of the hospital's own types.
pub fn title(event_type: &str) -> Option<String> {
    own().into_iter().find(|own| own.event_type == event_type).map(|own| own.title)
}

/// Whether a type is one that the hospital logs by itself.
pub fn is_own(event_type: &str) -> bool {
    own().iter().any(|own| own.event_type == event_type)
}

fn of(event_type: &str, version: i32, title: &str, tags: &[&str], schema: Value) -> EventType {
    EventType {
        event_type: event_type.to_owned(),
        schema_version: version,
        aggregate_type: aggregate_of(event_type).to_owned(),
        title: title.to_owned(),
        schema,
        roles: Vec::new(),
        tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
    }
}

fn object(properties: Value, required: &[&str]) -> Value {
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}

/// What changed: the fields as they were, and as they are.
fn change(properties: Value) -> Value {
    let properties: Map<String, Value> = match properties {
        Value::Object(fields) => {
            fields.into_iter().map(|(name, schema)| (name, json!({ "anyOf": [schema, { "type": "null" }] }))).collect()
        }
        _ => Map::new(),
    };
    let fields = object(Value::Object(properties), &[]);
    object(json!({ "before": fields, "after": fields }), &["before", "after"])
}

fn text(longest: u32) -> Value {
    json!({ "type": "string", "minLength": 1, "maxLength": longest })
}

fn id() -> Value {
    text(26)
}

fn whole() -> Value {
    json!({ "type": "integer" })
}

fn truth() -> Value {
    json!({ "type": "boolean" })
}

fn day() -> Value {
    json!({ "type": "string", "format": "date" })
}

fn moment() -> Value {
    json!({ "type": "string", "format": "date-time" })
}
