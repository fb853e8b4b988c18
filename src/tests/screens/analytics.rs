//! Stories of the analytics: figures that are right, told to managers alone, masked in what leaves the house.

use chrono::TimeDelta;
use serde_json::json;
use sojourn::analytics::Kept;
use sojourn::db::{Db, new_id};
use sojourn::digest::digest;
use sojourn::hospital::digests;
use sojourn::journey::events::EventType::*;
use sojourn::journey::ids::{DepartmentId, FollowUpId, VisitId};
use sojourn::journey::words::Role;
use sojourn::log::{self, Filter};
use sojourn::record::Wish;

use super::Browser;
use crate::support::flow::standard;
use crate::support::house::House;
use crate::support::stories;

stories! {
    a_manager_sees_where_patients_wait,
    what_happens_meanwhile_is_in_the_next_answer,
    only_managers_see_it,
    half_made_figures_say_so,
    a_panel_lists_the_visits_in_it,
    follow_ups_are_kept_or_missed,
    what_few_visits_tell_stays_in_the_house,
    targets_are_set_with_their_events,
    the_digest_names_nobody_and_masks_few,
    the_page_speaks_hindi_and_the_spreadsheet_does_not,
}

pub(super) async fn flow(house: &House) -> VisitId {
    let visit = house.register().await;
    for (role, event, metadata) in standard(&house.who(Role::Doctor).id, &house.room) {
        house.log(role, &visit, event, metadata).await;
    }
    visit
}

/// What a text says between two others.
pub(super) fn between<'a>(text: &'a str, begin: &str, end: &str) -> &'a str {
    let (_, rest) = text.split_once(begin).unwrap_or_else(|| panic!("{begin} is on the page: {text}"));
    rest.split_once(end).map_or(rest, |(found, _)| found)
}

async fn a_manager_sees_where_patients_wait(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    for _ in 0..5 {
        flow(&house).await;
    }
    let left = house.register().await;
    house.log(Role::Receptionist, &left, QueueJoined, json!({})).await;
    house.clock.advance(TimeDelta::minutes(40));
    house.followed().await;
    let manager = Browser::sign_in(&house, "manager", &[Role::Manager]).await;
    let page = manager.get("/analytics?period=today").await;
    assert_eq!(page.status, 200);
    let heard = between(&page.text, "data-address=\"", "\"");
    assert_eq!(heard.matches("lab").count(), 2, "the queue before the lab, and the tests in it: {heard}");
    // Every visit enters the room five minutes after its registration; the sixth has not yet.
    let tile = between(&page.text, "Door to doctor, median", "</li>");
    assert!(tile.contains("5 min") && tile.contains("100 % in target") && tile.contains("1 not reached"), "{tile}");
    let now = "1 visit is past its target. Longest wait: C-006, 40 min for the doctor.";
    assert!(page.text.contains(now), "the one who waits is told of: {}", page.text);
    let csv = manager.get("/analytics/by-department.csv?period=today").await;
    let mut lines = csv.text.lines();
    assert_eq!(
        lines.next(),
        Some(
            "department,count,\"median, seconds\",\"90th percentile, seconds\",\"mean, seconds\",\
             \"within target, per cent\",not reached,\"median before, seconds\",count before,\
             \"90th percentile before, seconds\",\"mean before, seconds\",\"within target before, per cent\""
        )
    );
    assert_eq!(lines.next(), Some("General Medicine,5,300,300,300,100.0,under 5,,0,,,"));
    // The bills of a visit: two, each settled after a minute.
    let csv = manager.get("/analytics/by-doctor.csv?period=today&measure=bill-to-settlement").await;
    assert!(csv.text.contains("The doctor,10,60,60,60,,0"), "{}", csv.text);
    let few = manager.get("/analytics/by-hour.csv?period=today&measure=consultation-wait&visitType=OPD").await;
    assert!(few.text.contains("Sunday,"), "{}", few.text);
    let head = few.text.lines().next().unwrap_or_default();
    assert!(
        head.contains("not reached,\"median before, seconds\",count before,"),
        "each hour beside the one before: {head}"
    );
    let journeys = manager.get("/analytics/journeys?period=today").await;
    assert_eq!(journeys.status, 200);
    assert!(journeys.text.contains("Commonest paths") && journeys.text.contains("₹4,000 taken"), "{}", journeys.text);
    let listed = manager.get("/analytics/visits?period=today&measure=door-to-doctor").await;
    assert!(listed.text.contains("Asha Rao") && listed.text.contains("not reached"));
    assert!(listed.text.contains("5 reached, 1 not yet"), "{}", listed.text);
    assert!(listed.text.contains("From registration to first entering a consultation room."), "what that means");
    assert_eq!(manager.get("/analytics/nothing.csv").await.status, 404);
    let visit = manager.get(&format!("/visits/{left}")).await;
    let peers = between(&visit.text, "Compared with similar visits", "</section>");
    assert!(peers.contains("5 other visits of this department"), "{peers}");
    // They entered the room after five minutes, settled two bills in a minute each, left after eighteen; this one did nothing.
    for (measure, others) in [
        ("Door to doctor", "5 min"),
        ("With the doctor", "1 min"),
        ("Bill to settlement", "2 min"),
        ("Whole visit", "18 min"),
    ] {
        let row = between(peers, measure, "</tr>");
        assert!(row.contains("–") && row.contains(others), "{measure}: {row}");
    }
}

