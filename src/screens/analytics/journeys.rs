//! The panels of how visits go.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use tr::tr;

use super::asked::{Asked, Names, grouped};
use super::charts::{Chart, Count, Path};
use super::panel::{Cell, Listed, Panel, Sheet};
use super::sankey::{Sankey, phase};
use crate::analytics::figures::{FEWEST, few, share};
use crate::analytics::journeys::{Detours, Flows, NoShows, Revenue, Stop, Times, Variant};
use crate::analytics::waits::Dimension;
use crate::analytics::{Among, Only};
use crate::hospital::tenants::Tenant;
use crate::journey::ids::Id as _;
use crate::journey::money::Money;
use crate::journey::words::{Outcome, Phase};
use crate::language::{self, duration, say};

/// How many paths are drawn.
const PATHS: usize = 8;
/// How many rows a chart of counts has.
pub(super) const ROWS: usize = 10;

/// The commonest paths.
pub fn paths((variants, exact): &(Vec<Variant>, usize), asked: &Asked) -> Panel {
    let all: usize = variants.iter().map(|variant| variant.visits).sum();
    let mut sheet = Sheet::new([
        tr!("path"),
        tr!("visits"),
        tr!("share"),
        tr!("median of the whole visit"),
        tr!("90th percentile"),
    ]);
    for variant in variants {
        let stops: Vec<_> = variant.stops.iter().map(|stop| say(stop.label())).collect();
        sheet.row([
            Cell::Text(stops.join(" > ")),
            Cell::count(variant.visits).linked(asked.listing(Only::Path(variant.stops.clone()))),
            Cell::share(variant.visits, all),
            Cell::of(&variant.whole, |whole| whole.median),
            Cell::of(&variant.whole, |whole| whole.p90),
        ]);
    }
    let drawn = variants.iter().take(PATHS).map(|variant| Path {
        stops: variant.stops.iter().map(|stop| (phase(*stop), say(stop.label()))).collect(),
        share: share(variant.visits, all).unwrap_or_default(),
        words: {
            let median = variant.whole.median.map_or_else(|| "–".to_owned(), duration);
            tr!(
                "1 visit, {duration} at the median" | "{count} visits, {duration} at the median" % variant.visits,
                count = grouped(variant.visits),
                duration = median
            )
        },
        href: asked.listing(Only::Path(variant.stops.clone())),
    });
    let drawn: Vec<_> = drawn.collect();
    let most = drawn.first().map_or(0.0, |path| path.share);
    let finding = match variants.len() {
        0 => tr!("No visit of this period has ended yet."),
        count => tr!(
            "The commonest of 1 path takes {share} % of the visits that ended; told event by event, the paths number {exact}."
                | "The commonest of {count} paths takes {share} % of the visits that ended; told event by event, the paths number {exact}."
                    % count,
            count = grouped(count),
            share = format!("{most:.0}"),
            exact = grouped(*exact)
        ),
    };
    Panel {
        id: "paths",
        title: tr!("Commonest paths"),
        finding,
        chart: if drawn.is_empty() { Chart::Nothing } else { Chart::Paths(drawn) },
        sheet,
        definition: tr!(
            "The stages of visits that ended, in the order in which they happened; events of one stage in a row count once. \
            Documents, vital signs and reminders belong to no stage."
        ),
        listed: Listed::Visits(asked.listing(Among::Ended)),
        wide: true,
    }
}

