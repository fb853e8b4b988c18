//! The demo hospital as its people see it on the day: who works there, what is offered, who may come.

use std::ops::RangeInclusive;

use chrono::NaiveDate;
use rand::Rng;
use rand::rngs::StdRng;

use super::LiveError;
use crate::db::Db;
use crate::hospital::departments::{self, Department};
use crate::hospital::patients::{self, Patient};
use crate::hospital::people::{self, Person};
use crate::hospital::sign_in_names::SignInName;
use crate::hospital::tariff::{self, TariffEntry};
use crate::hospital::tenants::Tenant;
use crate::journey::ids::DepartmentId;

/// The hospital on one day.
pub struct House {
    /// Who registers, queues and hands over reports.
    pub reception: Person,
    /// Who takes vital signs.
    pub nurse: Person,
    /// Who bills and takes payments.
    pub billing: Person,
    /// Who collects specimens and runs tests.
    pub lab: Person,
    /// Who reviews and approves results.
    pub pathologist: Person,
    /// Who refunds what billing took.
    pub manager: Person,
    /// Everybody.
    people: Vec<Person>,
    departments: Vec<Department>,
    tariff: Vec<TariffEntry>,
}

fn of_name<'a>(people: &'a [Person], name: &str) -> Result<&'a Person, LiveError> {
    let named = |person: &&Person| person.sign_in_name.as_ref().map(SignInName::as_str) == Some(name);
    people.iter().find(named).ok_or_else(|| LiveError::Missing(name.to_owned()))
}

impl House {
    /// Reads the hospital.
    pub async fn read(db: &Db, tenant: &Tenant) -> Result<Self, LiveError> {
        let people = people::list(db, &tenant.id).await?;
        let who = |name| of_name(&people, name).cloned();
        Ok(Self {
            reception: who("reception")?,
            nurse: who("nurse")?,
            billing: who("billing")?,
            lab: who("lab")?,
            pathologist: who("pathologist")?,
            manager: who("manager")?,
            departments: departments::list(db, &tenant.id).await?,
            tariff: tariff::list(db, &tenant.id).await?,
            people,
        })
    }

    /// Who signs in with a name.
    pub fn person(&self, name: &str) -> Result<&Person, LiveError> {
        of_name(&self.people, name)
    }

    /// The entry of the tariff with a code.
    pub fn entry(&self, code: &str) -> Result<&TariffEntry, LiveError> {
        self.tariff.iter().find(|entry| entry.code == code).ok_or_else(|| LiveError::Missing(code.to_owned()))
    }

    /// What a consultation in a department is charged by.
    pub fn consultation(&self, department: &DepartmentId) -> Result<&TariffEntry, LiveError> {
        let offered = |entry: &&TariffEntry| entry.department_id.as_ref() == Some(department);
        self.tariff.iter().find(offered).ok_or_else(|| LiveError::Missing("a consultation".to_owned()))
    }

    /// The department whose tokens begin with a prefix.
    pub fn department(&self, prefix: &str) -> Result<&Department, LiveError> {
        let of_prefix = |department: &&Department| department.token_prefix == prefix;
        self.departments.iter().find(of_prefix).ok_or_else(|| LiveError::Missing(prefix.to_owned()))
    }

    /// The token prefix of a department.
    pub fn prefix(&self, department: Option<&DepartmentId>) -> Option<&str> {
        let department = self.departments.iter().find(|other| Some(&other.id) == department)?;
        Some(&department.token_prefix)
    }
}

/// The patients who may still come; each comes once a day while there are enough.
pub struct Crowd {
    outside: Vec<Patient>,
    day: NaiveDate,
}

impl Crowd {
    /// More than the demo hospital has.
    const MOST: i64 = 200;

    /// Everybody the hospital knows, first those of the lowest record numbers.
    pub async fn read(db: &Db, tenant: &Tenant, day: NaiveDate) -> Result<Self, LiveError> {
        Ok(Self { outside: patients::by_record_number(db, &tenant.id, Self::MOST).await?, day })
    }

    /// Somebody who has not come yet.
    pub fn anybody(&mut self) -> Option<Patient> {
        self.outside.pop()
    }

    /// Somebody of an age, or of any when nobody of it is left.
    pub fn come(&mut self, ages: &RangeInclusive<u32>, random: &mut StdRng) -> Result<Patient, LiveError> {
        let fits = |patient: &Patient| ages.contains(&patient.age_on(self.day).unwrap_or(40));
        let fitting: Vec<usize> = (0..self.outside.len()).filter(|index| fits(&self.outside[*index])).collect();
        let index = match fitting.len() {
            0 => random.random_range(0..self.outside.len().max(1)),
            many => fitting[random.random_range(0..many)],
        };
        if index >= self.outside.len() {
            return Err(LiveError::Missing("a patient".to_owned()));
        }
        Ok(self.outside.swap_remove(index))
    }
}
