//! Branches: the houses of a hospital.

use serde::Serialize;

use super::{WriteError, finds, line, or_taken};
use crate::db::{Db, Source, Tx, new_id};
use crate::from;
use crate::journey::ids::{BranchId, Id, TenantId};
use crate::on;

/// A house of a hospital.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, sqlx::FromRow)]
#[serde(rename_all = "camelCase")]
pub struct Branch {
    /// Its id.
    pub id: BranchId,
    /// What it is called.
    pub name: String,
    /// Its short code.
    pub code: String,
}

/// A tenant's branches, by name.
pub async fn list(db: &Db, tenant: &TenantId) -> sqlx::Result<Vec<Branch>> {
    const SQL: &str = "SELECT id, name, code FROM branches WHERE tenant_id = $1 ORDER BY name, id";
    on!(&db.read, pool => sqlx::query_as(SQL).bind(tenant).fetch_all(pool).await)
}

/// One branch.
pub async fn by_id(source: impl Into<Source<'_>>, tenant: &TenantId, id: &BranchId) -> sqlx::Result<Option<Branch>> {
    const SQL: &str = "SELECT id, name, code FROM branches WHERE tenant_id = $1 AND id = $2";
    from!(source, executor => sqlx::query_as(SQL).bind(tenant).bind(id).fetch_optional(executor).await)
}

/// The branch of an id, in whichever tenant: a waiting room's display belongs to nobody who is signed in.
pub async fn wherever(db: &Db, id: &BranchId) -> sqlx::Result<Option<(TenantId, Branch)>> {
    const SQL: &str = "SELECT tenant_id, id, name, code FROM branches WHERE id = $1";
    let row: Option<(TenantId, BranchId, String, String)> =
        on!(&db.read, pool => sqlx::query_as(SQL).bind(id).fetch_optional(pool).await)?;
    Ok(row.map(|(tenant, id, name, code)| (tenant, Branch { id, name, code })))
}

/// Whether the tenant has this branch.
pub async fn exists(tx: &mut Tx, tenant: &TenantId, id: &BranchId) -> sqlx::Result<bool> {
    finds(tx, "SELECT CAST(1 AS BIGINT) FROM branches WHERE tenant_id = $1 AND id = $2", tenant, id.as_str()).await
}

/// Adds a branch.
pub async fn add(tx: &mut Tx, tenant: &TenantId, name: &str, code: &str) -> Result<Branch, WriteError> {
    const SQL: &str = "INSERT INTO branches (tenant_id, id, name, code) VALUES ($1, $2, $3, $4)";
    let branch = checked(new_id(), name, code)?;
    let written = on!(tx, connection => {
        sqlx::query(SQL).bind(tenant).bind(&branch.id).bind(&branch.name).bind(&branch.code)
            .execute(&mut **connection).await.map(drop)
    });
    or_taken(written, ("branches", "code"), "code", &branch.code)?;
    Ok(branch)
}

/// Calls a branch otherwise, and gives it as it was and as it is.
pub async fn change(
    tx: &mut Tx,
    tenant: &TenantId,
    id: &BranchId,
    name: &str,
    code: &str,
) -> Result<(Branch, Branch), WriteError> {
    const SQL: &str = "UPDATE branches SET name = $3, code = $4 WHERE tenant_id = $1 AND id = $2";
    let before = by_id(&mut *tx, tenant, id).await?.ok_or(WriteError::UnknownReference("branchId"))?;
    let after = checked(id.clone(), name, code)?;
    let written = on!(tx, connection => {
        sqlx::query(SQL).bind(tenant).bind(id).bind(&after.name).bind(&after.code)
            .execute(&mut **connection).await.map(drop)
    });
    or_taken(written, ("branches", "code"), "code", &after.code)?;
    Ok((before, after))
}

fn checked(id: BranchId, name: &str, code: &str) -> Result<Branch, WriteError> {
    match (line("name", name, 200), line("code", code, 16)) {
        (Ok(name), Ok(code)) => Ok(Branch { id, name, code }),
        (name, code) => Err(WriteError::Invalid(name.err().into_iter().chain(code.err()).collect())),
    }
}
