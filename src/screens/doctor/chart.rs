//! The chart that lies open: who it is, the vital signs, the tabs, and how the consultation ends.

use leptos::prelude::*;
use tr::tr;

use super::vital_signs::{Reading, vital_signs};
use super::{Chart, Content, Doctor, Tab, history, orders, prescribe, results};
use crate::journey::events::EventType;
use crate::journey::visit::Place;
use crate::journey::words::{Stage, Status, Word};
use crate::language;
use crate::screens::form::{EventForm, button};
use crate::screens::icon::{Icon, icon};
use crate::screens::parts::{age_and_sex, empty, priority_tag, status_tag};

/// From this age on, what is usual for adults is usual.
const ADULT: u32 = 16;

impl Chart {
    /// Whether the doctor may log an event on the visit now.
    pub(super) fn may(&self, event: EventType) -> bool {
        self.allowed.contains(&event)
    }

    /// Whether the patient is known to be grown up.
    pub fn is_adult(&self, today: chrono::NaiveDate) -> bool {
        let age = self.card.patient_birth_date.and_then(|born| today.years_since(born));
        age.is_none_or(|age| age >= ADULT)
    }

    /// The address of a tab.
    pub(super) fn address(&self, tab: Tab) -> String {
        format!("/doctor?visit={}&tab={}", self.card.visit.visit_id, tab.word())
    }

    /// A form for an event on the visit.
    pub(super) fn form(&self, event: EventType, doctor: &Doctor) -> EventForm {
        EventForm::new(event, Some(&self.card.visit.visit_id), None, doctor.attempt.as_ref())
    }
}

/// Draws the chart.
pub(super) fn chart(chart: &Chart, doctor: &Doctor) -> AnyView {
    let content = match &chart.content {
        Content::Journey(rows) => history::journey(rows, doctor),
        Content::Visits(visits) => history::visits(visits, doctor),
        Content::Vitals(earlier) => orders::vitals(chart, earlier, doctor),
        Content::Prescribe(draft) => prescribe::prescribe(chart, draft, doctor),
        Content::Tests(tariff) => orders::tests(chart, tariff, doctor),
        Content::Results => results::results(chart, doctor),
        Content::Refer => orders::refer(chart, doctor),
        Content::FollowUp => orders::follow_up(chart, doctor),
    };
    // Beside every form; where all results are shown they would be there twice.
    let results = (chart.content.tab() != Tab::Results).then(|| results::remarkable(chart));
    view! {
        <section class="card card-phase phase-consult" aria-label=tr!("Patient")>
            {banner(chart, doctor)} {tiles(chart, doctor)} {results} {tabs(chart)} {content} {foot(chart, doctor)}
        </section>
        {others(chart, doctor)}
    }
    .into_any()
}

fn banner(chart: &Chart, doctor: &Doctor) -> AnyView {
    let card = &chart.card;
    let visit = &card.visit;
    let age = age_and_sex(card.patient_birth_date, card.patient_sex, doctor.tenant.local_day(doctor.now));
    let reason = visit.reason.clone().unwrap_or_else(|| tr!("reason not recorded"));
    let place = match (&chart.visit.place, &card.room_name) {
        (Place::Room { .. }, Some(room)) => tr!("in {room}", room),
        (_, _) => language::say(visit.status.label()).to_lowercase(),
    };
    let ended = chart.visit.outcome.is_some();
    view! {
        <div class="patient-banner">
            <span class="token">{visit.token.clone()}</span>
            <div class="patient-main">
                <h1 class="patient-name">
                    <a href=format!("/visits/{}", visit.visit_id)>{card.patient_name.clone()}</a>
                    {priority_tag(visit.priority)}
                    {(visit.status != Status::InConsultation).then(|| status_tag(visit.status))}
                </h1>
                <p class="secondary">{format!("{age} · {reason}")}</p>
            </div>
            {(!ended).then(|| clock(place, visit.since, doctor))}
        </div>
    }
    .into_any()
}

fn clock(place: String, since: chrono::DateTime<chrono::Utc>, doctor: &Doctor) -> AnyView {
    let seconds = (doctor.now - since).num_seconds().max(0);
    view! {
        <p class="clock">
            <span>{place}</span>
            <time datetime=format!("PT{}M", seconds / 60) data-since=since.to_rfc3339()>{language::duration(seconds)}</time>
        </p>
    }
    .into_any()
}

