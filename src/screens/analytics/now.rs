//! What goes on now.

use leptos::prelude::*;
use tr::tr;

use super::asked::{Asked, Names};
use super::charts::{Chart, short};
use super::panel::{Cell, Listed, Panel, Sheet};
use crate::analytics::now::{Late, Now};
use crate::analytics::waits::Dimension;
use crate::analytics::{Among, Filter, Period};
use crate::hospital::tenants::Tenant;
use crate::journey::ids::{Id, VisitId};
use crate::journey::words::{Phase, Stage, Station, Word};
use crate::language::{duration, say};
use crate::projections::tests::AtStage;
use crate::screens::icon::{Icon, icon};
use crate::screens::parts::{Lateness, phase_class};

/// How many late visits are named.
const NAMED: usize = 5;

/// What is drawn of it.
#[derive(Clone, Debug)]
pub struct NowView {
    stations: Vec<StationView>,
    backlog: Vec<AtStage>,
    /// Whether all but the backlog is of some visits alone.
    narrowed: bool,
    doctors: Vec<String>,
    late: Vec<LateView>,
    more: usize,
}

#[derive(Clone, Debug)]
struct StationView {
    name: String,
    href: &'static str,
    phase: Phase,
    waiting: usize,
    words: String,
}

#[derive(Clone, Debug)]
struct LateView {
    visit: VisitId,
    token: String,
    words: String,
    seconds: i64,
    target: i64,
}

/// Tells what goes on now.
pub fn panel(now: &Now, names: &Names, asked: &Asked, lately: Period) -> Panel {
    let narrowed = asked.filter != Filter::default();
    let sheet = sheet(now, names, narrowed);
    let longest = now.stations.iter().filter_map(|at| {
        let longest = at.by_department.values().map(|waiting| waiting.longest).max()?;
        Some((longest, at.longest.as_ref()?, at.station))
    });
    let finding = match longest.max_by_key(|(seconds, ..)| *seconds) {
        None => tr!("Nobody is waiting."),
        Some((seconds, visit, station)) => {
            let (token, wait) = (&visit.token, duration(seconds));
            let longest = match station {
                Station::Consultation => {
                    tr!("Longest wait: {token}, {duration} for the doctor.", token, duration = wait)
                }
                Station::Lab => tr!("Longest wait: {token}, {duration} for the lab.", token, duration = wait),
                Station::Billing => tr!("Longest wait: {token}, {duration} to pay.", token, duration = wait),
            };
            let late = match now.late.len() {
                0 => tr!("Nobody waits past the target."),
                late => tr!("1 visit is past its target." | "{n} visits are past their target." % late),
            };
            format!("{late} {longest}")
        }
    };
    let stations = now.stations.iter().map(|at| {
        let (name, href, phase) = match at.station {
            Station::Consultation => (tr!("Doctor"), "/queue/consultation", Phase::Consult),
            Station::Lab => (tr!("Lab"), "/queue/lab", Phase::Test),
            Station::Billing => (tr!("Billing"), "/queue/billing", Phase::Pay),
        };
        let words = match (at.last_hour.median, at.last_hour.p90) {
            (Some(median), Some(p90)) => {
                let (median, p90) = (short(median), short(p90));
                tr!("last hour: median {median}, p90 {p90}", median, p90)
            }
            _ => tr!("nobody served in the last hour"),
        };
        StationView { name, href, phase, waiting: at.waiting, words }
    });
    let late = now.late.iter().take(NAMED).map(|late| LateView {
        visit: late.visit.visit_id.clone(),
        token: late.visit.token.clone(),
        words: names.of(Dimension::Department, late.visit.department_id.as_ref().map(Id::as_str)),
        seconds: late.seconds,
        target: late.target,
    });
    let view = NowView {
        stations: stations.collect(),
        backlog: now.backlog.clone(),
        narrowed,
        doctors: now.in_session.iter().map(|doctor| names.person(Some(doctor))).collect(),
        late: late.collect(),
        more: now.late.len().saturating_sub(NAMED),
    };
    Panel {
        id: "now",
        title: tr!("Now"),
        finding,
        chart: Chart::Now(Box::new(view)),
        sheet,
        definition: definition(),
        listed: Listed::Visits(Asked { preset: None, period: lately, ..asked.clone() }.listing(Among::Open)),
        wide: false,
    }
}

/// What it means.
fn definition() -> String {
    let waits = tr!(
        "Who waits at a station and was not called yet, since they last came to its queue. Median and 90th percentile \
        (p90) are of the waits that ended within the last hour. A doctor is in session with a patient in the room, or \
        with one within the hour. A wait is past its target when it exceeds the one of its department."
    );
    let lab = tr!("The tests in the lab are those of the whole hospital, whatever visits are looked at.");
    format!("{waits} {lab}")
}

