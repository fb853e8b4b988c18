//! What becomes of the hospital itself: each change is written with its event, in one transaction.
//!
//! These are rare beside the steps of visits, so they do not wait in the queue: the lock on the head is enough.

use serde_json::{Map, Value, json};

use super::Recorder;
use crate::db::{Tx, commit, new_id};
use crate::hospital::event_types;
use crate::hospital::patients::{self, NewPatient, Patient, PatientChanges};
use crate::hospital::people::{self, NewPerson, Person, Roles};
use crate::hospital::tenants::Tenant;
use crate::hospital::{WriteError, branches};
use crate::journey::decide::Actor;
use crate::journey::ids::*;
use crate::log::{self, NewEvent};

/// A consent, or its refusal, as a patient gave it.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Consent {
    /// What for.
    pub purpose: String,
    /// Whether it was given.
    pub given: bool,
    /// What was said about it.
    #[serde(default)]
    pub note: Option<String>,
}

impl Recorder {
    /// Registers a patient by an id; one of this id who is there already is given back, and nothing is written.
    pub async fn register_patient(
        &self,
        tenant: &Tenant,
        actor: &Actor,
        id: PatientId,
        new: NewPatient,
    ) -> Result<Patient, WriteError> {
        let db = self.db.of(&tenant.id);
        if let Some(known) = patients::by_id(&db, &tenant.id, &id).await? {
            return Ok(known);
        }
        let estimated = new.birth_date_estimated;
        let mut tx = db.begin().await?;
        let patient = match patients::register_as(&mut tx, tenant, id.clone(), new, self.clock.now()).await {
            Ok(patient) => patient,
            Err(WriteError::Database(error)) => {
                // Perhaps the other press was quicker.
                drop(tx);
                let known = patients::by_id(&db, &tenant.id, &id).await?;
                return known.ok_or(WriteError::Database(error));
            }
            Err(error) => return Err(error),
        };
        let metadata = json!({
            "mrn": patient.mrn,
            "name": patient.name,
            "sex": patient.sex,
            "birthDate": patient.birth_date,
            "birthDateEstimated": estimated,
            "phone": patient.phone,
            "email": patient.email,
        });
        self.note(&mut tx, tenant, actor, patient.id.as_str(), "patient.registered", metadata).await?;
        commit(tx).await?;
        Ok(patient)
    }

    /// Changes what is known of a patient.
    pub async fn update_patient(
        &self,
        tenant: &Tenant,
        actor: &Actor,
        id: &PatientId,
        changes: PatientChanges,
    ) -> Result<Patient, WriteError> {
        let mut tx = self.db.of(&tenant.id).begin().await?;
        let (patient, changed) = patients::update(&mut tx, tenant, id, changes, self.clock.now()).await?;
        if !changed.is_empty() {
            self.note(&mut tx, tenant, actor, id.as_str(), "patient.demographics_updated", Value::Object(changed))
                .await?;
        }
        commit(tx).await?;
        Ok(patient)
    }

    /// Records that a patient consented to something, or did not.
    pub async fn record_consent(
        &self,
        tenant: &Tenant,
        actor: &Actor,
        patient: &PatientId,
        consent: Consent,
    ) -> Result<log::StoredEvent, WriteError> {
        let mut tx = self.db.of(&tenant.id).begin().await?;
        if !patients::exists(&mut tx, &tenant.id, patient).await? {
            return Err(WriteError::UnknownReference("patientId"));
        }
        let purpose = patients::purpose(&consent.purpose)?;
        let metadata = json!({
            "patientId": patient, "purpose": purpose, "given": consent.given, "note": consent.note,
        });
        let stored = self.note(&mut tx, tenant, actor, patient.as_str(), "consent.recorded", metadata).await?;
        commit(tx).await?;
        Ok(stored)
    }

    /// Adds a person within a transaction: a hospital may be founded with its first.
    pub async fn add_person(
        &self,
        tx: &mut Tx,
        tenant: &Tenant,
        actor: Option<&Actor>,
        new: NewPerson,
    ) -> Result<Person, WriteError> {
        let person = people::add(tx, &tenant.id, new).await?;
        let metadata = json!({ "name": person.name, "actorType": person.actor_type, "roles": person.roles.to_vec() });
        let own = person.actor();
        // Nobody was there to add the first.
        self.note(tx, tenant, actor.unwrap_or(&own), person.id.as_str(), "person.created", metadata).await?;
        Ok(person)
    }

    /// Gives a person these roles instead of those they had.
    pub async fn change_roles(
        &self,
        tenant: &Tenant,
        actor: &Actor,
        person: &Person,
        roles: Roles,
    ) -> Result<(), WriteError> {
        let mut tx = self.begin(tenant).await?;
        let before = people::by_id(&mut tx, &tenant.id, &person.id).await?.map(|person| person.roles.to_vec());
        if before.as_deref() == Some(&*roles) {
            return Ok(());
        }
        people::set_roles(&mut tx, &tenant.id, &person.id, &roles).await?;
        let metadata = json!({ "before": before.unwrap_or_default(), "after": roles.to_vec() });
        self.note(&mut tx, tenant, actor, person.id.as_str(), "person.role_changed", metadata).await?;
        Ok(commit(tx).await?)
    }

    /// Adds a branch.
    pub async fn add_branch(
        &self,
        tenant: &Tenant,
        actor: &Actor,
        name: &str,
        code: &str,
    ) -> Result<branches::Branch, WriteError> {
        let mut tx = self.db.of(&tenant.id).begin().await?;
        let branch = branches::add(&mut tx, &tenant.id, name, code).await?;
        let metadata = json!({ "name": branch.name, "code": branch.code });
        self.note(&mut tx, tenant, actor, branch.id.as_str(), "branch.added", metadata).await?;
        commit(tx).await?;
        Ok(branch)
    }

    /// Appends an event of the hospital's own types to the stream of what it happened to.
    pub(super) async fn note(
        &self,
        tx: &mut Tx,
        tenant: &Tenant,
        actor: &Actor,
        aggregate_id: &str,
        event_type: &'static str,
        metadata: Value,
    ) -> sqlx::Result<log::StoredEvent> {
        let aggregate_type = event_types::aggregate_of(event_type);
        let mut head = log::lock_head(tx, &tenant.id).await?;
        let key = (aggregate_type.to_owned(), aggregate_id.to_owned());
        let versions = log::versions(tx, &tenant.id, &[(aggregate_type, aggregate_id)]).await?;
        let now = self.clock.now();
        let stored = head.link(
            NewEvent {
                id: new_id(),
                visit_id: None,
                aggregate_type: aggregate_type.to_owned(),
                aggregate_id: aggregate_id.to_owned(),
                version: versions.get(&key).copied().unwrap_or(0) + 1,
                event_type: event_type.to_owned(),
                schema_version: log::lift::version_today(event_type),
                description: None,
                metadata: without_nulls(metadata),
                tags: event_types::own_tags(event_type),
                actor_type: actor.kind,
                performed_by: actor.id.clone(),
                on_behalf_of: actor.on_behalf_of.clone(),
                performed_at: now,
                branch_id: None,
                correlation_id: None,
                causation_id: None,
            },
            now,
        );
        log::write(tx, &tenant.id, std::slice::from_ref(&stored)).await?;
        log::save_head(tx, &head).await?;
        Ok(stored)
    }
}

/// What is not known is left out.
fn without_nulls(metadata: Value) -> Value {
    match metadata {
        Value::Object(members) => {
            Value::Object(members.into_iter().filter(|(_, value)| !value.is_null()).collect::<Map<_, _>>())
        }
        other => other,
    }
}
