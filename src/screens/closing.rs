//! At closing time: who was booked or registered and was not seen, to be marked as no-shows in one go.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use leptos::prelude::*;
use tr::tr;

use super::attempt::Attempt;
use super::entry::Entry;
use super::icon::{Icon, icon};
use super::parts::Column::{Unseen, Words};
use super::parts::{day_and_time, empty, status_tag, table};
use crate::hospital::bookings::BookingCard;
use crate::hospital::tenants::Tenant;
use crate::journey::words::Status;
use crate::projections::visits::VisitCard;

/// What the screen shows.
pub struct Closing {
    /// The hospital.
    pub tenant: Tenant,
    /// Who was registered and not seen.
    pub visits: Vec<VisitCard>,
    /// Who was booked and is not here.
    pub bookings: Vec<BookingCard>,
    /// How many were confirmed just now.
    pub confirmed: Option<usize>,
    /// The present moment.
    pub now: DateTime<Utc>,
    /// What was refused.
    pub attempt: Option<Arc<Attempt>>,
}

/// A visit and its version, so that who was called meanwhile is not swept.
fn as_shown(card: &VisitCard) -> String {
    format!("{}@{}", card.visit.visit_id, card.visit.version)
}

/// Shows the list.
pub fn closing(screen: Closing) -> impl IntoView {
    let Closing { tenant, visits, bookings, confirmed, now, attempt } = screen;
    let entry = Entry::new("sweep", "", attempt.as_ref());
    let nobody = visits.is_empty() && bookings.is_empty();
    let lead = tr!(
        "{time} · {unseen} not seen, {absent} not here",
        time = day_and_time(&tenant, now),
        unseen = visits.len(),
        absent = bookings.len()
    );
    // Of a form that was refused, what became something else since is not ticked again.
    let tick = |name: &'static str, value: String, label: String, gone: bool| {
        let checked = entry.chose(name, &value, gone);
        view! {
            <td class="cell-icon">
                <label class="check"><input type="checkbox" name=name value=value checked=checked aria-label=label/></label>
            </td>
        }
    };
    let visit_rows = visits
        .iter()
        .map(|card| {
            let visit = &card.visit;
            // Who was called did not come; who still waits may sit there.
            let gone = matches!(visit.status, Status::Called | Status::Away);
            let label = tr!("No-show: {patient}", patient = card.patient_name);
            let registered = tr!("registered {time}", time = day_and_time(&tenant, visit.registered_at));
            view! {
                <tr data-row=visit.visit_id.to_string()>
                    {tick("visit", as_shown(card), label, gone)}
                    <th scope="row">
                        <a href=format!("/visits/{}", visit.visit_id)>{card.patient_name.clone()}</a>
                        <span class="sub">{visit.token.clone()} " · MRN " {card.patient_mrn.clone()}</span>
                    </th>
                    <td>{status_tag(visit.status)}</td>
                    <td>{registered}</td>
                    <td>{card.doctor_name.clone()}</td>
                </tr>
            }
        })
        .collect_view();
    let booking_rows = bookings
        .iter()
        .map(|card| {
            let booking = &card.booking;
            let label = tr!("Did not come: {patient}", patient = card.patient_name);
            let booked = tr!("booked for {time}", time = day_and_time(&tenant, booking.starts_at));
            view! {
                <tr data-row=booking.id.to_string()>
                    {tick("booking", booking.id.to_string(), label, true)}
                    <th scope="row">
                        <a href=format!("/bookings/{}", booking.id)>{card.patient_name.clone()}</a>
                        <span class="sub">"MRN " {card.patient_mrn.clone()}</span>
                    </th>
                    <td><span class="tag">{icon(Icon::CalendarClock)} {tr!("Booked")}</span></td>
                    <td>{booked}</td>
                    <td>{card.doctor_name.clone()}</td>
                </tr>
            }
        })
        .collect_view();
    let body = if nobody {
        empty(
            Icon::CircleCheck,
            tr!("Nobody is left"),
            tr!("Everybody who was registered was seen, cancelled or rescheduled."),
        )
    } else {
        let table = table(
            "left",
            [
                Unseen(tr!("Confirm")),
                Words(tr!("Patient")),
                Words(tr!("State")),
                Words(tr!("When")),
                Words(tr!("Doctor")),
            ],
            (visit_rows, booking_rows),
        );
        view! {
            <form method="post" data-still>
                {entry.hidden()}
                {table}
                <div class="card-foot form-foot">
                    <button class="button button-danger">{icon(Icon::UserX)} {tr!("Mark those ticked as no-shows")}</button>
                </div>
            </form>
        }
        .into_any()
    };
    let confirmed = confirmed.map(|count| {
        let words = tr!("1 no-show was logged." | "{n} no-shows were logged." % count);
        view! {
            <div class="notice notice-success notice-line" role="status">{icon(Icon::CircleCheck)} <p>{words}</p></div>
        }
    });
    view! {
        <main class="page stack" id="main">
            <div class="page-head">
                <div>
                    <h1>{tr!("Patients not seen")}</h1>
                    <p class="page-lead">{lead}</p>
                </div>
                <div class="actions"><a class="button" href="/reception">{tr!("Back to reception")}</a></div>
            </div>
            {confirmed}
            <section class="card card-flush" aria-labelledby="left">
                <div class="card-head"><h2 id="left">{tr!("Tick who went without being seen")}</h2></div>
                {body}
            </section>
        </main>
    }
}
