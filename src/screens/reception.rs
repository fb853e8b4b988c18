//! The reception: search first, then everybody who came today and what is to be done with them.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use leptos::prelude::*;

use super::attempt::Attempt;
use super::form::{EventForm, button};
use super::icon::{Icon, icon};
use super::parts::{age_and_sex, empty, phase_class, priority_tag, query_text, status_tag, wait};
use super::patients::{Found, matches, new_patient, nobody, results, search_form};
use crate::hospital::branches::Branch;
use crate::hospital::people::Person;
use crate::hospital::rooms::{Room, RoomKind};
use crate::hospital::tenants::Tenant;
use crate::journey::decide::Actor;
use crate::journey::events::EventType;
use crate::journey::ids::{BranchId, VisitId};
use crate::journey::schema::Shape;
use crate::journey::words::{Phase, Station, Status, VisitType, Word};
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
    /// The status looked at; all of them without one.
    pub status: Option<Status>,
    /// The branches to choose from; none for who works in one.
    pub branches: Vec<Branch>,
    /// The branch looked at; all of them without one.
    pub branch: Option<BranchId>,
    /// The doctors.
    pub doctors: Vec<Person>,
    /// The rooms.
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
    let day = reception.tenant.local(reception.now).format("%A %-d %B");
    let lead = match reception.arrivals.len() {
        1 => format!("{day} · 1 arrival so far"),
        count => format!("{day} · {count} arrivals so far"),
    };
    let arrivals = arrivals(&reception);
    let Reception { tenant, actor, query, found, now, .. } = reception;
    let found = query.as_deref().map(|query| {
        let words = matches(found.len(), query);
        let list = if found.is_empty() { nobody() } else { results(&tenant, &actor, found, now) };
        view! {
            <div>
                <p class="secondary small" role="status">{words}</p>
                <div class="list-inset">{list}</div>
            </div>
        }
    });
    view! {
        <main class="page stack" id="main">
            <div class="page-head">
                <div>
                    <h1>"Reception"</h1>
                    <p class="page-lead">{lead}</p>
                </div>
                <div class="actions">{new_patient(&actor)}</div>
            </div>
            <section class="card" aria-label="Search">
                {search_form("/reception", query.clone().unwrap_or_default())} {found}
            </section>
            {arrivals}
        </main>
    }
}

fn arrivals(reception: &Reception) -> AnyView {
    let shown: Vec<_> = reception
        .arrivals
        .iter()
        .filter(|card| reception.status.is_none_or(|status| card.visit.status == status))
        .collect();
    let count =
        |statuses: &[Status]| reception.arrivals.iter().filter(|card| statuses.contains(&card.visit.status)).count();
    let body = if reception.arrivals.is_empty() {
        empty(Icon::Users, "Nobody has come yet today", "Find a patient above, or register a new one.")
    } else if shown.is_empty() {
        view! { <div class="empty"><p class="empty-title">"Nobody"</p></div> }.into_any()
    } else {
        let rows = shown.into_iter().map(|card| arrival(reception, card)).collect_view();
        view! {
            <div class="table-wrap" role="group" aria-labelledby="arrivals" tabindex="0">
                <table class="table">
                    <caption class="visually-hidden">"Today’s arrivals"</caption>
                    <thead>
                        <tr>
                            <th scope="col">"Token"</th>
                            <th scope="col">"Patient"</th>
                            <th scope="col">"Visit"</th>
                            <th scope="col">"Doctor"</th>
                            <th scope="col">"Status"</th>
                            <th scope="col" class="number">"Since"</th>
                            <th scope="col"><span class="visually-hidden">"Actions"</span></th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        }
        .into_any()
    };
    let waiting = count(&[Status::Waiting, Status::Called]);
    view! {
        <section class="card card-flush" aria-labelledby="arrivals">
            <div class="card-head">
                <h2 id="arrivals">"Today’s arrivals"</h2>
                <div class="row">
                    <span class=phase_class("tag", Phase::Wait)>{icon(Icon::Hourglass)} {waiting} " waiting"</span>
                    <span class=phase_class("tag", Phase::Leave)>
                        {icon(Icon::CircleCheck)} {count(&[Status::Completed])} " gone home"
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

/// The statuses there are today as links, each with its count.
fn statuses(reception: &Reception) -> AnyView {
    let link = |status: Option<Status>, label: &'static str, count: usize| {
        let current = (reception.status == status).then_some("true");
        let href = reception.address(status, reception.branch.as_ref(), &[]);
        view! { <li><a href=href aria-current=current>{label} " " <span class="secondary">{count}</span></a></li> }
    };
    let links = Status::ALL
        .iter()
        .map(|status| (status, reception.arrivals.iter().filter(|card| card.visit.status == *status).count()))
        .filter(|(status, count)| *count > 0 || reception.status == Some(**status))
        .map(|(status, count)| link(Some(*status), status.label(), count))
        .collect_view();
    view! {
        <nav class="tabs" aria-label="Statuses">
            <ul>{link(None, "All", reception.arrivals.len())} {links}</ul>
        </nav>
    }
    .into_any()
}

fn branches(reception: &Reception) -> AnyView {
    if reception.branches.len() < 2 {
        return ().into_any();
    }
    let chosen = reception.branches.iter().find(|branch| Some(&branch.id) == reception.branch.as_ref());
    let label = chosen.map_or_else(|| "All branches".to_owned(), |branch| branch.name.clone());
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
                <a class="menu-item" href=reception.address(reception.status, None, &[])>"All branches"</a>
                {links}
            </div>
        </details>
    }
    .into_any()
}

