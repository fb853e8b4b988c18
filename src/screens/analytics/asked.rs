//! What the address asks for, and what things are called.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use tr::tr;

use super::Tab;
use super::refused::Attempts;
use crate::analytics::journeys::Stop;
use crate::analytics::waits::Dimension;
use crate::analytics::{Among, Filter, Only, Period};
use crate::hospital::branches::Branch;
use crate::hospital::departments::Department;
use crate::hospital::people::Person;
use crate::journey::course::Measure;
use crate::journey::events::EventType;
use crate::journey::ids::{Id, PersonId};
use crate::journey::words::{Outcome, Priority, VisitType, Word, words};
use crate::language::{self, say};
use crate::screens::parts::query_text;

words! {
    /// A period by its name.
    Preset {
        Today "today" "Today",
        Yesterday "yesterday" "Yesterday",
        Week "7d" "Last 7 days",
        Month "28d" "Last 28 days",
        Quarter "84d" "Last 12 weeks",
    }
}

impl Preset {
    /// Its days, as seen from one.
    pub fn period(self, today: NaiveDate) -> Period {
        match self {
            Self::Today => Period::ending(today, 1),
            Self::Yesterday => Period::ending(today.pred_opt().unwrap_or(today), 1),
            Self::Week => Period::ending(today, 7),
            Self::Month => Period::ending(today, 28),
            Self::Quarter => Period::ending(today, 84),
        }
    }
}

/// The longest period, in days.
pub const LONGEST: u64 = 100;

/// What the address asks for.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The period by its name; none for one of chosen days.
    pub preset: Option<Preset>,
    /// The period.
    pub period: Period,
    /// Whether more days were asked for than there may be.
    pub cut: bool,
    /// Which visits.
    pub filter: Filter,
    /// The measure looked at.
    pub measure: Measure,
    /// The visits of a figure that is no measure’s.
    pub among: Option<Only>,
    /// Which refused attempts.
    pub attempts: Attempts,
    /// The hour in which a thing began.
    pub hour: Option<u8>,
    /// The weekday on which it began; 1 is Monday.
    pub weekday: Option<u8>,
}

/// A measure as addresses write it.
pub fn measure_text(measure: Measure) -> String {
    measure.word().to_lowercase().replace('_', "-")
}

/// The measure that an address writes.
pub fn measure_of(text: &str) -> Option<Measure> {
    Measure::from_word(&text.to_uppercase().replace('-', "_"))
}

/// How addresses write that an outcome is still to come.
const NO_OUTCOME: &str = "open";

/// The visits of a figure as addresses write them.
fn only_text(only: &Only) -> (&'static str, String) {
    match only {
        Only::Among(among) => ("among", among.word().to_owned()),
        Only::Event(event) => ("event", event.word().to_owned()),
        Only::Lost(outcome) => ("lost", outcome.map_or(NO_OUTCOME, Word::word).to_owned()),
        Only::Reason(outcome, None) => ("reason", outcome.word().to_owned()),
        Only::Reason(outcome, Some(reason)) => ("reason", format!("{}.{reason}", outcome.word())),
        Only::Path(stops) => ("path", stops.iter().map(|stop| stop.word()).collect::<Vec<_>>().join(".")),
        Only::Flow(step, from, to) => ("flow", format!("{step}.{}.{}", from.word(), to.word())),
    }
}

/// The visits of a figure that an address writes.
pub fn only_of<'a>(query: impl Fn(&str) -> Option<&'a str>) -> Option<Only> {
    let among = || query("among").and_then(Among::from_word).map(Only::Among);
    let event = || query("event").and_then(EventType::from_word).map(Only::Event);
    let lost = || match query("lost")? {
        NO_OUTCOME => Some(Only::Lost(None)),
        outcome => Outcome::from_word(outcome).map(|outcome| Only::Lost(Some(outcome))),
    };
    let reason = || {
        let text = query("reason")?;
        let (outcome, reason) = text.split_once('.').map_or((text, None), |(outcome, reason)| (outcome, Some(reason)));
        Some(Only::Reason(Outcome::from_word(outcome)?, reason.map(str::to_owned)))
    };
    let path = || query("path")?.split('.').map(Stop::from_word).collect::<Option<Vec<_>>>().map(Only::Path);
    let flow = || {
        let (step, stops) = query("flow")?.split_once('.')?;
        let (from, to) = stops.split_once('.')?;
        // A path is no longer than its visit has events.
        let step: u16 = step.parse().ok()?;
        Some(Only::Flow(step.into(), Stop::from_word(from)?, Stop::from_word(to)?))
    };
    among().or_else(event).or_else(lost).or_else(reason).or_else(path).or_else(flow)
}

impl Asked {
    /// The address that asks for this on a page.
    pub fn address(&self, page: &str) -> String {
        let query = self.query();
        let query: Vec<_> = query.iter().map(|(name, value)| format!("{name}={}", query_text(value))).collect();
        format!("{page}?{}", query.join("&"))
    }

    /// What the address says: names and values.
    pub fn query(&self) -> Vec<(&'static str, String)> {
        let mut query = Vec::new();
        match self.preset {
            Some(preset) => query.push(("period", preset.word().to_owned())),
            None => query.extend([("from", self.period.from.to_string()), ("to", self.period.to.to_string())]),
        }
        let Filter { branch, department, doctor, visit_type, priority } = &self.filter;
        query.extend(branch.as_ref().map(|branch| ("branch", branch.to_string())));
        query.extend(department.as_ref().map(|department| ("department", department.to_string())));
        query.extend(doctor.as_ref().map(|doctor| ("doctor", doctor.to_string())));
        query.extend(visit_type.map(|visit_type| ("visitType", visit_type.word().to_owned())));
        query.extend(priority.map(|priority| ("priority", priority.word().to_owned())));
        if self.measure != Measure::DoorToDoctor {
            query.push(("measure", measure_text(self.measure)));
        }
        query.extend(self.among.as_ref().map(only_text));
        query.extend(self.attempts.rule.map(|rule| ("rule", rule.word().to_owned())));
        query.extend(self.attempts.who.map(|who| ("role", who.word().to_owned())));
        query.extend(self.hour.map(|hour| ("hour", hour.to_string())));
        query.extend(self.weekday.map(|weekday| ("weekday", weekday.to_string())));
        query
    }

