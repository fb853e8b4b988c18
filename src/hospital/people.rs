//! People: who works in the hospital, and the programs that act in it.

use std::collections::BTreeMap;
use std::ops::Deref;

use serde::Serialize;

use super::passphrase::PassphraseHash;
use super::reader::is_held_in_branch;
use super::sign_in_names::SignInName;
use super::{WriteError, branches, departments, finds, line, or_taken, rooms, sessions};
use crate::db::{Db, Source, Tx, new_id};
use crate::from;
use crate::journey::decide::Actor;
use crate::journey::ids::{BranchId, DepartmentId, Id, PersonId, RoomId, TenantId};
use crate::journey::words::{ActorType, Role, Word};
use crate::on;

/// The roles a person holds, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Roles(Vec<Role>);

impl FromIterator<Role> for Roles {
    fn from_iter<I: IntoIterator<Item = Role>>(roles: I) -> Self {
        let mut roles: Vec<Role> = roles.into_iter().collect();
        roles.sort_unstable();
        roles.dedup();
        Self(roles)
    }
}

impl Deref for Roles {
    type Target = [Role];
    fn deref(&self) -> &[Role] {
        &self.0
    }
}

impl TryFrom<String> for Roles {
    type Error = String;
    fn try_from(words: String) -> Result<Self, String> {
        words
            .split(',')
            .filter(|word| !word.is_empty())
            .map(|word| Role::from_word(word).ok_or_else(|| format!("{word:?} is no role")))
            .collect()
    }
}

/// Someone who works in the hospital, or a program that acts in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, sqlx::FromRow, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Person {
    /// Their id.
    pub id: PersonId,
    /// What they sign in with; none for who never does.
    #[serde(skip)]
    pub sign_in_name: Option<SignInName>,
    /// What others call them.
    pub name: String,
    /// Whether a human, an AI or the system.
    pub actor_type: ActorType,
    /// Where they work, when in one house.
    pub branch_id: Option<BranchId>,
    /// The department they belong to.
    pub department_id: Option<DepartmentId>,
    /// Their room or counter.
    pub room_id: Option<RoomId>,
    /// Whether they still work here.
    pub active: bool,
    /// What they may do.
    #[sqlx(try_from = "String")]
    #[schema(value_type = Vec<Role>)]
    pub roles: Roles,
}

impl Person {
    /// The person as the journey knows them.
    pub fn actor(&self) -> Actor {
        Actor { id: self.id.clone(), kind: self.actor_type, roles: self.roles.to_vec(), on_behalf_of: None }
    }

    /// The same, acting for a human: what both may do and see, and no more.
    pub fn acting_for(self, human: &Person) -> Self {
        // Of two branches neither may look into the other's: what is left is what no branch holds in.
        let apart = self.branch_id.as_ref().zip(human.branch_id.as_ref()).is_some_and(|(own, other)| own != other);
        let of_both = |role: &Role| human.roles.contains(role) && !(apart && is_held_in_branch(*role));
        let roles = self.roles.iter().copied().filter(of_both).collect();
        Self { roles, branch_id: self.branch_id.or_else(|| human.branch_id.clone()), ..self }
    }

    /// Whether they hold any of some roles.
    pub fn holds_any(&self, roles: &[Role]) -> bool {
        self.roles.iter().any(|role| roles.contains(role))
    }
}

/// A person, the tenant they belong to, and what their passphrase must hash to.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Credentials {
    /// Their tenant.
    pub tenant_id: TenantId,
    /// Who they are.
    #[sqlx(flatten)]
    pub person: Person,
    /// What their passphrase must hash to; none for who cannot sign in.
    pub passphrase_hash: Option<PassphraseHash>,
}

/// What is needed to add a person.
#[derive(Clone, Debug)]
pub struct NewPerson {
    /// What they sign in with.
    pub sign_in_name: Option<SignInName>,
    /// What others call them.
    pub name: String,
    /// Whether a human, an AI or the system.
    pub actor_type: ActorType,
    /// Where they work, when in one house.
    pub branch_id: Option<BranchId>,
    /// The department they belong to.
    pub department_id: Option<DepartmentId>,
    /// Their room or counter.
    pub room_id: Option<RoomId>,
    /// What their passphrase must hash to; none for who cannot sign in.
    pub passphrase_hash: Option<PassphraseHash>,
    /// What they may do.
    pub roles: Roles,
}

