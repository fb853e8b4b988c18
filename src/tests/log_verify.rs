//! Stories of verification: whatever an insider does to the log is found, at its position.

use sojourn::db::{Db, Engine, new_id};
use sojourn::journey::ids::{EventId, TenantId};
use sojourn::log::{self, Broken, Digest, Fault, Unverified, Verified};
use sojourn::on;

use crate::support::events::{append, bare_happening, happening, name, tenant};
use crate::support::stories;

stories! {
    an_empty_log_holds_together,
    a_change_to_any_column_is_found,
    a_row_that_cannot_be_read_is_found,
    a_removed_row_is_found,
    swapped_rows_are_found,
    a_truncated_tail_is_found,
    a_changed_head_is_found,
    a_fault_beyond_the_first_page_is_found,
    others_may_append_meanwhile,
}

/// What somebody with the database's password can do: switch the triggers off.
pub async fn become_insider(db: &Db) {
    const SQLITE: &str = "DROP TRIGGER visit_events_never_updated; DROP TRIGGER visit_events_never_deleted";
    const POSTGRES: &str = "ALTER TABLE visit_events DISABLE TRIGGER visit_events_append_only";
    match &db.write {
        Engine::Sqlite(pool) => sqlx::raw_sql(SQLITE).execute(pool).await.map(drop),
        Engine::Postgres(pool) => sqlx::raw_sql(POSTGRES).execute(pool).await.map(drop),
    }
    .expect("the triggers are gone");
}

pub async fn execute(db: &Db, sql: &'static str) {
    on!(&db.write, pool => sqlx::query(sql).execute(pool).await.map(drop)).expect(sql);
}

/// A log of so many events, and an insider at it.
async fn tampered_log(db: &Db, events: i64) -> TenantId {
    let tenant = tenant(db).await;
    let visit = name();
    append(db, &tenant, (1..=events).map(|version| happening(&visit, version))).await;
    log::verify(db, &tenant).await.expect("the log holds together");
    become_insider(db).await;
    tenant
}

async fn broken(db: &Db, tenant: &TenantId) -> Broken {
    match log::verify(db, tenant).await {
        Err(Unverified::Broken(broken)) => broken,
        other => panic!("the log should be broken: {other:?}"),
    }
}

async fn an_empty_log_holds_together(db: Db) {
    let tenant = tenant(&db).await;
    let empty = Verified { events: 0, last_hash: Digest::GENESIS };
    assert_eq!(log::verify(&db, &tenant).await.expect("a read"), empty);
}

async fn a_change_to_any_column_is_found(db: Db) {
    let tenant = tampered_log(&db, 3).await;
    execute(&db, "CREATE TABLE true_events AS SELECT * FROM visit_events WHERE position = 2").await;
    let other: EventId = new_id();
    const TEXTS: [(&str, &str, Fault); 14] = [
        ("UPDATE visit_events SET id = $1 WHERE position = 2", "", Fault::Header),
        ("UPDATE visit_events SET visit_id = $1 WHERE position = 2", "", Fault::Header),
        ("UPDATE visit_events SET aggregate_type = $1 WHERE position = 2", "booking", Fault::Header),
        ("UPDATE visit_events SET aggregate_id = $1 WHERE position = 2", "", Fault::Header),
        ("UPDATE visit_events SET event_type = $1 WHERE position = 2", "QUEUE_CALLEE", Fault::Header),
        ("UPDATE visit_events SET description = $1 WHERE position = 2", "called twice", Fault::Body),
        ("UPDATE visit_events SET actor_type = $1 WHERE position = 2", "AI", Fault::Header),
        ("UPDATE visit_events SET performed_by = $1 WHERE position = 2", "", Fault::Header),
        ("UPDATE visit_events SET branch_id = $1 WHERE position = 2", "", Fault::Header),
        (
            "UPDATE visit_events SET branch_id = CASE WHEN $1 = '' THEN branch_id END WHERE position = 2",
            "null",
            Fault::Header,
        ),
        ("UPDATE visit_events SET correlation_id = $1 WHERE position = 2", "call 8", Fault::Header),
        ("UPDATE visit_events SET causation_id = $1 WHERE position = 2", "token 8", Fault::Header),
        ("UPDATE visit_events SET version = 4 + length($1) WHERE position = 2", "4", Fault::Header),
        ("UPDATE visit_events SET schema_version = 1 + length($1) WHERE position = 2", "2", Fault::Header),
    ];
    const LITERALS: [(&str, Fault); 4] = [
        ("UPDATE visit_events SET metadata = '{\"token\": 2, \"station\": \"LAB\"}' WHERE position = 2", Fault::Body),
        ("UPDATE visit_events SET tags = '[\"HEDIS\"]' WHERE position = 2", Fault::Header),
        ("UPDATE visit_events SET performed_at = '2026-01-02T03:04:05.006+00:00' WHERE position = 2", Fault::Header),
        ("UPDATE visit_events SET recorded_at = '2026-01-02T03:04:05.006+00:00' WHERE position = 2", Fault::Header),
    ];
    const BYTES: [(&str, usize, Fault); 4] = [
        ("UPDATE visit_events SET salt = $1 WHERE position = 2", 16, Fault::Body),
        ("UPDATE visit_events SET body_digest = $1 WHERE position = 2", 32, Fault::Body),
        ("UPDATE visit_events SET prev_hash = $1 WHERE position = 2", 32, Fault::Link),
        ("UPDATE visit_events SET hash = $1 WHERE position = 2", 32, Fault::Header),
    ];
    let text = |given: &'static str| if given.is_empty() { other.to_string() } else { given.to_owned() };
    for (sql, given, fault) in TEXTS {
        let changed = on!(&db.write, pool => sqlx::query(sql).bind(text(given)).execute(pool).await.map(|done| done.rows_affected()));
        found(&db, &tenant, sql, changed, fault).await;
    }
    for (sql, fault) in LITERALS {
        let changed = on!(&db.write, pool => sqlx::query(sql).execute(pool).await.map(|done| done.rows_affected()));
        found(&db, &tenant, sql, changed, fault).await;
    }
    for (sql, length, fault) in BYTES {
        let bytes = vec![7_u8; length];
        let changed =
            on!(&db.write, pool => sqlx::query(sql).bind(bytes).execute(pool).await.map(|done| done.rows_affected()));
        found(&db, &tenant, sql, changed, fault).await;
    }
}

