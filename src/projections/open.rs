//! Visits with as little as is needed to count them, or to name them in a list.

use chrono::{DateTime, Utc};

use crate::db::keys::{Statement, listed};
use crate::db::{Db, Tx};
use crate::journey::ids::*;
use crate::journey::words::{Priority, Station, Status, VisitType};
use crate::on;

/// What is selected of named visits.
macro_rules! select_named {
    ($listed:expr) => {
        concat!(
            "SELECT visits.visit_id, visits.token, patients.name AS patient_name FROM visits \
         JOIN patients ON patients.tenant_id = visits.tenant_id AND patients.id = visits.patient_id \
         WHERE visits.tenant_id = $1 AND visits.visit_id ",
            $listed
        )
    };
}

/// Where named visits were registered.
macro_rules! select_branches {
    ($listed:expr) => {
        concat!("SELECT visit_id, branch_id FROM visits WHERE tenant_id = $1 AND visit_id ", $listed)
    };
}

/// A visit that goes on at a station.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct OpenVisit {
    /// Which visit.
    pub visit_id: VisitId,
    /// What the patient is called by.
    pub token: String,
    /// Where the patient is: a queue, or the consultation while in a room.
    pub station: Option<Station>,
    /// The status.
    pub status: Status,
    /// Where it was registered.
    pub branch_id: Option<BranchId>,
    /// The department first visited.
    pub department_id: Option<DepartmentId>,
    /// The doctor waited for or assigned.
    pub doctor_id: Option<PersonId>,
    /// What kind of visit it is.
    pub visit_type: VisitType,
    /// How urgent it is.
    pub priority: Priority,
    /// Since when the patient is there.
    pub since: DateTime<Utc>,
}

const OPEN: &str = "SELECT visit_id, token, station, status, branch_id, department_id, doctor_id, visit_type, priority, since \
    FROM visits WHERE tenant_id = $1 AND station IN ('CONSULTATION', 'LAB', 'BILLING') AND ended_at IS NULL LIMIT 10000";

const NAMED: Statement =
    Statement { sqlite: select_named!(listed!(sqlite)), postgres: select_named!(listed!(postgres)) };

const BRANCHES: Statement =
    Statement { sqlite: select_branches!(listed!(sqlite)), postgres: select_branches!(listed!(postgres)) };

/// A visit by what people know it by.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct NamedVisit {
    /// Which visit.
    pub visit_id: VisitId,
    /// What the patient is called by.
    pub token: String,
    /// The patient's name.
    pub patient_name: String,
}

/// What people know visits by.
pub async fn named(tx: &mut Tx, tenant: &TenantId, visits: &[&VisitId]) -> sqlx::Result<Vec<NamedVisit>> {
    NAMED.read(tx, tenant, visits).await
}

/// Where visits were registered.
pub async fn branches(
    tx: &mut Tx,
    tenant: &TenantId,
    visits: &[&VisitId],
) -> sqlx::Result<Vec<(VisitId, Option<BranchId>)>> {
    BRANCHES.read(tx, tenant, visits).await
}

/// All visits at a station.
pub async fn at_stations(db: &Db, tenant: &TenantId) -> sqlx::Result<Vec<OpenVisit>> {
    on!(&db.read, pool => sqlx::query_as(OPEN).bind(tenant).fetch_all(pool).await)
}
