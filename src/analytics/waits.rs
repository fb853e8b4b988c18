//! One measure, looked at from every side.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;

use super::facts::{Facts, Filter, Measured, Period};
use super::figures::{Figure, Values, share};
use super::targets::Targets;
use crate::journey::course::Measure;
use crate::journey::ids::{Id, PersonId};
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
    /// The visits of a period, whoever asks.
    fn of_period(self, period: Period) -> impl Iterator<Item = &'a Facts> + Clone {
        self.visits.iter().flat_map(|day| day.iter()).filter(move |facts| period.contains(facts.day))
    }

    /// Every stretch that is asked for in a period.
    fn spans(self, period: Period, measure: Measure) -> impl Iterator<Item = (&'a Facts, &'a Measured, Option<i64>)> {
        let targets = self.targets.of(measure);
        self.of_period(period).flat_map(move |facts| {
            let target = facts.department.as_deref().and_then(|department| targets.get(department)).copied();
            self.filter.spans_of(facts, measure).map(move |span| (facts, span, target))
        })
    }

    /// The visits that are asked for in a period.
    pub fn visits_in(self, period: Period) -> impl Iterator<Item = &'a Facts> + Clone {
        self.of_period(period).filter(move |facts| self.filter.visit(facts))
    }

    /// All measures in a period, in one pass over its visits.
    fn figures_in(self, period: Period) -> impl Iterator<Item = Figure> {
        let targets: Vec<_> = Measure::ALL.iter().map(|measure| self.targets.of(*measure)).collect();
        let mut values: Vec<Values> = Measure::ALL.iter().map(|_| Values::default()).collect();
        for facts in self.of_period(period) {
            for span in self.filter.spans(facts) {
                let place = span.measure as usize;
                let (Some(values), Some(targets)) = (values.get_mut(place), targets.get(place)) else { continue };
                let target = facts.department.as_deref().and_then(|department| targets.get(department)).copied();
                values.take(&facts.visit_id, span.seconds, target);
            }
        }
        values.into_iter().map(Values::figure)
    }

    /// Each measure over the period, and over the one before.
    pub fn figures(self) -> BTreeMap<Measure, [Figure; 2]> {
        let both = self.figures_in(self.period).zip(self.figures_in(self.period.before()));
        Measure::ALL.iter().copied().zip(both.map(|(now, before)| [now, before])).collect()
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
