//! The demo's day: some eighty visits at every stage, logged by the people of the demo hospital through the one way in.

mod ailments;
mod bookings;
mod chart;
mod day;
mod evening;
mod house;
mod laboratory;
mod plan;
mod results;
mod ways;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};

use crate::clock::Clock;
use crate::db::Db;
use crate::hospital::WriteError;
use crate::hospital::tenants::Tenant;
use crate::projections::visits;
use crate::record::{RecordError, Recorder, Wish};
use chart::{Deed, Hours};
use house::{Crowd, House};

/// Why there is no day in the demo.
#[derive(Debug, thiserror::Error)]
pub enum LiveError {
    /// The hospital lacks something that the day needs.
    #[error("the demo hospital has no {0} any more; start the demo on a new database")]
    Missing(String),
    /// A deed was not logged.
    #[error("the demo's day was not logged: {0}")]
    Record(#[from] RecordError),
    /// A booking was not made.
    #[error("the demo's bookings were not made: {0}")]
    Write(#[from] WriteError),
    /// The database did not answer.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// Deeds of one person so close together may be logged in one go.
const TOGETHER: TimeDelta = TimeDelta::minutes(5);

/// The clock of a day that is lived through: it shows when the last of what is logged was done, so that the day can be looked back on.
#[derive(Clone)]
struct DayClock(Arc<AtomicI64>);

impl DayClock {
    fn at(moment: DateTime<Utc>) -> Self {
        Self(Arc::new(AtomicI64::new(moment.timestamp_millis())))
    }

    /// Goes on to a moment; never back.
    fn reach(&self, moment: DateTime<Utc>) -> DateTime<Utc> {
        self.0.fetch_max(moment.timestamp_millis(), Ordering::Relaxed);
        self.now()
    }

    fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.0.load(Ordering::Relaxed)).unwrap_or_default()
    }

    fn clock(&self) -> Clock {
        let own = self.clone();
        Clock::from_fn(move || own.now())
    }
}

/// Lives through the day until now, unless somebody was registered today; says whether it did.
pub async fn live_through(db: &Db, tenant: &Tenant, now: DateTime<Utc>) -> Result<bool, LiveError> {
    let today = tenant.local_day(now);
    if visits::latest_day(db, &tenant.id).await?.is_some_and(|latest| latest >= today) {
        return Ok(false);
    }
    let house = House::read(db, tenant).await?;
    let hours = hours(tenant, now);
    let clock = DayClock::at(hours.begin());
    let recorder = Recorder::new(db.clone(), clock.clock());
    evening::close(db, &recorder, &clock, tenant, &house, today).await?;
    let mut crowd = Crowd::read(db, tenant, today).await?;
    let mut deeds = day::deeds(&house, &mut crowd, hours, today)?;
    bookings::book(db, &recorder, tenant, &house, &mut crowd, now).await?;
    // Stable: what is done on one visit at one moment keeps its order.
    deeds.sort_by_key(|deed| deed.at);
    while let Some(batch) = next_batch(&mut deeds) {
        let (Some(first), Some(last)) = (batch.first(), batch.iter().map(|deed| deed.at).max()) else { break };
        let actor = first.by.actor();
        clock.reach(last);
        recorder.record(tenant, &actor, batch.into_iter().map(wish).collect(), None).await?;
    }
    Ok(true)
}

/// The hours the day's plan is laid out in: since midnight, or from the evening before when midnight is hardly over.
fn hours(tenant: &Tenant, now: DateTime<Utc>) -> Hours {
    const HARDLY: TimeDelta = TimeDelta::minutes(45);
    let since_midnight = now - tenant.day_bounds(tenant.local_day(now)).start;
    let planned = TimeDelta::minutes(plan::LENGTH);
    let length = if since_midnight < HARDLY { planned } else { since_midnight.min(planned) };
    Hours { now, pace: length.num_seconds() as f64 / planned.num_seconds() as f64 }
}

/// Takes what one person did next, on many visits at once; nothing overtakes what was done before it on the same visit.
fn next_batch<'h>(deeds: &mut Vec<Deed<'h>>) -> Option<Vec<Deed<'h>>> {
    let first = deeds.first()?;
    let (by, until) = (&first.by.id, first.at + TOGETHER);
    let mut others_turn = BTreeSet::new();
    let (batch, rest) = std::mem::take(deeds).into_iter().partition(|deed| {
        let next = deed.at <= until && deed.by.id == *by && !others_turn.contains(&deed.visit);
        if !next {
            others_turn.insert(deed.visit.clone());
        }
        next
    });
    *deeds = rest;
    Some(batch)
}

fn wish(deed: Deed<'_>) -> Wish {
    Wish {
        performed_at: Some(deed.at),
        branch_id: deed.branch,
        ..Wish::new(Some(deed.visit), deed.event, deed.metadata)
    }
}
