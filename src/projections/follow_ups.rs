//! Follow-ups as they stand: due, reminded, answered by a later visit. Follows the log.

use std::ops::Range;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;

use super::channels::{ATTEMPTS, Channels};
use super::following::{Problem, Projection};
use crate::db::beside::{Table, table};
use crate::db::{Db, Tx};
use crate::hospital::tenants::Tenant;
use crate::journey::events::EventType;
use crate::journey::ids::*;
use crate::journey::words::{Priority, VisitType, Word};
use crate::log::{self, Occurrence, StoredEvent, VISIT};
use crate::on;

/// The read model of follow-ups.
#[derive(Debug)]
pub struct FollowUps;

/// A follow-up as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, sqlx::FromRow)]
pub struct FollowUpRow {
    /// The visit that it was planned on.
    pub visit_id: VisitId,
    /// Which follow-up.
    pub follow_up_id: FollowUpId,
    /// Whose.
    pub patient_id: PatientId,
    /// Where the visit was.
    pub branch_id: Option<BranchId>,
    /// With whom.
    pub doctor_id: Option<PersonId>,
    /// When it is due.
    pub due_at: DateTime<Utc>,
    /// What was said about it.
    pub note: Option<String>,
    /// How many reminders were sent.
    pub reminders: i32,
    /// When the last was sent.
    pub reminded_at: Option<DateTime<Utc>>,
    /// The visit that answered it.
    pub answered_by: Option<VisitId>,
    /// When that began.
    pub answered_at: Option<DateTime<Utc>>,
}

/// A follow-up with the names that people know it by.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct FollowUpCard {
    /// The follow-up.
    #[sqlx(flatten)]
    pub follow_up: FollowUpRow,
    /// The patient's name.
    pub patient_name: String,
    /// The patient's phone.
    pub patient_phone: Option<String>,
    /// The patient's address for mail.
    pub patient_email: Option<String>,
    /// The doctor's name.
    pub doctor_name: Option<String>,
    /// How often a reminder was tried without a person's help.
    pub attempts: Option<i32>,
    /// Why the last of them did not go out.
    pub problem: Option<String>,
}

/// How many of the latest reminders are looked at in the log itself.
const LATELY: u32 = 50;

const TABLES: &[Table] = &[table!("follow_ups" by "tenant_id, visit_id, follow_up_id")];

const PLAN: &str = "INSERT INTO follow_ups (tenant_id, visit_id, follow_up_id, patient_id, branch_id, doctor_id, due_at, note, reminders) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0) ON CONFLICT (tenant_id, visit_id, follow_up_id) DO NOTHING";
const PLANNED_ON: &str = "SELECT patient_id, branch_id FROM visits WHERE tenant_id = $1 AND visit_id = $2";
const REMIND: &str = "UPDATE follow_ups SET reminders = reminders + 1, reminded_at = $4 \
    WHERE tenant_id = $1 AND visit_id = $2 AND follow_up_id = $3";
// Of several on one visit, the one that was due first is answered.
const ANSWER: &str = "UPDATE follow_ups SET answered_by = $3, answered_at = $4 WHERE tenant_id = $1 AND visit_id = $2 \
    AND follow_up_id = (SELECT follow_up_id FROM follow_ups WHERE tenant_id = $1 AND visit_id = $2 AND answered_by IS NULL \
    ORDER BY due_at, follow_up_id LIMIT 1)";
// Who was expected for it and did not come has not answered it.
const AWAIT_AGAIN: &str = "UPDATE follow_ups SET answered_by = NULL, answered_at = NULL \
    WHERE tenant_id = $1 AND visit_id = $2 AND answered_by = $3";

