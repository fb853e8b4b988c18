//! How long the server takes for each page, while a day goes on and years of visits lie behind it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::header::{CONTENT_TYPE, COOKIE, SET_COOKIE};
use axum::http::{Request, StatusCode};
use chrono::{NaiveDate, TimeDelta, Utc};
use serde_json::json;
use sojourn::clock::Clock;
use sojourn::db::{Db, Engine, Tx, commit};
use sojourn::demo::live_through;
use sojourn::hospital::demo::{self, PASSPHRASE};
use sojourn::hospital::passphrase::Hasher;
use sojourn::hospital::tenants::Tenant;
use sojourn::http::sign_in::Doorkeeper;
use sojourn::http::{AppState, Site, router};
use sojourn::log::AccessLog;
use sojourn::on;
use sojourn::projections::channels::Channels;
use sojourn::projections::visits;
use sojourn::record::Recorder;
use tower::ServiceExt;

use super::{line, percentile, time};

/// How long each page is asked for.
const SPAN: Duration = Duration::from_secs(1);
/// How many visits an earlier day had.
const A_DAY: i64 = 200;

pub async fn measure(db: &Db, visits: i64) {
    let (clock, hasher) = (Clock::system(), Hasher::default());
    let tenant = demo::furnish(db, &hasher, clock.now()).await.expect("the demo").tenant;
    let recorder = Recorder::new(db.clone(), clock.clone());
    live_through(db, &tenant, clock.now()).await.expect("a day");
    let begun = Instant::now();
    for days_ago in 1..=visits / A_DAY {
        earlier_day(db, &tenant, days_ago).await;
    }
    analyse(db).await;
    let today = visits::arrivals(db, &tenant.id, tenant.local_day(clock.now()), None).await.expect("a read");
    // The visit with the longest story.
    let card = today.iter().max_by_key(|card| card.visit.version).expect("a visit of today");
    line("filled in", &format!("{}, {} visits of today", time(begun.elapsed()), today.len()));

    let router = site(db, &clock, &recorder, hasher);
    let pages: [(&str, String); 8] = [
        ("reception", "/reception".to_owned()),
        ("reception", "/reception?q=asha".to_owned()),
        ("nurse", "/queue/consultation".to_owned()),
        ("doctor", "/doctor".to_owned()),
        ("billing", "/billing".to_owned()),
        ("lab", "/lab".to_owned()),
        ("doctor", format!("/visits/{}", card.visit.visit_id)),
        ("doctor", format!("/patients/{}", card.visit.patient_id)),
    ];
    let mut signed_in: Option<(&str, String)> = None;
    for (who, path) in &pages {
        let cookie = match &signed_in {
            Some((name, cookie)) if name == who => cookie.clone(),
            _ => match sign_in(&router, who, PASSPHRASE).await {
                Ok(cookie) => cookie,
                Err(status) => {
                    line(path, &format!("nobody is let in: status {status}"));
                    continue;
                }
            },
        };
        signed_in = Some((who, cookie.clone()));
        let shown = path.replace(card.visit.visit_id.to_string().as_str(), "{id}");
        let shown = shown.replace(card.visit.patient_id.to_string().as_str(), "{id}");
        line(&shown, &ask(&router, path, &cookie).await);
    }
}

/// The whole site on a database.
pub(super) fn site(db: &Db, clock: &Clock, recorder: &Recorder, hasher: Hasher) -> Router {
    let _ = any_spawner::Executor::init_tokio();
    router(AppState {
        db: db.clone(),
        clock: clock.clone(),
        recorder: recorder.clone(),
        kept: sojourn::analytics::Kept::default(),
        channels: Channels::default(),
        accesses: AccessLog::open(db.clone()),
        doorkeeper: Doorkeeper::new(db.clone(), clock.clone(), hasher),
        site: Arc::new(Site::default()),
        demo: true,
        behind_tls: false,
        started: clock.now(),
    })
}

/// Signs somebody in through the form, and gives their cookie.
pub(super) async fn sign_in(router: &Router, name: &str, passphrase: &str) -> Result<String, StatusCode> {
    let request = Request::post("/login")
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header("sec-fetch-site", "same-origin")
        .body(Body::from(format!("name={name}&passphrase={passphrase}")))
        .expect("a request");
    let response = router.clone().oneshot(request).await.expect("an answer");
    let cookie = response.headers().get(SET_COOKIE).and_then(|cookie| cookie.to_str().ok());
    let cookie = cookie.and_then(|cookie| cookie.split(';').next()).map(str::to_owned);
    cookie.filter(|_| response.status().is_redirection()).ok_or(response.status())
}

