//! The reception: search first, then everybody who came today and what is to be done with them.

pub mod arrival;

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use leptos::prelude::*;
use tr::tr;

use self::arrival::arrival;
use super::attempt::Attempt;
use super::bookings::one::expected;
use super::icon::{Icon, icon};
use super::parts::{empty, phase_class, query_text};
use super::patients::{Found, matches, new_patient, nobody, results, search_form};
use crate::hospital::bookings::BookingCard;
use crate::hospital::branches::Branch;
use crate::hospital::measure_targets::Targets;
use crate::hospital::people::Person;
use crate::hospital::rooms::{Room, RoomKind};
use crate::hospital::tenants::Tenant;
use crate::journey::decide::Actor;
use crate::journey::events::EventType;
use crate::journey::ids::{BranchId, RoomId, VisitId};
use crate::journey::words::{Phase, Station, Status, Word};
use crate::language::{date, say};
use crate::projections::visits::VisitCard;

/// What the reception shows.
pub struct Reception {
    /// The hospital.
    pub tenant: Tenant,
    /// Who looks at it.
    pub actor: Actor,
    /// What was searched for.
    pub query: Option<String>,
    /// Who was found.
    pub found: Vec<Found>,
    /// Today's visits, the latest first.
    pub arrivals: Vec<VisitCard>,
    /// Those of them that have a specimen to give.
    pub to_collect: BTreeSet<VisitId>,
    /// How long waits should last at most.
    pub targets: Targets,
    /// Today's bookings, the earliest first.
    pub bookings: Vec<BookingCard>,
    /// The status looked at; all of them without one.
    pub status: Option<Status>,
    /// The branches to choose from; none for who works in one.
    pub branches: Vec<Branch>,
    /// The branch looked at; all of them without one.
    pub branch: Option<BranchId>,
    /// The doctors.
    pub doctors: Vec<Person>,
    /// The rooms that are in use.
    pub rooms: Vec<Room>,
    /// The form that stands open.
    pub opened: Option<Opened>,
    /// The present moment.
    pub now: DateTime<Utc>,
    /// What was refused.
    pub attempt: Option<Arc<Attempt>>,
}

/// A form that stands open below a visit's row.
pub struct Opened {
    /// What it is for.
    pub event: EventType,
    /// On which visit.
    pub visit: VisitId,
}

/// Shows the reception.
pub fn reception(reception: Reception) -> impl IntoView {
    let day = date(reception.tenant.local(reception.now), "%A %-d %B");
    let count = reception.arrivals.len();
    let lead = tr!("{day} · 1 arrival so far" | "{day} · {n} arrivals so far" % count, day);
    let arrivals = arrivals(&reception);
    let registers = reception.may(EventType::VisitRegistered);
    let expected = expected(&reception.tenant, &reception.bookings, registers, reception.now);
    let Reception { tenant, actor, query, found, now, .. } = reception;
    let found = query.as_deref().map(|query| {
        let words = matches(found.len(), query);
        let list = if found.is_empty() { nobody() } else { results(&tenant, &actor, found, now) };
        view! {
            <div data-found-before>
                <p class="secondary small" role="status">{words}</p>
                <div class="list-inset">{list}</div>
            </div>
        }
    });
    view! {
        <main class="page stack" id="main">
            <div class="page-head">
                <div>
                    <h1>{tr!("Reception")}</h1>
                    <p class="page-lead">{lead}</p>
                </div>
                <div class="actions">
                    <a class="button" href="/bookings" data-key="b">{icon(Icon::CalendarClock)} {tr!("Bookings")}</a>
                    <a class="button button-quiet" href="/reception/calls" data-key="c">{icon(Icon::Phone)} {tr!("Call list")}</a>
                    <a class="button button-quiet" href="/reception/closing">{icon(Icon::UserX)} {tr!("No-shows")}</a>
                    {new_patient(&actor)}
                </div>
            </div>
            <section class="card" aria-label=tr!("Search")>
                {search_form("/reception", query.clone().unwrap_or_default())} {found}
            </section>
            {expected} {arrivals}
        </main>
    }
}

fn arrivals(reception: &Reception) -> AnyView {
    let shown: Vec<_> = reception
        .arrivals
        .iter()
        .filter(|card| reception.status.is_none_or(|status| tab(card.visit.status) == tab(status)))
        .collect();
    let count = |status: Status| reception.arrivals.iter().filter(|card| card.visit.status == status).count();
    let body = if reception.arrivals.is_empty() {
        empty(Icon::Users, tr!("Nobody has come yet today"), tr!("Find a patient above, or register a new one."))
    } else if shown.is_empty() {
        view! { <div class="empty"><p class="empty-title">{tr!("Nobody")}</p></div> }.into_any()
    } else {
        let rows = shown.into_iter().map(|card| arrival(reception, card)).collect_view();
        view! {
            <div class="table-wrap" role="group" aria-labelledby="arrivals" tabindex="0">
                <table class="table">
                    <caption class="visually-hidden">{tr!("Today’s arrivals")}</caption>
                    <thead>
                        <tr>
                            <th scope="col">{tr!("Token")}</th>
                            <th scope="col">{tr!("Patient")}</th>
                            <th scope="col">{tr!("Visit")}</th>
                            <th scope="col">{tr!("Doctor")}</th>
                            <th scope="col">{tr!("Status")}</th>
                            <th scope="col" class="number">{tr!("Since")}</th>
                            <th scope="col"><span class="visually-hidden">{tr!("Actions")}</span></th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        }
        .into_any()
    };
    view! {
        <section class="card card-flush" aria-labelledby="arrivals">
            <div class="card-head">
                <h2 id="arrivals">{tr!("Today’s arrivals")}</h2>
                <div class="row">
                    <span class=phase_class("tag", Phase::Wait)>{icon(Icon::Hourglass)} {tr!("{count} waiting", count = count(Status::Waiting))}</span>
                    <span class=phase_class("tag", Phase::Leave)>
                        {icon(Icon::CircleCheck)} {tr!("{count} gone home", count = count(Status::Completed))}
                    </span>
                    {branches(reception)}
                </div>
            </div>
            {statuses(reception)}
            {body}
        </section>
    }
    .into_any()
}

