//! Screens at a past moment: `?asOf=` a time, on a visit also `?version=` one of its steps. There nobody logs anything.

use axum::http::StatusCode;
use chrono::{DateTime, NaiveDateTime, Utc};
use tr::tr;

use super::desk::{Desk, Failure};
use crate::hospital::tenants::Tenant;
use crate::journey::decide::Actor;
use crate::record::past::Until;
use crate::screens::past::Past;

impl Desk {
    /// The past moment that the address asks for; none for the present, and for what is yet to come.
    pub fn as_of(&self) -> Result<Option<DateTime<Utc>>, Failure> {
        let Some(asked) = self.query("asOf") else { return Ok(None) };
        let moment = moment(&self.tenant, asked).ok_or_else(|| {
            let words = tr!("Give asOf as a day and time on the hospital’s clock, such as 2026-11-21T10:15.");
            Failure::Said(StatusCode::BAD_REQUEST, words)
        })?;
        Ok(Some(moment).filter(|moment| *moment < self.now))
    }

    /// How far the address asks for a visit's story to be told; none for all of it.
    pub fn until(&self) -> Result<Option<Until>, Failure> {
        match self.query("version") {
            Some(version) => {
                let version = version.parse().ok().filter(|version| *version > 0);
                version.map(|version| Some(Until::Version(version))).ok_or(Failure::NotFound)
            }
            None => Ok(self.as_of()?.map(Until::Moment)),
        }
    }

    /// Lets nobody go on who looks at the past.
    pub fn needs_present(&self) -> Result<(), Failure> {
        if self.until()?.is_none() {
            return Ok(());
        }
        let words = tr!("What is past cannot be changed. Go back to now, then log what was done.");
        Err(Failure::Said(StatusCode::CONFLICT, words))
    }

    /// What a screen says of the past moment it shows.
    pub fn past(&self, moment: DateTime<Utc>) -> Past {
        Past { tenant: self.tenant.clone(), moment, step: None, now: self.address_now() }
    }

    /// The same of a visit's story, told up to its last step by then.
    pub fn past_of_visit(&self, until: Until, version: i64, recorded_at: DateTime<Utc>) -> Past {
        match until {
            Until::Moment(moment) => self.past(moment),
            Until::Version(_) => Past { step: Some(version), ..self.past(recorded_at) },
        }
    }

    /// Whoever looks at the past can do nothing there.
    pub fn actor_at(&self, past: Option<&Past>) -> Actor {
        let actor = self.person.actor();
        if past.is_some() { Actor { roles: Vec::new(), ..actor } } else { actor }
    }
}

/// A moment as a field for day and time sends it, or as a program writes it.
fn moment(tenant: &Tenant, text: &str) -> Option<DateTime<Utc>> {
    let local = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
        .into_iter()
        .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok());
    match local {
        Some(local) => tenant.moment(local),
        None => text.parse().ok(),
    }
}