    /// The same, of another measure.
    pub fn of(&self, measure: Measure) -> Self {
        Self { measure, among: None, ..self.clone() }
    }

    /// The same, of one day.
    pub fn on(&self, day: NaiveDate) -> Self {
        Self { preset: None, period: Period { from: day, to: day }, ..self.clone() }
    }

    /// Where the visits of a figure that is no measure’s are listed.
    pub fn listing(&self, only: impl Into<Only>) -> String {
        Self { among: Some(only.into()), hour: None, weekday: None, ..self.clone() }.address("/analytics/visits")
    }

    /// Where what the measure is worked out of is listed.
    pub fn measured(&self) -> String {
        Self { among: None, hour: None, weekday: None, ..self.clone() }.address(Tab::Visits.path())
    }

    /// Where refused attempts are listed.
    pub fn refused(&self, attempts: Attempts) -> String {
        Self { attempts, among: None, hour: None, weekday: None, ..self.clone() }.address(Tab::Refused.path())
    }

    /// The same, of all visits.
    pub fn of_all(&self) -> Self {
        Self { filter: Filter::default(), hour: None, weekday: None, ..self.clone() }
    }

    /// The same, of one kind of visits; of all kinds when none is named.
    pub fn of_kind(&self, dimension: Dimension, key: Option<&str>) -> Self {
        let mut asked = self.clone();
        match dimension {
            Dimension::Department => asked.filter.department = key.and_then(|id| Id::parse(id).ok()),
            Dimension::Doctor => asked.filter.doctor = key.and_then(|id| Id::parse(id).ok()),
            Dimension::Branch => asked.filter.branch = key.and_then(|id| Id::parse(id).ok()),
            Dimension::VisitType => asked.filter.visit_type = key.and_then(VisitType::from_word),
            Dimension::Priority => asked.filter.priority = key.and_then(Priority::from_word),
        }
        asked
    }

    /// What the period is compared with.
    pub fn against(&self) -> String {
        match self.preset {
            Some(Preset::Today | Preset::Yesterday) => tr!("the day before"),
            _ => tr!("the 1 day before" | "the {n} days before" % self.period.days()),
        }
    }

    /// The period in words.
    pub fn period_words(&self) -> String {
        match self.preset {
            Some(preset) => say(preset.label()),
            None if self.period.days() == 1 => language::date(self.period.from, "%-d %b %Y"),
            None => {
                let (from, to) =
                    (language::date(self.period.from, "%-d %b"), language::date(self.period.to, "%-d %b %Y"));
                tr!("{from} to {to}", from, to)
            }
        }
    }
}

/// So many times.
pub fn times(count: usize) -> String {
    tr!("1 time" | "{count} times" % count, count = grouped(count))
}

/// A count as people write it: 4,512.
pub fn grouped(count: usize) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// What things are called.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// The branches.
    pub branches: Vec<Branch>,
    /// The departments.
    pub departments: Vec<Department>,
    /// The doctors.
    pub doctors: Vec<Person>,
    /// Everybody.
    pub people: BTreeMap<PersonId, String>,
}

impl Names {
    /// What one kind of visits is called.
    pub fn of(&self, dimension: Dimension, key: Option<&str>) -> String {
        let Some(key) = key else {
            return match dimension {
                Dimension::Doctor => tr!("No doctor chosen"),
                _ => tr!("Not recorded"),
            };
        };
        let found = match dimension {
            Dimension::Department => {
                let found = self.departments.iter().find(|department| department.id.as_str() == key);
                found.map(|department| department.name.clone())
            }
            Dimension::Doctor => PersonId::parse(key).ok().and_then(|id| self.people.get(&id).cloned()),
            Dimension::Branch => {
                self.branches.iter().find(|branch| branch.id.as_str() == key).map(|branch| branch.name.clone())
            }
            Dimension::VisitType => VisitType::from_word(key).map(|kind| say(kind.label())),
            Dimension::Priority => Priority::from_word(key).map(|priority| say(priority.label())),
        };
        found.unwrap_or_else(|| key.to_owned())
    }

    /// What somebody is called.
    pub fn person(&self, id: Option<&PersonId>) -> String {
        self.of(Dimension::Doctor, id.map(Id::as_str))
    }

    /// Every kind there is to choose from: its key and name.
    pub fn choices(&self, dimension: Dimension) -> Vec<(String, String)> {
        match dimension {
            Dimension::Department => {
                self.departments.iter().map(|one| (one.id.to_string(), one.name.clone())).collect()
            }
            Dimension::Doctor => self.doctors.iter().map(|one| (one.id.to_string(), one.name.clone())).collect(),
            Dimension::Branch => self.branches.iter().map(|one| (one.id.to_string(), one.name.clone())).collect(),
            Dimension::VisitType => labelled(VisitType::CHOICES),
            Dimension::Priority => labelled(Priority::CHOICES),
        }
    }
}

fn labelled(choices: &[(&str, &str)]) -> Vec<(String, String)> {
    choices.iter().map(|(word, label)| ((*word).to_owned(), say(label))).collect()
}
