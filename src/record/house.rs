//! What becomes of the house: its people, branches, departments, rooms, tariff, rules and tokens, each change with its event; and
//! its registry, where each version stays beside the one before.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::Recorder;
use crate::db::{Tx, commit};
use crate::hospital::departments::{self, Department, NewDepartment};
use crate::hospital::event_types::{self, EventType, NewEventType};
use crate::hospital::passphrase::PassphraseHash;
use crate::hospital::people::{self, Person, PersonDetails};
use crate::hospital::rooms::{self, NewRoom, Room, RoomKind};
use crate::hospital::sign_in_names::{self, SignInName};
use crate::hospital::tariff::{self, Analyte, NewTariffEntry, TariffDetails, TariffEntry};
use crate::hospital::tenants::{self, Tenant};
use crate::hospital::tokens::{self, Secret, Token};
use crate::hospital::{WriteError, branches, sessions};
use crate::journey::decide::Actor;
use crate::journey::ids::*;
use crate::journey::policy::Policy;
use crate::log;

impl Recorder {
    /// Tells a person's details anew.
    pub async fn change_person(
        &self,
        tenant: &Tenant,
        actor: &Actor,
        id: &PersonId,
        details: PersonDetails,
    ) -> Result<(), WriteError> {
        let mut tx = self.begin(tenant).await?;
        let (before, after) = people::change(&mut tx, &tenant.id, id, details).await?;
        self.changed(&mut tx, tenant, actor, id.as_str(), "person.changed", &before, &after).await?;
        Ok(commit(tx).await?)
    }

    /// Lets a person in, or shuts them out and ends their sessions.
    pub async fn set_person_active(
        &self,
        tenant: &Tenant,
        actor: &Actor,
        id: &PersonId,
        active: bool,
    ) -> Result<(), WriteError> {
        let mut tx = self.begin(tenant).await?;
        let before = people::by_id(&mut tx, &tenant.id, id).await?.ok_or(WriteError::UnknownReference("personId"))?;
        people::set_active(&mut tx, &tenant.id, id, active).await?;
        let after = Person { active, ..before.clone() };
        self.changed(&mut tx, tenant, actor, id.as_str(), "person.changed", &before, &after).await?;
        Ok(commit(tx).await?)
    }

    /// Gives a person who never signed in a sign-in name, and what their passphrase must hash to.
    pub async fn give_sign_in(
        &self,
        tenant: &Tenant,
        actor: &Actor,
        id: &PersonId,
        name: &SignInName,
        hash: &PassphraseHash,
    ) -> Result<(), WriteError> {
        let mut tx = self.begin(tenant).await?;
        sign_in_names::give(&mut tx, &tenant.id, id, name, hash).await?;
        let metadata = json!({ "before": { "signInName": null }, "after": { "signInName": name } });
        self.note(&mut tx, tenant, actor, id.as_str(), "person.sign_in_given", metadata).await?;
        Ok(commit(tx).await?)
    }

    /// Sets what a person's passphrase must hash to, and ends their sessions.
    pub async fn reset_passphrase(
        &self,
        tenant: &Tenant,
        actor: &Actor,
        id: &PersonId,
        hash: &PassphraseHash,
    ) -> Result<(), WriteError> {
        let mut tx = self.begin(tenant).await?;
        people::set_passphrase(&mut tx, &tenant.id, id, hash).await?;
        self.note(&mut tx, tenant, actor, id.as_str(), "person.passphrase_reset", json!({})).await?;
        Ok(commit(tx).await?)
    }

    /// Signs a person out everywhere.
    pub async fn end_sessions(&self, tenant: &Tenant, actor: &Actor, id: &PersonId) -> Result<(), WriteError> {
        let mut tx = self.begin(tenant).await?;
        let sessions = sessions::end_all_of(&mut tx, &tenant.id, id).await?;
        if sessions > 0 {
            let metadata = json!({ "sessions": sessions });
            self.note(&mut tx, tenant, actor, id.as_str(), "person.sessions_ended", metadata).await?;
        }
        Ok(commit(tx).await?)
    }

    /// Calls a branch otherwise.
    pub async fn change_branch(
        &self,
        tenant: &Tenant,
        actor: &Actor,
        id: &BranchId,
        name: &str,
        code: &str,
    ) -> Result<(), WriteError> {
        let mut tx = self.begin(tenant).await?;
        let (before, after) = branches::change(&mut tx, &tenant.id, id, name, code).await?;
        self.changed(&mut tx, tenant, actor, id.as_str(), "branch.changed", &before, &after).await?;
        Ok(commit(tx).await?)
    }

    /// Adds a department.
    pub async fn add_department(
        &self,
        tenant: &Tenant,
        actor: &Actor,
        new: NewDepartment,
    ) -> Result<Department, WriteError> {
        let mut tx = self.begin(tenant).await?;
        let added = departments::add(&mut tx, &tenant.id, new).await?;
        self.note(&mut tx, tenant, actor, added.id.as_str(), "department.added", without_id(&added)).await?;
        commit(tx).await?;
        Ok(added)
    }