/// All that is drawn of it, as a table.
fn sheet(now: &Now, names: &Names, narrowed: bool) -> Sheet {
    let columns = [tr!("what"), tr!("Station"), tr!("which"), tr!("count"), tr!("Longest wait"), tr!("Past target")];
    let mut sheet = Sheet::new(columns.into_iter().chain([tr!("median"), tr!("90th percentile")]));
    let none = || Cell::Nothing;
    for at in &now.stations {
        let station = || Cell::Text(say(at.station.label()));
        for (department, waiting) in &at.by_department {
            let here = |late: &&Late| late.visit.station == Some(at.station) && late.visit.department_id == *department;
            sheet.row([
                Cell::Text(tr!("Waiting")),
                station(),
                Cell::Text(names.of(Dimension::Department, department.as_ref().map(Id::as_str))),
                Cell::count(waiting.visits),
                Cell::Seconds(Some(waiting.longest), waiting.visits),
                Cell::count(now.late.iter().filter(here).count()),
                none(),
                none(),
            ]);
        }
        sheet.row([
            Cell::Text(tr!("Called within the last hour")),
            station(),
            none(),
            Cell::of_all(&at.last_hour),
            none(),
            none(),
            Cell::of(&at.last_hour, |figure| figure.median),
            Cell::of(&at.last_hour, |figure| figure.p90),
        ]);
    }
    let mut other = |what: String, station: Cell, which: String, count: Cell| {
        sheet.row([Cell::Text(what), station, Cell::Text(which), count, none(), none(), none(), none()]);
    };
    for doctor in &now.in_session {
        other(tr!("Doctor in session"), none(), names.person(Some(doctor)), none());
    }
    for at in in_the_lab(&now.backlog) {
        let [tests, visits] = [at.tests, at.visits].map(|count| usize::try_from(count).unwrap_or_default());
        let lab = Cell::Text(say(Station::Lab.label()));
        let what = match narrowed {
            true => tr!("Tests in the lab, of the whole hospital"),
            false => tr!("Tests in the lab"),
        };
        other(what, lab, say(at.stage.label()), Cell::Count(tests, visits));
    }
    sheet
}

/// The tests with which something is still to be done, in the order of the stages.
fn in_the_lab(backlog: &[AtStage]) -> impl Iterator<Item = &AtStage> {
    let stages = Stage::ALL.iter().filter(|stage| !matches!(stage, Stage::Delivered | Stage::Cancelled));
    stages.flat_map(move |stage| backlog.iter().filter(move |at| at.stage == *stage))
}

/// Draws what goes on now.
pub fn draw(_: &Tenant, now: NowView) -> AnyView {
    let stations = now.stations.into_iter().map(|at| {
        view! {
            <li class=phase_class("now-station", at.phase)>
                <span class="secondary">{at.name}</span>
                <a class="now-count" href=at.href>{tr!("{count} waiting", count = at.waiting)}</a>
                <span class="small secondary">{at.words}</span>
            </li>
        }
    });
    let backlog = in_the_lab(&now.backlog).map(|at| {
        view! { <li><b>{at.tests}</b> " " {say(at.stage.label()).to_lowercase()}</li> }
    });
    let doctors = match now.doctors.len() {
        0 => tr!("No doctor is in session."),
        count => {
            let names = now.doctors.join(", ");
            tr!("1 doctor in session: {names}." | "{n} doctors in session: {names}." % count, names)
        }
    };
    let late = now.late.into_iter().map(|late| {
        let class = Lateness::of(late.seconds, Some(late.target / 60)).class("wait");
        let target = short(late.target);
        view! {
            <li class="list-row">
                <a class="token token-plain" href=format!("/visits/{}", late.visit)>{late.token}</a>
                <span class="list-main">{late.words}</span>
                <span class=class>{short(late.seconds)} <span class="secondary">" " {tr!("of {target}", target)}</span></span>
            </li>
        }
    });
    let late: Vec<_> = late.collect();
    let more =
        (now.more > 0).then(|| view! { <p class="small secondary">{tr!("and {count} more", count = now.more)}</p> });
    let backlog: Vec<_> = backlog.collect();
    let of_all = now.narrowed.then(|| view! { <span class="secondary">{tr!("of the whole hospital")}</span> });
    view! {
        <ul class="now-stations">{stations.collect_view()}</ul>
        <p class="now-line">{icon(Icon::Stethoscope)} <span>{doctors}</span></p>
        {(!backlog.is_empty())
            .then(|| {
                view! {
                    <div class="now-line">
                        {icon(Icon::TestTubes)}
                        <ul class="now-backlog" aria-label=tr!("Tests in the lab, by stage")>{backlog}</ul>
                        {of_all}
                    </div>
                }
            })}
        {(!late.is_empty()).then(|| view! { <ul class="list list-inset" aria-label=tr!("Past their target")>{late}</ul> })} {more}
    }
    .into_any()
}
