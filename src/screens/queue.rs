//! The board of a station: who waits, who is called, who is in a room, who is away.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use leptos::prelude::*;
use tr::tr;

use super::attempt::Attempt;
use super::form::{EventForm, button};
use super::icon::{Icon, icon};
use super::layout::{BILLING, LAB};
use super::parts::{Lateness, phase_class, priority_tag, query_text, target, wait};
use super::past::{Past, address, address_of_visit, banner, chooser};
use crate::hospital::measure_targets::Targets;
use crate::hospital::rooms::{Room, RoomKind};
use crate::hospital::tenants::Tenant;
use crate::journey::decide::Actor;
use crate::journey::events::EventType;
use crate::journey::ids::{BranchId, PersonId, RoomId, TestId, VisitId};
use crate::journey::words::{Phase, Role, Station, Status, Word as _};
use crate::language::{duration, say};
use crate::projections::visits::{VisitCard, VisitRow};

/// What the board shows.
pub struct Board {
    /// The hospital.
    pub tenant: Tenant,
    /// Whose board.
    pub station: Station,
    /// The visits on it: the most urgent first, then who is there longest.
    pub cards: Vec<VisitCard>,
    /// How long waits should last at most.
    pub targets: Targets,
    /// Those of them whose results are there.
    pub with_results: BTreeSet<VisitId>,
    /// A test of each visit that waits for its specimen, on the board of the laboratory.
    pub to_collect: BTreeMap<VisitId, TestId>,
    /// The rooms of the hospital that are in use.
    pub rooms: Vec<Room>,
    /// Who looks at it.
    pub actor: Actor,
    /// Their own room.
    pub own_room: Option<RoomId>,
    /// The rooms in which doctors see their patients.
    pub doctor_rooms: BTreeMap<PersonId, RoomId>,
    /// Their branch.
    pub branch: Option<BranchId>,
    /// The branch whose display can be opened.
    pub display: Option<BranchId>,
    /// The moment shown.
    pub now: DateTime<Utc>,
    /// What it says when that is past.
    pub past: Option<Past>,
    /// The department looked at, by name; all of them without one.
    pub department: Option<String>,
    /// What was refused.
    pub attempt: Option<Arc<Attempt>>,
}

/// A column of the board.
struct Column {
    id: &'static str,
    title: String,
    status: Status,
    tag: String,
    icon: Icon,
}

/// Shows the board.
pub fn board(board: Board) -> impl IntoView {
    let departments: BTreeSet<String> = board.cards.iter().filter_map(|card| card.department_name.clone()).collect();
    let in_department = |card: &&VisitCard| board.department.is_none() || card.department_name == board.department;
    let cards: Vec<&VisitCard> = board.cards.iter().filter(in_department).collect();
    let columns = [
        Column {
            id: "waiting",
            title: tr!("Waiting"),
            status: Status::Waiting,
            tag: phase_class("tag", Phase::Wait),
            icon: Icon::Hourglass,
        },
        Column {
            id: "called",
            title: tr!("Called"),
            status: Status::Called,
            tag: phase_class("tag", Phase::Consult),
            icon: Icon::Megaphone,
        },
        Column {
            id: "room",
            title: tr!("In room"),
            status: Status::InConsultation,
            tag: phase_class("tag", Phase::Consult),
            icon: Icon::Stethoscope,
        },
        Column { id: "away", title: tr!("Away"), status: Status::Away, tag: "tag".to_owned(), icon: Icon::UserX },
    ];
    let shown = columns.into_iter().filter(|column| board.station == Station::Consultation || column.id != "room");
    let columns = shown.map(|column| column_view(&board, &cards, column)).collect_view();
    let kept: Vec<_> = board.department.iter().map(|department| ("department", department.clone())).collect();
    let first = cards.iter().find(|card| card.visit.status == Status::Waiting);
    let next = first.filter(|_| board.may(EventType::QueueCalled)).map(|card| {
        button(EventType::QueueCalled, &card.visit.visit_id, Some(card.visit.version), &board.call_to(card))
            .label(tr!("Call next · {token}", token = card.visit.token))
            .class("button button-primary")
            .key("n")
            .view()
    });
    view! {
        <main class="page stack" id="main" data-past=board.past.is_some()>
            {banner(board.past.as_ref())}
            <div class="page-head">
                <div>
                    <h1>{tr!("{station} queue", station = say(board.station.label()))}</h1>
                    <p class="page-lead">{lead(&cards, board.now)}</p>
                </div>
                <div class="actions">
                    {filters(&board, departments)}
                    {board.display.clone().filter(|_| board.past.is_none()).map(display_link)}
                    {chooser(&board.tenant, board.now, board.past.as_ref(), &kept)} {next}
                </div>
            </div>
            <nav class="tabs" aria-label=tr!("Stations")>
                <ul>
                    {[(Station::Consultation, "/queue/consultation"), (Station::Lab, "/queue/lab"), (Station::Billing, "/queue/billing")]
                        .map(|(station, href)| {
                            let current = (station == board.station).then_some("true");
                            let href = address(board.past.as_ref(), href.to_owned());
                            view! { <li><a href=href aria-current=current>{say(station.label())}</a></li> }
                        })
                        .collect_view()}
                </ul>
            </nav>
            <div class="board">{columns}</div>
        </main>
    }
}