    /// Changes a department where it is: its name, its tokens, its target.
    pub async fn change_department(
        &self,
        tenant: &Tenant,
        actor: &Actor,
        id: &DepartmentId,
        name: &str,
        token_prefix: &str,
        target_minutes: i64,
    ) -> Result<(), WriteError> {
        let mut tx = self.begin(tenant).await?;
        let (before, after) = departments::change(&mut tx, &tenant.id, id, name, token_prefix, target_minutes).await?;
        self.changed(&mut tx, tenant, actor, id.as_str(), "department.changed", &before, &after).await?;
        Ok(commit(tx).await?)
    }

    /// Opens a department again, or closes it: then it is offered no more.
    pub async fn set_department_open(
        &self,
        tenant: &Tenant,
        actor: &Actor,
        id: &DepartmentId,
        open: bool,
    ) -> Result<(), WriteError> {
        let mut tx = self.begin(tenant).await?;
        let since = (!open).then(|| self.clock.now());
        let (before, after) = departments::set_closed(&mut tx, &tenant.id, id, since).await?;
        self.changed(&mut tx, tenant, actor, id.as_str(), "department.changed", &before, &after).await?;
        Ok(commit(tx).await?)
    }

    /// Adds a room.
    pub async fn add_room(&self, tenant: &Tenant, actor: &Actor, new: NewRoom) -> Result<Room, WriteError> {
        let mut tx = self.begin(tenant).await?;
        let added = rooms::add(&mut tx, &tenant.id, new).await?;
        self.note(&mut tx, tenant, actor, added.id.as_str(), "room.added", without_id(&added)).await?;
        commit(tx).await?;
        Ok(added)
    }

    /// Changes a room where it is.
    pub async fn change_room(
        &self,
        tenant: &Tenant,
        actor: &Actor,
        id: &RoomId,
        name: &str,
        department: Option<DepartmentId>,
        kind: RoomKind,
    ) -> Result<(), WriteError> {
        let mut tx = self.begin(tenant).await?;
        let (before, after) = rooms::change(&mut tx, &tenant.id, id, name, department, kind).await?;
        self.changed(&mut tx, tenant, actor, id.as_str(), "room.changed", &before, &after).await?;
        Ok(commit(tx).await?)
    }

    /// Opens a room again, or closes it: then it is offered no more.
    pub async fn set_room_open(
        &self,
        tenant: &Tenant,
        actor: &Actor,
        id: &RoomId,
        open: bool,
    ) -> Result<(), WriteError> {
        let mut tx = self.begin(tenant).await?;
        let since = (!open).then(|| self.clock.now());
        let (before, after) = rooms::set_closed(&mut tx, &tenant.id, id, since).await?;
        self.changed(&mut tx, tenant, actor, id.as_str(), "room.changed", &before, &after).await?;
        Ok(commit(tx).await?)
    }

    /// Adds something to the tariff.
    pub async fn add_to_tariff(
        &self,
        tenant: &Tenant,
        actor: &Actor,
        new: NewTariffEntry,
    ) -> Result<TariffEntry, WriteError> {
        let mut tx = self.begin(tenant).await?;
        let added = tariff::add(&mut tx, &tenant.id, new).await?;
        let metadata = json!({ "code": added.code, "name": added.name, "kind": added.kind, "price": added.price });
        self.note(&mut tx, tenant, actor, added.id.as_str(), "tariff.added", metadata).await?;
        commit(tx).await?;
        Ok(added)
    }

    /// Tells the details of something in the tariff anew; bills made before keep what they were made with.
    pub async fn change_in_tariff(
        &self,
        tenant: &Tenant,
        actor: &Actor,
        id: &TariffId,
        details: TariffDetails,
    ) -> Result<(), WriteError> {
        let mut tx = self.begin(tenant).await?;
        let (before, after) = tariff::change(&mut tx, &tenant.id, id, details).await?;
        self.changed(&mut tx, tenant, actor, id.as_str(), "tariff.changed", &before, &after).await?;
        Ok(commit(tx).await?)
    }

    /// Changes what a test measures, and within which ranges; results that were entered keep theirs.
    pub async fn change_analytes(
        &self,
        tenant: &Tenant,
        actor: &Actor,
        id: &TariffId,
        analytes: Vec<Analyte>,
    ) -> Result<(), WriteError> {
        let mut tx = self.begin(tenant).await?;
        let before = tariff::by_id(&mut tx, &tenant.id, id).await?.ok_or(WriteError::UnknownReference("tariffId"))?;
        tariff::set_analytes(&mut tx, &tenant.id, id, &analytes).await?;
        let after = TariffEntry { analytes, ..before.clone() };
        self.changed(&mut tx, tenant, actor, id.as_str(), "tariff.analytes_changed", &before, &after).await?;
        Ok(commit(tx).await?)
    }

