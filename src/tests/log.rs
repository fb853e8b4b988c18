//! Stories of the log: appending, reading, retrying, many at once.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{TimeDelta, Utc};
use serde_json::{Value, json};
use sojourn::db::{Db, Engine, commit, new_id};
use sojourn::journey::ids::TenantId;
use sojourn::log::refused::{self, RefusedAttempt};
use sojourn::log::{self, Digest, Filter, NewEvent, Remembered, Request, StoredEvent, to_milliseconds};
use sojourn::on;

use crate::support::events::{append, bare_happening, happening, name, tenant};
use crate::support::stories;

stories! {
    what_was_appended_is_read_back,
    what_folds_need_is_read_as_it_was_appended,
    a_stored_event_is_shown_as_the_api_says,
    any_metadata_keeps_its_hash,
    a_transaction_sees_what_it_has_appended,
    events_are_never_changed_or_removed,
    a_rollback_writes_nothing_and_leaves_no_gap,
    the_same_version_or_id_twice_is_an_error,
    each_tenant_has_a_log_of_its_own,
    pages_follow_one_another,
    events_are_paged_in_the_order_they_happened,
    a_retry_is_recognised,
    many_append_to_one_stream,
    many_append_to_many_streams,
    refused_attempts_are_kept,
}

async fn what_was_appended_is_read_back(db: Db) {
    let tenant = tenant(&db).await;
    let visit = name();
    let sent = [happening(&visit, 1), bare_happening(&visit, 2)];
    let before = to_milliseconds(Utc::now());
    let stored = append(&db, &tenant, sent.clone()).await;

    for (index, (sent, stored)) in sent.iter().zip(&stored).enumerate() {
        let mut cut = sent.clone();
        cut.performed_at = to_milliseconds(sent.performed_at);
        assert_eq!(stored.event, cut);
        assert_eq!(stored.position, index as i64 + 1);
        assert!(before <= stored.recorded_at && stored.recorded_at <= Utc::now());
        assert_eq!(log::event(&db, &tenant, &sent.id).await.expect("a read").as_ref(), Some(stored));
    }
    assert_eq!(stored[0].prev_hash, Digest::GENESIS);
    assert_eq!(stored[1].prev_hash, stored[0].hash);
    assert_eq!(log::stream(&db, &tenant, "visit", &visit).await.expect("a read"), stored);
    assert_eq!(log::by_positions(&db, &tenant, 2, 9).await.expect("a read"), stored[1..]);
    assert_eq!(log::stream(&db, &tenant, "booking", &visit).await.expect("a read"), []);
}

async fn what_folds_need_is_read_as_it_was_appended(db: Db) {
    let tenant = tenant(&db).await;
    let visit = name();
    let claim = NewEvent { aggregate_type: "claim".to_owned(), ..happening(&name(), 1) };
    let stored = append(&db, &tenant, [happening(&visit, 1), bare_happening(&visit, 2), claim]).await;
    let pages = [
        log::happened(&db, &tenant, 1, 9).await.expect("a read"),
        log::happened(&mut db.begin().await.expect("a transaction"), &tenant, 1, 9).await.expect("a read"),
    ];
    for page in pages {
        assert_eq!(page.len(), stored.len());
        for (happened, StoredEvent { event, position, recorded_at, .. }) in page.iter().zip(&stored) {
            assert_eq!((happened.position, happened.version), (*position, event.version));
            assert_eq!(happened.aggregate_type, event.aggregate_type);
            assert_eq!(happened.aggregate_id, event.aggregate_id);
            assert_eq!(happened.event_type, event.event_type);
            assert_eq!(happened.schema_version, event.schema_version);
            assert_eq!(happened.performed_by, event.performed_by);
            assert_eq!((happened.performed_at, happened.recorded_at), (event.performed_at, *recorded_at));
            assert_eq!(happened.branch_id, event.branch_id);
            // What is known of anything else may be large, and nobody folds it.
            let known = if event.aggregate_type == "visit" { event.metadata.clone() } else { Value::Null };
            assert_eq!(happened.today().expect("JSON"), known);
        }
    }
}

