//! Statistics of a whole log: how many events there are, by type, by day, by performer.
//!
//! Every figure is of the same moment: what comes after the last position does not count. Nothing is kept: each distinct value is
//! jumped to by an index and its entries are counted there.

use std::collections::BTreeMap;
use std::ops::Range;

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

use crate::db::Db;
use crate::journey::ids::{Id as _, PersonId, TenantId};
use crate::on;

/// How many events there are, and of what.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
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

const END: &str = "SELECT position FROM log_heads WHERE tenant_id = $1";
const NEXT_TYPE: &str =
    "SELECT event_type FROM visit_events WHERE tenant_id = $1 AND event_type > $2 ORDER BY event_type LIMIT 1";
const OF_TYPE: &str = "SELECT COUNT(*) FROM visit_events WHERE tenant_id = $1 AND event_type = $2 AND position <= $3";
const NEXT_ACTOR: &str =
    "SELECT performed_by FROM visit_events WHERE tenant_id = $1 AND performed_by > $2 ORDER BY performed_by LIMIT 1";
const OF_ACTOR: &str =
    "SELECT COUNT(*) FROM visit_events WHERE tenant_id = $1 AND performed_by = $2 AND position <= $3";
const FIRST: &str = "SELECT performed_at FROM visit_events WHERE tenant_id = $1 ORDER BY performed_at LIMIT 1";
const LAST: &str = "SELECT performed_at FROM visit_events WHERE tenant_id = $1 ORDER BY performed_at DESC LIMIT 1";
const NEXT_TIME: &str = "SELECT performed_at FROM visit_events WHERE tenant_id = $1 AND performed_at >= $2 \
    ORDER BY performed_at LIMIT 1";
const OF_TIME: &str = "SELECT COUNT(*) FROM visit_events WHERE tenant_id = $1 AND performed_at >= $2 AND performed_at < $3 \
    AND position <= $4";

/// Counts a tenant's events; `day` says on which day of the hospital's calendar a moment is, and from when until when that day lasts.
pub async fn statistics(
    db: &Db,
    tenant: &TenantId,
    day: impl Fn(DateTime<Utc>) -> (NaiveDate, Range<DateTime<Utc>>),
) -> sqlx::Result<Statistics> {
    let end: Option<i64> = on!(&db.read, pool => sqlx::query_scalar(END).bind(tenant).fetch_optional(pool).await)?;
    let end = end.unwrap_or_default();
    let by_type = counts(db, tenant, NEXT_TYPE, OF_TYPE, end).await?;
    let by_actor = counts(db, tenant, NEXT_ACTOR, OF_ACTOR, end).await?;
    let by_actor = by_actor.into_iter().filter_map(|(id, count)| Some((PersonId::parse(&id).ok()?, count)));
    Ok(Statistics {
        total: by_type.values().sum(),
        by_actor: by_actor.collect(),
        by_day: days(db, tenant, day, end).await?,
        by_type,
        first: moment(db, tenant, FIRST).await?,
        last: moment(db, tenant, LAST).await?,
    })
}

/// Jumps from value to value and counts each.
async fn counts(
    db: &Db,
    tenant: &TenantId,
    next: &'static str,
    count: &'static str,
    end: i64,
) -> sqlx::Result<BTreeMap<String, i64>> {
    let mut counts = BTreeMap::new();
    let mut value = String::new();
    loop {
        let found: Option<String> = on!(&db.read, pool => {
            sqlx::query_scalar(next).bind(tenant).bind(&value).fetch_optional(pool).await
        })?;
        let Some(found) = found else { return Ok(counts) };
        let many: i64 = on!(&db.read, pool => {
            sqlx::query_scalar(count).bind(tenant).bind(&found).bind(end).fetch_one(pool).await
        })?;
        if many > 0 {
            counts.insert(found.clone(), many);
        }
        value = found;
    }
}

/// Jumps from day to day on which something happened and counts each.
async fn days(
    db: &Db,
    tenant: &TenantId,
    day: impl Fn(DateTime<Utc>) -> (NaiveDate, Range<DateTime<Utc>>),
    end: i64,
) -> sqlx::Result<BTreeMap<NaiveDate, i64>> {
    let mut days = BTreeMap::new();
    let mut next = moment(db, tenant, FIRST).await?;
    while let Some(at) = next {
        let (date, lasts) = day(at);
        let many: i64 = on!(&db.read, pool => {
            sqlx::query_scalar(OF_TIME).bind(tenant).bind(lasts.start).bind(lasts.end).bind(end).fetch_one(pool).await
        })?;
        if many > 0 {
            days.insert(date, many);
        }
        next = on!(&db.read, pool => {
            sqlx::query_scalar(NEXT_TIME).bind(tenant).bind(lasts.end).fetch_optional(pool).await
        })?;
    }
    Ok(days)
}

async fn moment(db: &Db, tenant: &TenantId, sql: &'static str) -> sqlx::Result<Option<DateTime<Utc>>> {
    on!(&db.read, pool => sqlx::query_scalar(sql).bind(tenant).fetch_optional(pool).await)
}
