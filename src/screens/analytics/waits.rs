//! The panels of one measure.

use super::asked::{Asked, Names, grouped, plural};
use super::charts::{Bar, Chart, Count, Heat, HeatCell, Lines};
use super::panel::{Cell, Panel, Sheet};
use crate::analytics::Figure;
use crate::analytics::figures::share;
use crate::analytics::journeys::{Losses, Reached};
use crate::analytics::waits::{Dimension, Group, Question};
use crate::journey::course::Measure;
use crate::journey::events::EventType;
use crate::journey::wording::human_duration;
use crate::journey::words::{Outcome, Phase, Word};

/// The weekdays, from Monday.
pub const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
/// How many bars are drawn; the table has them all.
const BARS: usize = 12;
/// How many values a cell needs to be named as the worst.
const ENOUGH: usize = 3;

/// What a measure means.
pub fn definition(measure: Measure) -> String {
    let what = match measure {
        Measure::DoorToDoctor => "From registration to first entering a consultation room.",
        Measure::ConsultationWait => {
            "From joining the doctor’s queue to the call that was followed by entering the room; time away when called is left out."
        }
        Measure::Consultation => "From entering the consultation room to leaving it, each time.",
        Measure::LabWait => {
            "From joining the laboratory’s queue to the call that was followed by a specimen; time away is left out."
        }
        Measure::OrderToReport => "From the order of a test to its report; cancelled tests do not count.",
        Measure::BillingWait => {
            "From joining the billing queue to the call that was followed by a payment; time away is left out."
        }
        Measure::BillToSettlement => "From a bill to the moment when nothing was due on it for the first time.",
        Measure::WholeVisit => {
            "From registration to how the visit ended: completed, cancelled, rescheduled or no-show."
        }
    };
    format!(
        "{what} Median and 90th percentile are exact: the smallest value that half, or nine of ten, do not exceed. \
         What did not reach its end is left out and counted. A visit belongs to the day of its registration."
    )
}

/// A measure in the middle of a sentence.
pub fn in_words(measure: Measure) -> &'static str {
    match measure {
        Measure::DoorToDoctor => "from door to doctor",
        Measure::ConsultationWait => "for the doctor",
        Measure::Consultation => "with the doctor",
        Measure::LabWait => "for the lab",
        Measure::OrderToReport => "from order to report",
        Measure::BillingWait => "to pay",
        Measure::BillToSettlement => "from bill to settlement",
        Measure::WholeVisit => "for the whole visit",
    }
}

fn figures(figure: &Figure) -> [Cell; 6] {
    [
        Cell::Count(figure.count),
        Cell::Seconds(figure.median),
        Cell::Seconds(figure.p90),
        Cell::Seconds(figure.mean),
        Cell::Share(figure.share_within()),
        Cell::Count(figure.missing),
    ]
}

const COLUMNS: [&str; 6] = ["count", "median", "90th percentile", "mean", "within target", "not reached"];

fn sheet(first: &str) -> Sheet {
    Sheet::new(&[&[first], COLUMNS.as_slice()].concat())
}

