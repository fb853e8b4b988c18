//! Verification: every link of a tenant's log recomputed.

use sqlx::{FromRow, Row};

use super::append;
use super::chain::{self, Digest};
use super::event::StoredEvent;
use super::read;
use crate::db::Db;
use crate::journey::ids::TenantId;
use crate::on;

/// What a log that holds together amounts to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    /// How many events it has.
    pub events: i64,
    /// The hash of the last one.
    pub last_hash: Digest,
}

/// Where a log does not hold together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("position {position}: {what}")]
pub struct Broken {
    /// The first position at fault.
    pub position: i64,
    /// What is wrong there.
    pub what: Fault,
}

/// What is wrong at a position.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// No event is there, though there are later ones or the head says so.
    #[error("the event is missing")]
    Missing,
    /// The row holds what no writer writes.
    #[error("the event cannot be read: {0}")]
    Unreadable(String),
    /// The event does not follow the one before it.
    #[error("the event is not linked to the one before it")]
    Link,
    /// Description or metadata are not what was logged.
    #[error("the description or metadata were changed")]
    Body,
    /// Something else in the event is not what was logged.
    #[error("the event was changed")]
    Header,
    /// The head is not at the last event.
    #[error("the head of the log does not agree with the last event")]
    Head,
}

/// Why a log is not verified.
#[derive(Debug, thiserror::Error)]
pub enum Unverified {
    /// It does not hold together.
    #[error(transparent)]
    Broken(#[from] Broken),
    /// It could not be read to the end.
    #[error("the log could not be read: {0}")]
    Database(#[from] sqlx::Error),
}

/// How many events are held in memory at once.
const PAGE: u32 = 1000;

/// Recomputes every link of a tenant's log; others may append meanwhile.
pub async fn verify(db: &Db, tenant: &TenantId) -> Result<Verified, Unverified> {
    let mut last = Verified { events: 0, last_hash: Digest::GENESIS };
    loop {
        // The head is read before the page: it knows of all that earlier pages held, and an empty page says there is no more.
        let (position, hash) = append::head(db, tenant).await?;
        let rows = rows(db, tenant, last.events).await?;
        if rows.is_empty() {
            return if position > last.events {
                Err(Broken { position: last.events + 1, what: Fault::Missing }.into())
            } else if (position, hash) != (last.events, last.last_hash) {
                Err(Broken { position: last.events, what: Fault::Head }.into())
            } else {
                Ok(last)
            };
        }
        for (position, row) in rows {
            last = follow(tenant, last, position, row)?;
        }
    }
}

/// Verifies the log of every tenant.
pub async fn verify_all(db: &Db) -> sqlx::Result<Vec<(TenantId, Result<Verified, Broken>)>> {
    let mut logs = Vec::new();
    for tenant in read::tenants(db).await? {
        let verified = match verify(db, &tenant).await {
            Ok(verified) => Ok(verified),
            Err(Unverified::Broken(broken)) => Err(broken),
            Err(Unverified::Database(error)) => return Err(error),
        };
        logs.push((tenant, verified));
    }
    Ok(logs)
}

/// Checks one event against those before it.
fn follow(
    tenant: &TenantId,
    last: Verified,
    position: i64,
    row: sqlx::Result<StoredEvent>,
) -> Result<Verified, Broken> {
    let next = last.events + 1;
    let broken = |what| Broken { position: next, what };
    if position != next {
        return Err(broken(Fault::Missing));
    }
    let stored = row.map_err(|error| broken(Fault::Unreadable(error.to_string())))?;
    if stored.prev_hash != last.last_hash {
        return Err(broken(Fault::Link));
    }
    intact(tenant, &stored).map_err(broken)?;
    Ok(Verified { events: next, last_hash: stored.hash })
}

/// Whether an event is as its own hash says it was logged.
pub fn intact(tenant: &TenantId, stored: &StoredEvent) -> Result<(), Fault> {
    if stored.body_digest != chain::body_digest(&stored.salt, &stored.event) {
        return Err(Fault::Body);
    }
    let StoredEvent { event, position, recorded_at, prev_hash, body_digest, hash, .. } = stored;
    if *hash != chain::hash(tenant, *position, *recorded_at, event, prev_hash, body_digest) {
        return Err(Fault::Header);
    }
    Ok(())
}

const ROWS: &str = "SELECT * FROM visit_events WHERE tenant_id = $1 AND position > $2 ORDER BY position LIMIT $3";

/// A page of rows, each with its position, whether or not it can be read.
async fn rows(db: &Db, tenant: &TenantId, after: i64) -> sqlx::Result<Vec<(i64, sqlx::Result<StoredEvent>)>> {
    on!(&db.read, pool => sqlx::query(ROWS)
        .bind(tenant)
        .bind(after)
        .bind(i64::from(PAGE))
        .fetch_all(pool)
        .await?
        .iter()
        .map(|row| Ok((row.try_get("position")?, StoredEvent::from_row(row))))
        .collect())
}
