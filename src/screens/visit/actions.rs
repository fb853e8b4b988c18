//! What can be done now by who looks at the page: the most likely step first, then the others, then what is not possible and why.

use leptos::prelude::*;
use serde_json::Value;
use tr::tr;

use super::{VisitPage, fields};
use crate::hospital::rooms::RoomKind;
use crate::journey::allowed::{allowed, candidates};
use crate::journey::decide::{Command, decide};
use crate::journey::events::{Event, EventType};
use crate::journey::ids::{BillId, DocumentId, FollowUpId, Id, RoomId, TestId};
use crate::journey::money::Money;
use crate::journey::schema::Shape;
use crate::journey::visit::{Bill, Place};
use crate::journey::words::{Consultation, Role, Station, Word};
use crate::language;
use crate::screens::form::{EventForm, button};
use crate::screens::icon::{Icon, icon};
use crate::screens::parts::day_and_time;

/// How many steps are shown at once; the others are behind "More".
const AT_ONCE: usize = 5;

/// A step less likely than this is never the first.
const LIKELY: u8 = 20;

/// The card of actions.
pub fn actions(page: &VisitPage) -> AnyView {
    let mut events = allowed(&page.tenant.policy, Some(&page.visit), &page.actor, page.now);
    // What was typed and refused is shown again, though it is not possible any more.
    if let Some(event) = page.attempt.as_ref().and_then(|attempt| attempt.event)
        && page.actor.may_log(event, Some(&page.visit))
        && event != EventType::VisitRegistered
        && !events.contains(&event)
    {
        events.push(event);
    }
    events.sort_by_key(|event| (likelihood(page, *event), *event));
    if page.visit.outcome.is_some() && page.actor.may_log(EventType::VisitRegistered, None) {
        events.push(EventType::VisitRegistered);
    }
    let first = events.first().copied().filter(|event| likelihood(page, *event) < LIKELY);
    // One alone is not worth a fold.
    let more = events.split_off(if events.len() > AT_ONCE + 1 { AT_ONCE } else { events.len() });
    let nothing = tr!("Nothing that you log is possible on this visit now.");
    let shown = events.iter().map(|event| action(page, *event, Some(*event) == first)).collect_view();
    view! {
        <section class="card screen-only" aria-labelledby="can">
            <h2 id="can">{tr!("What can be done now")}</h2>
            <div class="stack stack-tight">
                {events.is_empty().then(|| view! { <p class="secondary">{nothing}</p> })}
                {shown} {(!more.is_empty()).then(|| others(page, &more))} {not_possible(page)}
            </div>
        </section>
    }
    .into_any()
}

fn others(page: &VisitPage, more: &[EventType]) -> AnyView {
    let open = more.iter().any(|event| is_asked(page, *event));
    let some: Vec<_> = more.iter().take(2).map(|event| language::say(event.row().action).to_lowercase()).collect();
    let rest = if more.len() > 2 { " …" } else { "" };
    view! {
        <details class="fold" open=open>
            <summary>{icon(Icon::Ellipsis)} {tr!("More: {steps}", steps = some.join(", ") + rest)}</summary>
            <div class="fold-body stack stack-tight">
                {more.iter().map(|event| action(page, *event, false)).collect_view()}
            </div>
        </details>
    }
    .into_any()
}

/// Why other steps that this person logs are not possible now.
fn not_possible(page: &VisitPage) -> AnyView {
    let now = page.now.max(page.visit.latest_of_all());
    let open = page.asked.is_some_and(|event| accepted(page, event).is_empty() && event != EventType::VisitRegistered);
    let reasons: Vec<_> = EventType::ALL
        .iter()
        .copied()
        .filter(|event| *event != EventType::VisitRegistered && page.actor.may_log(*event, Some(&page.visit)))
        .filter(|event| page.visit.outcome.is_none() || page.asked == Some(*event))
        .filter(|event| accepted(page, *event).is_empty())
        .filter_map(|event| {
            let tried = candidates(event, Some(&page.visit), now).into_iter().next()?;
            Some((language::say(event.row().action), refusal(page, tried)?))
        })
        .collect();
    if reasons.is_empty() {
        return ().into_any();
    }
    let reasons = reasons.into_iter().map(|(action, why)| view! { <dt>{action}</dt><dd>{why}</dd> }).collect_view();
    view! {
        <details class="fold" open=open>
            <summary>{icon(Icon::Info)} {tr!("Not possible now, and why")}</summary>
            <div class="fold-body"><dl class="facts facts-stacked small">{reasons}</dl></div>
        </details>
    }
    .into_any()
}

