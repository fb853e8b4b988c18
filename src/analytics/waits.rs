//! One measure, looked at from every side.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::{mem, ptr, thread};

use chrono::NaiveDate;

use super::daybook::Daybook;
use super::facts::{Facts, Filter, Measured, Period};
use super::figures::{Figure, Values, share};
use super::targets::OfMeasure;
use crate::hospital::measure_targets::Targets;
use crate::journey::course::Measure;
use crate::journey::ids::Id;
use crate::journey::words::{Outcome, Word, words};

words! {
    /// What visits differ in.
    Dimension {
        Department "department" "department",
        Doctor "doctor" "doctor",
        Branch "branch" "branch",
        VisitType "visitType" "visit type",
        Priority "priority" "priority",
    }
}

/// Those of one kind, and what their durations come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// An id or a word of the dimension; none where it is not recorded.
    pub key: Option<String>,
    /// What they come to.
    pub figure: Figure,
    /// Those of the period before.
    pub before: Figure,
    /// Their target, in minutes, when they have one in common.
    pub target: Option<i64>,
}

/// Each measure over a period, and over the one before.
pub type Figures = BTreeMap<Measure, [Figure; 2]>;

/// The visits of the period, and of the one before.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The days of both periods.
    pub days: &'a [Arc<Daybook>],
    /// The period.
    pub period: Period,
    /// Which of the visits are asked for.
    pub filter: &'a Filter,
    /// How long things should take.
    pub targets: &'a Targets,
}

impl<'a> Question<'a> {
    /// The days of a period, whoever asks.
    pub fn days_in(self, period: Period) -> impl Iterator<Item = &'a Daybook> + Clone {
        let is_of = move |day: &&Daybook| day.first().is_some_and(|facts| period.contains(facts.day));
        self.days.iter().map(Arc::as_ref).filter(is_of)
    }

    /// Every stretch that is asked for in a period.
    fn spans(self, period: Period, measure: Measure) -> impl Iterator<Item = Stretch<'a>> {
        let mut targets = OfMeasure::new(self.targets, measure);
        let all = self.days_in(period).flat_map(move |day| day.stretches(measure));
        let asked_for = all.filter(move |(facts, span)| self.filter.stretch(facts, span));
        asked_for.map(move |(facts, span)| (facts, span, targets.seconds(facts)))
    }

    /// The visits that are asked for in a period.
    pub fn visits_in(self, period: Period) -> impl Iterator<Item = &'a Facts> + Clone {
        self.days_in(period).flat_map(|day| day.iter()).filter(move |facts| self.filter.visit(facts))
    }

    /// What a measure comes to in a period.
    fn figure(self, period: Period, measure: Measure) -> Figure {
        let mut values = Values::default();
        for (facts, span, target) in self.spans(period, measure) {
            values.take(&facts.visit_id, span.seconds, target);
        }
        values.figure()
    }

    /// Each measure over the period, and over the one before, which is looked at meanwhile.
    pub fn figures(self) -> Figures {
        let all = |period| Measure::ALL.iter().map(|measure| self.figure(period, *measure)).collect::<Vec<_>>();
        let (now, before) = thread::scope(|scope| {
            let before = scope.spawn(|| all(self.period.before()));
            (all(self.period), before.join().unwrap_or_else(|panic| resume_unwind(panic)))
        });
        let both = now.into_iter().zip(before).map(|(now, before)| [now, before]);
        Measure::ALL.iter().copied().zip(both).collect()
    }

    /// How the visits of a period ended.
    pub fn ends(self, period: Period) -> Ends {
        self.visits_in(period).fold(Ends::default(), |ends, facts| Ends {
            visits: ends.visits + 1,
            open: ends.open + usize::from(facts.outcome.is_none()),
            missed: ends.missed + usize::from(facts.outcome == Some(Outcome::NoShow)),
        })
    }

    /// By weekday from Monday, and by hour of the beginning.
    pub fn by_hour(self, measure: Measure) -> Vec<[Figure; 24]> {
        let mut cells: Vec<[Values; 24]> = vec![Default::default(); 7];
        for (facts, span, target) in self.spans(self.period, measure) {
            let cell = cells.get_mut(usize::from(span.weekday).saturating_sub(1));
            if let Some(cell) = cell.and_then(|day| day.get_mut(usize::from(span.hour))) {
                cell.take(&facts.visit_id, span.seconds, target);
            }
        }
        cells.into_iter().map(|day| day.map(Values::figure)).collect()
    }

    /// Day by day.
    pub fn by_day(self, measure: Measure) -> Vec<(NaiveDate, Figure)> {
        let mut days: BTreeMap<NaiveDate, Values> = self.period.each().map(|day| (day, Values::default())).collect();
        for (facts, span, target) in self.spans(self.period, measure) {
            days.entry(facts.day).or_default().take(&facts.visit_id, span.seconds, target);
        }
        days.into_iter().map(|(day, values)| (day, values.figure())).collect()
    }

    /// By what visits differ in, the worst median first.
    pub fn by(self, measure: Measure, dimension: Dimension) -> Vec<Group> {
        let mut groups = Groups::default();
        for (facts, span, target) in self.spans(self.period, measure) {
            let group = groups.of(key(dimension, facts, span));
            group.now.take(&facts.visit_id, span.seconds, target);
            group.targets.take(target);
        }
        for (facts, span, target) in self.spans(self.period.before(), measure) {
            groups.of(key(dimension, facts, span)).before.take(&facts.visit_id, span.seconds, target);
        }
        let mut groups: Vec<_> = groups
            .into_each()
            .filter(|(_, both)| both.targets.met)
            .map(|(key, both)| Group {
                key: key.map(str::to_owned),
                figure: both.now.figure(),
                before: both.before.figure(),
                target: both.targets.common.map(|seconds| seconds / 60),
            })
            .collect();
        groups.sort_by_key(|group| Reverse((group.figure.median, group.figure.p90)));
        groups
    }

    /// The stretches that exceeded their target, the furthest over it first.
    pub fn breaches(self, measure: Measure) -> Vec<Stretch<'a>> {
        self.furthest_over(measure, |_, _| true, 0..usize::MAX).0
    }

    /// Some of the stretches that are wanted and exceeded their target, the furthest over it first; and how many there are.
    pub fn furthest_over(
        self,
        measure: Measure,
        wanted: impl Fn(&Facts, &Measured) -> bool,
        some: Range<usize>,
    ) -> (Vec<Stretch<'a>>, usize) {
        let all = self.spans(self.period, measure).filter(|(facts, span, _)| wanted(facts, span));
        let over = all.filter_map(|one| {
            let (_, span, target) = one;
            let over = span.seconds? - target?;
            (over > 0).then_some((over, one))
        });
        ranked(over, some)
    }

    /// Some of the stretches of a measure that are wanted, each with its target, the longest first, those without an end last; and
    /// how many there are.
    pub fn longest(
        self,
        measure: Measure,
        wanted: impl Fn(&Facts, &Measured, Option<i64>) -> bool,
        some: Range<usize>,
    ) -> (Vec<Stretch<'a>>, usize) {
        let all = self.spans(self.period, measure).filter(|(facts, span, target)| wanted(facts, span, *target));
        ranked(all.map(|one| (one.1.seconds, one)), some)
    }
}

