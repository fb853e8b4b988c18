//! Patients: who they are. Their visits are in the log.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::patient_search::{self, name_key, phone_key, terms};
use super::tenants::Tenant;
use super::{Problem, WriteError, finds, line, or_taken};
use crate::db::{Db, Tx, commit, new_id};
use crate::journey::ids::{Id, PatientId, TenantId};
use crate::journey::words::Sex;
use crate::on;

/// A patient.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, sqlx::FromRow, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Patient {
    /// Their id.
    pub id: PatientId,
    /// Their medical record number, unique in the hospital.
    pub mrn: String,
    /// Their name.
    pub name: String,
    /// Their sex, when recorded.
    pub sex: Option<Sex>,
    /// Their date of birth, when recorded.
    pub birth_date: Option<NaiveDate>,
    /// Their phone number, when recorded, as it was typed.
    pub phone: Option<String>,
    /// Their address for mail, when recorded.
    pub email: Option<String>,
    /// When they were registered.
    pub created_at: DateTime<Utc>,
}

impl Patient {
    /// Their age in whole years on a day.
    pub fn age_on(&self, day: NaiveDate) -> Option<u32> {
        day.years_since(self.birth_date?)
    }
}

/// A patient as typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewPatient {
    /// Their medical record number, when it was given elsewhere.
    #[serde(default)]
    pub mrn: Option<String>,
    /// Their name.
    pub name: String,
    /// Their sex.
    #[serde(default)]
    pub sex: Option<Sex>,
    /// Their date of birth.
    #[serde(default)]
    pub birth_date: Option<NaiveDate>,
    /// Whether only their age is known, and the date of birth follows from it.
    #[serde(default)]
    pub birth_date_estimated: bool,
    /// Their phone number.
    #[serde(default)]
    pub phone: Option<String>,
    /// Their address for mail.
    #[serde(default)]
    pub email: Option<String>,
}

impl NewPatient {
    /// The same, tidied, or everything that is wrong with it.
    pub fn checked(self, today: NaiveDate) -> Result<Self, WriteError> {
        let mut problems = Vec::new();
        let mut problem = |field, text: &str| problems.push(Problem { field, problem: text.to_owned() });
        let given = |text: Option<String>| text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());

        let mrn = given(self.mrn);
        if let Some(mrn) = &mrn
            && !(mrn.len() <= 32
                && mrn.chars().all(|character| character.is_ascii_alphanumeric() || "-/.".contains(character)))
        {
            problem("mrn", "must have at most 32 letters, digits, hyphens, slashes and full stops");
        }
        let phone = given(self.phone);
        if let Some(phone) = &phone {
            let digits = phone.chars().filter(char::is_ascii_digit).count();
            let rest = phone.strip_prefix('+').unwrap_or(phone);
            if !rest.chars().all(|character| character.is_ascii_digit() || " -().".contains(character)) {
                problem("phone", "must be digits, with a plus sign before them if need be");
            } else if !(4..=15).contains(&digits) {
                problem("phone", "must have 4 to 15 digits");
            }
        }
        let email = given(self.email);
        if let Some(email) = &email
            && !(email.len() <= 254 && email.split_once('@').is_some_and(|(name, host)| is_address(name, host)))
        {
            problem("email", "must be an address such as asha@example.org");
        }
        if let Some(born) = self.birth_date {
            if born > today {
                problem("birthDate", "must not be in the future");
            } else if today.years_since(born).is_none_or(|age| age > 130) {
                problem("birthDate", "must not be more than 130 years ago");
            }
        }
        let name = line("name", &self.name, 200).map_err(|problem| problems.insert(0, problem)).unwrap_or_default();
        if problems.is_empty() {
            Ok(Self { mrn, name, phone, email, ..self })
        } else {
            Err(WriteError::Invalid(problems))
        }
    }
}

/// Whether the two parts of an address for mail can be such.
fn is_address(name: &str, host: &str) -> bool {
    let seen = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
    seen(name) && seen(host) && !host.contains('@')
}

/// One patient.
pub async fn by_id(db: &Db, tenant: &TenantId, id: &PatientId) -> sqlx::Result<Option<Patient>> {
    const SQL: &str = "SELECT id, mrn, name, sex, birth_date, phone, email, created_at FROM patients WHERE tenant_id = $1 AND id = $2";
    on!(&db.read, pool => sqlx::query_as(SQL).bind(tenant).bind(id).fetch_optional(pool).await)
}