/// How soon a step is thought of; the lower, the likelier.
fn likelihood(page: &VisitPage, event: EventType) -> u8 {
    let visit = &page.visit;
    let in_consultation = visit.consultation == Consultation::InProgress;
    match event {
        EventType::EnteredRoom => 0,
        EventType::QueueCalled if !matches!(visit.place, Place::Called { .. }) && calls_here(page) => 1,
        EventType::QueueJoined if !visit.attended && visit.place == Place::Nowhere => 1,
        EventType::QueueSkipped => 20,
        EventType::ExitedRoom if !in_consultation => 2,
        EventType::PaymentRefunded if visit.bills.values().any(|bill| bill.balance() < Money::ZERO) => 3,
        EventType::PaymentReceived => 3,
        EventType::TestsBilled => 4,
        EventType::TestSampleCollected => 5,
        EventType::TestInProgress => 6,
        EventType::TestCompleted => 7,
        EventType::TestReviewed => 8,
        EventType::TestApproved => 9,
        EventType::ReportGenerated => 10,
        EventType::ReportDelivered => 11,
        EventType::PrescriptionGiven if in_consultation => 12,
        EventType::TestsOrdered if in_consultation => 13,
        EventType::ConsultationCompleted => 14,
        EventType::ExitedRoom => 15,
        EventType::ConsultationBilled => 16,
        EventType::VisitCompleted => 17,
        EventType::QueueJoined => 18,
        EventType::TestsOrdered if !visit.attended => 19,
        EventType::VitalsRecorded => 21,
        EventType::VisitAssigned => 22,
        EventType::PrescriptionGiven => 23,
        EventType::TestsOrdered => 24,
        EventType::ReferralGiven => 25,
        EventType::FollowUpScheduled => 26,
        EventType::DocumentUploaded => 27,
        EventType::QueueCalled => 28,
        EventType::PaymentPartial => 29,
        EventType::TestSampleRejected => 30,
        EventType::TestCancelled => 31,
        EventType::DocumentShared => 32,
        EventType::FollowUpReminderSent => 33,
        EventType::PaymentRefunded => 34,
        EventType::VisitRescheduled => 35,
        EventType::VisitNoShow => 36,
        EventType::VisitCancelled => 37,
        EventType::VisitRegistered => 38,
    }
}

/// Whether who looks at the page serves the station that the patient waits at.
fn calls_here(page: &VisitPage) -> bool {
    let serve: &[Role] = match page.visit.place.station() {
        Some(Station::Consultation) => &[Role::Doctor, Role::Nurse, Role::Receptionist],
        Some(Station::Lab) => &[Role::LabTechnician],
        Some(Station::Billing) => &[Role::BillingClerk, Role::Receptionist],
        None => &[],
    };
    page.person.holds_any(serve)
}

/// Whether a step is about where the patient is, and so rests on what the page shows.
pub(super) fn is_about_place(event: EventType) -> bool {
    event.is_outcome()
        || matches!(
            event,
            EventType::VisitAssigned
                | EventType::QueueJoined
                | EventType::QueueCalled
                | EventType::QueueSkipped
                | EventType::EnteredRoom
                | EventType::ExitedRoom
                | EventType::ConsultationCompleted
        )
}

fn is_asked(page: &VisitPage, event: EventType) -> bool {
    page.asked == Some(event) || page.attempt.as_ref().is_some_and(|attempt| attempt.event == Some(event))
}

