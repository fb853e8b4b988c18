//! The panels of one measure.

use tr::tr;

use super::asked::{Asked, Names, grouped, times};
use super::charts::{Bar, Chart, Count, Heat, HeatCell, Lines};
use super::panel::{Cell, Listed, Panel, Sheet};
use crate::analytics::figures::share;
use crate::analytics::journeys::{Losses, Reached};
use crate::analytics::waits::{Dimension, Group, Question};
use crate::analytics::{Among, Figure, Only};
use crate::journey::course::Measure;
use crate::journey::events::EventType;
use crate::journey::words::{Outcome, Phase, Word};
use crate::language::{self, duration, say};

/// How many bars are drawn; the table has them all.
const BARS: usize = 12;
/// How many values a cell needs to be named as the worst.
const ENOUGH: usize = 3;

/// What a measure means.
pub fn definition(measure: Measure) -> String {
    let what = match measure {
        Measure::DoorToDoctor => tr!("From registration to first entering a consultation room."),
        Measure::ConsultationWait => tr!(
            "From joining the doctor’s queue to the call that was followed by entering the room; time away when called is left out."
        ),
        Measure::Consultation => tr!("From entering the consultation room to leaving it, each time."),
        Measure::LabWait => tr!(
            "From joining the laboratory’s queue to the call that was followed by a specimen; time away is left out."
        ),
        Measure::OrderToReport => tr!("From the order of a test to its report; cancelled tests do not count."),
        Measure::BillingWait => {
            tr!("From joining the billing queue to the call that was followed by a payment; time away is left out.")
        }
        Measure::BillToSettlement => {
            tr!("From a bill to the moment when nothing was due on it for the first time.")
        }
        Measure::WholeVisit => {
            tr!("From registration to how the visit ended: completed, cancelled, rescheduled or no-show.")
        }
    };
    format!("{what} {}", exactly())
}

/// What holds for every measure.
pub(super) fn exactly() -> String {
    tr!("Median and 90th percentile are exact: the smallest value that half, or nine of ten, do not exceed. \
         What did not reach its end is left out and counted. A visit belongs to the day of its registration.")
}

/// A figure, as a row of a table has it.
pub(super) fn figures(figure: &Figure) -> [Cell; 6] {
    [
        Cell::of_all(figure),
        Cell::of(figure, |figure| figure.median),
        Cell::of(figure, |figure| figure.p90),
        Cell::of(figure, |figure| figure.mean),
        Cell::Share(figure.share_within(), figure.least_within()),
        Cell::missing(figure),
    ]
}

/// What the figures are called.
pub(super) fn columns() -> [String; 6] {
    [tr!("count"), tr!("median"), tr!("90th percentile"), tr!("mean"), tr!("within target"), tr!("not reached")]
}

/// Those of the period before, beside them.
pub(super) fn figures_before(figure: &Figure) -> [Cell; 5] {
    let [count, median, p90, mean, within, _] = figures(figure);
    [median, count, p90, mean, within]
}

/// What those are called.
pub(super) fn columns_before() -> [String; 5] {
    [
        tr!("median before"),
        tr!("count before"),
        tr!("90th percentile before"),
        tr!("mean before"),
        tr!("within target before"),
    ]
}

/// What is said where there is no figure.
pub(super) fn nothing() -> String {
    tr!("Nothing was measured in this period.")
}

/// How many hours stand side by side in half of a page's width, each wide enough to be tapped.
const IN_HALF_A_ROW: usize = 14;

