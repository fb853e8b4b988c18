//! The head of a tenant's log, and the one statement that writes an event.

use chrono::{DateTime, Utc};
use sqlx::types::Json;

use super::chain::{self, Digest, Salt};
use super::event::{NewEvent, StoredEvent, to_milliseconds};
use crate::db::{Db, Tx};
use crate::journey::ids::TenantId;
use crate::on;

/// The end of a tenant's log, locked: who holds one is the only writer of that tenant until its transaction ends.
///
/// Clone it before a savepoint; go back to the clone when the savepoint is rolled back.
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
const NEW_HEAD: &str =
    "INSERT INTO log_heads (tenant_id, position, hash) VALUES ($1, 0, $2) ON CONFLICT (tenant_id) DO NOTHING";

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
pub(super) async fn head(db: &Db, tenant: &TenantId) -> sqlx::Result<(i64, Digest)> {
    let row = on!(&db.read, pool => sqlx::query_as(HEAD).bind(tenant).fetch_optional(pool).await)?;
    Ok(row.unwrap_or((0, Digest::GENESIS)))
}

const SAVE_HEAD: &str = "UPDATE log_heads SET position = $2, hash = $3 WHERE tenant_id = $1";

/// Writes back the head after the last append of a transaction; what was appended without it does not verify.
pub async fn save_head(tx: &mut Tx, head: &Head) -> sqlx::Result<()> {
    on!(tx, connection => sqlx::query(SAVE_HEAD)
        .bind(&head.tenant)
        .bind(head.position)
        .bind(head.hash)
        .execute(&mut **connection)
        .await
        .map(drop))
}

const APPEND: &str = "INSERT INTO visit_events \
    (tenant_id, position, id, visit_id, aggregate_type, aggregate_id, version, event_type, schema_version, description, \
     metadata, tags, actor_type, performed_by, performed_at, recorded_at, branch_id, correlation_id, causation_id, \
     salt, body_digest, prev_hash, hash) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)";

/// Appends one event after the head and moves the head to it; an event whose id or version is there already is an error.
pub async fn append(
    tx: &mut Tx,
    head: &mut Head,
    mut event: NewEvent,
    recorded_at: DateTime<Utc>,
) -> sqlx::Result<StoredEvent> {
    event.performed_at = to_milliseconds(event.performed_at);
    let recorded_at = to_milliseconds(recorded_at);
    let position = head.position + 1;
    let salt = Salt::random();
    let body_digest = chain::body_digest(&salt, &event);
    let hash = chain::hash(&head.tenant, position, recorded_at, &event, &head.hash, &body_digest);
    on!(tx, connection => sqlx::query(APPEND)
        .bind(&head.tenant)
        .bind(position)
        .bind(&event.id)
        .bind(&event.visit_id)
        .bind(&event.aggregate_type)
        .bind(&event.aggregate_id)
        .bind(event.version)
        .bind(&event.event_type)
        .bind(event.schema_version)
        .bind(&event.description)
        .bind(&event.metadata)
        .bind(Json(&event.tags))
        .bind(event.actor_type)
        .bind(&event.performed_by)
        .bind(event.performed_at)
        .bind(recorded_at)
        .bind(&event.branch_id)
        .bind(&event.correlation_id)
        .bind(&event.causation_id)
        .bind(salt)
        .bind(body_digest)
        .bind(head.hash)
        .bind(hash)
        .execute(&mut **connection)
        .await
        .map(drop))?;
    let prev_hash = std::mem::replace(&mut head.hash, hash);
    head.position = position;
    Ok(StoredEvent { event, position, recorded_at, salt, body_digest, prev_hash, hash })
}
