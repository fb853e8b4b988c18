//! The panels of the whole hospital: what was refused, and what was logged.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use tr::tr;

use super::asked::{Asked, grouped};
use super::charts::{Chart, Count};
use super::journeys::ROWS;
use super::panel::{Cell, Listed, Panel, Sheet};
use super::refused::{Attempts, Who};
use crate::analytics::figures::share;
use crate::analytics::{Among, Only};
use crate::journey::events::EventType;
use crate::journey::wording::with_article;
use crate::journey::words::{Code, Phase, Word};
use crate::language::say;
use crate::screens::refused::rule;

/// What was tried and refused: a rule, who tried, how often.
pub type Refusals = Vec<(String, Who, usize)>;

/// Refused attempts by rule and role.
pub fn refusals(refusals: &Refusals, asked: &Asked) -> Panel {
    // A rule that is no longer one cannot be asked for.
    let href = |code: &str, who: Who| {
        Code::from_word(code).map(|rule| asked.refused(Attempts { rule: Some(rule), who: Some(who) }))
    };
    let mut sheet = Sheet::new([tr!("rule"), tr!("role"), tr!("attempts")]);
    for (code, who, attempts) in refusals {
        let count = Cell::count(*attempts).linked_if(href(code, *who));
        sheet.row([Cell::Text(rule(code)), Cell::Text(who.label()), count]);
    }
    let all: usize = refusals.iter().map(|(.., attempts)| attempts).sum();
    let counts = refusals.iter().take(ROWS).map(|(code, who, attempts)| Count {
        name: rule(code),
        count: *attempts,
        note: who.label(),
        href: href(code, *who),
    });
    let counts: Vec<_> = counts.collect();
    Panel {
        id: "refusals",
        title: tr!("Refused by rule and role"),
        finding: match refusals.first() {
            None => tr!("Nothing was refused."),
            Some((code, who, attempts)) => {
                let (rule, role) = (rule(code), with_article(&who.label(), &say));
                tr!(
                    "1 attempt was refused; most often “{rule}”, to {role} ({attempts})."
                        | "{count} attempts were refused; most often “{rule}”, to {role} ({attempts})." % all,
                    count = grouped(all),
                    rule,
                    role,
                    attempts = grouped(*attempts)
                )
            }
        },
        chart: if counts.is_empty() { Chart::Nothing } else { Chart::Counts(Phase::Refer, counts) },
        sheet,
        definition: definition(),
        listed: Listed::Attempts(asked.refused(Attempts::default())),
        wide: false,
    }
}

/// What refused attempts are.
pub(super) fn definition() -> String {
    tr!(
        "What somebody tried to log and the journey did not let happen, by the rule that refused it and the role of who tried. \
        Of the whole hospital, whatever visits are looked at."
    )
}

/// Events by day and type.
pub type Events = BTreeMap<NaiveDate, BTreeMap<String, i64>>;

/// Events per type and day; the visits of the period, whatever visits are looked at, on which each happened.
pub fn events(days: &Events, visits: &BTreeMap<EventType, usize>, asked: &Asked) -> Panel {
    let asked = asked.of_all();
    let mut totals: BTreeMap<&str, i64> = BTreeMap::new();
    for (event, count) in days.values().flatten() {
        *totals.entry(event).or_default() += count;
    }
    let mut totals: Vec<_> = totals.into_iter().collect();
    totals.sort_by_key(|(event, count)| (-count, *event));
    let title = |event: &str| EventType::from_word(event).map_or(event.to_owned(), |event| say(event.label()));
    let mut sheet = Sheet::new([tr!("event"), tr!("all")]);
    sheet.columns.extend(days.keys().map(ToString::to_string));
    for (event, count) in &totals {
        let by_day = days.values().map(|types| Cell::count(types.get(*event).copied().unwrap_or(0) as usize));
        sheet.row([Cell::Text(title(event)), Cell::count(*count as usize)].into_iter().chain(by_day));
    }
    let all: i64 = totals.iter().map(|(_, count)| count).sum();
    let counts = totals.iter().take(ROWS + 2).map(|(event, count)| {
        // What happens to patients, people and bookings is on no visit.
        let on = EventType::from_word(event).and_then(|event| Some((event, *visits.get(&event)?)));
        let share = share(*count as usize, all as usize).map(|share| format!("{share:.0} %"));
        let visits = on.map(|(_, visits)| tr!("1 visit" | "{count} visits" % visits, count = grouped(visits)));
        Count {
            name: title(event),
            count: *count as usize,
            note: share.into_iter().chain(visits).collect::<Vec<_>>().join(" · "),
            href: on.map(|(event, _)| asked.listing(Only::Event(event))),
        }
    });
    let counts: Vec<_> = counts.collect();
    Panel {
        id: "events",
        title: tr!("Events by type"),
        finding: match totals.first() {
            None => tr!("Nothing was logged."),
            Some((event, count)) => {
                let event = title(event).to_lowercase();
                let days = tr!("1 day" | "{n} days" % days.len());
                tr!(
                    "1 event on {days}; the commonest: {event} ({count})."
                        | "{all} events on {days}; the commonest: {event} ({count})." % all,
                    all = grouped(all as usize),
                    days,
                    event,
                    count = grouped(*count as usize)
                )
            }
        },
        chart: if counts.is_empty() { Chart::Nothing } else { Chart::Counts(Phase::Arrive, counts) },
        sheet,
        definition: tr!(
            "Everything that was logged, by its type and the day on which it happened; the table has each day. A type leads to \
            the visits of the period on which it happened, as many as stand beside it: fewer than events where it happened \
            several times on one, or on a visit that was registered before. Of the whole hospital, whatever visits are looked at."
        ),
        listed: Listed::Visits(asked.listing(Among::All)),
        wide: true,
    }
}