fn arrival(reception: &Reception, card: &VisitCard) -> AnyView {
    let visit = &card.visit;
    let today = reception.tenant.local_day(reception.now);
    let target = card.target_minutes.filter(|_| visit.status == Status::Waiting);
    let since = match visit.ended_at {
        Some(_) => view! { <span class="secondary">"–"</span> }.into_any(),
        None => wait(visit.since, reception.now, target),
    };
    let doctor = match &card.doctor_name {
        Some(name) => name.clone().into_any(),
        None => view! { <span class="secondary">"not assigned"</span> }.into_any(),
    };
    let person =
        format!("{} · MRN {}", age_and_sex(card.patient_birth_date, card.patient_sex, today), card.patient_mrn);
    let place = card.room_name.clone().or_else(|| visit.counter.clone()).or_else(|| {
        visit.station.filter(|station| *station != Station::Consultation).map(|station| station.label().to_owned())
    });
    let opened = reception.opened.as_ref().filter(|opened| opened.visit == visit.visit_id);
    view! {
        <tr>
            <td><span class="token token-plain">{visit.token.clone()}</span></td>
            <th scope="row">
                <span class="list-title">
                    <a href=format!("/visits/{}", visit.visit_id)>{card.patient_name.clone()}</a>
                    " "
                    {priority_tag(visit.priority)}
                </span>
                <span class="sub">{person}</span>
            </th>
            <td>{visit.visit_type.label()} {visit.reason.clone().map(|reason| view! { <span class="sub">{reason}</span> })}</td>
            <td>
                {doctor}
                {card.department_name.clone().map(|department| view! { <span class="sub">{department}</span> })}
            </td>
            <td>{status_tag(visit.status)} {place.map(|place| view! { <span class="sub">{place}</span> })}</td>
            <td class="number nowrap">{since}</td>
            <td>
                <div class="row row-end row-fixed">{next_step(reception, card)} {menu(reception, card)}</div>
            </td>
        </tr>
        {opened.and_then(|opened| opened_form(reception, card, opened.event))}
    }
    .into_any()
}

/// The step that usually comes next.
fn next_step(reception: &Reception, card: &VisitCard) -> AnyView {
    let visit = &card.visit;
    let (id, version) = (&visit.visit_id, Some(visit.version));
    let compact = |event: EventType, given: &[(&str, String)], label: &'static str| {
        let form = button(event, id, version, given).label(label).class("button button-compact");
        reception.may(event).then(|| form.view())
    };
    let step = match visit.status {
        Status::Registered => {
            let given = [("station", next_station(card).word().to_owned())];
            compact(EventType::QueueJoined, &given, next_queue(card))
        }
        Status::Called => compact(EventType::QueueSkipped, &[], "Skip"),
        Status::Away => compact(EventType::QueueCalled, &reception.call_to(card), "Recall"),
        _ => None,
    };
    let slip = || {
        let href = format!("/visits/{id}/slip");
        view! { <a class="button button-compact button-quiet" href=href>{icon(Icon::Ticket)} "Slip"</a> }.into_any()
    };
    step.unwrap_or_else(|| if visit.ended_at.is_none() { slip() } else { ().into_any() })
}

/// Where a patient who was just registered goes: a lab-only visit pays first.
fn next_station(card: &VisitCard) -> Station {
    match card.visit.visit_type {
        VisitType::LabOnly if card.visit.billing_since.is_some() => Station::Billing,
        VisitType::LabOnly => Station::Lab,
        _ => Station::Consultation,
    }
}

fn next_queue(card: &VisitCard) -> &'static str {
    match next_station(card) {
        Station::Consultation => "Queue",
        Station::Lab => "To the lab",
        Station::Billing => "To billing",
    }
}

