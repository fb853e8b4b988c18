//! Stories of reading the log again: what it comes to, and read models made anew from it.

use std::time::Duration;

use serde_json::json;
use sojourn::db::{Db, commit};
use sojourn::journey::events::EventType::*;
use sojourn::journey::ids::{Id, VisitId};
use sojourn::journey::words::Role;
use sojourn::log;
use sojourn::on;
use sojourn::projections::checkpoint;
use sojourn::projections::following::{FOLLOWING, Following, Projection as _};
use sojourn::projections::measures::VisitMeasures;
use sojourn::projections::statistics;
use sojourn::record::rebuild::{ReadModel, RebuildError, Rebuilt, rebuild};
use sojourn::record::replay::{Replayed, replay};

use crate::projections::wander;
use crate::support::flow::standard;
use crate::support::house::House;
use crate::support::stories;

stories! {
    a_rebuilt_read_model_equals_the_live_one,
    a_damaged_row_is_mended_and_counted,
    a_rebuild_goes_on_while_others_append,
    a_replay_comes_to_the_same_each_time,
    figures_that_follow_are_rebuilt_too,
    what_another_version_writes_meanwhile_does_not_stay,
    what_a_later_version_keeps_is_left_alone,
    what_is_cleared_meanwhile_is_there_again,
}

/// Plays the standard way through, once.
async fn flow(house: &House) -> VisitId {
    let visit = house.register().await;
    for (role, event, metadata) in standard(&house.who(Role::Doctor).id, &house.room) {
        house.log(role, &visit, event, metadata).await;
    }
    visit
}

async fn lived_in(db: &Db) -> House {
    let house = House::open(db, "City Hospital").await;
    flow(&house).await;
    for seed in 0..6 {
        wander(&house, seed).await;
    }
    house
}

async fn rebuilt(house: &House, model: ReadModel) -> Rebuilt {
    rebuild(&house.db, &house.tenant, model, house.now(), |_| {}).await.expect("it is rebuilt")
}

async fn execute(db: &Db, sql: &'static str, house: &House) -> u64 {
    on!(&db.write, pool => sqlx::query(sql).bind(&house.tenant.id).execute(pool).await.map(|done| done.rows_affected()))
        .expect("it is written")
}

async fn a_rebuilt_read_model_equals_the_live_one(db: Db) {
    let house = lived_in(&db).await;
    // Another hospital's rows are not touched.
    flow(&House::open(&db, "Lake Hospital").await).await;
    let events = house.verified().await;
    assert_eq!(rebuilt(&house, ReadModel::Journey).await, Rebuilt { events, differed: 0 });
}

async fn a_damaged_row_is_mended_and_counted(db: Db) {
    let house = lived_in(&db).await;
    flow(&House::open(&db, "Lake Hospital").await).await;
    let changed = execute(&db, "UPDATE visits SET reason = 'changed' WHERE tenant_id = $1", &house).await;
    assert!(changed > 1);
    let lost = execute(&db, "DELETE FROM bills WHERE tenant_id = $1", &house).await;
    assert!(lost > 1);
    let moved = execute(&db, "UPDATE token_counters SET prefix = 'Z' WHERE tenant_id = $1", &house).await;
    // What should be there, and what should not.
    assert_eq!(rebuilt(&house, ReadModel::Journey).await.differed, changed + lost + 2 * moved);
    assert_eq!(rebuilt(&house, ReadModel::Journey).await.differed, 0);
    flow(&house).await;
}

async fn a_rebuild_goes_on_while_others_append(db: Db) {
    let house = lived_in(&db).await;
    let appending = tokio::spawn({
        let house = house.clone();
        async move {
            for _ in 0..12 {
                flow(&house).await;
            }
        }
    });
    // What is damaged is mended while the same rows are written.
    execute(&db, "UPDATE visits SET reason = 'changed' WHERE tenant_id = $1", &house).await;
    assert!(rebuilt(&house, ReadModel::Journey).await.differed > 0);
    let mut events = 0;
    while !appending.is_finished() {
        let Rebuilt { events: now, differed } = rebuilt(&house, ReadModel::Journey).await;
        assert_eq!(differed, 0);
        assert!(now >= events);
        events = now;
    }
    appending.await.expect("every event is logged");
    let all = house.verified().await;
    assert_eq!(rebuilt(&house, ReadModel::Journey).await, Rebuilt { events: all, differed: 0 });
}

async fn a_replay_comes_to_the_same_each_time(db: Db) {
    let house = lived_in(&db).await;
    let tenant = &house.tenant.id;
    let all = house.verified().await;
    let run = async |first, last| replay(&db, tenant, first, last, |_| {}).await.expect("a replay");
    let whole: Replayed = run(1, all).await;
    assert_eq!((whole.events, whole.visits), (all, 7));
    assert_eq!(run(1, all).await, whole);
    // A part goes on with the visits as they were: the same states come out for those it meets.
    assert_ne!(run(1, all - 1).await.digest, whole.digest);
    let visit = flow(&house).await;
    let stream = house.stream(&visit).await;
    let end = stream.last().expect("an event").position;
    let only = run(stream[0].position, end).await;
    assert_eq!(run(end, end).await, Replayed { events: 1, ..only });
    let (_, state) = house.recorder.load(tenant, &visit).await.expect("a read").expect("the visit");
    let state = log::Digest::of(&serde_json::to_vec(&state).expect("JSON"));
    assert_eq!(only.digest, log::Digest::of(&[visit.as_str().as_bytes(), &state.0].concat()));
}

