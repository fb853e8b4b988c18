//! Reading patient data: every call that answers with some goes through here, is allowed here, and is kept in the access log.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use axum::extract::{FromRef, FromRequestParts, OriginalUri};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;

use super::headers::Purpose;
use super::parameters::Resource;
use super::problem::Problem;
use crate::clock::Clock;
use crate::db::{Db, new_id};
use crate::hospital::reader::{ACCESS_LOG, Events, PATIENT_DATA, Reader, WHOLE_LOG};
use crate::hospital::tenants::Tenant;
use crate::http::AppState;
use crate::http::sign_in::Program;
use crate::journey::ids::{EventId, Id, PatientId, TenantId, VisitId};
use crate::journey::refusal::one_of;
use crate::journey::wording::in_english;
use crate::journey::words::{Code, Role, Word};
use crate::log::access::{Subject, Way};
use crate::log::{self, Access, AccessLog, Filter, StoredEvent};
use crate::record::VISIT;

/// A program about to read patient data.
pub struct Reading {
    /// The program.
    pub program: Program,
    /// The database.
    pub db: Db,
    /// The present moment.
    pub now: DateTime<Utc>,
    reader: Reader,
    accesses: AccessLog,
    address: String,
    purpose: Option<String>,
}

impl FromRequestParts<AppState> for Reading {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Response> {
        let program = Program::from_request_parts(parts, state).await.map_err(IntoResponse::into_response)?;
        let Purpose(purpose) = Purpose::from_request_parts(parts, state).await.map_err(IntoResponse::into_response)?;
        let uri = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |original| &original.0);
        Ok(Self {
            reader: Reader::of(&program.person),
            db: program.db.clone(),
            program,
            now: Clock::from_ref(state).now(),
            accesses: AccessLog::from_ref(state),
            address: uri.path().to_owned(),
            purpose,
        })
    }
}

impl Reading {
    /// The hospital.
    pub fn tenant(&self) -> &Tenant {
        &self.program.tenant
    }

    fn tenant_id(&self) -> &TenantId {
        &self.program.tenant.id
    }

    /// Lets only those go on who may read patient data at all.
    pub fn patient_data(&self) -> Result<(), Problem> {
        if self.reader.reads_patients() { Ok(()) } else { Err(not_for(PATIENT_DATA, "read patient data")) }
    }

    /// Lets only those go on who may read what is said of the whole log.
    pub fn whole_log(&self) -> Result<(), Problem> {
        if self.reader.reads_whole_log() { Ok(()) } else { Err(not_for(WHOLE_LOG, "read this of the whole log")) }
    }

    /// Lets only those go on who may read who saw what, and keeps that they did.
    pub async fn access_log(&self) -> Result<(), Problem> {
        if !self.reader.reads_accesses() {
            return Err(not_for(ACCESS_LOG, "read the access log"));
        }
        self.saw(Subject::AccessLog, None, None).await?;
        // What was seen just now is to be seen here too.
        self.accesses.flush().await;
        Ok(())
    }

    /// Keeps that a patient's data, or a visit's, were seen.
    async fn saw(&self, subject: Subject, patient: Option<PatientId>, visit: Option<VisitId>) -> Result<(), Problem> {
        let access = Access {
            id: new_id(),
            accessed_at: self.now,
            person_id: self.program.person.id.clone(),
            on_behalf_of: self.program.human.clone(),
            way: Way::Api,
            token_id: Some(self.program.token.clone()),
            subject,
            address: self.address.clone(),
            patient_id: patient,
            visit_id: visit,
            purpose: self.purpose.clone(),
        };
        Ok(self.accesses.keep(self.tenant_id(), access).await?)
    }

    /// Lets a patient be read.
    pub async fn patient(&self, patient: &PatientId) -> Result<(), Problem> {
        self.patient_data()?;
        self.saw(Subject::Patient, Some(patient.clone()), None).await
    }

    /// Lets a list be read.
    pub async fn list(&self) -> Result<(), Problem> {
        self.saw(Subject::List, None, None).await
    }

    /// Lets a visit be read; one of another branch is as one that does not exist.
    pub async fn visit(&self, visit: &VisitId) -> Result<(), Problem> {
        self.patient_data()?;
        let opening = self.opening(VISIT, visit.as_str()).await?.ok_or_else(VisitId::missing)?;
        if !self.reader.reads_visit(opening.event.branch_id.as_ref()) {
            return Err(VisitId::missing());
        }
        self.saw(Subject::Visit, patient_of(&opening), Some(visit.clone())).await
    }

    async fn opening(&self, aggregate_type: &str, aggregate_id: &str) -> Result<Option<StoredEvent>, Problem> {
        Ok(log::opening(&self.db, self.tenant_id(), aggregate_type, aggregate_id).await?)
    }