/// By weekday and hour.
pub fn by_hour(question: Question, asked: &Asked) -> Panel {
    let measure = asked.measure;
    let cells = question.by_hour(measure);
    let mut sheet = Sheet::new(&[&["weekday", "hour"], COLUMNS.as_slice()].concat());
    let filled = || {
        let days = cells.iter().enumerate();
        days.flat_map(|(day, hours)| hours.iter().enumerate().map(move |(hour, figure)| (day, hour, figure)))
            .filter(|(.., figure)| figure.count > 0)
    };
    for (day, hour, figure) in filled() {
        let when = [Cell::Text(WEEKDAYS[day].to_owned()), Cell::Text(format!("{hour:02}:00"))];
        sheet.row(Some(figure.count), when.into_iter().chain(figures(figure)).collect());
    }
    let longest = filled().filter_map(|(.., figure)| figure.median).max().unwrap_or(1).max(1);
    let hours = filled().map(|(_, hour, _)| hour as u8);
    let hours: Vec<u8> = match (hours.clone().min(), hours.max()) {
        (Some(first), Some(last)) => (first..=last).collect(),
        _ => Vec::new(),
    };
    let rows = (0..7).filter(|day| filled().any(|(other, ..)| other == *day)).map(|day| {
        let cell = |hour: &u8| {
            let figure = &cells[day][usize::from(*hour)];
            figure.median.map(|seconds| HeatCell {
                seconds,
                step: (1 + seconds * 6 / (longest + 1)).clamp(1, 6) as u8,
                words: format!(
                    "{} from {hour:02}:00, median {}, {}",
                    WEEKDAYS[day],
                    human_duration(seconds),
                    plural(figure.count, "time", "times")
                ),
                href: Asked { hour: Some(*hour), weekday: Some(day as u8 + 1), ..asked.clone() }
                    .address("/analytics/visits"),
            })
        };
        (WEEKDAYS[day].get(..3).unwrap_or_default(), hours.iter().map(cell).collect())
    });
    let enough = filled().filter(|(.., figure)| figure.count >= ENOUGH).count() > 0;
    let worst = filled()
        .filter(|(.., figure)| !enough || figure.count >= ENOUGH)
        .filter_map(|(day, hour, figure)| Some((figure.median?, day, hour, figure.count)))
        .max();
    let finding = worst.map_or_else(
        || "Nothing was measured in this period.".to_owned(),
        |(median, day, hour, count)| {
            format!(
                "Longest on {}s from {hour:02}:00: {} at the median of {}.",
                WEEKDAYS[day],
                human_duration(median),
                grouped(count)
            )
        },
    );
    let rows: Vec<_> = rows.collect();
    Panel {
        id: "by-hour",
        title: format!("{}, by hour", title(measure)),
        finding,
        chart: if rows.is_empty() { Chart::Nothing } else { Chart::Heat(Heat { hours, rows }) },
        sheet,
        definition: format!("{} Here by the weekday and hour of its beginning, in minutes.", definition(measure)),
        visits: Some(asked.address("/analytics/visits")),
        wide: false,
    }
}

fn title(measure: Measure) -> String {
    format!("{}, median", measure.label())
}

/// By what visits differ in.
pub fn by(question: Question, names: &Names, asked: &Asked, dimension: Dimension) -> Panel {
    let measure = asked.measure;
    let groups = question.by(measure, dimension);
    let name = |group: &Group| names.of(dimension, group.key.as_deref());
    let mut sheet =
        Sheet::new(&[&[dimension.label()], COLUMNS.as_slice(), &["median before", "count before"]].concat());
    for group in &groups {
        let before = [Cell::Seconds(group.before.median), Cell::Count(group.before.count)];
        let cells = std::iter::once(Cell::Text(name(group))).chain(figures(&group.figure)).chain(before);
        sheet.row(Some(group.figure.count + group.figure.missing), cells.collect());
    }
    let bars = groups.iter().filter(|group| group.figure.count > 0).take(BARS).map(|group| Bar {
        name: name(group),
        href: group.key.as_deref().map(|key| asked.among(dimension, Some(key)).address("/analytics")),
        median: group.figure.median,
        p90: group.figure.p90,
        target: group.target.map(|minutes| minutes * 60),
        within: group.figure.share_within(),
        count: group.figure.count,
    });
    let bars: Vec<_> = bars.collect();
    let measured = groups.iter().filter(|group| group.figure.count > 0);
    let finding = match measured.clone().collect::<Vec<_>>().as_slice() {
        [] => "Nothing was measured in this period.".to_owned(),
        [only] => {
            format!("{}: {} at the median.", name(only), only.figure.median.map(human_duration).unwrap_or_default())
        }
        [worst, .., best] => format!(
            "Longest: {}, {} at the median; shortest: {}, {}. Bars show median and 90th percentile, the line is the target.",
            name(worst),
            worst.figure.median.map(human_duration).unwrap_or_default(),
            name(best),
            best.figure.median.map(human_duration).unwrap_or_default()
        ),
    };
    let id = match dimension {
        Dimension::Department => "by-department",
        Dimension::Doctor => "by-doctor",
        Dimension::Branch => "by-branch",
        Dimension::VisitType => "by-visit-type",
        Dimension::Priority => "by-priority",
    };
    Panel {
        id,
        title: format!("By {}", dimension.label()),
        finding,
        chart: if bars.is_empty() { Chart::Nothing } else { Chart::Bars(bars) },
        sheet,
        definition: definition(measure),
        visits: Some(asked.address("/analytics/visits")),
        wide: false,
    }
}