fn display_link(branch: BranchId) -> impl IntoView {
    view! {
        <a class="button button-compact" href=format!("/display/{branch}") target="_blank">{icon(Icon::Monitor)} {tr!("Waiting-room display")}</a>
    }
}

/// How many wait, and how long in the middle.
fn lead(cards: &[&VisitCard], now: DateTime<Utc>) -> String {
    let mut waits: Vec<i64> = cards
        .iter()
        .filter(|card| card.visit.status == Status::Waiting)
        .map(|card| (now - card.visit.since).num_seconds())
        .collect();
    waits.sort_unstable();
    match waits.get(waits.len() / 2) {
        Some(median) => tr!("{count} waiting, median {time}", count = waits.len(), time = duration(*median)),
        None => tr!("Nobody is waiting"),
    }
}

fn filters(board: &Board, departments: BTreeSet<String>) -> AnyView {
    if departments.len() < 2 && board.department.is_none() {
        return ().into_any();
    }
    let label = board.department.clone().unwrap_or_else(|| tr!("All departments"));
    let address = |query: String| address(board.past.as_ref(), query);
    view! {
        <details class="menu" name="menu">
            <summary class="button button-compact chevron">{icon(Icon::Building)} {label}</summary>
            <div class="menu-panel">
                <a class="menu-item" href=address("?".to_owned())>{tr!("All departments")}</a>
                {departments
                    .into_iter()
                    .map(|name| {
                        let href = address(format!("?department={}", query_text(&name)));
                        view! { <a class="menu-item" href=href>{name.clone()}</a> }
                    })
                    .collect_view()}
            </div>
        </details>
    }
    .into_any()
}

fn column_view(board: &Board, cards: &[&VisitCard], column: Column) -> AnyView {
    let tickets: Vec<_> = cards.iter().filter(|card| card.visit.status == column.status).collect();
    let count = tickets.len();
    let body = if tickets.is_empty() {
        view! { <div class="empty"><p>{tr!("Nobody")}</p></div> }.into_any()
    } else {
        view! { <ul class="board-list">{tickets.into_iter().map(|card| ticket(board, card)).collect_view()}</ul> }
            .into_any()
    };
    view! {
        <section class="board-column" aria-labelledby=column.id>
            <div class="board-head">
                <h2 id=column.id>{column.title}</h2>
                <span class=column.tag>{icon(column.icon)} {count}</span>
            </div>
            {body}
        </section>
    }
    .into_any()
}

