//! Tokens: what a patient is called by, gapless for each queue prefix of a branch and day.

use chrono::NaiveDate;

use crate::db::Tx;
use crate::journey::ids::{BranchId, DepartmentId, TenantId};
use crate::journey::words::VisitType;
use crate::on;

const PREFIX: &str = "SELECT token_prefix FROM departments WHERE tenant_id = $1 AND id = $2";
const NEXT: &str = "INSERT INTO token_counters (tenant_id, branch_id, prefix, day, last) VALUES ($1, $2, $3, $4, 1) \
    ON CONFLICT (tenant_id, branch_id, prefix, day) DO UPDATE SET last = token_counters.last + 1 RETURNING last";

/// Gives out the next token: `C-027`.
pub async fn next(
    tx: &mut Tx,
    tenant: &TenantId,
    branch: Option<&BranchId>,
    department: Option<&DepartmentId>,
    visit_type: VisitType,
    day: NaiveDate,
) -> sqlx::Result<String> {
    let of_department: Option<String> = match department {
        Some(department) => on!(&mut *tx, connection => sqlx::query_scalar(PREFIX)
            .bind(tenant)
            .bind(department)
            .fetch_optional(&mut **connection)
            .await)?,
        None => None,
    };
    let prefix = match (of_department, visit_type) {
        (Some(prefix), _) => prefix,
        (None, VisitType::LabOnly) => "L".to_owned(),
        (None, _) => "V".to_owned(),
    };
    let last: i64 = on!(tx, connection => sqlx::query_scalar(NEXT)
        .bind(tenant)
        .bind(branch.map(ToString::to_string).unwrap_or_default())
        .bind(&prefix)
        .bind(day)
        .fetch_one(&mut **connection)
        .await)?;
    Ok(format!("{prefix}-{last:03}"))
}
