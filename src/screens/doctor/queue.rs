//! Beside the chart: the next call, who is called, who waits, and the results to look at.

use leptos::prelude::*;
use tr::tr;

use super::{Doctor, Tab};
use crate::journey::events::EventType;
use crate::journey::words::{Flag, Word};
use crate::language;
use crate::projections::tests::TestCard;
use crate::projections::visits::VisitCard;
use crate::screens::form::{EventForm, button};
use crate::screens::icon::{Icon, icon};
use crate::screens::parts::{Lateness, priority_tag, target, wait};

use super::results::{flag_of, value_in_words};

/// Shown in place of a chart while nobody is in the room.
pub(super) fn empty_room(doctor: &Doctor) -> AnyView {
    let (title, words) = match (doctor.called.first(), doctor.waiting.first()) {
        (Some(called), _) => (
            tr!("{token} {patient} is called", token = called.visit.token, patient = called.patient_name),
            tr!("Press Entered when the patient comes in."),
        ),
        (None, Some(next)) => {
            let longest = doctor.waiting.iter().map(|card| (doctor.now - card.visit.since).num_seconds()).max();
            let longest = language::duration(longest.unwrap_or_default());
            let waiting = match doctor.waiting.len() {
                1 => tr!("One patient waits, for {time}.", time = longest),
                many => tr!("{count} patients wait, the longest for {time}.", count = many, time = longest),
            };
            let title = tr!("Call next: {token} {patient}", token = next.visit.token, patient = next.patient_name);
            (title, waiting)
        }
        (None, None) => (tr!("Nobody waits for you"), tr!("Patients appear here once they join your queue.")),
    };
    view! {
        <section class="card card-phase phase-consult" aria-labelledby="nobody">
            <h1 class="visually-hidden">{tr!("Doctor")}</h1>
            <div class="empty">
                {icon(Icon::Stethoscope)} <h2 class="empty-title" id="nobody">{tr!("Nobody is in the room")}</h2>
                <p>{title}</p>
                <p>{words}</p>
            </div>
        </section>
    }
    .into_any()
}

/// Draws everything beside the chart.
pub(super) fn aside(doctor: &Doctor) -> AnyView {
    view! {
        <aside class="stack" aria-label=tr!("My day")>
            {call_next(doctor)} {called(doctor)} {my_queue(doctor)}
            {to_review(doctor)}
            {(!doctor.to_approve.is_empty())
                .then(|| to_approve(doctor))}
            {seen(doctor)}
        </aside>
    }
    .into_any()
}

fn call(card: &VisitCard, doctor: &Doctor) -> (EventForm, Option<String>) {
    let visit = &card.visit;
    let form = EventForm::new(EventType::QueueCalled, Some(&visit.visit_id), Some(visit.version), None);
    (form, doctor.room.as_ref().map(|room| room.id.to_string()))
}

fn call_next(doctor: &Doctor) -> AnyView {
    let Some(next) = doctor.waiting.first() else {
        return view! {
            <button class="button button-primary button-large button-wide" disabled=true>
                {icon(Icon::Megaphone)} <span>{tr!("Call next")}</span> <span class="button-note">"· " {tr!("nobody waits")}</span>
            </button>
        }
        .into_any();
    };
    let (form, room) = call(next, doctor);
    view! {
        <form method="post" class="stack stack-tight">
            {form.hidden()} {room.map(|room| view! { <input type="hidden" name="roomId" value=room/> })}
            <button class="button button-primary button-large button-wide" data-key="n">
                {icon(Icon::Megaphone)} <span>{tr!("Call next")}</span>
                <span class="button-note">{format!("· {}", next.visit.token)}</span>
            </button>
            <p class="secondary small centred">{tr!("or press")} " " <kbd>"N"</kbd></p>
        </form>
    }
    .into_any()
}

fn room_ids(doctor: &Doctor) -> Vec<(&'static str, String)> {
    doctor.room.iter().map(|room| ("roomId", room.id.to_string())).collect()
}

fn call_button(card: &VisitCard, doctor: &Doctor, label: String) -> AnyView {
    let visit = &card.visit;
    button(EventType::QueueCalled, &visit.visit_id, Some(visit.version), &room_ids(doctor))
        .class("button button-compact")
        .label(label)
        .key("r")
        .view()
}

fn called(doctor: &Doctor) -> AnyView {
    if doctor.called.is_empty() {
        return ().into_any();
    }
    let rows = doctor.called.iter().map(|card| called_row(card, doctor)).collect_view();
    view! {
        <section class="card card-flush" aria-labelledby="called">
            <div class="card-head">
                <h2 id="called">{tr!("Called")}</h2>
            </div>
            <ul class="list">{rows}</ul>
        </section>
    }
    .into_any()
}

