//! Clinics: the hours of the week in which a doctor sees patients who are booked, cut into slots.

use std::collections::BTreeSet;

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, TimeDelta, Utc};
use serde::Serialize;

use super::tenants::Tenant;
use super::{Problem, WriteError, people};
use crate::db::{Db, Source, Tx, new_id};
use crate::from;
use crate::journey::ids::{ClinicId, PersonId, TenantId};
use crate::on;

/// A minute of the hospital's own day, from 0 to 1440.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, sqlx::Type)]
#[serde(transparent)]
#[sqlx(transparent)]
pub struct Minute(i32);

impl Minute {
    /// Reads a time of day as browsers send it: `09:30`, and `24:00` for its end.
    pub fn parse(text: &str) -> Option<Self> {
        let (hours, minutes) = text.trim().split_once(':')?;
        let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
        let minute = hours * 60 + minutes;
        ((0..24).contains(&hours) && (0..60).contains(&minutes) || minute == 1440).then_some(Self(minute))
    }

    fn on(self, tenant: &Tenant, day: NaiveDate) -> Option<DateTime<Utc>> {
        tenant.moment(day.and_time(NaiveTime::MIN) + TimeDelta::minutes(i64::from(self.0)))
    }
}

impl std::fmt::Display for Minute {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

/// A doctor's hours on one day of each week.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, sqlx::FromRow)]
#[serde(rename_all = "camelCase")]
pub struct Clinic {
    /// Its id.
    pub id: ClinicId,
    /// Whose.
    pub doctor_id: PersonId,
    /// The day of the week, from 1 for Monday to 7.
    pub weekday: i32,
    /// From when.
    pub begins: Minute,
    /// Until when.
    pub ends: Minute,
    /// How long each patient has.
    pub slot_minutes: i32,
}

/// A time that one patient may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// When it begins.
    pub starts_at: DateTime<Utc>,
    /// How long it is.
    pub minutes: i32,
}

impl Slot {
    /// When it is over.
    pub fn ends_at(&self) -> DateTime<Utc> {
        self.starts_at + TimeDelta::minutes(i64::from(self.minutes))
    }

    /// Whether some of it is some of another's.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.starts_at < other.ends_at() && other.starts_at < self.ends_at()
    }
}

/// The slots of clinics on a day, the earliest first; those of two clinics at one time count once.
pub fn slots(tenant: &Tenant, clinics: &[Clinic], day: NaiveDate) -> Vec<Slot> {
    let today = clinics.iter().filter(|clinic| clinic.weekday == weekday(day));
    let mut seen = BTreeSet::new();
    let mut slots: Vec<Slot> = today
        .flat_map(|clinic| {
            let step = usize::try_from(clinic.slot_minutes).unwrap_or(1).max(1);
            let last = clinic.ends.0 - clinic.slot_minutes;
            (clinic.begins.0..=last).step_by(step).filter_map(move |minute| {
                let starts_at = Minute(minute).on(tenant, day)?;
                Some(Slot { starts_at, minutes: clinic.slot_minutes })
            })
        })
        .collect();
    slots.sort_by_key(|slot| slot.starts_at);
    slots.retain(|slot| seen.insert(slot.starts_at));
    slots
}

/// The day of the week, from 1 for Monday to 7.
pub fn weekday(day: NaiveDate) -> i32 {
    day.weekday().number_from_monday().try_into().unwrap_or(1)
}

/// What is needed to open a clinic.
#[derive(Clone, Debug)]
pub struct NewClinic {
    /// Whose.
    pub doctor_id: PersonId,
    /// The day of the week, from 1 for Monday to 7.
    pub weekday: i32,
    /// From when; none when it could not be read.
    pub begins: Option<Minute>,
    /// Until when; none when it could not be read.
    pub ends: Option<Minute>,
    /// How long each patient has.
    pub slot_minutes: i32,
}

