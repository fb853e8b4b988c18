//! What happened, without what proves it: enough to fold the life of a thing, and read as fast as an engine can. Oldest first.

use chrono::{DateTime, Utc};
use itertools::izip;
use serde_json::value::RawValue;
use sqlx::FromRow;
use sqlx::types::Json;

use super::event::Occurrence;
use crate::db::keys::{Statement, read_columns};
use crate::db::{Source, Tx};
use crate::journey::ids::{BranchId, PersonId, TenantId};

/// Occurrences as PostgreSQL hands over many of them: column by column.
#[derive(FromRow)]
struct Columns {
    position: Vec<i64>,
    aggregate_type: Vec<String>,
    aggregate_id: Vec<String>,
    version: Vec<i64>,
    event_type: Vec<String>,
    schema_version: Vec<i32>,
    metadata: Vec<Json<Box<RawValue>>>,
    performed_by: Vec<PersonId>,
    performed_at: Vec<DateTime<Utc>>,
    recorded_at: Vec<DateTime<Utc>>,
    branch_id: Vec<Option<BranchId>>,
}

impl From<Columns> for Vec<Occurrence> {
    fn from(columns: Columns) -> Self {
        let things = izip!(columns.aggregate_type, columns.aggregate_id, columns.version);
        let events = izip!(columns.event_type, columns.schema_version, columns.metadata);
        let circumstances = izip!(columns.performed_by, columns.performed_at, columns.recorded_at, columns.branch_id);
        let occurrence = |(position, thing, event, circumstances)| {
            let (aggregate_type, aggregate_id, version) = thing;
            let (event_type, schema_version, Json(metadata)) = event;
            let (performed_by, performed_at, recorded_at, branch_id) = circumstances;
            Occurrence {
                position,
                aggregate_type,
                aggregate_id,
                version,
                event_type,
                schema_version,
                metadata,
                performed_by,
                performed_at,
                recorded_at,
                branch_id,
            }
        };
        izip!(columns.position, things, events, circumstances).map(occurrence).collect()
    }
}

const LIFE: Statement = Statement {
    sqlite: "SELECT json_group_array(json_array(position, aggregate_type, aggregate_id, version, event_type, schema_version, \
        json(metadata), performed_by, performed_at, recorded_at, branch_id)) FROM visit_events \
        WHERE tenant_id = $1 AND aggregate_type = $2 AND aggregate_id = $3",
    postgres: "SELECT array_agg(position) AS position, array_agg(aggregate_type) AS aggregate_type, \
        array_agg(aggregate_id) AS aggregate_id, array_agg(version) AS version, array_agg(event_type) AS event_type, \
        array_agg(schema_version) AS schema_version, array_agg(metadata) AS metadata, array_agg(performed_by) AS performed_by, \
        array_agg(performed_at) AS performed_at, array_agg(recorded_at) AS recorded_at, array_agg(branch_id) AS branch_id \
        FROM visit_events WHERE tenant_id = $1 AND aggregate_type = $2 AND aggregate_id = $3 HAVING count(*) > 0",
};
// Without what is known of anything but visits, which no fold asks for: a tenant's own events may be large.
const HAPPENED: Statement = Statement {
    sqlite: "SELECT json_group_array(json_array(position, aggregate_type, aggregate_id, version, event_type, schema_version, \
        json(CASE WHEN aggregate_type = 'visit' THEN metadata ELSE 'null' END), performed_by, performed_at, recorded_at, \
        branch_id)) FROM visit_events WHERE tenant_id = $1 AND position BETWEEN $2 AND $3",
    postgres: "SELECT array_agg(position) AS position, array_agg(aggregate_type) AS aggregate_type, \
        array_agg(aggregate_id) AS aggregate_id, array_agg(version) AS version, array_agg(event_type) AS event_type, \
        array_agg(schema_version) AS schema_version, \
        array_agg(CASE WHEN aggregate_type = 'visit' THEN metadata ELSE 'null' END) AS metadata, \
        array_agg(performed_by) AS performed_by, array_agg(performed_at) AS performed_at, array_agg(recorded_at) AS recorded_at, \
        array_agg(branch_id) AS branch_id \
        FROM visit_events WHERE tenant_id = $1 AND position BETWEEN $2 AND $3 HAVING count(*) > 0",
};

