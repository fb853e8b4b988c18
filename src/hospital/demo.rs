//! The hospital of the demo: a plausible house with people, patients and prices, and no visit yet.

use chrono::{DateTime, NaiveDate, Utc};

use super::branches::{self, Branch};
use super::clinics::{self, Minute, NewClinic};
use super::demo_tariff::{self, CONSULTATIONS};
use super::departments::{self, Department, NewDepartment};
use super::passphrase::{HashError, Hasher, PassphraseHash};
use super::patients::{self, NewPatient};
use super::people::{self, NewPerson};
use super::rooms::{self, NewRoom, RoomKind};
use super::sign_in_names::{SignInName, new_sign_in_name};
use super::tariff::{self, NewTariffEntry};
use super::tenants::{self, NewTenant, Tenant, TimeZone};
use super::{Problem, WriteError};
use crate::db::{Db, Tx, commit};
use crate::journey::ids::{Id as _, RoomId, TenantId};
use crate::journey::words::{Role, Sex};

/// The passphrase of everybody in the demo.
pub const PASSPHRASE: &str = "demo-hospital-2026";

/// Somebody of the demo hospital.
#[derive(Clone, Copy, Debug)]
pub struct DemoPerson {
    /// What they sign in with.
    pub sign_in_name: &'static str,
    /// What others call them.
    pub name: &'static str,
    /// What they do.
    pub role: Role,
    /// The token prefix of their department, when in one, and their room.
    pub place: Option<(&'static str, &'static str)>,
}

const fn staff(sign_in_name: &'static str, name: &'static str, role: Role) -> DemoPerson {
    DemoPerson { sign_in_name, name, role, place: None }
}

const fn doctor(
    sign_in_name: &'static str,
    name: &'static str,
    department: &'static str,
    room: &'static str,
) -> DemoPerson {
    DemoPerson { sign_in_name, name, role: Role::Doctor, place: Some((department, room)) }
}

/// Everybody of the demo hospital; the first ten are those to show on the sign-in page.
pub const PEOPLE: &[DemoPerson] = &[
    staff("reception", "Priya Nair", Role::Receptionist),
    staff("nurse", "Mary Thomas", Role::Nurse),
    doctor("doctor", "Dr Ananya Iyer", "C", "Room 1"),
    doctor("doctor2", "Dr Rohan Mehta", "O", "Room 5"),
    staff("billing", "Suresh Patil", Role::BillingClerk),
    staff("lab", "Imran Shaikh", Role::LabTechnician),
    staff("pathologist", "Dr Leela Krishnan", Role::Pathologist),
    staff("manager", "Deepa Menon", Role::Manager),
    staff("auditor", "Farhan Ali", Role::Auditor),
    staff("admin", "Gita Rao", Role::Admin),
    doctor("doctor3", "Dr Vikram Bhatia", "C", "Room 2"),
    doctor("doctor4", "Dr Kavita Deshmukh", "P", "Room 3"),
    doctor("doctor5", "Dr Arvind Kamath", "P", "Room 4"),
    doctor("doctor6", "Dr Sana Qureshi", "K", "Room 6"),
    doctor("doctor7", "Dr Meera Pillai", "F", "East room 1"),
    doctor("doctor8", "Dr Joseph Fernandes", "F", "East room 2"),
];

/// How many of [`PEOPLE`] the sign-in page shows.
pub const SHOWN: usize = 10;

/// The branches: name and code.
pub const BRANCHES: [(&str, &str); 2] = [("Amber Lake Main", "MAIN"), ("Amber Lake East Clinic", "EAST")];

/// The departments of the main branch: name, token prefix, how many minutes a patient should wait at most.
pub const MAIN_DEPARTMENTS: &[(&str, &str, i64)] = &[
    ("General Medicine", "C", 30),
    ("Paediatrics", "P", 20),
    ("Orthopaedics", "O", 30),
    ("Cardiology", "K", 20),
    ("Laboratory", "L", 15),
];
/// Those of the East branch.
pub const EAST_DEPARTMENTS: &[(&str, &str, i64)] = &[("Family Medicine", "F", 25), ("East Laboratory", "E", 15)];

/// The rooms that are no doctor's: name, kind, and the token prefix of their department, when in one.
const MAIN_ROOMS: &[(&str, RoomKind, Option<&str>)] = &[
    ("Reception desk", RoomKind::Counter, None),
    ("Billing counter 1", RoomKind::Counter, None),
    ("Billing counter 2", RoomKind::Counter, None),
    ("Sample collection", RoomKind::Lab, Some("L")),
    ("Central laboratory", RoomKind::Lab, Some("L")),
];
const EAST_ROOMS: &[(&str, RoomKind, Option<&str>)] = &[
    ("East reception", RoomKind::Counter, None),
    ("East billing", RoomKind::Counter, None),
    ("East sample collection", RoomKind::Lab, Some("E")),
];