impl NewPerson {
    /// A human with some roles, and nothing else known.
    pub fn named(name: impl Into<String>, roles: impl IntoIterator<Item = Role>) -> Self {
        Self {
            sign_in_name: None,
            name: name.into(),
            actor_type: ActorType::Human,
            branch_id: None,
            department_id: None,
            room_id: None,
            passphrase_hash: None,
            roles: roles.into_iter().collect(),
        }
    }
}

/// The text of a query for people: what is wanted besides, and which.
macro_rules! select_people {
    ($($besides:literal,)? where $condition:literal) => {
        concat!(
            "SELECT p.id, p.sign_in_name, p.name, p.actor_type, p.branch_id, p.department_id, p.room_id, p.active,",
            $($besides, ",",)?
            " COALESCE((SELECT string_agg(r.role, ',') FROM person_roles r WHERE r.tenant_id = p.tenant_id AND r.person_id = p.id), '') AS roles",
            " FROM people p WHERE ",
            $condition
        )
    };
}

/// A tenant's people, by name, those who left too.
pub async fn list(db: &Db, tenant: &TenantId) -> sqlx::Result<Vec<Person>> {
    const SQL: &str = select_people!(where "p.tenant_id = $1 ORDER BY p.name, p.id");
    on!(&db.read, pool => sqlx::query_as(SQL).bind(tenant).fetch_all(pool).await)
}

/// Who of a tenant's people holds a role now, by name.
pub async fn of_role(db: &Db, tenant: &TenantId, role: Role) -> sqlx::Result<Vec<Person>> {
    const SQL: &str = select_people!(where "p.tenant_id = $1 AND p.active AND EXISTS (SELECT 1 FROM person_roles h WHERE h.tenant_id = $1 AND h.role = $2 AND h.person_id = p.id) ORDER BY p.name, p.id");
    on!(&db.read, pool => sqlx::query_as(SQL).bind(tenant).bind(role).fetch_all(pool).await)
}

/// One person.
pub async fn by_id(source: impl Into<Source<'_>>, tenant: &TenantId, id: &PersonId) -> sqlx::Result<Option<Person>> {
    const SQL: &str = select_people!(where "p.tenant_id = $1 AND p.id = $2");
    from!(source, executor => sqlx::query_as(SQL).bind(tenant).bind(id).fetch_optional(executor).await)
}

/// The system itself, as one who acts in a tenant's name.
pub async fn system(db: &Db, tenant: &TenantId) -> sqlx::Result<Option<Person>> {
    Ok(of_role(db, tenant, Role::System).await?.into_iter().find(|person| person.actor_type == ActorType::System))
}

/// What each of a tenant's people is called.
pub async fn names(db: &Db, tenant: &TenantId) -> sqlx::Result<BTreeMap<PersonId, String>> {
    const SQL: &str = "SELECT id, name FROM people WHERE tenant_id = $1";
    let rows: Vec<(PersonId, String)> = on!(&db.read, pool => sqlx::query_as(SQL).bind(tenant).fetch_all(pool).await)?;
    Ok(rows.into_iter().collect())
}

/// Who a sign-in name belongs to, in whichever tenant.
pub async fn credentials(db: &Db, name: &SignInName) -> sqlx::Result<Option<Credentials>> {
    const SQL: &str = select_people!("p.tenant_id, p.passphrase_hash", where "p.sign_in_name = $1");
    on!(&db.read, pool => sqlx::query_as(SQL).bind(name).fetch_optional(pool).await)
}

/// Whether the tenant has this person.
pub async fn exists(tx: &mut Tx, tenant: &TenantId, id: &PersonId) -> sqlx::Result<bool> {
    finds(tx, "SELECT CAST(1 AS BIGINT) FROM people WHERE tenant_id = $1 AND id = $2", tenant, id.as_str()).await
}

