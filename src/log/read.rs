//! Reading the log. Everything comes oldest first.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::event::{StoredEvent, to_milliseconds};
use crate::db::keys::{Statement, listed};
use crate::db::{Db, Source, Tx};
use crate::from;
use crate::journey::ids::{EventId, PersonId, TenantId, VisitId};
use crate::on;

const STREAM: &str =
    "SELECT * FROM visit_events WHERE tenant_id = $1 AND aggregate_type = $2 AND aggregate_id = $3 ORDER BY version";

/// Everything that happened to one thing.
pub async fn stream(
    source: impl Into<Source<'_>>,
    tenant: &TenantId,
    aggregate_type: &str,
    aggregate_id: &str,
) -> sqlx::Result<Vec<StoredEvent>> {
    from!(source, executor => sqlx::query_as(STREAM)
        .bind(tenant)
        .bind(aggregate_type)
        .bind(aggregate_id)
        .fetch_all(executor)
        .await)
}

const EVENT: &str = "SELECT * FROM visit_events WHERE tenant_id = $1 AND id = $2";

/// One event.
pub async fn event(
    source: impl Into<Source<'_>>,
    tenant: &TenantId,
    id: &EventId,
) -> sqlx::Result<Option<StoredEvent>> {
    from!(source, executor => sqlx::query_as(EVENT).bind(tenant).bind(id).fetch_optional(executor).await)
}

const EVENTS: Statement = Statement {
    sqlite: "SELECT * FROM visit_events WHERE tenant_id = $1 AND id IN (SELECT value FROM json_each($2))",
    postgres: "SELECT * FROM visit_events WHERE tenant_id = $1 AND id = ANY (ARRAY(SELECT jsonb_array_elements_text($2::text::jsonb)))",
};

/// The events of ids, in no order.
pub async fn events(tx: &mut Tx, tenant: &TenantId, ids: &[&EventId]) -> sqlx::Result<Vec<StoredEvent>> {
    EVENTS.read(tx, tenant, ids).await
}

const VERSIONS: Statement = Statement {
    sqlite: "SELECT happened.aggregate_type, happened.aggregate_id, MAX(happened.version) \
        FROM json_each($2) AS asked CROSS JOIN visit_events AS happened WHERE happened.tenant_id = $1 \
        AND happened.aggregate_type = asked.value ->> 0 AND happened.aggregate_id = asked.value ->> 1 \
        GROUP BY happened.aggregate_type, happened.aggregate_id",
    postgres: "SELECT happened.aggregate_type, happened.aggregate_id, happened.version \
        FROM jsonb_array_elements($2::text::jsonb) AS asked(value) CROSS JOIN LATERAL (SELECT * FROM visit_events \
        WHERE tenant_id = $1 AND aggregate_type = asked.value ->> 0 AND aggregate_id = asked.value ->> 1 \
        ORDER BY version DESC LIMIT 1) AS happened",
};

/// How many events things have had, by kind and id; one that has had none is left out.
pub async fn versions(
    tx: &mut Tx,
    tenant: &TenantId,
    things: &[(&str, &str)],
) -> sqlx::Result<BTreeMap<(String, String), i64>> {
    let rows: Vec<(String, String, i64)> = VERSIONS.read(tx, tenant, things).await?;
    Ok(rows.into_iter().map(|(kind, id, version)| ((kind, id), version)).collect())
}

const BY_POSITIONS: &str =
    "SELECT * FROM visit_events WHERE tenant_id = $1 AND position BETWEEN $2 AND $3 ORDER BY position";

/// The events from one position to another, both included.
pub async fn by_positions(
    source: impl Into<Source<'_>>,
    tenant: &TenantId,
    first: i64,
    last: i64,
) -> sqlx::Result<Vec<StoredEvent>> {
    from!(source, executor => sqlx::query_as(BY_POSITIONS).bind(tenant).bind(first).bind(last).fetch_all(executor).await)
}

