//! How long a thing should take at most, as each department has set it.

use chrono::{DateTime, Utc};

use super::{Problem, WriteError, departments};
use crate::db::{Db, Tx};
use crate::journey::course::Measure;
use crate::journey::ids::{DepartmentId, PersonId, TenantId};
use crate::on;

/// A department's target for a measure.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct MeasureTarget {
    /// Whose.
    pub department_id: DepartmentId,
    /// For what.
    pub measure: Measure,
    /// How long it should take at most.
    pub minutes: i64,
}

/// The longest target, in minutes: a week.
pub const LONGEST: i64 = 7 * 24 * 60;

const LIST: &str = "SELECT department_id, measure, minutes FROM measure_targets WHERE tenant_id = $1";
const SET: &str = "INSERT INTO measure_targets (tenant_id, department_id, measure, minutes, set_by, set_at) \
    VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (tenant_id, department_id, measure) \
    DO UPDATE SET minutes = excluded.minutes, set_by = excluded.set_by, set_at = excluded.set_at";
const CLEAR: &str = "DELETE FROM measure_targets WHERE tenant_id = $1 AND department_id = $2 AND measure = $3";

/// All targets that were set.
pub async fn list(db: &Db, tenant: &TenantId) -> sqlx::Result<Vec<MeasureTarget>> {
    on!(&db.read, pool => sqlx::query_as(LIST).bind(tenant).fetch_all(pool).await)
}

/// Sets a target, or takes it away.
pub async fn set(
    tx: &mut Tx,
    tenant: &TenantId,
    (department, measure): (&DepartmentId, Measure),
    minutes: Option<i64>,
    (by, now): (&PersonId, DateTime<Utc>),
) -> Result<(), WriteError> {
    if !departments::exists(tx, tenant, department).await? {
        return Err(WriteError::UnknownReference("departmentId"));
    }
    let Some(minutes) = minutes else {
        return Ok(on!(tx, connection => sqlx::query(CLEAR)
            .bind(tenant)
            .bind(department)
            .bind(measure)
            .execute(&mut **connection)
            .await
            .map(drop))?);
    };
    if !(1..=LONGEST).contains(&minutes) {
        let problem = format!("must be from 1 to {LONGEST} minutes");
        return Err(WriteError::Invalid(vec![Problem { field: "minutes", problem }]));
    }
    Ok(on!(tx, connection => sqlx::query(SET)
        .bind(tenant)
        .bind(department)
        .bind(measure)
        .bind(minutes)
        .bind(by)
        .bind(now)
        .execute(&mut **connection)
        .await
        .map(drop))?)
}
