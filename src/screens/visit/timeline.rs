//! Every step of the visit, the oldest first; waits between them have rows of their own.

use chrono::{DateTime, Utc};
use leptos::prelude::*;
use serde_json::Value;
use tr::tr;

use super::VisitPage;
use crate::journey::events::EventType;
use crate::journey::ids::{DepartmentId, Id, PersonId, RoomId};
use crate::journey::measures::Part;
use crate::journey::money::Money;
use crate::journey::schema::{Field, Shape};
use crate::journey::visit::Place;
use crate::journey::words::{Phase, Station};
use crate::language;
use crate::log::StoredEvent;
use crate::log::timeline::TimelineRow;
use crate::screens::form::field_label;
use crate::screens::icon::{Icon, icon};
use crate::screens::parts::{Lateness, clock_time, day_and_time, phase_class, wait};

/// A wait shorter than this has no row of its own.
const LONG_WAIT: i64 = 5 * 60;

/// A wait in a queue, from joining it to being called, or until now.
struct Waited {
    station: Station,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    ongoing: bool,
}

/// The journey.
pub fn timeline(page: &VisitPage) -> AnyView {
    let waits = long_waits(page);
    let mut rows: Vec<AnyView> = Vec::new();
    let mut waits = waits.iter().peekable();
    let mut before: Option<&TimelineRow> = None;
    for step in &page.steps {
        while let Some(waited) = waits.next_if(|waited| !waited.ongoing && ends(waited, step)) {
            rows.push(gap(page, waited));
        }
        rows.push(row(page, step, before));
        before = Some(step);
    }
    rows.extend(waits.map(|waited| gap(page, waited)));
    let seal = if page.intact {
        let verified = tr!("1 step · hashes verified" | "{n} steps · hashes verified" % page.steps.len());
        view! { <span class="secondary small">{verified} " " {icon(Icon::ShieldCheck)}</span> }.into_any()
    } else {
        view! { <span class="tag tag-danger">{icon(Icon::ShieldAlert)} {tr!("Changed after it was logged")}</span> }
            .into_any()
    };
    view! {
        <section class="card" aria-labelledby="journey">
            <div class="card-head"><h2 id="journey">{tr!("The journey")}</h2> {seal}</div>
            <ol class="timeline">{rows}</ol>
        </section>
    }
    .into_any()
}

/// Whether a step is the one that ended a wait: the patient's next step at or after its end.
fn ends(waited: &Waited, step: &TimelineRow) -> bool {
    let moves = match step.event_type {
        EventType::QueueCalled | EventType::QueueSkipped | EventType::EnteredRoom => true,
        EventType::TestSampleCollected => waited.station == Station::Lab,
        EventType::PaymentReceived | EventType::PaymentPartial => waited.station == Station::Billing,
        event => event.is_outcome(),
    };
    step.performed_at > waited.to || (moves && step.performed_at == waited.to)
}

/// The waits that are long enough to be told; what follows without a break is one wait.
fn long_waits(page: &VisitPage) -> Vec<Waited> {
    let ongoing = page.visit.outcome.is_none() && matches!(page.visit.place, Place::Queue { .. });
    let mut waits: Vec<Waited> = Vec::new();
    for stay in page.measures.stays.iter().filter(|stay| stay.part == Part::Waiting) {
        let Some(station) = stay.station else { continue };
        match waits.last_mut() {
            Some(last) if last.to == stay.from && last.station == station => last.to = stay.to,
            _ => waits.push(Waited { station, from: stay.from, to: stay.to, ongoing: false }),
        }
    }
    if let Some(last) = waits.last_mut() {
        last.ongoing = ongoing;
    }
    waits.retain(|waited| waited.ongoing || (waited.to - waited.from).num_seconds() >= LONG_WAIT);
    waits
}

fn gap(page: &VisitPage, waited: &Waited) -> AnyView {
    let seconds = (waited.to - waited.from).num_seconds();
    let target = page.target(waited.station);
    let lateness = Lateness::of(seconds, Some(target));
    let tag = match lateness {
        Lateness::InTime => phase_class("tag", Phase::Wait),
        Lateness::Late => "tag tag-warning".to_owned(),
        Lateness::Over => "tag tag-danger".to_owned(),
    };
    let target = format!(" · {}", tr!("target {minutes}", minutes = target));
    let words = if waited.ongoing {
        let (before, after) = around_wait(waited.station);
        view! { <span>{before} " " {wait(waited.from, page.now, None)} " " {after} {target}</span> }.into_any()
    } else {
        view! { <span>{has_waited(waited.station, language::duration(seconds)) + &target}</span> }.into_any()
    };
    view! {
        <li class=lateness.class("step-gap")>
            <span class=tag>{icon(Icon::Hourglass)} {words}</span>
        </li>
    }
    .into_any()
}

/// What stands before and after a wait that goes on.
fn around_wait(station: Station) -> (String, String) {
    let after = match station {
        Station::Consultation => tr!("after a wait that ticks" => "for the doctor"),
        Station::Lab => tr!("after a wait that ticks" => "for the lab"),
        Station::Billing => tr!("after a wait that ticks" => "to pay"),
    };
    (tr!("before a wait that ticks" => "Waiting"), after)
}

fn has_waited(station: Station, time: String) -> String {
    match station {
        Station::Consultation => tr!("Waited {time} for the doctor", time),
        Station::Lab => tr!("Waited {time} for the lab", time),
        Station::Billing => tr!("Waited {time} to pay", time),
    }
}