async fn the_page_speaks_hindi_and_the_spreadsheet_does_not(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    for _ in 0..5 {
        flow(&house).await;
    }
    house.followed().await;
    let manager = Browser::sign_in(&house, "manager", &[Role::Manager]).await;
    let manager = Browser { cookie: format!("{}; language=hi", manager.cookie), ..manager };
    let page = manager.get("/analytics?period=today&measure=consultation-wait").await;
    for words in ["मरीज़ कहाँ इंतज़ार करते हैं", "डॉक्टर का इंतज़ार, मीडियन", "5 बार", "रविवार", "विभाग के अनुसार"]
    {
        assert!(page.text.contains(words), "{words}: {}", page.text);
    }
    let journeys = manager.get("/analytics/journeys?period=today").await;
    assert!(journeys.text.contains("1 ही रास्ता है, ख़त्म हुई विज़िट का 100 %"), "{}", journeys.text);
    let csv = manager.get("/analytics/by-hour.csv?period=today&measure=consultation-wait").await;
    let mut lines = csv.text.lines();
    assert!(lines.next().is_some_and(|head| head.starts_with("weekday,hour,count,")), "{}", csv.text);
    assert!(lines.next().is_some_and(|line| line.starts_with("Sunday,")), "{}", csv.text);
}

async fn what_happens_meanwhile_is_in_the_next_answer(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    flow(&house).await;
    house.followed().await;
    let manager = Browser::sign_in(&house, "manager", &[Role::Manager]).await;
    let csv = |text: &str| text.lines().nth(1).map(str::to_owned);
    let path = "/analytics/journeys/funnel.csv?period=today";
    assert_eq!(csv(&manager.get(path).await.text).as_deref(), Some("Registered,under 5,"));
    for _ in 0..4 {
        flow(&house).await;
    }
    house.followed().await;
    // The manager was idle for too long; the server is the same.
    let manager = Browser::sign_in_at(&house, manager.router, "manager.again", &[Role::Manager]).await;
    assert_eq!(csv(&manager.get(path).await.text).as_deref(), Some("Registered,5,100.0"));
}

async fn only_managers_see_it(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let doctor = Browser::sign_in(&house, "doctor", &[Role::Doctor]).await;
    for path in ["", "/journeys", "/visits", "/follow-ups", "/refused", "/targets", "/now.csv"] {
        let path = format!("/analytics{path}");
        assert_eq!(doctor.get(&path).await.status, 403, "{path}");
    }
    let manager = Browser::sign_in(&house, "manager", &[Role::Manager]).await;
    // A house without a visit has its page too.
    for path in ["/analytics", "/analytics?period=84d&measure=lab-wait", "/analytics/journeys", "/analytics/breaches"] {
        assert_eq!(manager.get(path).await.status, 200, "{path}");
    }
}

