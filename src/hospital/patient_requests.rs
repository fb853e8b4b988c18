//! Requests to register a patient: a retry is for the same patient as the request before it.

use chrono::{DateTime, TimeDelta, Utc};

use crate::db::{Db, commit, new_id};
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

const FORGET: &str = "DELETE FROM patient_requests WHERE tenant_id = $1 AND recorded_at <= $2";
// A key whose request was refused stands for nothing: what is asked under it next takes its place.
const REMEMBER: &str = "INSERT INTO patient_requests (tenant_id, person_id, key, request_digest, patient_id, recorded_at) \
    VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (tenant_id, person_id, key) DO UPDATE SET \
    request_digest = excluded.request_digest, patient_id = excluded.patient_id, recorded_at = excluded.recorded_at \
    WHERE patient_requests.request_digest <> excluded.request_digest AND NOT EXISTS (SELECT 1 FROM patients \
        WHERE patients.tenant_id = $1 AND patients.id = patient_requests.patient_id)";
const RECALL: &str =
    "SELECT request_digest, patient_id FROM patient_requests WHERE tenant_id = $1 AND person_id = $2 AND key = $3";

/// The patient whom a request is for, there yet or not; none when somebody was registered by another request under its key.
pub async fn patient(
    db: &Db,
    tenant: &TenantId,
    request: &Request,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<PatientId>> {
    let mut tx = db.begin().await?;
    let (digest, patient): (Vec<u8>, PatientId) = on!(&mut tx, connection => {
        sqlx::query(FORGET).bind(tenant).bind(now - KEPT).execute(&mut **connection).await?;
        sqlx::query(REMEMBER).bind(tenant).bind(&request.person).bind(&request.key).bind(&request.digest[..])
            .bind(new_id::<PatientId>()).bind(now).execute(&mut **connection).await?;
        sqlx::query_as(RECALL).bind(tenant).bind(&request.person).bind(&request.key)
            .fetch_one(&mut **connection).await
    })?;
    commit(tx).await?;
    Ok((digest == request.digest).then_some(patient))
}
