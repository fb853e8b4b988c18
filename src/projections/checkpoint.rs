//! How far a read model that follows the log has got, and what holds it up.

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::db::{Db, Source, Tx, text_columns, word_text};
use crate::journey::ids::TenantId;
use crate::journey::words::{Word, words};
use crate::{from, on};

words! {
    /// What a follower does.
    Condition {
        Running "RUNNING" "Running",
        Paused "PAUSED" "Paused",
        Failing "FAILING" "Failing",
    }
}

text_columns!(word_text, Word::from_word: Condition);

/// How far a read model has got in a tenant's log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, sqlx::FromRow)]
pub struct Checkpoint {
    /// The version of the read model that wrote its rows.
    pub version: i32,
    /// The last event in its rows.
    pub position: i64,
    /// How often its rows were made anew.
    pub generation: i32,
    /// What it does.
    pub state: Condition,
    /// Why it fails.
    pub error: Option<String>,
    /// Since when it does so.
    pub since: DateTime<Utc>,
}

const GET: &str = "SELECT version, position, generation, state, error, since FROM projection_checkpoints \
    WHERE tenant_id = $1 AND name = $2";
const GET_LOCKED: &str = "SELECT version, position, generation, state, error, since FROM projection_checkpoints \
    WHERE tenant_id = $1 AND name = $2 FOR UPDATE";
const BEGIN: &str = "INSERT INTO projection_checkpoints (tenant_id, name, version, position, state, since) \
    VALUES ($1, $2, $3, 0, $4, $5) ON CONFLICT (tenant_id, name) DO NOTHING";
const ADVANCE: &str = "UPDATE projection_checkpoints SET position = $5, state = 'RUNNING', error = NULL, \
    since = CASE WHEN state = 'RUNNING' THEN since ELSE $6 END \
    WHERE tenant_id = $1 AND name = $2 AND version = $3 AND position = $4 AND state <> 'PAUSED'";
const RESTART: &str = "UPDATE projection_checkpoints SET version = $3, position = $4, generation = generation + 1, error = NULL, \
    since = CASE WHEN state = 'FAILING' THEN $5 ELSE since END, \
    state = CASE WHEN state = 'FAILING' THEN 'RUNNING' ELSE state END WHERE tenant_id = $1 AND name = $2";
const FAIL: &str = "UPDATE projection_checkpoints SET state = 'FAILING', error = $4, \
    since = CASE WHEN state = 'FAILING' THEN since ELSE $5 END \
    WHERE tenant_id = $1 AND name = $2 AND position = $3 AND state <> 'PAUSED'";
const TURN: &str = "UPDATE projection_checkpoints SET state = $3, error = CASE WHEN $3 = 'PAUSED' THEN error END, \
    since = $4 WHERE tenant_id = $1 AND name = $2 AND state <> $3";

/// The checkpoint of a read model, once it has begun.
pub async fn get(source: impl Into<Source<'_>>, tenant: &TenantId, name: &str) -> sqlx::Result<Option<Checkpoint>> {
    from!(source, executor => sqlx::query_as(GET).bind(tenant).bind(name).fetch_optional(executor).await)
}

/// The checkpoint, which nobody else moves until the transaction ends.
pub async fn lock(
    tx: &mut Tx,
    tenant: &TenantId,
    name: &str,
    version: i32,
    now: DateTime<Utc>,
) -> sqlx::Result<Checkpoint> {
    on!(&mut *tx, connection => sqlx::query(BEGIN)
        .bind(tenant)
        .bind(name)
        .bind(version)
        .bind(Condition::Running)
        .bind(now)
        .execute(&mut **connection)
        .await
        .map(drop))?;
    match tx {
        // Who has written holds the lock on the whole file.
        Tx::Sqlite(connection) => sqlx::query_as(GET).bind(tenant).bind(name).fetch_one(&mut **connection).await,
        Tx::Postgres(connection) => {
            sqlx::query_as(GET_LOCKED).bind(tenant).bind(name).fetch_one(&mut **connection).await
        }
    }
}

/// Moves the checkpoint on, in the transaction of the rows; false when somebody else did, or paused it.
pub async fn advance(
    tx: &mut Tx,
    tenant: &TenantId,
    name: &str,
    from: &Checkpoint,
    to: i64,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let moved = on!(tx, connection => sqlx::query(ADVANCE)
        .bind(tenant)
        .bind(name)
        .bind(from.version)
        .bind(from.position)
        .bind(to)
        .bind(now)
        .execute(&mut **connection)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(moved == 1)
}

/// Puts the checkpoint where rows that were made anew have got to.
pub async fn restart(
    tx: &mut Tx,
    tenant: &TenantId,
    name: &str,
    version: i32,
    position: i64,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    on!(tx, connection => sqlx::query(RESTART)
        .bind(tenant)
        .bind(name)
        .bind(version)
        .bind(position)
        .bind(now)
        .execute(&mut **connection)
        .await
        .map(drop))
}

/// Keeps why the events after a position could not be taken in.
pub async fn fail(
    db: &Db,
    tenant: &TenantId,
    name: &str,
    position: i64,
    error: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    on!(&db.write, pool => sqlx::query(FAIL)
        .bind(tenant)
        .bind(name)
        .bind(position)
        .bind(error)
        .bind(now)
        .execute(pool)
        .await
        .map(drop))
}

/// Pauses a follower, or lets it go on.
pub async fn turn(db: &Db, tenant: &TenantId, name: &str, state: Condition, now: DateTime<Utc>) -> sqlx::Result<()> {
    on!(&db.write, pool => sqlx::query(TURN)
        .bind(tenant)
        .bind(name)
        .bind(state)
        .bind(now)
        .execute(pool)
        .await
        .map(drop))
}
