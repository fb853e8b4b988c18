//! The hours of the week in which a doctor can be booked.

use std::sync::Arc;

use leptos::prelude::*;
use tr::tr;

use crate::hospital::clinics::Clinic;
use crate::language;
use crate::screens::attempt::Attempt;
use crate::screens::entry::{Entry, press};
use crate::screens::icon::{Icon, icon};

fn name(weekday: i32) -> String {
    usize::try_from(weekday - 1).map_or_else(|_| String::new(), |day| language::weekday(day, "%A"))
}

/// Shows the hours, and the form for more.
pub fn hours(clinics: &[Clinic], attempt: Option<&Arc<Attempt>>) -> AnyView {
    let entry = Entry::new("open-hours", "", attempt);
    let rows = clinics
        .iter()
        .map(|clinic| {
            let day = name(clinic.weekday);
            let times = tr!("{weekday}, {begins} to {ends}", weekday = day, begins = clinic.begins, ends = clinic.ends);
            let closing = view! { {tr!("Close hours")} <span class="visually-hidden">" " {times.clone()}</span> };
            view! {
                <li class="list-row">
                    {icon(Icon::CalendarClock)}
                    <div class="list-main">
                        <p class="list-title">{times}</p>
                        <p class="list-detail">{tr!("{minutes} minutes for each patient", minutes = clinic.slot_minutes)}</p>
                    </div>
                    {press("close-hours", &clinic.id, "button button-compact", closing)}
                </li>
            }
        })
        .collect_view();
    let none =
        clinics.is_empty().then(|| view! { <p class="secondary">{tr!("No hours yet: nobody can be booked.")}</p> });
    let days = (1..=7).map(|day| (day.to_string(), name(day))).collect();
    view! {
        <section class="card stack" aria-labelledby="hours">
            <h2 id="hours">{tr!("Hours for bookings")}</h2>
            <ul class="list list-inset">{rows}</ul>
            {none}
            <form method="post" class="stack">
                {entry.hidden()}
                <div class="fields">
                    {entry.select("weekday", &tr!("Day of the week"), days, true, "1")}
                    {entry.input("time", "begins", &tr!("From"), true, "09:00")}
                    {entry.input("time", "ends", &tr!("To"), true, "13:00")}
                    {entry.text("slotMinutes", &tr!("Minutes for each patient"), true, "15")}
                </div>
                <div class="form-foot"><button class="button button-primary">{icon(Icon::Plus)} {tr!("Open hours")}</button></div>
            </form>
        </section>
    }
    .into_any()
}