#[async_trait::async_trait]
impl Projection for FollowUps {
    fn name(&self) -> &'static str {
        "follow_ups"
    }

    fn version(&self) -> i32 {
        3
    }

    fn tables(&self) -> &'static [Table] {
        TABLES
    }

    async fn apply(&self, tx: &mut Tx, tenant: &Tenant, events: Vec<Occurrence>) -> Result<(), Problem> {
        use EventType::{
            FollowUpReminderSent, FollowUpScheduled, VisitCancelled, VisitNoShow, VisitRegistered, VisitRescheduled,
        };
        for happened in events.into_iter().filter(|happened| happened.aggregate_type == VISIT) {
            let event = EventType::from_word(&happened.event_type);
            let Some(
                event @ (FollowUpScheduled | FollowUpReminderSent | VisitRegistered | VisitCancelled | VisitNoShow
                | VisitRescheduled),
            ) = event
            else {
                continue;
            };
            let (visit, metadata) = (&happened.aggregate_id, happened.today()?);
            let said = |name: &str| metadata.get(name).and_then(Value::as_str);
            match event {
                FollowUpScheduled => {
                    let visited: Option<(PatientId, Option<BranchId>)> = on!(&mut *tx, connection => {
                        sqlx::query_as(PLANNED_ON).bind(&tenant.id).bind(visit).fetch_optional(&mut **connection).await
                    })?;
                    let (Some((patient, branch)), Some(id)) = (visited, said("followUpId")) else { continue };
                    let due: DateTime<Utc> = said("dueAt").unwrap_or_default().parse()?;
                    on!(&mut *tx, connection => {
                        sqlx::query(PLAN).bind(&tenant.id).bind(visit).bind(id).bind(&patient).bind(branch)
                            .bind(said("doctorId")).bind(due).bind(said("note"))
                            .execute(&mut **connection).await.map(drop)
                    })?;
                }
                FollowUpReminderSent => {
                    on!(&mut *tx, connection => {
                        sqlx::query(REMIND).bind(&tenant.id).bind(visit).bind(said("followUpId")).bind(happened.performed_at)
                            .execute(&mut **connection).await.map(drop)
                    })?;
                }
                VisitCancelled | VisitNoShow | VisitRescheduled => {
                    let first = log::opening(&mut *tx, &tenant.id, VISIT, visit).await?;
                    let first = first.as_ref().map(|first| first.event.today());
                    let answered = first.as_ref().and_then(|first| first.get("followUpOf")).and_then(Value::as_str);
                    let Some(answered) = answered else { continue };
                    on!(&mut *tx, connection => {
                        sqlx::query(AWAIT_AGAIN).bind(&tenant.id).bind(answered).bind(visit)
                            .execute(&mut **connection).await.map(drop)
                    })?;
                }
                _ => {
                    let Some(answered) = said("followUpOf") else { continue };
                    on!(&mut *tx, connection => {
                        sqlx::query(ANSWER).bind(&tenant.id).bind(answered).bind(visit).bind(happened.performed_at)
                            .execute(&mut **connection).await.map(drop)
                    })?;
                }
            }
        }
        Ok(())
    }
}

macro_rules! select_follow_ups {
    ($conditions:literal) => {
        concat!(
            "SELECT follow_ups.*, patients.name AS patient_name, patients.phone AS patient_phone, patients.email AS patient_email, \
             people.name AS doctor_name, reminder_attempts.attempts AS attempts, reminder_attempts.problem AS problem FROM follow_ups \
             JOIN patients ON patients.tenant_id = follow_ups.tenant_id AND patients.id = follow_ups.patient_id \
             LEFT JOIN people ON people.tenant_id = follow_ups.tenant_id AND people.id = follow_ups.doctor_id \
             LEFT JOIN reminder_attempts ON reminder_attempts.tenant_id = follow_ups.tenant_id \
             AND reminder_attempts.visit_id = follow_ups.visit_id AND reminder_attempts.follow_up_id = follow_ups.follow_up_id \
             WHERE follow_ups.tenant_id = $1 AND ",
            $conditions
        )
    };
}

