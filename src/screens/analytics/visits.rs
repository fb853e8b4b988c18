//! The visits behind a figure.

use chrono::NaiveDate;
use leptos::prelude::*;
use tr::tr;

use super::asked::{Asked, Names, grouped, times};
use super::behind::{self, Unfinished};
use super::{Tab, head};
use crate::journey::ids::VisitId;
use crate::language::{self, duration, say};
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
    /// Why they may not be all, when they are not.
    pub unfinished: Option<Unfinished>,
    /// The first of them, the longest first.
    pub listed: Vec<Listed>,
    /// How many there are.
    pub count: usize,
}

/// Shows the visits behind a figure.
pub fn visits(page: Visits) -> impl IntoView {
    let Visits { breaches, asked, names, unfinished, listed, count } = page;
    let (tab, title) = match breaches {
        true => (Tab::Breaches, tr!("Past their target")),
        false => (Tab::Visits, tr!("The visits behind the figure")),
    };
    let (all, first) = (times(count), grouped(listed.len()));
    let begun = asked
        .weekday
        .zip(asked.hour)
        .map(|(day, hour)| (language::weekday(usize::from(day).saturating_sub(1), "%A"), format!("{hour:02}")));
    let what = match (begun, listed.len() < count) {
        (None, false) => tr!("{times}, the longest first.", times = all),
        (None, true) => tr!("{times}, the longest first; the first {count} are shown.", times = all, count = first),
        (Some((day, hour)), false) => {
            tr!("{times}, the longest first, begun on {weekday}s from {hour}:00.", times = all, weekday = day, hour)
        }
        (Some((day, hour)), true) => tr!(
            "{times}, the longest first, begun on {weekday}s from {hour}:00; the first {count} are shown.",
            times = all,
            weekday = day,
            hour,
            count = first
        ),
    };
    let measures = super::waits::measures().map(|measure| {
        let current = (measure == asked.measure).then_some("true");
        view! { <li><a href=asked.of(measure).address(tab.path()) aria-current=current>{say(measure.label())}</a></li> }
    });
    let measures = view! {
        <nav class="tabs screen-only" aria-label=tr!("Measures")><ul>{measures.collect_view()}</ul></nav>
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
                <td>{language::date(one.day, "%a %-d %b")}</td>
                <td class="number">
                    <span class=late.class("wait")>{one.seconds.map_or_else(|| tr!("not reached"), duration)}</span>
                </td>
                <td class="number">{one.target.map_or_else(|| "–".to_owned(), duration)}</td>
            </tr>
        }
        .into_any()
    });
    let rows = rows.collect_view();
    let table = if listed.is_empty() {
        empty(Icon::CircleCheck, tr!("None"), tr!("No visit of this period is among these."))
    } else {
        view! {
            <div class="table-wrap" role="group" aria-labelledby="listed" tabindex="0">
                <table class="table">
                    <thead>
                        <tr>
                            <th scope="col">{tr!("Token")}</th>
                            <th scope="col">{tr!("Patient")}</th>
                            <th scope="col">{tr!("Department")}</th>
                            <th scope="col">{tr!("Doctor")}</th>
                            <th scope="col">{tr!("Day")}</th>
                            <th scope="col" class="number">{tr!("Took")}</th>
                            <th scope="col" class="number">{tr!("Target")}</th>
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
            {unfinished.map(behind::notice)}
            {measures}
            <section class="card card-flush" aria-labelledby="listed">
                <div class="card-head">
                    <h2 id="listed">{say(asked.measure.label())}</h2>
                    <p class="secondary">{what}</p>
                </div>
                {table}
            </section>
        </main>
    }
}