    /// How the visit of an event began, or else the thing it happened to: there a patient is named for all that follows.
    async fn beginning(&self, stored: &StoredEvent) -> Result<Option<StoredEvent>, Problem> {
        match &stored.event.visit_id {
            Some(visit) => self.opening(VISIT, visit.as_str()).await,
            None => self.opening(&stored.event.aggregate_type, &stored.event.aggregate_id).await,
        }
    }

    /// One event, as far as it may be read.
    pub async fn event(&self, id: &EventId) -> Result<Sighted, Problem> {
        let stored = log::event(&self.db, self.tenant_id(), id).await?.ok_or_else(EventId::missing)?;
        let beginning = self.beginning(&stored).await?;
        let of_visit = beginning.as_ref().filter(|_| stored.event.visit_id.is_some());
        let its_visit = of_visit.is_some_and(|opening| self.reader.reads_visit(opening.event.branch_id.as_ref()));
        // Whoever is named by anything else is kept in the access log; that opens it to nobody.
        let its_patient = is_of_patient(&stored) && self.reader.reads_patients();
        let patient = whose(&stored, beginning.as_ref());
        let open = its_visit || its_patient || self.reader.reads_body(&stored.event.performed_by);
        if !open && !self.reader.reads_whole_log() {
            return Err(EventId::missing());
        }
        self.saw(Subject::Event, patient, stored.event.visit_id.clone()).await?;
        Ok(Sighted { stored, open })
    }

    /// The events of a list, as far as they may be read; of a list about one thing it is kept whose they are and of which visit. One
    /// more than is shown is read, which tells whether there are more.
    pub async fn events(&self, filter: &Filter, after: Option<i64>, limit: u32) -> Result<Vec<Sighted>, Problem> {
        let more = limit + 1;
        let events = match self.reader.events() {
            Events::Own => {
                log::own_page(&self.db, self.tenant_id(), &self.program.person.id, filter, after, more).await?
            }
            Events::Headers | Events::All => log::page(&self.db, self.tenant_id(), filter, after, more).await?,
        };
        match filter {
            Filter::Aggregate { .. } => self.thing(events.iter().take(limit as usize)).await?,
            _ => self.list().await?,
        }
        Ok(self.sighted(events))
    }

    /// Keeps whose events of one thing were seen: it may have been on several visits, one after the other.
    async fn thing(&self, events: impl Iterator<Item = &StoredEvent>) -> Result<(), Problem> {
        let (mut beginnings, mut seen) = (BTreeMap::new(), BTreeSet::new());
        for stored in events {
            let visit = stored.event.visit_id.as_ref();
            let beginning = match beginnings.entry(visit) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(unknown) => unknown.insert(self.beginning(stored).await?),
            };
            seen.insert((whose(stored, beginning.as_ref()), visit.cloned()));
        }
        if seen.len() != 1 {
            seen.remove(&(None, None));
        }
        if seen.is_empty() {
            return self.list().await;
        }
        for (patient, visit) in seen {
            self.saw(Subject::List, patient, visit).await?;
        }
        Ok(())
    }

    /// Events, as far as they may be read by who has not to do with their visits.
    pub fn sighted(&self, events: Vec<StoredEvent>) -> Vec<Sighted> {
        let sight = |stored: StoredEvent| Sighted { open: self.reader.reads_body(&stored.event.performed_by), stored };
        events.into_iter().map(sight).collect()
    }
}

/// An event before somebody's eyes.
pub struct Sighted {
    /// The event.
    pub stored: StoredEvent,
    /// Whether what is in it may be read too.
    pub open: bool,
}

impl Serialize for Sighted {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.open {
            return self.stored.serialize(serializer);
        }
        let mut header = self.stored.clone();
        header.event.description = None;
        header.event.metadata = Value::Null;
        header.serialize(serializer)
    }
}

/// Whether an event happened to a patient as such.
fn is_of_patient(stored: &StoredEvent) -> bool {
    stored.event.aggregate_type == "patient"
}

/// Whose an event is: its visit's patient, whoever else it names; of what is on no visit, whom it names or its thing's first event did.
fn whose(stored: &StoredEvent, beginning: Option<&StoredEvent>) -> Option<PatientId> {
    let (named, begun) = (patient_of(stored), beginning.and_then(patient_of));
    if stored.event.visit_id.is_some() { begun.or(named) } else { named.or(begun) }
}

/// The patient to whom an event happened, or whom it names.
fn patient_of(stored: &StoredEvent) -> Option<PatientId> {
    if is_of_patient(stored) {
        return PatientId::parse(&stored.event.aggregate_id).ok();
    }
    PatientId::parse(stored.event.today().get("patientId")?.as_str()?).ok()
}

/// Says that none of the caller's roles opens something.
pub fn not_for(roles: &[Role], deed: &str) -> Problem {
    let sentence = format!("Only {} may {deed}.", one_of(roles, &in_english));
    Problem::new(StatusCode::FORBIDDEN, Code::RoleNotAllowed.word(), sentence)
}
