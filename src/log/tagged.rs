//! The events of a period that bear any of some tags: which, and how many.

use std::collections::BTreeMap;
use std::ops::Range;

use chrono::{DateTime, Utc};

use super::event::{StoredEvent, to_milliseconds};
use super::read::performed_at;
use crate::db::keys::listed;
use crate::db::{Db, Engine};
use crate::journey::ids::TenantId;
use crate::on;

/// How many events of a period bear some tags.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// How many bear each of the tags.
    pub by_tag: BTreeMap<String, i64>,
    /// How many there are of each type; who bears several of the tags counts once.
    pub by_type: BTreeMap<String, i64>,
}

const PAGE: &str = "SELECT visit_events.* FROM event_tags JOIN visit_events USING (tenant_id, position) \
    WHERE event_tags.tenant_id = $1 AND event_tags.tag = $2 AND event_tags.performed_at < $3 \
    AND (event_tags.performed_at, event_tags.position) > ($4, $5) \
    ORDER BY event_tags.performed_at, event_tags.position LIMIT $6";

/// The next events of a period that bear any of some tags, in the order they happened, after the one at a position.
pub async fn page(
    db: &Db,
    tenant: &TenantId,
    tags: &[String],
    period: &Range<DateTime<Utc>>,
    after: Option<i64>,
    limit: u32,
) -> sqlx::Result<Vec<StoredEvent>> {
    let resumed = match after {
        Some(after) => performed_at(db, tenant, after).await?,
        None => None,
    };
    let start = to_milliseconds(period.start);
    let (from, after) = match resumed {
        Some(time) if time >= start => (time, after.unwrap_or(0)),
        _ => (start, 0),
    };
    let mut found = BTreeMap::new();
    for tag in tags {
        let events: Vec<StoredEvent> = on!(&db.read, pool => sqlx::query_as(PAGE)
            .bind(tenant)
            .bind(tag)
            .bind(to_milliseconds(period.end))
            .bind(from)
            .bind(after)
            .bind(i64::from(limit))
            .fetch_all(pool)
            .await)?;
        found.extend(events.into_iter().map(|event| ((event.event.performed_at, event.position), event)));
    }
    Ok(found.into_values().take(limit as usize).collect())
}

const BY_TAG: &str =
    "SELECT COUNT(*) FROM event_tags WHERE tenant_id = $1 AND tag = $2 AND performed_at >= $3 AND performed_at < $4";
macro_rules! by_type {
    ($listed:expr) => {
        concat!(
            "SELECT event_type, COUNT(DISTINCT position) FROM event_tags WHERE tenant_id = $1 AND tag ",
            $listed,
            " AND performed_at >= $3 AND performed_at < $4 GROUP BY event_type"
        )
    };
}

/// Counts the events of a period that bear some tags.
pub async fn counts(
    db: &Db,
    tenant: &TenantId,
    tags: &[String],
    period: &Range<DateTime<Utc>>,
) -> sqlx::Result<Counts> {
    let (start, end) = (to_milliseconds(period.start), to_milliseconds(period.end));
    let mut counts = Counts::default();
    for tag in tags {
        let many = on!(&db.read, pool => {
            sqlx::query_scalar(BY_TAG).bind(tenant).bind(tag).bind(start).bind(end).fetch_one(pool).await
        })?;
        counts.by_tag.insert(tag.clone(), many);
    }
    let tags = serde_json::Value::from(tags).to_string();
    let rows: Vec<(String, i64)> = match &db.read {
        Engine::Sqlite(pool) => {
            sqlx::query_as(by_type!(listed!(sqlite)))
                .bind(tenant)
                .bind(tags)
                .bind(start)
                .bind(end)
                .fetch_all(pool)
                .await
        }
        Engine::Postgres(pool) => {
            sqlx::query_as(by_type!(listed!(postgres)))
                .bind(tenant)
                .bind(tags)
                .bind(start)
                .bind(end)
                .fetch_all(pool)
                .await
        }
    }?;
    counts.by_type = rows.into_iter().collect();
    Ok(counts)
}
