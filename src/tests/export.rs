//! Stories of exports for other programs.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;

use ::parquet::file::reader::{FileReader, SerializedFileReader};
use ::parquet::record::RowAccessor;
use chrono::TimeDelta;
use serde_json::{Value, json};
use sojourn::db::Db;
use sojourn::export::{ExportError, Period, figures, ocel, parquet};
use sojourn::journey::events::EventType::{QueueJoined, VisitCancelled};
use sojourn::journey::words::Role;
use sojourn::log::{self, Filter};

use crate::support::events::{append, bare_happening};
use crate::support::house::House;
use crate::support::stories;

stories! {
    an_emergency_by_kind_is_exported_as_one,
    files_for_warehouses_are_of_one_hospital_and_day,
    an_old_event_is_exported_as_of_today,
    figures_are_of_all_that_was_logged,
}

async fn an_emergency_by_kind_is_exported_as_one(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    for (visit_type, priority) in [("EMERGENCY", "ROUTINE"), ("OPD", "URGENT")] {
        let mut registration = house.registration(None);
        registration.metadata["visitType"] = json!(visit_type);
        registration.metadata["priority"] = json!(priority);
        house.record(Role::Receptionist, vec![registration]).await.expect("a registration");
    }
    let mut file = Vec::new();
    ocel::write(&db, &house.tenant, Period::default(), &mut file, |_| {}).await.expect("a file");
    let log: Value = serde_json::from_slice(&file).expect("JSON");
    let objects = log["objects"].as_array().expect("objects").iter();
    let visits = objects.filter(|object| object["type"] == "visit").map(|visit| &visit["attributes"]);
    let words = visits.map(|known| json!([known[0]["value"], known[1]["value"]]));
    assert_eq!(words.collect::<Vec<_>>(), [json!(["EMERGENCY", "EMERGENCY"]), json!(["OPD", "URGENT"])]);
}

/// What a file of events says, row by row: place in the log, id, type and moment.
fn events_in(path: &Path) -> Vec<(i64, String, String, i64)> {
    let file = SerializedFileReader::new(File::open(path).expect("the file")).expect("a Parquet file");
    let rows = file.get_row_iter(None).expect("its rows").map(|row| row.expect("a row"));
    let told = rows.map(|row| {
        let text = |column: usize| row.get_string(column).expect("a text").clone();
        (row.get_long(0).expect("a number"), text(1), text(6), row.get_timestamp_millis(11).expect("a moment"))
    });
    told.collect()
}

async fn files_for_warehouses_are_of_one_hospital_and_day(db: Db) {
    let houses = [House::open(&db, "City Hospital").await, House::open(&db, "Lake Hospital").await];
    for house in &houses {
        for _ in 0..2 {
            let visit = house.register().await;
            house.log(Role::Receptionist, &visit, QueueJoined, json!({})).await;
            house.clock.advance(TimeDelta::days(1));
        }
    }
    let folder = tempfile::tempdir().expect("a folder");
    for House { tenant, .. } in &houses {
        let events = parquet::events(&db, tenant, Period::default(), folder.path(), |_| {}).await.expect("files");
        let stays = parquet::stays(&db, tenant, Period::default(), folder.path(), |_| {}).await.expect("files");
        let logged = log::page(&db, &tenant.id, &Filter::All, None, 1_000).await.expect("the log");
        assert_eq!((events.files, events.rows), (2, logged.len() as u64));
        // On their way from reception to the queue, and in it.
        assert_eq!((stays.files, stays.rows), (2, 4));
        let of_day =
            |day: &str| events_in(&folder.path().join(format!("events/tenant={}/day={day}/events.parquet", tenant.id)));
        let own = logged.iter().map(|stored| {
            let event = &stored.event;
            let at = event.performed_at.timestamp_millis();
            (stored.position, event.id.to_string(), event.event_type.clone(), at)
        });
        assert_eq!([of_day("2026-03-01"), of_day("2026-03-02")].concat(), own.collect::<Vec<_>>());
    }
    for name in ["events", "stays"] {
        let folders = fs::read_dir(folder.path().join(name)).expect("a folder").count();
        assert_eq!(folders, 2, "{name}: one of each hospital");
    }
}

async fn an_old_event_is_exported_as_of_today(db: Db) {
    let House { tenant, patient, .. } = House::open(&db, "City Hospital").await;
    let mut old = bare_happening(&patient.to_string(), 1);
    (old.aggregate_type, old.event_type) = ("patient".to_owned(), "patient.registered".to_owned());
    let stored = append(&db, &tenant.id, [old]).await.remove(0);
    let folder = tempfile::tempdir().expect("a folder");
    parquet::events(&db, &tenant, Period::default(), folder.path(), |_| {}).await.expect("files");
    let day = tenant.local_day(stored.event.performed_at);
    let path = folder.path().join(format!("events/tenant={}/day={day}/events.parquet", tenant.id));
    let file = SerializedFileReader::new(File::open(path).expect("the file")).expect("a Parquet file");
    let row = file.get_row_iter(None).expect("its rows").next().expect("a row").expect("a row that can be read");
    assert_eq!((stored.event.schema_version, row.get_long(7).expect("a number")), (1, 2));
}

async fn figures_are_of_all_that_was_logged(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let visit = house.register().await;
    house.log(Role::Receptionist, &visit, QueueJoined, json!({})).await;
    house.log(Role::Receptionist, &visit, VisitCancelled, json!({ "reason": "Went home" })).await;
    let events = house.verified().await;
    let refused = figures::figures(&db, &house.tenant, Period::default()).await;
    assert!(matches!(refused, Err(ExportError::Behind(behind)) if behind == events), "{refused:?}");
    house.followed().await;
    let told = figures::figures(&db, &house.tenant, Period::default()).await.expect("the figures");
    assert_eq!(told.durations, BTreeMap::from([(visit.to_string(), 120)]));
    assert_eq!(told.variants.len(), 1);
    assert_eq!(told.variants[0].path, ["VISIT_REGISTERED", "QUEUE_JOINED", "VISIT_CANCELLED"]);
}
