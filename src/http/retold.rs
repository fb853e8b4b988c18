//! The steps of visits, told anew in the language that is spoken: the read model keeps them in English.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use tr::tr;

use super::desk::{Desk, Failure};
use crate::hospital::tenants::Tenant;
use crate::hospital::{departments, people, rooms};
use crate::journey::events::EventType;
use crate::journey::evolve::evolve;
use crate::journey::ids::*;
use crate::journey::money::Money;
use crate::journey::story::{Names, Telling, tell};
use crate::journey::visit::Step;
use crate::language::{self, Language};
use crate::projections::timeline::{DocumentRow, TimelineRow};
use crate::screens::parts::day_and_time;

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
    async fn of(desk: &'a Desk) -> Result<Self, Failure> {
        let (db, tenant) = (desk.db(), &desk.tenant);
        let departments = departments::list(db, &tenant.id).await?;
        Ok(Self {
            tenant,
            people: people::names(db, &tenant.id).await?,
            rooms: rooms::list(db, &tenant.id).await?.into_iter().map(|room| (room.id, room.name)).collect(),
            departments: departments.into_iter().map(|department| (department.id, department.name)).collect(),
        })
    }

    /// Tells every step of a visit, with the version after it and when it was done.
    fn tell(&self, steps: &[Step]) -> Vec<(i64, DateTime<Utc>, Telling)> {
        let (mut visit, mut all) = (None, Vec::with_capacity(steps.len()));
        for step in steps {
            visit = evolve(visit.take(), step);
            all.extend(visit.as_ref().map(|after| (after.version, step.at, tell(step, after, self))));
        }
        all
    }
}

fn is_english() -> bool {
    language::spoken() == Language::default()
}

/// A visit's rows of the timeline in the language that is spoken; `steps` are all that was logged of it.
pub async fn retold(desk: &Desk, mut rows: Vec<TimelineRow>, steps: &[Step]) -> Result<Vec<TimelineRow>, Failure> {
    if is_english() {
        return Ok(rows);
    }
    for (version, _, told) in Called::of(desk).await?.tell(steps) {
        if let Some(row) = rows.iter_mut().find(|row| row.version == version) {
            (row.title, row.sentence) = (told.title, told.sentence);
        }
    }
    Ok(rows)
}

/// The documents of a patient, the latest first, in the language that is spoken.
pub async fn documents(desk: &Desk, mut rows: Vec<DocumentRow>) -> Result<Vec<DocumentRow>, Failure> {
    if is_english() {
        return Ok(rows);
    }
    let called = Called::of(desk).await?;
    let visits: BTreeSet<VisitId> = rows.iter().map(|row| row.visit_id.clone()).collect();
    for id in visits {
        let Some((steps, _)) = desk.app.recorder.load(&desk.tenant.id, &id).await? else { continue };
        let mut told = called.tell(&steps);
        told.retain(|(.., told)| matches!(told.event_type, EventType::DocumentUploaded | EventType::ReportGenerated));
        told.sort_by_key(|(version, at, _)| std::cmp::Reverse((*at, *version)));
        for (row, (.., told)) in rows.iter_mut().filter(|row| row.visit_id == id).zip(told) {
            row.sentence = told.sentence;
        }
    }
    Ok(rows)
}
