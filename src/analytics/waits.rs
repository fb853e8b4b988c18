//! One measure, looked at from every side.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;

use super::facts::{Facts, Filter, Measured, Period};
use super::figures::{Figure, Values};
use super::targets::Targets;
use crate::journey::course::Measure;
use crate::journey::ids::{Id, PersonId};
use crate::journey::words::{Word, words};

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

/// The visits of the period, and of the one before.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The visits of both periods.
    pub visits: &'a [Arc<Vec<Facts>>],
    /// The period.
    pub period: Period,
    /// Which of the visits are asked for.
    pub filter: &'a Filter,
    /// How long things should take.
    pub targets: &'a Targets,
}

impl<'a> Question<'a> {
    /// Every stretch that is asked for in a period.
    fn spans(self, period: Period, measure: Measure) -> impl Iterator<Item = (&'a Facts, &'a Measured, Option<i64>)> {
        let visits = self.visits.iter().flat_map(|day| day.iter()).filter(move |facts| period.contains(facts.day));
        visits.flat_map(move |facts| {
            let target = self.targets.seconds(facts.department.as_deref(), measure);
            self.filter.spans(facts, measure).map(move |span| (facts, span, target))
        })
    }

    /// The visits that are asked for in a period.
    pub fn visits_in(self, period: Period) -> impl Iterator<Item = &'a Facts> + Clone {
        let visits = self.visits.iter().flat_map(|day| day.iter());
        visits.filter(move |facts| period.contains(facts.day) && self.filter.visit(facts))
    }

    fn figure_in(self, period: Period, measure: Measure) -> Figure {
        let mut values = Values::default();
        for (facts, span, target) in self.spans(period, measure) {
            values.take(&facts.visit_id, span.seconds, target);
        }
        values.figure()
    }

    /// A measure over the period, and over the one before.
    pub fn figure(self, measure: Measure) -> [Figure; 2] {
        [self.figure_in(self.period, measure), self.figure_in(self.period.before(), measure)]
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
        let mut groups: BTreeMap<Option<&str>, Both> = BTreeMap::new();
        for (facts, span, target) in self.spans(self.period, measure) {
            let group = groups.entry(key(dimension, facts, span)).or_default();
            group.now.take(&facts.visit_id, span.seconds, target);
            group.targets.take(target);
        }
        for (facts, span, target) in self.spans(self.period.before(), measure) {
            if let Some(group) = groups.get_mut(&key(dimension, facts, span)) {
                group.before.take(&facts.visit_id, span.seconds, target);
            }
        }
        let mut groups: Vec<_> = groups
            .into_iter()
            .map(|(key, both)| Group {
                key: key.map(str::to_owned),
                figure: both.now.figure(),
                before: both.before.figure(),
                target: both.targets.common.map(|seconds| seconds / 60),
            })
            .collect();
        groups.sort_by_key(|group| std::cmp::Reverse((group.figure.median, group.figure.p90)));
        groups
    }

    /// The stretches that exceeded their target, the worst first: the visit, how long, and the target.
    pub fn breaches(self, measure: Measure) -> Vec<Breach<'a>> {
        let over = self.spans(self.period, measure).filter_map(|(facts, span, target)| {
            let (seconds, target) = (span.seconds?, target?);
            (seconds > target).then_some(Breach { facts, doctor: span.doctor.as_deref(), seconds, target })
        });
        let mut over: Vec<_> = over.collect();
        over.sort_by_key(|breach| std::cmp::Reverse(breach.seconds - breach.target));
        over
    }

    /// The stretches of a measure, the longest first, those without an end last.
    pub fn longest(self, measure: Measure) -> Vec<(&'a Facts, &'a Measured)> {
        let mut all: Vec<_> = self.spans(self.period, measure).map(|(facts, span, _)| (facts, span)).collect();
        all.sort_by_key(|(_, span)| std::cmp::Reverse(span.seconds));
        all
    }
}

/// Something that took longer than it should.
#[derive(Clone, Copy, Debug)]
pub struct Breach<'a> {
    /// The visit.
    pub facts: &'a Facts,
    /// The doctor concerned.
    pub doctor: Option<&'a PersonId>,
    /// How long it took.
    pub seconds: i64,
    /// How long it should have taken at most, in seconds.
    pub target: i64,
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
