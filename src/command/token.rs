//! `sojourn token`: how programs call.

use chrono::{DateTime, TimeDelta, Utc};
use clap::Subcommand;

use super::{DatabaseOptions, Error, the_system, the_tenant};
use crate::clock::Clock;
use crate::db::Db;
use crate::hospital::people;
use crate::hospital::sign_in_names::SignInName;
use crate::hospital::tokens::Secret;
use crate::journey::ids::Id as _;
use crate::record::Recorder;

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
        #[command(flatten)]
        database: DatabaseOptions,
    },
}

/// Makes the token, and prints it alone.
pub async fn run(command: TokenCommand) -> Result<(), Error> {
    let TokenCommand::Create { user, label, expires, database } = command;
    let db = database.open().await?;
    let created = create(&db, &user, &label, Clock::system().now(), expires).await;
    db.close().await;
    println!("{}", created?.reveal());
    Ok(())
}

async fn create(
    db: &Db,
    user: &SignInName,
    label: &str,
    now: DateTime<Utc>,
    lifetime: TimeDelta,
) -> Result<Secret, Error> {
    let known = people::credentials(db, user).await?.ok_or_else(|| Error::UnknownUser(user.clone()))?;
    let tenant = the_tenant(db, Some(known.tenant_id.as_str())).await?;
    let actor = the_system(db, &tenant).await?;
    let recorder = Recorder::new(db.clone(), Clock::system());
    let (secret, _) = recorder.create_token(&tenant, &actor, &known.person.id, label, Some(now + lifetime)).await?;
    Ok(secret)
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
