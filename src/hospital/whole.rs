//! A whole hospital written at once, with ids that are given: what is simulated, or brought from elsewhere, begins with one.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::WriteError;
use super::branches::Branch;
use super::departments::Department;
use super::passphrase::PassphraseHash;
use super::patient_search::{SPELLINGS, TERMS, name_key, phone_key, terms};
use super::patient_spelling::spellings;
use super::patients::Patient;
use super::people::Person;
use super::rooms::Room;
use super::tariff::TariffEntry;
use super::tenants::{self, NewTenant, Tenant};
use crate::db::Tx;
use crate::db::rows::{Rows, insert_rows};
use crate::journey::ids::TenantId;
use crate::journey::words::Word as _;
use crate::on;

/// How many rows travel in one statement.
const PORTION: usize = 2000;

const BRANCHES: Rows = insert_rows!("branches": text "id", text "name", text "code"; "");
const DEPARTMENTS: Rows = insert_rows!("departments":
    text "id", text "branch_id", text "name", text "token_prefix", number "target_minutes"; "");
const ROOMS: Rows =
    insert_rows!("rooms": text "id", text "branch_id", text "department_id", text "name", text "kind"; "");
const PEOPLE: Rows = insert_rows!("people":
    text "id", text "sign_in_name", text "name", text "actor_type", text "branch_id", text "department_id", text "room_id",
    truth "active"; "");
const ROLES: Rows = insert_rows!("person_roles": text "person_id", text "role"; "");
const TARIFF: Rows = insert_rows!("tariff":
    text "id", text "code", text "name", text "kind", number "price", text "department_id", text "specimen", json "analytes",
    json "panels", truth "active"; "");
const PATIENTS: Rows = insert_rows!("patients":
    text "id", text "mrn", text "name", text "sex", date "birth_date", text "phone", time "created_at", text "name_key",
    text "phone_key"; "");
const NUMBERS: Rows = insert_rows!("patient_numbers": number "last"; "");

/// A hospital with everybody and everything in it.
#[derive(Clone, Debug)]
pub struct Whole {
    /// Its branches.
    pub branches: Vec<Branch>,
    /// Their departments.
    pub departments: Vec<Department>,
    /// Their rooms.
    pub rooms: Vec<Room>,
    /// Who works there; the system itself is added to them.
    pub people: Vec<Person>,
    /// What the passphrase of everybody who has a sign-in name must hash to.
    pub passphrase: Option<PassphraseHash>,
    /// What it offers.
    pub tariff: Vec<TariffEntry>,
    /// Whom it knows; their record numbers are 1, 2, 3 …
    pub patients: Vec<Patient>,
}

impl Whole {
    /// Founds the hospital.
    pub async fn found(
        &self,
        tx: &mut Tx,
        id: TenantId,
        new: NewTenant,
        now: DateTime<Utc>,
    ) -> Result<Tenant, WriteError> {
        let tenant = tenants::add(tx, id, new, now).await?;
        let of = &tenant.id;
        let branches: Vec<_> = self.branches.iter().map(branch).collect();
        BRANCHES.write(tx, of, &branches).await?;
        let departments: Vec<_> = self.departments.iter().map(department).collect();
        DEPARTMENTS.write(tx, of, &departments).await?;
        ROOMS.write(tx, of, &self.rooms.iter().map(room).collect::<Vec<_>>()).await?;
        PEOPLE.write(tx, of, &self.people.iter().map(person).collect::<Vec<_>>()).await?;
        let roles = self.people.iter().flat_map(|person| {
            person.roles.iter().map(|role| json!({ "person_id": person.id, "role": role.word() })).collect::<Vec<_>>()
        });
        ROLES.write(tx, of, &roles.collect::<Vec<_>>()).await?;
        TARIFF.write(tx, of, &self.tariff.iter().map(entry).collect::<Vec<_>>()).await?;
        for patients in self.patients.chunks(PORTION) {
            PATIENTS.write(tx, of, &patients.iter().map(patient).collect::<Vec<_>>()).await?;
            let (mut found, mut spelled) = (Vec::new(), Vec::new());
            for patient in patients {
                let terms = terms(patient);
                let spellings: BTreeSet<String> = terms.iter().flat_map(|term| spellings(term)).collect();
                found.extend(terms.iter().map(|term| json!({ "patient_id": patient.id, "term": term })));
                spelled.extend(spellings.iter().map(|text| json!({ "patient_id": patient.id, "spelling": text })));
            }
            TERMS.write(tx, of, &found).await?;
            SPELLINGS.write(tx, of, &spelled).await?;
        }
        NUMBERS.write(tx, of, &[json!({ "last": self.patients.len() })]).await?;
        self.let_in(tx, of).await?;
        Ok(tenant)
    }

    async fn let_in(&self, tx: &mut Tx, tenant: &TenantId) -> sqlx::Result<()> {
        const SQL: &str = "UPDATE people SET passphrase_hash = $2 WHERE tenant_id = $1 AND sign_in_name IS NOT NULL";
        let Some(hash) = &self.passphrase else { return Ok(()) };
        on!(tx, connection => sqlx::query(SQL).bind(tenant).bind(hash).execute(&mut **connection).await.map(drop))
    }
}

fn branch(branch: &Branch) -> Value {
    json!({ "id": branch.id, "name": branch.name, "code": branch.code })
}

fn department(department: &Department) -> Value {
    json!({
        "id": department.id, "branch_id": department.branch_id, "name": department.name,
        "token_prefix": department.token_prefix, "target_minutes": department.target_minutes,
    })
}

fn room(room: &Room) -> Value {
    json!({
        "id": room.id, "branch_id": room.branch_id, "department_id": room.department_id, "name": room.name,
        "kind": room.kind.word(),
    })
}

fn person(person: &Person) -> Value {
    json!({
        "id": person.id, "sign_in_name": person.sign_in_name, "name": person.name, "actor_type": person.actor_type.word(),
        "branch_id": person.branch_id, "department_id": person.department_id, "room_id": person.room_id,
        "active": person.active,
    })
}

fn entry(entry: &TariffEntry) -> Value {
    json!({
        "id": entry.id, "code": entry.code, "name": entry.name, "kind": entry.kind.word(), "price": entry.price,
        "department_id": entry.department_id, "specimen": entry.specimen, "analytes": entry.analytes,
        "panels": entry.panels, "active": entry.active,
    })
}

fn patient(patient: &Patient) -> Value {
    json!({
        "id": patient.id, "mrn": patient.mrn, "name": patient.name, "sex": patient.sex.map(|sex| sex.word()),
        "birth_date": patient.birth_date, "phone": patient.phone, "created_at": patient.created_at,
        "name_key": name_key(&patient.name), "phone_key": patient.phone.as_deref().and_then(phone_key),
    })
}
