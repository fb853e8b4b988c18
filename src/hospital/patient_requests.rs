//! Requests to register a patient: the same one twice registers them once.

use chrono::{DateTime, TimeDelta, Utc};

use super::WriteError;
use super::patients::{self, NewPatient, Patient};
use super::tenants::Tenant;
use crate::db::{Db, Tx, commit};
use crate::journey::ids::{PatientId, PersonId, TenantId};
use crate::on;

/// How long a key is kept.
pub const KEPT: TimeDelta = TimeDelta::hours(24);

/// What makes two requests the same one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Who sent it; each has keys of their own.
    pub person: PersonId,
    /// The key the sender chose.
    pub key: String,
    /// The SHA-256 of what was asked.
    pub digest: [u8; 32],
}

/// What became of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Registered {
    /// The patient is registered.
    Now(Patient),
    /// The same request registered the patient before.
    Before(Patient),
    /// The key stands for another request.
    Otherwise,
}

/// Registers a patient, unless the same request did so before.
pub async fn register(
    db: &Db,
    tenant: &Tenant,
    request: Request,
    new: NewPatient,
    now: DateTime<Utc>,
) -> Result<Registered, WriteError> {
    let mut tx = db.begin().await?;
    if let Some(known) = recall(&mut tx, &tenant.id, &request, now).await? {
        drop(tx);
        return answer(db, tenant, &request, known).await;
    }
    let patient = patients::register_within(&mut tx, tenant, new, now).await?;
    match remember(&mut tx, &tenant.id, &request, &patient.id, now).await {
        Ok(()) => {
            commit(tx).await?;
            Ok(Registered::Now(patient))
        }
        // The other press was quicker.
        Err(error) if error.as_database_error().is_some_and(|error| error.is_unique_violation()) => {
            drop(tx);
            let mut tx = db.begin().await?;
            let known = recall(&mut tx, &tenant.id, &request, now).await?.ok_or(error)?;
            drop(tx);
            answer(db, tenant, &request, known).await
        }
        Err(error) => Err(error.into()),
    }
}

type Known = (Vec<u8>, PatientId);

async fn answer(db: &Db, tenant: &Tenant, request: &Request, known: Known) -> Result<Registered, WriteError> {
    let (digest, patient) = known;
    if digest != request.digest {
        return Ok(Registered::Otherwise);
    }
    let patient = patients::by_id(db, &tenant.id, &patient).await?;
    Ok(patient.map_or(Registered::Otherwise, Registered::Before))
}

const RECALL: &str = "SELECT request_digest, patient_id FROM patient_requests \
    WHERE tenant_id = $1 AND person_id = $2 AND key = $3 AND recorded_at > $4";

async fn recall(tx: &mut Tx, tenant: &TenantId, request: &Request, now: DateTime<Utc>) -> sqlx::Result<Option<Known>> {
    on!(tx, connection => {
        sqlx::query_as(RECALL).bind(tenant).bind(&request.person).bind(&request.key).bind(now - KEPT)
            .fetch_optional(&mut **connection).await
    })
}

const FORGET: &str = "DELETE FROM patient_requests WHERE tenant_id = $1 AND recorded_at <= $2";
const REMEMBER: &str = "INSERT INTO patient_requests (tenant_id, person_id, key, request_digest, patient_id, recorded_at) VALUES ($1, $2, $3, $4, $5, $6)";

/// Remembers a request; forgets those that have had their time.
async fn remember(
    tx: &mut Tx,
    tenant: &TenantId,
    request: &Request,
    patient: &PatientId,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    on!(tx, connection => {
        sqlx::query(FORGET).bind(tenant).bind(now - KEPT).execute(&mut **connection).await?;
        sqlx::query(REMEMBER).bind(tenant).bind(&request.person).bind(&request.key).bind(&request.digest[..])
            .bind(patient).bind(now).execute(&mut **connection).await.map(drop)
    })
}
