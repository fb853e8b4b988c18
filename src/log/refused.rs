//! Refused attempts: what somebody tried and the journey did not let happen.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;

use super::event::to_milliseconds;
use crate::db::Db;
use crate::journey::ids::{AttemptId, PersonId, TenantId, VisitId};
use crate::on;

/// An attempt that was refused.
#[derive(Clone, Debug, PartialEq, Serialize, sqlx::FromRow)]
#[serde(rename_all = "camelCase")]
pub struct RefusedAttempt {
    /// Its name.
    pub id: AttemptId,
    /// The visit it was about, if any.
    pub visit_id: Option<VisitId>,
    /// The type of the event that was not logged.
    pub event_type: String,
    /// Why it was refused, for programs.
    pub code: String,
    /// Why it was refused, for people.
    pub detail: String,
    /// What the refusal rests on; never the metadata that was sent.
    pub facts: Value,
    /// Who tried.
    pub person_id: PersonId,
    /// When.
    pub attempted_at: DateTime<Utc>,
    /// Its index in the batch it came with, if it came with one.
    pub batch_index: Option<i32>,
}

const KEEP: &str = "INSERT INTO refused_attempts \
    (tenant_id, id, visit_id, event_type, code, detail, facts, person_id, attempted_at, batch_index) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";

/// Keeps an attempt, in a transaction of its own: the one it was refused in writes nothing.
pub async fn keep(db: &Db, tenant: &TenantId, attempt: &RefusedAttempt) -> sqlx::Result<()> {
    on!(&db.write, pool => sqlx::query(KEEP)
        .bind(tenant)
        .bind(&attempt.id)
        .bind(&attempt.visit_id)
        .bind(&attempt.event_type)
        .bind(&attempt.code)
        .bind(&attempt.detail)
        .bind(&attempt.facts)
        .bind(&attempt.person_id)
        .bind(to_milliseconds(attempt.attempted_at))
        .bind(attempt.batch_index)
        .execute(pool)
        .await
        .map(drop))
}

const LIST: &str = "SELECT * FROM refused_attempts WHERE tenant_id = $1 ORDER BY attempted_at DESC, id DESC LIMIT $2";
const LIST_BEFORE: &str = "SELECT * FROM refused_attempts WHERE tenant_id = $1 AND (attempted_at, id) < ($3, $4) \
    ORDER BY attempted_at DESC, id DESC LIMIT $2";

/// The latest attempts, the newest first; to go on, those before one of them.
pub async fn list(
    db: &Db,
    tenant: &TenantId,
    before: Option<&RefusedAttempt>,
    limit: u32,
) -> sqlx::Result<Vec<RefusedAttempt>> {
    let limit = i64::from(limit);
    on!(&db.read, pool => match before {
        None => sqlx::query_as(LIST).bind(tenant).bind(limit).fetch_all(pool).await,
        Some(attempt) => sqlx::query_as(LIST_BEFORE)
            .bind(tenant)
            .bind(limit)
            .bind(to_milliseconds(attempt.attempted_at))
            .bind(&attempt.id)
            .fetch_all(pool)
            .await,
    })
}
