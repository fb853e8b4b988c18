//! Stories of what the analytics print: held against hand and SQL, with the visits behind each figure.

use chrono::TimeDelta;
use serde_json::json;
use sojourn::db::{Db, commit, new_id};
use sojourn::hospital::departments::{self, NewDepartment};
use sojourn::journey::events::EventType::{self, *};
use sojourn::journey::ids::{DepartmentId, TestId, VisitId};
use sojourn::journey::words::{Role, Word};
use sojourn::language::say;
use sojourn::log::refused::{self, RefusedAttempt};
use sojourn::record::Wish;
use sojourn::screens::analytics::charts::short;

use super::Browser;
use super::analytics::{between, flow};
use crate::measures::ask;
use crate::support::flow::standard;
use crate::support::house::House;
use crate::support::stories;

stories! {
    the_pages_answer_the_three_questions_as_the_documented_sql_does,
    each_tile_has_its_definition_within,
    each_day_stands_beside_the_one_before,
    a_row_of_a_table_leads_to_its_visits,
    two_bills_of_three_visits_are_of_few,
    what_is_furthest_past_its_target_is_listed_first,
    the_table_of_now_has_all_that_is_drawn,
    steps_losses_reasons_paths_and_flows_lead_to_their_visits,
    a_type_of_event_leads_to_the_visits_on_which_it_happened,
    a_bar_of_refusals_leads_to_as_many_attempts,
}

/// What a spreadsheet says, row by row.
async fn rows(manager: &Browser, path: &str) -> Vec<String> {
    let csv = manager.get(path).await;
    assert_eq!(csv.status, 200, "{path}");
    csv.text.lines().map(str::to_owned).collect()
}

async fn the_pages_answer_the_three_questions_as_the_documented_sql_does(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let first = house.tenant.local_day(house.now());
    // On each of two days the doctor takes longer every time.
    for visits in [5, 6] {
        for place in 0..visits {
            let visit = house.register().await;
            for (role, event, metadata) in standard(&house.who(Role::Doctor).id, &house.room) {
                if event == ExitedRoom {
                    house.clock.advance(TimeDelta::minutes(3 * place));
                }
                house.log(role, &visit, event, metadata).await;
            }
        }
        house.clock.advance(TimeDelta::days(1));
    }
    let last = first.succ_opt().expect("the next day");
    house.followed().await;
    let manager = Browser::sign_in(&house, "manager", &[Role::Manager]).await;
    let (days, period) = ((first, last), format!("from={first}&to={last}"));
    let question = async |question: &str| ask(&db, &house.tenant, question, days).await;

    // Five take 1, 4, 7, 10 and 13 minutes, and six one more of 16.
    let mean = question("average consultation time").await.remove(0);
    assert_eq!(mean, ("11".to_owned(), 469));
    let page = manager.get(&format!("/analytics?{period}")).await;
    let tile = between(&page.text, "With the doctor, median", "</a>");
    let printed = format!("mean {} · {} times", short(mean.1), mean.0);
    assert!(tile.contains(&printed), "{printed}: {tile}");
    let groups = rows(&manager, &format!("/analytics/by-department.csv?measure=consultation&{period}")).await;
    let cells: Vec<_> = groups[1].split(',').collect();
    assert_eq!((cells[1], cells[4]), (mean.0.as_str(), mean.1.to_string().as_str()));

    let events = rows(&manager, &format!("/analytics/journeys/events.csv?{period}")).await;
    let of_all = |row: &String| row.split(',').take(2).map(str::to_owned).collect::<Vec<_>>();
    let documented = question("commonest types of event").await;
    let told = |(event, count): &(String, i64)| {
        let title = EventType::from_word(event).map_or(event.clone(), |event| say(event.label()));
        let count = if *count < 5 { "under 5".to_owned() } else { count.to_string() };
        vec![title, count]
    };
    assert!(documented.len() > 10);
    assert_eq!(events[1..].iter().map(of_all).collect::<Vec<_>>(), documented.iter().map(told).collect::<Vec<_>>());

    let registrations = question("registrations each day").await;
    let all: i64 = registrations.iter().map(|(_, count)| count).sum();
    let tile = between(&page.text, "Visits registered", "</a>");
    assert!(tile.contains(&format!(">{all}<")), "{all}: {tile}");
    let heads: Vec<_> = events[0].split(',').skip(2).collect();
    let title = say(VisitRegistered.label());
    let row = events.iter().find(|row| row.starts_with(&format!("{title},"))).expect("registrations");
    let counts = row.split(',').skip(2).map(|count| count.parse::<i64>().expect("a count"));
    let printed: Vec<_> = heads.into_iter().map(str::to_owned).zip(counts).collect();
    assert_eq!(printed, registrations);
    assert_eq!(registrations.iter().map(|(_, count)| *count).collect::<Vec<_>>(), [5, 6]);
}

