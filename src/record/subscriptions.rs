//! Who is handed the hospital's events: each change of a subscription is written with its event.

use serde_json::json;

use super::Recorder;
use crate::db::commit;
use crate::hospital::tenants::Tenant;
use crate::journey::decide::Actor;
use crate::journey::ids::{Id, SubscriptionId};
use crate::log::subscriptions::{self, Subscription, SubscriptionState};

impl Recorder {
    /// Adds a subscription to what comes after a position, or from now on; none when its name is taken.
    ///
    /// The secret is not in the log, nor is more of the target than its host: what follows may be a secret too.
    pub async fn add_subscription(
        &self,
        tenant: &Tenant,
        actor: &Actor,
        new: Subscription,
        after: Option<i64>,
        secret: Option<&str>,
    ) -> sqlx::Result<Option<Subscription>> {
        let mut tx = self.begin(tenant).await?;
        let metadata = json!({
            "name": new.name, "kind": new.kind, "target": host(&new.target), "eventTypes": new.wanted.event_types,
            "aggregateTypes": new.wanted.aggregate_types, "tags": new.wanted.tags,
        });
        let noted = self.note(&mut tx, tenant, actor, new.id.as_str(), "subscription.added", metadata).await?;
        let added = Subscription { position: after.unwrap_or(noted.position), ..new };
        if !subscriptions::add(&mut tx, &tenant.id, &added, secret).await? {
            return Ok(None);
        }
        commit(tx).await?;
        Ok(Some(added))
    }

    /// Pauses or resumes a subscription; says whether there is one.
    pub async fn set_subscription_state(
        &self,
        tenant: &Tenant,
        actor: &Actor,
        id: &SubscriptionId,
        state: SubscriptionState,
    ) -> sqlx::Result<bool> {
        let mut tx = self.begin(tenant).await?;
        let Some(known) = subscriptions::by_id(&mut tx, &tenant.id, id).await? else { return Ok(false) };
        if known.state == state {
            return Ok(true);
        }
        subscriptions::set_state(&mut tx, &tenant.id, id, state).await?;
        let metadata = json!({ "before": { "state": known.state }, "after": { "state": state } });
        self.note(&mut tx, tenant, actor, id.as_str(), "subscription.changed", metadata).await?;
        commit(tx).await?;
        Ok(true)
    }

    /// Ends a subscription, with all that was kept for it; says whether there was one.
    pub async fn remove_subscription(&self, tenant: &Tenant, actor: &Actor, id: &SubscriptionId) -> sqlx::Result<bool> {
        let mut tx = self.begin(tenant).await?;
        let Some(known) = subscriptions::by_id(&mut tx, &tenant.id, id).await? else { return Ok(false) };
        subscriptions::remove(&mut tx, &tenant.id, id).await?;
        let metadata = json!({ "name": known.name });
        self.note(&mut tx, tenant, actor, id.as_str(), "subscription.removed", metadata).await?;
        commit(tx).await?;
        Ok(true)
    }
}

/// The beginning of an address, up to its host.
fn host(target: &str) -> &str {
    let begins = target.find("://").map_or(0, |at| at + 3);
    let ends = target[begins..].find(['/', '?', '#']).map_or(target.len(), |at| begins + at);
    &target[..ends]
}