/// The patients: name, sex, date of birth; some were never asked.
pub const PATIENTS: &[(&str, Sex, &str)] = &[
    ("Aanya Sethi", Sex::Female, "2019-02-14"),
    ("Aarav Sharma", Sex::Male, "1991-04-17"),
    ("Abdul Rahman", Sex::Male, "1965-08-19"),
    ("Aditi Joshi", Sex::Female, "1987-11-02"),
    ("Advait Kelkar", Sex::Male, "2014-11-23"),
    ("Ajay Kulkarni", Sex::Male, "1969-06-23"),
    ("Amina Begum", Sex::Female, "1958-01-15"),
    ("Anil Shetty", Sex::Male, "1975-09-30"),
    ("Anjali Verma", Sex::Female, "1998-02-11"),
    ("Arjun Reddy", Sex::Male, "2018-07-05"),
    ("Arun Prakash", Sex::Male, "1982-12-19"),
    ("Asha Rao", Sex::Female, "1964-03-08"),
    ("Ayesha Khan", Sex::Female, "2001-10-27"),
    ("Balakrishnan Menon", Sex::Male, "1949-05-12"),
    ("Beena Kurian", Sex::Female, "1970-03-06"),
    ("Bhavna Patel", Sex::Female, "1993-08-21"),
    ("Bilal Hussain", Sex::Male, "2017-05-30"),
    ("Chandrika Hegde", Sex::Female, "1955-02-28"),
    ("Chetan Bhosale", Sex::Male, "1983-12-11"),
    ("Daniel D'Souza", Sex::Male, "1988-06-14"),
    ("Deepak Chauhan", Sex::Male, "1979-01-09"),
    ("Devika Nambiar", Sex::Female, "2015-04-03"),
    ("Dinesh Yadav", Sex::Male, "1967-10-18"),
    ("Diya Fernandes", Sex::Female, "2021-06-17"),
    ("Esther Jacob", Sex::Female, "1972-07-26"),
    ("Farida Merchant", Sex::Female, "1961-12-05"),
    ("Ganesh Bhat", Sex::Male, "1953-09-07"),
    ("Gauri Sawant", Sex::Female, "1996-05-29"),
    ("Geeta Chavan", Sex::Female, "1976-09-04"),
    ("Girish Naik", Sex::Male, "1984-03-16"),
    ("Hari Prasad", Sex::Male, "1959-02-20"),
    ("Harpreet Singh", Sex::Male, "1977-11-24"),
    ("Hema Subramanian", Sex::Female, "1959-08-01"),
    ("Inaya Siddiqui", Sex::Female, "2013-08-09"),
    ("Irfan Sheikh", Sex::Male, "1990-01-31"),
    ("Ishaan Gupta", Sex::Male, "2020-09-13"),
    ("Jagdish Rawat", Sex::Male, "1963-07-01"),
    ("Jaya Lakshmi", Sex::Female, "1946-06-20"),
    ("Jayesh Shah", Sex::Male, "1971-04-25"),
    ("Kabir Anand", Sex::Male, "2018-12-03"),
    ("Kamala Devi", Sex::Female, "1951-10-10"),
    ("Karan Malhotra", Sex::Male, "1994-07-19"),
    ("Karthik Raman", Sex::Male, "1986-02-06"),
    ("Kavya Gowda", Sex::Female, "2012-12-22"),
    ("Kusum Lata", Sex::Female, "1954-10-26"),
    ("Lakshmi Narayanan", Sex::Female, "1963-05-17"),
    ("Lalit Agarwal", Sex::Male, "1957-03-03"),
    ("Leena Mascarenhas", Sex::Female, "1991-03-19"),
    ("Madhuri Kale", Sex::Female, "1981-09-15"),
    ("Mahesh Kotian", Sex::Male, "1974-08-08"),
    ("Manoj Tiwari", Sex::Male, "1989-10-04"),
    ("Meher Contractor", Sex::Female, "2015-01-12"),
    ("Mohammed Riyaz", Sex::Male, "1966-11-11"),
    ("Murali Krishnan", Sex::Male, "1972-05-23"),
    ("Naina Kapoor", Sex::Female, "1999-01-23"),
    ("Nandini Acharya", Sex::Female, "1992-06-09"),
    ("Neha Bhandari", Sex::Female, "1988-11-07"),
    ("Nikhil Deshpande", Sex::Male, "2009-03-27"),
    ("Nirmala Pai", Sex::Female, "1948-07-14"),
    ("Omkar Jadhav", Sex::Male, "1997-12-30"),
    ("Padma Srinivasan", Sex::Female, "1956-04-21"),
    ("Pooja Mishra", Sex::Female, "1995-09-02"),
    ("Prakash Thakkar", Sex::Male, "1962-02-16"),
    ("Pranav Salunkhe", Sex::Male, "2011-04-28"),
    ("Rahul Banerjee", Sex::Male, "1985-05-06"),
    ("Rajeshwari Amma", Sex::Female, "1943-11-28"),
    ("Ramesh Gaikwad", Sex::Male, "1970-01-20"),
    ("Rekha Solanki", Sex::Female, "1978-10-12"),
    ("Ritu Ahuja", Sex::Female, "1969-12-15"),
    ("Riya Thakur", Sex::Female, "2022-03-18"),
    ("Rukhsana Ansari", Sex::Female, "1983-08-29"),
    ("Saanvi Rao", Sex::Female, "2023-02-02"),
    ("Sachin Pawar", Sex::Male, "1980-06-01"),
    ("Salim Khatri", Sex::Male, "1961-04-09"),
    ("Sandeep Grewal", Sex::Male, ""),
    ("Sarojini Das", Sex::Female, "1952-12-08"),
    ("Shankar Pillai", Sex::Male, "1960-09-25"),
    ("Stella Pinto", Sex::Female, "1967-08-30"),
    ("Sunita Waghmare", Sex::Female, ""),
    ("Tanmay Gokhale", Sex::Male, "1999-06-21"),
    ("Tenzin Dolma", Sex::Female, "2000-07-07"),
    ("Uma Maheshwari", Sex::Female, "1968-04-14"),
    ("Usha Kini", Sex::Female, "1950-09-18"),
    ("Venkatesh Iyengar", Sex::Male, "1954-01-05"),
    ("Vihaan Mathur", Sex::Male, "2016-07-25"),
    ("Vimala Ramachandran", Sex::Female, "1957-11-05"),
    ("Yusuf Contractor", Sex::Male, "1973-02-24"),
    ("Zoya Mirza", Sex::Female, "2016-10-31"),
];

