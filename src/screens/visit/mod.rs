//! The journey of one visit: where the patient is, where the time went, every step so far, and what can be done now.

mod actions;
mod banner;
mod cards;
mod fields;
mod lines;
pub mod peers;
mod strip;
mod timeline;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use leptos::prelude::*;
use tr::tr;

use super::attempt::Attempt;
use super::past::{self, Past};
use crate::hospital::departments::Department;
use crate::hospital::document_shares::Share;
use crate::hospital::measure_targets::Targets;
use crate::hospital::people::Person;
use crate::hospital::rooms::Room;
use crate::hospital::tariff::TariffEntry;
use crate::hospital::tenants::Tenant;
use crate::journey::decide::Actor;
use crate::journey::events::EventType;
use crate::journey::ids::*;
use crate::journey::measures::Measures;
use crate::journey::visit::Visit;
use crate::journey::words::Station;
use crate::log::StoredEvent;
use crate::log::timeline::TimelineRow;
use crate::projections::follow_ups::FollowUpCard;
use crate::projections::visits::VisitCard;

/// What the page of a visit shows.
pub struct VisitPage {
    /// The hospital.
    pub tenant: Tenant,
    /// Who looks at it.
    pub person: Person,
    /// The same as the journey knows them.
    pub actor: Actor,
    /// The moment shown.
    pub now: DateTime<Utc>,
    /// What it says when that is past.
    pub past: Option<Past>,
    /// The visit as lists show it.
    pub card: VisitCard,
    /// The visit's state.
    pub visit: Visit,
    /// Where its time went.
    pub measures: Measures,
    /// Its time beside that of like visits.
    pub peers: Option<peers::Peers>,
    /// Its steps as people read them, the oldest first.
    pub steps: Vec<TimelineRow>,
    /// Its events as the log holds them.
    pub stored: Vec<StoredEvent>,
    /// Whether every event is as its hash says it was logged.
    pub intact: bool,
    /// The documents whose content is kept here.
    pub kept: BTreeSet<DocumentId>,
    /// The follow-ups planned on it, as far as the read model has got.
    pub follow_ups: Vec<FollowUpCard>,
    /// Those lent by a link, the latest first.
    pub shares: Vec<Share>,
    /// The link of one lent just now.
    pub link: Option<String>,
    /// What people are called.
    pub names: BTreeMap<PersonId, String>,
    /// The doctors.
    pub doctors: Vec<Person>,
    /// The rooms.
    pub rooms: Vec<Room>,
    /// The departments.
    pub departments: Vec<Department>,
    /// How long waits should last at most.
    pub targets: Targets,
    /// What the hospital offers.
    pub tariff: Vec<TariffEntry>,
    /// What was refused.
    pub attempt: Option<Arc<Attempt>>,
    /// The step whose form the address asks for.
    pub asked: Option<EventType>,
    /// The bill or test that the address asks for it to be about.
    pub about: Option<String>,
}

impl VisitPage {
    fn id(&self) -> &VisitId {
        &self.card.visit.visit_id
    }

    fn room_name(&self, id: &RoomId) -> Option<&str> {
        self.rooms.iter().find(|room| room.id == *id).map(|room| room.name.as_str())
    }

    /// How many minutes a wait at a station should last at most.
    fn target(&self, station: Station) -> i64 {
        self.targets.wait(self.card.visit.department_id.as_ref(), station)
    }
}

/// That somebody waits at a station.
fn waiting(station: Station) -> String {
    match station {
        Station::Consultation => tr!("Waiting for the doctor"),
        Station::Lab => tr!("Waiting for the lab"),
        Station::Billing => tr!("Waiting to pay"),
    }
}

/// That somebody was called at a station and did not come.
fn away(station: Station) -> String {
    match station {
        Station::Consultation => tr!("Away when called for the doctor"),
        Station::Lab => tr!("Away when called for the lab"),
        Station::Billing => tr!("Away when called to pay"),
    }
}

/// Shows a visit.
pub fn visit(page: VisitPage) -> impl IntoView {
    view! {
        <main class="page stack journey" id="main" data-past=page.past.is_some()>
            {past::banner(page.past.as_ref())} {banner::banner(&page)} {banner::now(&page)} {strip::strip(&page)}
            <div class="columns">
                {timeline::timeline(&page)}
                <aside class="stack" aria-label=tr!("This visit")>
                    {page.past.is_none().then(|| actions::actions(&page))} {cards::tests(&page)} {cards::bills(&page)} {cards::documents(&page)}
                    {cards::follow_ups(&page)} {peers::peers(page.peers.as_ref())}
                </aside>
            </div>
        </main>
    }
}
