//! The hours of the week in which a doctor can be booked.

use std::sync::Arc;

use leptos::prelude::*;

use crate::hospital::clinics::Clinic;
use crate::screens::attempt::Attempt;
use crate::screens::entry::{Entry, press};
use crate::screens::icon::{Icon, icon};

const WEEK: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

fn name(weekday: i32) -> &'static str {
    usize::try_from(weekday - 1).ok().and_then(|day| WEEK.get(day)).copied().unwrap_or_default()
}

/// Shows the hours, and the form for more.
pub fn hours(clinics: &[Clinic], attempt: Option<&Arc<Attempt>>) -> AnyView {
    let entry = Entry::new("open-hours", "", attempt);
    let rows = clinics
        .iter()
        .map(|clinic| {
            let times = format!("{}, {} to {}", name(clinic.weekday), clinic.begins, clinic.ends);
            view! {
                <li class="list-row">
                    {icon(Icon::CalendarClock)}
                    <div class="list-main">
                        <p class="list-title">{times}</p>
                        <p class="list-detail">{clinic.slot_minutes} " minutes for each patient"</p>
                    </div>
                    {press("close-hours", &clinic.id, "button button-compact", "Close")}
                </li>
            }
        })
        .collect_view();
    let none = clinics.is_empty().then(|| view! { <p class="secondary">"No hours yet: nobody can be booked."</p> });
    let days = (1..=7).map(|day| (day.to_string(), name(day).to_owned())).collect();
    view! {
        <section class="card stack" aria-labelledby="hours">
            <h2 id="hours">"Hours for bookings"</h2>
            <ul class="list list-inset">{rows}</ul>
            {none}
            <form method="post" class="stack">
                {entry.hidden()}
                <div class="fields">
                    {entry.select("weekday", "Day of the week", days, true, "1")}
                    {entry.input("time", "begins", "From", true, "09:00")}
                    {entry.input("time", "ends", "To", true, "13:00")}
                    {entry.text("slotMinutes", "Minutes for each patient", true, "15")}
                </div>
                <div class="form-foot"><button class="button button-primary">{icon(Icon::Plus)} "Open hours"</button></div>
            </form>
        </section>
    }
    .into_any()
}
