//! Idempotency: a request sent twice is answered alike and logged once.

use chrono::{DateTime, TimeDelta, Utc};

use super::append::Head;
use super::chain::Digest;
use super::event::to_milliseconds;
use crate::db::Tx;
use crate::journey::ids::PersonId;
use crate::on;

/// How long a key is kept.
pub const KEPT: TimeDelta = TimeDelta::hours(24);

/// What makes two requests the same one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Who sent it; each has keys of their own.
    pub person: PersonId,
    /// The key the sender chose.
    pub key: String,
    /// The digest of what was asked.
    pub digest: Digest,
}

/// What is known of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recall {
    /// Nothing: it is the first of its key.
    New,
    /// It was logged before, at these positions, both included.
    Same {
        /// The position of its first event.
        first: i64,
        /// The position of its last event.
        last: i64,
    },
    /// Its key stood for another request.
    Different,
}

const RECALL: &str = "SELECT request_digest, first_position, last_position FROM idempotency_keys \
    WHERE tenant_id = $1 AND person_id = $2 AND key = $3 AND recorded_at > $4";

/// What is known of a request; the head is locked, so that of two at once the second sees the first.
pub async fn recall(tx: &mut Tx, head: &Head, request: &Request, now: DateTime<Utc>) -> sqlx::Result<Recall> {
    let row: Option<(Digest, i64, i64)> = on!(tx, connection => sqlx::query_as(RECALL)
        .bind(head.tenant())
        .bind(&request.person)
        .bind(&request.key)
        .bind(to_milliseconds(now - KEPT))
        .fetch_optional(&mut **connection)
        .await)?;
    Ok(match row {
        None => Recall::New,
        Some((digest, first, last)) if digest == request.digest => Recall::Same { first, last },
        Some(_) => Recall::Different,
    })
}

const FORGET: &str = "DELETE FROM idempotency_keys WHERE tenant_id = $1 AND recorded_at <= $2";
const REMEMBER: &str = "INSERT INTO idempotency_keys \
    (tenant_id, person_id, key, request_digest, first_position, last_position, recorded_at) \
    VALUES ($1, $2, $3, $4, $5, $6, $7)";

/// Remembers a request whose events end at the head and began at `first`; forgets those that have had their time.
pub async fn remember(tx: &mut Tx, head: &Head, request: &Request, first: i64, now: DateTime<Utc>) -> sqlx::Result<()> {
    on!(tx, connection => {
        sqlx::query(FORGET).bind(head.tenant()).bind(to_milliseconds(now - KEPT)).execute(&mut **connection).await?;
        sqlx::query(REMEMBER)
            .bind(head.tenant())
            .bind(&request.person)
            .bind(&request.key)
            .bind(request.digest)
            .bind(first)
            .bind(head.position())
            .bind(to_milliseconds(now))
            .execute(&mut **connection)
            .await
            .map(drop)
    })
}
