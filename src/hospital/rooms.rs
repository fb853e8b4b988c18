//! Rooms: where a patient is called to.

use chrono::{DateTime, Utc};
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
    /// Since when it is closed; none while it is in use.
    pub closed_at: Option<DateTime<Utc>>,
}

impl Room {
    /// Whether it is in use.
    pub fn is_open(&self) -> bool {
        self.closed_at.is_none()
    }
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

/// A tenant's rooms, branch by branch, those that are closed too.
pub async fn list(db: &Db, tenant: &TenantId) -> sqlx::Result<Vec<Room>> {
    const SQL: &str = "SELECT id, branch_id, department_id, name, kind, closed_at FROM rooms WHERE tenant_id = $1 ORDER BY branch_id, name";
    on!(&db.read, pool => sqlx::query_as(SQL).bind(tenant).fetch_all(pool).await)
}

/// The rooms that are in use, branch by branch.
pub async fn open(db: &Db, tenant: &TenantId) -> sqlx::Result<Vec<Room>> {
    const SQL: &str = "SELECT id, branch_id, department_id, name, kind, closed_at FROM rooms WHERE tenant_id = $1 AND closed_at IS NULL ORDER BY branch_id, name";
    on!(&db.read, pool => sqlx::query_as(SQL).bind(tenant).fetch_all(pool).await)
}

/// One room, in use or not.
pub async fn by_id(source: impl Into<Source<'_>>, tenant: &TenantId, id: &RoomId) -> sqlx::Result<Option<Room>> {
    const SQL: &str =
        "SELECT id, branch_id, department_id, name, kind, closed_at FROM rooms WHERE tenant_id = $1 AND id = $2";
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
    let NewRoom { branch_id, department_id, kind, .. } = new;
    let room = Room { id: new_id(), branch_id, department_id, name, kind, closed_at: None };
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

/// Closes a room or opens it again, and gives it as it was and as it is; one that is closed stays so since then.
pub async fn set_closed(
    tx: &mut Tx,
    tenant: &TenantId,
    id: &RoomId,
    since: Option<DateTime<Utc>>,
) -> Result<(Room, Room), WriteError> {
    const SQL: &str = "UPDATE rooms SET closed_at = $3 WHERE tenant_id = $1 AND id = $2";
    let before = by_id(&mut *tx, tenant, id).await?.ok_or(WriteError::UnknownReference("roomId"))?;
    let closed_at = since.map(|now| before.closed_at.unwrap_or(now));
    on!(tx, connection => {
        sqlx::query(SQL).bind(tenant).bind(id).bind(closed_at).execute(&mut **connection).await.map(drop)
    })?;
    let after = Room { closed_at, ..before.clone() };
    Ok((before, after))
}