/// The patient of a medical record number.
pub async fn by_mrn(db: &Db, tenant: &TenantId, mrn: &str) -> sqlx::Result<Option<Patient>> {
    const SQL: &str = "SELECT id, mrn, name, sex, birth_date, phone, email, created_at FROM patients WHERE tenant_id = $1 AND mrn = $2";
    on!(&db.read, pool => sqlx::query_as(SQL).bind(tenant).bind(mrn).fetch_optional(pool).await)
}

/// The patients of the lowest medical record numbers.
pub async fn by_record_number(db: &Db, tenant: &TenantId, most: i64) -> sqlx::Result<Vec<Patient>> {
    const SQL: &str = "SELECT id, mrn, name, sex, birth_date, phone, email, created_at FROM patients WHERE tenant_id = $1 ORDER BY mrn LIMIT $2";
    on!(&db.read, pool => sqlx::query_as(SQL).bind(tenant).bind(most).fetch_all(pool).await)
}

/// Whether the tenant has this patient.
pub async fn exists(tx: &mut Tx, tenant: &TenantId, id: &PatientId) -> sqlx::Result<bool> {
    finds(tx, "SELECT CAST(1 AS BIGINT) FROM patients WHERE tenant_id = $1 AND id = $2", tenant, id.as_str()).await
}

/// Registers a patient.
pub async fn register(db: &Db, tenant: &Tenant, new: NewPatient, now: DateTime<Utc>) -> Result<Patient, WriteError> {
    let mut tx = db.begin().await?;
    let patient = register_within(&mut tx, tenant, new, now).await?;
    commit(tx).await?;
    Ok(patient)
}

/// Registers a patient within a transaction.
pub async fn register_within(
    tx: &mut Tx,
    tenant: &Tenant,
    new: NewPatient,
    now: DateTime<Utc>,
) -> Result<Patient, WriteError> {
    register_as(tx, tenant, new_id(), new, now).await
}

/// Registers a patient by an id within a transaction.
pub async fn register_as(
    tx: &mut Tx,
    tenant: &Tenant,
    id: PatientId,
    new: NewPatient,
    now: DateTime<Utc>,
) -> Result<Patient, WriteError> {
    const SQL: &str = "INSERT INTO patients (tenant_id, id, mrn, name, sex, birth_date, phone, created_at, name_key, phone_key, email) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    let new = new.checked(tenant.local_day(now))?;
    let tenant = &tenant.id;
    let mrn = match new.mrn {
        Some(mrn) => mrn,
        None => next_mrn(tx, tenant).await?,
    };
    let patient = Patient {
        id,
        mrn,
        name: new.name,
        sex: new.sex,
        birth_date: new.birth_date,
        phone: new.phone,
        email: new.email,
        created_at: now,
    };
    let written = on!(&mut *tx, connection => {
        sqlx::query(SQL).bind(tenant).bind(&patient.id).bind(&patient.mrn).bind(&patient.name).bind(patient.sex)
            .bind(patient.birth_date).bind(&patient.phone).bind(patient.created_at)
            .bind(name_key(&patient.name)).bind(patient.phone.as_deref().and_then(phone_key)).bind(&patient.email)
            .execute(&mut **connection).await.map(drop)
    });
    or_taken(written, ("patients", "mrn"), "mrn", &patient.mrn)?;
    patient_search::index(tx, tenant, &patient.id, &terms(&patient)).await?;
    Ok(patient)
}

/// What a consent is for, tidied.
pub fn purpose(text: &str) -> Result<String, WriteError> {
    line("purpose", text, 200).map_err(|problem| WriteError::Invalid(vec![problem]))
}

/// What changes of a patient: what is left out stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PatientChanges {
    /// Their name.
    #[serde(default)]
    pub name: Option<String>,
    /// Their sex.
    #[serde(default)]
    pub sex: Option<Sex>,
    /// Their date of birth.
    #[serde(default)]
    pub birth_date: Option<NaiveDate>,
    /// Their phone number.
    #[serde(default)]
    pub phone: Option<String>,
    /// Their address for mail.
    #[serde(default)]
    pub email: Option<String>,
}

