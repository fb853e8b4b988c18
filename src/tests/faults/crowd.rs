//! Everybody at once, and a clock that was set back.

use chrono::TimeDelta;
use serde_json::json;
use sojourn::db::Db;
use sojourn::journey::events::EventType::VitalsRecorded;
use sojourn::journey::words::{Code, Role};
use sojourn::record::Wish;

use crate::support::house::{House, code};
use crate::support::stories;

stories! {
    of_five_hundred_at_one_version_one_wins,
    a_clock_set_back_loses_nothing,
}

async fn of_five_hundred_at_one_version_one_wins(db: Db) {
    let house = House::open_now(&db, "City Hospital").await;
    let visit = house.register().await;
    let writers: Vec<_> = (0..500)
        .map(|_| {
            let (house, visit) = (house.clone(), visit.clone());
            tokio::spawn(async move {
                let wish = Wish::new(Some(visit), VitalsRecorded, json!({ "pulse": 72 }));
                let wish = Wish { expected_version: Some(1), ..wish };
                house.recorder.record(&house.tenant, house.who(Role::Nurse), vec![wish], None).await
            })
        })
        .collect();
    let (mut won, mut lost) = (0, 0);
    for writer in writers {
        match writer.await.expect("the writer ends") {
            Ok(_) => won += 1,
            refused => {
                assert_eq!(code(refused), Code::VersionConflict);
                lost += 1;
            }
        }
    }
    assert_eq!((won, lost, house.verified().await), (1, 499, 2));
}

async fn a_clock_set_back_loses_nothing(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let visit = house.register().await;
    let vitals = |pulse| json!({ "pulse": pulse });
    let before = house.log(Role::Nurse, &visit, VitalsRecorded, vitals(70)).await;
    house.clock.advance(-TimeDelta::hours(1));
    let refused = house.refused(Role::Nurse, &visit, VitalsRecorded, vitals(71)).await;
    assert_eq!(refused.refusal.code(), Code::BeforeRegistration, "what is dated wrongly is refused, not lost");
    let other = house.register().await;
    let after = house.log(Role::Nurse, &other, VitalsRecorded, vitals(72)).await;
    assert!(after.position > before.position && after.recorded_at < before.recorded_at);
    house.clock.advance(TimeDelta::hours(2));
    house.log(Role::Nurse, &visit, VitalsRecorded, vitals(73)).await;
    assert_eq!(house.verified().await, 5, "the order is that of positions, not of clocks");
}