/// Flows between stages.
pub fn flows(flows: &Flows, asked: &Asked) -> Panel {
    let mut sheet = Sheet::new([tr!("step"), tr!("from"), tr!("to"), tr!("visits")]);
    for ((step, from, to), visits) in &flows.0 {
        sheet.row([
            Cell::Text((step + 1).to_string()),
            Cell::Text(say(from.label())),
            Cell::Text(say(to.label())),
            Cell::count(*visits).linked(asked.listing(Only::Flow(*step, *from, *to))),
        ]);
    }
    let drawn = Sankey::new(flows);
    let back = flows.0.iter().filter(|((step, from, to), _)| {
        *step > 1 && matches!(to, Stop::Queue | Stop::Doctor) && !matches!(from, Stop::Queue)
    });
    let back: usize = back.map(|(_, visits)| visits).sum();
    let steps = flows.0.keys().map(|(step, ..)| step + 1).max().unwrap_or_default();
    let finding = match flows.0.iter().max_by_key(|(_, visits)| **visits) {
        None => tr!("No visit has gone from one stage to another."),
        Some(((_, from, to), visits)) => {
            let (from, to) = (say(from.label()).to_lowercase(), say(to.label()).to_lowercase());
            let most = tr!(
                "Most go from {from} to {to} ({visits}); 1 way leads back to a queue or the doctor later on."
                    | "Most go from {from} to {to} ({visits}); {count} ways lead back to a queue or the doctor later on."
                        % back,
                from,
                to,
                visits = grouped(*visits),
                count = grouped(back)
            );
            // What stands elsewhere on the page counts both.
            let undrawn = tr!(
                "Not drawn: visits that are still at their first stage, and what came after step {count}; so fewer may be \
                registered and completed here than below.",
                count = steps
            );
            format!("{most} {undrawn}")
        }
    };
    Panel {
        id: "flows",
        title: tr!("From stage to stage"),
        finding,
        chart: if drawn.is_empty() { Chart::Nothing } else { Chart::Sankey(drawn) },
        sheet,
        definition: tr!(
            "The first stages of all visits of the period. A column is a step of the path, so a stage that is met again stands \
            again further right. The width of a flow is the number of visits."
        ),
        listed: Listed::Visits(asked.listing(Among::All)),
        wide: true,
    }
}

/// Skips, recalls and what was done twice.
pub fn detours(now: &Detours, before: &Detours, asked: &Asked) -> Panel {
    let mut sheet = Sheet::new([tr!("what"), tr!("times"), tr!("per 100"), tr!("times before"), tr!("per 100 before")]);
    let rows = |sums: &Detours| {
        [
            (tr!("Skipped: did not come when called"), sums.skips, sums.visits, Among::Skipped),
            (say(Among::CalledAgain.label()), sums.recalls, sums.visits, Among::CalledAgain),
            (say(Among::SpecimenSpoilt.label()), sums.spoilt, sums.collected, Among::SpecimenSpoilt),
            (say(Among::ResultRepeated.label()), sums.repeats, sums.collected, Among::ResultRepeated),
        ]
    };
    let cells = |row: &(String, Times, usize, Among), visits: usize| {
        let (_, Times { times, visits: with }, of, _) = row;
        [Cell::Count(*times, *with), Cell::Share(share(*times, *of), if *with == 0 { visits } else { *with })]
    };
    for (row, row_before) in rows(now).iter().zip(&rows(before)) {
        let name = Cell::Text(row.0.clone());
        sheet.row(std::iter::once(name).chain(cells(row, now.visits)).chain(cells(row_before, before.visits)));
    }
    let counts = rows(now).map(|(name, Times { times, .. }, of, among)| {
        let share = share(times, of).map(|share| format!("{share:.1}"));
        let note = share.map(|share| match among {
            Among::Skipped | Among::CalledAgain => tr!("{share} per 100 visits", share),
            _ => tr!("{share} per 100 specimens", share),
        });
        Count { name, count: times, note: note.unwrap_or_default(), href: Some(asked.listing(among)) }
    });
    let (skips, recalls, rework) = (now.skips.times, now.recalls.times, now.spoilt.times + now.repeats.times);
    let skips = tr!("1 call was" | "{count} calls were" % skips, count = grouped(skips));
    let recalls = tr!("1 patient was called" | "{count} patients were called" % recalls, count = grouped(recalls));
    let things = tr!("1 thing" | "{count} things" % rework, count = grouped(rework));
    Panel {
        id: "detours",
        title: tr!("Skips, recalls, rework"),
        finding: tr!(
            "{calls} skipped and {patients} again; the lab did {things} twice.",
            calls = skips,
            patients = recalls,
            things
        ),
        chart: if now.visits == 0 { Chart::Nothing } else { Chart::Counts(Phase::Wait, counts.to_vec()) },
        sheet,
        definition: tr!(
            "Skips are calls that nobody followed; a recall is a call after a call or a skip. Rework is a specimen that was \
            rejected, or a result that a review sent back to be made again."
        ),
        listed: Listed::Visits(asked.listing(Among::Detoured)),
        wide: false,
    }
}