/// Day by day.
pub fn by_day(question: Question, asked: &Asked, target: Option<i64>) -> Panel {
    let measure = asked.measure;
    let days = question.by_day(measure);
    let before = Question { period: asked.period.before(), ..question }.by_day(measure);
    let mut sheet = sheet("day");
    for (day, figure) in &days {
        let cells = std::iter::once(Cell::Text(day.to_string())).chain(figures(figure));
        sheet.row(Some(figure.count), cells.collect());
    }
    let worst = days.iter().filter_map(|(day, figure)| Some((figure.median?, *day))).max();
    let finding = worst.map_or_else(
        || "Nothing was measured in this period.".to_owned(),
        |(median, day)| format!("Longest on {}: {} at the median.", day.format("%A, %-d %B"), human_duration(median)),
    );
    let lines = Lines {
        days: days.iter().map(|(day, _)| day.format("%-d %b").to_string()).collect(),
        lines: vec![
            ("the period before, median", "line-before", before.iter().map(|(_, figure)| figure.median).collect()),
            ("90th percentile", "line-p90", days.iter().map(|(_, figure)| figure.p90).collect()),
            ("median", "line-median", days.iter().map(|(_, figure)| figure.median).collect()),
        ],
        target,
    };
    Panel {
        id: "by-day",
        title: "Day by day".to_owned(),
        finding,
        chart: if worst.is_none() { Chart::Nothing } else { Chart::Lines(lines) },
        sheet,
        definition: definition(measure),
        visits: Some(asked.address("/analytics/visits")),
        wide: true,
    }
}

/// From door to done.
pub fn funnel(steps: &[Reached], losses: &Losses, asked: &Asked) -> Panel {
    let all = steps.first().map_or(0, |step| step.visits);
    let mut sheet = Sheet::new(&["step", "visits", "of all"]);
    for step in steps {
        let cells = vec![
            Cell::Text(words(step.event).to_owned()),
            Cell::Count(step.visits),
            Cell::Share(share(step.visits, all)),
        ];
        sheet.row(Some(step.visits), cells);
    }
    let left: usize = losses.by_outcome.iter().filter(|(outcome, _)| outcome.is_some()).map(|(_, visits)| visits).sum();
    for (outcome, visits) in &losses.by_outcome {
        let name = outcome.map_or("not seen, still here".to_owned(), |outcome| {
            format!("not seen: {}", outcome.label().to_lowercase())
        });
        sheet.row(Some(*visits), vec![Cell::Text(name), Cell::Count(*visits), Cell::Share(share(*visits, all))]);
    }
    let no_shows = losses.by_outcome.get(&Some(Outcome::NoShow)).copied().unwrap_or(0);
    let finding = match left {
        0 => format!("Of {} registered, nobody left before being seen.", grouped(all)),
        left => {
            let waited = losses.waited.median.filter(|seconds| *seconds >= 60);
            let waited =
                waited.map(|seconds| format!("; half of them after {} of waiting or less", human_duration(seconds)));
            format!(
                "Of {} registered, {} left before being seen, {} of them as no-show{}.",
                grouped(all),
                grouped(left),
                grouped(no_shows),
                waited.unwrap_or_default()
            )
        }
    };
    let counts = steps.iter().map(|step| Count {
        name: words(step.event).to_owned(),
        count: step.visits,
        note: share(step.visits, all).map(|share| format!("{share:.0} %")).unwrap_or_default(),
    });
    Panel {
        id: "funnel",
        title: "From door to done".to_owned(),
        finding,
        chart: if all == 0 { Chart::Nothing } else { Chart::Counts(Phase::Treat, counts.collect()) },
        sheet,
        definition:
            "How many of the period’s visits reached each step at any time. Tests and reports are not for everybody, \
            so what is missing there is no loss. Not seen: came for a doctor and never entered a room."
                .to_owned(),
        visits: Some(asked.of(Measure::DoorToDoctor).address("/analytics/visits")),
        wide: false,
    }
}

fn words(event: EventType) -> &'static str {
    match event {
        EventType::VisitRegistered => "Registered",
        EventType::QueueJoined => "Joined a queue",
        EventType::QueueCalled => "Called",
        EventType::EnteredRoom => "Seen",
        EventType::TestsOrdered => "Tests ordered",
        EventType::ReportGenerated => "Report out",
        EventType::VisitCompleted => "Completed",
        other => other.label(),
    }
}

/// Every measure, in the order of the tiles.
pub fn measures() -> impl Iterator<Item = Measure> {
    Measure::ALL.iter().copied()
}