/// A database with the demo hospital in it.
#[derive(Clone, Debug)]
pub struct Furnished {
    /// The demo hospital.
    pub tenant: Tenant,
    /// Whether it was made just now; otherwise an earlier start made it.
    pub fresh: bool,
}

/// Why there is no demo.
#[derive(Debug, thiserror::Error)]
pub enum FurnishError {
    /// The database is somebody's.
    #[error("this database holds {0}, which is no demo; name another database, or leave --demo out")]
    RealData(String),
    /// The passphrase could not be hashed.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// Something was not written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The database did not answer.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// The id that the demo hospital is known again by.
pub fn tenant_id() -> TenantId {
    TenantId::from_bits(u128::from_be_bytes(*b"\x01Sojourn of demo"))
}

/// Furnishes a database with the demo hospital, unless it is; a database with anything else in it is left alone.
pub async fn furnish(db: &Db, hasher: &Hasher, now: DateTime<Utc>) -> Result<Furnished, FurnishError> {
    let demo = tenant_id();
    let mut tenants = tenants::list(db).await?;
    if let Some(real) = tenants.iter().find(|tenant| tenant.id != demo) {
        return Err(FurnishError::RealData(real.name.clone()));
    }
    if let Some(tenant) = tenants.pop() {
        return Ok(Furnished { tenant, fresh: false });
    }
    // One hash for all: it would else take seconds.
    let hash = passphrase(hasher).await?;
    let mut tx = db.begin().await?;
    let tenant = tenants::add(&mut tx, demo, new_tenant(), now).await?;
    let [main, east] = BRANCHES;
    let main = branches::add(&mut tx, &tenant.id, main.0, main.1).await?;
    let east = branches::add(&mut tx, &tenant.id, east.0, east.1).await?;
    let mut departments = add_departments(&mut tx, &tenant.id, &main, MAIN_DEPARTMENTS).await?;
    departments.extend(add_departments(&mut tx, &tenant.id, &east, EAST_DEPARTMENTS).await?);
    add_rooms(&mut tx, &tenant.id, &main, &departments, MAIN_ROOMS).await?;
    add_rooms(&mut tx, &tenant.id, &east, &departments, EAST_ROOMS).await?;
    for person in PEOPLE {
        add_person(&mut tx, &tenant.id, &main, &departments, person, &hash).await?;
    }
    for (prefix, offered) in offers() {
        let department_id = department_of(&departments, prefix).map(|department| department.id.clone());
        tariff::add(&mut tx, &tenant.id, NewTariffEntry { department_id, ..offered }).await?;
    }
    for (index, (name, sex, birth_date)) in PATIENTS.iter().enumerate() {
        let new = NewPatient {
            mrn: None,
            name: (*name).to_owned(),
            sex: Some(*sex),
            birth_date: birth_date.parse::<NaiveDate>().ok(),
            birth_date_estimated: false,
            phone: phone(index),
            email: None,
        };
        patients::register_within(&mut tx, &tenant, new, now).await?;
    }
    commit(tx).await?;
    Ok(Furnished { tenant, fresh: true })
}

/// What the passphrase of everybody in the demo hashes to.
pub async fn passphrase(hasher: &Hasher) -> Result<PassphraseHash, HashError> {
    hasher.hash_any(PASSPHRASE.to_owned()).await
}

/// The demo hospital as it is founded.
pub fn new_tenant() -> NewTenant {
    NewTenant {
        name: "Amber Lake Hospital".to_owned(),
        currency: "INR".to_owned(),
        time_zone: TimeZone(chrono_tz::Asia::Kolkata),
    }
}

/// What the demo hospital offers, each with the token prefix of the department that does, when one does.
pub fn offers() -> impl Iterator<Item = (Option<&'static str>, NewTariffEntry)> {
    let consultations = CONSULTATIONS.iter().map(|consultation| (consultation.3, consultation.entry()));
    consultations.chain(demo_tariff::tests().map(|test| (None, test)))
}

/// A number nobody has, for Indian mobile numbers do not begin with 5; some patients have none.
pub fn phone(index: usize) -> Option<String> {
    (index % 11 != 10).then(|| format!("+91 5{:04} {:05}", 1040 + index * 83 % 8000, 20_117 + index * 7_919 % 79_000))
}

fn department_of<'a>(departments: &'a [Department], prefix: Option<&str>) -> Option<&'a Department> {
    departments.iter().find(|department| Some(department.token_prefix.as_str()) == prefix)
}