fn row(page: &VisitPage, step: &TimelineRow, before: Option<&TimelineRow>) -> AnyView {
    let mut class = phase_class("step", step.phase);
    if step.beside {
        class.push_str(" step-beside");
    }
    if step.event_type == EventType::TestSampleRejected {
        class.push_str(" step-problem");
    }
    let since = before.map(|before| {
        let seconds = (step.performed_at - before.performed_at).num_seconds();
        view! { <span class="step-since"><span class="visually-hidden">{tr!("before a duration" => "after")} " "</span>{language::duration(seconds)}</span> }
    });
    let day = page.tenant.local_day(step.performed_at);
    let another_day = before.is_some_and(|before| page.tenant.local_day(before.performed_at) != day);
    let stored = page.stored.iter().find(|stored| stored.position == step.position);
    view! {
        <li class=class id=format!("step-{}", step.version)>
            <time class="step-time" datetime=step.performed_at.to_rfc3339()>
                {clock_time(&page.tenant, step.performed_at)}
                {another_day.then(|| view! { <span class="small">{language::date(day, "%-d %b")}</span> })}
            </time>
            <span class="step-badge">{icon(Icon::by_name(&step.icon))}</span>
            <div class="step-body">
                <h3 class="step-title">{step.title.clone()}</h3>
                <p class="step-text">{step.sentence.clone()}</p>
                {stored.map(|stored| details(page, step, stored))}
            </div>
            {since}
        </li>
    }
    .into_any()
}

/// What is known of a step, and where the log holds it.
fn details(page: &VisitPage, step: &TimelineRow, stored: &StoredEvent) -> AnyView {
    let tenant = &page.tenant;
    let seconds = |at: DateTime<Utc>| language::date(tenant.local(at), "%-d %b %Y, %H:%M:%S");
    let mut facts = vec![(tr!("Done by"), step.performer.clone())];
    known(page, step.event_type.row().fields, &stored.event.today(), "", &mut facts);
    facts.extend(stored.event.description.clone().map(|description| (tr!("Description"), description)));
    if !stored.event.tags.is_empty() {
        facts.push((tr!("Tags"), stored.event.tags.join(", ")));
    }
    let facts = facts.into_iter().map(|(word, value)| view! { <dt>{word}</dt><dd>{value}</dd> }).collect_view();
    let of_step = tr!("of “{title}”, step {number}", title = step.title, number = step.version);
    view! {
        <details class="fold step-details">
            <summary>{tr!("Details")} <span class="visually-hidden">" " {of_step}</span></summary>
            <dl class="facts">
                {facts}
                <dt>{tr!("when" => "Done")}</dt><dd>{seconds(step.performed_at)}</dd>
                <dt>{tr!("when" => "Logged")}</dt><dd>{seconds(stored.recorded_at)}</dd>
                <dt>{tr!("Event")}</dt><dd><code>{language::say(step.event_type.label())}</code> " " <code>{stored.event.id.to_string()}</code></dd>
                <dt>{tr!("Version")}</dt>
                <dd>
                    {tr!("{version}, position {position} in the log;", version = step.version, position = stored.position)} " "
                    <a href=format!("/visits/{}?version={}", page.id(), step.version)>{tr!("the visit as it was then")}</a>
                </dd>
                <dt>{tr!("Hash")}</dt><dd><code>{stored.hash.to_string()}</code></dd>
            </dl>
        </details>
    }
    .into_any()
}

/// Metadata in words, field by field as the schema has them.
fn known(page: &VisitPage, fields: &[Field], metadata: &Value, path: &str, facts: &mut Vec<(String, String)>) {
    for field in fields {
        let Some(value) = metadata.get(field.name) else { continue };
        let name = format!("{path}{}", field.name);
        match (field.shape, value) {
            (Shape::List { of, .. }, Value::Array(lines)) => {
                for (number, line) in lines.iter().enumerate() {
                    known(page, of, line, &format!("{name}[{number}]."), facts);
                }
            }
            // What an id names stands in the step's sentence or beside it; the bare id says nothing to people.
            (Shape::NewId(_), _) => {}
            (shape, value) => facts.push((field_label(&name), in_words(page, shape, value))),
        }
    }
}

fn in_words(page: &VisitPage, shape: Shape, value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match shape {
        Shape::Money { .. } => page.tenant.money(Money(value.as_i64().unwrap_or_default())),
        Shape::Choice(choices) => {
            choices.iter().find(|(word, _)| *word == text).map_or(text, |(_, label)| language::say(label))
        }
        Shape::Time => text.parse().map_or(text, |at| day_and_time(&page.tenant, at)),
        Shape::Id(thing) => named(page, thing, &text).unwrap_or(text),
        _ => text,
    }
}

/// What people call the thing of an id.
fn named(page: &VisitPage, thing: &str, id: &str) -> Option<String> {
    match thing {
        "patient" => Some(page.card.patient_name.clone()),
        "person" => page.names.get(&PersonId::parse(id).ok()?).cloned(),
        "room" => page.room_name(&RoomId::parse(id).ok()?).map(str::to_owned),
        "department" => {
            let id = DepartmentId::parse(id).ok()?;
            page.departments.iter().find(|department| department.id == id).map(|department| department.name.clone())
        }
        _ => super::actions::thing_name(page, thing, id),
    }
}
