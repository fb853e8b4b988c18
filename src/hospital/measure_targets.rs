//! How long a thing should take at most, as each department has set it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::departments::Department;
use super::{Problem, WriteError, departments};
use crate::db::{Db, Tx};
use crate::journey::course::Measure;
use crate::journey::ids::{DepartmentId, PersonId, TenantId};
use crate::journey::words::Station;
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

/// The waits that a department's own target holds for where no other was set.
const WAITS: [Measure; 4] = [Measure::DoorToDoctor, Measure::ConsultationWait, Measure::LabWait, Measure::BillingWait];

/// How many minutes a wait should last at most where no department says it.
const OTHERWISE: i64 = 30;

/// How long things should take at most in a hospital, in minutes: for its figures and its screens alike.
#[derive(Clone, Debug, Default)]
pub struct Targets(BTreeMap<(DepartmentId, Measure), i64>);

impl Targets {
    /// Those that were set; where none was, a wait has the department's own.
    pub fn new(departments: &[Department], set: &[MeasureTarget]) -> Self {
        let own = departments.iter().flat_map(|department| own(&department.id, department.target_minutes));
        let set = set.iter().map(|target| ((target.department_id.clone(), target.measure), target.minutes));
        Self(own.chain(set).collect())
    }

    /// The target of a department's measure.
    pub fn minutes(&self, department: Option<&DepartmentId>, measure: Measure) -> Option<i64> {
        self.0.get(&(department?.clone(), measure)).copied()
    }

    /// The same in seconds.
    pub fn seconds(&self, department: Option<&DepartmentId>, measure: Measure) -> Option<i64> {
        Some(self.minutes(department, measure)? * 60)
    }

    /// The target of a wait at a station; every wait has one.
    pub fn wait(&self, department: Option<&DepartmentId>, station: Station) -> i64 {
        self.minutes(department, Measure::wait_at(station)).unwrap_or(OTHERWISE)
    }

    /// Whether a measure has a target in any department.
    pub fn has(&self, measure: Measure) -> bool {
        self.0.keys().any(|(_, other)| *other == measure)
    }

    /// The target that all these departments share; none when they differ.
    pub fn common(&self, departments: impl Iterator<Item = DepartmentId>, measure: Measure) -> Option<i64> {
        let mut all = departments.filter_map(|department| self.minutes(Some(&department), measure));
        let first = all.next()?;
        all.all(|other| other == first).then_some(first)
    }
}

/// A department's own target, for each wait.
fn own(department: &DepartmentId, minutes: i64) -> impl Iterator<Item = ((DepartmentId, Measure), i64)> {
    WAITS.into_iter().map(move |measure| ((department.clone(), measure), minutes))
}

/// A department, with one of the targets that were set for it when there are any.
#[derive(sqlx::FromRow)]
struct OfDepartment {
    department_id: DepartmentId,
    target_minutes: i64,
    measure: Option<Measure>,
    minutes: Option<i64>,
}

const OF_HOSPITAL: &str = "SELECT departments.id AS department_id, departments.target_minutes AS target_minutes, \
    measure_targets.measure AS measure, measure_targets.minutes AS minutes FROM departments \
    LEFT JOIN measure_targets ON measure_targets.tenant_id = departments.tenant_id \
    AND measure_targets.department_id = departments.id WHERE departments.tenant_id = $1";
const LIST: &str = "SELECT department_id, measure, minutes FROM measure_targets WHERE tenant_id = $1";
const SET: &str = "INSERT INTO measure_targets (tenant_id, department_id, measure, minutes, set_by, set_at) \
    VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (tenant_id, department_id, measure) \
    DO UPDATE SET minutes = excluded.minutes, set_by = excluded.set_by, set_at = excluded.set_at";
const CLEAR: &str = "DELETE FROM measure_targets WHERE tenant_id = $1 AND department_id = $2 AND measure = $3";

/// How long things should take in a hospital.
pub async fn of_hospital(db: &Db, tenant: &TenantId) -> sqlx::Result<Targets> {
    let rows: Vec<OfDepartment> =
        on!(&db.read, pool => sqlx::query_as(OF_HOSPITAL).bind(tenant).fetch_all(pool).await)?;
    let own = rows.iter().flat_map(|row| own(&row.department_id, row.target_minutes));
    let set = rows.iter().filter_map(|row| Some(((row.department_id.clone(), row.measure?), row.minutes?)));
    Ok(Targets(own.chain(set).collect()))
}

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::new_id;
    use crate::journey::words::Word as _;

    #[test]
    fn what_was_set_comes_before_the_departments_own() {
        let (id, lab): (DepartmentId, _) = (new_id(), Measure::LabWait);
        let departments = [Department {
            id: id.clone(),
            branch_id: new_id(),
            name: "General Medicine".to_owned(),
            token_prefix: "C".to_owned(),
            target_minutes: 10,
            closed_at: None,
        }];
        let targets =
            Targets::new(&departments, &[MeasureTarget { department_id: id.clone(), measure: lab, minutes: 4 }]);
        let waits =
            |department| Station::ALL.iter().map(|station| targets.wait(department, *station)).collect::<Vec<_>>();
        assert_eq!(waits(Some(&id)), [10, 4, 10], "at the consultation, the lab and billing");
        assert_eq!(waits(None), [30, 30, 30]);
        assert_eq!(targets.minutes(Some(&id), Measure::WholeVisit), None);
        assert!(targets.has(lab) && !targets.has(Measure::OrderToReport));
    }
}
