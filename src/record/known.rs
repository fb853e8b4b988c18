//! What requests and logged steps name: whether it is there, and what people call it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;

use super::queue::{Hidden, Request};
use super::wish::Happening;
use super::{RecordError, Wish};
use crate::db::Tx;
use crate::hospital::event_types::{self, EventType};
use crate::hospital::references::{self, Named};
use crate::hospital::tenants::Tenant;
use crate::journey::events::EventType as Step;
use crate::journey::ids::*;
use crate::journey::money::Money;
use crate::journey::refusal::Refusal;
use crate::journey::schema::Shape;
use crate::journey::story::Names;
use crate::journey::visit::Visit;
use crate::journey::words::Word as _;
use crate::log::StoredEvent;

/// What the things that events name are.
pub(super) struct Things<'a> {
    tenant: &'a Tenant,
    /// By id: what it is, and what people call it.
    things: BTreeMap<String, (String, String)>,
    /// Since when those of them are closed that are.
    closed: BTreeMap<String, DateTime<Utc>>,
    /// Visits are apart: their ids may be chosen by whoever registers them.
    visits: BTreeSet<String>,
}

/// What the things that a group names are, and the types of its events.
pub(super) struct Known<'a> {
    /// The things.
    pub things: Things<'a>,
    /// The latest version of the types of events that are no steps of visits.
    types: BTreeMap<String, EventType>,
}

impl<'a> Things<'a> {
    /// Looks things up by kind and id.
    async fn find(tx: &mut Tx, tenant: &'a Tenant, asked: BTreeSet<(&str, &str)>) -> sqlx::Result<Self> {
        let (mut things, mut closed, mut visits) = (BTreeMap::new(), BTreeMap::new(), BTreeSet::new());
        for Named { thing, id, name, closed_at } in references::names(tx, &tenant.id, asked).await? {
            closed.extend(closed_at.map(|since| (id.clone(), since)));
            match thing.as_str() {
                "visit" => drop(visits.insert(id)),
                _ => drop(things.insert(id, (thing, name))),
            }
        }
        Ok(Self { tenant, things, closed, visits })
    }

    /// Looks up everything that steps in the log name, and the doctors of the visits they happened to.
    pub async fn of_log(
        tx: &mut Tx,
        tenant: &'a Tenant,
        events: &[StoredEvent],
        visits: impl Iterator<Item = &Visit>,
    ) -> sqlx::Result<Self> {
        let mut asked: BTreeSet<_> = visits.filter_map(|visit| visit.doctor()).map(person).collect();
        for StoredEvent { event, .. } in events {
            asked.insert(person(&event.performed_by));
            asked.extend(named(Step::from_word(&event.event_type), &event.metadata).map(|(_, thing, id)| (thing, id)));
        }
        Self::find(tx, tenant, asked).await
    }

    fn name(&self, id: &str, otherwise: &str) -> String {
        self.things.get(id).map_or(otherwise, |(_, name)| name).to_owned()
    }
}

impl<'a> Known<'a> {
    /// Looks up everything the requests of a group name, and the doctors of the visits they are about.
    pub async fn gather(
        tx: &mut Tx,
        tenant: &'a Tenant,
        requests: &[Request],
        visits: &BTreeMap<VisitId, Arc<Visit>>,
    ) -> Result<Self, RecordError> {
        let (mut asked, mut types): (BTreeSet<(&str, &str)>, BTreeSet<&str>) = Default::default();
        for request in requests {
            asked.insert(person(&request.actor.id));
            for wish in &request.wishes {
                // What is no id at all is not worth a question.
                let named = named(wish.happening.step(), &wish.metadata).filter(|(.., id)| is_ulid(id));
                asked.extend(named.map(|(_, thing, id)| (thing, id)));
                asked.extend(wish.branch_id.as_ref().map(|branch| ("branch", branch.as_str())));
                if let Happening::Other { event_type, .. } = &wish.happening {
                    types.insert(event_type.as_str());
                    asked.extend(wish.visit_id.as_ref().map(|visit| ("visit", visit.as_str())));
                }
            }
        }
        asked.extend(visits.values().filter_map(|visit| visit.doctor()).map(person));
        let things = Things::find(tx, tenant, asked).await?;
        let types: Vec<_> = types.into_iter().collect();
        let mut latest: BTreeMap<String, EventType> = BTreeMap::new();
        for found in event_types::named(tx, &tenant.id, &types).await? {
            let newer = latest.get(&found.event_type).is_none_or(|known| known.schema_version < found.schema_version);
            if newer {
                latest.insert(found.event_type.clone(), found);
            }
        }
        Ok(Self { things, types: latest })
    }

