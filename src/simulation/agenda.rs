//! What is going to happen, soonest first.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use chrono::{DateTime, Utc};

/// What is going to happen, soonest first; what happens at one moment happens in the order it was planned.
pub struct Agenda<H> {
    planned: BinaryHeap<Planned<H>>,
    count: u64,
}

struct Planned<H> {
    at: DateTime<Utc>,
    number: u64,
    what: H,
}

impl<H> Default for Agenda<H> {
    fn default() -> Self {
        Self { planned: BinaryHeap::new(), count: 0 }
    }
}

impl<H> Agenda<H> {
    /// Plans something.
    pub fn plan(&mut self, at: DateTime<Utc>, what: H) {
        self.count += 1;
        self.planned.push(Planned { at, number: self.count, what });
    }

    /// When the next thing happens.
    pub fn next_at(&self) -> Option<DateTime<Utc>> {
        self.planned.peek().map(|planned| planned.at)
    }

    /// Takes the next thing, if it happens before a moment.
    pub fn next_before(&mut self, moment: DateTime<Utc>) -> Option<(DateTime<Utc>, H)> {
        if self.next_at()? >= moment {
            return None;
        }
        self.planned.pop().map(|planned| (planned.at, planned.what))
    }
}

impl<H> Ord for Planned<H> {
    /// The heap gives the greatest first: the soonest is the greatest.
    fn cmp(&self, other: &Self) -> Ordering {
        (other.at, other.number).cmp(&(self.at, self.number))
    }
}

impl<H> PartialOrd for Planned<H> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<H> PartialEq for Planned<H> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl<H> Eq for Planned<H> {}