async fn each_tile_has_its_definition_within(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let manager = Browser::sign_in(&house, "manager", &[Role::Manager]).await;
    let page = manager.get("/analytics").await;
    for (tile, means) in [
        ("Door to doctor, median", "From registration to first entering a consultation room."),
        ("Bill to settlement, median", "From a bill to the moment when nothing was due"),
        ("No-show", "closed because the patient did not come"),
        ("Visits registered", "whose registration was in the period"),
    ] {
        let tile = between(&page.text, &format!("<span class=\"tile-name\">{tile}"), "</li>");
        assert!(tile.contains("<details") && tile.contains(means), "{tile}");
    }
}

async fn each_day_stands_beside_the_one_before(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    for _ in 0..5 {
        flow(&house).await;
    }
    house.clock.advance(TimeDelta::days(1));
    house.register().await;
    house.followed().await;
    let manager = Browser::sign_in(&house, "manager", &[Role::Manager]).await;
    let days = rows(&manager, "/analytics/by-day.csv?period=today").await;
    assert_eq!(days[1], "2026-03-02,0,,,,,under 5,300,5,300,300,100.0");
    let departments = rows(&manager, "/analytics/by-department.csv?period=today").await;
    assert_eq!(departments[1], "General Medicine,0,,,,,under 5,300,5,300,300,100.0");
    let measures = rows(&manager, "/analytics/measures.csv?period=today").await;
    assert_eq!(measures[1], "Door to doctor,0,,,,,under 5,300,5,300,300,100.0");
}

async fn a_row_of_a_table_leads_to_its_visits(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    for _ in 0..5 {
        flow(&house).await;
    }
    house.clock.advance(TimeDelta::days(1));
    house.register().await;
    house.followed().await;
    let manager = Browser::sign_in(&house, "manager", &[Role::Manager]).await;
    let page = manager.get("/analytics?period=7d").await;
    for (panel, address, listed) in [
        ("by-day", "/analytics/visits?from=2026-03-01&to=2026-03-01".to_owned(), "5 times, the longest first"),
        ("by-day", "/analytics/visits?from=2026-03-02&to=2026-03-02".to_owned(), "0 reached, 1 not yet"),
        (
            "by-department",
            format!("/analytics/visits?period=7d&department={}", house.department),
            "5 reached, 1 not yet",
        ),
        ("measures", "/analytics/visits?period=7d&measure=consultation".to_owned(), "5 times, the longest first"),
    ] {
        let drawn = between(&page.text, &format!("id=\"{panel}\""), "</section>");
        assert!(drawn.contains(&format!("href=\"{}\"", address.replace('&', "&amp;"))), "{address}: {drawn}");
        let page = manager.get(&address).await;
        assert!(page.text.contains(listed), "{address}: {}", page.text);
    }
    let narrowed = manager.get(&format!("/analytics?period=7d&department={}", house.department)).await;
    assert_eq!(between(&narrowed.text, "<p class=\"print-only\">", "</p>"), "General Medicine", "paper says so too");
    // Nobody came on the day before.
    assert!(!page.text.contains("/analytics/visits?from=2026-02-28"), "nothing leads to an empty list");
}