/// No-shows by doctor.
pub fn no_shows(doctors: &[NoShows], names: &Names, asked: &Asked) -> Panel {
    let mut sheet = Sheet::new([tr!("doctor"), tr!("no-shows"), tr!("visits that ended"), tr!("share")]);
    // Who chose no doctor cannot be asked for.
    let href = |row: &NoShows, among: Among| {
        let doctor = row.doctor.as_ref()?.as_str();
        Some(asked.of_kind(Dimension::Doctor, Some(doctor)).listing(among))
    };
    for row in doctors {
        sheet.row([
            Cell::Text(names.person(row.doctor.as_ref())),
            Cell::count(row.missed).linked_if(href(row, Among::NoShow)),
            Cell::count(row.ended).linked_if(href(row, Among::Ended)),
            Cell::share(row.missed, row.ended),
        ]);
    }
    let (missed, ended) = doctors.iter().fold((0, 0), |(missed, ended), row| (missed + row.missed, ended + row.ended));
    // A share of few visits says little: neither the sentence nor the chart names such doctors, the table does.
    let enough = || doctors.iter().filter(|row| row.ended >= FEWEST && row.missed > 0);
    let worst = enough().next();
    let finding = match worst {
        None => {
            tr!("{missed} did not come, of {ended} that ended.", missed = grouped(missed), ended = grouped(ended))
        }
        Some(worst) => {
            let doctor = names.person(worst.doctor.as_ref());
            tr!(
                "{share} % did not come; most often to {doctor}: {missed} of {ended}.",
                share = format!("{:.1}", share(missed, ended).unwrap_or_default()),
                doctor,
                missed = grouped(worst.missed),
                ended = grouped(worst.ended)
            )
        }
    };
    let counts = enough().take(ROWS).map(|row| Count {
        name: names.person(row.doctor.as_ref()),
        count: row.missed,
        note: share(row.missed, row.ended)
            .map(|share| tr!("{share} % of {count}", share = format!("{share:.0}"), count = row.ended))
            .unwrap_or_default(),
        href: href(row, Among::NoShow),
    });
    let counts: Vec<_> = counts.collect();
    Panel {
        id: "no-shows",
        title: tr!("No-shows by doctor"),
        finding,
        chart: if counts.is_empty() { Chart::Nothing } else { Chart::Counts(Phase::Leave, counts) },
        sheet,
        definition: tr!(
            "Visits that were closed because the patient did not come, of all visits that ended, by the doctor they were for. \
            Doctors with fewer than {count} visits that ended are in the table alone.",
            count = FEWEST
        ),
        listed: Listed::Visits(asked.listing(Among::NoShow)),
        wide: false,
    }
}

/// A reason in words.
pub(super) fn given(reason: Option<&str>) -> String {
    reason.map_or_else(|| tr!("No reason given"), str::to_owned)
}

/// Why visits were cancelled or moved.
pub fn reasons(reasons: &[(Outcome, Option<String>, usize)], asked: &Asked) -> Panel {
    let mut sheet = Sheet::new([tr!("reason"), tr!("outcome"), tr!("visits")]);
    let words = |reason: &Option<String>| given(reason.as_deref());
    let cells = |words: String, outcome: Outcome, visits: Cell| {
        vec![Cell::Text(words), Cell::Text(say(outcome.label())), visits]
    };
    let href = |outcome: &Outcome, reason: &Option<String>| asked.listing(Only::Reason(*outcome, reason.clone()));
    // What few have typed could tell of somebody.
    let (mut outside, mut others) = (Vec::new(), BTreeMap::<Outcome, usize>::new());
    for (outcome, reason, visits) in reasons {
        let count = Cell::count(*visits);
        if few(*visits) {
            *others.entry(*outcome).or_default() += visits;
        } else {
            outside.push(cells(words(reason), *outcome, count.clone()));
        }
        sheet.row(cells(words(reason), *outcome, count.linked(href(outcome, reason))));
    }
    let others = others.into_iter().map(|(outcome, visits)| (outcome, Cell::count(visits)));
    outside.extend(others.map(|(outcome, visits)| cells(tr!("other reasons"), outcome, visits)));
    sheet.outside = Some(outside);
    let all: usize = reasons.iter().map(|(.., visits)| visits).sum();
    let counts = reasons.iter().take(ROWS).map(|(outcome, reason, visits)| Count {
        name: words(reason),
        count: *visits,
        note: say(outcome.label()).to_lowercase(),
        href: Some(href(outcome, reason)),
    });
    let counts: Vec<_> = counts.collect();
    Panel {
        id: "reasons",
        title: tr!("Cancelled and moved"),
        finding: match reasons.first() {
            None => tr!("No visit was cancelled or moved to another day."),
            Some((_, reason, visits)) => {
                let reason = words(reason).to_lowercase();
                tr!(
                    "1 visit was cancelled or moved; the commonest reason: {reason} ({visits})."
                        | "{count} visits were cancelled or moved; the commonest reason: {reason} ({visits})." % all,
                    count = grouped(all),
                    reason,
                    visits = grouped(*visits)
                )
            }
        },
        chart: if counts.is_empty() { Chart::Nothing } else { Chart::Counts(Phase::Leave, counts) },
        sheet,
        definition: tr!("The reasons as they were typed, without regard to capitals."),
        listed: Listed::Visits(asked.listing(Among::Cancelled)),
        wide: false,
    }
}

