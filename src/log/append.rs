//! The head of a tenant's log, and the one statement that writes events.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;

use super::chain::{self, Digest, Salt, column};
use super::event::{NewEvent, StoredEvent, to_milliseconds};
use crate::db::rows::{self, Batch, Rows, insert_rows, update_rows};
use crate::db::{Db, Kept, Source, Tx};
use crate::journey::ids::*;
use crate::journey::words::ActorType;
use crate::{from, on};

/// The end of a tenant's log, locked: who holds one is the only writer of that tenant until its transaction ends.
///
/// Clone it before what may fail; go back to the clone when it did.
#[derive(Clone, Debug)]
pub struct Head {
    tenant: TenantId,
    position: i64,
    hash: Digest,
}

impl Head {
    /// Whose log it is.
    pub fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    /// The position of the last event; 0 when there is none.
    pub fn position(&self) -> i64 {
        self.position
    }

    /// The hash of the last event.
    pub fn hash(&self) -> &Digest {
        &self.hash
    }
}

const HEAD: &str = "SELECT position, hash FROM log_heads WHERE tenant_id = $1";
const HEAD_LOCKED: &str = "SELECT position, hash FROM log_heads WHERE tenant_id = $1 FOR UPDATE";
/// A connection of one tenant knows whose it is: a message that begins a transaction takes no values. What a group of writers asks and
/// writes is found by its keys, whatever the values are: each statement is planned once, not for each group.
const BEGIN_LOCKED: &str = "BEGIN; SET LOCAL plan_cache_mode = force_generic_plan; \
     SELECT position, hash FROM log_heads WHERE tenant_id = current_setting('sojourn.tenant') FOR UPDATE";
const NEW_HEAD: &str =
    "INSERT INTO log_heads (tenant_id, position, hash) VALUES ($1, 0, $2) ON CONFLICT (tenant_id) DO NOTHING";

/// Counts the tables that events are written to, for [`Db::count`].
pub const COUNT: &str = "ANALYZE visit_events, event_tags";

/// Begins a transaction for who writes without a break, with the head of a tenant's log locked until it ends.
pub async fn begin_locked(db: &Db, tenant: &TenantId, kept: Kept) -> sqlx::Result<(Tx, Head)> {
    let (mut tx, read) = db.of(tenant).begin_next_with(kept, BEGIN_LOCKED).await?;
    let head = match read {
        Some((position, hash)) => Head { tenant: tenant.clone(), position, hash },
        None => lock_head(&mut tx, tenant).await?,
    };
    Ok((tx, head))
}

/// Locks the head of a tenant's log until the transaction ends; makes it for a tenant that has none.
pub async fn lock_head(tx: &mut Tx, tenant: &TenantId) -> sqlx::Result<Head> {
    if let Some(head) = locked(tx, tenant).await? {
        return Ok(head);
    }
    on!(tx, connection => sqlx::query(NEW_HEAD).bind(tenant).bind(Digest::GENESIS).execute(&mut **connection).await.map(drop))?;
    locked(tx, tenant).await?.ok_or(sqlx::Error::RowNotFound)
}

async fn locked(tx: &mut Tx, tenant: &TenantId) -> sqlx::Result<Option<Head>> {
    let row: Option<(i64, Digest)> = match tx {
        // BEGIN IMMEDIATE has locked the whole file.
        Tx::Sqlite(connection) => sqlx::query_as(HEAD).bind(tenant).fetch_optional(&mut **connection).await?,
        Tx::Postgres(connection) => sqlx::query_as(HEAD_LOCKED).bind(tenant).fetch_optional(&mut **connection).await?,
    };
    Ok(row.map(|(position, hash)| Head { tenant: tenant.clone(), position, hash }))
}

/// Position and hash of the last event, unlocked.
pub(super) async fn head(source: impl Into<Source<'_>>, tenant: &TenantId) -> sqlx::Result<(i64, Digest)> {
    let row = from!(source, executor => sqlx::query_as(HEAD).bind(tenant).fetch_optional(executor).await)?;
    Ok(row.unwrap_or((0, Digest::GENESIS)))
}

/// The position of the last event of a tenant; 0 when there is none.
pub async fn position(source: impl Into<Source<'_>>, tenant: &TenantId) -> sqlx::Result<i64> {
    Ok(head(source, tenant).await?.0)
}

const HEADS: &str = "SELECT tenant_id, position FROM log_heads ORDER BY tenant_id";

/// The position of the last event of every tenant.
pub async fn positions(db: &Db) -> sqlx::Result<Vec<(TenantId, i64)>> {
    on!(&db.read, pool => sqlx::query_as(HEADS).fetch_all(pool).await)
}

const SAVE_HEAD: Rows = update_rows!("log_heads" by "tenant_id": number "position", bytes "hash");

/// A head as its row.
#[derive(Serialize)]
struct End<'a> {
    tenant_id: &'a TenantId,
    position: i64,
    #[serde(serialize_with = "column")]
    hash: Digest,
}