/// Which events to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filter {
    /// All of them.
    All,
    /// Those of one visit, whatever thing they happened to.
    Visit(VisitId),
    /// Those of one type.
    Type(String),
    /// Those one person or program performed.
    Performer(PersonId),
    /// Those that happened to one thing.
    Aggregate {
        /// What kind of thing.
        aggregate_type: String,
        /// Which one.
        aggregate_id: String,
    },
    /// Those of one conversation.
    Correlation(String),
    /// Those that bear a tag.
    Tag(String),
    /// Those that happened from one moment on and before another, in the order they happened.
    Performed {
        /// The first moment.
        from: DateTime<Utc>,
        /// The first moment after.
        before: DateTime<Utc>,
    },
}

const ALL: &str = "SELECT * FROM visit_events WHERE tenant_id = $1 AND position > $2 ORDER BY position LIMIT $3";
// Its own steps, and what happened to other things on it. The plus signs keep SQLite from walking the whole log by position.
const BY_VISIT: &str = "SELECT * FROM (SELECT * FROM visit_events WHERE tenant_id = $1 AND aggregate_type = 'visit' \
    AND aggregate_id = $4 AND visit_id = aggregate_id AND +position > $2 UNION ALL SELECT * FROM visit_events \
    WHERE tenant_id = $1 AND visit_id = $4 AND (aggregate_type <> 'visit' OR aggregate_id <> visit_id) AND position > $2) AS happened \
    ORDER BY +position LIMIT $3";
const BY_TYPE: &str =
    "SELECT * FROM visit_events WHERE tenant_id = $1 AND event_type = $4 AND position > $2 ORDER BY position LIMIT $3";
const BY_PERFORMER: &str = "SELECT * FROM visit_events WHERE tenant_id = $1 AND performed_by = $4 AND position > $2 ORDER BY position LIMIT $3";
// Versions rise with positions. The plus sign keeps SQLite from walking the whole log by position.
const BY_AGGREGATE: &str = "SELECT * FROM visit_events WHERE tenant_id = $1 AND aggregate_type = $4 AND aggregate_id = $5 \
    AND +position > $2 ORDER BY version LIMIT $3";
const BY_CORRELATION: &str = "SELECT * FROM visit_events WHERE tenant_id = $1 AND correlation_id = $4 AND position > $2 \
    ORDER BY position LIMIT $3";
const BY_TAG: &str = "SELECT visit_events.* FROM event_tags JOIN visit_events USING (tenant_id, position) \
    WHERE event_tags.tenant_id = $1 AND event_tags.tag = $4 AND event_tags.position > $2 \
    ORDER BY event_tags.position LIMIT $3";
const BY_TIME: &str = "SELECT * FROM visit_events WHERE tenant_id = $1 AND (performed_at, position) > ($4, $2) AND performed_at < $5 \
    ORDER BY performed_at, position LIMIT $3";
// Of one performer's events. There are far fewer of them than of most types: SQLite is kept from the index of the other condition.
const OWN_BY_TYPE: &str = "SELECT * FROM visit_events WHERE tenant_id = $1 AND performed_by = $5 AND position > $2 \
    AND event_type || '' = $4 ORDER BY position LIMIT $3";
const OWN_BY_AGGREGATE: &str = "SELECT * FROM visit_events WHERE tenant_id = $1 AND performed_by = $5 AND position > $2 \
    AND aggregate_type || '' = $4 AND aggregate_id || '' = $6 ORDER BY position LIMIT $3";
const OWN_BY_CORRELATION: &str = "SELECT * FROM visit_events WHERE tenant_id = $1 AND performed_by = $5 AND position > $2 \
    AND correlation_id || '' = $4 ORDER BY position LIMIT $3";