/// Money day by day.
pub fn revenue(tenant: &Tenant, days: &BTreeMap<NaiveDate, Revenue>, asked: &Asked) -> Panel {
    let mut sheet = Sheet::new([tr!("day"), tr!("taken"), tr!("given back"), tr!("still to be paid")]);
    for (day, money) in days {
        let sum = |sum, among: Among| Cell::sum(sum).linked(asked.on(*day).listing(among));
        sheet.row([
            Cell::Text(day.to_string()),
            sum(money.taken, Among::Paid),
            sum(money.refunded, Among::Refunded),
            sum(money.outstanding, Among::Owing),
        ]);
    }
    let sum = |part: fn(&Revenue) -> Money| tenant.money(days.values().map(part).sum());
    let counts = days.iter().rev().take(ROWS + 4).map(|(day, money)| Count {
        name: language::date(*day, "%a %-d %b"),
        count: (money.taken.money.0 / 100).max(0) as usize,
        note: if money.outstanding.money > Money::ZERO {
            tr!("{amount} due", amount = tenant.money(money.outstanding.money))
        } else {
            String::new()
        },
        href: Some(asked.on(*day).listing(Among::Billed)),
    });
    let counts: Vec<_> = counts.collect();
    Panel {
        id: "revenue",
        title: tr!("Revenue"),
        finding: tr!(
            "{taken} taken, {refunded} given back, {due} still to be paid.",
            taken = sum(|day| day.taken.money),
            refunded = sum(|day| day.refunded.money),
            due = sum(|day| day.outstanding.money)
        ),
        chart: if counts.is_empty() { Chart::Nothing } else { Chart::Sums(Phase::Pay, counts) },
        sheet,
        definition: tr!(
            "Payments, what of them was given back, and what is still due, by the day of the visit they belong to. \
             Bars are whole {currency}.",
            currency = tenant.currency
        ),
        listed: Listed::Visits(asked.listing(Among::Billed)),
        wide: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analytics::Filter;
    use crate::journey::course::Measure;
    use crate::screens::analytics::refused::Attempts;

    /// All visits of a day.
    fn a_day() -> Asked {
        let day = NaiveDate::from_ymd_opt(2026, 3, 1).unwrap_or_default();
        Asked {
            preset: None,
            period: crate::analytics::Period { from: day, to: day },
            cut: false,
            filter: Filter::default(),
            measure: Measure::DoorToDoctor,
            among: None,
            attempts: Attempts::default(),
            hour: None,
            weekday: None,
        }
    }

    /// What a panel says outside the house.
    fn outside(panel: &Panel) -> Vec<String> {
        panel.sheet.masked().into_iter().skip(1).map(|row| row.join(",")).collect()
    }

    #[test]
    fn what_happened_often_to_few_stays_in_the_house() {
        let skips = |times, visits| Detours { visits: 100, skips: Times { times, visits }, ..Detours::default() };
        let told = outside(&detours(&skips(6, 3), &skips(6, 5), &a_day()));
        assert_eq!(told[0], "Skipped: did not come when called,under 5,,6,6.0");
    }

    #[test]
    fn what_few_have_typed_stays_in_the_house() {
        let given = |reason: &str, visits| (Outcome::Cancelled, Some(reason.to_owned()), visits);
        let panel = reasons(&[given("Went home", 5), given("Aunt Mira died", 3), given("Forgot", 2)], &a_day());
        assert_eq!(panel.sheet.rows.len(), 3);
        assert_eq!(outside(&panel), ["Went home,Cancelled,5", "other reasons,Cancelled,5"]);
    }
}