const OF_VISIT: &str = select_follow_ups!("follow_ups.visit_id = $2 ORDER BY follow_ups.due_at");
// Between two moments: who has not come, whether reminded or not. Where they are too many, those due last are worth most.
const AWAITED: &str = select_follow_ups!(
    "follow_ups.due_at >= $2 AND follow_ups.due_at < $3 AND follow_ups.answered_by IS NULL \
     AND (follow_ups.branch_id = $4 OR follow_ups.branch_id IS NULL OR $4 IS NULL) ORDER BY follow_ups.due_at DESC LIMIT 500"
);
// The same of those who were not reminded and can be.
const TO_REMIND: &str = select_follow_ups!(
    "follow_ups.due_at >= $2 AND follow_ups.due_at < $3 AND follow_ups.answered_by IS NULL AND follow_ups.reminders = 0 \
     AND ($5 AND patients.email IS NOT NULL OR $6 AND patients.phone IS NOT NULL) \
     AND (reminder_attempts.attempts IS NULL OR reminder_attempts.attempts < $4) ORDER BY follow_ups.due_at LIMIT 500"
);
const OF_PATIENT: &str = select_follow_ups!(
    "follow_ups.patient_id = $2 AND follow_ups.answered_by IS NULL ORDER BY follow_ups.due_at LIMIT 50"
);
const ADHERENCE: &str = "SELECT COUNT(*) AS due, COUNT(answered_by) AS came FROM follow_ups \
    WHERE tenant_id = $1 AND due_at >= $2 AND due_at < $3";

/// The follow-ups planned on a visit.
pub async fn of_visit(db: &Db, tenant: &TenantId, visit: &VisitId) -> sqlx::Result<Vec<FollowUpCard>> {
    on!(&db.read, pool => sqlx::query_as(OF_VISIT).bind(tenant).bind(visit).fetch_all(pool).await)
}

/// The follow-ups due from one moment on and before another that nobody came for yet.
pub async fn awaited(
    db: &Db,
    tenant: &TenantId,
    from: DateTime<Utc>,
    before: DateTime<Utc>,
    branch: Option<&BranchId>,
) -> sqlx::Result<Vec<FollowUpCard>> {
    let mut awaited: Vec<FollowUpCard> = on!(&db.read, pool => {
        sqlx::query_as(AWAITED).bind(tenant).bind(from).bind(before).bind(branch).fetch_all(pool).await
    })?;
    awaited.reverse();
    reminded_lately(db, tenant, &mut awaited).await?;
    Ok(awaited)
}

/// The same of whom nobody has reminded and who have an address for mail or a phone, whichever is used, as long as it was not tried
/// in vain so many times.
pub async fn to_remind(
    db: &Db,
    tenant: &TenantId,
    from: DateTime<Utc>,
    before: DateTime<Utc>,
    channels: Channels,
) -> sqlx::Result<Vec<FollowUpCard>> {
    let mut awaited: Vec<FollowUpCard> = on!(&db.read, pool => {
        sqlx::query_as(TO_REMIND).bind(tenant).bind(from).bind(before).bind(ATTEMPTS).bind(channels.mail)
            .bind(channels.messages)
            .fetch_all(pool).await
    })?;
    reminded_lately(db, tenant, &mut awaited).await?;
    awaited.retain(|card| card.follow_up.reminders == 0);
    Ok(awaited)
}

/// Adds the reminders that the log already has.
async fn reminded_lately(db: &Db, tenant: &TenantId, awaited: &mut [FollowUpCard]) -> sqlx::Result<()> {
    // A reminder that was logged just now may not have reached the rows yet.
    let word = EventType::FollowUpReminderSent.word();
    for StoredEvent { event, .. } in log::latest(db, tenant, word, LATELY).await?.into_iter().rev() {
        let metadata = event.today();
        let id = metadata.get("followUpId").and_then(Value::as_str);
        let reminded = awaited
            .iter_mut()
            .map(|card| &mut card.follow_up)
            .find(|row| event.visit_id.as_ref() == Some(&row.visit_id) && id == Some(row.follow_up_id.as_str()));
        if let Some(row) = reminded.filter(|row| row.reminded_at.is_none_or(|at| at < event.performed_at)) {
            row.reminders += 1;
            row.reminded_at = Some(event.performed_at);
        }
    }
    Ok(())
}