async fn a_stored_event_is_shown_as_the_api_says(db: Db) {
    let tenant = tenant(&db).await;
    let stored = append(&db, &tenant, [happening(&name(), 1)]).await.remove(0);
    let Value::Object(shown) = serde_json::to_value(&stored).expect("an event is JSON") else { panic!("an object") };
    let members: BTreeSet<_> = shown.keys().map(String::as_str).collect();
    let expected = "id visitId aggregateType aggregateId version eventType schemaVersion description metadata tags actorType \
        performedBy performedAt branchId correlationId causationId position recordedAt prevHash hash";
    assert_eq!(members, expected.split_whitespace().collect());
    assert_eq!(shown["prevHash"], json!("0".repeat(64)));
    assert_eq!(shown["hash"], json!(stored.hash.to_string()));
    assert_eq!(shown["actorType"], json!("HUMAN"));
}

async fn any_metadata_keeps_its_hash(db: Db) {
    let tenant = tenant(&db).await;
    let random: Vec<Value> = std::iter::repeat_with(|| f64::from_bits(rand::random()))
        .filter(|float| float.is_finite())
        .take(2_000)
        .map(Value::from)
        .collect();
    let values = [
        json!([0.0, -0.0, 1.0, 1e16, 1e21, 1.5e300, 5e-324, -1e-7, 0.1, 12_345_678_901_234_567_890.0]),
        json!([0, -1, i64::MIN, i64::MAX, u64::MAX]),
        json!({ "é": 1, "z": 2, "Z": 3, "": 4, "aa": 5, "b": "\u{1}\t\n\"\\/\u{7f}\u{2028}😀" }),
        json!(null),
        json!("text"),
        Value::from(random),
    ];
    let visit = name();
    let events =
        values.into_iter().zip(1..).map(|(metadata, version)| NewEvent { metadata, ..bare_happening(&visit, version) });
    append(&db, &tenant, events).await;
    let verified = log::verify(&db, &tenant).await.expect("the log holds together");
    assert_eq!(verified.events, 6);
}

async fn a_transaction_sees_what_it_has_appended(db: Db) {
    let tenant = tenant(&db).await;
    let visit = name();
    let mut tx = db.begin().await.expect("a transaction");
    let mut head = log::lock_head(&mut tx, &tenant).await.expect("the head");
    let stored = log::append(&mut tx, &mut head, happening(&visit, 1), Utc::now()).await.expect("appended");
    assert_eq!(log::stream(&mut tx, &tenant, "visit", &visit).await.expect("a read"), std::slice::from_ref(&stored));
    assert_eq!(log::by_positions(&mut tx, &tenant, 1, 1).await.expect("a read"), std::slice::from_ref(&stored));
    assert_eq!(log::event(&mut tx, &tenant, &stored.event.id).await.expect("a read"), Some(stored));
    assert_eq!(log::stream(&db, &tenant, "visit", &visit).await.expect("a read"), []);
    assert_eq!((head.position(), head.tenant()), (1, &tenant));
}

async fn events_are_never_changed_or_removed(db: Db) {
    let tenant = tenant(&db).await;
    append(&db, &tenant, [happening(&name(), 1)]).await;
    const BOTH: [&str; 3] = [
        "UPDATE visit_events SET description = 'nothing happened'",
        "DELETE FROM visit_events",
        "INSERT INTO visit_events SELECT * FROM visit_events WHERE true \
            ON CONFLICT (tenant_id, position) DO UPDATE SET description = 'nothing happened'",
    ];
    const SQLITE: &str = "INSERT OR REPLACE INTO visit_events SELECT * FROM visit_events";
    const POSTGRES: [&str; 2] = ["TRUNCATE visit_events", "TRUNCATE tenants CASCADE"];
    let attempts: Vec<_> = match &db.write {
        Engine::Sqlite(_) => BOTH.into_iter().chain([SQLITE]).collect(),
        Engine::Postgres(_) => BOTH.into_iter().chain(POSTGRES).collect(),
    };
    for sql in attempts {
        let error = on!(&db.write, pool => sqlx::query(sql).execute(pool).await.map(drop)).expect_err(sql);
        assert!(error.to_string().contains("is append-only"), "{sql}: {error}");
    }
    assert_eq!(log::verify(&db, &tenant).await.expect("the log holds together").events, 1);
}