/// Asks for a page again and again, and says how long it takes.
pub(super) async fn ask(router: &Router, path: &str, cookie: &str) -> String {
    let (started, mut times) = (Instant::now(), Vec::new());
    loop {
        let request = Request::get(path).header(COOKIE, cookie).body(Body::empty()).expect("a request");
        let begun = Instant::now();
        let response = router.clone().oneshot(request).await.expect("an answer");
        let status = response.status();
        let body = to_bytes(response.into_body(), usize::MAX).await.expect("a page");
        times.push(begun.elapsed());
        if status != StatusCode::OK {
            return format!("status {}", status.as_u16());
        }
        if started.elapsed() > SPAN {
            times.sort_unstable();
            let (half, most) = (time(percentile(&times, 50)), time(percentile(&times, 99)));
            return format!("p50 {half:>8}   p99 {most:>8}   {:>4} kB", body.len() / 1_000);
        }
    }
}

/// PostgreSQL counts its rows by itself after a while; here it is asked to, at once.
async fn analyse(db: &Db) {
    if let Engine::Postgres(pool) = &db.write {
        sqlx::query("ANALYZE").execute(pool).await.expect("the rows are counted");
    }
}

/// A number as the 26 digits of an id.
macro_rules! id {
    ($first:literal) => {
        concat!("'", $first, "' || substr('000000000000000000000000' || CAST(n.i AS TEXT), length(CAST(n.i AS TEXT)))")
    };
}

/// Writes the rows of numbers from `$2` to `$3`.
macro_rules! fill {
    ($table:literal, $columns:literal, $($value:expr),* $(,)?) => {
        concat!(
            "INSERT INTO ", $table, " (tenant_id, ", $columns, ") \
             WITH RECURSIVE n(i) AS (SELECT CAST($2 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < $3) SELECT $1",
            $(", ", $value,)* " FROM n"
        )
    };
}

const PATIENTS: &str = fill!(
    "patients",
    "id, mrn, name, sex, birth_date, phone, created_at, name_key, phone_key",
    id!("1"),
    "'P' || CAST(n.i AS TEXT)",
    "'Patient ' || CAST(n.i AS TEXT)",
    "'FEMALE'",
    "$4",
    "'+91 50000 ' || CAST(n.i AS TEXT)",
    "$5",
    "CAST(n.i AS TEXT) || ' patient'",
    "'50000' || CAST(n.i AS TEXT)",
);
const TERMS: &str = fill!("patient_terms", "patient_id, term", id!("1"), "'p' || CAST(n.i AS TEXT)");
const VISITS: &str = fill!(
    "visits",
    "visit_id, patient_id, visit_type, priority, urgency, status, since, calls, token, day, attended, registered_at, \
     ended_at, due, unbilled, version",
    id!("2"),
    id!("1"),
    "'OPD'",
    "'ROUTINE'",
    "2",
    "'COMPLETED'",
    "$4",
    "1",
    "'C-' || CAST(n.i AS TEXT)",
    "$5",
    "$6",
    "$4",
    "$4",
    "0",
    "0",
    "19",
);
const TESTS: &str = fill!(
    "tests",
    "visit_id, test_id, code, name, price, priority, urgency, stage, since, ordered_at, sample_id, recollections, bill_id, \
     paid, results, pending",
    id!("2"),
    id!("3"),
    "'CBC'",
    "'Blood count'",
    "30000",
    "'ROUTINE'",
    "2",
    "'DELIVERED'",
    "$4",
    "$4",
    "'S-' || CAST(n.i AS TEXT)",
    "0",
    id!("4"),
    "$5",
    "$6",
    "$7",
);
const BILLS: &str = fill!(
    "bills",
    "visit_id, bill_id, kind, items, discount, amount, paid, refunded, balance, payments, billed_at, settled_at",
    id!("2"),
    id!("4"),
    "'CONSULTATION'",
    "$5",
    "0",
    "50000",
    "50000",
    "0",
    "0",
    "$5",
    "$4",
    "$4",
);

/// Writes a day that is long over: its visits, each of a patient of its own, with a test and a bill.
async fn earlier_day(db: &Db, tenant: &Tenant, days_ago: i64) {
    let at = Utc::now() - TimeDelta::days(days_ago);
    let (first, last) = (days_ago * A_DAY, (days_ago + 1) * A_DAY - 1);
    let born = NaiveDate::from_ymd_opt(1950, 1, 1).expect("a day") + TimeDelta::days(days_ago * 37 % 25_000);
    let mut tx: Tx = db.begin().await.expect("a transaction");
    on!(&mut tx, connection => {
        let fill = |sql: &'static str| sqlx::query(sql).bind(&tenant.id).bind(first).bind(last);
        fill(PATIENTS).bind(born).bind(at).execute(&mut **connection).await.expect("patients");
        fill(TERMS).execute(&mut **connection).await.expect("terms");
        fill(VISITS).bind(at).bind(tenant.local_day(at)).bind(true).execute(&mut **connection).await.expect("visits");
        let tests = fill(TESTS).bind(at).bind(true).bind(json!([])).bind(false);
        tests.execute(&mut **connection).await.expect("tests");
        fill(BILLS).bind(at).bind(json!([])).execute(&mut **connection).await.expect("bills");
    });
    commit(tx).await.expect("the day is over");
}
