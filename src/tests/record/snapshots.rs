//! Snapshots of long stories: used when there are any, never when another fold made them.

use std::num::NonZeroU32;

use serde_json::json;
use sojourn::db::Db;
use sojourn::journey::events::EventType::VitalsRecorded;
use sojourn::journey::ids::VisitId;
use sojourn::journey::words::{Code, Outcome, Role};
use sojourn::log::snapshots::EVERY;
use sojourn::on;
use sojourn::record::{RecordError, Recorded, Recorder, Wish};
use sqlx::types::Json;

use crate::support::house::{House, code};
use crate::support::stories;

stories! {
    a_long_story_begins_at_its_snapshot,
    snapshots_are_kept_as_often_as_a_recorder_is_told,
}

fn pulse(visit: &VisitId) -> Wish {
    Wish::new(Some(visit.clone()), VitalsRecorded, json!({ "pulse": 72 }))
}

/// The first event of a process that has the visit not yet in memory.
async fn first_write(house: &House, visit: &VisitId) -> Result<Recorded, RecordError> {
    let recorder = Recorder::new(house.db.clone(), house.clock.clock());
    recorder.record(&house.tenant, house.who(Role::Nurse), vec![pulse(visit)], None).await
}

async fn a_long_story_begins_at_its_snapshot(db: Db) {
    const FALSIFY: &str = "UPDATE snapshots SET state = $3 WHERE tenant_id = $1 AND aggregate_id = $2";
    const OF_ANOTHER_FOLD: &str = "UPDATE snapshots SET fold_version = 0 WHERE tenant_id = $1 AND aggregate_id = $2";
    let every = i64::from(EVERY.get());
    let house = House::open(&db, "City Hospital").await;
    let visit = house.register().await;
    let wishes = std::iter::repeat_with(|| pulse(&visit)).take(every as usize + 10).collect();
    house.record(Role::Nurse, wishes).await.expect("a long story");
    first_write(&house, &visit).await.expect("the story goes on");

    // A snapshot in which the visit has ended shows that it is looked at.
    let (_, mut ended) = house.recorder.load(&house.tenant.id, &visit).await.expect("a read").expect("the visit");
    ended.version = every;
    ended.outcome = Some(Outcome::Cancelled);
    on!(&db.write, pool => sqlx::query(FALSIFY)
        .bind(&house.tenant.id)
        .bind(&visit)
        .bind(Json(&ended))
        .execute(pool)
        .await
        .map(drop))
    .expect("it is falsified");
    assert_eq!(code(first_write(&house, &visit).await), Code::VisitClosed);

    on!(&db.write, pool => sqlx::query(OF_ANOTHER_FOLD)
        .bind(&house.tenant.id)
        .bind(&visit)
        .execute(pool)
        .await
        .map(drop))
    .expect("it is of another fold");
    let written = first_write(&house, &visit).await.expect("the whole story is read");
    assert_eq!(written.events[0].event.version, every + 13);
    assert_eq!(house.verified().await, every + 13);
}

async fn snapshots_are_kept_as_often_as_a_recorder_is_told(db: Db) {
    const KEPT: &str = "SELECT version FROM snapshots WHERE tenant_id = $1 AND aggregate_id = $2";
    let house = House::open(&db, "City Hospital").await;
    let visit = house.register().await;
    let every_third = NonZeroU32::MIN.saturating_add(2);
    let recorder = Recorder::new(db.clone(), house.clock.clock()).with_snapshot_every(every_third);
    for (version, expected) in [(2, None), (3, Some(3)), (4, Some(3)), (5, Some(3)), (6, Some(6))] {
        let logged = recorder.record(&house.tenant, house.who(Role::Nurse), vec![pulse(&visit)], None).await;
        assert_eq!(logged.expect("vital signs").events[0].event.version, version);
        let kept: Option<i64> = on!(&db.read, pool => sqlx::query_scalar(KEPT)
            .bind(&house.tenant.id)
            .bind(&visit)
            .fetch_optional(pool)
            .await)
        .expect("an answer");
        assert_eq!(kept, expected, "after {version} events");
    }
}