fn tiles(chart: &Chart, doctor: &Doctor) -> AnyView {
    let signs = vital_signs(&chart.steps, chart.is_adult(doctor.tenant.local_day(doctor.now)));
    if signs.is_empty() {
        return view! {
            <p class="secondary">
                {tr!("Vital signs not recorded.")} " " {chart
                    .may(EventType::VitalsRecorded)
                    .then(|| view! { <a href=chart.address(Tab::Vitals)>{tr!("Record them")}</a> })}
            </p>
        }
        .into_any();
    }
    let tiles = signs
        .into_iter()
        .map(|sign| {
            let (class, word) = match sign.reading {
                Reading::Usual => (None, None),
                Reading::Low => (Some("abnormal"), Some(tr!("low"))),
                Reading::High => (Some("abnormal"), Some(tr!("high"))),
                Reading::Critical => (Some("critical"), Some(tr!("critical"))),
            };
            let word = word.map(|word| format!(", {word}")).unwrap_or_default();
            let earlier = sign.earlier.map(|value| format!(" ({})", tr!("was {value}", value)));
            view! {
                <div class=class>
                    <dt>{language::say(sign.name)} {word} {earlier}</dt>
                    <dd>{sign.value}</dd>
                </div>
            }
        })
        .collect_view();
    view! { <dl class="figures figures-tiles">{tiles}</dl> }.into_any()
}

fn tabs(chart: &Chart) -> AnyView {
    let open = chart.content.tab();
    let results = chart.visit.tests.values().filter(|test| test.stage != Stage::Cancelled).count();
    let links = Tab::ALL
        .iter()
        .zip(1..)
        .map(|(tab, key)| {
            let number = match tab {
                Tab::Visits => chart.earlier,
                Tab::Results => results,
                _ => 0,
            };
            let number = (number > 0).then(|| format!(" {number}"));
            view! {
                <li>
                    <a href=chart.address(*tab) data-key=key.to_string() aria-current=(*tab == open).then_some("true")>{language::say(tab.label())} {number}</a>
                </li>
            }
        })
        .collect_view();
    view! { <nav class="tabs" aria-label=tr!("Consultation")><ul>{links}</ul></nav> }.into_any()
}

/// Says why a form is not offered.
pub(super) fn not_now(chart: &Chart) -> AnyView {
    if chart.visit.outcome.is_some() {
        empty(Icon::Lock, tr!("The visit has ended"), tr!("Nothing more can be ordered on it."))
    } else {
        empty(
            Icon::DoorClosed,
            tr!("The patient was not seen yet"),
            tr!("This is possible once the patient has been in the room."),
        )
    }
}

/// How the consultation, and the visit, ends.
fn foot(chart: &Chart, doctor: &Doctor) -> AnyView {
    let visit = &chart.card.visit;
    let leaves = chart.may(EventType::ExitedRoom).then(|| {
        button(EventType::ExitedRoom, &visit.visit_id, None, &[]).label(tr!("Patient leaves")).key("l").view()
    });
    let complete = chart.may(EventType::ConsultationCompleted).then(|| {
        let form = chart.form(EventType::ConsultationCompleted, doctor);
        let fields = [form.labelled("diagnosis", &tr!("Diagnosis")), form.labelled("notes", &tr!("Notes"))];
        fold(&form, "c", tr!("Complete consultation"), fields)
    });
    let ends = chart.may(EventType::VisitCompleted).then(|| {
        let form = EventForm::new(
            EventType::VisitCompleted,
            Some(&visit.visit_id),
            Some(visit.version),
            doctor.attempt.as_ref(),
        );
        fold(&form, "v", tr!("Complete visit"), [form.labelled("summary", &tr!("Summary"))])
    });
    if leaves.is_none() && complete.is_none() && ends.is_none() {
        return ().into_any();
    }
    view! { <div class="form-foot divided consultation-end">{leaves} {complete} {ends}</div> }.into_any()
}

/// A form that opens in place of its button.
fn fold<const FIELDS: usize>(
    form: &EventForm,
    key: &'static str,
    action: String,
    fields: [AnyView; FIELDS],
) -> AnyView {
    view! {
        <details class="fold fold-button" open=form.was_refused()>
            <summary data-key=key>{icon(Icon::of(form.event()))} {action.clone()}</summary>
            <div class="fold-body">
                <form method="post" class="stack">
                    {form.hidden()} {fields.into_iter().collect_view()}
                    <div class="form-foot">
                        <button class="button button-primary">{icon(Icon::of(form.event()))} {action}</button>
                    </div>
                </form>
            </div>
        </details>
    }
    .into_any()
}

/// Links to others who are in the room too.
fn others(chart: &Chart, doctor: &Doctor) -> AnyView {
    let others: Vec<_> =
        doctor.in_room.iter().filter(|card| card.visit.visit_id != chart.card.visit.visit_id).collect();
    if others.is_empty() {
        return ().into_any();
    }
    let rows = others
        .into_iter()
        .map(|card| super::queue::row(card, doctor, tr!("in the room"), super::queue::open_link(card)))
        .collect_view();
    view! {
        <section class="card card-flush" aria-labelledby="in-room">
            <div class="card-head">
                <h2 id="in-room">{tr!("In the room")}</h2>
            </div>
            <ul class="list">{rows}</ul>
        </section>
    }
    .into_any()
}
