//! Visits, one after another, each with its events.

use futures::stream::{self, StreamExt as _, TryStreamExt as _};

use super::{ExportError, Period};
use crate::db::Db;
use crate::hospital::tenants::Tenant;
use crate::journey::events::EventType;
use crate::journey::visit::Step;
use crate::journey::words::Word as _;
use crate::log::{self, Filter, StoredEvent};
use crate::record::{self, RecordError, VISIT};

/// How many registrations are read at once.
const PAGE: u32 = 500;

/// How many visits are read at once.
const AT_ONCE: usize = 8;

/// An event of a visit.
#[derive(Clone, Debug)]
pub struct TraceEvent {
    /// What happened.
    pub event_type: EventType,
    /// The event, as the log holds it.
    pub stored: StoredEvent,
}

/// A visit with its events in the order they happened; what happened at one moment, in the order it was logged.
#[derive(Clone, Debug)]
pub struct Trace {
    /// The visit's id.
    pub visit: String,
    /// Its events; the first is its registration.
    pub events: Vec<TraceEvent>,
}

impl Trace {
    /// The visit's steps, in the order they were logged.
    pub fn steps(&self) -> Result<Vec<Step>, RecordError> {
        let mut stored: Vec<StoredEvent> = self.events.iter().map(|event| event.stored.clone()).collect();
        stored.sort_by_key(|stored| stored.event.version);
        record::steps(&stored)
    }
}

/// Hands over every visit that was registered in a period, in the order of the log.
pub async fn each(
    db: &Db,
    tenant: &Tenant,
    period: Period,
    mut take: impl FnMut(Trace) -> Result<(), ExportError>,
) -> Result<(), ExportError> {
    let end = log::position(db, &tenant.id).await?;
    let registrations = Filter::Type(EventType::VisitRegistered.word().to_owned());
    let mut after = None;
    loop {
        let page = log::page(db, &tenant.id, &registrations, after, PAGE).await?;
        let Some(last) = page.last().map(|stored| stored.position) else { return Ok(()) };
        after = Some(last);
        let registered = page
            .into_iter()
            .filter(|stored| stored.position <= end && period.holds(tenant.local_day(stored.event.performed_at)))
            .map(|stored| read(db, tenant, stored.event.aggregate_id, end));
        let mut read = stream::iter(registered).buffered(AT_ONCE);
        while let Some(trace) = read.try_next().await? {
            take(trace)?;
        }
    }
}

async fn read(db: &Db, tenant: &Tenant, visit: String, end: i64) -> sqlx::Result<Trace> {
    let stored = log::stream(db, &tenant.id, VISIT, &visit).await?;
    let known =
        |stored: StoredEvent| Some(TraceEvent { event_type: EventType::from_word(&stored.event.event_type)?, stored });
    let mut events: Vec<TraceEvent> =
        stored.into_iter().filter(|stored| stored.position <= end).filter_map(known).collect();
    events.sort_by_key(|event| (event.stored.event.performed_at, event.stored.event.version));
    Ok(Trace { visit, events })
}