async fn a_rollback_writes_nothing_and_leaves_no_gap(db: Db) {
    let tenant = tenant(&db).await;
    let visit = name();
    let first = append(&db, &tenant, [happening(&visit, 1)]).await.remove(0);
    {
        let mut tx = db.begin().await.expect("a transaction");
        let mut head = log::lock_head(&mut tx, &tenant).await.expect("the head");
        for version in 2..4 {
            log::append(&mut tx, &mut head, happening(&visit, version), Utc::now()).await.expect("appended");
        }
        log::save_head(&mut tx, &head).await.expect("the head is saved");
    }
    assert_eq!(log::stream(&db, &tenant, "visit", &visit).await.expect("a read"), std::slice::from_ref(&first));
    let second = append(&db, &tenant, [happening(&visit, 2)]).await.remove(0);
    assert_eq!((second.position, second.prev_hash), (2, first.hash));
    assert_eq!(log::verify(&db, &tenant).await.expect("the log holds together").events, 2);
}

async fn the_same_version_or_id_twice_is_an_error(db: Db) {
    let tenant = tenant(&db).await;
    let visit = name();
    let stored = append(&db, &tenant, [happening(&visit, 1)]).await.remove(0);
    let same_id = NewEvent { id: stored.event.id.clone(), ..happening(&visit, 2) };
    for event in [happening(&visit, 1), same_id] {
        let mut tx = db.begin().await.expect("a transaction");
        let mut head = log::lock_head(&mut tx, &tenant).await.expect("the head");
        log::append(&mut tx, &mut head, event, Utc::now()).await.expect_err("it is there already");
        assert_eq!(head.position(), 1);
    }
}

async fn each_tenant_has_a_log_of_its_own(db: Db) {
    let (one, other) = (tenant(&db).await, tenant(&db).await);
    let visit = name();
    let event = happening(&visit, 1);
    let stored = append(&db, &one, [event.clone()]).await;
    assert_eq!(append(&db, &other, [event.clone()]).await[0].position, 1);
    append(&db, &other, [happening(&visit, 2)]).await;
    assert_eq!(log::stream(&db, &one, "visit", &visit).await.expect("a read"), stored);
    let verified = log::verify_all(&db).await.expect("a read");
    let counts: BTreeMap<_, _> =
        verified.into_iter().map(|(tenant, log)| (tenant, log.expect("it holds").events)).collect();
    assert_eq!(counts, BTreeMap::from([(one, 1), (other, 2)]));
    let nobody: TenantId = new_id();
    let mut tx = db.begin().await.expect("a transaction");
    log::lock_head(&mut tx, &nobody).await.expect_err("there is no such tenant");
}

async fn pages_follow_one_another(db: Db) {
    let tenant = tenant(&db).await;
    let visit = name();
    let wanted: Vec<_> = (1..=5).map(|version| happening(&visit, version)).collect();
    let wanted: Vec<_> = wanted
        .iter()
        .map(|event| NewEvent {
            visit_id: wanted[0].visit_id.clone(),
            performed_by: wanted[0].performed_by.clone(),
            ..event.clone()
        })
        .collect();
    let others = (1..=5).map(|_| NewEvent {
        event_type: "VISIT_REGISTERED".to_owned(),
        correlation_id: None,
        tags: vec!["OTHER".to_owned(), "OTHER".to_owned()],
        ..happening(&name(), 1)
    });
    let mixed: Vec<_> = wanted.iter().cloned().zip(others).flat_map(|(wanted, other)| [wanted, other]).collect();
    let all = append(&db, &tenant, mixed).await;
    let wanted: Vec<_> = all.iter().filter(|stored| stored.event.aggregate_id == visit).cloned().collect();

    let of_visit = Filter::Visit(wanted[0].event.visit_id.clone().expect("a visit"));
    let filters = [
        (Filter::All, &all),
        (of_visit, &wanted),
        (Filter::Type("QUEUE_CALLED".to_owned()), &wanted),
        (Filter::Performer(wanted[0].event.performed_by.clone()), &wanted),
        (Filter::Aggregate { aggregate_type: "visit".to_owned(), aggregate_id: visit }, &wanted),
        (Filter::Correlation("call 7".to_owned()), &wanted),
        (Filter::Tag("STAR".to_owned()), &wanted),
        (Filter::Tag("GOLD".to_owned()), &Vec::new()),
    ];
    for (filter, expected) in filters {
        assert_eq!(&read_in_pages(&db, &tenant, &filter).await, expected, "{filter:?}");
    }
}