/// Adds a person.
pub async fn add(tx: &mut Tx, tenant: &TenantId, new: NewPerson) -> Result<Person, WriteError> {
    const SQL: &str = "INSERT INTO people (tenant_id, id, sign_in_name, name, actor_type, branch_id, department_id, room_id, passphrase_hash, active) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, TRUE)";
    let name = line("name", &new.name, 200).map_err(|problem| WriteError::Invalid(vec![problem]))?;
    let person = Person {
        id: new_id(),
        sign_in_name: new.sign_in_name,
        name,
        actor_type: new.actor_type,
        branch_id: new.branch_id,
        department_id: new.department_id,
        room_id: new.room_id,
        active: true,
        roles: new.roles,
    };
    place_exists(tx, tenant, &person).await?;
    let written = on!(tx, connection => {
        sqlx::query(SQL).bind(tenant).bind(&person.id).bind(&person.sign_in_name).bind(&person.name).bind(person.actor_type)
            .bind(&person.branch_id).bind(&person.department_id).bind(&person.room_id).bind(&new.passphrase_hash)
            .execute(&mut **connection).await.map(drop)
    });
    let sign_in_name = person.sign_in_name.as_ref().map_or("", SignInName::as_str);
    or_taken(written, ("people", "sign_in_name"), "signInName", sign_in_name)?;
    write_roles(tx, tenant, &person.id, &person.roles).await?;
    Ok(person)
}

/// Gives a person these roles instead of those they had; it counts from their next request on.
pub async fn set_roles(tx: &mut Tx, tenant: &TenantId, id: &PersonId, roles: &Roles) -> Result<(), WriteError> {
    const SQL: &str = "DELETE FROM person_roles WHERE tenant_id = $1 AND person_id = $2";
    known(tx, tenant, id).await?;
    on!(&mut *tx, connection => sqlx::query(SQL).bind(tenant).bind(id).execute(&mut **connection).await.map(drop))?;
    Ok(write_roles(tx, tenant, id, roles).await?)
}

/// Lets a person in, or shuts them out and ends their sessions.
pub async fn set_active(tx: &mut Tx, tenant: &TenantId, id: &PersonId, active: bool) -> Result<(), WriteError> {
    const SQL: &str = "UPDATE people SET active = $3 WHERE tenant_id = $1 AND id = $2";
    known(tx, tenant, id).await?;
    on!(&mut *tx, connection => {
        sqlx::query(SQL).bind(tenant).bind(id).bind(active).execute(&mut **connection).await.map(drop)
    })?;
    if !active {
        sessions::end_all_of(tx, tenant, id).await?;
    }
    Ok(())
}

/// What of a person may be told anew: all of it at once.
#[derive(Clone, Debug, Default)]
pub struct PersonDetails {
    /// What others call them.
    pub name: String,
    /// Where they work, when in one house.
    pub branch_id: Option<BranchId>,
    /// The department they belong to.
    pub department_id: Option<DepartmentId>,
    /// Their room or counter.
    pub room_id: Option<RoomId>,
}

/// Tells a person's details anew, and gives the person as they were and as they are.
pub async fn change(
    tx: &mut Tx,
    tenant: &TenantId,
    id: &PersonId,
    details: PersonDetails,
) -> Result<(Person, Person), WriteError> {
    const SQL: &str = "UPDATE people SET name = $3, branch_id = $4, department_id = $5, room_id = $6 WHERE tenant_id = $1 AND id = $2";
    let before = by_id(&mut *tx, tenant, id).await?.ok_or(WriteError::UnknownReference("personId"))?;
    let PersonDetails { name, branch_id, department_id, room_id } = details;
    let name = line("name", &name, 200).map_err(|problem| WriteError::Invalid(vec![problem]))?;
    let after = Person { name, branch_id, department_id, room_id, ..before.clone() };
    place_exists(tx, tenant, &after).await?;
    on!(tx, connection => {
        sqlx::query(SQL).bind(tenant).bind(id).bind(&after.name).bind(&after.branch_id).bind(&after.department_id)
            .bind(&after.room_id).execute(&mut **connection).await.map(drop)
    })?;
    Ok((before, after))
}

