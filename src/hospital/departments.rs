//! Departments: where a branch's patients are seen, each with its own queue tokens.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{Problem, WriteError, branches, finds, line, or_taken};
use crate::db::{Db, Source, Tx, new_id};
use crate::from;
use crate::journey::ids::{BranchId, DepartmentId, Id, TenantId};
use crate::on;

/// A department of a branch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, sqlx::FromRow, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Department {
    /// Its id.
    pub id: DepartmentId,
    /// The house it is in.
    pub branch_id: BranchId,
    /// What it is called.
    pub name: String,
    /// What its queue tokens begin with: C in C-12.
    pub token_prefix: String,
    /// How long a patient should wait at most.
    pub target_minutes: i64,
    /// Since when it is closed; none while it is in use.
    pub closed_at: Option<DateTime<Utc>>,
}

impl Department {
    /// Whether it is in use.
    pub fn is_open(&self) -> bool {
        self.closed_at.is_none()
    }
}

/// What is needed to add a department.
#[derive(Clone, Debug)]
pub struct NewDepartment {
    /// The house it is in.
    pub branch_id: BranchId,
    /// What it is called.
    pub name: String,
    /// What its queue tokens begin with.
    pub token_prefix: String,
    /// How long a patient should wait at most.
    pub target_minutes: i64,
}

/// A tenant's departments, branch by branch, those that are closed too.
pub async fn list(db: &Db, tenant: &TenantId) -> sqlx::Result<Vec<Department>> {
    const SQL: &str = "SELECT id, branch_id, name, token_prefix, target_minutes, closed_at FROM departments WHERE tenant_id = $1 ORDER BY branch_id, name";
    on!(&db.read, pool => sqlx::query_as(SQL).bind(tenant).fetch_all(pool).await)
}

/// The departments that are in use, branch by branch.
pub async fn open(db: &Db, tenant: &TenantId) -> sqlx::Result<Vec<Department>> {
    const SQL: &str = "SELECT id, branch_id, name, token_prefix, target_minutes, closed_at FROM departments WHERE tenant_id = $1 AND closed_at IS NULL ORDER BY branch_id, name";
    on!(&db.read, pool => sqlx::query_as(SQL).bind(tenant).fetch_all(pool).await)
}

/// One department, in use or not.
pub async fn by_id(
    source: impl Into<Source<'_>>,
    tenant: &TenantId,
    id: &DepartmentId,
) -> sqlx::Result<Option<Department>> {
    const SQL: &str = "SELECT id, branch_id, name, token_prefix, target_minutes, closed_at FROM departments WHERE tenant_id = $1 AND id = $2";
    from!(source, executor => sqlx::query_as(SQL).bind(tenant).bind(id).fetch_optional(executor).await)
}

/// Whether the tenant has this department.
pub async fn exists(tx: &mut Tx, tenant: &TenantId, id: &DepartmentId) -> sqlx::Result<bool> {
    finds(tx, "SELECT CAST(1 AS BIGINT) FROM departments WHERE tenant_id = $1 AND id = $2", tenant, id.as_str()).await
}

/// Adds a department.
pub async fn add(tx: &mut Tx, tenant: &TenantId, new: NewDepartment) -> Result<Department, WriteError> {
    const SQL: &str = "INSERT INTO departments (tenant_id, id, branch_id, name, token_prefix, target_minutes) VALUES ($1, $2, $3, $4, $5, $6)";
    let department = checked(new_id(), new)?;
    if !branches::exists(tx, tenant, &department.branch_id).await? {
        return Err(WriteError::UnknownReference("branchId"));
    }
    let written = on!(tx, connection => {
        sqlx::query(SQL).bind(tenant).bind(&department.id).bind(&department.branch_id).bind(&department.name)
            .bind(&department.token_prefix).bind(department.target_minutes)
            .execute(&mut **connection).await.map(drop)
    });
    or_taken(written, ("departments", "name"), "name", &department.name)?;
    Ok(department)
}

/// Changes a department where it is, and gives it as it was and as it is.
pub async fn change(
    tx: &mut Tx,
    tenant: &TenantId,
    id: &DepartmentId,
    name: &str,
    token_prefix: &str,
    target_minutes: i64,
) -> Result<(Department, Department), WriteError> {
    const SQL: &str =
        "UPDATE departments SET name = $3, token_prefix = $4, target_minutes = $5 WHERE tenant_id = $1 AND id = $2";
    let before = by_id(&mut *tx, tenant, id).await?.ok_or(WriteError::UnknownReference("departmentId"))?;
    let new = NewDepartment {
        branch_id: before.branch_id.clone(),
        name: name.to_owned(),
        token_prefix: token_prefix.to_owned(),
        target_minutes,
    };
    let after = Department { closed_at: before.closed_at, ..checked(id.clone(), new)? };
    let written = on!(tx, connection => {
        sqlx::query(SQL).bind(tenant).bind(id).bind(&after.name).bind(&after.token_prefix).bind(after.target_minutes)
            .execute(&mut **connection).await.map(drop)
    });
    or_taken(written, ("departments", "name"), "name", &after.name)?;
    Ok((before, after))
}

/// Closes a department or opens it again, and gives it as it was and as it is; one that is closed stays so since then.
pub async fn set_closed(
    tx: &mut Tx,
    tenant: &TenantId,
    id: &DepartmentId,
    since: Option<DateTime<Utc>>,
) -> Result<(Department, Department), WriteError> {
    const SQL: &str = "UPDATE departments SET closed_at = $3 WHERE tenant_id = $1 AND id = $2";
    let before = by_id(&mut *tx, tenant, id).await?.ok_or(WriteError::UnknownReference("departmentId"))?;
    let closed_at = since.map(|now| before.closed_at.unwrap_or(now));
    on!(tx, connection => {
        sqlx::query(SQL).bind(tenant).bind(id).bind(closed_at).execute(&mut **connection).await.map(drop)
    })?;
    let after = Department { closed_at, ..before.clone() };
    Ok((before, after))
}

/// The department, tidied, or everything that is wrong with it.
fn checked(id: DepartmentId, new: NewDepartment) -> Result<Department, WriteError> {
    let mut problems = Vec::new();
    let name = line("name", &new.name, 100).map_err(|problem| problems.push(problem)).unwrap_or_default();
    if !(matches!(new.token_prefix.len(), 1..=3) && new.token_prefix.bytes().all(|byte| byte.is_ascii_uppercase())) {
        problems.push(Problem { field: "tokenPrefix", problem: "must be one to three capital letters".to_owned() });
    }
    if !(1..=1440).contains(&new.target_minutes) {
        problems.push(Problem { field: "targetMinutes", problem: "must be from 1 to 1440".to_owned() });
    }
    if !problems.is_empty() {
        return Err(WriteError::Invalid(problems));
    }
    let NewDepartment { branch_id, token_prefix, target_minutes, .. } = new;
    Ok(Department { id, branch_id, name, token_prefix, target_minutes, closed_at: None })
}