async fn events_are_paged_in_the_order_they_happened(db: Db) {
    let tenant = tenant(&db).await;
    let noon = to_milliseconds(Utc::now());
    // Logged in another order than they happened; two at the same moment.
    let events = [3, 1, 2, 2, 0, 9]
        .map(|minute| NewEvent { performed_at: noon + TimeDelta::minutes(minute), ..happening(&name(), 1) });
    append(&db, &tenant, events).await;
    let filter = Filter::Performed { from: noon + TimeDelta::minutes(1), before: noon + TimeDelta::minutes(9) };
    let positions: Vec<_> = read_in_pages(&db, &tenant, &filter).await.iter().map(|stored| stored.position).collect();
    assert_eq!(positions, [2, 3, 4, 1]);
}

async fn read_in_pages(db: &Db, tenant: &TenantId, filter: &Filter) -> Vec<log::StoredEvent> {
    let mut read: Vec<log::StoredEvent> = Vec::new();
    loop {
        let after = read.last().map(|stored| stored.position);
        let page = log::page(db, tenant, filter, after, 2).await.expect("a page");
        assert!(page.len() <= 2);
        if page.is_empty() {
            return read;
        }
        read.extend(page);
    }
}

async fn a_retry_is_recognised(db: Db) {
    let tenant = tenant(&db).await;
    let visit = name();
    append(&db, &tenant, [happening(&visit, 1)]).await;
    let request = Request { person: new_id(), key: "morning".to_owned(), digest: Digest::of(b"call the next") };
    let now = Utc::now();

    let mut tx = db.begin().await.expect("a transaction");
    let mut head = log::lock_head(&mut tx, &tenant).await.expect("the head");
    assert_eq!(log::recall(&mut tx, &tenant, &[&request], now).await.expect("a read"), []);
    let first = log::append(&mut tx, &mut head, happening(&visit, 2), now).await.expect("appended").position;
    let last = log::append(&mut tx, &mut head, happening(&visit, 3), now).await.expect("appended").position;
    let remembered = Remembered { request: request.clone(), first, last };
    log::remember(&mut tx, &tenant, std::slice::from_ref(&remembered), now).await.expect("remembered");
    log::save_head(&mut tx, &head).await.expect("the head is saved");
    commit(tx).await.expect("the transaction is committed");

    let other_body = Request { digest: Digest::of(b"call them all"), ..request.clone() };
    let other_person = Request { person: new_id(), ..request.clone() };
    let day = TimeDelta::hours(24);
    // What the key stands for is told whatever is asked; whoever asks compares.
    let cases = [
        (&request, now, Some(&remembered)),
        (&request, now + day - TimeDelta::minutes(1), Some(&remembered)),
        (&request, now + day, None),
        (&other_body, now, Some(&remembered)),
        (&other_body, now + day, None),
        (&other_person, now, None),
    ];
    let mut tx = db.begin().await.expect("a transaction");
    for (request, at, expected) in cases {
        let recalled = log::recall(&mut tx, &tenant, &[request], at).await.expect("a read");
        assert_eq!(recalled.first(), expected, "{request:?} at {at}");
    }
    log::remember(&mut tx, &tenant, &[remembered], now).await.expect_err("the key is taken");
    drop(tx);

    let mut tx = db.begin().await.expect("a transaction");
    let anew = Remembered { request: other_body.clone(), first: 3, last: 3 };
    log::remember(&mut tx, &tenant, std::slice::from_ref(&anew), now + day).await.expect("the key is free again");
    assert_eq!(log::recall(&mut tx, &tenant, &[&other_body], now + day).await.expect("a read"), [anew]);
}

