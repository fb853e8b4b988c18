//! Small things that several screens show alike.

use chrono::{DateTime, NaiveDate, Utc};
use leptos::prelude::*;
use tr::tr;

use super::icon::{Icon, icon};
use crate::hospital::measure_targets::Targets;
use crate::hospital::tenants::Tenant;
use crate::journey::words::{Phase, Priority, Sex, Stage, Status, Word};
use crate::language::{date, duration, say};
use crate::projections::visits::VisitRow;

/// How a wait stands against its target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lateness {
    /// Within the target, or without one.
    InTime,
    /// Past the target.
    Late,
    /// Past half as long again as the target.
    Over,
}

impl Lateness {
    /// Judges a wait.
    pub fn of(seconds: i64, target_minutes: Option<i64>) -> Self {
        match target_minutes.map(|minutes| minutes * 60) {
            Some(target) if seconds > target * 3 / 2 => Self::Over,
            Some(target) if seconds > target => Self::Late,
            _ => Self::InTime,
        }
    }

    /// Adds its ending to a class: `ticket ticket-late`.
    pub fn class(self, class: &str) -> String {
        match self {
            Self::InTime => class.to_owned(),
            Self::Late => format!("{class} {class}-late"),
            Self::Over => format!("{class} {class}-over"),
        }
    }
}

/// How many minutes a visit should wait at most where it stands; none unless it waits.
pub fn target(targets: &Targets, visit: &VisitRow) -> Option<i64> {
    let station = visit.station.filter(|_| visit.status == Status::Waiting)?;
    Some(targets.wait(visit.department_id.as_ref(), station))
}

/// How long something has lasted; it ticks in the browser.
pub fn wait(since: DateTime<Utc>, now: DateTime<Utc>, target_minutes: Option<i64>) -> AnyView {
    let seconds = (now - since).num_seconds().max(0);
    let class = Lateness::of(seconds, target_minutes).class("wait");
    view! {
        <time class=class datetime=format!("PT{}M", seconds / 60) data-since=since.to_rfc3339()>
            {duration(seconds)}
        </time>
    }
    .into_any()
}

/// The tag of a priority; a routine visit has none.
pub fn priority_tag(priority: Priority) -> AnyView {
    match priority {
        Priority::Emergency => {
            view! { <span class="tag tag-emergency">{icon(Icon::TriangleAlert)} {tr!("Emergency")}</span> }.into_any()
        }
        Priority::Urgent => {
            view! { <span class="tag tag-urgent">{icon(Icon::TriangleAlert)} {tr!("Urgent")}</span> }.into_any()
        }
        Priority::Routine => ().into_any(),
    }
}

/// The tag of a visit's status.
pub fn status_tag(status: Status) -> AnyView {
    let (class, name) = match status {
        Status::Registered => (phase_class("tag", Phase::Arrive), Icon::ClipboardPlus),
        Status::Waiting => (phase_class("tag", Phase::Wait), Icon::Hourglass),
        Status::Called => (phase_class("tag", Phase::Wait), Icon::Megaphone),
        Status::Away => ("tag".to_owned(), Icon::UserX),
        Status::InConsultation => (phase_class("tag", Phase::Consult), Icon::Stethoscope),
        Status::Open => (phase_class("tag", Phase::Arrive), Icon::House),
        Status::Completed => ("tag tag-success".to_owned(), Icon::CircleCheck),
        Status::Cancelled => ("tag".to_owned(), Icon::CircleOff),
        Status::NoShow => ("tag".to_owned(), Icon::UserX),
        Status::Rescheduled => ("tag".to_owned(), Icon::CalendarClock),
    };
    view! { <span class=class>{icon(name)} {say(status.label())}</span> }.into_any()
}

/// A class with the colours of a phase: `tag phase-wait`.
pub fn phase_class(class: &str, phase: Phase) -> String {
    format!("{class} phase-{}", phase.word())
}

/// A test's stage as a bar of seven parts; the words stand beside it.
pub fn stage_bar(stage: Stage) -> AnyView {
    let done = Stage::ALL.iter().position(|other| *other == stage).filter(|_| stage != Stage::Cancelled).unwrap_or(0);
    let parts = (1..=7).map(|part| view! { <span class=(part <= done).then_some("done")></span> }).collect_view();
    view! { <div class="stage-bar" aria-hidden="true">{parts}</div> }.into_any()
}

/// Age and sex in words: "42 years, female".
pub fn age_and_sex(birth_date: Option<NaiveDate>, sex: Option<Sex>, today: NaiveDate) -> String {
    let age = birth_date.and_then(|born| match today.years_since(born)? {
        0 => Some(tr!("{months} months", months = (today - born).num_days() / 30)),
        years => Some(tr!("1 year" | "{n} years" % years)),
    });
    match (age, sex) {
        (Some(age), Some(sex)) => format!("{age}, {}", say(sex.label())),
        (Some(age), None) => age,
        (None, Some(sex)) => say(sex.label()),
        (None, None) => tr!("age not recorded"),
    }
}

/// The time of day on the hospital's clock.
pub fn clock_time(tenant: &Tenant, at: DateTime<Utc>) -> String {
    tenant.local(at).format("%H:%M").to_string()
}

/// The day and time on the hospital's clock.
pub fn day_and_time(tenant: &Tenant, at: DateTime<Utc>) -> String {
    date(tenant.local(at), "%-d %b %Y, %H:%M")
}

/// Prints the page it stands on, and is not on the paper itself; without JavaScript it says how the browser prints.
pub fn print_button() -> AnyView {
    view! {
        <button type="button" class="button" data-print data-key="p">{icon(Icon::Printer)} {tr!("Print")}</button>
        <noscript><span>{tr!("Print with the browser (Ctrl P).")}</span></noscript>
    }
    .into_any()
}

/// Says that there is nothing, and what to do about it.
pub fn empty(name: Icon, title: impl Into<String>, words: impl Into<String>) -> AnyView {
    view! {
        <div class="empty">
            {icon(name)} <p class="empty-title">{title.into()}</p>
            <p>{words.into()}</p>
        </div>
    }
    .into_any()
}

/// What stands above a column.
pub enum Column {
    /// Of words.
    Words(String),
    /// Of numbers.
    Number(String),
    /// Of what speaks for itself to who sees it; others have it read out.
    Unseen(String),
}

/// A table, called what the heading of an id says; where it is too wide, it is moved and not the page.
pub fn table(heading: &'static str, columns: impl IntoIterator<Item = Column>, rows: impl IntoView) -> AnyView {
    let columns = columns.into_iter().map(|column| match column {
        Column::Words(words) => view! { <th scope="col">{words}</th> }.into_any(),
        Column::Number(words) => view! { <th scope="col" class="number">{words}</th> }.into_any(),
        Column::Unseen(words) => view! { <th scope="col"><span class="visually-hidden">{words}</span></th> }.into_any(),
    });
    view! {
        <div class="table-wrap" role="group" aria-labelledby=heading tabindex="0">
            <table class="table" aria-labelledby=heading>
                <thead><tr>{columns.collect_view()}</tr></thead>
                <tbody>{rows.into_any()}</tbody>
            </table>
        </div>
    }
    .into_any()
}

/// A text as a part of a query.
pub fn query_text(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
        encoded
    })
}
