//! `sojourn token`: how programs call.

use chrono::TimeDelta;
use clap::Subcommand;

use super::CommandError;
use crate::clock::Clock;
use crate::db::{Db, commit};
use crate::hospital::people::SignInName;
use crate::hospital::tokens::{self, Secret};

/// What can be done with tokens.
#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// Make a token that acts for a person; it is printed once, and nothing else
    Create {
        /// For whom: the name they sign in with
        #[arg(long, value_name = "NAME")]
        user: SignInName,
        /// What it is for, in words
        #[arg(long, default_value = "made on the command line")]
        label: String,
        /// How long it lasts, such as 90d or 12h
        #[arg(long, default_value = "90d", value_name = "TIME", value_parser = lifetime)]
        expires: TimeDelta,
    },
}

impl TokenCommand {
    /// Makes the token; to be printed alone on standard output.
    pub async fn run(self, db: &Db, clock: &Clock) -> Result<Secret, CommandError> {
        let Self::Create { user, label, expires } = self;
        let known = super::user(db, &user).await?;
        let now = clock.now();
        let mut tx = db.begin().await?;
        let (secret, _) =
            tokens::create(&mut tx, &known.tenant_id, &known.person.id, &label, now, Some(now + expires)).await?;
        commit(tx).await?;
        Ok(secret)
    }
}

/// Reads days or hours: 90d, 12h.
fn lifetime(text: &str) -> Result<TimeDelta, String> {
    let (count, hours) = match (text.strip_suffix('d'), text.strip_suffix('h')) {
        (Some(days), _) => (days, 24),
        (_, Some(hours)) => (hours, 1),
        _ => ("", 0),
    };
    count
        .parse::<u16>()
        .ok()
        .map(|count| TimeDelta::hours(i64::from(count) * hours))
        .filter(|lifetime| *lifetime > TimeDelta::zero() && *lifetime <= TimeDelta::days(3660))
        .ok_or_else(|| "must be a number of days or hours, at most ten years, such as 90d or 12h".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lifetimes_are_days_or_hours() {
        assert_eq!(lifetime("90d"), Ok(TimeDelta::days(90)));
        assert_eq!(lifetime("12h"), Ok(TimeDelta::hours(12)));
        for bad in ["", "d", "90", "0d", "-1d", "1w", "4000d", "99999999d", "1.5d"] {
            assert!(lifetime(bad).is_err(), "{bad:?}");
        }
    }
}
