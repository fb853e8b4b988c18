//! Passphrases: which are good enough, and their hashes (argon2id, 64 MiB, three passes).

use std::sync::Arc;
use std::time::Duration;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;

use crate::db::text_columns;

/// The fewest characters, as NIST asks of what stands alone.
const SHORTEST: usize = 15;
/// The most bytes: room for 64 characters of any script.
const LONGEST: usize = 256;
/// How many hashes are worked out at once: each takes 64 MiB.
const AT_ONCE: usize = 2;
/// How long an attempt waits for its turn to be hashed.
const PATIENCE: Duration = Duration::from_secs(10);

/// What people choose when asked for something long, letters and digits only, and the passphrase of our own demo.
const BLOCKED: &[&str] = &[
    "123456789012345",
    "1234567890123456",
    "12345678901234567890",
    "abcdefghijklmno",
    "abcdefghijklmnopqrstuvwxyz",
    "administrator123",
    "changemechangeme",
    "changemechangemechangeme",
    "correcthorsebatterystaple",
    "demohospital2026",
    "hospitalhospital",
    "hospitalpassword",
    "iloveyouiloveyou",
    "letmeinletmeinletmein",
    "mypasswordispassword",
    "passphrasepassphrase",
    "passwordhospital",
    "passwordpassword",
    "passwordpassword1",
    "password12345678",
    "password123456789",
    "password1234567890",
    "q1w2e3r4t5y6u7i8",
    "qazwsxedcrfvtgb",
    "qwertyqwertyqwerty",
    "qwertyuiop123456",
    "qwertyuiop1234567890",
    "qwertyuiopasdfgh",
    "qwertyuiopasdfghjkl",
    "qwertyuiopasdfghjklzxcvbnm",
    "sojournsojourn",
    "sojournsojournsojourn",
    "thisismypassphrase",
    "thisismypassword",
    "welcomewelcome123",
    "welcometohospital",
];

/// Why a passphrase is not good enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WeakPassphrase {
    /// It is too short.
    #[error("a passphrase has at least {SHORTEST} characters; four or five words make a good one")]
    TooShort,
    /// It is too long.
    #[error("a passphrase has at most {LONGEST} bytes")]
    TooLong,
    /// It is among the first that would be tried.
    #[error("this passphrase is easily guessed; four or five words that do not belong together make a good one")]
    Guessable,
}

/// A passphrase good enough to be set.
#[derive(Clone)]
pub struct Passphrase(String);

impl Passphrase {
    /// Takes a passphrase that somebody of this name chose.
    pub fn parse(text: &str, sign_in_name: &str) -> Result<Self, WeakPassphrase> {
        if text.chars().count() < SHORTEST {
            return Err(WeakPassphrase::TooShort);
        }
        if text.len() > LONGEST {
            return Err(WeakPassphrase::TooLong);
        }
        let plain: String = text.to_lowercase().chars().filter(|character| character.is_alphanumeric()).collect();
        let mut characters: Vec<char> = text.to_lowercase().chars().collect();
        characters.sort_unstable();
        characters.dedup();
        let only_the_name = !sign_in_name.is_empty() && plain.replace(&sign_in_name.to_lowercase(), "").len() < 5;
        if characters.len() < 5 || only_the_name || BLOCKED.contains(&plain.as_str()) {
            return Err(WeakPassphrase::Guessable);
        }
        Ok(Self(text.to_owned()))
    }
}

/// What is kept of a passphrase, in PHC notation.
#[derive(Clone, PartialEq, Eq)]
pub struct PassphraseHash(String);

impl PassphraseHash {
    fn parse(text: &str) -> Option<Self> {
        PasswordHash::new(text).ok().map(|_| Self(text.to_owned()))
    }

    fn text(&self) -> String {
        self.0.clone()
    }
}

impl std::fmt::Debug for PassphraseHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PassphraseHash")
    }
}

text_columns!(PassphraseHash::text, PassphraseHash::parse: PassphraseHash);

/// The hash of nothing anybody can type: whoever is unknown takes as long to be refused as who is known.
const NOBODY: &str =
    "$argon2id$v=19$m=65536,t=3,p=1$Tm9ib2R5IGlzIGF0IGhvbWU$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Why nothing was hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HashError {
    /// Too many were before it.
    #[error("too many people are signing in at this moment; please try again in a few seconds")]
    Busy,
    /// The hash function failed, which only a lack of memory explains.
    #[error("the passphrase could not be hashed")]
    Failed,
}

