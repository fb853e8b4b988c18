//! The panels of how visits go.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::asked::{Asked, Names, grouped, plural};
use super::charts::{Chart, Count, Path};
use super::panel::{Cell, FEWEST, Panel, Sheet};
use super::sankey::{Sankey, phase};
use crate::analytics::figures::share;
use crate::analytics::journeys::{Detours, Flows, NoShows, Revenue, Stop, Variant};
use crate::hospital::tenants::Tenant;
use crate::journey::events::EventType;
use crate::journey::money::Money;
use crate::journey::wording::human_duration;
use crate::journey::words::{Code, Outcome, Phase, Word};

/// How many paths are drawn.
const PATHS: usize = 8;
/// How many rows a chart of counts has.
const ROWS: usize = 10;

/// The commonest paths.
pub fn paths((variants, exact): &(Vec<Variant>, usize), asked: &Asked) -> Panel {
    let all: usize = variants.iter().map(|variant| variant.visits).sum();
    let mut sheet = Sheet::new(&["path", "visits", "share", "median of the whole visit", "90th percentile"]);
    for variant in variants {
        let stops: Vec<_> = variant.stops.iter().map(|stop| stop.label()).collect();
        let cells = vec![
            Cell::Text(stops.join(" > ")),
            Cell::Count(variant.visits),
            Cell::Share(share(variant.visits, all)),
            Cell::Seconds(variant.whole.median),
            Cell::Seconds(variant.whole.p90),
        ];
        sheet.row(Some(variant.visits), cells);
    }
    let drawn = variants.iter().take(PATHS).map(|variant| Path {
        stops: variant.stops.iter().map(|stop| (phase(*stop), stop.label())).collect(),
        share: share(variant.visits, all).unwrap_or_default(),
        words: format!(
            "{}, {} at the median",
            plural(variant.visits, "visit", "visits"),
            variant.whole.median.map_or_else(|| "–".to_owned(), human_duration)
        ),
    });
    let drawn: Vec<_> = drawn.collect();
    let most = drawn.first().map_or(0.0, |path| path.share);
    let finding = match variants.len() {
        0 => "No visit of this period has ended yet.".to_owned(),
        count => format!(
            "The commonest of {} takes {most:.0} % of the visits that ended; to the event there are {}.",
            plural(count, "path", "paths"),
            grouped(*exact)
        ),
    };
    Panel {
        id: "paths",
        title: "Commonest paths".to_owned(),
        finding,
        chart: if drawn.is_empty() { Chart::Nothing } else { Chart::Paths(drawn) },
        sheet,
        definition: "The stages of visits that ended, in the order in which they happened; events of one stage in a row count once. \
            Documents, vital signs and reminders belong to no stage."
            .to_owned(),
        visits: Some(asked.address("/analytics/visits")),
        wide: true,
    }
}

/// Flows between stages.
pub fn flows(flows: &Flows, asked: &Asked) -> Panel {
    let mut sheet = Sheet::new(&["step", "from", "to", "visits"]);
    for ((step, from, to), visits) in &flows.0 {
        let cells = vec![
            Cell::Text((step + 1).to_string()),
            Cell::Text(from.label().to_owned()),
            Cell::Text(to.label().to_owned()),
            Cell::Count(*visits),
        ];
        sheet.row(Some(*visits), cells);
    }
    let drawn = Sankey::new(flows);
    let back = flows.0.iter().filter(|((step, from, to), _)| {
        *step > 1 && matches!(to, Stop::Queue | Stop::Doctor) && !matches!(from, Stop::Queue)
    });
    let back: usize = back.map(|(_, visits)| visits).sum();
    let finding = match flows.0.iter().max_by_key(|(_, visits)| **visits) {
        None => "No visit has gone from one stage to another.".to_owned(),
        Some(((_, from, to), visits)) => format!(
            "Most go from {} to {} ({}); {} back to a queue or the doctor later on.",
            from.label().to_lowercase(),
            to.label().to_lowercase(),
            grouped(*visits),
            plural(back, "way leads", "ways lead")
        ),
    };
    Panel {
        id: "flows",
        title: "From stage to stage".to_owned(),
        finding,
        chart: if drawn.is_empty() { Chart::Nothing } else { Chart::Sankey(drawn) },
        sheet,
        definition: "The first stages of all visits of the period. A column is a step of the path, so a stage that is met again stands \
            again further right. The width of a flow is the number of visits."
            .to_owned(),
        visits: Some(asked.address("/analytics/visits")),
        wide: true,
    }
}

