//! Bookings: a day of the doctors' slots.

pub mod one;

use std::sync::Arc;

use chrono::{DateTime, Days, NaiveDate, Utc};
use leptos::prelude::*;
use tr::tr;

use super::attempt::Attempt;
use super::entry::Entry;
use super::icon::{Icon, icon};
use super::parts::{age_and_sex, clock_time, day_and_time, empty, phase_class};
use super::registration::known_already;
use crate::hospital::bookings::{BookingCard, BookingState};
use crate::hospital::clinics::Slot;
use crate::hospital::patients::Patient;
use crate::hospital::people::Person;
use crate::hospital::tenants::Tenant;
use crate::journey::ids::VisitId;
use crate::journey::words::Phase;
use crate::language::{date, say};

/// The form that makes a record of a new patient.
pub const NEW_PATIENT: &str = "new-patient";

/// A doctor's day.
pub struct DoctorDay {
    /// Who.
    pub doctor: Person,
    /// Their slots.
    pub slots: Vec<Slot>,
}

/// What a slot is chosen for.
pub enum Choosing {
    /// Nothing: the day is looked at.
    Nothing,
    /// A new booking of somebody of whom there is no record yet; these may be the same as they.
    New(Vec<Patient>),
    /// A new booking of a patient, perhaps for the follow-up of a visit.
    For(Patient, Option<VisitId>),
    /// Another time for a booking.
    Moving(BookingCard),
}

/// What the day shows.
pub struct Day {
    /// The hospital.
    pub tenant: Tenant,
    /// Which day.
    pub day: NaiveDate,
    /// The doctors who have hours on it.
    pub doctors: Vec<DoctorDay>,
    /// All who have hours at all, to choose from.
    pub choices: Vec<(String, String)>,
    /// The doctor looked at; all without one.
    pub doctor: Option<String>,
    /// The day's bookings.
    pub bookings: Vec<BookingCard>,
    /// What a slot is chosen for.
    pub choosing: Choosing,
    /// The present moment.
    pub now: DateTime<Utc>,
    /// What was refused.
    pub attempt: Option<Arc<Attempt>>,
}

/// Shows the day.
pub fn day(screen: Day) -> AnyView {
    let count = screen.bookings.iter().filter(|card| card.booking.state != BookingState::Cancelled).count();
    let lead = tr!("{day} · {count} booked", day = date(screen.day, "%A %-d %B %Y"), count);
    let banner = match &screen.choosing {
        Choosing::Nothing | Choosing::New(_) => None,
        Choosing::For(patient, follow_up_of) => {
            let age = age_and_sex(patient.birth_date, patient.sex, screen.tenant.local_day(screen.now));
            let follow_up = follow_up_of.as_ref().map(|_| format!(" · {}", tr!("Follow-up"))).unwrap_or_default();
            let words = format!("{age} · MRN {}{follow_up}", patient.mrn);
            Some(banner(tr!("A time for {patient}", patient = patient.name), words))
        }
        Choosing::Moving(card) => Some(banner(
            tr!("Another time for {patient}", patient = card.patient_name),
            tr!(
                "now {time} with {doctor}",
                time = day_and_time(&screen.tenant, card.booking.starts_at),
                doctor = card.doctor_name
            ),
        )),
    };
    if let Choosing::New(duplicates) = &screen.choosing {
        return new_patient(&screen, duplicates);
    }
    let doctors = screen.doctors.iter().map(|doctor| doctor_card(&screen, doctor)).collect_view();
    let whom = matches!(screen.choosing, Choosing::Nothing).then(|| {
        view! {
            <a class="button" href="/patients">{icon(Icon::Search)} {tr!("Book a known patient")}</a>
            <a class="button button-primary" href=format!("/bookings?patient=new&day={}", screen.day)>
                {icon(Icon::UserPlus)}
                {tr!("Book a new patient")}
            </a>
        }
    });
    let nobody = screen.doctors.is_empty().then(|| {
        empty(
            Icon::CalendarX,
            tr!("Nobody has hours on this day"),
            tr!("Hours are set by the administrator, person by person."),
        )
    });
    view! {
        <main class="page stack" id="main">
            <div class="page-head">
                <div>
                    <h1>{tr!("Bookings")}</h1>
                    <p class="page-lead">{lead}</p>
                </div>
                <div class="actions">
                    {screen.step(-1, tr!("The day before"))} {screen.step(1, tr!("The day after"))} {whom}
                </div>
            </div>
            {banner} {chooser(&screen)} {doctors} {nobody}
        </main>
    }
    .into_any()
}

