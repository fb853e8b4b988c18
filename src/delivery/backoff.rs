//! How long to wait after a failure: twice as long each time, and never the same as others wait.

use std::time::Duration;

/// Waits that double from the first to the longest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// The longest that is waited after the first failure.
    pub first: Duration,
    /// The longest that is ever waited.
    pub longest: Duration,
}

impl Backoff {
    /// How long to wait after so many failures; `chance`, from 0 to 1, spreads waits over the upper half, so that many that failed
    /// together do not come back together.
    pub fn after(&self, failures: u32, chance: f64) -> Duration {
        let doubled = 2_u32.saturating_pow(failures.saturating_sub(1));
        let wait = self.first.saturating_mul(doubled).min(self.longest);
        wait.mul_f64(0.5 + chance.clamp(0.0, 1.0) / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_and_are_spread() {
        let backoff = Backoff { first: Duration::from_secs(1), longest: Duration::from_secs(3600) };
        let longest: Vec<_> = (1..=14).map(|failures| backoff.after(failures, 1.0).as_secs()).collect();
        assert_eq!(longest, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 3600, 3600]);
        assert_eq!(backoff.after(3, 0.0), Duration::from_secs(2));
        assert_eq!(backoff.after(u32::MAX, 0.5), Duration::from_secs(2700));
    }
}