const OWN_BY_TAG: &str = "SELECT * FROM visit_events WHERE tenant_id = $1 AND performed_by = $5 AND position > $2 \
    AND EXISTS (SELECT 1 FROM event_tags WHERE event_tags.tenant_id = $1 AND event_tags.tag = $4 \
    AND event_tags.position = visit_events.position) ORDER BY position LIMIT $3";
const OWN_BY_TIME: &str = "SELECT * FROM visit_events WHERE tenant_id = $1 AND (performed_at, position) > ($4, $2) AND performed_at < $6 \
    AND performed_by || '' = $5 ORDER BY performed_at, position LIMIT $3";
const PERFORMED_AT: &str = "SELECT performed_at FROM visit_events WHERE tenant_id = $1 AND position = $2";

impl Filter {
    fn sql(&self) -> &'static str {
        match self {
            Self::All => ALL,
            Self::Visit(_) => BY_VISIT,
            Self::Type(_) => BY_TYPE,
            Self::Performer(_) => BY_PERFORMER,
            Self::Aggregate { .. } => BY_AGGREGATE,
            Self::Correlation(_) => BY_CORRELATION,
            Self::Tag(_) => BY_TAG,
            Self::Performed { .. } => BY_TIME,
        }
    }
}

/// The next events a filter lets through, after the one at a position.
pub async fn page(
    db: &Db,
    tenant: &TenantId,
    filter: &Filter,
    after: Option<i64>,
    limit: u32,
) -> sqlx::Result<Vec<StoredEvent>> {
    let from = first_moment(db, tenant, filter, after).await?;
    on!(&db.read, pool => {
        let query = sqlx::query_as(filter.sql()).bind(tenant).bind(after.unwrap_or(0)).bind(i64::from(limit));
        let query = match filter {
            Filter::All => query,
            Filter::Visit(visit) => query.bind(visit),
            Filter::Type(word) | Filter::Correlation(word) | Filter::Tag(word) => query.bind(word),
            Filter::Performer(person) => query.bind(person),
            Filter::Aggregate { aggregate_type, aggregate_id } => query.bind(aggregate_type).bind(aggregate_id),
            Filter::Performed { before, .. } => query.bind(from).bind(to_milliseconds(*before)),
        };
        query.fetch_all(pool).await
    })
}

/// The same, of the events that one person or program performed.
pub async fn own_page(
    db: &Db,
    tenant: &TenantId,
    performer: &PersonId,
    filter: &Filter,
    after: Option<i64>,
    limit: u32,
) -> sqlx::Result<Vec<StoredEvent>> {
    let (sql, word, other) = match filter {
        Filter::All | Filter::Visit(_) => return Ok(Vec::new()),
        Filter::Performer(asked) if asked == performer => return page(db, tenant, filter, after, limit).await,
        Filter::Performer(_) => return Ok(Vec::new()),
        Filter::Type(word) => (OWN_BY_TYPE, word, None),
        Filter::Correlation(word) => (OWN_BY_CORRELATION, word, None),
        Filter::Tag(word) => (OWN_BY_TAG, word, None),
        Filter::Aggregate { aggregate_type, aggregate_id } => (OWN_BY_AGGREGATE, aggregate_type, Some(aggregate_id)),
        Filter::Performed { before, .. } => {
            let from = first_moment(db, tenant, filter, after).await?;
            return on!(&db.read, pool => sqlx::query_as(OWN_BY_TIME)
                .bind(tenant)
                .bind(after.unwrap_or(0))
                .bind(i64::from(limit))
                .bind(from)
                .bind(performer)
                .bind(to_milliseconds(*before))
                .fetch_all(pool)
                .await);
        }
    };
    on!(&db.read, pool => {
        let query = sqlx::query_as(sql).bind(tenant).bind(after.unwrap_or(0)).bind(i64::from(limit)).bind(word).bind(performer);
        let query = if let Some(other) = other { query.bind(other) } else { query };
        query.fetch_all(pool).await
    })
}