/// The steps that come now and then.
fn menu(reception: &Reception, card: &VisitCard) -> AnyView {
    let visit = &card.visit;
    let (id, version) = (&visit.visit_id, Some(visit.version));
    let open = visit.ended_at.is_none();
    let in_room = visit.status == Status::InConsultation;
    let queued = matches!(visit.status, Status::Waiting | Status::Called);
    let unseen = open && !visit.attended;
    let fill_in = |event: EventType, when: bool, label: &'static str| {
        let href = reception.address(
            reception.status,
            reception.branch.as_ref(),
            &[("do", event.word().to_owned()), ("visit", id.to_string())],
        );
        (when && reception.may(event))
            .then(|| view! { <a class="menu-item" href=format!("{href}#do")>{icon(Icon::of(event))} {label}</a> })
    };
    let press = |event: EventType, when: bool, given: &[(&str, String)], label: &'static str| {
        (when && reception.may(event)).then(|| button(event, id, version, given).label(label).class("menu-item").view())
    };
    let call = match visit.status {
        Status::Called => "Call again",
        Status::Away => "Recall",
        _ => "Call",
    };
    view! {
        <details class="menu" name="menu">
            <summary class="button button-quiet button-icon" aria-label=format!("More for {}", visit.token)>
                {icon(Icon::EllipsisVertical)}
            </summary>
            <div class="menu-panel">
                <a class="menu-item" href=format!("/visits/{id}")>{icon(Icon::Route)} "Open the journey"</a>
                <a class="menu-item" href=format!("/visits/{id}/slip")>{icon(Icon::Ticket)} "Token slip"</a>
                {fill_in(EventType::VisitAssigned, open && !in_room, "Assign a doctor")}
                {fill_in(EventType::QueueJoined, open && !in_room && !queued, "Join a queue")}
                {press(EventType::QueueCalled, queued, &reception.call_to(card), call)}
                {press(EventType::QueueSkipped, visit.status == Status::Called, &[], "Skip")}
                {unseen.then(|| view! { <hr/> })}
                {press(EventType::VisitNoShow, unseen, &[], "Mark as no-show")}
                {fill_in(EventType::VisitRescheduled, unseen, "Reschedule")}
                {fill_in(EventType::VisitCancelled, unseen, "Cancel the visit")}
            </div>
        </details>
    }
    .into_any()
}

/// The row below a visit with the form that was asked for.
fn opened_form(reception: &Reception, card: &VisitCard, event: EventType) -> Option<AnyView> {
    let visit = &card.visit;
    let version = (event != EventType::VisitAssigned).then_some(visit.version);
    let form = EventForm::new(event, Some(&visit.visit_id), version, reception.attempt.as_ref());
    let text = |field: &str, label: &str| form.labelled(field, label);
    let doctor = visit.doctor_id.as_ref().map(ToString::to_string).unwrap_or_default();
    let doctors = |required: bool, given: &str| {
        form.field(
            "doctorId",
            "Doctor",
            !required,
            form.select("doctorId", reception.doctor_choices(), required, None, given),
        )
    };
    let fields = match event {
        EventType::VisitAssigned => {
            let rooms = form.select("roomId", reception.room_choices(), false, None, "");
            view! { {doctors(true, &doctor)} {form.field("roomId", "Room", true, rooms)} }.into_any()
        }
        EventType::QueueJoined => {
            let stations =
                form.input("station", Shape::Choice(Station::CHOICES), true, None, next_station(card).word());
            view! { {form.field("station", "Queue", false, stations)} {doctors(false, &doctor)} }.into_any()
        }
        EventType::VisitRescheduled => view! { {text("newDate", "New date")} {text("reason", "Reason")} }.into_any(),
        EventType::VisitCancelled => text("reason", "Reason"),
        _ => return None,
    };
    let class = if event.is_outcome() { "button button-danger" } else { "button button-primary" };
    let close = reception.address(reception.status, reception.branch.as_ref(), &[]);
    Some(
        view! {
            <tr id="do">
                <td colspan="7" class="cell-form">
                    <form method="post" class="stack">
                        <h3 class="form-title">{event.row().action} ": " {visit.token.clone()} " " {card.patient_name.clone()}</h3>
                        {form.hidden()}
                        <div class="fields">{fields}</div>
                        <div class="form-foot">
                            <button class=class>{icon(Icon::of(event))} {event.row().action}</button>
                            <a class="button button-quiet" href=close>"Leave it"</a>
                        </div>
                    </form>
                </td>
            </tr>
        }
        .into_any(),
    )
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
        let room = card.visit.room_id.as_ref().or(own);
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
