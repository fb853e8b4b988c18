//! Bookings: a day of the doctors' slots, and one booking with what can be done about it.

use std::sync::Arc;

use chrono::{DateTime, Days, NaiveDate, Utc};
use leptos::prelude::*;
use tr::tr;

use super::admin::history::{Names, history};
use super::attempt::Attempt;
use super::entry::{Entry, press};
use super::icon::{Icon, icon};
use super::parts::{age_and_sex, clock_time, day_and_time, empty, phase_class};
use crate::hospital::bookings::{BookingCard, BookingState};
use crate::hospital::clinics::Slot;
use crate::hospital::patients::Patient;
use crate::hospital::people::Person;
use crate::hospital::tenants::Tenant;
use crate::journey::words::Phase;
use crate::language::{date, say};
use crate::log::StoredEvent;

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
    /// A new booking of a patient.
    For(Patient),
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
pub fn day(screen: Day) -> impl IntoView {
    let count = screen.bookings.iter().filter(|card| card.booking.state != BookingState::Cancelled).count();
    let lead = tr!("{day} · {count} booked", day = date(screen.day, "%A %-d %B %Y"), count);
    let banner = match &screen.choosing {
        Choosing::Nothing => None,
        Choosing::For(patient) => {
            let age = age_and_sex(patient.birth_date, patient.sex, screen.tenant.local_day(screen.now));
            Some(banner(tr!("A time for {patient}", patient = patient.name), format!("{age} · MRN {}", patient.mrn)))
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
    let doctors = screen.doctors.iter().map(|doctor| doctor_card(&screen, doctor)).collect_view();
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
                <div class="actions">{screen.step(-1, tr!("The day before"))} {screen.step(1, tr!("The day after"))}</div>
            </div>
            {banner} {chooser(&screen)} {doctors} {nobody}
        </main>
    }
}

fn banner(title: String, words: String) -> AnyView {
    view! {
        <div class="notice notice-line" role="status">{icon(Icon::CalendarPlus)} <p><b>{title}</b> " · " {words}</p></div>
    }
    .into_any()
}

/// The day and the doctor to look at.
fn chooser(screen: &Day) -> AnyView {
    let kept = screen.kept().map(|(name, value)| view! { <input type="hidden" name=name value=value/> });
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
            {kept}
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
            matches!(screen.choosing, Choosing::For(_)).then(|| entry.text("reason", &tr!("Reason"), false, ""));
        let about = screen.kept().map(|(name, value)| view! { <input type="hidden" name=name value=value/> });
        view! {
            <form method="post" action="/bookings" class="stack">
                {entry.hidden()} {about} <input type="hidden" name="doctorId" value=day.doctor.id.to_string()/>
                <input type="hidden" name="day" value=screen.day.to_string()/> {reason} {times}
            </form>
        }
        .into_any()
    } else {
        times
    };
    view! {
        <section class="card stack" aria-labelledby=id.clone()>
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
    /// What the slot is chosen for, as a part of the address.
    fn kept(&self) -> Option<(&'static str, String)> {
        match &self.choosing {
            Choosing::Nothing => None,
            Choosing::For(patient) => Some(("patient", patient.id.to_string())),
            Choosing::Moving(card) => Some(("move", card.booking.id.to_string())),
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
        if let Some((name, value)) = self.kept() {
            href = format!("{href}&{name}={value}");
        }
        let image = if days < 0 { Icon::ArrowLeft } else { Icon::ArrowRight };
        view! { <a class="button" href=href>{icon(image)} {label}</a> }.into_any()
    }
}

/// What the page of one booking shows.
pub struct OneBooking {
    /// The hospital.
    pub tenant: Tenant,
    /// The booking.
    pub card: BookingCard,
    /// Whether the person may register visits.
    pub registers: bool,
    /// What became of it.
    pub events: Vec<StoredEvent>,
    /// What ids are called.
    pub names: Names,
    /// What was refused.
    pub attempt: Option<Arc<Attempt>>,
}

/// Shows one booking.
pub fn one_booking(screen: OneBooking) -> impl IntoView {
    let OneBooking { tenant, card, registers, events, names, attempt } = screen;
    let booking = &card.booking;
    let stands = booking.state == BookingState::Booked;
    let cancel = Entry::new("cancel", "", attempt.as_ref());
    let check_in = (stands && registers)
        .then(|| press("check-in", "", "button button-primary", view! { {icon(Icon::UserCheck)} {tr!("Check in")} }));
    let visit = booking.visit_id.as_ref().map(|visit| {
        view! { <a class="button" href=format!("/visits/{visit}")>{icon(Icon::Route)} {tr!("Open the visit")}</a> }
    });
    let moving = stands.then(|| {
        let href = format!("/bookings?move={}&day={}&doctor={}", booking.id, booking.day, booking.doctor_id);
        view! { <a class="button" href=href>{icon(Icon::CalendarClock)} {tr!("Another time")}</a> }
    });
    let cancelling = stands.then(|| {
        view! {
            <section class="card" aria-labelledby="cancel">
                <h2 id="cancel">{tr!("Cancel")}</h2>
                <form method="post" class="stack">
                    {cancel.hidden()} {cancel.text("reason", &tr!("Reason"), false, "")}
                    <div class="form-foot"><button class="button button-danger">{icon(Icon::CalendarX)} {tr!("Cancel the booking")}</button></div>
                </form>
            </section>
        }
    });
    view! {
        <main class="page stack" id="main">
            <section class="card patient-banner" aria-label=tr!("Booking")>
                <span class="token">{clock_time(&tenant, booking.starts_at)}</span>
                <div class="patient-main">
                    <h1 class="patient-name">
                        <a href=format!("/patients/{}", booking.patient_id)>{card.patient_name.clone()}</a>
                        " "
                        {state_tag(booking.state)}
                    </h1>
                    <ul class="patient-facts">
                        <li>{day_and_time(&tenant, booking.starts_at)} ", " {duration_of(&card)}</li>
                        <li>{card.doctor_name.clone()}</li>
                        <li>"MRN " {card.patient_mrn.clone()}</li>
                        {card.patient_phone.clone().map(|phone| view! { <li>{phone}</li> })}
                        {booking.reason.clone().map(|reason| view! { <li>{reason}</li> })}
                    </ul>
                </div>
                <div class="actions">{check_in} {moving} {visit}</div>
            </section>
            {cancelling} {history(&tenant, &events, &names)}
        </main>
    }
}

/// Who is expected at the reception: each checked in by one press.
pub fn expected(tenant: &Tenant, bookings: &[BookingCard], registers: bool, now: DateTime<Utc>) -> AnyView {
    let awaited: Vec<_> = bookings.iter().filter(|card| card.booking.state == BookingState::Booked).collect();
    let arrived = bookings.iter().filter(|card| card.booking.state == BookingState::Arrived).count();
    if awaited.is_empty() && arrived == 0 {
        return ().into_any();
    }
    let rows = awaited
        .iter()
        .map(|card| {
            let booking = &card.booking;
            let late = booking.starts_at < now;
            let detail: Vec<_> = [Some(card.doctor_name.clone()), booking.reason.clone(), Some(format!("MRN {}", card.patient_mrn))]
                .into_iter()
                .flatten()
                .collect();
            let entry = Entry::new("check-in", "", None);
            let check_in = registers.then(|| {
                view! {
                    <form method="post" action=format!("/bookings/{}", booking.id)>
                        {entry.hidden()} <input type="hidden" name="_then" value="/reception"/>
                        <button class="button button-compact" aria-label=tr!("Check in {patient}", patient = card.patient_name)>
                            {icon(Icon::UserCheck)} {tr!("Check in")}
                        </button>
                    </form>
                }
            });
            view! {
                <li class="list-row">
                    <span class="token token-plain">{clock_time(tenant, booking.starts_at)}</span>
                    <div class="list-main">
                        <p class="list-title">
                            <a href=format!("/bookings/{}", booking.id)>{card.patient_name.clone()}</a>
                            " "
                            {late.then(|| view! { <span class="tag tag-warning">{icon(Icon::Clock)} {tr!("Not here yet")}</span> })}
                        </p>
                        <p class="list-detail">{detail.join(" · ")}</p>
                    </div>
                    {check_in}
                </li>
            }
        })
        .collect_view();
    let list = if awaited.is_empty() {
        view! { <div class="empty"><p class="empty-title">{tr!("Everybody booked for today is here")}</p></div> }
            .into_any()
    } else {
        view! { <ul class="list">{rows}</ul> }.into_any()
    };
    view! {
        <section class="card card-flush" aria-labelledby="expected">
            <div class="card-head">
                <h2 id="expected">{tr!("Expected today")}</h2>
                <div class="row">
                    <span class=phase_class("tag", Phase::Arrive)>{icon(Icon::CalendarClock)} {tr!("{count} to come", count = awaited.len())}</span>
                    <span class="tag tag-success">{icon(Icon::CircleCheck)} {tr!("{count} arrived", count = arrived)}</span>
                </div>
            </div>
            {list}
        </section>
    }
    .into_any()
}
