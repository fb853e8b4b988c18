//! One booking, with what can be done about it; and who is expected at the reception.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use leptos::prelude::*;
use tr::tr;

use super::{duration_of, state_tag};
use crate::hospital::bookings::{BookingCard, BookingState};
use crate::hospital::tenants::Tenant;
use crate::journey::words::Phase;
use crate::log::StoredEvent;
use crate::screens::admin::history::{Names, history};
use crate::screens::attempt::Attempt;
use crate::screens::entry::{Entry, press};
use crate::screens::icon::{Icon, icon};
use crate::screens::parts::{clock_time, day_and_time, phase_class};

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
    /// The day it is.
    pub today: NaiveDate,
    /// What was refused.
    pub attempt: Option<Arc<Attempt>>,
}

/// Shows one booking.
pub fn one_booking(screen: OneBooking) -> impl IntoView {
    let OneBooking { tenant, card, registers, events, names, today, attempt } = screen;
    let booking = &card.booking;
    let stands = booking.state == BookingState::Booked;
    let cancel = Entry::new("cancel", "", attempt.as_ref());
    let check_in = (stands && registers && booking.day <= today)
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
                        {booking
                            .follow_up_of
                            .as_ref()
                            .map(|visit| view! { <li><a href=format!("/visits/{visit}")>{tr!("Follow-up")}</a></li> })}
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