async fn figures_that_follow_are_rebuilt_too(db: Db) {
    let house = lived_in(&db).await;
    let model = ReadModel::named("event_statistics").expect("the figures");
    // Nothing has followed yet: every row is missing.
    let made = rebuilt(&house, model).await;
    let rows = statistics::all(&db, &house.tenant.id).await.expect("rows");
    assert_eq!(made, Rebuilt { events: house.verified().await, differed: rows.len() as u64 });
    assert_eq!(rebuilt(&house, model).await.differed, 0);
    // Who follows goes on from there.
    let clock = house.clock.clock();
    let following = Following::start(&db, &clock, FOLLOWING, || house.recorder.subscribe());
    let appending = tokio::spawn({
        let house = house.clone();
        async move {
            for _ in 0..5 {
                flow(&house).await;
            }
        }
    });
    while !appending.is_finished() {
        assert_eq!(rebuilt(&house, model).await.differed, 0);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    appending.await.expect("every event is logged");
    following.stop().await;
    execute(
        &db,
        "UPDATE event_statistics SET count = count + 1 WHERE tenant_id = $1 AND event_type = 'QUEUE_JOINED'",
        &house,
    )
    .await;
    assert!(rebuilt(&house, model).await.differed > 0);
    assert_eq!(rebuilt(&house, model).await.differed, 0);
    let visit = house.register().await;
    house.log(Role::Receptionist, &visit, QueueJoined, json!({})).await;
}

/// Rebuilds the measures while a version of them follows, and does something once the live rows are being compared.
async fn rebuilt_while(house: &House, version: i32, mut meanwhile: impl AsyncFnMut() + Send) {
    let handle = tokio::runtime::Handle::current();
    let mut pages = 0;
    let progress = |_| {
        pages += 1;
        // The first page is all there is; what happens after it is taken in by whoever compares.
        tokio::task::block_in_place(|| match pages {
            1 => handle.block_on(async {
                house.register().await;
                take_in(house, version).await;
            }),
            2 => handle.block_on(meanwhile()),
            _ => {}
        });
    };
    let model = ReadModel::Following(&VisitMeasures);
    rebuild(&house.db, &house.tenant, model, house.now(), progress).await.expect("it is rebuilt");
    assert!(pages >= 2, "something was done meanwhile");
}

/// Takes in what the measures have not yet, as a version of them does.
async fn take_in(house: &House, version: i32) {
    let (tenant, name) = (&house.tenant, VisitMeasures.name());
    let mut tx = house.db.begin().await.expect("a transaction");
    let live = checkpoint::lock(&mut tx, &tenant.id, name, version, house.now()).await.expect("a checkpoint");
    let head = log::position(&house.db, &tenant.id).await.expect("a read");
    let page = log::happened(&house.db, &tenant.id, live.position + 1, head).await.expect("a page");
    VisitMeasures.apply(&mut tx, tenant, page).await.expect("they are taken in");
    assert!(checkpoint::advance(&mut tx, &tenant.id, name, &live, head, house.now()).await.expect("a write"));
    commit(tx).await.expect("it is written");
}

async fn what_another_version_writes_meanwhile_does_not_stay(db: Db) {
    const OLDER: &str = "UPDATE projection_checkpoints SET version = version - 1 WHERE tenant_id = $1";
    const OTHERWISE: &str = "UPDATE visit_measures SET waiting = waiting + 7 WHERE tenant_id = $1";
    let house = lived_in(&db).await;
    let version = VisitMeasures.version();
    take_in(&house, version).await;
    execute(&db, OLDER, &house).await;
    rebuilt_while(&house, version - 1, async || {
        house.register().await;
        take_in(&house, version - 1).await;
        execute(&db, OTHERWISE, &house).await;
    })
    .await;
    let live = checkpoint::get(&db, &house.tenant.id, VisitMeasures.name()).await.expect("a read").expect("it began");
    assert_eq!((live.version, live.position), (version, house.verified().await));
    house.register().await;
    take_in(&house, version).await;
    assert_eq!(rebuilt(&house, ReadModel::Following(&VisitMeasures)).await.differed, 0);
}

async fn what_a_later_version_keeps_is_left_alone(db: Db) {
    const LATER: &str = "UPDATE projection_checkpoints SET version = version + 1 WHERE tenant_id = $1";
    let house = lived_in(&db).await;
    let (tenant, name) = (&house.tenant.id, VisitMeasures.name());
    take_in(&house, VisitMeasures.version()).await;
    execute(&db, LATER, &house).await;
    let before = checkpoint::get(&db, tenant, name).await.expect("a read").expect("it began");
    let model = ReadModel::Following(&VisitMeasures);
    let mut events = 0;
    let refused = rebuild(&db, &house.tenant, model, house.now(), |page| events += page).await;
    assert!(matches!(refused, Err(RebuildError::Newer(version)) if version == VisitMeasures.version() + 1));
    assert_eq!(events, 0, "nothing is done in vain");
    let after = checkpoint::get(&db, tenant, name).await.expect("a read").expect("it began");
    assert_eq!((after.version, after.generation, after.position), (before.version, before.generation, before.position));
}

async fn what_is_cleared_meanwhile_is_there_again(db: Db) {
    let house = lived_in(&db).await;
    let (tenant, name, version) = (&house.tenant.id, VisitMeasures.name(), VisitMeasures.version());
    take_in(&house, version).await;
    rebuilt_while(&house, version, async || {
        let mut tx = db.begin().await.expect("a transaction");
        for table in VisitMeasures.tables() {
            table.clear.execute(&mut tx, tenant).await.expect("it is cleared");
        }
        checkpoint::restart(&mut tx, tenant, name, version, 0, house.now()).await.expect("it begins anew");
        commit(tx).await.expect("it is written");
    })
    .await;
    assert_eq!(rebuilt(&house, ReadModel::Following(&VisitMeasures)).await.differed, 0);
}