async fn two_bills_of_three_visits_are_of_few(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    for _ in 0..3 {
        flow(&house).await;
    }
    house.followed().await;
    let manager = Browser::sign_in(&house, "manager", &[Role::Manager]).await;
    let bills = rows(&manager, "/analytics/by-department.csv?period=today&measure=bill-to-settlement").await;
    assert_eq!(bills[1], "General Medicine,under 5,,,,,0,,0,,,");
    let page = manager.get("/analytics?period=today&measure=bill-to-settlement").await;
    assert!(page.text.contains("6 times"), "in the house it is told");
}

async fn what_is_furthest_past_its_target_is_listed_first(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let mut tx = db.begin().await.expect("a transaction");
    let quick = NewDepartment {
        branch_id: house.branch.clone(),
        name: "Quick Care".to_owned(),
        token_prefix: "Q".to_owned(),
        target_minutes: 5,
    };
    let quick = departments::add(&mut tx, &house.tenant.id, quick).await.expect("a department").id;
    commit(tx).await.expect("it is written");
    let seen_after = async |visit: &VisitId, minutes| {
        house.clock.advance(TimeDelta::minutes(minutes));
        let doctor = &house.who(Role::Doctor).id;
        house.log(Role::Receptionist, visit, QueueJoined, json!({ "doctorId": doctor })).await;
        house.log(Role::Doctor, visit, QueueCalled, json!({ "roomId": house.room })).await;
        house.log(Role::Doctor, visit, EnteredRoom, json!({ "roomId": house.room })).await;
        house.log(Role::Doctor, visit, ExitedRoom, json!({})).await;
    };
    // Forty minutes where thirty are meant, thirty where five are.
    let long = house.register().await;
    seen_after(&long, 40).await;
    let late: VisitId = new_id();
    let registration = json!({ "patientId": house.patient, "departmentId": quick });
    house
        .record(Role::Receptionist, vec![Wish::new(Some(late.clone()), VisitRegistered, registration)])
        .await
        .expect("it");
    seen_after(&late, 30).await;
    house.followed().await;
    let manager = Browser::sign_in(&house, "manager", &[Role::Manager]).await;
    let order = async |path: &str| {
        let page = manager.get(&format!("/analytics/{path}?period=today")).await;
        let list = between(&page.text, "aria-labelledby=\"listed\"", "</section>").to_owned();
        [&late, &long].map(|visit| list.find(&format!("/visits/{visit}")).expect("it is listed"))
    };
    let [late_at, long_at] = order("breaches").await;
    assert!(late_at < long_at, "the furthest over its target is first");
    let [late_at, long_at] = order("visits").await;
    assert!(long_at < late_at, "the longest is first");
}

async fn the_table_of_now_has_all_that_is_drawn(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    // Called, seen, and sent to the lab for five tests, which are of one visit; then somebody waits for forty minutes.
    let visit = house.register().await;
    for (role, event, metadata) in standard(&house.who(Role::Doctor).id, &house.room).into_iter().take(7) {
        house.log(role, &visit, event, metadata).await;
    }
    let test = |_| json!({ "testId": new_id::<TestId>(), "code": "CBC", "name": "Blood count", "price": 30_000 });
    let tests: Vec<_> = (0..5).map(test).collect();
    house.log(Role::Doctor, &visit, TestsOrdered, json!({ "tests": tests })).await;
    let waiting = house.register().await;
    house.log(Role::Receptionist, &waiting, QueueJoined, json!({})).await;
    house.clock.advance(TimeDelta::minutes(40));
    house.followed().await;
    let manager = Browser::sign_in(&house, "manager", &[Role::Manager]).await;
    let told = rows(&manager, "/analytics/now.csv").await;
    assert_eq!(
        told[1..],
        [
            "Waiting,Consultation,General Medicine,under 5,,under 5,,",
            "Called within the last hour,Consultation,,under 5,,,,",
            "Called within the last hour,Lab,,0,,,,",
            "Called within the last hour,Billing,,0,,,,",
            "Doctor in session,,The doctor,,,,,",
            "Tests in the lab,Lab,Ordered,under 5,,,,",
        ]
    );
    let page = manager.get("/analytics").await;
    let table = between(&page.text, "Called within the last hour", "</tr>");
    assert!(table.contains("3 min"), "in the house its median is told: {table}");
    assert!(between(&page.text, "Doctor in session", "</tr>").contains("–"), "what cannot be told is a dash");
    let backlog = between(&page.text, "Tests in the lab, by stage", "</ul>");
    assert!(backlog.contains(">5<"), "and how many tests there are: {backlog}");
    // The lab works for all: beside what is narrowed that is said.
    let beside = |text: &str| between(text, "Tests in the lab, by stage", "</div>").contains("of the whole hospital");
    assert!(!beside(&page.text), "nothing is narrowed");
    let elsewhere = format!("department={}", new_id::<DepartmentId>());
    assert!(beside(&manager.get(&format!("/analytics?{elsewhere}")).await.text));
    let told = rows(&manager, &format!("/analytics/now.csv?{elsewhere}")).await;
    let lab = "\"Tests in the lab, of the whole hospital\",Lab,Ordered,under 5,,,,";
    assert!(told.iter().any(|row| row == lab), "{told:?}");
}