/// A step: a button when a press is enough, else a fold with its form.
fn action(page: &VisitPage, event: EventType, first: bool) -> AnyView {
    let version = is_about_place(event).then_some(page.visit.version);
    let id = (page.asked == Some(event)).then_some("do");
    let presses = presses(page, event);
    if !presses.is_empty() {
        let class = if first { FIRST_BUTTON } else { BUTTON };
        let buttons = presses
            .into_iter()
            .enumerate()
            .map(|(number, (given, label))| {
                let class = if number == 0 { class } else { BUTTON };
                let given: Vec<_> = given.iter().map(|(name, value)| (*name, value.clone())).collect();
                button(event, page.id(), version, &given).class(class).label(label).view()
            })
            .collect_view();
        return view! { <div class="stack stack-tight" id=id>{buttons}</div> }.into_any();
    }
    let form = match event {
        EventType::VisitRegistered => EventForm::new(event, None, None, page.attempt.as_ref()),
        event => EventForm::new(event, Some(page.id()), version, page.attempt.as_ref()),
    };
    let open = id.is_some() || form.was_refused();
    let class = if first { "fold fold-button fold-primary" } else { "fold fold-button" };
    let kind = (event == EventType::DocumentUploaded).then_some("multipart/form-data");
    view! {
        <details class=class id=id open=open>
            <summary>{icon(Icon::of(event))} {label(page, event)}</summary>
            <div class="fold-body">
                <form method="post" class="stack" enctype=kind>
                    {form.hidden()} {fields::fields(page, &form)}
                    <button class="button button-primary button-wide">{icon(Icon::of(event))} {language::say(event.row().action)}</button>
                </form>
            </div>
        </details>
    }
    .into_any()
}

const BUTTON: &str = "button button-wide button-start";
const FIRST_BUTTON: &str = "button button-primary button-wide button-start";

/// What a step is called on its fold: with the one thing that it can be about.
fn label(page: &VisitPage, event: EventType) -> String {
    let action = language::say(event.row().action);
    match (event, &things(page, event)[..]) {
        (EventType::VisitRegistered, _) => tr!("Register another visit"),
        (_, [one]) => match thing(event).and_then(|(_, kind)| thing_name(page, kind, one)) {
            Some(name) => format!("{action}: {name}"),
            None => action,
        },
        _ => action,
    }
}

