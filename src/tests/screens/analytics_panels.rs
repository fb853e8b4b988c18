//! Stories of all panels: each with its finding, its table, its definition, what is in it and a spreadsheet; and of the tiles above.

use chrono::TimeDelta;
use serde_json::json;
use sojourn::db::{Db, new_id};
use sojourn::hospital::branches;
use sojourn::journey::events::EventType::{self, *};
use sojourn::journey::ids::{BillId, BranchId, VisitId};
use sojourn::journey::words::Role;

use super::Browser;
use super::analytics::{between, flow};
use crate::support::flow::standard;
use crate::support::house::House;
use crate::support::stories;

stories! {
    each_panel_says_what_it_found_and_means_and_holds,
    each_tile_says_how_it_changed,
    what_is_given_back_and_still_due_is_in_the_revenue,
    a_cell_of_the_hours_leads_to_the_visits_that_began_then,
    an_hour_that_was_measured_before_stays_in_the_table,
    what_few_visits_changed_makes_no_headline,
}

async fn each_panel_says_what_it_found_and_means_and_holds(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    for _ in 0..5 {
        flow(&house).await;
    }
    let doctor = json!({ "doctorId": house.who(Role::Doctor).id });
    for ending in [None, Some((VisitNoShow, json!({}))), Some((VisitCancelled, json!({ "reason": "Went home" })))] {
        let visit = house.register().await;
        house.log(Role::Receptionist, &visit, QueueJoined, doctor.clone()).await;
        match ending {
            Some((event, metadata)) => drop(house.log(Role::Receptionist, &visit, event, metadata).await),
            None => drop(house.refused(Role::Receptionist, &visit, ExitedRoom, json!({})).await),
        }
    }
    house.followed().await;
    let branch = branches::list(&db, &house.tenant.id).await.expect("the branches").remove(0).name;
    let manager = Browser::sign_in(&house, "manager", &[Role::Manager]).await;
    // What the first row of a spreadsheet says, where no other story asks.
    let as_one = |name: &str| format!("{name},5,300,300,300,100.0,under 5,,0,,,");
    let waits = [
        ("by-hour", None),
        ("measures", None),
        ("by-doctor", None),
        ("funnel", None),
        ("now", None),
        ("by-day", None),
        ("by-department", None),
        ("by-branch", Some(as_one(&branch))),
        ("by-visit-type", Some(as_one("Out-patient"))),
        ("by-priority", Some(as_one("Routine"))),
    ];
    let way = "Registered > Queue > Billing > Queue > Doctor > Billing > Lab > Report > Completed";
    let journeys = [
        ("flows", Some("1,Registered,Queue,8".to_owned())),
        ("paths", Some(format!("{way},5,,1080,1080"))),
        ("funnel", None),
        ("detours", None),
        ("no-shows", Some("The doctor,under 5,7,".to_owned())),
        ("follow-ups", None),
        ("reasons", None),
        ("revenue", None),
        ("refusals", None),
        ("events", None),
    ];
    for (path, panels) in [("/analytics", &waits[..]), ("/analytics/journeys", &journeys[..])] {
        let page = manager.get(&format!("{path}?period=today")).await;
        assert_eq!(page.status, 200, "{path}");
        assert_eq!(page.text.matches("panel-finding").count(), panels.len(), "{path}");
        for (id, row) in panels {
            let panel = between(&page.text, &format!("aria-labelledby=\"{id}\""), "</section>");
            assert!(between(panel, "panel-finding\">", "</p>").ends_with('.'), "{id}: {panel}");
            let (_, foot) = panel.split_once("panel-foot").expect("a foot");
            assert!(foot.contains("<table") && foot.contains("What it means"), "{id}: {foot}");
            assert!(between(foot, "<p class=\"secondary\">", "</p>").len() > 40, "{id} is defined: {foot}");
            let (_, links) = foot.split_once("panel-links").expect("links");
            let links = links.split("href=\"/").skip(1).map(|rest| between(rest, "", "\"").replace("&amp;", "&"));
            let links: Vec<_> = links.map(|rest| format!("/{rest}")).collect();
            let csv = format!("{path}/{id}.csv?period=today");
            assert!(links.len() == 2 && links[1] == csv, "{id}: {links:?}");
            assert_eq!(manager.get(&links[0]).await.status, 200, "{}", links[0]);
            let sheet = manager.get(&csv).await;
            assert_eq!(sheet.status, 200, "{csv}");
            assert!(!sheet.text.contains("Asha"), "{csv} names nobody: {}", sheet.text);
            if let Some(row) = row {
                assert_eq!(sheet.text.lines().nth(1), Some(row.as_str()), "{csv}: {}", sheet.text);
            }
        }
    }
    let refusals = manager.get("/analytics/journeys/refusals.csv?period=today").await;
    assert!(refusals.text.ends_with(",receptionist,under 5\n"), "{}", refusals.text);
}