    /// The latest version of a type that the tenant has added.
    pub fn event_type(&self, name: &str) -> Option<&EventType> {
        self.types.get(name)
    }

    /// Whether a visit was there before this group.
    pub fn has_visit(&self, id: &str) -> bool {
        self.things.visits.contains(id)
    }

    /// Refuses a wish that names what does not exist in this hospital, or was closed when it came true; the visits of the group exist
    /// before they are written.
    pub fn check(
        &self,
        wish: &Wish,
        hidden: &Hidden,
        now: DateTime<Utc>,
        of_group: impl Fn(&VisitId) -> bool,
    ) -> Result<(), Refusal> {
        let at = wish.performed_at.unwrap_or(now);
        let branch = wish.branch_id.as_ref().map(|branch| ("branchId", "branch", branch.as_str()));
        for (field, thing, id) in named(wish.happening.step(), &wish.metadata).chain(branch) {
            let exists = match thing {
                "visit" => VisitId::parse(id).is_ok_and(|visit| {
                    !hidden.visits.contains(&visit) && self.things.visits.contains(id) || of_group(&visit)
                }),
                "branch" if hidden.branches.iter().any(|branch| branch.as_str() == id) => false,
                _ => self.things.things.get(id).is_some_and(|(kind, _)| kind == thing),
            };
            if !exists {
                return Err(Refusal::UnknownReference { field: field.into(), thing: thing.into() });
            }
            if self.things.closed.get(id).is_some_and(|since| *since <= at) {
                let name = self.things.name(id, id);
                return Err(Refusal::Closed { field: field.into(), thing: thing.into(), name });
            }
        }
        Ok(())
    }
}

fn person(id: &PersonId) -> (&'static str, &str) {
    ("person", id.as_str())
}

/// The visits that a wish names: the one it is about, and those of its fields.
pub(super) fn visits_named(wish: &Wish) -> impl Iterator<Item = VisitId> {
    let of_fields = named(wish.happening.step(), &wish.metadata).filter(|(_, thing, _)| *thing == "visit");
    of_fields.filter_map(|(.., id)| VisitId::parse(id).ok()).chain(wish.visit_id.clone())
}

/// Every field of a step that names something which the hospital would know: field, kind and id.
///
/// Bills, tests, documents and follow-ups are the visit's own; the journey knows them.
fn named(step: Option<Step>, metadata: &Value) -> impl Iterator<Item = (&'static str, &'static str, &str)> {
    let fields = step.map_or(&[][..], |step| step.row().fields);
    fields.iter().filter_map(|field| match field.shape {
        Shape::Id(thing) if references::KINDS.contains(&thing) => {
            Some((field.name, thing, metadata.get(field.name).and_then(Value::as_str)?))
        }
        _ => None,
    })
}

impl Names for Things<'_> {
    fn person(&self, id: &PersonId) -> String {
        self.name(id.as_str(), "somebody")
    }

    fn room(&self, id: &RoomId) -> String {
        self.name(id.as_str(), "a room")
    }

    fn department(&self, id: &DepartmentId) -> String {
        self.name(id.as_str(), "a department")
    }

    fn time(&self, at: DateTime<Utc>) -> String {
        self.tenant.local(at).format("%-d %b %Y, %H:%M").to_string()
    }

    fn day(&self, day: NaiveDate) -> String {
        day.format("%-d %b %Y").to_string()
    }

    fn money(&self, amount: Money) -> String {
        self.tenant.money(amount)
    }
}