/// The follow-ups that a patient is awaited for, the first that is due before the others.
pub async fn of_patient(db: &Db, tenant: &TenantId, patient: &PatientId) -> sqlx::Result<Vec<FollowUpCard>> {
    on!(&db.read, pool => sqlx::query_as(OF_PATIENT).bind(tenant).bind(patient).fetch_all(pool).await)
}

/// How many follow-ups were due, and how many of them were come for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, sqlx::FromRow)]
pub struct Adherence {
    /// How many were due.
    pub due: i64,
    /// For how many the patient came.
    pub came: i64,
}

/// Counts the follow-ups due from one moment on and before another.
pub async fn adherence(
    db: &Db,
    tenant: &TenantId,
    from: DateTime<Utc>,
    before: DateTime<Utc>,
) -> sqlx::Result<Adherence> {
    on!(&db.read, pool => sqlx::query_as(ADHERENCE).bind(tenant).bind(from).bind(before).fetch_one(pool).await)
}

// Whoever narrows nothing but doctor and branch has all that is counted in the index.
const BECAME: &str = "SELECT doctor_id, COUNT(*) AS due, COUNT(answered_by) AS kept, \
    COUNT(CASE WHEN answered_by IS NULL AND due_at >= $9 THEN 1 END) AS to_come FROM follow_ups \
    WHERE follow_ups.tenant_id = $1 AND follow_ups.due_at >= $2 AND follow_ups.due_at < $3 \
    AND ($4 IS NULL OR follow_ups.branch_id = $4) AND ($5 IS NULL OR follow_ups.doctor_id = $5) \
    AND (($6 IS NULL AND $7 IS NULL AND $8 IS NULL) OR EXISTS (SELECT 1 FROM visits \
    WHERE visits.tenant_id = follow_ups.tenant_id AND visits.visit_id = follow_ups.visit_id \
    AND ($6 IS NULL OR visits.department_id = $6) AND ($7 IS NULL OR visits.visit_type = $7) \
    AND ($8 IS NULL OR visits.priority = $8))) GROUP BY doctor_id";
const COUNT_DUE: &str = "SELECT COUNT(*) FROM follow_ups \
    WHERE follow_ups.tenant_id = $1 AND follow_ups.due_at >= $2 AND follow_ups.due_at < $3 \
    AND ($4 IS NULL OR follow_ups.branch_id = $4) AND ($5 IS NULL OR follow_ups.doctor_id = $5) \
    AND (($6 IS NULL AND $7 IS NULL AND $8 IS NULL) OR EXISTS (SELECT 1 FROM visits \
    WHERE visits.tenant_id = follow_ups.tenant_id AND visits.visit_id = follow_ups.visit_id \
    AND ($6 IS NULL OR visits.department_id = $6) AND ($7 IS NULL OR visits.visit_type = $7) \
    AND ($8 IS NULL OR visits.priority = $8)))";
const DUE: &str = select_follow_ups!(
    "follow_ups.due_at >= $2 AND follow_ups.due_at < $3 \
     AND ($4 IS NULL OR follow_ups.branch_id = $4) AND ($5 IS NULL OR follow_ups.doctor_id = $5) \
     AND (($6 IS NULL AND $7 IS NULL AND $8 IS NULL) OR EXISTS (SELECT 1 FROM visits \
     WHERE visits.tenant_id = follow_ups.tenant_id AND visits.visit_id = follow_ups.visit_id \
     AND ($6 IS NULL OR visits.department_id = $6) AND ($7 IS NULL OR visits.visit_type = $7) \
     AND ($8 IS NULL OR visits.priority = $8))) \
     ORDER BY follow_ups.due_at, follow_ups.follow_up_id LIMIT $9 OFFSET $10"
);

/// What became of a doctor's follow-ups that fell due.
#[derive(Clone, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Became {
    /// With whom they were planned.
    pub doctor_id: Option<PersonId>,
    /// How many fell due.
    pub due: i64,
    /// How many were kept by a later visit.
    pub kept: i64,
    /// How many may still be kept.
    pub to_come: i64,
}

impl Became {
    /// How many were not kept.
    pub fn missed(&self) -> i64 {
        self.due - self.kept - self.to_come
    }
}

