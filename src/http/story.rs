//! The steps of visits, told in the language that is spoken, with the names that things have today.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use tr::tr;

use crate::db::Db;
use crate::hospital::departments::{self, Department};
use crate::hospital::people;
use crate::hospital::rooms::{self, Room};
use crate::hospital::tenants::Tenant;
use crate::journey::events::EventType;
use crate::journey::evolve::evolve;
use crate::journey::ids::*;
use crate::journey::money::Money;
use crate::journey::story::{Names, tell};
use crate::journey::visit::Visit;
use crate::language;
use crate::log::timeline::{Document, TimelineRow, timeline};
use crate::log::{self, StoredEvent, VISIT, step_of};
use crate::projections::visits::VisitCard;
use crate::record::RecordError;
use crate::screens::parts::day_and_time;

/// How many documents are listed.
const LISTED: usize = 200;

/// What the things that steps name are called now.
pub struct Called<'a> {
    /// The hospital.
    pub tenant: &'a Tenant,
    /// Its people.
    pub people: &'a BTreeMap<PersonId, String>,
    /// Its rooms.
    pub rooms: &'a [Room],
    /// Its departments.
    pub departments: &'a [Department],
}

impl Names for Called<'_> {
    fn person(&self, id: &PersonId) -> String {
        self.people.get(id).cloned().unwrap_or_else(|| tr!("who did it" => "somebody"))
    }

    fn room(&self, id: &RoomId) -> String {
        let room = self.rooms.iter().find(|room| room.id == *id);
        room.map_or_else(|| tr!("a room"), |room| room.name.clone())
    }

    fn department(&self, id: &DepartmentId) -> String {
        let department = self.departments.iter().find(|department| department.id == *id);
        department.map_or_else(|| tr!("a department"), |department| department.name.clone())
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

/// The story of a visit, in the order things were done; `stream` is what was logged of it, from its first event.
pub async fn story(db: &Db, tenant: &Tenant, stream: &[StoredEvent]) -> Result<Vec<TimelineRow>, RecordError> {
    let people = people::names(db, &tenant.id).await?;
    let (rooms, departments) = (rooms::list(db, &tenant.id).await?, departments::list(db, &tenant.id).await?);
    let called = Called { tenant, people: &people, rooms: &rooms, departments: &departments };
    Ok(timeline(stream, &called)?)
}

/// The documents and reports of visits, the latest first.
pub async fn documents(db: &Db, tenant: &Tenant, visits: &[VisitCard]) -> Result<Vec<Document>, RecordError> {
    let mut tx = db.begin_reading().await?;
    let ids: Vec<_> = visits.iter().map(|card| &card.visit.visit_id).collect();
    let with_documents = log::with_documents(&mut tx, &tenant.id, &ids).await?;
    let all: Vec<_> = with_documents.iter().map(|id| (id.as_str(), 0)).collect();
    let happened = log::since(&mut tx, &tenant.id, VISIT, &all).await?;
    drop(tx);
    let cards: BTreeMap<_, _> = visits.iter().map(|card| (card.visit.visit_id.as_str(), card)).collect();
    let people = people::names(db, &tenant.id).await?;
    let called = Called { tenant, people: &people, rooms: &[], departments: &[] };
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
    documents.truncate(LISTED);
    Ok(documents)
}
