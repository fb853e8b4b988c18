//! Tenants and events for stories of the log.

use chrono::{TimeDelta, Utc};
use serde_json::json;
use sojourn::db::{Db, commit, new_id};
use sojourn::journey::ids::{Id, TenantId};
use sojourn::journey::words::ActorType;
use sojourn::log::{self, NewEvent, StoredEvent};
use sojourn::on;

/// A tenant without any event.
pub async fn tenant(db: &Db) -> TenantId {
    const NEW: &str = "INSERT INTO tenants (id, name, currency, time_zone, policy, created_at) \
        VALUES ($1, 'City Hospital', 'INR', 'Asia/Kolkata', $2, $3)";
    let tenant: TenantId = new_id();
    on!(&db.write, pool => sqlx::query(NEW).bind(&tenant).bind(json!({})).bind(Utc::now()).execute(pool).await.map(drop))
        .expect("the tenant is written");
    tenant
}

/// An event of which every optional column is filled.
pub fn happening(aggregate_id: &str, version: i64) -> NewEvent {
    NewEvent {
        id: new_id(),
        visit_id: Some(new_id()),
        aggregate_type: "visit".to_owned(),
        aggregate_id: aggregate_id.to_owned(),
        version,
        event_type: "QUEUE_CALLED".to_owned(),
        schema_version: 1,
        description: Some("Called twice; \"नमस्ते\" on the display".to_owned()),
        metadata: json!({ "station": "CONSULTATION", "token": version, "nested": { "b": [1, null, true], "a": "é" } }),
        tags: vec!["HEDIS".to_owned(), "STAR".to_owned()],
        actor_type: ActorType::Human,
        performed_by: new_id(),
        on_behalf_of: None,
        performed_at: Utc::now() - TimeDelta::minutes(5),
        branch_id: Some(new_id()),
        correlation_id: Some("call 7".to_owned()),
        causation_id: Some("token 7".to_owned()),
    }
}

/// An event of which every optional column is empty.
pub fn bare_happening(aggregate_id: &str, version: i64) -> NewEvent {
    NewEvent {
        visit_id: None,
        description: None,
        metadata: json!({}),
        tags: Vec::new(),
        branch_id: None,
        correlation_id: None,
        causation_id: None,
        ..happening(aggregate_id, version)
    }
}

/// Appends events in one transaction.
pub async fn append(db: &Db, tenant: &TenantId, events: impl IntoIterator<Item = NewEvent>) -> Vec<StoredEvent> {
    let mut tx = db.begin().await.expect("a transaction");
    let mut head = log::lock_head(&mut tx, tenant).await.expect("the head");
    let mut stored = Vec::new();
    for event in events {
        stored.push(log::append(&mut tx, &mut head, event, Utc::now()).await.expect("the event is appended"));
    }
    log::save_head(&mut tx, &head).await.expect("the head is saved");
    commit(tx).await.expect("the transaction is committed");
    stored
}

/// A fresh id, as the text that names an aggregate.
pub fn name() -> String {
    new_id::<sojourn::journey::ids::VisitId>().as_str().to_owned()
}