async fn half_made_figures_say_so(db: Db) {
    use sojourn::analytics::Behind;
    use sojourn::projections::following;
    use sojourn::projections::measures::VisitMeasures;

    let house = House::open(&db, "City Hospital").await;
    flow(&house).await;
    house.followed().await;
    let manager = Browser::sign_in(&house, "manager", &[Role::Manager]).await;
    assert!(!manager.get("/analytics").await.text.contains("These figures"));
    following::pause(&db, &house.tenant.id, &VisitMeasures, house.now()).await.expect("it is paused");
    house.register().await;
    let said = "These figures stand still: their read model is paused, 1 event behind.";
    for page in ["/analytics", "/analytics/journeys", "/analytics/visits"] {
        let page = manager.get(page).await;
        assert!(page.text.contains(said) && !page.text.contains("/admin/projections"), "{}", page.text);
    }
    let both = Browser::sign_in_at(&house, manager.router, "both", &[Role::Manager, Role::Admin]).await;
    assert!(between(&both.get("/analytics").await.text, said, "</div>").contains("/admin/projections"));
    following::resume(&db, &house.tenant.id, &VisitMeasures, house.now()).await.expect("it goes on");
    assert!(!both.get("/analytics").await.text.contains("These figures"));
    // A few events are taken in within a moment; who has more to do is late.
    let states = following::states(&db, &house.tenant.id, &[&VisitMeasures]).await.expect("the state");
    let mut state = states.into_iter().next().expect("a state");
    state.lag = 1_000;
    assert_eq!(Behind::of(&state), None);
    state.lag += 1;
    assert_eq!(Behind::of(&state), Some(Behind::Late(1_001)));
}

async fn a_panel_lists_the_visits_in_it(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let seen = flow(&house).await;
    let left = house.register().await;
    house.log(Role::Receptionist, &left, QueueJoined, json!({})).await;
    house.log(Role::Receptionist, &left, VisitCancelled, json!({ "reason": "Went home" })).await;
    // Who comes to the lab alone has no way from door to doctor.
    let lab: VisitId = new_id();
    let metadata = json!({ "patientId": house.patient, "visitType": "LAB_ONLY" });
    house.record(Role::Receptionist, vec![Wish::new(Some(lab.clone()), VisitRegistered, metadata)]).await.expect("it");
    house.followed().await;
    let manager = Browser::sign_in(&house, "manager", &[Role::Manager]).await;
    let listed = async |among: &str| {
        let page = manager.get(&format!("/analytics/visits?period=today&{among}")).await;
        assert_eq!(page.status, 200);
        [&seen, &left, &lab].map(|visit| page.text.contains(&format!("/visits/{visit}")))
    };
    assert_eq!(listed("among=all").await, [true, true, true]);
    assert_eq!(listed("among=ended").await, [true, true, false]);
    assert_eq!(listed("among=open").await, [false, false, true]);
    assert_eq!(listed("among=cancelled").await, [false, true, false]);
    assert_eq!(listed("among=paid").await, [true, false, false]);
    assert_eq!(listed("among=skipped").await, [false, false, false]);
    assert_eq!(listed("among=all&visitType=LAB_ONLY").await, [false, false, true]);
    assert_eq!(listed("measure=door-to-doctor").await, [true, true, false]);
    let page = manager.get("/analytics/visits?period=today&among=cancelled").await;
    assert!(page.text.contains("No longer only: Cancelled or moved"), "it is taken away again");
    let journeys = manager.get("/analytics/journeys?period=today").await;
    for among in ["all", "ended", "detoured", "skipped", "no-show", "cancelled", "billed"] {
        assert!(journeys.text.contains(&format!("among={among}")), "{among}");
    }
    // More than a page of them.
    for _ in 0..200 {
        house.register().await;
    }
    house.followed().await;
    let rows = |text: &str| text.matches("scope=\"row\"").count();
    let first = manager.get("/analytics/visits?period=today&among=all").await;
    assert!(first.text.contains("1 to 200 are shown") && first.text.contains("page=2"), "{}", first.text);
    let second = manager.get("/analytics/visits?period=today&among=all&page=2").await;
    assert_eq!((rows(&first.text), rows(&second.text)), (200, 3));
    let long = manager.get("/analytics?from=2024-01-01&to=2026-03-01").await;
    assert!(long.text.contains("Of a longer period, the last 100 days are shown."));
    assert!(!first.text.contains("Of a longer period"));
}