/// A visit of the standard way, on which some steps come so many minutes later.
async fn late(house: &House, by: &[(EventType, i64)]) {
    let visit = house.register().await;
    for (role, event, metadata) in standard(&house.who(Role::Doctor).id, &house.room) {
        let minutes = by.iter().filter(|(late, _)| *late == event).map(|(_, minutes)| minutes).sum();
        house.clock.advance(TimeDelta::minutes(minutes));
        house.log(role, &visit, event, metadata).await;
    }
}

async fn each_tile_says_how_it_changed(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    // In the room from minute five to six, and eighteen from order to report; a day later from eight to eleven, and eight.
    for _ in 0..2 {
        late(&house, &[(ReportGenerated, 10)]).await;
    }
    house.clock.advance(TimeDelta::days(1));
    for _ in 0..3 {
        late(&house, &[(QueueCalled, 3), (ExitedRoom, 2)]).await;
    }
    let missed = house.register().await;
    house.log(Role::Receptionist, &missed, VisitNoShow, json!({})).await;
    house.followed().await;
    let manager = Browser::sign_in(&house, "manager", &[Role::Manager]).await;
    let page = manager.get("/analytics?period=today").await;
    for (name, class, says) in [
        ("Door to doctor, median", "change change-worse", [">8 min<", "up by", ">3 min<"]),
        ("With the doctor, median", "change", [">3 min<", "up by", ">2 min<"]),
        ("Order to report, median", "change change-better", [">8 min<", "down by", ">10 min<"]),
        ("Bill to settlement, median", "change", [">1 min<", "=", ">as the day before<"]),
        ("Wait for the lab, median", "change", [">–<", "", ">no earlier figure<"]),
        ("No-show", "change change-worse", [">25.0 %<", "up by", ">25.0 points<"]),
        ("Visits registered", "change", [">4<", "up by", ">2<"]),
    ] {
        let tile = between(&page.text, &format!("<span class=\"tile-name\">{name}"), "</a>");
        assert!(tile.contains(&format!("class=\"{class}\"")), "{name}, {class}: {tile}");
        assert!(says.iter().all(|words| tile.contains(words)), "{name}, {says:?}: {tile}");
    }
}

async fn what_is_given_back_and_still_due_is_in_the_revenue(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let mut visits: Vec<VisitId> = Vec::new();
    // Of each kind as many as may leave the house.
    for paid in [30_000, 50_000].repeat(5) {
        let (visit, bill): (_, BillId) = (house.register().await, new_id());
        house.log(Role::Receptionist, &visit, QueueJoined, json!({})).await;
        let billed = json!({ "billId": bill, "items": [{ "description": "Consultation", "amount": 50_000 }] });
        house.log(Role::BillingClerk, &visit, ConsultationBilled, billed).await;
        let payment = json!({ "billId": bill, "amount": paid, "method": "UPI" });
        if paid < 50_000 {
            house.log(Role::BillingClerk, &visit, PaymentPartial, payment).await;
        } else {
            house.log(Role::BillingClerk, &visit, PaymentReceived, payment).await;
            let back = json!({ "billId": bill, "amount": 10_000, "reason": "Charged too much" });
            house.log(Role::Manager, &visit, PaymentRefunded, back).await;
        }
        visits.push(visit);
    }
    house.followed().await;
    let manager = Browser::sign_in(&house, "manager", &[Role::Manager]).await;
    // What was given back is taken off the bill: nothing of it falls due again.
    let csv = manager.get("/analytics/journeys/revenue.csv?period=today").await;
    assert_eq!(csv.text.lines().nth(1), Some("2026-03-01,400000,50000,100000"), "{}", csv.text);
    let page = manager.get("/analytics/journeys?period=today").await;
    let revenue = between(&page.text, "aria-labelledby=\"revenue\"", "</section>");
    assert!(revenue.contains("₹4,000 taken, ₹500 given back, ₹1,000 still to be paid."), "{revenue}");
    for (among, each) in [("paid", [true, true]), ("refunded", [false, true]), ("owing", [true, false])] {
        let page = manager.get(&format!("/analytics/visits?period=today&among={among}")).await;
        let listed: Vec<_> = visits.iter().map(|visit| page.text.contains(&format!("/visits/{visit}"))).collect();
        assert_eq!(listed, each.repeat(5), "{among}");
    }
}

