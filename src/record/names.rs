//! What an event names: whether it is there, and what people call it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{Failure, Wish};
use crate::db::Tx;
use crate::hospital::references;
use crate::hospital::tenants::Tenant;
use crate::journey::ids::*;
use crate::journey::money::Money;
use crate::journey::refusal::Refusal;
use crate::journey::schema::Shape;
use crate::journey::story::Names;

/// What the things of one step are called, looked up before it is told.
pub(super) struct StepNames<'a> {
    tenant: &'a Tenant,
    names: BTreeMap<String, String>,
}

/// Finds the name of everything a wish names; what does not exist in this hospital refuses it.
pub(super) async fn names<'a>(
    tx: &mut Tx,
    tenant: &'a Tenant,
    wish: &Wish,
    actor: &PersonId,
    doctor: Option<PersonId>,
) -> Result<StepNames<'a>, Failure> {
    let mut found = StepNames { tenant, names: BTreeMap::new() };
    for field in wish.event_type.row().fields {
        let Shape::Id(thing) = field.shape else { continue };
        let Some(id) = wish.metadata.get(field.name).and_then(Value::as_str) else { continue };
        match references::name(tx, &tenant.id, thing, id).await? {
            Some(name) => found.names.insert(id.to_owned(), name),
            None => return Err(Refusal::UnknownReference { field: field.name.into(), thing: thing.into() }.into()),
        };
    }
    if let Some(branch) = &wish.branch_id
        && references::name(tx, &tenant.id, "branch", branch.as_str()).await?.is_none()
    {
        return Err(Refusal::UnknownReference { field: "branchId".into(), thing: "branch".into() }.into());
    }
    for person in [Some(actor), doctor.as_ref()].into_iter().flatten() {
        if !found.names.contains_key(person.as_str())
            && let Some(name) = references::name(tx, &tenant.id, "person", person.as_str()).await?
        {
            found.names.insert(person.to_string(), name);
        }
    }
    Ok(found)
}

impl StepNames<'_> {
    fn name(&self, id: &str, otherwise: &str) -> String {
        self.names.get(id).cloned().unwrap_or_else(|| otherwise.to_owned())
    }
}

impl Names for StepNames<'_> {
    fn person(&self, id: &PersonId) -> String {
        self.name(id.as_str(), "somebody")
    }

    fn room(&self, id: &RoomId) -> String {
        self.name(id.as_str(), "a room")
    }

    fn department(&self, id: &DepartmentId) -> String {
        self.name(id.as_str(), "a department")
    }

    fn time(&self, at: DateTime<Utc>) -> String {
        self.tenant.local(at).format("%-d %b %Y, %H:%M").to_string()
    }

    fn money(&self, amount: Money) -> String {
        self.tenant.money(amount)
    }
}
