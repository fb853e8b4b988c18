//! The pace at which somebody may guess: slower with every failure, for the account and for the address, and never a lockout,
//! for that would let a stranger shut a doctor out.
//!
//! Counted in memory: a restart forgets, which gains a guesser nothing worth having, and no failure costs a write.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::SignInError;
use crate::hospital::sign_in_names::SignInName;

/// Failures are forgotten after an hour without another.
const MEMORY: Duration = Duration::from_secs(3600);
/// How many accounts, and how many addresses, are remembered.
const REMEMBERED: usize = 10_000;
/// A whole hospital may come from one address: it may fail this many times as often as one account.
const PEOPLE_PER_ADDRESS: u32 = 20;
/// How many attempts of one address may wait at once.
const WAITING_PER_ADDRESS: u32 = 20;

/// How long an attempt is held after so many failures of an account.
fn delay(failures: u32) -> Duration {
    Duration::from_secs(match failures {
        0 => 0,
        1..3 => 1,
        3..9 => 3,
        9..25 => 5,
        25..100 => 10,
        100.. => 20,
    })
}

/// An address as it is counted: an IPv6 network counts as one, for its owner has 2⁶⁴ of them.
fn counted(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        address => address,
    }
}

#[derive(Clone, Copy, Debug)]
struct Count {
    failures: u32,
    waiting: u32,
    latest: Instant,
}

impl Count {
    fn forgotten(&self, now: Instant) -> bool {
        self.waiting == 0 && now.saturating_duration_since(self.latest) >= MEMORY
    }
}

/// The count of a key, made if need be; the oldest make room.
fn count_of<K: Clone + Eq + Hash>(counts: &mut HashMap<K, Count>, key: K, now: Instant) -> &mut Count {
    if counts.len() >= REMEMBERED && !counts.contains_key(&key) {
        counts.retain(|_, count| !count.forgotten(now));
        if counts.len() >= REMEMBERED {
            let oldest = counts.iter().filter(|(_, count)| count.waiting == 0).min_by_key(|(_, count)| count.latest);
            if let Some(oldest) = oldest.map(|(key, _)| key.clone()) {
                counts.remove(&oldest);
            }
        }
    }
    let count = counts.entry(key).or_insert(Count { failures: 0, waiting: 0, latest: now });
    if count.forgotten(now) {
        count.failures = 0;
    }
    count.latest = now;
    count
}

#[derive(Debug, Default)]
struct Counts {
    accounts: HashMap<SignInName, Count>,
    addresses: HashMap<IpAddr, Count>,
}

/// Counts failures. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(super) struct Throttle(Arc<Mutex<Counts>>);

impl Throttle {
    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins an attempt. It counts as failed until it is known not to be, so that many at once gain nothing.
    pub(super) fn begin(&self, account: Option<&SignInName>, address: IpAddr) -> Result<Attempt, SignInError> {
        self.begin_at(account, address, Instant::now())
    }

    fn begin_at(&self, account: Option<&SignInName>, address: IpAddr, now: Instant) -> Result<Attempt, SignInError> {
        let address = counted(address);
        let mut counts = self.counts();
        let by_address = count_of(&mut counts.addresses, address, now);
        let address_delay = delay(by_address.failures / PEOPLE_PER_ADDRESS);
        if by_address.waiting >= WAITING_PER_ADDRESS {
            return Err(SignInError::TooManyAttempts(address_delay.as_secs().max(5)));
        }
        by_address.waiting += 1;
        by_address.failures = by_address.failures.saturating_add(1);
        let account_delay = account.map_or(Duration::ZERO, |account| {
            let by_account = count_of(&mut counts.accounts, account.clone(), now);
            let account_delay = delay(by_account.failures);
            by_account.failures = by_account.failures.saturating_add(1);
            account_delay
        });
        drop(counts);
        let delay = account_delay.max(address_delay);
        Ok(Attempt { throttle: self.clone(), account: account.cloned(), address, delay })
    }
}

/// An attempt to sign in; dropped, it has failed.
#[derive(Debug)]
pub(super) struct Attempt {
    throttle: Throttle,
    account: Option<SignInName>,
    address: IpAddr,
    delay: Duration,
}

impl Attempt {
    /// How long it is held before anything is looked at.
    pub(super) fn delay(&self) -> Duration {
        self.delay
    }

    /// The passphrase was right: the account's failures are forgotten, those of the address stay.
    pub(super) fn succeeded(self) {
        let mut counts = self.throttle.counts();
        if let Some(account) = &self.account {
            counts.accounts.remove(account);
        }
        uncount(counts.addresses.get_mut(&self.address));
    }

    /// It came to no decision, and counts for nothing.
    pub(super) fn undecided(self) {
        let mut counts = self.throttle.counts();
        uncount(self.account.as_ref().and_then(|account| counts.accounts.get_mut(account)));
        uncount(counts.addresses.get_mut(&self.address));
    }
}