/// The buttons of a step that needs nothing to be typed: what is sent with each, and its label.
fn presses(page: &VisitPage, event: EventType) -> Vec<(Vec<(&'static str, String)>, String)> {
    let action = language::say(event.row().action);
    match event {
        EventType::ExitedRoom | EventType::QueueSkipped => vec![(Vec::new(), action)],
        EventType::QueueCalled => match room(page) {
            Some(id) => {
                let room = page.room_name(&id).map_or_else(|| tr!("a room"), str::to_owned);
                let label = match page.visit.place {
                    Place::Called { .. } => tr!("Call again to {room}", room),
                    Place::Away { .. } => tr!("Recall to {room}", room),
                    _ => tr!("Call to {room}", room),
                };
                vec![(vec![("roomId", id.to_string())], label)]
            }
            None => {
                let label = match page.visit.place {
                    Place::Called { .. } => tr!("Call again"),
                    Place::Away { .. } => tr!("Recall"),
                    _ => action,
                };
                vec![(Vec::new(), label)]
            }
        },
        EventType::EnteredRoom => match room(page) {
            Some(room) => {
                let name = page.room_name(&room);
                let label = name.map_or_else(|| tr!("Enter room"), |room| tr!("Enter {room}", room));
                vec![(vec![("roomId", room.to_string())], label)]
            }
            None => Vec::new(),
        },
        EventType::ReportGenerated if !page.visit.documents.is_empty() => Vec::new(),
        EventType::TestInProgress | EventType::TestApproved | EventType::ReportGenerated => things(page, event)
            .into_iter()
            .map(|id| {
                let name = thing_name(page, "test", &id).unwrap_or_default();
                (vec![("testId", id)], format!("{action}: {name}"))
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// The room that a patient is called to from here, or was called to.
fn room(page: &VisitPage) -> Option<RoomId> {
    let visit = &page.visit;
    let is_open = |room: &RoomId| page.rooms.iter().any(|other| other.id == *room && other.is_open());
    if let (Place::Called { .. }, Some(room)) = (&visit.place, &visit.call.room_id)
        && is_open(room)
    {
        return Some(room.clone());
    }
    let kind = match visit.place.station()? {
        Station::Consultation => RoomKind::Consultation,
        Station::Lab => RoomKind::Lab,
        Station::Billing => RoomKind::Counter,
    };
    let doctor = visit.doctor().and_then(|id| page.doctors.iter().find(|doctor| doctor.id == *id));
    let doctors = doctor.filter(|_| kind == RoomKind::Consultation).and_then(|doctor| doctor.room_id.as_ref());
    let assigned = visit.room_id.as_ref().filter(|_| kind == RoomKind::Consultation);
    let fits =
        |room: &&RoomId| page.rooms.iter().any(|other| other.id == **room && other.kind == kind && other.is_open());
    [page.person.room_id.as_ref(), assigned, doctors].into_iter().flatten().find(fits).cloned()
}

/// The field that says what of the visit's own a step is about, and what kind of thing that is.
pub(super) fn thing(event: EventType) -> Option<(&'static str, &'static str)> {
    event.row().fields.iter().filter(|field| field.required).find_map(|field| match field.shape {
        Shape::Id(kind @ ("bill" | "test" | "document" | "follow-up")) => Some((field.name, kind)),
        _ => None,
    })
}

/// What people call a thing of the visit's own.
pub(super) fn thing_name(page: &VisitPage, kind: &str, id: &str) -> Option<String> {
    let visit = &page.visit;
    match kind {
        "bill" => {
            let bill = visit.bills.get(&BillId::parse(id).ok()?)?;
            let balance = bill.balance();
            let sum = match balance {
                due if due > Money::ZERO => tr!("{amount} due", amount = page.tenant.money(due)),
                owed if owed < Money::ZERO => tr!("{amount} owed", amount = page.tenant.money(-owed)),
                _ => tr!("{amount} paid", amount = page.tenant.money(bill.refundable())),
            };
            Some(format!("{}, {sum}", language::say(bill.kind.label())))
        }
        "test" => visit.tests.get(&TestId::parse(id).ok()?).map(|test| test.name.clone()),
        "document" => visit.documents.get(&DocumentId::parse(id).ok()?).map(|document| document.file_name.clone()),
        "follow-up" => {
            let planned = visit.follow_ups.get(&FollowUpId::parse(id).ok()?)?;
            Some(day_and_time(&page.tenant, planned.due_at))
        }
        _ => None,
    }
}

/// What of the visit's own a step could be about now.
pub(super) fn things(page: &VisitPage, event: EventType) -> Vec<String> {
    let Some((field, _)) = thing(event) else { return Vec::new() };
    let mut ids: Vec<String> = accepted(page, event)
        .iter()
        .filter_map(|event| event.metadata().get(field).and_then(Value::as_str).map(str::to_owned))
        .collect();
    ids.dedup();
    if event == EventType::PaymentRefunded {
        // What is owed to the patient comes first.
        ids.sort_by_key(|id| BillId::parse(id).ok().and_then(|id| page.visit.bills.get(&id)).map(Bill::balance));
    }
    ids
}

/// What would be accepted of a step now: one event for each thing it could be about.
pub(super) fn accepted(page: &VisitPage, event: EventType) -> Vec<Event> {
    let now = page.now.max(page.visit.latest_of_all());
    let all = candidates(event, Some(&page.visit), now);
    all.into_iter().filter(|event| refusal(page, event.clone()).is_none()).collect()
}

/// Why an event would be refused.
fn refusal(page: &VisitPage, event: Event) -> Option<String> {
    let now = page.now.max(page.visit.latest_of_all());
    let command = Command { event, actor: &page.actor, performed_at: now, now };
    decide(&page.tenant.policy, Some(&page.visit), &command).err().map(|refusal| refusal.sentence_in(&language::say))
}

/// The address of a step's form about one thing.
pub(super) fn address(page: &VisitPage, event: EventType, about: &str) -> String {
    format!("/visits/{}?do={}&about={about}#do", page.id(), event.word())
}