async fn follow_ups_are_kept_or_missed(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let doctor = house.who(Role::Doctor).id.clone();
    let plan = async |hours: i64| {
        let visit = house.register().await;
        for (role, event, metadata) in standard(&doctor, &house.room).into_iter().take(6) {
            house.log(role, &visit, event, metadata).await;
        }
        let due = house.now() + TimeDelta::hours(hours);
        let plan = json!({ "followUpId": new_id::<FollowUpId>(), "dueAt": due, "doctorId": doctor });
        house.log(Role::Doctor, &visit, FollowUpScheduled, plan).await;
        visit
    };
    let first = plan(20).await;
    plan(20).await;
    house.clock.advance(TimeDelta::hours(21));
    let next: VisitId = new_id();
    let metadata = json!({ "patientId": house.patient, "visitType": "FOLLOW_UP", "followUpOf": first });
    house.record(Role::Receptionist, vec![Wish::new(Some(next.clone()), VisitRegistered, metadata)]).await.expect("it");
    house.clock.advance(TimeDelta::hours(24));
    plan(2).await;
    house.followed().await;
    let manager = Browser::sign_in(&house, "manager", &[Role::Manager]).await;
    let journeys = manager.get("/analytics/journeys?period=7d").await;
    let found = "Of 3 that fell due: 1 kept, 1 missed, 1 still to come.";
    assert!(journeys.text.contains(found), "{}", journeys.text);
    let csv = manager.get("/analytics/journeys/follow-ups.csv?period=7d").await;
    assert_eq!(csv.text.lines().nth(1), Some("The doctor,under 5,under 5,under 5,under 5,,0,"));
    let listed = manager.get("/analytics/follow-ups?period=7d").await;
    assert!(listed.text.contains("Asha Rao") && listed.text.contains(&format!("/visits/{next}")));
    let table = between(&listed.text, "<tbody", "</tbody>");
    assert_eq!(table.matches("missed").count(), 1, "{table}");
    assert!(listed.text.contains("missed, what none did by the end of its day"), "and what that means is within reach");
    let elsewhere = format!("/analytics/follow-ups?period=7d&department={}", new_id::<DepartmentId>());
    assert!(manager.get(&elsewhere).await.text.contains("No follow-up fell due in this period."));
    let here = format!("/analytics/follow-ups?period=7d&department={}&doctor={doctor}&visitType=OPD", house.department);
    assert!(manager.get(&here).await.text.contains(&format!("/visits/{next}")));
}

async fn what_few_visits_tell_stays_in_the_house(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    flow(&house).await;
    // Four more are not seen: one value is one visit's, however many have none.
    for _ in 0..4 {
        let left = house.register().await;
        house.log(Role::Receptionist, &left, QueueJoined, json!({})).await;
        house.log(Role::Receptionist, &left, VisitCancelled, json!({ "reason": "Her sister called" })).await;
    }
    house.followed().await;
    let manager = Browser::sign_in(&house, "manager", &[Role::Manager]).await;
    let csv = async |path: &str| {
        let separator = if path.contains('?') { '&' } else { '?' };
        manager
            .get(&format!("/analytics/{path}{separator}period=today"))
            .await
            .text
            .split_once('\n')
            .expect("rows")
            .1
            .to_owned()
    };
    assert_eq!(csv("by-department.csv").await, "General Medicine,under 5,,,,,under 5,,0,,,\n");
    assert_eq!(csv("journeys/reasons.csv").await, "other reasons,Cancelled,under 5\n");
    let revenue = csv("journeys/revenue.csv").await;
    assert!(revenue.ends_with(",,0,0\n"), "{revenue}");
    let detours = csv("journeys/detours.csv").await;
    assert!(detours.contains("Specimen spoilt,0,0.0,0,\n"), "{detours}");
    let events = csv("journeys/events.csv").await;
    assert!(events.contains("under 5") && !events.contains(",1"), "{events}");
}