fn ticket(board: &Board, card: &VisitCard) -> AnyView {
    let visit = &card.visit;
    let target = target(&board.targets, visit);
    let class = Lateness::of((board.now - visit.since).num_seconds(), target).class("ticket");
    let mut details = Vec::new();
    details.extend(card.doctor_name.clone().or_else(|| card.department_name.clone()));
    details.extend(card.room_name.clone().or_else(|| visit.counter.clone()));
    if visit.calls > 1 {
        details.push(tr!("called {count} times", count = visit.calls));
    }
    if visit.attended && visit.status == Status::Waiting {
        details.push(tr!("seen before"));
    }
    view! {
        <li class=class data-row=visit.visit_id.to_string()>
            <div class="ticket-head">
                <span class="token token-plain">{visit.token.clone()}</span>
                {wait(visit.since, board.now, target)}
            </div>
            <p class="ticket-name">
                <a href=address_of_visit(board.past.as_ref(), visit)>{card.patient_name.clone()}</a>
                " "
                {priority_tag(visit.priority)}
                {board
                    .with_results
                    .contains(&visit.visit_id)
                    .then(|| view! { <span class=phase_class("tag", Phase::Test)>{icon(Icon::TestTubes)} {tr!("Results")}</span> })}
            </p>
            <p class="ticket-detail">{details.join(" · ")}</p>
            <div class="ticket-actions">{actions(board, card)} {menu(board, card)}</div>
        </li>
    }
    .into_any()
}

/// The one step that usually comes next.
fn actions(board: &Board, card: &VisitCard) -> AnyView {
    let visit = &card.visit;
    let (id, version) = (&visit.visit_id, Some(visit.version));
    let offered = |event: EventType| board.may(event).then(|| button(event, id, version, &[]));
    match visit.status {
        Status::Waiting => board
            .may(EventType::QueueCalled)
            .then(|| {
                button(EventType::QueueCalled, id, version, &board.call_to(card)).class("button button-primary").view()
            })
            .into_any(),
        Status::Called if board.station == Station::Consultation && board.may(EventType::EnteredRoom) => {
            enter(board, card)
        }
        // At a counter the service itself is the next step; it is logged where it is done.
        Status::Called => match board.served_at(visit) {
            Some((href, image, words)) => {
                view! { <a class="button button-primary" href=href data-key="e">{icon(image)} {words}</a> }.into_any()
            }
            None => offered(EventType::QueueSkipped).map(|form| form.key("s").view()).into_any(),
        },
        Status::InConsultation => {
            offered(EventType::ExitedRoom).map(|form| form.label(tr!("Left")).key("l").view()).into_any()
        }
        Status::Away => board
            .may(EventType::QueueCalled)
            .then(|| {
                button(EventType::QueueCalled, id, version, &board.call_to(card))
                    .label(tr!("Recall"))
                    .class("button button-primary")
                    .key("r")
                    .view()
            })
            .into_any(),
        _ => ().into_any(),
    }
}

/// Into the room that was called to unless it was closed since, or one that is chosen.
fn enter(board: &Board, card: &VisitCard) -> AnyView {
    let visit = &card.visit;
    let (event, id, version) = (EventType::EnteredRoom, &visit.visit_id, Some(visit.version));
    let called_to = visit.room_id.as_ref().filter(|id| board.rooms.iter().any(|room| room.id == **id));
    if let Some(room) = called_to.or(board.own_room.as_ref()) {
        let given = [("roomId", room.to_string())];
        return button(event, id, version, &given).label(tr!("Entered")).class("button button-primary").key("e").view();
    }
    let form = EventForm::new(event, Some(id), version, board.attempt.as_ref());
    view! {
        <form method="post" class="row">
            {form.hidden()} {form.select("roomId", board.room_choices(), true, Some(tr!("Room")), "")}
            <button class="button button-primary" data-key="e">{icon(Icon::DoorOpen)} {tr!("Entered")}</button>
        </form>
    }
    .into_any()
}