/// Makes a record of somebody who calls for the first time; a visit begins only when they come.
fn new_patient(screen: &Day, duplicates: &[Patient]) -> AnyView {
    let entry = Entry::new(NEW_PATIENT, "", screen.attempt.as_ref());
    let kept = screen.kept().into_iter().map(|(name, value)| view! { <input type="hidden" name=name value=value/> });
    let book = |patient: &Patient| format!("/bookings?patient={}&day={}", patient.id, screen.day);
    let tick = (entry.id("registerAnyway"), entry.chose("registerAnyway", "yes", false));
    let warning =
        (!duplicates.is_empty()).then(|| known_already(duplicates, screen.tenant.local_day(screen.now), book, tick));
    view! {
        <main class="page page-narrow stack" id="main">
            <div class="page-head">
                <div>
                    <h1>{tr!("Book a new patient")}</h1>
                    <p class="page-lead">{tr!("A record is made now; the visit begins when they come")}</p>
                </div>
            </div>
            <section class="card" aria-label=tr!("Patient")>
                <form method="post" action="/bookings" class="stack">
                    {entry.hidden()} {kept.collect_view()}
                    <input type="hidden" name="day" value=screen.day.to_string()/>
                    <div class="fields">
                        {entry.text("name", &tr!("Name"), true, "")} {entry.text("phone", &tr!("Phone"), true, "")}
                        {entry.input("date", "birthDate", &tr!("Date of birth"), false, "")}
                        {entry.text("age", &tr!("or age in years"), false, "")}
                    </div>
                    {warning}
                    <div class="form-foot">
                        <button class="button button-primary">{icon(Icon::CalendarPlus)} {tr!("Choose a time")}</button>
                        <a class="button button-quiet push" href="/bookings">{tr!("Back to the bookings")}</a>
                    </div>
                </form>
            </section>
        </main>
    }
    .into_any()
}

fn banner(title: String, words: String) -> AnyView {
    view! {
        <div class="notice notice-line" role="status">{icon(Icon::CalendarPlus)} <p><b>{title}</b> " · " {words}</p></div>
    }
    .into_any()
}

/// The day and the doctor to look at.
fn chooser(screen: &Day) -> AnyView {
    let kept = screen.kept().into_iter().map(|(name, value)| view! { <input type="hidden" name=name value=value/> });
    let doctors = screen
        .choices
        .iter()
        .map(|(id, name)| {
            let selected = Some(id) == screen.doctor.as_ref();
            view! { <option value=id.clone() selected=selected>{name.clone()}</option> }
        })
        .collect_view();
    view! {
        <form class="card" action="/bookings" aria-label=tr!("Day and doctor")>
            {kept.collect_view()}
            <div class="row row-end-line">
            <div class="field">
                <label for="day">{tr!("Day")}</label>
                <input type="date" id="day" name="day" value=screen.day.to_string() required/>
            </div>
            <div class="field">
                <label for="doctor">{tr!("Doctor")}</label>
                <select id="doctor" name="doctor"><option value="">{tr!("All doctors")}</option> {doctors}</select>
            </div>
            <button class="button">{tr!("Show")}</button>
            </div>
        </form>
    }
    .into_any()
}