/// Everything that happened to one thing.
pub async fn life(
    source: impl Into<Source<'_>>,
    tenant: &TenantId,
    aggregate_type: &str,
    aggregate_id: &str,
) -> sqlx::Result<Vec<Occurrence>> {
    read_columns!(source, LIFE, Columns; tenant, aggregate_type, aggregate_id).map(in_order)
}

/// What happened from one position to another, both included; only of visits with what is known about it.
pub async fn happened(
    source: impl Into<Source<'_>>,
    tenant: &TenantId,
    first: i64,
    last: i64,
) -> sqlx::Result<Vec<Occurrence>> {
    read_columns!(source, HAPPENED, Columns; tenant, first, last).map(in_order)
}

/// Oldest first, as they mostly come: an engine that is asked for an order copies each row before it is written out.
fn in_order(mut happened: Vec<Occurrence>) -> Vec<Occurrence> {
    happened.sort_unstable_by_key(|occurrence| occurrence.position);
    happened
}

// SQLite keeps the order of a cross join: the few that are asked for come first. PostgreSQL looks up each of them: what is taken
// out of JSON must not be compared with rows before its wall between tenants is.
const SINCE: Statement = Statement {
    sqlite: "SELECT happened.position, happened.aggregate_type, happened.aggregate_id, happened.version, happened.event_type, \
        happened.schema_version, happened.metadata, happened.performed_by, happened.performed_at, happened.recorded_at, \
        happened.branch_id \
        FROM json_each($2) AS asked CROSS JOIN visit_events AS happened \
        WHERE happened.tenant_id = $1 AND happened.aggregate_type = asked.value ->> 0 \
        AND happened.aggregate_id = asked.value ->> 1 AND happened.version > asked.value ->> 2",
    postgres: "SELECT happened.position, happened.aggregate_type, happened.aggregate_id, happened.version, happened.event_type, \
        happened.schema_version, happened.metadata, happened.performed_by, happened.performed_at, happened.recorded_at, \
        happened.branch_id \
        FROM jsonb_array_elements($2::text::jsonb) AS asked(value) CROSS JOIN LATERAL (SELECT * FROM visit_events \
        WHERE tenant_id = $1 AND aggregate_type = asked.value ->> 0 \
        AND aggregate_id = asked.value ->> 1 AND version > (asked.value ->> 2)::bigint OFFSET 0) AS happened",
};

/// What happened to things of one kind since a version of each, oldest first.
pub async fn since(
    tx: &mut Tx,
    tenant: &TenantId,
    aggregate_type: &str,
    known: &[(&str, i64)],
) -> sqlx::Result<Vec<Occurrence>> {
    let known: Vec<_> = known.iter().map(|(id, version)| (aggregate_type, id, version)).collect();
    SINCE.read(tx, tenant, &known).await.map(in_order)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_engine_gives_in_another_order_is_oldest_first() {
        let at = |position| {
            let person = "01J0000000000000000000000A";
            let row = serde_json::json!([
                position,
                "visit",
                "1",
                position,
                "QUEUE_JOINED",
                1,
                {},
                person,
                "2026-01-05T04:00:00Z",
                "2026-01-05T04:00:00Z",
                null
            ]);
            serde_json::from_str(&row.to_string()).expect("an occurrence")
        };
        let happened: Vec<Occurrence> = in_order(vec![at(3), at(1), at(2)]);
        assert_eq!(happened.iter().map(|occurrence| occurrence.position).collect::<Vec<_>>(), [1, 2, 3]);
    }
}
