//! The visits behind a figure.

use chrono::NaiveDate;
use leptos::prelude::*;
use tr::tr;

use super::asked::{Asked, Names, grouped, times};
use super::behind::{self, Unfinished};
use super::waits::definition;
use super::{Tab, head};
use crate::analytics::Only;
use crate::analytics::journeys::Stop;
use crate::journey::course::Measure;
use crate::journey::ids::VisitId;
use crate::language::{self, duration, say};
use crate::screens::icon::{Icon, icon};
use crate::screens::parts::Column::{Number, Words};
use crate::screens::parts::{Lateness, empty, table};

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
    /// Some of them, the longest first, or those furthest past their target.
    pub listed: Vec<Listed>,
    /// How many there are.
    pub count: usize,
    /// How many of them reached their end.
    pub reached: usize,
    /// How many are on the pages before.
    pub skipped: usize,
    /// Which page of them this is, from 1.
    pub page: usize,
}

/// What the visits behind a figure have in common.
pub(super) fn which(only: &Only) -> String {
    let stages = |stops: &[Stop]| stops.iter().map(|stop| say(stop.label())).collect::<Vec<_>>().join(" > ");
    match only {
        Only::Among(among) => say(among.label()),
        Only::Event(event) => super::waits::words(*event),
        Only::Lost(outcome) => super::waits::lost(*outcome),
        Only::Reason(_, reason) => super::journeys::given(reason.as_deref()),
        Only::Path(stops) => stages(stops),
        Only::Flow(_, from, to) => stages(&[*from, *to]),
    }
}

/// Turns the pages of a list.
pub(super) fn turning(asked: &Asked, tab: Tab, page: usize, more: bool) -> AnyView {
    let turn = |page: usize| format!("{}&page={page}", asked.address(tab.path()));
    let earlier = (page > 1).then(|| {
        view! { <a class="button" rel="prev" href=turn(page - 1)>{icon(Icon::ArrowLeft)} {tr!("Page {number}", number = page - 1)}</a> }
    });
    let later = more.then(|| {
        view! { <a class="button" rel="next" href=turn(page + 1)>{tr!("Page {number}", number = page + 1)} {icon(Icon::ArrowRight)}</a> }
    });
    (page > 1 || more).then(|| view! { <div class="card-foot row">{earlier} {later}</div> }).into_any()
}

/// What the times and counts of a list mean, to be unfolded.
pub(super) fn meaning(definition: String) -> AnyView {
    view! {
        <div class="card-foot screen-only">
            <details class="fold">
                <summary>{tr!("What it means")}</summary>
                <div class="fold-body"><p class="secondary">{definition}</p></div>
            </details>
        </div>
    }
    .into_any()
}

/// Shows the visits behind a figure.
pub fn visits(page: Visits) -> impl IntoView {
    let Visits { breaches, asked, names, unfinished, listed, count, reached, skipped, page } = page;
    let (tab, title) = match breaches {
        true => (Tab::Breaches, tr!("Past their target")),
        false => (Tab::Visits, tr!("The visits behind the figure")),
    };
    let all = match asked.among {
        Some(_) => tr!("1 visit" | "{count} visits" % count, count = grouped(count)),
        None if reached < count => {
            tr!("{reached} reached, {left} not yet", reached = grouped(reached), left = grouped(count - reached))
        }
        None => times(count),
    };
    let begun = asked.weekday.zip(asked.hour).map(|(day, hour)| {
        let (weekday, hour) = (language::weekday(usize::from(day).saturating_sub(1), "%A"), format!("{hour:02}"));
        tr!("begun on {weekday}s from {hour}:00", weekday, hour)
    });
    let (first, last) = (grouped(skipped + 1), grouped(skipped + listed.len()));
    let shown = (!listed.is_empty() && listed.len() < count).then(|| tr!("{first} to {last} are shown", first, last));
    let order = match breaches {
        true => tr!("{times}, the furthest past their target first", times = all),
        false => tr!("{times}, the longest first", times = all),
    };
    let what = [Some(order), begun, shown];
    let what = what.into_iter().flatten().collect::<Vec<_>>().join("; ");
    let heading = asked.among.as_ref().map_or_else(|| say(asked.measure.label()), which);
    let measures = super::waits::measures().map(|measure| {
        let current = (asked.among.is_none() && measure == asked.measure).then_some("true");
        view! { <li><a href=asked.of(measure).address(tab.path()) aria-current=current>{say(measure.label())}</a></li> }
    });
    let measures = view! {
        <nav class="tabs screen-only" aria-label=tr!("Measures")><ul>{measures.collect_view()}</ul></nav>
    }
    .into_any();
    let means = match (&asked.among, breaches) {
        (Some(_), _) => {
            let took = tr!("Each visit stands here with how long the whole of it took.");
            format!("{took} {}", definition(Measure::WholeVisit))
        }
        (None, true) => {
            let over = tr!("What took longer than the target of its department.");
            format!("{over} {}", definition(asked.measure))
        }
        (None, false) => definition(asked.measure),
    };
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
        table(
            "listed",
            [
                Words(tr!("Token")),
                Words(tr!("Patient")),
                Words(tr!("Department")),
                Words(tr!("Doctor")),
                Words(tr!("Day")),
                Number(tr!("Took")),
                Number(tr!("Target")),
            ],
            rows,
        )
    };
    view! {
        <main class="page stack analytics" id="main">
            {head(title, tab, &asked, &names)}
            {unfinished.map(behind::notice)}
            {measures}
            <section class="card card-flush" aria-labelledby="listed">
                <div class="card-head">
                    <h2 id="listed">{heading}</h2>
                    <p class="secondary">{what}</p>
                </div>
                {table} {turning(&asked, tab, page, skipped + listed.len() < count)} {meaning(means)}
            </section>
        </main>
    }
}
