//! Rooms: where a patient is called to.

use serde::Serialize;

use super::{WriteError, branches, departments, finds, line, or_taken};
use crate::db::{Db, Source, Tx, new_id, text_columns, word_text};
use crate::from;
use crate::journey::ids::{BranchId, DepartmentId, Id, RoomId, TenantId};
use crate::journey::words::{Word, words};
use crate::on;
use crate::schemas::shaped;

words! {
    /// What a room is for.
    RoomKind {
        Consultation "CONSULTATION" "Consultation room",
        Counter "COUNTER" "Counter",
        Lab "LAB" "Laboratory",
    }
}

text_columns!(word_text, Word::from_word: RoomKind);
shaped!(RoomKind);

/// A room or counter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, sqlx::FromRow, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Room {
    /// Its id.
    pub id: RoomId,
    /// The house it is in.
    pub branch_id: BranchId,
    /// The department it belongs to, when to one.
    pub department_id: Option<DepartmentId>,
    /// What its door says.
    pub name: String,
    /// What it is for.
    pub kind: RoomKind,
}

/// What is needed to add a room.
#[derive(Clone, Debug)]
pub struct NewRoom {
    /// The house it is in.
    pub branch_id: BranchId,
    /// The department it belongs to, when to one.
    pub department_id: Option<DepartmentId>,
    /// What its door says.
    pub name: String,
    /// What it is for.
    pub kind: RoomKind,
}

/// A tenant's rooms, branch by branch.
pub async fn list(db: &Db, tenant: &TenantId) -> sqlx::Result<Vec<Room>> {
    const SQL: &str =
        "SELECT id, branch_id, department_id, name, kind FROM rooms WHERE tenant_id = $1 ORDER BY branch_id, name";
    on!(&db.read, pool => sqlx::query_as(SQL).bind(tenant).fetch_all(pool).await)
}

/// One room.
pub async fn by_id(source: impl Into<Source<'_>>, tenant: &TenantId, id: &RoomId) -> sqlx::Result<Option<Room>> {
    const SQL: &str = "SELECT id, branch_id, department_id, name, kind FROM rooms WHERE tenant_id = $1 AND id = $2";
    from!(source, executor => sqlx::query_as(SQL).bind(tenant).bind(id).fetch_optional(executor).await)
}

/// Whether the tenant has this room.
pub async fn exists(tx: &mut Tx, tenant: &TenantId, id: &RoomId) -> sqlx::Result<bool> {
    finds(tx, "SELECT CAST(1 AS BIGINT) FROM rooms WHERE tenant_id = $1 AND id = $2", tenant, id.as_str()).await
}

/// Adds a room.
pub async fn add(tx: &mut Tx, tenant: &TenantId, new: NewRoom) -> Result<Room, WriteError> {
    const SQL: &str =
        "INSERT INTO rooms (tenant_id, id, branch_id, department_id, name, kind) VALUES ($1, $2, $3, $4, $5, $6)";
    let name = line("name", &new.name, 100).map_err(|problem| WriteError::Invalid(vec![problem]))?;
    if !branches::exists(tx, tenant, &new.branch_id).await? {
        return Err(WriteError::UnknownReference("branchId"));
    }
    if let Some(department) = &new.department_id
        && !departments::exists(tx, tenant, department).await?
    {
        return Err(WriteError::UnknownReference("departmentId"));
    }
    let room = Room { id: new_id(), branch_id: new.branch_id, department_id: new.department_id, name, kind: new.kind };
    let written = on!(tx, connection => {
        sqlx::query(SQL).bind(tenant).bind(&room.id).bind(&room.branch_id).bind(&room.department_id).bind(&room.name)
            .bind(room.kind).execute(&mut **connection).await.map(drop)
    });
    or_taken(written, ("rooms", "name"), "name", &room.name)?;
    Ok(room)
}

/// Changes a room where it is, and gives it as it was and as it is.
pub async fn change(
    tx: &mut Tx,
    tenant: &TenantId,
    id: &RoomId,
    name: &str,
    department_id: Option<DepartmentId>,
    kind: RoomKind,
) -> Result<(Room, Room), WriteError> {
    const SQL: &str = "UPDATE rooms SET name = $3, department_id = $4, kind = $5 WHERE tenant_id = $1 AND id = $2";
    let before = by_id(&mut *tx, tenant, id).await?.ok_or(WriteError::UnknownReference("roomId"))?;
    let name = line("name", name, 100).map_err(|problem| WriteError::Invalid(vec![problem]))?;
    if let Some(department) = &department_id
        && !departments::exists(tx, tenant, department).await?
    {
        return Err(WriteError::UnknownReference("departmentId"));
    }
    let after = Room { name, department_id, kind, ..before.clone() };
    let written = on!(tx, connection => {
        sqlx::query(SQL).bind(tenant).bind(id).bind(&after.name).bind(&after.department_id).bind(after.kind)
            .execute(&mut **connection).await.map(drop)
    });
    or_taken(written, ("rooms", "name"), "name", &after.name)?;
    Ok((before, after))
}