async fn a_cell_of_the_hours_leads_to_the_visits_that_began_then(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let first = flow(&house).await;
    house.clock.advance(TimeDelta::hours(1));
    let urgent: VisitId = new_id();
    let mut registration = house.registration(Some(&urgent));
    registration.metadata["priority"] = json!("URGENT");
    house.record(Role::Receptionist, vec![registration]).await.expect("a registration");
    for (role, event, metadata) in standard(&house.who(Role::Doctor).id, &house.room) {
        house.log(role, &urgent, event, metadata).await;
    }
    house.followed().await;
    let manager = Browser::sign_in(&house, "manager", &[Role::Manager]).await;
    let page = manager.get("/analytics?period=today").await;
    let hours = between(&page.text, "aria-labelledby=\"by-hour\"", "</section>");
    let elsewhere: BranchId = new_id();
    for (asked, is_a_cell, listed) in [
        // Registered at half past seven and a little before nine, on a Sunday.
        ("hour=7&weekday=7".to_owned(), true, [true, false]),
        ("hour=8&weekday=7".to_owned(), true, [false, true]),
        ("hour=8&weekday=1".to_owned(), false, [false, false]),
        ("priority=URGENT".to_owned(), false, [false, true]),
        (format!("branch={}", house.branch), false, [true, true]),
        (format!("branch={elsewhere}"), false, [false, false]),
    ] {
        let address = format!("/analytics/visits?period=today&{asked}");
        let link = format!("href=\"{}\"", address.replace('&', "&amp;"));
        assert_eq!(hours.contains(&link), is_a_cell, "{link}: {hours}");
        let page = manager.get(&address).await;
        assert_eq!([&first, &urgent].map(|visit| page.text.contains(&format!("/visits/{visit}"))), listed, "{asked}");
    }
}

async fn an_hour_that_was_measured_before_stays_in_the_table(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    for _ in 0..5 {
        flow(&house).await;
    }
    // At nine on the day after, somebody waits still.
    house.clock.advance(TimeDelta::days(1));
    let visit = house.register().await;
    house.log(Role::Receptionist, &visit, QueueJoined, json!({})).await;
    house.followed().await;
    let manager = Browser::sign_in(&house, "manager", &[Role::Manager]).await;
    let csv = manager.get("/analytics/by-hour.csv?period=today&measure=consultation-wait").await;
    let rows: Vec<_> = csv.text.lines().skip(1).collect();
    let expected =
        ["Monday,09:00,0,,,,,under 5,,0,,,", "Sunday,07:00,0,,,,,0,,under 5,,,", "Sunday,08:00,0,,,,,0,,under 5,,,"];
    assert_eq!(rows, expected);
    let page = manager.get("/analytics?period=today&measure=consultation-wait").await;
    let hours = between(&page.text, "aria-labelledby=\"by-hour\"", "</section>");
    assert!(hours.contains("hour=9&amp;weekday=1") && !hours.contains("weekday=7"), "nothing of it is listed: {hours}");
}

/// Somebody waits so many minutes to pay, and one more to be called.
async fn wait_to_pay(house: &House, minutes: i64) {
    let (visit, bill): (_, BillId) = (house.register().await, new_id());
    let billed = json!({ "billId": bill, "items": [{ "description": "Consultation", "amount": 50_000 }] });
    house.log(Role::BillingClerk, &visit, ConsultationBilled, billed).await;
    house.log(Role::BillingClerk, &visit, QueueJoined, json!({ "station": "BILLING" })).await;
    house.clock.advance(TimeDelta::minutes(minutes));
    house.log(Role::BillingClerk, &visit, QueueCalled, json!({ "counter": "1" })).await;
    let payment = json!({ "billId": bill, "amount": 50_000, "method": "UPI" });
    house.log(Role::BillingClerk, &visit, PaymentReceived, payment).await;
}

async fn what_few_visits_changed_makes_no_headline(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let mut days = Vec::new();
    for (waiting, minutes) in [(1, 5), (5, 30), (5, 5)] {
        days.push(house.tenant.local_day(house.now()));
        for _ in 0..5 {
            flow(&house).await;
        }
        for _ in 0..waiting {
            wait_to_pay(&house, minutes).await;
        }
        house.clock.advance(TimeDelta::hours(18));
    }
    house.followed().await;
    let manager = Browser::sign_in(&house, "manager", &[Role::Manager]).await;
    for (day, finding) in days.iter().zip([
        "There is too little, now or before, to compare.",
        "At the median, no measure differs by a minute from the period before.",
        "Changed most: Wait to pay, 6 min at the median, 31 min before.",
    ]) {
        let page = manager.get(&format!("/analytics?from={day}&to={day}")).await;
        let measures = between(&page.text, "aria-labelledby=\"measures\"", "</section>");
        assert_eq!(between(measures, "panel-finding\">", "</p>"), finding);
    }
}
