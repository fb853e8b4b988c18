//! What goes on now.

use leptos::prelude::*;

use super::asked::{Asked, Names, plural};
use super::charts::{Chart, short};
use super::panel::{Cell, Panel, Sheet};
use crate::analytics::now::Now;
use crate::analytics::waits::Dimension;
use crate::hospital::tenants::Tenant;
use crate::journey::ids::{Id, VisitId};
use crate::journey::wording::human_duration;
use crate::journey::words::{Phase, Stage, Station};
use crate::screens::icon::{Icon, icon};
use crate::screens::parts::{Lateness, phase_class};

/// How many late visits are named.
const NAMED: usize = 5;

/// What is drawn of it.
#[derive(Clone, Debug)]
pub struct NowView {
    stations: Vec<StationView>,
    backlog: Vec<(Stage, i64)>,
    doctors: Vec<String>,
    late: Vec<LateView>,
    more: usize,
}

#[derive(Clone, Debug)]
struct StationView {
    name: &'static str,
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
pub fn panel(now: &Now, names: &Names, asked: &Asked) -> Panel {
    let mut sheet = Sheet::new(&["Station", "Department", "Waiting", "Longest wait"]);
    for at in &now.stations {
        for (department, waiting) in &at.by_department {
            let name = names.of(Dimension::Department, department.as_ref().map(Id::as_str));
            let cells = vec![
                Cell::Text(at.station.label().to_owned()),
                Cell::Text(name),
                Cell::Count(waiting.visits),
                Cell::Seconds(Some(waiting.longest)),
            ];
            sheet.row(Some(waiting.visits), cells);
        }
    }
    let longest = now.stations.iter().filter_map(|at| {
        let longest = at.by_department.values().map(|waiting| waiting.longest).max()?;
        Some((longest, at.longest.as_ref()?, at.station))
    });
    let finding = match longest.max_by_key(|(seconds, ..)| *seconds) {
        None => "Nobody is waiting.".to_owned(),
        Some((seconds, visit, station)) => {
            let late = match now.late.len() {
                0 => "Nobody waits past the target".to_owned(),
                1 => "1 visit is past its target".to_owned(),
                many => format!("{many} visits are past their target"),
            };
            let place = match station {
                Station::Consultation => "for the doctor",
                Station::Lab => "for the lab",
                Station::Billing => "to pay",
            };
            format!("{late}. Longest wait: {}, {} {place}.", visit.token, human_duration(seconds))
        }
    };
    let stations = now.stations.iter().map(|at| {
        let (name, href, phase) = match at.station {
            Station::Consultation => ("Doctor", "/queue/consultation", Phase::Consult),
            Station::Lab => ("Lab", "/queue/lab", Phase::Test),
            Station::Billing => ("Billing", "/queue/billing", Phase::Pay),
        };
        let words = match (at.last_hour.median, at.last_hour.p90) {
            (Some(median), Some(p90)) => format!("last hour: median {}, p90 {}", short(median), short(p90)),
            _ => "nobody served in the last hour".to_owned(),
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
        doctors: now.in_session.iter().map(|doctor| names.person(Some(doctor))).collect(),
        late: late.collect(),
        more: now.late.len().saturating_sub(NAMED),
    };
    Panel {
        id: "now",
        title: "Now".to_owned(),
        finding,
        chart: Chart::Now(Box::new(view)),
        sheet,
        definition: "Who waits at a station and was not called yet, since they last came to its queue. Median and 90th percentile \
            (p90) are of the waits that ended within the last hour. A doctor is in session with a patient in the room, or \
            with one within the hour. A wait is past its target when it exceeds the one of its department."
            .to_owned(),
        visits: Some(asked.address("/analytics/breaches")),
        wide: false,
    }
}

/// Draws what goes on now.
pub fn draw(_: &Tenant, now: NowView) -> AnyView {
    let stations = now.stations.into_iter().map(|at| {
        view! {
            <li class=phase_class("now-station", at.phase)>
                <span class="secondary">{at.name}</span>
                <a class="now-count" href=at.href>{at.waiting} " waiting"</a>
                <span class="small secondary">{at.words}</span>
            </li>
        }
    });
    let backlog = now.backlog.iter().filter(|(stage, _)| !matches!(stage, Stage::Delivered | Stage::Cancelled));
    let backlog = backlog.map(|(stage, tests)| {
        view! { <li><b>{*tests}</b> " " {stage.label().to_lowercase()}</li> }
    });
    let doctors = match now.doctors.len() {
        0 => "No doctor is in session.".to_owned(),
        count => format!("{} in session: {}.", plural(count, "doctor", "doctors"), now.doctors.join(", ")),
    };
    let late = now.late.into_iter().map(|late| {
        let class = Lateness::of(late.seconds, Some(late.target / 60)).class("wait");
        view! {
            <li class="list-row">
                <a class="token token-plain" href=format!("/visits/{}", late.visit)>{late.token}</a>
                <span class="list-main">{late.words}</span>
                <span class=class>{short(late.seconds)} <span class="secondary">" of " {short(late.target)}</span></span>
            </li>
        }
    });
    let late: Vec<_> = late.collect();
    let more = (now.more > 0).then(|| view! { <p class="small secondary">{format!("and {} more", now.more)}</p> });
    let backlog: Vec<_> = backlog.collect();
    view! {
        <ul class="now-stations">{stations.collect_view()}</ul>
        <p class="now-line">{icon(Icon::Stethoscope)} <span>{doctors}</span></p>
        {(!backlog.is_empty())
            .then(|| {
                view! {
                    <div class="now-line">
                        {icon(Icon::TestTubes)}
                        <ul class="now-backlog" aria-label="Tests in the lab, by stage">{backlog}</ul>
                    </div>
                }
            })}
        {(!late.is_empty()).then(|| view! { <ul class="list list-inset" aria-label="Past their target">{late}</ul> })} {more}
    }
    .into_any()
}
