//! What screens show of patients: who may see it, and that they did.

use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};
use lru::LruCache;

use crate::db::new_id;
use crate::hospital::reader::Reader;
use crate::hospital::sessions;
use crate::http::desk::{Desk, Failure};
use crate::journey::ids::{PatientId, PersonId, VisitId};
use crate::log::Access;
use crate::log::access::{Subject, Way};
use crate::projections::visits::{self, VisitCard};

/// What a screen shows of patients, for the access log.
#[derive(Clone, Debug)]
pub enum Seen {
    /// Nothing.
    Nothing,
    /// Many of them.
    List,
    /// One of them.
    Patient(PatientId),
    /// One visit of one.
    Visit(VisitId, PatientId),
    /// Who saw what.
    AccessLog,
}

impl Seen {
    /// The visit of a card.
    pub fn visit(card: &VisitCard) -> Self {
        Self::Visit(card.visit.visit_id.clone(), card.visit.patient_id.clone())
    }

    /// A visit, when one lies open; otherwise the list it is chosen from.
    pub fn chosen(card: Option<&VisitCard>) -> Self {
        card.map_or(Self::List, Self::visit)
    }
}

impl Desk {
    /// What the person may read.
    pub fn reader(&self) -> Reader {
        Reader::of(&self.person)
    }

    /// A visit that the person may read; one of another branch is as one that does not exist.
    pub async fn visit(&self, id: &VisitId) -> Result<VisitCard, Failure> {
        let card = visits::get(self.db(), &self.tenant.id, id).await?;
        card.filter(|card| self.reader().reads_visit(card.visit.branch_id.as_ref())).ok_or(Failure::NotFound)
    }

    /// Keeps what the person sees.
    pub async fn saw(&self, seen: Seen) -> Result<(), Failure> {
        let (subject, patient_id, visit_id) = match seen {
            Seen::Nothing => return Ok(()),
            Seen::List => (Subject::List, None, None),
            Seen::Patient(patient) => (Subject::Patient, Some(patient), None),
            Seen::Visit(visit, patient) => (Subject::Visit, Some(patient), Some(visit)),
            Seen::AccessLog => (Subject::AccessLog, None, None),
        };
        let sight = Sight {
            person: self.person.id.clone(),
            address: self.path.clone(),
            patient: patient_id.clone(),
            visit: visit_id.clone(),
        };
        if self.sittings.goes_on(sight, self.now, self.is_refresh) {
            return Ok(());
        }
        let access = Access {
            id: new_id(),
            accessed_at: self.now,
            person_id: self.person.id.clone(),
            on_behalf_of: None,
            way: Way::Screen,
            token_id: None,
            subject,
            address: self.path.clone(),
            patient_id,
            visit_id,
            purpose: None,
        };
        Ok(self.app.accesses.keep(&self.tenant.id, access).await?)
    }
}

/// What somebody looks at.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Sight {
    person: PersonId,
    address: String,
    patient: Option<PatientId>,
    visit: Option<VisitId>,
}

/// How many sights are remembered; one that is forgotten is written down once more.
const SIGHTS: NonZeroUsize = match NonZeroUsize::new(10_000) {
    Some(sights) => sights,
    None => NonZeroUsize::MIN,
};

/// Who sits before what: a screen that keeps itself up to date is looked at once, not anew with every change.
#[derive(Debug)]
pub struct Sittings(Mutex<LruCache<Sight, DateTime<Utc>>>);

impl Default for Sittings {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(SIGHTS)))
    }
}

impl Sittings {
    /// Whether a screen only refreshes itself before somebody whose look at it was written down not long ago.
    fn goes_on(&self, sight: Sight, now: DateTime<Utc>, is_refresh: bool) -> bool {
        let mut written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if is_refresh && written.get(&sight).is_some_and(|at| now - *at < sessions::IDLE) {
            return true;
        }
        written.put(sight, now);
        false
    }
}