/// Refuses a person who would work where there is nothing.
async fn place_exists(tx: &mut Tx, tenant: &TenantId, person: &Person) -> Result<(), WriteError> {
    if let Some(branch) = &person.branch_id
        && !branches::exists(tx, tenant, branch).await?
    {
        return Err(WriteError::UnknownReference("branchId"));
    }
    if let Some(department) = &person.department_id
        && !departments::exists(tx, tenant, department).await?
    {
        return Err(WriteError::UnknownReference("departmentId"));
    }
    if let Some(room) = &person.room_id
        && !rooms::exists(tx, tenant, room).await?
    {
        return Err(WriteError::UnknownReference("roomId"));
    }
    Ok(())
}

/// Sets what a person's passphrase must hash to, and ends their sessions.
pub async fn set_passphrase(
    tx: &mut Tx,
    tenant: &TenantId,
    id: &PersonId,
    hash: &PassphraseHash,
) -> Result<(), WriteError> {
    const SQL: &str = "UPDATE people SET passphrase_hash = $3 WHERE tenant_id = $1 AND id = $2";
    known(tx, tenant, id).await?;
    on!(&mut *tx, connection => {
        sqlx::query(SQL).bind(tenant).bind(id).bind(hash).execute(&mut **connection).await.map(drop)
    })?;
    sessions::end_all_of(tx, tenant, id).await?;
    Ok(())
}

async fn known(tx: &mut Tx, tenant: &TenantId, id: &PersonId) -> Result<(), WriteError> {
    if exists(tx, tenant, id).await? { Ok(()) } else { Err(WriteError::UnknownReference("personId")) }
}

async fn write_roles(tx: &mut Tx, tenant: &TenantId, id: &PersonId, roles: &[Role]) -> sqlx::Result<()> {
    const SQL: &str = "INSERT INTO person_roles (tenant_id, person_id, role) VALUES ($1, $2, $3)";
    for role in roles {
        on!(&mut *tx, connection => {
            sqlx::query(SQL).bind(tenant).bind(id).bind(role).execute(&mut **connection).await.map(drop)
        })?;
    }
    Ok(())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Somebody who works in the hospital.
    pub(in crate::hospital) fn person(roles: &[Role], branch: Option<&BranchId>) -> Person {
        Person {
            id: new_id(),
            sign_in_name: None,
            name: "Asha".to_owned(),
            actor_type: ActorType::Human,
            branch_id: branch.cloned(),
            department_id: None,
            room_id: None,
            active: true,
            roles: roles.iter().copied().collect(),
        }
    }

    #[test]
    fn who_acts_for_another_may_no_more_than_both() {
        let (here, there): (BranchId, BranchId) = (new_id(), new_id());
        let roles = [Role::Doctor, Role::LabTechnician, Role::Manager];
        let acting = |own: Option<&BranchId>, theirs: Option<&BranchId>| {
            let acting = person(&roles, own).acting_for(&person(&roles[..2], theirs));
            (acting.branch_id, acting.roles.to_vec())
        };
        let both = roles[..2].to_vec();
        assert_eq!(acting(Some(&here), Some(&here)), (Some(here.clone()), both.clone()));
        assert_eq!(acting(None, Some(&there)), (Some(there.clone()), both.clone()));
        assert_eq!(acting(Some(&here), None), (Some(here.clone()), both));
        assert_eq!(acting(Some(&here), Some(&there)), (Some(here.clone()), vec![Role::LabTechnician]));
    }

    #[test]
    fn roles_are_read_from_their_words() {
        let roles = Roles::try_from("NURSE,DOCTOR,NURSE".to_owned());
        assert_eq!(roles.as_deref(), Ok(&[Role::Nurse, Role::Doctor][..]));
        assert_eq!(Roles::try_from(String::new()), Ok(Roles::default()));
        assert!(Roles::try_from("SURGEON".to_owned()).is_err());
    }
}