async fn add_departments(
    tx: &mut Tx,
    tenant: &TenantId,
    branch: &Branch,
    departments: &[(&str, &str, i64)],
) -> Result<Vec<Department>, WriteError> {
    let mut added = Vec::new();
    for (name, token_prefix, target_minutes) in departments {
        let new = NewDepartment {
            branch_id: branch.id.clone(),
            name: (*name).to_owned(),
            token_prefix: (*token_prefix).to_owned(),
            target_minutes: *target_minutes,
        };
        added.push(departments::add(tx, tenant, new).await?);
    }
    Ok(added)
}

async fn add_rooms(
    tx: &mut Tx,
    tenant: &TenantId,
    branch: &Branch,
    departments: &[Department],
    rooms: &[(&str, RoomKind, Option<&str>)],
) -> Result<(), WriteError> {
    for (name, kind, prefix) in rooms {
        let new = NewRoom {
            branch_id: branch.id.clone(),
            department_id: department_of(departments, *prefix).map(|department| department.id.clone()),
            name: (*name).to_owned(),
            kind: *kind,
        };
        rooms::add(tx, tenant, new).await?;
    }
    Ok(())
}

/// Adds somebody, and the room that is theirs.
async fn add_person(
    tx: &mut Tx,
    tenant: &TenantId,
    main: &Branch,
    departments: &[Department],
    person: &DemoPerson,
    hash: &PassphraseHash,
) -> Result<(), WriteError> {
    let department = department_of(departments, person.place.map(|(prefix, _)| prefix));
    let branch_id = department.map_or(&main.id, |department| &department.branch_id).clone();
    let room_id: Option<RoomId> = match person.place {
        Some((_, room)) => {
            let new = NewRoom {
                branch_id: branch_id.clone(),
                department_id: department.map(|department| department.id.clone()),
                name: room.to_owned(),
                kind: RoomKind::Consultation,
            };
            Some(rooms::add(tx, tenant, new).await?.id)
        }
        None => None,
    };
    let sign_in_name: SignInName =
        new_sign_in_name(person.sign_in_name).map_err(|problem: Problem| WriteError::Invalid(vec![problem]))?;
    let new = NewPerson {
        sign_in_name: Some(sign_in_name),
        branch_id: Some(branch_id),
        department_id: department.map(|department| department.id.clone()),
        room_id,
        passphrase_hash: Some(hash.clone()),
        ..NewPerson::named(person.name, [person.role])
    };
    let added = people::add(tx, tenant, new).await?;
    if person.role == Role::Doctor {
        for weekday in 1..=7 {
            let (begins, ends) = (Minute::parse("08:00"), Minute::parse("20:00"));
            let hours = NewClinic { doctor_id: added.id.clone(), weekday, begins, ends, slot_minutes: 20 };
            clinics::open(tx, tenant, hours).await?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_has_whom_it_promises() {
        let doctors = PEOPLE.iter().filter(|person| person.role == Role::Doctor).count();
        assert_eq!(doctors, 8);
        let shown: Vec<&str> = PEOPLE[..SHOWN].iter().map(|person| person.sign_in_name).collect();
        assert_eq!(
            shown,
            ["reception", "nurse", "doctor", "doctor2", "billing", "lab", "pathologist", "manager", "auditor", "admin"]
        );
        assert!(PATIENTS.len() >= 60);
    }
}
