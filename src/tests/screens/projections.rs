//! Stories of the read models' screen.

use axum::http::StatusCode;
use sojourn::db::Db;
use sojourn::journey::words::Role;
use sojourn::on;
use sojourn::projections::checkpoint::Condition;
use sojourn::projections::statistics::EventStatistics;
use sojourn::projections::{checkpoint, following};

use super::Browser;
use crate::support::house::House;
use crate::support::stories;

stories! {
    an_administrator_pauses_resumes_and_rebuilds,
    one_that_fails_says_why_and_how_far_it_is_behind,
    it_opens_to_nobody_else,
}

const PATH: &str = "/admin/projections";

async fn an_administrator_pauses_resumes_and_rebuilds(db: Db) {
    const DAMAGE: &str = "UPDATE visits SET reason = 'changed' WHERE tenant_id = $1";
    let house = House::open(&db, "City Hospital").await;
    house.register().await;
    let admin = Browser::sign_in(&house, "admin", &[Role::Admin]).await;
    let press = async |projection: &str, act: &str| {
        let answer = admin.send(admin.form(PATH, &[("projection", projection), ("act", act)])).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        admin.get(&answer.location).await.text
    };
    let state = async || following::states(&db, &house.tenant.id, &[&EventStatistics]).await.expect("states").remove(0);
    let page = press("event_statistics", "pause").await;
    assert!(page.contains("Paused") && page.contains("event_statistics"), "{page}");
    assert_eq!(state().await.state, Condition::Paused);
    press("event_statistics", "resume").await;
    assert_eq!(state().await.state, Condition::Running);
    on!(&db.write, pool => sqlx::query(DAMAGE).bind(&house.tenant.id).execute(pool).await.map(drop)).expect("a row");
    let page = press("journey", "rebuild").await;
    assert!(page.contains("journey was rebuilt. 1 rows differed"), "{page}");
    assert!(press("journey", "rebuild").await.contains("No row differed"));
    let answer = admin.send(admin.form(PATH, &[("projection", "journey"), ("act", "pause")])).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
}

async fn one_that_fails_says_why_and_how_far_it_is_behind(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    for _ in 0..3 {
        house.register().await;
    }
    let admin = Browser::sign_in(&house, "admin", &[Role::Admin]).await;
    let tenant = &house.tenant.id;
    following::pause(&db, tenant, &EventStatistics, house.now()).await.expect("it begins, and is paused");
    following::resume(&db, tenant, &EventStatistics, house.now()).await.expect("it goes on");
    checkpoint::fail(&db, tenant, "event_statistics", 0, "it is broken", house.now()).await.expect("it fails");
    let shown = async || {
        let page = admin.get(PATH).await.text;
        let row = page.split("<tr").find(|row| row.contains("event_statistics")).expect("its row");
        row.split("</tr>").next().unwrap_or_default().to_owned()
    };
    let row = shown().await;
    assert!(row.contains("Failing") && row.contains("it is broken"), "{row}");
    assert!(row.contains("Resume") && row.contains("Pause"), "{row}");
    // Of the position, the head and the lag: all of the log is still to be taken in.
    let cells = row.split("<td").skip(1).filter_map(|cell| cell.split('>').nth(1)?.split('<').next());
    let (cells, head) = (cells.collect::<Vec<_>>(), house.verified().await.to_string());
    assert_eq!(cells[1..4], ["0", head.as_str(), head.as_str()], "{row}");
    let resume = admin.form(PATH, &[("projection", "event_statistics"), ("act", "resume")]);
    assert_eq!(admin.send(resume).await.status, StatusCode::SEE_OTHER);
    let row = shown().await;
    assert!(row.contains("Running") && !row.contains("it is broken"), "{row}");
}

async fn it_opens_to_nobody_else(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let manager = Browser::sign_in(&house, "manager", &[Role::Manager]).await;
    assert_eq!(manager.get(PATH).await.status, StatusCode::FORBIDDEN);
    let posted = manager.form(PATH, &[("projection", "event_statistics"), ("act", "pause")]);
    assert_eq!(manager.send(posted).await.status, StatusCode::FORBIDDEN);
}
