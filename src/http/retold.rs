//! The steps of a visit, told anew in the language that is spoken: the read model keeps them in English.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use tr::tr;

use super::desk::{Desk, Failure};
use crate::hospital::tenants::Tenant;
use crate::hospital::{departments, people, rooms};
use crate::journey::evolve::evolve;
use crate::journey::ids::*;
use crate::journey::money::Money;
use crate::journey::story::{Names, tell};
use crate::journey::visit::Step;
use crate::language::{self, Language};
use crate::projections::timeline::TimelineRow;
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
        self.people.get(id).cloned().unwrap_or_else(|| tr!("somebody"))
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

/// A visit's rows of the timeline in the language that is spoken; `steps` are all that was logged of it.
pub async fn retold(desk: &Desk, mut rows: Vec<TimelineRow>, steps: &[Step]) -> Result<Vec<TimelineRow>, Failure> {
    if language::spoken() == Language::default() {
        return Ok(rows);
    }
    let (db, tenant) = (desk.db(), &desk.tenant);
    let called = Called {
        tenant,
        people: people::names(db, &tenant.id).await?,
        rooms: rooms::list(db, &tenant.id).await?.into_iter().map(|room| (room.id, room.name)).collect(),
        departments: departments::list(db, &tenant.id).await?.into_iter().map(|one| (one.id, one.name)).collect(),
    };
    let mut visit = None;
    for step in steps {
        visit = evolve(visit.take(), step);
        let Some(after) = &visit else { continue };
        if let Some(row) = rows.iter_mut().find(|row| row.version == after.version) {
            let told = tell(step, after, &called);
            (row.title, row.sentence) = (told.title, told.sentence);
        }
    }
    Ok(rows)
}
