//! Refused attempts: what somebody tried and the journey did not let happen.

use std::ops::Range;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Value, json};

use super::event::to_milliseconds;
use crate::db::keys::Statement;
use crate::db::rows::{Rows, insert_rows};
use crate::db::{Db, Engine, Tx};
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

/// An attempt as a row.
#[derive(Serialize)]
struct Row<'a> {
    id: &'a AttemptId,
    visit_id: &'a Option<VisitId>,
    event_type: &'a str,
    code: &'a str,
    detail: &'a str,
    facts: &'a Value,
    person_id: &'a PersonId,
    attempted_at: DateTime<Utc>,
    batch_index: Option<i32>,
}

impl<'a> From<&'a RefusedAttempt> for Row<'a> {
    fn from(attempt: &'a RefusedAttempt) -> Self {
        let RefusedAttempt { id, visit_id, event_type, code, detail, facts, person_id, attempted_at, batch_index } =
            attempt;
        Self {
            id,
            visit_id,
            event_type,
            code,
            detail,
            facts,
            person_id,
            attempted_at: to_milliseconds(*attempted_at),
            batch_index: *batch_index,
        }
    }
}

const KEEP: Rows = insert_rows!("refused_attempts":
    text "id", text "visit_id", text "event_type", text "code", text "detail", json "facts", text "person_id",
    time "attempted_at", number "batch_index"; "");

/// Keeps attempts; what they were refused of is not written.
pub async fn keep(tx: &mut Tx, tenant: &TenantId, attempts: &[RefusedAttempt]) -> sqlx::Result<()> {
    KEEP.write(tx, tenant, &attempts.iter().map(Row::from).collect::<Vec<_>>()).await
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

const COUNTS: &str = "SELECT code, person_id, COUNT(*) FROM refused_attempts \
    WHERE tenant_id = $1 AND attempted_at >= $2 AND attempted_at < $3 GROUP BY code, person_id";

/// How often each rule refused each person, from one moment to before another.
pub async fn counts(
    db: &Db,
    tenant: &TenantId,
    moments: Range<DateTime<Utc>>,
) -> sqlx::Result<Vec<(String, PersonId, i64)>> {
    on!(&db.read, pool => sqlx::query_as(COUNTS)
        .bind(tenant)
        .bind(to_milliseconds(moments.start))
        .bind(to_milliseconds(moments.end))
        .fetch_all(pool)
        .await)
}

const OF: Statement = Statement {
    sqlite: "SELECT * FROM refused_attempts WHERE tenant_id = $1 AND attempted_at >= $3 AND attempted_at < $4 \
        AND (code, person_id) IN (SELECT value ->> 0, value ->> 1 FROM json_each($2)) \
        ORDER BY attempted_at DESC, id DESC LIMIT $5 OFFSET $6",
    postgres: "SELECT * FROM refused_attempts WHERE tenant_id = $1 AND attempted_at >= $3 AND attempted_at < $4 \
        AND (code, person_id) IN (SELECT value ->> 0, value ->> 1 FROM jsonb_array_elements($2::text::jsonb) AS asked(value)) \
        ORDER BY attempted_at DESC, id DESC LIMIT $5 OFFSET $6",
};

/// Some of those that one of some rules refused one of some people, from one moment to before another: the newest first.
pub async fn of(
    db: &Db,
    tenant: &TenantId,
    those: &[(&str, &PersonId)],
    moments: Range<DateTime<Utc>>,
    (limit, behind): (i64, i64),
) -> sqlx::Result<Vec<RefusedAttempt>> {
    let those = json!(those).to_string();
    let (start, end) = (to_milliseconds(moments.start), to_milliseconds(moments.end));
    match &db.read {
        Engine::Sqlite(pool) => {
            let asked = sqlx::query_as(OF.sqlite).bind(tenant).bind(those).bind(start).bind(end);
            asked.bind(limit).bind(behind).fetch_all(pool).await
        }
        Engine::Postgres(pool) => {
            let asked = sqlx::query_as(OF.postgres).bind(tenant).bind(those).bind(start).bind(end);
            asked.bind(limit).bind(behind).fetch_all(pool).await
        }
    }
}