fn uncount(count: Option<&mut Count>) {
    if let Some(count) = count {
        count.failures = count.failures.saturating_sub(1);
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        if let Some(count) = self.throttle.counts().addresses.get_mut(&self.address) {
            count.waiting = count.waiting.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WARD: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

    fn name(text: &str) -> SignInName {
        SignInName::parse(text).expect("a name")
    }

    #[test]
    fn every_failure_makes_it_slower_but_it_never_stops() {
        let seconds: Vec<u64> = [0, 1, 2, 3, 8, 9, 24, 25, 99, 100, u32::MAX]
            .into_iter()
            .map(|failures| delay(failures).as_secs())
            .collect();
        assert_eq!(seconds, [0, 1, 1, 3, 3, 5, 5, 10, 10, 20, 20]);
    }

    #[test]
    fn an_account_is_held_back_whoever_asks_and_forgiven_when_it_is_right() {
        let throttle = Throttle::default();
        let doctor = name("doctor");
        let attempt = |last: u8| throttle.begin(Some(&doctor), IpAddr::from([198, 51, 100, last])).expect("let in");
        assert_eq!((1..=4).map(|last| attempt(last).delay().as_secs()).collect::<Vec<_>>(), [0, 1, 1, 3]);
        assert_eq!(throttle.begin(Some(&name("nurse")), WARD).map(|attempt| attempt.delay().as_secs()).ok(), Some(0));
        attempt(5).succeeded();
        assert_eq!(attempt(6).delay(), Duration::ZERO);
    }

    #[test]
    fn attempts_at_once_count_before_any_is_decided() {
        let throttle = Throttle::default();
        let doctor = name("doctor");
        let attempts: Vec<Attempt> = (0..5).filter_map(|_| throttle.begin(Some(&doctor), WARD).ok()).collect();
        assert_eq!(attempts.iter().map(|attempt| attempt.delay().as_secs()).collect::<Vec<_>>(), [0, 1, 1, 3, 3]);
        attempts.into_iter().for_each(Attempt::undecided);
        assert_eq!(throttle.begin(Some(&doctor), WARD).map(|attempt| attempt.delay()).ok(), Some(Duration::ZERO));
    }

    #[test]
    fn an_address_that_guesses_many_names_is_held_back_too() {
        let throttle = Throttle::default();
        for guess in 0..PEOPLE_PER_ADDRESS {
            drop(throttle.begin(Some(&name(&format!("guess{guess}"))), WARD));
        }
        let delay = |address| throttle.begin(None, address).map(|attempt| attempt.delay().as_secs()).ok();
        assert_eq!(delay(WARD), Some(1));
        assert_eq!(delay(IpAddr::from([192, 0, 2, 2])), Some(0));
    }

    #[test]
    fn too_many_waiting_from_one_address_are_sent_away() {
        let throttle = Throttle::default();
        let mut waiting: Vec<Attempt> =
            (0..WAITING_PER_ADDRESS).map(|_| throttle.begin(None, WARD).expect("let in")).collect();
        let sent_away = throttle.begin(None, WARD).expect_err("sent away");
        assert!(sent_away.retry_after().is_some_and(|seconds| seconds >= 1), "{sent_away:?}");
        waiting.pop();
        assert!(throttle.begin(None, WARD).is_ok());
    }

    #[test]
    fn failures_are_forgotten_after_an_hour() {
        let throttle = Throttle::default();
        let doctor = name("doctor");
        let start = Instant::now();
        let delay = |after: u64| {
            let now = start + Duration::from_secs(after);
            throttle.begin_at(Some(&doctor), WARD, now).map(|attempt| attempt.delay().as_secs()).ok()
        };
        assert_eq!([delay(0), delay(0), delay(3599), delay(3599 + 3600)], [Some(0), Some(1), Some(1), Some(0)]);
    }

    #[test]
    fn memory_is_bounded() {
        let mut counts = HashMap::new();
        let start = Instant::now();
        for key in 0..REMEMBERED + 10 {
            count_of(&mut counts, key, start + Duration::from_millis(key as u64));
        }
        assert_eq!(counts.len(), REMEMBERED);
        assert!(!counts.contains_key(&0) && counts.contains_key(&(REMEMBERED + 9)));
    }

    #[test]
    fn an_ipv6_network_counts_as_one_address() {
        let address = |text: &str| counted(text.parse().expect("an address"));
        assert_eq!(address("2001:db8::1"), address("2001:db8::ffff:2"));
        assert_ne!(address("2001:db8::1"), address("2001:db8:0:1::1"));
        assert_eq!(address("::ffff:192.0.2.1"), WARD);
    }
}