/// Hashes passphrases, no more than two at once.
#[derive(Clone, Debug)]
pub struct Hasher(Arc<Semaphore>);

impl Default for Hasher {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }
}

impl Hasher {
    /// Hashes a passphrase to be kept.
    pub async fn hash(&self, passphrase: Passphrase) -> Result<PassphraseHash, HashError> {
        self.hash_any(passphrase.0).await
    }

    /// Hashes any text, as the demo does with the passphrase it shows to everyone.
    pub(super) async fn hash_any(&self, text: String) -> Result<PassphraseHash, HashError> {
        self.take_turn(move || {
            let hash = argon2()?.hash_password(text.as_bytes()).map_err(|_| HashError::Failed)?;
            Ok(PassphraseHash(hash.to_string()))
        })
        .await
    }

    /// Whether a passphrase is the one that was hashed; with no hash it takes as long, and is not.
    pub async fn verify(&self, typed: String, hash: Option<PassphraseHash>) -> Result<bool, HashError> {
        self.take_turn(move || {
            let kept = hash.as_ref().map_or(NOBODY, |hash| &hash.0);
            let kept = PasswordHash::new(kept).map_err(|_| HashError::Failed)?;
            let verified = argon2()?.verify_password(typed.as_bytes(), &kept).is_ok();
            Ok(verified && hash.is_some())
        })
        .await
    }

    /// Works on a thread of its own when one of the places is free; the place is kept until the work is done,
    /// even when whoever asked has gone.
    async fn take_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, HashError> + Send + 'static,
    ) -> Result<T, HashError> {
        let place = tokio::time::timeout(PATIENCE, self.0.clone().acquire_owned())
            .await
            .map_err(|_| HashError::Busy)?
            .map_err(|_| HashError::Failed)?;
        tokio::task::spawn_blocking(move || {
            let done = work();
            drop(place);
            done
        })
        .await
        .map_err(|_| HashError::Failed)?
    }
}

fn argon2() -> Result<Argon2<'static>, HashError> {
    let params = Params::new(65_536, 3, 1, None).map_err(|_| HashError::Failed)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(text: &str) -> Result<(), WeakPassphrase> {
        Passphrase::parse(text, "reception").map(drop)
    }

    #[test]
    fn length_is_what_counts() {
        assert_eq!(judged("violet ladder 7"), Ok(()));
        assert_eq!(judged("violet ladder "), Err(WeakPassphrase::TooShort));
        assert_eq!(judged("नीला पहाड़ और सात घोड़े"), Ok(()));
        assert_eq!(judged(&"नीला पहाड़ ".repeat(6)), Ok(()), "64 characters of any script");
        assert_eq!(judged(&"violet ladder ".repeat(20)), Err(WeakPassphrase::TooLong));
    }

    #[test]
    fn what_is_tried_first_is_refused() {
        for guessable in [
            "passwordpassword",
            "Password-Password!",
            "aaaaaaaaaaaaaaaaaaaa",
            "121212121212121212",
            "reception-reception-1",
            "demo-hospital-2026",
        ] {
            assert_eq!(judged(guessable), Err(WeakPassphrase::Guessable), "{guessable}");
        }
    }

    #[test]
    fn every_blocked_passphrase_could_otherwise_be_chosen() {
        for blocked in BLOCKED {
            assert!(blocked.len() + 2 >= SHORTEST && blocked.chars().all(char::is_alphanumeric), "{blocked}");
        }
    }

    #[tokio::test]
    async fn a_hash_knows_its_passphrase_and_no_other() -> Result<(), HashError> {
        let hasher = Hasher::default();
        let hash = hasher.hash_any("violet ladder seven".to_owned()).await?;
        assert!(hash.0.starts_with("$argon2id$v=19$m=65536,t=3,p=1$"), "{}", hash.0);
        assert!(hasher.verify("violet ladder seven".to_owned(), Some(hash.clone())).await?);
        assert!(!hasher.verify("violet ladder eight".to_owned(), Some(hash)).await?);
        assert!(!hasher.verify("violet ladder seven".to_owned(), None).await?);
        Ok(())
    }

    #[test]
    fn nobodys_hash_costs_as_much_as_anybodys() {
        let nobody = PasswordHash::new(NOBODY).expect("PHC notation");
        let params = Params::try_from(&nobody).expect("parameters");
        assert_eq!((params.m_cost(), params.t_cost(), params.p_cost()), (65_536, 3, 1));
        assert_eq!(nobody.hash.map(|hash| hash.len()), Some(32));
    }
}