fn doctor_card(screen: &Day, day: &DoctorDay) -> AnyView {
    let id = format!("slots-{}", day.doctor.id);
    let chooses = !matches!(screen.choosing, Choosing::Nothing);
    let entry = Entry::new("choose", &day.doctor.id, screen.attempt.as_ref());
    let own: Vec<_> = screen
        .bookings
        .iter()
        .filter(|card| card.booking.doctor_id == day.doctor.id && card.booking.state != BookingState::Cancelled)
        .collect();
    let free: Vec<_> = day
        .slots
        .iter()
        .filter(|slot| slot.ends_at() > screen.now && !own.iter().any(|card| card.booking.slot().overlaps(slot)))
        .collect();
    let booked = own
        .iter()
        .map(|card| {
            view! {
                <li class="list-row">
                    <span class="token token-plain">{clock_time(&screen.tenant, card.booking.starts_at)}</span>
                    <div class="list-main">
                        <p class="list-title">
                            <a href=format!("/bookings/{}", card.booking.id)>{card.patient_name.clone()}</a>
                            " "
                            {state_tag(card.booking.state)}
                        </p>
                        <p class="list-detail">{card.booking.reason.clone().unwrap_or_else(|| duration_of(card))}</p>
                    </div>
                </li>
            }
        })
        .collect_view();
    let times = free
        .iter()
        .map(|slot| {
            let time = clock_time(&screen.tenant, slot.starts_at);
            if chooses {
                let value = slot.starts_at.to_rfc3339();
                view! { <button class="button button-compact" name="slot" value=value>{time}</button> }.into_any()
            } else {
                view! { <span class="tag">{time}</span> }.into_any()
            }
        })
        .collect_view();
    let times = if free.is_empty() {
        view! { <p class="secondary">{tr!("No time is free any more.")}</p> }.into_any()
    } else {
        view! { <div class="row">{times}</div> }.into_any()
    };
    let form = if chooses {
        let reason =
            matches!(screen.choosing, Choosing::For(..)).then(|| entry.text("reason", &tr!("Reason"), false, ""));
        let about =
            screen.kept().into_iter().map(|(name, value)| view! { <input type="hidden" name=name value=value/> });
        view! {
            <form method="post" action="/bookings" class="stack">
                {entry.hidden()} {about.collect_view()} <input type="hidden" name="doctorId" value=day.doctor.id.to_string()/>
                <input type="hidden" name="day" value=screen.day.to_string()/> {reason} {times}
            </form>
        }
        .into_any()
    } else {
        times
    };
    view! {
        <section class="card stack" aria-labelledby=id.clone() data-row=day.doctor.id.to_string()>
            <div class="row row-between">
                <h2 id=id.clone()>{day.doctor.name.clone()}</h2>
                <span class=phase_class("tag", Phase::Arrive)>{icon(Icon::CalendarClock)} {tr!("{count} free", count = free.len())}</span>
            </div>
            {(!own.is_empty()).then(|| view! { <ul class="list list-inset">{booked}</ul> })}
            <h3>{if chooses { tr!("Choose a time") } else { tr!("Free times") }}</h3>
            {form}
        </section>
    }
    .into_any()
}

fn duration_of(card: &BookingCard) -> String {
    tr!("{minutes} min", minutes = card.booking.minutes)
}

/// The tag of what became of a booking.
pub fn state_tag(state: BookingState) -> AnyView {
    let (class, name) = match state {
        BookingState::Booked => (phase_class("tag", Phase::Arrive), Icon::CalendarClock),
        BookingState::Arrived => ("tag tag-success".to_owned(), Icon::CircleCheck),
        BookingState::Cancelled => ("tag".to_owned(), Icon::CalendarX),
        BookingState::Missed => ("tag".to_owned(), Icon::UserX),
    };
    view! { <span class=class>{icon(name)} {say(state.label())}</span> }.into_any()
}

impl Day {
    /// What the slot is chosen for, as parts of the address.
    fn kept(&self) -> Vec<(&'static str, String)> {
        match &self.choosing {
            Choosing::Nothing => Vec::new(),
            Choosing::New(_) => vec![("patient", "new".to_owned())],
            Choosing::For(patient, follow_up_of) => {
                let follow_up_of = follow_up_of.as_ref().map(|visit| ("followUpOf", visit.to_string()));
                [("patient", patient.id.to_string())].into_iter().chain(follow_up_of).collect()
            }
            Choosing::Moving(card) => vec![("move", card.booking.id.to_string())],
        }
    }

    fn step(&self, days: i64, label: String) -> AnyView {
        let day = match days {
            ..0 => self.day.checked_sub_days(Days::new(days.unsigned_abs())),
            _ => self.day.checked_add_days(Days::new(days.unsigned_abs())),
        };
        let mut href = format!("/bookings?day={}", day.unwrap_or(self.day));
        if let Some(doctor) = &self.doctor {
            href = format!("{href}&doctor={doctor}");
        }
        for (name, value) in self.kept() {
            href = format!("{href}&{name}={value}");
        }
        let image = if days < 0 { Icon::ArrowLeft } else { Icon::ArrowRight };
        view! { <a class="button" href=href>{icon(image)} {label}</a> }.into_any()
    }
}