async fn targets_are_set_with_their_events(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    flow(&house).await;
    house.followed().await;
    let manager = Browser::sign_in(&house, "manager", &[Role::Manager]).await;
    let field = format!("{}.CONSULTATION_WAIT", house.department);
    let set =
        |minutes: &'static str| manager.form("/analytics/targets", &[("act", "targets"), (field.as_str(), minutes)]);
    assert_eq!(manager.send(set("2")).await.status, 303);
    let events = log::page(&db, &house.tenant.id, &Filter::Type("target.changed".to_owned()), None, 10).await;
    let events = events.expect("a page");
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].event.metadata, json!({ "measure": "CONSULTATION_WAIT", "after": 2 }));
    // Three minutes are past two.
    let breaches = manager.get("/analytics/breaches?period=today&measure=consultation-wait").await;
    assert!(breaches.text.contains("Asha Rao"));
    let refused = manager.send(set("0")).await;
    assert_eq!(refused.status, 422);
    assert!(refused.text.contains("must be a number of minutes"));
    // Sent as it stands on the page, what is wrong leads to its field and is said there.
    let sent = [("_form", "targets"), ("_about", ""), ("act", "targets"), (field.as_str(), "0")];
    let refused = manager.send(manager.form("/analytics/targets", &sent)).await;
    // Which department it is of is said too: each has the same measures.
    let words = "Wait for the doctor must be a number of minutes from 1 to 10080 in General Medicine";
    let id = format!("targets--{field}");
    assert!(between(&refused.text, &format!("href=\"#{id}\""), "</li>").contains(words), "{}", refused.text);
    assert!(between(&refused.text, &format!("id=\"{id}-message\""), "</p>").contains(words), "{}", refused.text);
    assert_eq!(manager.send(set("")).await.status, 303);
    let breaches = manager.get("/analytics/breaches?period=today&measure=consultation-wait").await;
    assert!(!breaches.text.contains("Asha Rao"), "the department’s own thirty minutes hold again");
}

async fn the_digest_names_nobody_and_masks_few(db: Db) {
    use sojourn::analytics::waits::Question;
    use sojourn::analytics::{Filter, Period};
    use sojourn::hospital::departments;
    use sojourn::hospital::measure_targets::Targets;

    let house = House::open(&db, "City Hospital").await;
    let manager = Browser::sign_in(&house, "manager", &[Role::Manager]).await;
    let ask = |mail: &'static str| manager.form("/analytics/targets", &[("act", "digest"), ("mail", mail)]);
    assert_eq!(manager.send(ask("nobody")).await.status, 422);
    assert_eq!(manager.send(ask("boss@hospital.example")).await.status, 303);
    let readers = digests::list(&db, &house.tenant.id).await.expect("the readers");
    assert_eq!(readers[0].mail.as_str(), "boss@hospital.example");
    let day = house.tenant.local_day(house.now());
    // Of two who send it, one does.
    let tell = || digests::tell(&db, &house.tenant.id, &manager.person.id, day);
    assert!(tell().await.expect("it is noted"));
    assert!(!tell().await.expect("it was noted"));
    digests::untell(&db, &house.tenant.id, &readers[0]).await.expect("it is taken back");
    assert!(tell().await.expect("it is noted again"));

    let kept = Kept::default();
    let (filter, departments) = (Filter::default(), departments::list(&db, &house.tenant.id).await.expect("them"));
    let targets = Targets::new(&departments, &[]);
    let period = Period::ending(day, 1);
    for (visits, told) in [(1, "Door to doctor: fewer than 5, not told"), (4, "Door to doctor: 5 min at the median")] {
        for _ in 0..visits {
            flow(&house).await;
        }
        house.followed().await;
        let days = kept.days(&db, &house.tenant, &[period, period.before()]).await.expect("the days");
        let question = Question { days: &days, period, filter: &filter, targets: &targets };
        let digest = digest(&house.tenant, day, question, &departments);
        assert!(digest.text.contains(told), "{}", digest.text);
        assert!(!digest.text.contains("Asha"));
    }
}