/// By weekday and hour.
pub fn by_hour(question: Question, asked: &Asked) -> Panel {
    let measure = asked.measure;
    let cells = question.by_hour(measure);
    let before = Question { period: asked.period.before(), ..question }.by_hour(measure);
    let listed = |day: usize, hour: usize| {
        let (hour, weekday) = (Some(hour as u8), Some(day as u8 + 1));
        Asked { hour, weekday, among: None, ..asked.clone() }.address("/analytics/visits")
    };
    let head = [tr!("weekday"), tr!("hour")].into_iter().chain(columns()).chain(columns_before());
    let mut sheet = Sheet::new(head);
    let all = || {
        let days = cells.iter().enumerate();
        days.flat_map(|(day, hours)| hours.iter().enumerate().map(move |(hour, figure)| (day, hour, figure)))
    };
    let filled = || all().filter(|(.., figure)| figure.count > 0);
    // An hour in which nobody waited any more is told too.
    for (day, hour, figure) in all() {
        let earlier = &before[day][hour];
        if [figure, earlier].iter().all(|figure| figure.count + figure.missing == 0) {
            continue;
        }
        let clock = Cell::Text(format!("{hour:02}:00"));
        let has_visits = figure.count + figure.missing > 0;
        let clock = if has_visits { clock.linked(listed(day, hour)) } else { clock };
        let when = [Cell::Text(language::weekday(day, "%A")), clock];
        sheet.row(when.into_iter().chain(figures(figure)).chain(figures_before(earlier)));
    }
    let longest = filled().filter_map(|(.., figure)| figure.median).max().unwrap_or(1).max(1);
    let hours = filled().map(|(_, hour, _)| hour as u8);
    let hours: Vec<u8> = match (hours.clone().min(), hours.max()) {
        (Some(first), Some(last)) => (first..=last).collect(),
        _ => Vec::new(),
    };
    let rows = (0..7).filter(|day| filled().any(|(other, ..)| other == *day)).map(|day| {
        let cell = |hour: &u8| {
            let at = usize::from(*hour);
            let figure = &cells[day][at];
            figure.median.map(|seconds| HeatCell {
                seconds,
                step: (1 + seconds * 6 / (longest + 1)).clamp(1, 6) as u8,
                words: {
                    let (name, hour) = (language::weekday(day, "%A"), format!("{hour:02}"));
                    let (median, times) = (duration(seconds), times(figure.count));
                    tr!(
                        "{weekday} from {hour}:00, median {duration}, {times}",
                        weekday = name,
                        hour,
                        duration = median,
                        times
                    )
                },
                href: listed(day, at),
            })
        };
        (language::weekday(day, "%a"), hours.iter().map(cell).collect())
    });
    let enough = filled().filter(|(.., figure)| figure.count >= ENOUGH).count() > 0;
    let worst = filled()
        .filter(|(.., figure)| !enough || figure.count >= ENOUGH)
        .filter_map(|(day, hour, figure)| Some((figure.median?, day, hour, figure.count)))
        .max();
    let finding = worst.map_or_else(nothing, |(median, day, hour, count)| {
        let (name, hour, median) = (language::weekday(day, "%A"), format!("{hour:02}"), duration(median));
        tr!(
            "Longest on {weekday}s from {hour}:00: half of {count} took {duration} or less.",
            weekday = name,
            hour,
            duration = median,
            count = grouped(count)
        )
    });
    let (rows, wide): (Vec<_>, _) = (rows.collect(), hours.len() > IN_HALF_A_ROW);
    let (name, here) = (say(measure.label()), tr!("Here by the weekday and hour of its beginning, in minutes."));
    Panel {
        id: "by-hour",
        title: tr!("{measure}, median, by hour", measure = name),
        finding,
        chart: if rows.is_empty() { Chart::Nothing } else { Chart::Heat(Heat { hours, rows }) },
        sheet,
        definition: format!("{} {here}", definition(measure)),
        listed: Listed::Visits(asked.measured()),
        wide,
    }
}

