//! Stories of what is set for the house, and of what is closed in it.

use axum::http::StatusCode;
use serde_json::json;
use sojourn::db::Db;
use sojourn::hospital::event_types;
use sojourn::journey::events::EventType;
use sojourn::journey::words::Role;
use sojourn::log;

use super::Browser;
use super::admin::accepted;
use crate::support::house::House;
use crate::support::stories;

stories!(a_target_stands_in_the_history_of_the_house, what_is_closed_is_offered_no_more);

async fn a_target_stands_in_the_history_of_the_house(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let admin = Browser::sign_in(&house, "admin", &[Role::Admin]).await;
    let manager = Browser::sign_in(&house, "manager", &[Role::Manager]).await;
    let field = format!("{}.CONSULTATION_WAIT", house.department);
    for minutes in ["20", "15", ""] {
        let set = manager.form("/analytics/targets", &[("act", "targets"), (field.as_str(), minutes)]);
        assert_eq!(manager.send(set).await.status, StatusCode::SEE_OTHER);
    }
    let page = admin.get("/admin/house").await.text;
    for change in ["none → 20 min", "20 min → 15 min", "15 min → none"] {
        let change = format!("General Medicine · Wait for the doctor: {change}");
        assert!(page.contains(&change), "{change}: {page}");
    }
}

async fn what_is_closed_is_offered_no_more(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let admin = Browser::sign_in(&house, "admin", &[Role::Admin]).await;
    let reception = Browser::sign_in(&house, "reception", &[Role::Receptionist]).await;
    let doctor = Browser::sign_in(&house, "doctor", &[Role::Doctor]).await;
    let (room, department) = (house.room.to_string(), house.department.to_string());
    let visit = house.register().await;
    house.log(Role::Receptionist, &visit, EventType::QueueJoined, json!({})).await;
    let nurse = format!("/admin/people/{}", house.who(Role::Nurse).id);
    let rooms = [
        (&admin, nurse.clone()),
        (&reception, format!("/visits/{visit}?do=VISIT_ASSIGNED")),
        (&reception, format!("/reception?do=VISIT_ASSIGNED&visit={visit}")),
        (&doctor, "/queue/consultation".to_owned()),
    ];
    let departments =
        [(&admin, nurse), (&admin, "/admin/tariff".to_owned()), (&reception, "/reception?register=new".to_owned())];
    let turn = async |form: &'static str, about: &str| {
        accepted(&admin, "/admin/house", &[("_form", form), ("_about", about)]).await
    };
    for (forms, id, screens) in [
        (["close-room", "open-room"], &room, &rooms[..]),
        (["close-department", "open-department"], &department, &departments[..]),
    ] {
        let choice = format!("value=\"{id}\"");
        for (browser, path) in screens {
            assert!(browser.get(path).await.text.contains(&choice), "{path}");
        }
        let page = turn(forms[0], id).await;
        assert!(page.contains("Closed at: none → ") && page.contains("Open again"), "{page}");
        // The same again changes nothing.
        turn(forms[0], id).await;
        for (browser, path) in screens {
            let page = browser.get(path).await;
            assert_eq!(page.status, StatusCode::OK, "{path}");
            assert!(!page.text.contains(&choice), "{path}");
        }
        // Who works there still does.
        assert!(admin.get(&format!("/admin/people/{}", doctor.person.id)).await.text.contains(&choice));
        turn(forms[1], id).await;
        for (browser, path) in screens {
            assert!(browser.get(path).await.text.contains(&choice), "{path}");
        }
    }
    // What happened there keeps its name.
    house.log(Role::Doctor, &visit, EventType::QueueCalled, json!({ "roomId": house.room })).await;
    turn("close-room", &room).await;
    turn("close-department", &department).await;
    for (browser, path) in [(&reception, "/queue/consultation"), (&doctor, "/doctor")] {
        let page = browser.get(path).await.text;
        assert!(page.contains("Entered") && page.contains("name=\"roomId\""), "{path}: a room is chosen: {page}");
        assert!(!page.contains(&format!("value=\"{room}\"")), "{path}: {page}");
    }
    let page = reception.get(&format!("/visits/{visit}")).await.text;
    assert!(page.contains("Room 1") && page.contains("General Medicine"), "{page}");

    for (aggregate, id) in [("room", &room), ("department", &department)] {
        let event_type = format!("{aggregate}.changed");
        let own = event_types::own().into_iter().find(|own| own.event_type == event_type).expect("a type");
        let validator = event_types::validator(&own.schema).expect("a schema");
        let events = log::stream(&db, &house.tenant.id, aggregate, id).await.expect("a read");
        assert_eq!(events.len(), 3, "closed, opened again and closed");
        for stored in &events {
            assert_eq!(stored.event.event_type, event_type);
            assert_eq!(event_types::misfits(&validator, &stored.event.metadata), []);
        }
        let (closed, opened) = (&events[0].event.metadata, &events[1].event.metadata);
        assert!(closed["before"]["closedAt"].is_null() && closed["after"]["closedAt"].is_string(), "{closed}");
        assert_eq!((&opened["before"], &opened["after"]), (&closed["after"], &closed["before"]));
    }
}
