//! How fast a token may call: so many calls a second, and a burst before that counts.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::journey::ids::TokenId;

/// How many calls a second a token may make, unless told otherwise.
pub const CALLS_PER_SECOND: u32 = 100;

/// Watches over the pace of tokens; cheap to clone.
#[derive(Clone, Debug)]
pub struct Pace {
    per_second: f64,
    tokens: Arc<Mutex<HashMap<TokenId, Bucket>>>,
}

/// What a token may still do at once, as of a moment.
#[derive(Debug)]
struct Bucket {
    calls: f64,
    at: Instant,
}

impl Pace {
    /// Allows so many calls a second, and twice as many at once after a rest.
    pub fn new(per_second: u32) -> Self {
        Self { per_second: f64::from(per_second.max(1)), tokens: Arc::default() }
    }

    /// Counts a call; one too many hears after how long there is room for it.
    pub fn count(&self, token: &TokenId) -> Result<(), Duration> {
        self.count_at(token, Instant::now())
    }

    fn count_at(&self, token: &TokenId, now: Instant) -> Result<(), Duration> {
        let full = self.per_second * 2.0;
        let refilled = |bucket: &Bucket| (bucket.calls + (now - bucket.at).as_secs_f64() * self.per_second).min(full);
        // Whoever panicked here left nothing half done.
        let mut tokens = self.tokens.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let calls = tokens.get(token).map_or(full, refilled);
        if calls < 1.0 {
            return Err(Duration::from_secs_f64((1.0 - calls) / self.per_second));
        }
        if !tokens.contains_key(token) {
            // Who rested long enough is as one who never called.
            tokens.retain(|_, bucket| refilled(bucket) < full);
        }
        tokens.insert(token.clone(), Bucket { calls: calls - 1.0, at: now });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::new_id;

    #[test]
    fn a_burst_is_let_through_then_the_pace_counts() {
        let (pace, start) = (Pace::new(100), Instant::now());
        let (one, other): (TokenId, TokenId) = (new_id(), new_id());
        let let_through = |token, after| (0..1000).filter(|_| pace.count_at(token, start + after).is_ok()).count();
        assert_eq!(let_through(&one, Duration::ZERO), 200);
        assert_eq!(let_through(&one, Duration::from_millis(500)), 50);
        assert_eq!(let_through(&other, Duration::from_millis(500)), 200);
        let wait = pace.count_at(&one, start + Duration::from_millis(500)).expect_err("one too many");
        assert!(wait <= Duration::from_millis(10), "{wait:?}");
        assert_eq!(let_through(&one, Duration::from_secs(3600)), 200);
        assert_eq!(pace.tokens.lock().expect("the tokens").len(), 2);
    }
}