/// Some of all stretches, the highest rank first, in the order of the days where they rank alike; and how many there are.
fn ranked<'a, R: Copy + Ord>(
    all: impl Iterator<Item = (R, Stretch<'a>)>,
    some: Range<usize>,
) -> (Vec<Stretch<'a>>, usize) {
    let mut all: Vec<_> = all.enumerate().map(|(place, (rank, one))| (Reverse(rank), place, one)).collect();
    let count = all.len();
    if some.end < count {
        all.select_nth_unstable_by_key(some.end, |(rank, place, _)| (*rank, *place));
        all.truncate(some.end);
    }
    all.sort_unstable_by_key(|(rank, place, _)| (*rank, *place));
    (all.into_iter().skip(some.start).map(|(.., one)| one).collect(), count)
}

/// A stretch of a visit, and its target in seconds.
pub type Stretch<'a> = (&'a Facts, &'a Measured, Option<i64>);

/// How visits ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ends {
    /// How many there are.
    pub visits: usize,
    /// How many of them have not ended.
    pub open: usize,
    /// How many ended as no-shows.
    pub missed: usize,
}

impl Ends {
    /// How many ended, and how many of a hundred of those as no-shows.
    pub fn missed_share(self) -> (usize, Option<f64>) {
        let ended = self.visits - self.open;
        (ended, share(self.missed, ended))
    }
}

/// Groups by their keys. A key is known again by where it lies: there is no quicker way to tell it from others.
#[derive(Default)]
struct Groups<'a> {
    places: BTreeMap<Option<&'a str>, usize>,
    met: HashMap<Option<*const str>, usize>,
    all: Vec<Both<'a>>,
}

impl<'a> Groups<'a> {
    /// The group of a key.
    fn of(&mut self, key: Option<&'a str>) -> &mut Both<'a> {
        let next = self.places.len();
        let found = self.met.entry(key.map(ptr::from_ref)).or_insert_with(|| *self.places.entry(key).or_insert(next));
        if *found == self.all.len() {
            self.all.push(Both::default());
        }
        &mut self.all[*found]
    }

    /// Each of them, in the order of the keys.
    fn into_each(mut self) -> impl Iterator<Item = (Option<&'a str>, Both<'a>)> {
        self.places.into_iter().map(move |(key, place)| (key, mem::take(&mut self.all[place])))
    }
}

#[derive(Default)]
struct Both<'a> {
    now: Values<'a>,
    before: Values<'a>,
    targets: Targeted,
}

/// The target that all have in common.
#[derive(Default)]
struct Targeted {
    met: bool,
    common: Option<i64>,
}

impl Targeted {
    fn take(&mut self, target: Option<i64>) {
        if !self.met {
            (self.met, self.common) = (true, target);
        } else if self.common != target {
            self.common = None;
        }
    }
}

fn key<'a>(dimension: Dimension, facts: &'a Facts, span: &'a Measured) -> Option<&'a str> {
    match dimension {
        Dimension::Department => facts.department.as_deref().map(Id::as_str),
        Dimension::Doctor => span.doctor.as_deref().map(Id::as_str),
        Dimension::Branch => facts.branch.as_deref().map(Id::as_str),
        Dimension::VisitType => Some(facts.visit_type.word()),
        Dimension::Priority => Some(facts.priority.word()),
    }
}