async fn steps_losses_reasons_paths_and_flows_lead_to_their_visits(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let seen = flow(&house).await;
    let left = house.register().await;
    house.log(Role::Receptionist, &left, QueueJoined, json!({})).await;
    house.log(Role::Receptionist, &left, VisitCancelled, json!({ "reason": "went home & slept." })).await;
    house.followed().await;
    let manager = Browser::sign_in(&house, "manager", &[Role::Manager]).await;
    let journeys = manager.get("/analytics/journeys?period=today").await;
    for (asked, listed) in [
        ("event=ENTERED_ROOM", [true, false]),
        ("event=REPORT_GENERATED", [true, false]),
        ("among=unseen", [false, true]),
        ("lost=CANCELLED", [false, true]),
        ("reason=CANCELLED.Went%20home%20%26%20slept", [false, true]),
        ("path=REGISTRATION.QUEUE.CANCELLED", [false, true]),
        ("flow=0.REGISTRATION.QUEUE", [true, true]),
        ("flow=1.QUEUE.BILLING", [true, false]),
        ("among=paid", [true, false]),
        ("among=refunded", [false, false]),
        ("among=owing", [false, false]),
    ] {
        assert!(journeys.text.contains(&format!("{asked}\"")), "{asked} is linked to: {}", journeys.text);
        let page = manager.get(&format!("/analytics/visits?period=today&{asked}")).await;
        assert_eq!(page.status, 200, "{asked}");
        assert_eq!([&seen, &left].map(|visit| page.text.contains(&format!("/visits/{visit}"))), listed, "{asked}");
    }
    // Other days may be chosen for the same reason.
    let page = manager.get("/analytics/visits?period=today&reason=CANCELLED.Went%20home%20%26%20slept").await;
    assert!(page.text.contains("value=\"CANCELLED.Went home &amp; slept\""), "{}", page.text);
    // What cannot be is left out.
    let page = manager.get("/analytics/visits?period=today&path=REGISTRATION.NOWHERE").await;
    assert!(page.text.contains(&format!("/visits/{seen}")) && page.text.contains(&format!("/visits/{left}")));
}

async fn a_type_of_event_leads_to_the_visits_on_which_it_happened(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let seen = flow(&house).await;
    let waiting = house.register().await;
    house.log(Role::Receptionist, &waiting, QueueJoined, json!({})).await;
    house.followed().await;
    let manager = Browser::sign_in(&house, "manager", &[Role::Manager]).await;
    // The panel is of the whole hospital, and so are its links, whatever department is looked at.
    let elsewhere = format!("/analytics/journeys?period=today&department={}", new_id::<DepartmentId>());
    let page = manager.get(&elsewhere).await;
    let panel = between(&page.text, "id=\"events\"", "</section>");
    for (event, events, said, listed) in [
        // Two payments of one visit.
        ("PAYMENT_RECEIVED", ">2<", "1 visit", [true, false]),
        ("QUEUE_JOINED", ">2<", "2 visits", [true, true]),
        ("ENTERED_ROOM", ">1<", "1 visit", [true, false]),
    ] {
        let address = format!("/analytics/visits?period=today&event={event}");
        let bar = between(panel, &format!("{}\"", address.replace('&', "&amp;")), "</li>");
        assert!(bar.contains(events) && bar.contains(said), "{event}: {bar}");
        let page = manager.get(&address).await;
        assert!(page.text.contains(&format!("{said}, the longest first")), "{event}: {}", page.text);
        assert_eq!([&seen, &waiting].map(|visit| page.text.contains(&format!("/visits/{visit}"))), listed, "{event}");
    }
    assert!(!panel.contains("event=patient"), "a patient is registered on no visit: {panel}");
}