fn called_row(card: &VisitCard, doctor: &Doctor) -> AnyView {
    let visit = &card.visit;
    let times = match visit.calls {
        0 | 1 => None,
        2 => Some(tr!("called twice")),
        times => Some(tr!("called {times} times", times)),
    };
    let times = times.map(|times| format!("{times}, ")).unwrap_or_default();
    let to = card.room_name.as_deref().map_or_else(|| tr!("no room named"), |room| tr!("to {room}", room));
    view! {
        <li class="list-row list-row-wraps" data-row=visit.visit_id.to_string()>
            <span class="token token-plain">{visit.token.clone()}</span>
            <div class="list-main">
                <p class="list-title">{chart_link(card)} {priority_tag(visit.priority)}</p>
                <p class="list-detail">{times} {to}</p>
            </div>
            {wait(visit.since, doctor.now, None)}
            <div class="row list-actions">
                {enter(card, doctor)}
                {button(EventType::QueueSkipped, &visit.visit_id, Some(visit.version), &[])
                    .class("button button-compact")
                    .label(tr!("Skip"))
                    .key("s")
                    .view()} {call_button(card, doctor, tr!("Call again"))}
            </div>
        </li>
    }
    .into_any()
}

/// The patient comes in: to the doctor's own room, to the one called to unless it was closed since, or to one that is chosen.
fn enter(card: &VisitCard, doctor: &Doctor) -> AnyView {
    let visit = &card.visit;
    let called_to = visit.room_id.as_ref().filter(|id| doctor.rooms.iter().any(|room| room.id == **id));
    if let Some(room) = doctor.room.as_ref().map(|room| &room.id).or(called_to) {
        return button(EventType::EnteredRoom, &visit.visit_id, Some(visit.version), &[("roomId", room.to_string())])
            .class("button button-compact button-primary")
            .label(tr!("Entered"))
            .key("e")
            .view();
    }
    let form =
        EventForm::new(EventType::EnteredRoom, Some(&visit.visit_id), Some(visit.version), doctor.attempt.as_ref());
    let rooms = doctor.rooms.iter().map(|room| (room.id.to_string(), room.name.clone())).collect();
    view! {
        <form method="post" class="row">
            {form.hidden()} {form.select("roomId", rooms, true, Some(tr!("Room of {token}", token = visit.token)), "")}
            <button class="button button-compact button-primary" data-key="e">{icon(Icon::DoorOpen)} {tr!("Entered")}</button>
        </form>
    }
    .into_any()
}

fn my_queue(doctor: &Doctor) -> AnyView {
    let waiting = doctor.waiting.iter().map(|card| waiting_row(card, doctor)).collect_view();
    let recall = |card: &VisitCard| row(card, doctor, tr!("away"), call_button(card, doctor, tr!("Recall")));
    let away = doctor.away.iter().map(recall).collect_view();
    let nobody = doctor.waiting.is_empty() && doctor.away.is_empty();
    view! {
        <section class="card card-flush" aria-labelledby="mine">
            <div class="card-head">
                <h2 id="mine">{tr!("My queue")}</h2>
                <span class="secondary">{tr!("{count} waiting", count = doctor.waiting.len())}</span>
            </div>
            {if nobody {
                view! { <div class="empty"><p>{tr!("Nobody waits")}</p></div> }.into_any()
            } else {
                view! { <ul class="list">{waiting} {away}</ul> }.into_any()
            }}
        </section>
    }
    .into_any()
}

fn waiting_row(card: &VisitCard, doctor: &Doctor) -> AnyView {
    let visit = &card.visit;
    let with_results = doctor.with_results.contains(&visit.visit_id);
    let detail = match (visit.attended, with_results) {
        (true, true) => tr!("back again, results ready"),
        (true, false) => tr!("back again"),
        (false, _) => visit.reason.clone().unwrap_or_else(|| tr!("reason not recorded")),
    };
    row(card, doctor, detail, wait(visit.since, doctor.now, target(&doctor.targets, visit)))
}

/// A patient's row in a list: who it is, and what stands at its end.
pub(super) fn row(card: &VisitCard, doctor: &Doctor, detail: String, end: AnyView) -> AnyView {
    let visit = &card.visit;
    let waits = doctor.waiting.iter().any(|waiting| waiting.visit.visit_id == visit.visit_id);
    let seconds = (doctor.now - visit.since).num_seconds();
    let class = match Lateness::of(seconds, target(&doctor.targets, visit)).class("late").as_str() {
        "late late-over" if waits => "list-row list-row-danger",
        "late late-late" if waits => "list-row list-row-warning",
        _ => "list-row",
    };
    let open = doctor.chart.as_ref().is_some_and(|chart| chart.card.visit.visit_id == visit.visit_id);
    let unassigned = (waits && visit.doctor_id.is_none()).then(|| format!(" · {}", tr!("no doctor chosen")));
    view! {
        <li class=class data-row=visit.visit_id.to_string() aria-current=open.then_some("true")>
            <span class="token token-plain">{visit.token.clone()}</span>
            <div class="list-main">
                <p class="list-title">
                    {chart_link(card)} {priority_tag(visit.priority)}
                    {doctor
                        .with_results
                        .contains(&visit.visit_id)
                        .then(|| view! { <span class="tag phase-test">{icon(Icon::TestTubes)} {tr!("Results")}</span> })}
                </p>
                <p class="list-detail">{detail} {unassigned}</p>
            </div>
            {end}
        </li>
    }
    .into_any()
}

