//! The steps of visits, told in the language that is spoken, with the names that things have today.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use tr::tr;

use crate::db::Db;
use crate::hospital::tenants::Tenant;
use crate::hospital::{departments, people, rooms};
use crate::journey::events::EventType;
use crate::journey::evolve::evolve;
use crate::journey::ids::*;
use crate::journey::money::Money;
use crate::journey::story::{Names, tell};
use crate::journey::visit::Visit;
use crate::language;
use crate::log::timeline::{TimelineRow, timeline};
use crate::log::{self, StoredEvent, VISIT, step_of};
use crate::projections::visits::VisitCard;
use crate::record::RecordError;
use crate::screens::parts::day_and_time;
use crate::screens::patient::Document;

/// What the things that steps name are called now.
struct Called<'a> {
    tenant: &'a Tenant,
    people: BTreeMap<PersonId, String>,
    rooms: BTreeMap<RoomId, String>,
    departments: BTreeMap<DepartmentId, String>,
}

impl Names for Called<'_> {
    fn person(&self, id: &PersonId) -> String {
        self.people.get(id).cloned().unwrap_or_else(|| tr!("who did it" => "somebody"))
    }

    fn room(&self, id: &RoomId) -> String {
        self.rooms.get(id).cloned().unwrap_or_else(|| tr!("a room"))
    }

    fn department(&self, id: &DepartmentId) -> String {
        self.departments.get(id).cloned().unwrap_or_else(|| tr!("a department"))
    }

    fn time(&self, at: DateTime<Utc>) -> String {
        day_and_time(self.tenant, at)
    }

    fn day(&self, day: NaiveDate) -> String {
        language::date(day, "%-d %b %Y")
    }

    fn money(&self, amount: Money) -> String {
        self.tenant.money(amount)
    }

    fn say(&self, text: &str) -> String {
        language::say(text)
    }
}

impl<'a> Called<'a> {
    async fn of(db: &Db, tenant: &'a Tenant) -> sqlx::Result<Self> {
        let (rooms, departments) = (rooms::list(db, &tenant.id).await?, departments::list(db, &tenant.id).await?);
        Ok(Self {
            tenant,
            people: people::names(db, &tenant.id).await?,
            rooms: rooms.into_iter().map(|room| (room.id, room.name)).collect(),
            departments: departments.into_iter().map(|department| (department.id, department.name)).collect(),
        })
    }
}

/// The story of a visit, in the order things were done; `stream` is what was logged of it, from its first event.
pub async fn story(db: &Db, tenant: &Tenant, stream: &[StoredEvent]) -> Result<Vec<TimelineRow>, RecordError> {
    Ok(timeline(stream, &Called::of(db, tenant).await?)?)
}

/// The documents and reports of visits, the latest first.
pub async fn documents(db: &Db, tenant: &Tenant, visits: &[VisitCard]) -> Result<Vec<Document>, RecordError> {
    let called = Called::of(db, tenant).await?;
    let cards: BTreeMap<_, _> = visits.iter().map(|card| (card.visit.visit_id.as_str(), card)).collect();
    let all: Vec<_> = cards.keys().map(|id| (*id, 0)).collect();
    let mut tx = db.begin_reading().await?;
    let happened = log::since(&mut tx, &tenant.id, VISIT, &all).await?;
    let mut states: BTreeMap<&str, Visit> = BTreeMap::new();
    let mut documents = Vec::new();
    for occurrence in &happened {
        let (id, step) = (occurrence.aggregate_id.as_str(), step_of(occurrence)?);
        let (Some(card), Some(after)) = (cards.get(id), evolve(states.remove(id), &step)) else { continue };
        let event_type = step.event.event_type();
        if matches!(event_type, EventType::DocumentUploaded | EventType::ReportGenerated) {
            documents.push(Document {
                visit_id: card.visit.visit_id.clone(),
                token: card.visit.token.clone(),
                event_type,
                sentence: tell(&step, &after, &called).sentence,
                performed_at: step.at,
            });
        }
        states.insert(id, after);
    }
    documents.reverse();
    documents.sort_by_key(|document| std::cmp::Reverse(document.performed_at));
    Ok(documents)
}
