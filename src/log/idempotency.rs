//! Idempotency: a request sent twice is answered alike and logged once.

use chrono::{DateTime, TimeDelta, Utc};

use serde::Serialize;

use super::chain::{Digest, column};
use super::event::to_milliseconds;
use crate::db::Tx;
use crate::db::keys::Statement;
use crate::db::rows::{Rows, insert_rows};
use crate::journey::ids::{PersonId, TenantId};
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

/// A request that was logged, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remembered {
    /// The request.
    pub request: Request,
    /// The position of its first event.
    pub first: i64,
    /// The position of its last event.
    pub last: i64,
}

/// A row of what is remembered.
#[derive(Serialize, sqlx::FromRow)]
struct Row {
    person_id: PersonId,
    key: String,
    #[serde(serialize_with = "column")]
    request_digest: Digest,
    first_position: i64,
    last_position: i64,
    recorded_at: DateTime<Utc>,
}

const RECALL: Statement = Statement {
    sqlite: "SELECT known.* FROM json_each($2) AS asked CROSS JOIN idempotency_keys AS known \
        WHERE known.tenant_id = $1 AND known.person_id = asked.value ->> 0 AND known.key = asked.value ->> 1",
    postgres: "SELECT known.* FROM jsonb_array_elements($2::text::jsonb) AS asked(value) CROSS JOIN LATERAL (SELECT * \
        FROM idempotency_keys WHERE tenant_id = $1 AND person_id = asked.value ->> 0 AND key = asked.value ->> 1 OFFSET 0) AS known",
};

/// What the log remembers of keys, whether they stand for the same requests or for others; the head is locked, so that of two at
/// once the second sees the first.
pub async fn recall(
    tx: &mut Tx,
    tenant: &TenantId,
    requests: &[&Request],
    now: DateTime<Utc>,
) -> sqlx::Result<Vec<Remembered>> {
    let keys: Vec<_> = requests.iter().map(|request| (&request.person, &request.key)).collect();
    let rows: Vec<Row> = RECALL.read(tx, tenant, &keys).await?;
    let remembered =
        rows.into_iter().filter(|row| row.recorded_at > to_milliseconds(now - KEPT)).map(|row| Remembered {
            request: Request { person: row.person_id, key: row.key, digest: row.request_digest },
            first: row.first_position,
            last: row.last_position,
        });
    Ok(remembered.collect())
}

const FORGET: &str = "DELETE FROM idempotency_keys WHERE tenant_id = $1 AND recorded_at <= $2";
const REMEMBER: Rows = insert_rows!("idempotency_keys":
    text "person_id", text "key", bytes "request_digest", number "first_position", number "last_position",
    time "recorded_at"; "");

/// Remembers requests; forgets those that have had their time.
pub async fn remember(tx: &mut Tx, tenant: &TenantId, requests: &[Remembered], now: DateTime<Utc>) -> sqlx::Result<()> {
    if requests.is_empty() {
        return Ok(());
    }
    on!(&mut *tx, connection => sqlx::query(FORGET)
        .bind(tenant)
        .bind(to_milliseconds(now - KEPT))
        .execute(&mut **connection)
        .await
        .map(drop))?;
    let row = |Remembered { request, first, last }: &Remembered| Row {
        person_id: request.person.clone(),
        key: request.key.clone(),
        request_digest: request.digest,
        first_position: *first,
        last_position: *last,
        recorded_at: to_milliseconds(now),
    };
    REMEMBER.write(tx, tenant, &requests.iter().map(row).collect::<Vec<_>>()).await
}