/// Changes what is known of a patient, and gives what changed, by field.
pub async fn update(
    tx: &mut Tx,
    tenant: &Tenant,
    id: &PatientId,
    changes: PatientChanges,
    now: DateTime<Utc>,
) -> Result<(Patient, Map<String, Value>), WriteError> {
    const ONE: &str = "SELECT id, mrn, name, sex, birth_date, phone, email, created_at FROM patients WHERE tenant_id = $1 AND id = $2";
    const UPDATE: &str = "UPDATE patients SET name = $3, sex = $4, birth_date = $5, phone = $6, name_key = $7, phone_key = $8, email = $9 \
        WHERE tenant_id = $1 AND id = $2";
    let before: Option<Patient> = on!(&mut *tx, connection => {
        sqlx::query_as(ONE).bind(&tenant.id).bind(id).fetch_optional(&mut **connection).await
    })?;
    let before = before.ok_or(WriteError::UnknownReference("patientId"))?;
    let PatientChanges { name, sex, birth_date, phone, email } = changes;
    let checked = NewPatient {
        mrn: None,
        name: name.unwrap_or_else(|| before.name.clone()),
        sex: sex.or(before.sex),
        birth_date: birth_date.or(before.birth_date),
        birth_date_estimated: false,
        phone: phone.or_else(|| before.phone.clone()),
        email: email.or_else(|| before.email.clone()),
    };
    let NewPatient { name, sex, birth_date, phone, email, .. } = checked.checked(tenant.local_day(now))?;
    let after = Patient { name, sex, birth_date, phone, email, ..before.clone() };
    let (Value::Object(old), Value::Object(new)) = (json!(before), json!(after)) else {
        return Ok((after, Map::new()));
    };
    let changed: Map<_, _> = new.into_iter().filter(|(field, value)| old.get(field) != Some(value)).collect();
    if !changed.is_empty() {
        on!(&mut *tx, connection => {
            sqlx::query(UPDATE).bind(&tenant.id).bind(id).bind(&after.name).bind(after.sex).bind(after.birth_date)
                .bind(&after.phone).bind(name_key(&after.name)).bind(after.phone.as_deref().and_then(phone_key)).bind(&after.email)
                .execute(&mut **connection).await.map(drop)
        })?;
        patient_search::index(tx, &tenant.id, id, &terms(&after)).await?;
    }
    Ok((after, changed))
}

/// The next medical record number that nobody bears; numbers given elsewhere are stepped over.
async fn next_mrn(tx: &mut Tx, tenant: &TenantId) -> sqlx::Result<String> {
    const NEXT: &str = "INSERT INTO patient_numbers (tenant_id, last) VALUES ($1, 1) ON CONFLICT (tenant_id) DO UPDATE SET last = patient_numbers.last + 1 RETURNING last";
    const BORNE: &str = "SELECT CAST(1 AS BIGINT) FROM patients WHERE tenant_id = $1 AND mrn = $2";
    loop {
        let number: i64 = on!(&mut *tx, connection => {
            sqlx::query_scalar(NEXT).bind(tenant).fetch_one(&mut **connection).await
        })?;
        let mrn = format!("{number:07}");
        if !finds(tx, BORNE, tenant, &mrn).await? {
            return Ok(mrn);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(new: NewPatient) -> Vec<&'static str> {
        match new.checked(NaiveDate::from_ymd_opt(2026, 3, 1).expect("a day")) {
            Ok(_) => Vec::new(),
            Err(WriteError::Invalid(problems)) => problems.iter().map(|problem| problem.field).collect(),
            Err(other) => panic!("{other}"),
        }
    }

    fn typed(name: &str, phone: &str, born: &str, mrn: &str) -> NewPatient {
        NewPatient {
            mrn: Some(mrn.to_owned()),
            name: name.to_owned(),
            sex: None,
            birth_date: born.parse().ok(),
            birth_date_estimated: false,
            phone: Some(phone.to_owned()),
            email: None,
        }
    }

    #[test]
    fn a_patient_needs_only_a_name() {
        assert_eq!(problems(NewPatient { name: "Asha Rao".to_owned(), ..NewPatient::default() }), [""; 0]);
        assert_eq!(problems(typed(" Asha Rao ", "+91 98450-12345", "2026-03-01", "")), [""; 0]);
        assert_eq!(problems(NewPatient::default()), ["name"]);
    }

    #[test]
    fn every_problem_is_named() {
        assert_eq!(problems(typed("\u{7}", "call me", "2026-03-02", "a b")), ["name", "mrn", "phone", "birthDate"]);
        assert_eq!(problems(typed("Asha", "123", "1890-01-01", &"1".repeat(33))), ["mrn", "phone", "birthDate"]);
        assert_eq!(problems(typed("Asha", "1234567890123456", "", "A-1/2.3")), ["phone"]);
    }

    #[test]
    fn age_is_in_whole_years() {
        let patient = Patient {
            id: new_id(),
            mrn: "1".to_owned(),
            name: "Asha".to_owned(),
            sex: None,
            birth_date: NaiveDate::from_ymd_opt(1990, 3, 2),
            phone: None,
            email: None,
            created_at: DateTime::UNIX_EPOCH,
        };
        let on = |day| patient.age_on(NaiveDate::from_ymd_opt(2026, 3, day).expect("a day"));
        assert_eq!((on(1), on(2)), (Some(35), Some(36)));
    }
}
