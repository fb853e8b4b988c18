//! The hospital as it was known at a past moment: what was logged by then, folded again.
//!
//! What was done before the moment and logged after it was not known then, and does not count. What people and rooms are called is
//! what they are called today.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::{RecordError, VISIT, step_of};
use crate::db::Db;
use crate::hospital::tenants::Tenant;
use crate::hospital::{people, rooms};
use crate::journey::events::EventType;
use crate::journey::evolve::evolve;
use crate::journey::ids::*;
use crate::journey::visit::Visit;
use crate::journey::words::{Station, Word};
use crate::log;
use crate::projections::visits::{self, VisitCard, urgency};

/// The most visits that a list shows.
const LONGEST: usize = 500;

/// How far a visit's story is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// Up to what was logged by a moment.
    Moment(DateTime<Utc>),
    /// Up to one of its steps.
    Version(i64),
}

impl Until {
    /// Whether an event belongs to the story.
    pub fn holds(self, version: i64, recorded_at: DateTime<Utc>) -> bool {
        match self {
            Self::Moment(moment) => recorded_at <= moment,
            Self::Version(last) => version <= last,
        }
    }
}

/// How far the log of a hospital is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Then {
    /// Up to what was logged by a moment.
    pub moment: DateTime<Utc>,
    /// Up to a position, where one was asked for: many events may be logged at the same moment.
    pub position: Option<i64>,
}

impl From<DateTime<Utc>> for Then {
    fn from(moment: DateTime<Utc>) -> Self {
        Self { moment, position: None }
    }
}

impl Then {
    /// The hospital as it was when an event was logged; none when there is no such event.
    pub async fn after(db: &Db, tenant: &TenantId, position: i64) -> sqlx::Result<Option<Self>> {
        let last = log::by_positions(db, tenant, position, position).await?.pop();
        Ok(last.map(|stored| Self { moment: stored.recorded_at, position: Some(position) }))
    }

    fn holds(self, position: i64, recorded_at: DateTime<Utc>) -> bool {
        recorded_at <= self.moment && self.position.is_none_or(|last| position <= last)
    }
}

/// The board of a station as it was shown then.
pub async fn board(
    db: &Db,
    tenant: &Tenant,
    station: Station,
    branch: Option<&BranchId>,
    then: impl Into<Then>,
) -> Result<Vec<VisitCard>, RecordError> {
    let mut cards = as_they_were(db, tenant, branch, then.into(), Vec::new()).await?;
    cards.retain(|card| card.visit.station == Some(station));
    cards.sort_by_key(|card| (urgency(card.visit.priority), card.visit.since));
    cards.truncate(LONGEST);
    Ok(cards)
}

/// The visits on which billing had something to do then, the oldest first.
pub async fn to_bill(
    db: &Db,
    tenant: &Tenant,
    branch: Option<&BranchId>,
    then: impl Into<Then>,
) -> Result<Vec<VisitCard>, RecordError> {
    let then = then.into();
    let owed = perhaps_owed(db, &tenant.id, branch, then.moment).await?;
    let mut cards = as_they_were(db, tenant, branch, then, owed).await?;
    cards.retain(|card| card.visit.billing_since.is_some());
    cards.sort_by_key(|card| (card.visit.ended_at.is_some(), card.visit.billing_since));
    cards.truncate(LONGEST);
    Ok(cards)
}

/// A visit's card and state as they were, unless it was not registered by then.
pub async fn visit(
    db: &Db,
    tenant: &Tenant,
    card: VisitCard,
    until: Until,
) -> Result<Option<(VisitCard, Visit)>, RecordError> {
    let happened = log::life(db, &tenant.id, VISIT, card.visit.visit_id.as_str()).await?;
    let mut visit = None;
    for happened in happened.iter().filter(|happened| until.holds(happened.version, happened.recorded_at)) {
        visit = evolve(visit, &step_of(happened)?);
    }
    let Some(visit) = visit else { return Ok(None) };
    let (people, rooms) = names(db, tenant).await?;
    Ok(Some((card.at(&visit, &people, &rooms), visit)))
}

/// The visits that had ended, perhaps owing the patient money: it is owed still, or was given back since.
async fn perhaps_owed(
    db: &Db,
    tenant: &TenantId,
    branch: Option<&BranchId>,
    moment: DateTime<Utc>,
) -> sqlx::Result<Vec<VisitCard>> {
    let mut cards = visits::to_bill(db, tenant, branch).await?;
    for visit in log::visits_since(db, tenant, EventType::PaymentRefunded.word(), moment).await? {
        cards.extend(visits::get(db, tenant, &visit).await?);
    }
    let here = |card: &VisitCard| branch.zip(card.visit.branch_id.as_ref()).is_none_or(|(here, there)| here == there);
    cards.retain(|card| card.visit.ended_at.is_some() && here(card));
    Ok(cards)
}

/// The visits that may have been open then, and some that had ended, as they were, in the order of their ids.
async fn as_they_were(
    db: &Db,
    tenant: &Tenant,
    branch: Option<&BranchId>,
    then: Then,
    ended: Vec<VisitCard>,
) -> Result<Vec<VisitCard>, RecordError> {
    let (people, rooms) = names(db, tenant).await?;
    let mut tx = db.begin_reading().await?;
    let mut cards = visits::perhaps_open(&mut tx, &tenant.id, branch, then.moment).await?;
    cards.extend(ended);
    cards.sort_unstable_by(|one, other| one.visit.visit_id.cmp(&other.visit.visit_id));
    cards.dedup_by(|one, other| one.visit.visit_id == other.visit.visit_id);
    let ids: Vec<_> = cards.iter().map(|card| (card.visit.visit_id.as_str(), 0)).collect();
    let happened = log::since(&mut tx, &tenant.id, VISIT, &ids).await?;
    drop(tx);
    let mut states: BTreeMap<&str, Option<Visit>> = BTreeMap::new();
    for happened in happened.iter().filter(|happened| then.holds(happened.position, happened.recorded_at)) {
        let state = states.entry(happened.aggregate_id.as_str()).or_default();
        *state = evolve(state.take(), &step_of(happened)?);
    }
    let cards = cards.into_iter().filter_map(|card| {
        let visit = states.get(card.visit.visit_id.as_str())?.as_ref()?;
        Some(card.at(visit, &people, &rooms))
    });
    Ok(cards.collect())
}

/// What people and rooms are called.
async fn names(
    db: &Db,
    tenant: &Tenant,
) -> Result<(BTreeMap<PersonId, String>, BTreeMap<RoomId, String>), RecordError> {
    let people = people::names(db, &tenant.id).await?;
    let rooms = rooms::list(db, &tenant.id).await?.into_iter().map(|room| (room.id, room.name)).collect();
    Ok((people, rooms))
}
