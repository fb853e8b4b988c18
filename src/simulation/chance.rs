//! Chance, all of it from one seed.

use std::ops::RangeInclusive;

use chrono::{DateTime, TimeDelta, Utc};
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use crate::journey::ids::Id;

/// The dice of a simulation: the same seed throws the same.
pub struct Chance(ChaCha8Rng);

impl Chance {
    /// The dice of a seed.
    pub fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// The dice themselves.
    pub fn dice(&mut self) -> &mut ChaCha8Rng {
        &mut self.0
    }

    /// Whether something of a chance in a thousand happens.
    pub fn happens(&mut self, in_thousand: u32) -> bool {
        self.0.random_range(0..1000) < in_thousand
    }

    /// A number of a range.
    pub fn number(&mut self, range: RangeInclusive<i64>) -> i64 {
        self.0.random_range(range)
    }

    /// A span of so many seconds, to the millisecond.
    pub fn seconds(&mut self, range: RangeInclusive<i64>) -> TimeDelta {
        TimeDelta::milliseconds(self.0.random_range(range.start() * 1000..=range.end() * 1000))
    }

    /// A span of so many minutes, to the millisecond.
    pub fn minutes(&mut self, range: RangeInclusive<i64>) -> TimeDelta {
        self.seconds(range.start() * 60..=range.end() * 60)
    }

    /// A span about as long as this, seldom much shorter, sometimes much longer.
    pub fn about(&mut self, seconds: f64) -> TimeDelta {
        let mut unit = || self.0.random_range(0.0..1.0);
        let (one, two, tail): (f64, f64, f64) = (unit(), unit(), unit());
        let factor = 0.4 + 0.3 * (one + two) + 1.2 * tail * tail * tail;
        TimeDelta::milliseconds((seconds * factor * 1000.0) as i64)
    }

    /// One of several; none when there are none.
    pub fn one_of<'t, T>(&mut self, things: &'t [T]) -> Option<&'t T> {
        match things.len() {
            0 => None,
            many => things.get(self.0.random_range(0..many)),
        }
    }

    /// The index of one of several weights.
    pub fn weighed(&mut self, weights: impl Iterator<Item = u32> + Clone) -> usize {
        let mut left = self.0.random_range(0..weights.clone().sum::<u32>().max(1));
        for (index, weight) in weights.enumerate() {
            if left < weight {
                return index;
            }
            left -= weight;
        }
        0
    }

    /// An id that is made at a moment.
    pub fn id<I: Id>(&mut self, at: DateTime<Utc>) -> I {
        let milliseconds = u128::from(at.timestamp_millis().unsigned_abs()) & ((1 << 48) - 1);
        I::from_bits(milliseconds << 80 | self.0.random::<u128>() >> 48)
    }
}
