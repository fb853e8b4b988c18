//! The figures at the head of the page, each beside the one of the period before.

use tr::tr;

use super::asked::{Asked, grouped, times};
use super::charts::short;
use super::waits::definition;
use crate::analytics::Figure;
use crate::analytics::waits::{Ends, Figures, Question};
use crate::journey::course::Measure;
use crate::language::say;

/// A figure beside the one before.
#[derive(Clone, Debug)]
pub struct Tile {
    /// What it is of.
    pub name: String,
    /// The figure.
    pub value: String,
    /// How it changed.
    pub change: Change,
    /// What is said beside the change.
    pub note: String,
    /// What it means.
    pub definition: String,
    /// Where it is looked at.
    pub href: String,
    /// Whether it is looked at.
    pub current: bool,
}

/// How a figure changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// There is nothing to compare it with.
    Unknown,
    /// It is as before.
    Same,
    /// It is better by so much.
    Better(String),
    /// It is worse by so much.
    Worse(String),
    /// It is more by so much, which is neither good nor bad.
    More(String),
    /// It is less by so much.
    Less(String),
}

/// All of them.
pub fn tiles(question: Question, figures: &Figures, asked: &Asked) -> Vec<Tile> {
    let measures = figures.iter().map(|(measure, figures)| tile(*measure, *figures, asked));
    let [now, before] = [asked.period, asked.period.before()].map(|period| question.ends(period));
    measures.chain([no_show_tile(now, before, asked), visits_tile(now, before, asked)]).collect()
}

/// The tile of a measure.
fn tile(measure: Measure, [now, before]: [Figure; 2], asked: &Asked) -> Tile {
    let change = match (now.median, before.median) {
        (Some(now), Some(before)) => {
            let (more, minutes) = (now > before, (now - before).abs() / 60);
            // A doctor who takes more time is not a worse one.
            match (minutes, measure, more) {
                (0, ..) => Change::Same,
                (_, Measure::Consultation, true) => Change::More(short(minutes * 60)),
                (_, Measure::Consultation, false) => Change::Less(short(minutes * 60)),
                (.., true) => Change::Worse(short(minutes * 60)),
                (.., false) => Change::Better(short(minutes * 60)),
            }
        }
        _ => Change::Unknown,
    };
    let p90 = now.p90.map(short).map(|p90| tr!("p90 {duration}", duration = p90));
    let mean = now.mean.map(short).map(|mean| tr!("mean {duration}", duration = mean));
    let count = (now.count > 0).then(|| times(now.count));
    let within = now.share_within().map(|share| tr!("{share} % in target", share = format!("{share:.0}")));
    let missing = (now.missing > 0).then(|| tr!("{count} not reached", count = grouped(now.missing)));
    let name = say(measure.label());
    Tile {
        name: tr!("{measure}, median", measure = name),
        value: now.median.map_or_else(|| "–".to_owned(), short),
        change,
        note: [p90, mean, count, within, missing].into_iter().flatten().collect::<Vec<_>>().join(" · "),
        definition: definition(measure),
        href: asked.of(measure).address("/analytics"),
        current: asked.measure == measure,
    }
}

/// The tile of no-shows.
fn no_show_tile(now: Ends, before: Ends, asked: &Asked) -> Tile {
    let ((ended, share), (_, share_before)) = (now.missed_share(), before.missed_share());
    let change = match (share, share_before) {
        (Some(now), Some(before)) if (now - before).abs() < 0.05 => Change::Same,
        (Some(now), Some(before)) if now > before => Change::Worse(points(now - before)),
        (Some(now), Some(before)) => Change::Better(points(before - now)),
        _ => Change::Unknown,
    };
    Tile {
        name: tr!("No-show"),
        value: share.map_or_else(|| "–".to_owned(), |share| format!("{share:.1} %")),
        change,
        note: tr!("{missed} of {ended} that ended", missed = grouped(now.missed), ended = grouped(ended)),
        definition: tr!("Visits that were closed because the patient did not come, of all of the period that ended."),
        href: asked.address("/analytics/journeys"),
        current: false,
    }
}

fn points(by: f64) -> String {
    tr!("{count} points", count = format!("{by:.1}"))
}

/// The tile of visits.
fn visits_tile(now: Ends, before: Ends, asked: &Asked) -> Tile {
    let change = match (now.visits, before.visits) {
        (_, 0) => Change::Unknown,
        (now, before) if now == before => Change::Same,
        (now, before) if now > before => Change::More(grouped(now - before)),
        (now, before) => Change::Less(grouped(before - now)),
    };
    Tile {
        name: tr!("Visits registered"),
        value: grouped(now.visits),
        change,
        note: tr!("{count} still open", count = grouped(now.open)),
        definition: tr!("Visits whose registration was in the period; those without an outcome are still open."),
        href: asked.address("/analytics/journeys"),
        current: false,
    }
}