/// Skips, recalls and what was done twice.
pub fn detours(now: &Detours, before: &Detours, asked: &Asked) -> Panel {
    let mut sheet = Sheet::new(&["what", "times", "per 100", "times before", "per 100 before"]);
    let rows = |sums: &Detours| {
        [
            ("Skipped: did not come when called", sums.skips, sums.visits, "visits"),
            ("Called again", sums.recalls, sums.visits, "visits"),
            ("Specimen spoilt", sums.spoilt, sums.collected, "specimens"),
            ("Result sent back", sums.repeats, sums.collected, "specimens"),
        ]
    };
    for ((name, times, of, _), (_, times_before, of_before, _)) in rows(now).into_iter().zip(rows(before)) {
        let cells = vec![
            Cell::Text(name.to_owned()),
            Cell::Count(times),
            Cell::Share(share(times, of)),
            Cell::Count(times_before),
            Cell::Share(share(times_before, of_before)),
        ];
        sheet.row(None, cells);
    }
    let counts = rows(now).map(|(name, times, of, what)| Count {
        name: name.to_owned(),
        count: times,
        note: share(times, of).map(|share| format!("{share:.1} per 100 {what}")).unwrap_or_default(),
    });
    let rework = now.spoilt + now.repeats;
    Panel {
        id: "detours",
        title: "Skips, recalls, rework".to_owned(),
        finding: format!(
            "{} skipped and {} again; the lab did {} twice.",
            plural(now.skips, "call was", "calls were"),
            plural(now.recalls, "patient was called", "patients were called"),
            plural(rework, "thing", "things")
        ),
        chart: if now.visits == 0 { Chart::Nothing } else { Chart::Counts(Phase::Wait, counts.to_vec()) },
        sheet,
        definition: "Skips are calls that nobody followed; a recall is a call after a call or a skip. Rework is a specimen that was \
            rejected, or a result that a review sent back to be made again."
            .to_owned(),
        visits: Some(asked.address("/analytics/visits")),
        wide: false,
    }
}

/// No-shows by doctor.
pub fn no_shows(doctors: &[NoShows], names: &Names, asked: &Asked) -> Panel {
    let mut sheet = Sheet::new(&["doctor", "no-shows", "visits that ended", "share"]);
    for row in doctors {
        let cells = vec![
            Cell::Text(names.person(row.doctor.as_ref())),
            Cell::Count(row.missed),
            Cell::Count(row.ended),
            Cell::Share(share(row.missed, row.ended)),
        ];
        sheet.row(Some(row.ended), cells);
    }
    let (missed, ended) = doctors.iter().fold((0, 0), |(missed, ended), row| (missed + row.missed, ended + row.ended));
    let worst = doctors.iter().find(|row| row.ended >= FEWEST && row.missed > 0);
    let finding = match worst {
        None => format!("{} did not come, of {} that ended.", grouped(missed), grouped(ended)),
        Some(worst) => format!(
            "{:.1} % did not come; most often to {}: {} of {}.",
            share(missed, ended).unwrap_or_default(),
            names.person(worst.doctor.as_ref()),
            grouped(worst.missed),
            grouped(worst.ended)
        ),
    };
    let counts = doctors.iter().filter(|row| row.missed > 0).take(ROWS).map(|row| Count {
        name: names.person(row.doctor.as_ref()),
        count: row.missed,
        note: share(row.missed, row.ended).map(|share| format!("{share:.0} % of {}", row.ended)).unwrap_or_default(),
    });
    let counts: Vec<_> = counts.collect();
    Panel {
        id: "no-shows",
        title: "No-shows by doctor".to_owned(),
        finding,
        chart: if counts.is_empty() { Chart::Nothing } else { Chart::Counts(Phase::Leave, counts) },
        sheet,
        definition: "Visits that were closed because the patient did not come, of all visits that ended, by the doctor they were for."
            .to_owned(),
        visits: Some(asked.address("/analytics/visits")),
        wide: false,
    }
}