    /// Offers something of the tariff again, or no more.
    pub async fn offer(&self, tenant: &Tenant, actor: &Actor, id: &TariffId, active: bool) -> Result<(), WriteError> {
        let mut tx = self.begin(tenant).await?;
        let before = tariff::by_id(&mut tx, &tenant.id, id).await?.ok_or(WriteError::UnknownReference("tariffId"))?;
        tariff::set_active(&mut tx, &tenant.id, id, active).await?;
        let after = TariffEntry { active, ..before.clone() };
        self.changed(&mut tx, tenant, actor, id.as_str(), "tariff.offered", &before, &after).await?;
        Ok(commit(tx).await?)
    }

    /// Sets the hospital's own rules for visits.
    pub async fn change_policy(&self, tenant: &Tenant, actor: &Actor, policy: Policy) -> Result<(), WriteError> {
        let mut tx = self.begin(tenant).await?;
        let before = tenants::by_id(&mut tx, &tenant.id).await?.ok_or(WriteError::UnknownReference("tenantId"))?;
        tenants::set_policy(&mut tx, &tenant.id, &policy).await?;
        let id = tenant.id.as_str();
        self.changed(&mut tx, tenant, actor, id, "tenant.policy_changed", &before.policy, &policy).await?;
        Ok(commit(tx).await?)
    }

    /// Makes a token that acts for a person; its secret is told once.
    pub async fn create_token(
        &self,
        tenant: &Tenant,
        actor: &Actor,
        person: &PersonId,
        label: &str,
        expires_at: Option<DateTime<Utc>>,
    ) -> Result<(Secret, Token), WriteError> {
        let mut tx = self.begin(tenant).await?;
        let (secret, token) = tokens::create(&mut tx, &tenant.id, person, label, self.clock.now(), expires_at).await?;
        let metadata = json!({ "personId": person, "label": token.label, "expiresAt": token.expires_at });
        self.note(&mut tx, tenant, actor, token.id.as_str(), "token.created", metadata).await?;
        commit(tx).await?;
        Ok((secret, token))
    }

    /// Withdraws a token.
    pub async fn revoke_token(&self, tenant: &Tenant, actor: &Actor, token: &Token) -> Result<(), WriteError> {
        let mut tx = self.begin(tenant).await?;
        tokens::revoke(&mut tx, &tenant.id, &token.id, self.clock.now()).await?;
        let metadata = json!({ "personId": token.person_id, "label": token.label });
        self.note(&mut tx, tenant, actor, token.id.as_str(), "token.revoked", metadata).await?;
        Ok(commit(tx).await?)
    }

    /// Adds a type of event to the registry, or the next version of one: of two at once, one is the version after the other.
    pub async fn add_event_type(
        &self,
        tenant: &Tenant,
        by: &PersonId,
        new: NewEventType,
    ) -> Result<EventType, WriteError> {
        let mut tx = self.begin(tenant).await?;
        let added = event_types::add(&mut tx, &tenant.id, by, new, self.clock.now()).await?;
        commit(tx).await?;
        Ok(added)
    }

    /// Begins a transaction that others wait for: what is read in it stays as it is until it is changed.
    pub(super) async fn begin(&self, tenant: &Tenant) -> sqlx::Result<Tx> {
        let mut tx = self.db.of(&tenant.id).begin().await?;
        log::lock_head(&mut tx, &tenant.id).await?;
        Ok(tx)
    }

    /// Notes the fields that changed, as they were and as they are; nothing when none did.
    #[allow(clippy::too_many_arguments, reason = "what, to what, by whom, from what to what")]
    pub(super) async fn changed<T: Serialize>(
        &self,
        tx: &mut Tx,
        tenant: &Tenant,
        actor: &Actor,
        aggregate_id: &str,
        event_type: &'static str,
        before: &T,
        after: &T,
    ) -> sqlx::Result<()> {
        let (old, new) = (fields(before), fields(after));
        let differ = |this: &Map<String, Value>, other: &Map<String, Value>| {
            let fields = this.iter().filter(|(name, value)| other.get(*name) != Some(value));
            fields.map(|(name, value)| (name.clone(), value.clone())).collect::<Map<_, _>>()
        };
        let (before, after) = (differ(&old, &new), differ(&new, &old));
        if !after.is_empty() {
            let metadata = json!({ "before": before, "after": after });
            self.note(tx, tenant, actor, aggregate_id, event_type, metadata).await?;
        }
        Ok(())
    }
}

fn fields<T: Serialize>(thing: &T) -> Map<String, Value> {
    match json!(thing) {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

/// What is known of a thing; its id stands beside it.
fn without_id<T: Serialize>(thing: &T) -> Value {
    let mut fields = fields(thing);
    fields.remove("id");
    Value::Object(fields)
}
