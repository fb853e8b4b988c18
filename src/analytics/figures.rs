//! Figures of many values: exact, of whole seconds.

use crate::journey::ids::VisitId;

/// How many visits a group needs to be told of outside the house.
pub const FEWEST: usize = 5;

/// Whether there are so few visits that they could tell of somebody.
pub fn few(visits: usize) -> bool {
    (1..FEWEST).contains(&visits)
}

/// How many a share tells of: the part or the rest, whichever is smaller.
pub fn least(part: usize, whole: usize) -> usize {
    let parts = [part, whole.saturating_sub(part)];
    parts.into_iter().filter(|count| *count > 0).min().unwrap_or(whole)
}

/// What many durations come to, in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figure {
    /// How many there are.
    pub count: usize,
    /// How many visits they are of: several tests may be of one.
    pub visits: usize,
    /// How many did not reach their end, and are left out.
    pub missing: usize,
    /// How many visits those are of.
    pub unfinished: usize,
    /// The one in the middle: half of all take no longer.
    pub median: Option<i64>,
    /// Nine of ten take no longer.
    pub p90: Option<i64>,
    /// The sum shared out evenly, rounded to the next second.
    pub mean: Option<i64>,
    /// How many met their target, and how many had one.
    pub within: Option<(usize, usize)>,
    /// How many visits those are of.
    pub targeted: usize,
}

/// Takes durations in, one by one, those of a visit one after another.
#[derive(Clone, Debug, Default)]
pub struct Values<'a> {
    seconds: Vec<i64>,
    visits: Visits<'a>,
    missing: usize,
    unfinished: Visits<'a>,
    within: (usize, usize),
    targeted: Visits<'a>,
}

/// Visits, each counted once.
#[derive(Clone, Debug, Default)]
struct Visits<'a> {
    count: usize,
    last: Option<&'a VisitId>,
}

impl<'a> Visits<'a> {
    fn take(&mut self, visit: &'a VisitId) {
        // Where it lies says who it is: to look there would take longer than all the rest.
        if !self.last.is_some_and(|last| std::ptr::eq(last, visit)) {
            (self.count, self.last) = (self.count + 1, Some(visit));
        }
    }
}

impl<'a> Values<'a> {
    /// Takes in a visit's duration, or that there is none yet, and its target.
    pub fn take(&mut self, visit: &'a VisitId, seconds: Option<i64>, target: Option<i64>) {
        let Some(seconds) = seconds else {
            self.missing += 1;
            self.unfinished.take(visit);
            return;
        };
        self.seconds.push(seconds);
        self.visits.take(visit);
        if let Some(target) = target {
            let (met, all) = self.within;
            self.within = (met + usize::from(seconds <= target), all + 1);
            self.targeted.take(visit);
        }
    }

    /// What they come to.
    pub fn figure(mut self) -> Figure {
        let count = self.seconds.len();
        let sum: i64 = self.seconds.iter().sum();
        Figure {
            count,
            visits: self.visits.count,
            missing: self.missing,
            unfinished: self.unfinished.count,
            p90: nearest_rank(&mut self.seconds, 90),
            median: nearest_rank(&mut self.seconds, 50),
            mean: (count > 0).then(|| (sum as f64 / count as f64).round() as i64),
            within: (self.within.1 > 0).then_some(self.within),
            targeted: self.targeted.count,
        }
    }
}

/// The smallest value that so many of a hundred do not exceed: one that occurred, never one between two.
fn nearest_rank(values: &mut [i64], of_hundred: usize) -> Option<i64> {
    let rank = (values.len() * of_hundred).div_ceil(100);
    let index = rank.checked_sub(1)?;
    Some(*values.select_nth_unstable(index).1)
}

impl Figure {
    /// How many of a hundred met their target.
    pub fn share_within(&self) -> Option<f64> {
        self.within.map(|(met, all)| met as f64 * 100.0 / all as f64)
    }

    /// How many visits that share could tell of.
    pub fn least_within(&self) -> usize {
        self.within.map_or(0, |(met, all)| least(met, all).min(self.targeted))
    }
}

/// A part of a whole, in per cent.
pub fn share(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part as f64 * 100.0 / whole as f64)
}
