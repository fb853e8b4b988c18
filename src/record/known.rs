//! What requests name: whether it is there.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::queue::{Hidden, Request};
use super::states::States;
use super::wish::Happening;
use super::{RecordError, Wish};
use crate::db::Tx;
use crate::hospital::event_types::{self, EventType};
use crate::hospital::references::{Existing, named};
use crate::journey::ids::*;
use crate::journey::refusal::Refusal;
use crate::log::Head;

/// What of that which a group names is there, and the types of its events.
pub(super) struct Known {
    /// What each thing is, by its id.
    things: BTreeMap<String, String>,
    /// Those of them that are closed: what people call them, and since when.
    closed: BTreeMap<String, (String, DateTime<Utc>)>,
    /// Visits are apart: their ids may be chosen by whoever registers them.
    visits: BTreeSet<String>,
    /// The latest version of the types of events that are no steps of visits.
    types: BTreeMap<String, EventType>,
}

impl Known {
    /// Looks up everything the requests of a group name.
    pub async fn gather(
        tx: &mut Tx,
        head: &Head,
        states: &mut States,
        requests: &[Request],
    ) -> Result<Self, RecordError> {
        let (mut asked, mut types): (BTreeSet<(&str, &str)>, BTreeSet<&str>) = Default::default();
        for wish in requests.iter().flat_map(|request| &request.wishes) {
            // What is no id at all is not worth a question.
            let named = named(wish.happening.step(), &wish.metadata).filter(|(.., id)| is_ulid(id));
            asked.extend(named.map(|(_, thing, id)| (thing, id)));
            asked.extend(wish.branch_id.as_ref().map(|branch| ("branch", branch.as_str())));
            if let Happening::Other { event_type, .. } = &wish.happening {
                types.insert(event_type.as_str());
                asked.extend(wish.visit_id.as_ref().map(|visit| ("visit", visit.as_str())));
            }
        }
        let (mut things, mut closed, mut visits) = (BTreeMap::new(), BTreeMap::new(), BTreeSet::new());
        for Existing { thing, id, name, closed_at } in states.existing(tx, head, asked).await? {
            closed.extend(closed_at.map(|since| (id.clone(), (name, since))));
            match thing.as_str() {
                "visit" => drop(visits.insert(id)),
                _ => drop(things.insert(id, thing)),
            }
        }
        let types: Vec<_> = types.into_iter().collect();
        let mut latest: BTreeMap<String, EventType> = BTreeMap::new();
        for found in event_types::named(tx, head.tenant(), &types).await? {
            let newer = latest.get(&found.event_type).is_none_or(|known| known.schema_version < found.schema_version);
            if newer {
                latest.insert(found.event_type.clone(), found);
            }
        }
        Ok(Self { things, closed, visits, types: latest })
    }

    /// The latest version of a type that the tenant has added.
    pub fn event_type(&self, name: &str) -> Option<&EventType> {
        self.types.get(name)
    }

    /// Whether a visit was there before this group.
    pub fn has_visit(&self, id: &str) -> bool {
        self.visits.contains(id)
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
                "visit" => VisitId::parse(id)
                    .is_ok_and(|visit| !hidden.visits.contains(&visit) && self.visits.contains(id) || of_group(&visit)),
                "branch" if hidden.branches.iter().any(|branch| branch.as_str() == id) => false,
                _ => self.things.get(id).is_some_and(|kind| kind == thing),
            };
            if !exists {
                return Err(Refusal::UnknownReference { field: field.into(), thing: thing.into() });
            }
            if let Some((name, _)) = self.closed.get(id).filter(|(_, since)| *since <= at) {
                let name = name.clone();
                return Err(Refusal::Closed { field: field.into(), thing: thing.into(), name });
            }
        }
        Ok(())
    }
}

/// The visits that a wish names: the one it is about, and those of its fields.
pub(super) fn visits_named(wish: &Wish) -> impl Iterator<Item = VisitId> {
    let of_fields = named(wish.happening.step(), &wish.metadata).filter(|(_, thing, _)| *thing == "visit");
    of_fields.filter_map(|(.., id)| VisitId::parse(id).ok()).chain(wish.visit_id.clone())
}