/// By what visits differ in.
pub fn by(question: Question, names: &Names, asked: &Asked, dimension: Dimension) -> Panel {
    let measure = asked.measure;
    let groups = question.by(measure, dimension);
    let name = |group: &Group| names.of(dimension, group.key.as_deref());
    let mut sheet = Sheet::new(std::iter::once(say(dimension.label())).chain(columns()).chain(columns_before()));
    for group in &groups {
        let both = figures(&group.figure).into_iter().chain(figures_before(&group.before));
        // What is not recorded cannot be asked for.
        let href = group.key.as_deref().map(|key| asked.of_kind(dimension, Some(key)).measured());
        sheet.row(std::iter::once(Cell::Text(name(group)).linked_if(href)).chain(both));
    }
    let bars = groups.iter().filter(|group| group.figure.count > 0).take(BARS).map(|group| Bar {
        name: name(group),
        href: group.key.as_deref().map(|key| asked.of_kind(dimension, Some(key)).address("/analytics")),
        median: group.figure.median,
        p90: group.figure.p90,
        target: group.target.map(|minutes| minutes * 60),
        within: group.figure.share_within(),
        count: group.figure.count,
    });
    let bars: Vec<_> = bars.collect();
    let measured = groups.iter().filter(|group| group.figure.count > 0);
    let median = |group: &Group| group.figure.median.map(duration).unwrap_or_default();
    let finding = match measured.clone().collect::<Vec<_>>().as_slice() {
        [] => nothing(),
        [only] => {
            let (name, median) = (name(only), median(only));
            tr!("{name}: {duration} at the median.", name, duration = median)
        }
        [worst, .., best] => {
            let (worst, best) = ((name(worst), median(worst)), (name(best), median(best)));
            tr!(
                "Longest: {worst}, {worst_median} at the median; shortest: {best}, {best_median}. Bars show median and 90th percentile, the line is the target.",
                worst = worst.0,
                worst_median = worst.1,
                best = best.0,
                best_median = best.1
            )
        }
    };
    let (id, title) = match dimension {
        Dimension::Department => ("by-department", tr!("By department")),
        Dimension::Doctor => ("by-doctor", tr!("By doctor")),
        Dimension::Branch => ("by-branch", tr!("By branch")),
        Dimension::VisitType => ("by-visit-type", tr!("By visit type")),
        Dimension::Priority => ("by-priority", tr!("By priority")),
    };
    Panel {
        id,
        title,
        finding,
        chart: if bars.is_empty() { Chart::Nothing } else { Chart::Bars(bars) },
        sheet,
        definition: definition(measure),
        listed: Listed::Visits(asked.measured()),
        wide: false,
    }
}

/// Day by day.
pub fn by_day(question: Question, asked: &Asked, target: Option<i64>) -> Panel {
    let measure = asked.measure;
    let days = question.by_day(measure);
    let before = Question { period: asked.period.before(), ..question }.by_day(measure);
    let mut sheet = Sheet::new(std::iter::once(tr!("day")).chain(columns()).chain(columns_before()));
    // Both periods have as many days.
    for ((day, figure), (_, earlier)) in days.iter().zip(&before) {
        let both = figures(figure).into_iter().chain(figures_before(earlier));
        let href = (figure.count + figure.missing > 0).then(|| asked.on(*day).measured());
        sheet.row(std::iter::once(Cell::Text(day.to_string()).linked_if(href)).chain(both));
    }
    let worst = days.iter().filter_map(|(day, figure)| Some((figure.median?, *day))).max();
    let finding = worst.map_or_else(nothing, |(median, day)| {
        let (day, median) = (language::date(day, "%A, %-d %B"), duration(median));
        tr!("Longest on {day}: {duration} at the median.", day, duration = median)
    });
    let lines = Lines {
        days: days.iter().map(|(day, _)| language::date(*day, "%-d %b")).collect(),
        lines: vec![
            (tr!("the period before, median"), "line-before", before.iter().map(|(_, figure)| figure.median).collect()),
            (tr!("90th percentile"), "line-p90", days.iter().map(|(_, figure)| figure.p90).collect()),
            (tr!("median"), "line-median", days.iter().map(|(_, figure)| figure.median).collect()),
        ],
        target,
    };
    Panel {
        id: "by-day",
        title: tr!("Day by day"),
        finding,
        chart: if worst.is_none() { Chart::Nothing } else { Chart::Lines(lines) },
        sheet,
        definition: definition(measure),
        listed: Listed::Visits(asked.measured()),
        wide: true,
    }
}

