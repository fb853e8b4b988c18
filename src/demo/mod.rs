//! The demo's day: some eighty visits at every stage, logged by the people of the demo hospital through the one way in.

pub mod ailments;
mod bookings;
mod chart;
mod day;
pub mod deeds;
mod evening;
pub mod forms;
mod house;
mod laboratory;
mod plan;
pub mod results;
mod ways;

use chrono::{DateTime, TimeDelta, Utc};

use crate::db::Db;
use crate::hospital::WriteError;
use crate::hospital::tenants::Tenant;
use crate::projections::visits;
use crate::record::{RecordError, Recorder};
use chart::Hours;
use deeds::OwnClock;
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

/// Which five minutes a moment lies in: deeds so close together may be logged in one go.
fn round(moment: DateTime<Utc>) -> i64 {
    moment.timestamp().div_euclid(300)
}

/// Lives through the day until now, unless somebody was registered today; says whether it did.
pub async fn live_through(db: &Db, tenant: &Tenant, now: DateTime<Utc>) -> Result<bool, LiveError> {
    let today = tenant.local_day(now);
    if visits::latest_day(db, &tenant.id).await?.is_some_and(|latest| latest >= today) {
        return Ok(false);
    }
    let house = House::read(db, tenant).await?;
    let hours = hours(tenant, now);
    let clock = OwnClock::at(hours.begin());
    let recorder = Recorder::new(db.clone(), clock.clock());
    evening::close(db, &recorder, &clock, tenant, &house, today).await?;
    let mut crowd = Crowd::read(db, tenant, today).await?;
    let mut deeds = day::deeds(&house, &mut crowd, hours, today)?;
    bookings::book(db, &recorder, tenant, &house, &mut crowd, now).await?;
    // Stable: what is done on one visit at one moment keeps its order.
    deeds.sort_by_key(|deed| deed.wish.performed_at);
    for round in deeds.chunk_by(|one, next| one.wish.performed_at.map(round) == next.wish.performed_at.map(round)) {
        if let Some(last) = round.last().and_then(|deed| deed.wish.performed_at) {
            clock.reach(last);
        }
        deeds::log(&recorder, tenant, deeds::requests(round.to_vec())).await?;
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