fn chart_link(card: &VisitCard) -> AnyView {
    view! { <a href=format!("/doctor?visit={}", card.visit.visit_id)>{card.patient_name.clone()}</a> }.into_any()
}

/// A link that opens a patient's chart.
pub(super) fn open_link(card: &VisitCard) -> AnyView {
    let label = tr!("Open the chart of {patient}", patient = card.patient_name);
    view! {
        <a class="button button-compact" href=format!("/doctor?visit={}", card.visit.visit_id) aria-label=label>
            {tr!("Open")}
        </a>
    }
    .into_any()
}

fn to_review(doctor: &Doctor) -> AnyView {
    let rows = doctor.to_review.iter().map(|test| {
        let label = tr!("Review {test} of {patient}", test = test.test.name, patient = test.patient_name);
        result_row(test, tr!("Review"), label)
    });
    results("review", tr!("Results to review"), tr!("Nobody waits for a review."), rows.collect())
}

fn to_approve(doctor: &Doctor) -> AnyView {
    let rows = doctor.to_approve.iter().map(|test| {
        let label = tr!("Approve {test} of {patient}", test = test.test.name, patient = test.patient_name);
        result_row(test, tr!("Approve"), label)
    });
    results("approve", tr!("Results to approve"), String::new(), rows.collect())
}

fn results(id: &'static str, title: String, nothing: String, rows: Vec<AnyView>) -> AnyView {
    view! {
        <section class="card card-flush" aria-labelledby=id>
            <div class="card-head">
                <h2 id=id>{title}</h2>
                {(!rows.is_empty())
                    .then(|| view! { <span class="tag phase-test">{icon(Icon::TestTubes)} {rows.len()}</span> })}
            </div>
            {if rows.is_empty() {
                view! { <div class="empty"><p>{nothing}</p></div> }.into_any()
            } else {
                view! { <ul class="list">{rows}</ul> }.into_any()
            }}
        </section>
    }
    .into_any()
}

fn result_row(card: &TestCard, action: String, label: String) -> AnyView {
    let test = &card.test;
    let abnormal: Vec<_> =
        test.results.iter().filter(|result| !matches!(flag_of(result), None | Some(Flag::Normal))).collect();
    let words = match (abnormal.as_slice(), test.results.as_slice()) {
        ([], [only]) => value_in_words(only),
        ([], _) => tr!("nothing abnormal"),
        (some, _) => {
            let shown = some.iter().take(3).map(|result| format!("{} {}", *result.analyte, value_in_words(result)));
            let shown = shown.collect::<Vec<_>>().join(", ");
            if some.len() > 3 { tr!("{shown} and {count} more", shown, count = some.len() - 3) } else { shown }
        }
    };
    let critical = abnormal.iter().any(|result| flag_of(result) == Some(Flag::Critical));
    let href = format!("/doctor?visit={}&tab={}", test.visit_id, Tab::Results.word());
    view! {
        <li class=if critical { "list-row list-row-danger" } else { "list-row" } data-row=test.test_id.to_string()>
            <div class="list-main">
                <p class="list-title">
                    {format!("{} · {}", test.name, card.patient_name)} {priority_tag(card.urgency())}
                    {critical
                        .then(|| view! { <span class="tag tag-danger">{icon(Icon::TriangleAlert)} {tr!("Critical")}</span> })}
                </p>
                <p class="list-detail">{words}</p>
            </div>
            <a class="button button-compact" href=href aria-label=label>{action}</a>
        </li>
    }
    .into_any()
}

fn seen(doctor: &Doctor) -> AnyView {
    if doctor.seen.is_empty() {
        return ().into_any();
    }
    let rows = doctor.seen.iter().map(|card| row(card, doctor, tr!("in the house"), open_link(card))).collect_view();
    view! {
        <section class="card card-flush" aria-labelledby="seen">
            <div class="card-head">
                <h2 id="seen">{tr!("Seen today, still here")}</h2>
            </div>
            <ul class="list">{rows}</ul>
        </section>
    }
    .into_any()
}
