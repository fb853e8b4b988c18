//! How many events there are: by day of the hospital's calendar, by type, by performer. Follows the log.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

use super::following::{Problem, Projection};
use crate::db::beside::{Table, table};
use crate::db::rows::{Rows, insert_rows};
use crate::db::{Db, Tx};
use crate::hospital::tenants::Tenant;
use crate::journey::ids::{PersonId, TenantId};
use crate::log::Occurrence;
use crate::on;

/// The read model of these figures.
#[derive(Debug)]
pub struct EventStatistics;

/// Events of one day, type and performer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, sqlx::FromRow)]
pub struct StatisticsRow {
    /// The day they happened on, on the hospital's calendar.
    pub day: NaiveDate,
    /// Their type.
    pub event_type: String,
    /// Who performed them.
    pub performed_by: PersonId,
    /// How many there are.
    pub count: i64,
    /// When the first one happened.
    pub first_performed_at: DateTime<Utc>,
    /// When the last one happened.
    pub last_performed_at: DateTime<Utc>,
}

const TABLES: &[Table] = &[table!("event_statistics" by "tenant_id, day, event_type, performed_by")];

const ADD: Rows = insert_rows!("event_statistics":
    date "day", text "event_type", text "performed_by", number "count", time "first_performed_at",
    time "last_performed_at";
    "ON CONFLICT (tenant_id, day, event_type, performed_by) DO UPDATE SET \
     count = event_statistics.count + excluded.count, \
     first_performed_at = CASE WHEN excluded.first_performed_at < event_statistics.first_performed_at \
        THEN excluded.first_performed_at ELSE event_statistics.first_performed_at END, \
     last_performed_at = CASE WHEN excluded.last_performed_at > event_statistics.last_performed_at \
        THEN excluded.last_performed_at ELSE event_statistics.last_performed_at END");

#[async_trait::async_trait]
impl Projection for EventStatistics {
    fn name(&self) -> &'static str {
        "event_statistics"
    }

    fn version(&self) -> i32 {
        1
    }

    fn tables(&self) -> &'static [Table] {
        TABLES
    }

    async fn apply(&self, tx: &mut Tx, tenant: &Tenant, events: Vec<Occurrence>) -> Result<(), Problem> {
        let mut rows: BTreeMap<(NaiveDate, &str, &PersonId), StatisticsRow> = BTreeMap::new();
        for Occurrence { event_type, performed_by, performed_at, .. } in &events {
            let (day, at) = (tenant.local_day(*performed_at), *performed_at);
            let row = rows.entry((day, event_type, performed_by)).or_insert_with(|| StatisticsRow {
                day,
                event_type: event_type.clone(),
                performed_by: performed_by.clone(),
                count: 0,
                first_performed_at: at,
                last_performed_at: at,
            });
            row.count += 1;
            row.first_performed_at = row.first_performed_at.min(at);
            row.last_performed_at = row.last_performed_at.max(at);
        }
        Ok(ADD.write(tx, &tenant.id, &rows.into_values().collect::<Vec<_>>()).await?)
    }
}

const ALL: &str = "SELECT day, event_type, performed_by, count, first_performed_at, last_performed_at \
    FROM event_statistics WHERE tenant_id = $1 ORDER BY day, event_type, performed_by";

/// All figures of a tenant, in the order of days.
pub async fn all(db: &Db, tenant: &TenantId) -> sqlx::Result<Vec<StatisticsRow>> {
    on!(&db.read, pool => sqlx::query_as(ALL).bind(tenant).fetch_all(pool).await)
}

const OF_DAYS: &str = "SELECT day, event_type, CAST(SUM(count) AS BIGINT) FROM event_statistics \
    WHERE tenant_id = $1 AND day BETWEEN $2 AND $3 GROUP BY day, event_type";

/// How many events there are of each day and type, from one day to another, both included.
pub async fn of_days(
    db: &Db,
    tenant: &TenantId,
    from: NaiveDate,
    to: NaiveDate,
) -> sqlx::Result<Vec<(NaiveDate, String, i64)>> {
    on!(&db.read, pool => sqlx::query_as(OF_DAYS).bind(tenant).bind(from).bind(to).fetch_all(pool).await)
}

/// How many events there are, and of what.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Statistics {
    /// All of them.
    pub total: i64,
    /// How many there are of each type.
    pub by_type: BTreeMap<String, i64>,
    /// How many happened on each day of the hospital's calendar.
    pub by_day: BTreeMap<NaiveDate, i64>,
    /// How many each person or program performed.
    pub by_actor: BTreeMap<PersonId, i64>,
    /// When the first one happened.
    pub first: Option<DateTime<Utc>>,
    /// When the last one happened.
    pub last: Option<DateTime<Utc>>,
}

/// Sums a tenant's figures up, as far as they have followed the log.
pub async fn statistics(db: &Db, tenant: &TenantId) -> sqlx::Result<Statistics> {
    let mut sums = Statistics::default();
    for row in all(db, tenant).await? {
        sums.total += row.count;
        *sums.by_type.entry(row.event_type).or_default() += row.count;
        *sums.by_day.entry(row.day).or_default() += row.count;
        *sums.by_actor.entry(row.performed_by).or_default() += row.count;
        sums.first = Some(sums.first.map_or(row.first_performed_at, |first| first.min(row.first_performed_at)));
        sums.last = Some(sums.last.map_or(row.last_performed_at, |last| last.max(row.last_performed_at)));
    }
    Ok(sums)
}
