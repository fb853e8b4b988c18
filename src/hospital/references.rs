//! What an event may name: whether it exists in this hospital, and what people call it.

use crate::db::Tx;
use crate::db::rows::{Statement, listed};
use crate::journey::ids::TenantId;

/// The kinds of things that have a name, by the word with which the schema of metadata says what an id names.
pub const KINDS: [&str; 6] = ["patient", "person", "room", "department", "branch", "visit"];

/// Something of this hospital that was asked for.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Named {
    /// What it is.
    pub thing: String,
    /// Its id.
    pub id: String,
    /// What people call it.
    pub name: String,
}

macro_rules! everything {
    ($listed:expr) => {
        concat!(
            "SELECT 'patient' AS thing, id, name FROM patients WHERE tenant_id = $1 AND id ",
            $listed,
            " UNION ALL SELECT 'person', id, name FROM people WHERE tenant_id = $1 AND id ",
            $listed,
            " UNION ALL SELECT 'room', id, name FROM rooms WHERE tenant_id = $1 AND id ",
            $listed,
            " UNION ALL SELECT 'department', id, name FROM departments WHERE tenant_id = $1 AND id ",
            $listed,
            " UNION ALL SELECT 'branch', id, name FROM branches WHERE tenant_id = $1 AND id ",
            $listed,
            " UNION ALL SELECT 'visit', visit_id, token FROM visits WHERE tenant_id = $1 AND visit_id ",
            $listed,
        )
    };
}

const NAMES: Statement = Statement { sqlite: everything!(listed!(sqlite)), postgres: everything!(listed!(postgres)) };

/// What things of this hospital are called, whatever they are; what does not exist here is left out.
pub async fn names(tx: &mut Tx, tenant: &TenantId, ids: &[&str]) -> sqlx::Result<Vec<Named>> {
    NAMES.read(tx, tenant, ids).await
}