/// The head after the last append of a transaction on its way back; what was appended without it does not verify.
///
/// On PostgreSQL who listens is notified when, and only when, it is committed.
pub fn end(head: &Head) -> sqlx::Result<Batch> {
    let Head { tenant, position, hash } = head;
    SAVE_HEAD.batch([End { tenant_id: tenant, position: *position, hash: *hash }])
}

/// Writes back the [`end`].
pub async fn save_head(tx: &mut Tx, head: &Head) -> sqlx::Result<()> {
    rows::write(tx, &head.tenant, end(head)).await
}

const APPEND: Rows = insert_rows!("visit_events":
    number "position", text "id", text "visit_id", text "aggregate_type", text "aggregate_id", number "version",
    text "event_type", number "schema_version", text "description", json "metadata", json "tags", text "actor_type",
    text "performed_by", text "on_behalf_of", time "performed_at", time "recorded_at", text "branch_id", text "correlation_id",
    text "causation_id", bytes "salt", bytes "body_digest", bytes "prev_hash", bytes "hash"; "");

/// An event as a row of the log.
#[derive(Serialize)]
struct Row<'a> {
    position: i64,
    id: &'a EventId,
    visit_id: &'a Option<VisitId>,
    aggregate_type: &'a str,
    aggregate_id: &'a str,
    version: i64,
    event_type: &'a str,
    schema_version: i32,
    description: &'a Option<String>,
    metadata: &'a Value,
    tags: &'a [String],
    actor_type: ActorType,
    performed_by: &'a PersonId,
    on_behalf_of: &'a Option<PersonId>,
    performed_at: DateTime<Utc>,
    recorded_at: DateTime<Utc>,
    branch_id: &'a Option<BranchId>,
    correlation_id: &'a Option<String>,
    causation_id: &'a Option<String>,
    #[serde(serialize_with = "column")]
    salt: Salt,
    #[serde(serialize_with = "column")]
    body_digest: Digest,
    #[serde(serialize_with = "column")]
    prev_hash: Digest,
    #[serde(serialize_with = "column")]
    hash: Digest,
}

impl<'a> From<&'a StoredEvent> for Row<'a> {
    fn from(stored: &'a StoredEvent) -> Self {
        let StoredEvent { event, position, recorded_at, salt, body_digest, prev_hash, hash } = stored;
        Self {
            position: *position,
            id: &event.id,
            visit_id: &event.visit_id,
            aggregate_type: &event.aggregate_type,
            aggregate_id: &event.aggregate_id,
            version: event.version,
            event_type: &event.event_type,
            schema_version: event.schema_version,
            description: &event.description,
            metadata: &event.metadata,
            tags: &event.tags,
            actor_type: event.actor_type,
            performed_by: &event.performed_by,
            on_behalf_of: &event.on_behalf_of,
            performed_at: event.performed_at,
            recorded_at: *recorded_at,
            branch_id: &event.branch_id,
            correlation_id: &event.correlation_id,
            causation_id: &event.causation_id,
            salt: *salt,
            body_digest: *body_digest,
            prev_hash: *prev_hash,
            hash: *hash,
        }
    }
}

impl Head {
    /// Links an event to the head, which moves to it; it is in the log once its row and [`save_head`] have put it there.
    pub fn link(&mut self, mut event: NewEvent, recorded_at: DateTime<Utc>) -> StoredEvent {
        event.performed_at = to_milliseconds(event.performed_at);
        let recorded_at = to_milliseconds(recorded_at);
        let salt = Salt::random();
        let body_digest = chain::body_digest(&salt, &event);
        self.position += 1;
        let hash = chain::hash(&self.tenant, self.position, recorded_at, &event, &self.hash, &body_digest);
        let prev_hash = std::mem::replace(&mut self.hash, hash);
        StoredEvent { event, position: self.position, recorded_at, salt, body_digest, prev_hash, hash }
    }
}

/// Writes linked events; one whose id or version is there already is an error.
pub async fn write(tx: &mut Tx, tenant: &TenantId, events: &[StoredEvent]) -> sqlx::Result<()> {
    rows::write(tx, tenant, batch(events)).await
}

/// Linked events on their way into the log.
pub fn batch<'a>(events: impl IntoIterator<Item = &'a StoredEvent>) -> sqlx::Result<Batch> {
    APPEND.batch(events.into_iter().map(Row::from))
}

/// Appends one event after the head, which moves to it if it is written.
pub async fn append(
    tx: &mut Tx,
    head: &mut Head,
    event: NewEvent,
    recorded_at: DateTime<Utc>,
) -> sqlx::Result<StoredEvent> {
    let mut moved = head.clone();
    let stored = moved.link(event, recorded_at);
    write(tx, &head.tenant, std::slice::from_ref(&stored)).await?;
    *head = moved;
    Ok(stored)
}
