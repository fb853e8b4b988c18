//! A visit in the reception's list: its row, the steps offered on it, and the form that stands open below it.

use leptos::prelude::*;
use tr::tr;

use super::Reception;
use crate::journey::events::EventType;
use crate::journey::words::{Station, Status, VisitType, Word};
use crate::language::say;
use crate::projections::visits::VisitCard;
use crate::screens::form::{EventForm, button};
use crate::screens::icon::{Icon, icon};
use crate::screens::parts::{age_and_sex, priority_tag, status_tag, target, wait};

/// The field that says from which status a patient leaves the queue that they stand in, to join another.
pub const LEAVES: &str = "_leaves";

/// Shows the row, and below it the form that was asked for.
pub fn arrival(reception: &Reception, card: &VisitCard) -> AnyView {
    let visit = &card.visit;
    let today = reception.tenant.local_day(reception.now);
    let target = target(&reception.targets, visit);
    let since = match visit.ended_at {
        Some(_) => view! { <span class="secondary">"–"</span> }.into_any(),
        None => wait(visit.since, reception.now, target),
    };
    let doctor = match &card.doctor_name {
        Some(name) => name.clone().into_any(),
        None => view! { <span class="secondary">{tr!("not assigned")}</span> }.into_any(),
    };
    let person =
        format!("{} · MRN\u{a0}{}", age_and_sex(card.patient_birth_date, card.patient_sex, today), card.patient_mrn);
    let place = card.room_name.clone().or_else(|| visit.counter.clone()).or_else(|| {
        visit.station.filter(|station| *station != Station::Consultation).map(|station| say(station.label()))
    });
    let opened = reception.opened.as_ref().filter(|opened| opened.visit == visit.visit_id);
    view! {
        <tr data-row=visit.visit_id.to_string()>
            <td><span class="token token-plain">{visit.token.clone()}</span></td>
            <th scope="row">
                <span class="list-title">
                    <a href=format!("/visits/{}", visit.visit_id)>{card.patient_name.clone()}</a>
                    " "
                    {priority_tag(visit.priority)}
                </span>
                <span class="sub">{person}</span>
            </th>
            <td>{say(visit.visit_type.label())} {visit.reason.clone().map(|reason| view! { <span class="sub">{reason}</span> })}</td>
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
    let compact = |event: EventType, given: &[(&str, String)], label: String, key: &'static str| {
        let form = button(event, id, version, given).label(label).class("button button-compact").key(key);
        reception.may(event).then(|| form.view())
    };
    let step = match visit.status {
        // Who gave every specimen has nothing to wait for at the laboratory.
        Status::Registered if next_station(card) == Station::Lab && !reception.to_collect.contains(id) => None,
        Status::Registered => {
            let given = [("station", next_station(card).word().to_owned())];
            compact(EventType::QueueJoined, &given, next_queue(card), "e")
        }
        Status::Called => compact(EventType::QueueSkipped, &[], tr!("Skip"), "s"),
        Status::Away => compact(EventType::QueueCalled, &reception.call_to(card), tr!("Recall"), "r"),
        _ => None,
    };
    let slip = || {
        let href = format!("/visits/{id}/slip");
        view! { <a class="button button-compact button-quiet" href=href>{icon(Icon::Ticket)} {tr!("Slip")}</a> }
            .into_any()
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

fn next_queue(card: &VisitCard) -> String {
    match next_station(card) {
        Station::Consultation => tr!("verb" => "Queue"),
        Station::Lab => tr!("To the lab"),
        Station::Billing => tr!("To billing"),
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
    let fill_in = |event: EventType, when: bool, label: String| {
        let href = reception.address(
            reception.status,
            reception.branch.as_ref(),
            &[("do", event.word().to_owned()), ("visit", id.to_string())],
        );
        (when && reception.may(event))
            .then(|| view! { <a class="menu-item" href=format!("{href}#do")>{icon(Icon::of(event))} {label}</a> })
    };
    let press = |event: EventType, when: bool, given: &[(&str, String)], label: String| {
        (when && reception.may(event)).then(|| button(event, id, version, given).label(label).class("menu-item").view())
    };
    let call = match visit.status {
        Status::Called => tr!("Call again"),
        Status::Away => tr!("Recall"),
        _ => tr!("Call"),
    };
    view! {
        <details class="menu" name="menu">
            <summary class="button button-quiet button-icon" aria-label=tr!("More for {token}", token = visit.token)>
                {icon(Icon::EllipsisVertical)}
            </summary>
            <div class="menu-panel">
                <a class="menu-item" href=format!("/visits/{id}")>{icon(Icon::Route)} {tr!("Open the journey")}</a>
                <a class="menu-item" href=format!("/visits/{id}/slip")>{icon(Icon::Ticket)} {tr!("Token slip")}</a>
                {fill_in(EventType::VisitAssigned, open && !in_room, tr!("Assign a doctor"))}
                {fill_in(EventType::QueueJoined, open && !in_room && !queued, tr!("Join a queue"))}
                {fill_in(EventType::QueueJoined, queued, tr!("Move to another queue"))}
                {press(EventType::QueueCalled, queued, &reception.call_to(card), call)}
                {press(EventType::QueueSkipped, visit.status == Status::Called, &[], tr!("Skip"))}
                {unseen.then(|| view! { <hr/> })}
                {press(EventType::VisitNoShow, unseen, &[], tr!("Mark as no-show"))}
                {fill_in(EventType::VisitRescheduled, unseen, tr!("Reschedule"))}
                {fill_in(EventType::VisitCancelled, unseen, tr!("Cancel the visit"))}
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
    let text = |field: &str, label: String| form.labelled(field, &label);
    let doctor = visit.doctor_id.as_ref().map(ToString::to_string).unwrap_or_default();
    let doctors = |required: bool, given: &str| {
        form.field(
            "doctorId",
            &tr!("Doctor"),
            !required,
            form.select("doctorId", reception.doctor_choices(), required, None, given),
        )
    };
    let queued = matches!(visit.status, Status::Waiting | Status::Called);
    let leaves = (event == EventType::QueueJoined && queued).then_some(visit.status);
    let fields = match event {
        EventType::VisitAssigned => {
            let rooms = form.select("roomId", reception.room_choices(), false, None, "");
            view! { {doctors(true, &doctor)} {form.field("roomId", &tr!("Room"), true, rooms)} }.into_any()
        }
        EventType::QueueJoined => {
            // To another one than they stand in; to another doctor's they are assigned.
            let others = Station::ALL.iter().filter(|station| leaves.is_none() || visit.station != Some(**station));
            let stations = others.map(|station| (station.word().to_owned(), say(station.label()))).collect();
            let stations = form.select("station", stations, true, None, next_station(card).word());
            view! {
                {leaves.map(|status| view! { <input type="hidden" name=LEAVES value=status.word()/> })}
                {form.field("station", &tr!("Queue"), false, stations)} {doctors(false, &doctor)}
            }
            .into_any()
        }
        EventType::VisitRescheduled => {
            view! { {text("newDate", tr!("New date"))} {text("reason", tr!("Reason"))} }.into_any()
        }
        EventType::VisitCancelled => text("reason", tr!("Reason")),
        _ => return None,
    };
    let action = leaves.map_or_else(|| say(event.row().action), |_| tr!("Move to another queue"));
    let class = if event.is_outcome() { "button button-danger" } else { "button button-primary" };
    let close = reception.address(reception.status, reception.branch.as_ref(), &[]);
    Some(
        view! {
            <tr id="do">
                <td colspan="7" class="cell-form">
                    <form method="post" class="stack">
                        <h3 class="form-title">{action.clone()} ": " {visit.token.clone()} " " {card.patient_name.clone()}</h3>
                        {form.hidden()}
                        <div class="fields">{fields}</div>
                        <div class="form-foot">
                            <button class=class>{icon(Icon::of(event))} {action}</button>
                            <a class="button button-quiet" href=close>{tr!("Leave it")}</a>
                        </div>
                    </form>
                </td>
            </tr>
        }
        .into_any(),
    )
}
