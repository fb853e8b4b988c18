//! Stories of exports for other programs.

use serde_json::{Value, json};
use sojourn::db::Db;
use sojourn::export::{Period, ocel};
use sojourn::journey::words::Role;

use crate::support::house::House;
use crate::support::stories;

stories! {
    an_emergency_by_kind_is_exported_as_one,
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