/// Which follow-ups are asked for, by the visits they were planned on; what is none asks for all.
#[derive(Clone, Copy, Debug, Default)]
pub struct PlannedOn<'a> {
    /// In one branch.
    pub branch: Option<&'a BranchId>,
    /// With one doctor.
    pub doctor: Option<&'a PersonId>,
    /// In one department.
    pub department: Option<&'a DepartmentId>,
    /// Of one kind.
    pub visit_type: Option<VisitType>,
    /// Of one urgency.
    pub priority: Option<Priority>,
}

/// What became of the follow-ups due between two moments, by doctor; those due since a third may still be kept.
pub async fn became(
    db: &Db,
    tenant: &TenantId,
    due: Range<DateTime<Utc>>,
    open_since: DateTime<Utc>,
    planned_on: PlannedOn<'_>,
) -> sqlx::Result<Vec<Became>> {
    let PlannedOn { branch, doctor, department, visit_type, priority } = planned_on;
    on!(&db.read, pool => {
        sqlx::query_as(BECAME).bind(tenant).bind(due.start).bind(due.end).bind(branch).bind(doctor)
            .bind(department).bind(visit_type).bind(priority).bind(open_since).fetch_all(pool).await
    })
}

/// Some of the follow-ups due between two moments, in order, behind so many; and how many there are in all.
pub async fn due(
    db: &Db,
    tenant: &TenantId,
    due: Range<DateTime<Utc>>,
    planned_on: PlannedOn<'_>,
    (limit, behind): (i64, i64),
) -> sqlx::Result<(Vec<FollowUpCard>, i64)> {
    let PlannedOn { branch, doctor, department, visit_type, priority } = planned_on;
    on!(&db.read, pool => {
        let listed = sqlx::query_as::<_, FollowUpCard>(DUE).bind(tenant).bind(due.start).bind(due.end).bind(branch).bind(doctor)
            .bind(department).bind(visit_type).bind(priority).bind(limit).bind(behind).fetch_all(pool);
        let all = sqlx::query_scalar::<_, i64>(COUNT_DUE).bind(tenant).bind(due.start).bind(due.end).bind(branch).bind(doctor)
            .bind(department).bind(visit_type).bind(priority).fetch_one(pool);
        futures::try_join!(listed, all)
    })
}

const CLAIM: &str = "INSERT INTO reminder_attempts (tenant_id, visit_id, follow_up_id, attempts, attempted_at) VALUES ($1, $2, $3, 1, $4) \
    ON CONFLICT (tenant_id, visit_id, follow_up_id) DO UPDATE SET attempts = reminder_attempts.attempts + 1, \
    attempted_at = excluded.attempted_at, problem = NULL WHERE reminder_attempts.attempted_at < $5";
const FAIL: &str =
    "UPDATE reminder_attempts SET problem = $4 WHERE tenant_id = $1 AND visit_id = $2 AND follow_up_id = $3";

/// Takes a reminder upon oneself, unless somebody did since a moment; says whether it is ours to send.
pub async fn claim(
    db: &Db,
    tenant: &TenantId,
    follow_up: &FollowUpRow,
    now: DateTime<Utc>,
    unless_since: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let FollowUpRow { visit_id, follow_up_id, .. } = follow_up;
    let claimed = on!(&db.write, pool => sqlx::query(CLAIM).bind(tenant).bind(visit_id).bind(follow_up_id).bind(now).bind(unless_since)
        .execute(pool).await.map(|done| done.rows_affected()))?;
    Ok(claimed > 0)
}

/// Keeps why a reminder did not go out.
pub async fn failed(db: &Db, tenant: &TenantId, follow_up: &FollowUpRow, problem: &str) -> sqlx::Result<()> {
    let FollowUpRow { visit_id, follow_up_id, .. } = follow_up;
    on!(&db.write, pool => {
        sqlx::query(FAIL).bind(tenant).bind(visit_id).bind(follow_up_id).bind(problem).execute(pool).await.map(drop)
    })
}