/// The status by which a visit is listed: those that ended without the patient being seen share one.
fn tab(status: Status) -> Status {
    match status {
        Status::NoShow | Status::Rescheduled => Status::Cancelled,
        status => status,
    }
}

/// The statuses there are today as links, each with its count.
fn statuses(reception: &Reception) -> AnyView {
    let link = |status: Option<Status>, label: String, count: usize| {
        let current = (reception.status.map(tab) == status).then_some("true");
        let href = reception.address(status, reception.branch.as_ref(), &[]);
        view! { <li><a href=href aria-current=current>{label} " " <span class="secondary">{count}</span></a></li> }
    };
    let links = Status::ALL
        .iter()
        .copied()
        .filter(|status| tab(*status) == *status)
        .map(|status| (status, reception.arrivals.iter().filter(|card| tab(card.visit.status) == status).count()))
        .filter(|(status, count)| *count > 0 || reception.status.map(tab) == Some(*status))
        .map(|(status, count)| {
            let label = if status == Status::Cancelled { tr!("Ended unseen") } else { say(status.label()) };
            link(Some(status), label, count)
        })
        .collect_view();
    view! {
        <nav class="tabs" aria-label=tr!("Statuses")>
            <ul>{link(None, tr!("All"), reception.arrivals.len())} {links}</ul>
        </nav>
    }
    .into_any()
}

fn branches(reception: &Reception) -> AnyView {
    if reception.branches.len() < 2 {
        return ().into_any();
    }
    let chosen = reception.branches.iter().find(|branch| Some(&branch.id) == reception.branch.as_ref());
    let label = chosen.map_or_else(|| tr!("All branches"), |branch| branch.name.clone());
    let links = reception
        .branches
        .iter()
        .map(|branch| {
            let href = reception.address(reception.status, Some(&branch.id), &[]);
            view! { <a class="menu-item" href=href>{branch.name.clone()}</a> }
        })
        .collect_view();
    view! {
        <details class="menu" name="menu">
            <summary class="button button-compact chevron">{icon(Icon::Building)} {label}</summary>
            <div class="menu-panel">
                <a class="menu-item" href=reception.address(reception.status, None, &[])>{tr!("All branches")}</a>
                {links}
            </div>
        </details>
    }
    .into_any()
}

impl Reception {
    fn may(&self, event: EventType) -> bool {
        self.actor.may_log(event, None)
    }

    /// This screen's address with other filters, and more besides.
    fn address(&self, status: Option<Status>, branch: Option<&BranchId>, more: &[(&str, String)]) -> String {
        let mut parts = Vec::new();
        parts.extend(self.query.as_ref().map(|query| format!("q={}", query_text(query))));
        parts.extend(status.map(|status| format!("status={}", status.word())));
        let chosen = branch.filter(|_| !self.branches.is_empty());
        parts.extend(chosen.map(|branch| format!("branch={branch}")));
        parts.extend(more.iter().map(|(name, value)| format!("{name}={}", query_text(value))));
        format!("/reception?{}", parts.join("&"))
    }

    /// Where a patient is called to: the room called to before, or the doctor's own.
    fn call_to(&self, card: &VisitCard) -> Vec<(&'static str, String)> {
        let doctor = self.doctors.iter().find(|doctor| Some(&doctor.id) == card.visit.doctor_id.as_ref());
        let consults = matches!(card.visit.station, Some(Station::Consultation));
        let own = doctor.filter(|_| consults).and_then(|doctor| doctor.room_id.as_ref());
        let is_open = |room: &&RoomId| self.rooms.iter().any(|open| open.id == **room);
        let room = card.visit.room_id.as_ref().filter(is_open).or(own.filter(is_open));
        room.map(|room| vec![("roomId", room.to_string())]).unwrap_or_default()
    }

    fn is_here(&self, branch: Option<&BranchId>) -> bool {
        self.branch.as_ref().zip(branch).is_none_or(|(here, branch)| here == branch)
    }

    fn doctor_choices(&self) -> Vec<(String, String)> {
        let here = self.doctors.iter().filter(|doctor| self.is_here(doctor.branch_id.as_ref()));
        here.map(|doctor| (doctor.id.to_string(), doctor.name.clone())).collect()
    }

    fn room_choices(&self) -> Vec<(String, String)> {
        self.rooms
            .iter()
            .filter(|room| room.kind == RoomKind::Consultation && self.is_here(Some(&room.branch_id)))
            .map(|room| (room.id.to_string(), room.name.clone()))
            .collect()
    }
}