const WRITERS: i64 = 64;

async fn many_append_to_one_stream(db: Db) {
    let visit = name();
    let tenant = append_at_once(&db, |_| visit.clone()).await;
    let versions: Vec<_> = log::stream(&db, &tenant, "visit", &visit)
        .await
        .expect("a read")
        .iter()
        .map(|stored| (stored.event.version, stored.position))
        .collect();
    assert_eq!(versions, (1..=2 * WRITERS).map(|number| (number, number)).collect::<Vec<_>>());
}

async fn many_append_to_many_streams(db: Db) {
    let visits: Vec<_> = (0..WRITERS).map(|_| name()).collect();
    let tenant = append_at_once(&db, |writer| visits[writer as usize].clone()).await;
    for visit in visits {
        let versions: Vec<_> = log::stream(&db, &tenant, "visit", &visit)
            .await
            .expect("a read")
            .iter()
            .map(|stored| stored.event.version)
            .collect();
        assert_eq!(versions, [1, 2]);
    }
}

/// Every writer appends twice to its stream, all at once; gives the tenant, whose log holds together.
async fn append_at_once(db: &Db, stream: impl Fn(i64) -> String) -> TenantId {
    let tenant = tenant(db).await;
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let (db, tenant, visit) = (db.clone(), tenant.clone(), stream(writer));
            tokio::spawn(async move {
                for _ in 0..2 {
                    let mut tx = db.begin().await?;
                    let mut head = log::lock_head(&mut tx, &tenant).await?;
                    let version = log::stream(&mut tx, &tenant, "visit", &visit).await?.len() as i64 + 1;
                    log::append(&mut tx, &mut head, happening(&visit, version), Utc::now()).await?;
                    log::save_head(&mut tx, &head).await?;
                    commit(tx).await?;
                }
                Ok::<_, sqlx::Error>(())
            })
        })
        .collect();
    for writer in writers {
        writer.await.expect("the writer ends").expect("the writer is not turned away");
    }
    let verified = log::verify(db, &tenant).await.expect("the log holds together");
    assert_eq!(verified.events, 2 * WRITERS);
    tenant
}

async fn refused_attempts_are_kept(db: Db) {
    let (tenant, other) = (tenant(&db).await, tenant(&db).await);
    let now = to_milliseconds(Utc::now());
    let attempts: Vec<_> = (0..3)
        .map(|index| RefusedAttempt {
            id: new_id(),
            visit_id: (index > 0).then(new_id),
            event_type: "ENTERED_ROOM".to_owned(),
            code: "NOT_CALLED".to_owned(),
            detail: "The patient has not been called.".to_owned(),
            facts: json!({ "station": "CONSULTATION" }),
            person_id: new_id(),
            attempted_at: now + TimeDelta::seconds(i64::from(index)),
            batch_index: (index > 0).then_some(index),
        })
        .collect();
    let mut tx = db.begin().await.expect("a transaction");
    refused::keep(&mut tx, &tenant, &attempts).await.expect("they are kept");
    commit(tx).await.expect("the transaction is committed");
    let newest_first: Vec<_> = attempts.iter().rev().cloned().collect();
    assert_eq!(refused::list(&db, &tenant, None, 2).await.expect("a read"), newest_first[..2]);
    assert_eq!(refused::list(&db, &tenant, Some(&newest_first[1]), 2).await.expect("a read"), newest_first[2..]);
    assert_eq!(refused::list(&db, &other, None, 2).await.expect("a read"), []);
}
