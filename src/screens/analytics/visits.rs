//! The visits behind a figure.

use chrono::NaiveDate;
use leptos::prelude::*;

use super::asked::{Asked, Names, grouped, plural};
use super::waits::WEEKDAYS;
use super::{Tab, head};
use crate::journey::ids::VisitId;
use crate::journey::wording::human_duration;
use crate::screens::icon::Icon;
use crate::screens::parts::{Lateness, empty};

/// A visit of the list.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Which visit.
    pub visit: VisitId,
    /// What the patient is called by.
    pub token: String,
    /// The patient's name.
    pub patient: String,
    /// The department.
    pub department: String,
    /// The doctor concerned.
    pub doctor: String,
    /// The day.
    pub day: NaiveDate,
    /// How long it took; none when its end was not reached.
    pub seconds: Option<i64>,
    /// How long it should have taken at most.
    pub target: Option<i64>,
}

/// What the page shows.
pub struct Visits {
    /// Whether only those past their target are listed.
    pub breaches: bool,
    /// What the address asks for.
    pub asked: Asked,
    /// What things are called.
    pub names: Names,
    /// The first of them, the longest first.
    pub listed: Vec<Listed>,
    /// How many there are.
    pub count: usize,
}

/// Shows the visits behind a figure.
pub fn visits(page: Visits) -> impl IntoView {
    let Visits { breaches, asked, names, listed, count } = page;
    let (tab, title) = match breaches {
        true => (Tab::Breaches, "Past their target"),
        false => (Tab::Visits, "The visits behind the figure"),
    };
    let when = match (asked.weekday, asked.hour) {
        (Some(day), Some(hour)) => {
            let day = WEEKDAYS.get(usize::from(day).saturating_sub(1)).copied().unwrap_or_default();
            format!(", begun on {day}s from {hour:02}:00")
        }
        _ => String::new(),
    };
    let shown =
        if listed.len() < count { format!("; the first {} are shown", grouped(listed.len())) } else { String::new() };
    let what = format!("{}, the longest first{when}{shown}.", plural(count, "time", "times"));
    let measures = super::waits::measures().map(|measure| {
        let current = (measure == asked.measure).then_some("true");
        view! { <li><a href=asked.of(measure).address(tab.path()) aria-current=current>{measure.label()}</a></li> }
    });
    let measures = view! {
        <nav class="tabs screen-only" aria-label="Measures"><ul>{measures.collect_view()}</ul></nav>
    }
    .into_any();
    let rows = listed.iter().map(|one| {
        let late = match (one.seconds, one.target) {
            (Some(seconds), Some(target)) => Lateness::of(seconds, Some(target / 60)),
            _ => Lateness::InTime,
        };
        view! {
            <tr>
                <th scope="row"><a href=format!("/visits/{}", one.visit)>{one.token.clone()}</a></th>
                <td>{one.patient.clone()}</td>
                <td>{one.department.clone()}</td>
                <td>{one.doctor.clone()}</td>
                <td>{one.day.format("%a %-d %b").to_string()}</td>
                <td class="number">
                    <span class=late.class("wait")>{one.seconds.map_or_else(|| "not reached".to_owned(), human_duration)}</span>
                </td>
                <td class="number">{one.target.map_or_else(|| "–".to_owned(), human_duration)}</td>
            </tr>
        }
        .into_any()
    });
    let rows = rows.collect_view();
    let table = if listed.is_empty() {
        empty(Icon::CircleCheck, "None", "No visit of this period is among these.")
    } else {
        view! {
            <div class="table-wrap" role="group" aria-labelledby="listed" tabindex="0">
                <table class="table">
                    <thead>
                        <tr>
                            <th scope="col">"Token"</th>
                            <th scope="col">"Patient"</th>
                            <th scope="col">"Department"</th>
                            <th scope="col">"Doctor"</th>
                            <th scope="col">"Day"</th>
                            <th scope="col" class="number">"Took"</th>
                            <th scope="col" class="number">"Target"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        }
        .into_any()
    };
    view! {
        <main class="page stack analytics" id="main">
            {head(title, tab, &asked, &names)}
            {measures}
            <section class="card card-flush" aria-labelledby="listed">
                <div class="card-head">
                    <h2 id="listed">{asked.measure.label()}</h2>
                    <p class="secondary">{what}</p>
                </div>
                {table}
            </section>
        </main>
    }
}