/// Why visits were cancelled or moved.
pub fn reasons(reasons: &[(Outcome, Option<String>, usize)], asked: &Asked) -> Panel {
    let mut sheet = Sheet::new(&["reason", "outcome", "visits"]);
    let words = |reason: &Option<String>| reason.clone().unwrap_or_else(|| "No reason given".to_owned());
    for (outcome, reason, visits) in reasons {
        let cells = vec![Cell::Text(words(reason)), Cell::Text(outcome.label().to_owned()), Cell::Count(*visits)];
        sheet.row(Some(*visits), cells);
    }
    let all: usize = reasons.iter().map(|(.., visits)| visits).sum();
    let counts = reasons.iter().take(ROWS).map(|(outcome, reason, visits)| Count {
        name: words(reason),
        count: *visits,
        note: outcome.label().to_lowercase(),
    });
    let counts: Vec<_> = counts.collect();
    Panel {
        id: "reasons",
        title: "Cancelled and moved".to_owned(),
        finding: match reasons.first() {
            None => "No visit was cancelled or moved to another day.".to_owned(),
            Some((_, reason, visits)) => format!(
                "{} cancelled or moved; the commonest reason: {} ({}).",
                plural(all, "visit was", "visits were"),
                words(reason).to_lowercase(),
                grouped(*visits)
            ),
        },
        chart: if counts.is_empty() { Chart::Nothing } else { Chart::Counts(Phase::Leave, counts) },
        sheet,
        definition: "The reasons as they were typed, without regard to capitals.".to_owned(),
        visits: Some(asked.address("/analytics/visits")),
        wide: false,
    }
}

/// What was tried and refused: a rule, a role, how often.
pub type Refusals = Vec<(String, String, usize)>;

/// Refused attempts by rule and role.
pub fn refusals(refusals: &Refusals) -> Panel {
    let mut sheet = Sheet::new(&["rule", "role", "attempts"]);
    let rule = |code: &str| Code::from_word(code).map_or(code.to_owned(), |code| code.label().to_owned());
    for (code, role, attempts) in refusals {
        sheet.row(None, vec![Cell::Text(rule(code)), Cell::Text(role.clone()), Cell::Count(*attempts)]);
    }
    let all: usize = refusals.iter().map(|(.., attempts)| attempts).sum();
    let counts = refusals.iter().take(ROWS).map(|(code, role, attempts)| Count {
        name: rule(code),
        count: *attempts,
        note: role.clone(),
    });
    let counts: Vec<_> = counts.collect();
    Panel {
        id: "refusals",
        title: "Refused by rule and role".to_owned(),
        finding: match refusals.first() {
            None => "Nothing was refused.".to_owned(),
            Some((code, role, attempts)) => format!(
                "{} refused; most often “{}”, to a {role} ({}).",
                plural(all, "attempt was", "attempts were"),
                rule(code),
                grouped(*attempts)
            ),
        },
        chart: if counts.is_empty() { Chart::Nothing } else { Chart::Counts(Phase::Refer, counts) },
        sheet,
        definition: "What somebody tried to log and the journey did not let happen, by the rule that refused it and the role of who tried. \
            Of the whole hospital, whatever visits are looked at."
            .to_owned(),
        visits: None,
        wide: false,
    }
}

