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
use crate::log::{self, Occurrence, StoredEvent};
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
    /// Up to a position of the hospital's log.
    Position(i64),
}

/// Where an event stands: in the log, in the life of what it happened to, and in time.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    position: i64,
    version: i64,
    recorded_at: DateTime<Utc>,
}

impl From<&StoredEvent> for Place {
    fn from(stored: &StoredEvent) -> Self {
        Self { position: stored.position, version: stored.event.version, recorded_at: stored.recorded_at }
    }
}

impl From<&Occurrence> for Place {
    fn from(happened: &Occurrence) -> Self {
        Self { position: happened.position, version: happened.version, recorded_at: happened.recorded_at }
    }
}

impl Until {
    /// How many events of a visit, from the first on, belong to the story: all before the first that does not.
    ///
    /// A clock that was set back gives an earlier time to what was logged later; without what went before it, that means nothing.
    pub fn reach(self, events: impl Iterator<Item = impl Into<Place>>) -> usize {
        events.map(Into::<Place>::into).take_while(|place| self.holds(*place)).count()
    }

    fn holds(self, place: Place) -> bool {
        match self {
            Self::Moment(moment) => place.recorded_at <= moment,
            Self::Version(last) => place.version <= last,
            Self::Position(last) => place.position <= last,
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
}

impl From<Then> for Until {
    fn from(then: Then) -> Self {
        then.position.map_or(Self::Moment(then.moment), Self::Position)
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
    let Some(visit) = told(&happened.iter().collect::<Vec<_>>(), until)? else { return Ok(None) };
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
    let mut stories: BTreeMap<&str, Vec<&Occurrence>> = BTreeMap::new();
    for happened in &happened {
        stories.entry(happened.aggregate_id.as_str()).or_default().push(happened);
    }
    let mut then_there = Vec::new();
    for card in cards {
        let Some(story) = stories.get(card.visit.visit_id.as_str()) else { continue };
        if let Some(visit) = told(story, then.into())? {
            then_there.push(card.at(&visit, &people, &rooms));
        }
    }
    Ok(then_there)
}

/// A visit as its story leaves it that is told so far; none when it had not begun.
fn told(story: &[&Occurrence], until: Until) -> Result<Option<Visit>, RecordError> {
    let mut visit = None;
    for happened in story.iter().take(until.reach(story.iter().copied())) {
        visit = evolve(visit, &step_of(happened)?);
    }
    Ok(visit)
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