/// From door to done.
pub fn funnel(steps: &[Reached], losses: &Losses, asked: &Asked) -> Panel {
    let all = steps.first().map_or(0, |step| step.visits);
    let mut sheet = Sheet::new([tr!("step"), tr!("visits"), tr!("of all")]);
    for step in steps {
        let visits = Cell::count(step.visits).linked(asked.listing(Only::Event(step.event)));
        sheet.row([Cell::Text(words(step.event)), visits, Cell::share(step.visits, all)]);
    }
    let left: usize = losses.by_outcome.iter().filter(|(outcome, _)| outcome.is_some()).map(|(_, visits)| visits).sum();
    for (outcome, visits) in &losses.by_outcome {
        let (count, share) = (Cell::count(*visits), Cell::share(*visits, all));
        sheet.row([Cell::Text(lost(*outcome)), count.linked(asked.listing(Only::Lost(*outcome))), share]);
    }
    let unseen: usize = losses.by_outcome.values().sum();
    let no_shows = losses.by_outcome.get(&Some(Outcome::NoShow)).copied().unwrap_or(0);
    let waited = losses.waited.median.filter(|seconds| *seconds >= 60).map(duration);
    let finding = match (left, waited) {
        (0, _) => tr!("Of {count} registered, nobody left before being seen.", count = grouped(all)),
        (left, None) => tr!(
            "Of {count} registered, {left} left before being seen, {no_shows} of them as no-show.",
            count = grouped(all),
            left = grouped(left),
            no_shows = grouped(no_shows)
        ),
        (left, Some(waited)) => tr!(
            "Of {count} registered, {left} left before being seen, {no_shows} of them as no-show; half of them after {duration} of waiting or less.",
            count = grouped(all),
            left = grouped(left),
            no_shows = grouped(no_shows),
            duration = waited
        ),
    };
    let counts = steps.iter().map(|step| (words(step.event), step.visits, Only::Event(step.event)));
    let counts = counts.chain([(say(Among::Unseen.label()), unseen, Only::Among(Among::Unseen))]);
    let counts = counts.map(|(name, count, only)| Count {
        name,
        count,
        note: share(count, all).map(|share| format!("{share:.0} %")).unwrap_or_default(),
        href: Some(asked.listing(only)),
    });
    Panel {
        id: "funnel",
        title: tr!("From door to done"),
        finding,
        chart: if all == 0 { Chart::Nothing } else { Chart::Counts(Phase::Treat, counts.collect()) },
        sheet,
        definition: tr!(
            "How many of the period’s visits reached each step at any time. Tests and reports are not for everybody, \
            so what is missing there is no loss. Not seen: came for a doctor and never entered a room."
        ),
        listed: Listed::Visits(asked.listing(Among::All)),
        wide: false,
    }
}

/// How visits ended that saw no doctor.
pub(super) fn lost(outcome: Option<Outcome>) -> String {
    match outcome.map(|outcome| say(outcome.label()).to_lowercase()) {
        None => tr!("not seen, still here"),
        Some(outcome) => tr!("not seen: {outcome}", outcome),
    }
}

/// What a step is called.
pub(super) fn words(event: EventType) -> String {
    match event {
        EventType::VisitRegistered => tr!("Registered"),
        EventType::QueueJoined => tr!("Joined a queue"),
        EventType::QueueCalled => tr!("Called"),
        EventType::EnteredRoom => tr!("funnel" => "Seen"),
        EventType::TestsOrdered => tr!("Tests ordered"),
        EventType::ReportGenerated => tr!("Report out"),
        EventType::VisitCompleted => tr!("Completed"),
        other => say(other.label()),
    }
}

/// Every measure, in the order of the tiles.
pub fn measures() -> impl Iterator<Item = Measure> {
    Measure::ALL.iter().copied()
}