/// The steps that come now and then.
fn menu(board: &Board, card: &VisitCard) -> AnyView {
    let visit = &card.visit;
    let (id, version) = (&visit.visit_id, Some(visit.version));
    let again = matches!(visit.status, Status::Called) && board.may(EventType::QueueCalled);
    let enters = board.station == Station::Consultation && board.may(EventType::EnteredRoom);
    let is_served = enters || board.served_at(visit).is_some();
    let skip = matches!(visit.status, Status::Called) && is_served && board.may(EventType::QueueSkipped);
    let absent = matches!(visit.status, Status::Waiting | Status::Called | Status::Away)
        && !visit.attended
        && board.may(EventType::VisitNoShow);
    let fill_in = |event: EventType, label: String| {
        let href = format!("/visits/{id}?do={}#do", event.word());
        board.may(event).then(|| view! { <a class="menu-item" href=href>{icon(Icon::of(event))} {label}</a> })
    };
    view! {
        <details class="menu" name="menu">
            <summary class="button button-quiet button-icon" aria-label=tr!("More for {token}", token = visit.token)>
                {icon(Icon::EllipsisVertical)}
            </summary>
            <div class="menu-panel">
                {again
                    .then(|| {
                        button(EventType::QueueCalled, id, version, &board.call_to(card))
                            .label(tr!("Call again"))
                            .class("menu-item")
                            .view()
                    })}
                {skip.then(|| button(EventType::QueueSkipped, id, version, &[]).class("menu-item").view())}
                <a class="menu-item" href=address_of_visit(board.past.as_ref(), &card.visit)>
                    {icon(Icon::Route)} {tr!("Open the journey")}
                </a>
                {fill_in(EventType::VitalsRecorded, tr!("Record vitals"))}
                {fill_in(EventType::VisitAssigned, tr!("Assign a doctor"))}
                {absent
                    .then(|| {
                        view! {
                            <hr/>
                            {button(EventType::VisitNoShow, id, version, &[]).label(tr!("Mark as no-show")).class("menu-item").view()}
                        }
                    })}
            </div>
        </details>
    }
    .into_any()
}

impl Board {
    fn may(&self, event: EventType) -> bool {
        self.actor.may_log(event, None)
    }

    /// Where a patient who was called to a counter is served, as far as it is open to who looks at the board.
    fn served_at(&self, visit: &VisitRow) -> Option<(String, Icon, String)> {
        let (id, collects) = (&visit.visit_id, EventType::TestSampleCollected);
        let works = |roles: &[Role]| self.actor.roles.iter().any(|role| roles.contains(role));
        match self.station {
            Station::Billing if works(BILLING) => {
                Some((format!("/billing?visit={id}"), Icon::ReceiptIndianRupee, tr!("link" => "To billing")))
            }
            Station::Lab if works(LAB) => {
                let test = self.to_collect.get(id).map(|test| format!("#test-{test}")).unwrap_or_default();
                Some((format!("/lab?stage=collect{test}"), Icon::TestTubes, tr!("link" => "To the lab")))
            }
            Station::Lab if self.may(collects) => Some((
                format!("/visits/{id}?do={}#do", collects.word()),
                Icon::of(collects),
                say(collects.row().action),
            )),
            _ => None,
        }
    }

    /// Where a patient is called to: the caller's own room, the one the patient was called to before, or the doctor's.
    fn call_to(&self, card: &VisitCard) -> Vec<(&'static str, String)> {
        let open = |id: Option<&RoomId>| self.rooms.iter().find(|room| Some(&room.id) == id);
        let fits = |room: &&Room| match self.station {
            Station::Consultation => room.kind == RoomKind::Consultation,
            Station::Lab => room.kind == RoomKind::Lab,
            Station::Billing => room.kind == RoomKind::Counter,
        };
        let doctors = || open(self.doctor_rooms.get(card.visit.doctor_id.as_ref()?));
        let room = open(self.own_room.as_ref()).filter(fits).or_else(|| open(card.visit.room_id.as_ref()));
        room.or_else(doctors).map(|room| vec![("roomId", room.id.to_string())]).unwrap_or_default()
    }

    fn room_choices(&self) -> Vec<(String, String)> {
        self.rooms
            .iter()
            .filter(|room| room.kind == RoomKind::Consultation)
            .filter(|room| self.branch.as_ref().is_none_or(|branch| *branch == room.branch_id))
            .map(|room| (room.id.to_string(), room.name.clone()))
            .collect()
    }
}