/// Events by day and type.
pub type Events = BTreeMap<NaiveDate, BTreeMap<String, i64>>;

/// Events per type and day.
pub fn events(days: &Events) -> Panel {
    let mut totals: BTreeMap<&str, i64> = BTreeMap::new();
    for (event, count) in days.values().flatten() {
        *totals.entry(event).or_default() += count;
    }
    let mut totals: Vec<_> = totals.into_iter().collect();
    totals.sort_by_key(|(event, count)| (-count, *event));
    let title = |event: &str| EventType::from_word(event).map_or(event.to_owned(), |event| event.label().to_owned());
    let mut sheet = Sheet::new(&["event", "all"]);
    sheet.columns.extend(days.keys().map(ToString::to_string));
    for (event, count) in &totals {
        let by_day = days.values().map(|types| Cell::Count(types.get(*event).copied().unwrap_or(0) as usize));
        let cells = [Cell::Text(title(event)), Cell::Count(*count as usize)].into_iter().chain(by_day);
        sheet.row(None, cells.collect());
    }
    let all: i64 = totals.iter().map(|(_, count)| count).sum();
    let counts = totals.iter().take(ROWS + 2).map(|(event, count)| Count {
        name: title(event),
        count: *count as usize,
        note: share(*count as usize, all as usize).map(|share| format!("{share:.0} %")).unwrap_or_default(),
    });
    let counts: Vec<_> = counts.collect();
    Panel {
        id: "events",
        title: "Events by type".to_owned(),
        finding: match totals.first() {
            None => "Nothing was logged.".to_owned(),
            Some((event, count)) => format!(
                "{} on {}; the commonest: {} ({}).",
                plural(all as usize, "event", "events"),
                plural(days.len(), "day", "days"),
                title(event).to_lowercase(),
                grouped(*count as usize)
            ),
        },
        chart: if counts.is_empty() { Chart::Nothing } else { Chart::Counts(Phase::Arrive, counts) },
        sheet,
        definition:
            "Everything that was logged, by its type and the day on which it happened; the table has each day. \
            Of the whole hospital, whatever visits are looked at."
                .to_owned(),
        visits: None,
        wide: true,
    }
}

/// Money day by day.
pub fn revenue(tenant: &Tenant, days: &BTreeMap<NaiveDate, Revenue>, asked: &Asked) -> Panel {
    let mut sheet = Sheet::new(&["day", "taken", "given back", "still to be paid"]);
    let mut sum = Revenue::default();
    for (day, money) in days {
        sum.taken += money.taken;
        sum.refunded += money.refunded;
        sum.outstanding += money.outstanding;
        let cells = vec![
            Cell::Text(day.to_string()),
            Cell::Money(money.taken),
            Cell::Money(money.refunded),
            Cell::Money(money.outstanding),
        ];
        sheet.row(None, cells);
    }
    let counts = days.iter().rev().take(ROWS + 4).map(|(day, money)| Count {
        name: day.format("%a %-d %b").to_string(),
        count: (money.taken.0 / 100).max(0) as usize,
        note: if money.outstanding > Money::ZERO {
            format!("{} due", tenant.money(money.outstanding))
        } else {
            String::new()
        },
    });
    let counts: Vec<_> = counts.collect();
    Panel {
        id: "revenue",
        title: "Revenue".to_owned(),
        finding: format!(
            "{} taken, {} given back, {} still to be paid.",
            tenant.money(sum.taken),
            tenant.money(sum.refunded),
            tenant.money(sum.outstanding)
        ),
        chart: if counts.is_empty() { Chart::Nothing } else { Chart::Counts(Phase::Pay, counts) },
        sheet,
        definition: format!(
            "Payments, what of them was given back, and what is still due, by the day of the visit they belong to. \
             Bars are whole {}.",
            tenant.currency
        ),
        visits: Some(asked.address("/analytics/visits")),
        wide: false,
    }
}