/// From when on to read in the order of time: the next page starts at the time of the event it comes after.
async fn first_moment(
    db: &Db,
    tenant: &TenantId,
    filter: &Filter,
    after: Option<i64>,
) -> sqlx::Result<Option<DateTime<Utc>>> {
    let Filter::Performed { from, .. } = filter else { return Ok(None) };
    let from = to_milliseconds(*from);
    let resumed = match after {
        Some(after) => performed_at(db, tenant, after).await?,
        None => None,
    };
    Ok(Some(resumed.map_or(from, |time| time.max(from))))
}

/// When the event at a position happened.
pub(super) async fn performed_at(db: &Db, tenant: &TenantId, position: i64) -> sqlx::Result<Option<DateTime<Utc>>> {
    on!(&db.read, pool => {
        sqlx::query_scalar(PERFORMED_AT).bind(tenant).bind(position).fetch_optional(pool).await
    })
}

const LATEST: &str =
    "SELECT * FROM visit_events WHERE tenant_id = $1 AND event_type = $2 ORDER BY position DESC LIMIT $3";

/// The latest events of one type, the newest first.
pub async fn latest(db: &Db, tenant: &TenantId, event_type: &str, limit: u32) -> sqlx::Result<Vec<StoredEvent>> {
    on!(&db.read, pool => {
        sqlx::query_as(LATEST).bind(tenant).bind(event_type).bind(i64::from(limit)).fetch_all(pool).await
    })
}

const SINCE_MOMENT: &str =
    "SELECT DISTINCT aggregate_id FROM visit_events WHERE tenant_id = $1 AND event_type = $2 AND recorded_at >= $3";

/// The visits to which something of one type happened that was logged from a moment on.
pub async fn visits_since(
    db: &Db,
    tenant: &TenantId,
    event_type: &str,
    moment: DateTime<Utc>,
) -> sqlx::Result<Vec<VisitId>> {
    on!(&db.read, pool => {
        sqlx::query_scalar(SINCE_MOMENT).bind(tenant).bind(event_type).bind(moment).fetch_all(pool).await
    })
}

macro_rules! with_documents {
    ($listed:expr) => {
        concat!(
            "SELECT DISTINCT aggregate_id FROM visit_events WHERE tenant_id = $1 AND aggregate_type = 'visit' \
             AND event_type IN ('DOCUMENT_UPLOADED', 'REPORT_GENERATED') AND aggregate_id ",
            $listed
        )
    };
}

const WITH_DOCUMENTS: Statement =
    Statement { sqlite: with_documents!(listed!(sqlite)), postgres: with_documents!(listed!(postgres)) };

/// Those of some visits that have a document or a report.
pub async fn with_documents(tx: &mut Tx, tenant: &TenantId, visits: &[&VisitId]) -> sqlx::Result<Vec<VisitId>> {
    let found: Vec<(VisitId,)> = WITH_DOCUMENTS.read(tx, tenant, visits).await?;
    Ok(found.into_iter().map(|(id,)| id).collect())
}

const OPENING: &str =
    "SELECT * FROM visit_events WHERE tenant_id = $1 AND aggregate_type = $2 AND aggregate_id = $3 AND version = 1";

/// The first that happened to one thing.
pub async fn opening(
    source: impl Into<Source<'_>>,
    tenant: &TenantId,
    aggregate_type: &str,
    aggregate_id: &str,
) -> sqlx::Result<Option<StoredEvent>> {
    from!(source, executor => {
        sqlx::query_as(OPENING).bind(tenant).bind(aggregate_type).bind(aggregate_id).fetch_optional(executor).await
    })
}

const TENANTS: &str = "SELECT id FROM tenants ORDER BY id";

/// Every tenant; each has a log of its own.
pub async fn tenants(db: &Db) -> sqlx::Result<Vec<TenantId>> {
    on!(&db.read, pool => sqlx::query_scalar(TENANTS).fetch_all(pool).await)
}