/// Expects the second event to be at fault, then puts the true one back.
async fn found(db: &Db, tenant: &TenantId, sql: &str, changed: sqlx::Result<u64>, fault: Fault) {
    assert_eq!(changed.expect(sql), 1, "{sql}");
    assert_eq!(broken(db, tenant).await, Broken { position: 2, what: fault }, "{sql}");
    execute(db, "DELETE FROM event_tags WHERE position = 2").await;
    execute(db, "DELETE FROM visit_events WHERE position = 2").await;
    execute(db, "INSERT INTO visit_events SELECT * FROM true_events").await;
    log::verify(db, tenant).await.expect("the true event is back");
}

async fn a_row_that_cannot_be_read_is_found(db: Db) {
    let tenant = tampered_log(&db, 3).await;
    execute(&db, "UPDATE visit_events SET performed_by = 'somebody else' WHERE position = 2").await;
    let broken = broken(&db, &tenant).await;
    assert_eq!(broken.position, 2);
    assert!(matches!(&broken.what, Fault::Unreadable(why) if why.contains("performed_by")), "{broken}");
}

async fn a_removed_row_is_found(db: Db) {
    let tenant = tampered_log(&db, 5).await;
    execute(&db, "DELETE FROM visit_events WHERE position = 3").await;
    assert_eq!(broken(&db, &tenant).await, Broken { position: 3, what: Fault::Missing });
    execute(&db, "DELETE FROM visit_events WHERE position = 1").await;
    assert_eq!(broken(&db, &tenant).await, Broken { position: 1, what: Fault::Missing });
}

async fn swapped_rows_are_found(db: Db) {
    let tenant = tampered_log(&db, 5).await;
    execute(&db, "UPDATE visit_events SET position = 9 WHERE position = 3").await;
    execute(&db, "UPDATE visit_events SET position = 3 WHERE position = 4").await;
    execute(&db, "UPDATE visit_events SET position = 4 WHERE position = 9").await;
    assert_eq!(broken(&db, &tenant).await, Broken { position: 3, what: Fault::Link });
}

async fn a_truncated_tail_is_found(db: Db) {
    let tenant = tampered_log(&db, 5).await;
    execute(&db, "DELETE FROM visit_events WHERE position > 3").await;
    assert_eq!(broken(&db, &tenant).await, Broken { position: 4, what: Fault::Missing });
    execute(&db, "DELETE FROM visit_events").await;
    assert_eq!(broken(&db, &tenant).await, Broken { position: 1, what: Fault::Missing });
}

async fn a_changed_head_is_found(db: Db) {
    let tenant = tampered_log(&db, 3).await;
    execute(&db, "UPDATE log_heads SET hash = (SELECT hash FROM visit_events WHERE position = 2)").await;
    assert_eq!(broken(&db, &tenant).await, Broken { position: 3, what: Fault::Head });
    execute(&db, "UPDATE log_heads SET position = 2").await;
    assert_eq!(broken(&db, &tenant).await, Broken { position: 3, what: Fault::Head });
    execute(&db, "UPDATE log_heads SET position = 4").await;
    assert_eq!(broken(&db, &tenant).await, Broken { position: 4, what: Fault::Missing });
}

async fn a_fault_beyond_the_first_page_is_found(db: Db) {
    let tenant = tenant(&db).await;
    let visit = name();
    append(&db, &tenant, (1..=1_002).map(|version| bare_happening(&visit, version))).await;
    assert_eq!(log::verify(&db, &tenant).await.expect("the log holds together").events, 1_002);
    become_insider(&db).await;
    execute(&db, "UPDATE visit_events SET metadata = '{\"amount\": 1}' WHERE position = 1001").await;
    assert_eq!(broken(&db, &tenant).await, Broken { position: 1_001, what: Fault::Body });
}

async fn others_may_append_meanwhile(db: Db) {
    let tenant = tenant(&db).await;
    let writer = tokio::spawn({
        let (db, tenant, visit) = (db.clone(), tenant.clone(), name());
        async move {
            for version in 1..=100 {
                append(&db, &tenant, [bare_happening(&visit, version)]).await;
            }
        }
    });
    let mut verified = 0;
    while !writer.is_finished() {
        let events = log::verify(&db, &tenant).await.expect("the log holds together").events;
        assert!(events >= verified);
        verified = events;
    }
    writer.await.expect("the writer ends");
    assert_eq!(log::verify(&db, &tenant).await.expect("the log holds together").events, 100);
}