async fn a_bar_of_refusals_leads_to_as_many_attempts(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let other = House::open(&db, "Lake Hospital").await;
    let (first, second, foreign) = (house.register().await, house.register().await, other.register().await);
    house.refused(Role::Receptionist, &first, ExitedRoom, json!({})).await;
    house.refused(Role::Doctor, &second, ExitedRoom, json!({})).await;
    house.refused(Role::Doctor, &second, QueueJoined, json!({})).await;
    other.refused(Role::Doctor, &foreign, ExitedRoom, json!({})).await;
    // A program went on and on, about visits that nobody knows.
    let attempt = |_| RefusedAttempt {
        id: new_id(),
        visit_id: Some(new_id()),
        event_type: ExitedRoom.word().to_owned(),
        code: "NOT_IN_ROOM".to_owned(),
        detail: "The patient is not in a room.".to_owned(),
        facts: json!({}),
        person_id: new_id(),
        attempted_at: house.now(),
        batch_index: None,
    };
    let attempts: Vec<_> = (0..201).map(attempt).collect();
    let mut tx = db.begin().await.expect("a transaction");
    refused::keep(&mut tx, &house.tenant.id, &attempts).await.expect("they are kept");
    commit(tx).await.expect("it is written");
    let manager = Browser::sign_in(&house, "manager", &[Role::Manager]).await;
    let journeys = manager.get("/analytics/journeys?period=today").await;
    let panel = between(&journeys.text, "id=\"refusals\"", "</section>");
    assert!(panel.contains("aria-label=\"Refused attempts: "), "{panel}");
    let list = async |asked: &str| {
        let page = manager.get(&format!("/analytics/refused?{asked}")).await;
        assert_eq!(page.status, 200, "{asked}");
        between(&page.text, "aria-labelledby=\"listed\"", "</section>").to_owned()
    };
    let rows = |list: &str| list.matches("scope=\"row\"").count();
    let linked = |list: &str| [&first, &second, &foreign].map(|visit| list.contains(&format!("/visits/{visit}\"")));
    for (asked, who, listed) in [
        ("rule=NOT_IN_ROOM&role=RECEPTIONIST", "The receptionist", [true, false, false]),
        ("rule=NOT_IN_ROOM&role=DOCTOR", "The doctor", [false, true, false]),
        ("rule=ROLE_NOT_ALLOWED&role=DOCTOR", "The doctor", [false, true, false]),
    ] {
        let address = format!("period=today&{asked}");
        let bar = between(panel, &format!("/analytics/refused?{}\"", address.replace('&', "&amp;")), "</li>");
        assert!(bar.contains(">1<"), "{asked}: {bar}");
        let list = list(&address).await;
        assert_eq!((rows(&list), linked(&list)), (1, listed), "{asked}: {list}");
        assert!(list.contains(who) && list.contains("C-00"), "{asked}: {list}");
    }
    let programs = "period=today&rule=NOT_IN_ROOM&role=program";
    let bar = between(panel, &format!("/analytics/refused?{}\"", programs.replace('&', "&amp;")), "</li>");
    assert!(bar.contains(">201<"), "{bar}");
    let page = list(programs).await;
    assert!(rows(&page) == 200 && page.contains("page=2") && !page.contains("/visits/"), "{page}");
    assert_eq!(rows(&list(&format!("{programs}&page=2")).await), 1);
    // What is no rule and no role narrows nothing; whatever visits are looked at, the attempts are the same.
    let all = format!("period=today&rule=NOTHING&role=KING&department={}&page=2", new_id::<DepartmentId>());
    let page = list(&all).await;
    assert!(rows(&page) == 4 && page.contains("204 attempts"), "{page}");
    assert!(list("period=yesterday").await.contains("Nothing was refused."));
}