/// A tenant's clinics, by doctor, day and hour.
pub async fn list(db: &Db, tenant: &TenantId) -> sqlx::Result<Vec<Clinic>> {
    const SQL: &str = "SELECT id, doctor_id, weekday, begins, ends, slot_minutes FROM clinics WHERE tenant_id = $1 ORDER BY doctor_id, weekday, begins";
    on!(&db.read, pool => sqlx::query_as(SQL).bind(tenant).fetch_all(pool).await)
}

/// A doctor's clinics, by day and hour.
pub async fn of_doctor(
    source: impl Into<Source<'_>>,
    tenant: &TenantId,
    doctor: &PersonId,
) -> sqlx::Result<Vec<Clinic>> {
    const SQL: &str = "SELECT id, doctor_id, weekday, begins, ends, slot_minutes FROM clinics WHERE tenant_id = $1 AND doctor_id = $2 ORDER BY weekday, begins";
    from!(source, executor => sqlx::query_as(SQL).bind(tenant).bind(doctor).fetch_all(executor).await)
}

/// Opens a clinic; those of one doctor do not overlap.
pub async fn open(tx: &mut Tx, tenant: &TenantId, new: NewClinic) -> Result<Clinic, WriteError> {
    const SQL: &str = "INSERT INTO clinics (tenant_id, id, doctor_id, weekday, begins, ends, slot_minutes) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let mut problems = Vec::new();
    let mut problem = |field, text: &str| problems.push(Problem { field, problem: text.to_owned() });
    if !(1..=7).contains(&new.weekday) {
        problem("weekday", "must be a day of the week");
    }
    if !(5..=240).contains(&new.slot_minutes) {
        problem("slotMinutes", "must be from 5 to 240");
    }
    let hours = match (new.begins, new.ends) {
        (Some(begins), Some(ends)) if begins.0 + new.slot_minutes <= ends.0 => Some((begins, ends)),
        (Some(_), Some(_)) => {
            problem("ends", "must leave room for one patient at least");
            None
        }
        (begins, _) => {
            problem(if begins.is_none() { "begins" } else { "ends" }, "must be a time, such as 09:30");
            None
        }
    };
    let (Some((begins, ends)), true) = (hours, problems.is_empty()) else {
        return Err(WriteError::Invalid(problems));
    };
    if !people::exists(tx, tenant, &new.doctor_id).await? {
        return Err(WriteError::UnknownReference("doctorId"));
    }
    let others = of_doctor(&mut *tx, tenant, &new.doctor_id).await?;
    if others.iter().any(|other| other.weekday == new.weekday && other.begins < ends && begins < other.ends) {
        let problem = "overlaps with hours that are there already".to_owned();
        return Err(WriteError::Invalid(vec![Problem { field: "begins", problem }]));
    }
    let NewClinic { doctor_id, weekday, slot_minutes, .. } = new;
    let clinic = Clinic { id: new_id(), doctor_id, weekday, begins, ends, slot_minutes };
    on!(tx, connection => {
        sqlx::query(SQL).bind(tenant).bind(&clinic.id).bind(&clinic.doctor_id).bind(clinic.weekday).bind(clinic.begins)
            .bind(clinic.ends).bind(clinic.slot_minutes).execute(&mut **connection).await.map(drop)
    })?;
    Ok(clinic)
}

/// Closes a clinic; what is booked in it stays.
pub async fn close(tx: &mut Tx, tenant: &TenantId, id: &ClinicId) -> sqlx::Result<()> {
    const SQL: &str = "DELETE FROM clinics WHERE tenant_id = $1 AND id = $2";
    on!(tx, connection => sqlx::query(SQL).bind(tenant).bind(id).execute(&mut **connection).await.map(drop))
}

#[cfg(test)]
mod tests {
    use super::Minute;

    #[test]
    fn a_time_of_day_is_read_as_browsers_send_it() {
        let shown = |text| Minute::parse(text).map(|minute| minute.to_string());
        assert_eq!(shown("09:30").as_deref(), Some("09:30"));
        assert_eq!(shown("24:00").as_deref(), Some("24:00"));
        for bad in ["", "9", "24:01", "12:60", "-1:30", "a:b"] {
            assert_eq!(shown(bad), None, "{bad}");
        }
    }
}
