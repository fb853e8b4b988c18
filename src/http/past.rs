//! Screens at a past moment: `?asOf=` a time, or `?version=`: of a visit one of its steps, of a board a position of the log.
//! There nobody logs anything.

use axum::http::StatusCode;
use chrono::{DateTime, NaiveDateTime, Utc};
use tr::tr;

use super::desk::{Desk, Failure};
use crate::hospital::tenants::Tenant;
use crate::journey::decide::Actor;
use crate::record::past::{Then, Until};
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

    /// The version that the address asks for.
    fn version(&self) -> Result<Option<i64>, Failure> {
        let Some(version) = self.query("version") else { return Ok(None) };
        version.parse().ok().filter(|version| *version > 0).map(Some).ok_or(Failure::NotFound)
    }

    /// How far the address asks for a visit's story to be told; none for all of it.
    pub fn until(&self) -> Result<Option<Until>, Failure> {
        Ok(match self.version()? {
            Some(version) => Some(Until::Version(version)),
            None => self.as_of()?.map(Until::Moment),
        })
    }

    /// What a board or a list shows that the address asks for as it was; none for the present.
    pub async fn past_of_hospital(&self) -> Result<Option<Past>, Failure> {
        let Some(position) = self.version()? else { return Ok(self.as_of()?.map(|moment| self.past(moment))) };
        let then = Then::after(self.db(), &self.tenant.id, position).await?.ok_or(Failure::NotFound)?;
        Ok(Some(Past { position: then.position, ..self.past(then.moment) }))
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
        Past { tenant: self.tenant.clone(), moment, step: None, position: None, now: self.address_now() }
    }

    /// The same of a visit's story, told up to its last step by then.
    pub fn past_of_visit(&self, until: Until, version: i64, recorded_at: DateTime<Utc>) -> Past {
        match until {
            Until::Moment(moment) => self.past(moment),
            Until::Version(_) => Past { step: Some(version), ..self.past(recorded_at) },
            Until::Position(last) => Past { position: Some(last), ..self.past(recorded_at) },
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
