//! What an event may name: whether it exists in this hospital.

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::db::Tx;
use crate::db::keys::{Statement, listed};
use crate::journey::events::EventType;
use crate::journey::ids::TenantId;
use crate::journey::schema::Shape;

/// The kinds of things that have an id, by the word with which the schema of metadata says what an id names.
pub const KINDS: [&str; 6] = ["patient", "person", "room", "department", "branch", "visit"];

/// Something of this hospital that was asked for.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Existing {
    /// What it is.
    pub thing: String,
    /// Its id.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Since when it is closed, of what can be.
    pub closed_at: Option<DateTime<Utc>>,
}

/// The lists of ids come in the order of [`KINDS`].
macro_rules! everything {
    ($engine:ident) => {
        concat!(
            "SELECT 'patient' AS thing, id, name, CAST(NULL AS TIMESTAMPTZ) AS closed_at FROM patients WHERE tenant_id = $1 AND id ",
            listed!($engine 0),
            " UNION ALL SELECT 'person', id, name, NULL FROM people WHERE tenant_id = $1 AND id ",
            listed!($engine 1),
            " UNION ALL SELECT 'room', id, name, closed_at FROM rooms WHERE tenant_id = $1 AND id ",
            listed!($engine 2),
            " UNION ALL SELECT 'department', id, name, closed_at FROM departments WHERE tenant_id = $1 AND id ",
            listed!($engine 3),
            " UNION ALL SELECT 'branch', id, name, NULL FROM branches WHERE tenant_id = $1 AND id ",
            listed!($engine 4),
            " UNION ALL SELECT 'visit', visit_id, token, NULL FROM visits WHERE tenant_id = $1 AND visit_id ",
            listed!($engine 5),
        )
    };
}

const EXISTING: Statement = Statement { sqlite: everything!(sqlite), postgres: everything!(postgres) };

/// Those of some things, each asked for by kind and id, that exist in this hospital.
pub async fn existing<'a>(
    tx: &mut Tx,
    tenant: &TenantId,
    things: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> sqlx::Result<Vec<Existing>> {
    let mut lists = KINDS.map(|_| Vec::new());
    for (kind, id) in things {
        if let Some(list) = KINDS.iter().position(|known| *known == kind).and_then(|index| lists.get_mut(index)) {
            list.push(id);
        }
    }
    if lists.iter().all(Vec::is_empty) {
        return Ok(Vec::new());
    }
    EXISTING.read(tx, tenant, &lists).await
}

/// Every field of a step that names something which the hospital would know: field, kind and id.
///
/// Bills, tests, documents and follow-ups are the visit's own; the journey knows them.
pub fn named(step: Option<EventType>, metadata: &Value) -> impl Iterator<Item = (&'static str, &'static str, &str)> {
    let fields = step.map_or(&[][..], |step| step.row().fields);
    fields.iter().filter_map(|field| match field.shape {
        Shape::Id(thing) if KINDS.contains(&thing) => {
            Some((field.name, thing, metadata.get(field.name).and_then(Value::as_str)?))
        }
        _ => None,
    })
}
