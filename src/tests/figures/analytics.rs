//! The analytics: making the rows from a log, and each panel and page with a month of a large hospital in the period.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Days, Utc};
use sojourn::analytics::facts::Measured;
use sojourn::analytics::now::now;
use sojourn::analytics::waits::{Dimension, Question};
use sojourn::analytics::{Daybook, Facts, Filter, Kept, Period, journeys};
use sojourn::db::Db;
use sojourn::hospital::measure_targets::{self, Targets};
use sojourn::hospital::passphrase::Hasher;
use sojourn::hospital::{branches, departments, people};
use sojourn::journey::course::Measure;
use sojourn::journey::ids::VisitId;
use sojourn::journey::words::Role;
use sojourn::log::refused;
use sojourn::projections::follow_ups::{PlannedOn, became};
use sojourn::projections::open::{self, OpenVisit};
use sojourn::projections::statistics;
use sojourn::record::rebuild::{ReadModel, rebuild};
use sojourn::screens::analytics::asked::{Asked, Names, Preset};
use sojourn::screens::analytics::refused::Attempts;
use sojourn::screens::analytics::{journeys as told, now as now_told, tiles, waits};

use super::large::Large;
use super::{line, pages, percentile, time};
use crate::support::hospital::{PASSPHRASE, person};
use crate::support::house::House;

/// How long each figure is measured.
const SPAN: Duration = Duration::from_millis(500);
/// How many visits a day the log has from which the rows are made again.
const LOGGED_A_DAY: usize = 4_500;
/// How many days it has.
const LOGGED_DAYS: i64 = 4;

/// How fast the rows are made from a log: first those that are written with each event, which others read.
pub async fn rebuilding(db: &Db) {
    let mut large = Large::open(db).await;
    let all = large.log(0..LOGGED_DAYS, LOGGED_A_DAY).await;
    for what in ["made from the log", "made again"] {
        for model in ReadModel::all() {
            let begun = Instant::now();
            rebuild(db, &large.house.tenant, model, large.house.now(), |_| {}).await.expect("they are made");
            let rate = all as f64 / begun.elapsed().as_secs_f64();
            let name = format!("{}, {what}", model.name());
            line(&name, &format!("{rate:.0} events/s, {all} events in {}", time(begun.elapsed())));
        }
    }
}

/// Each panel over a month against the one before, with so many visits a day, and with history before both.
pub async fn panels(db: &Db, a_day: usize, history: u64) {
    let mut large = Large::open(db).await;
    let visit = large.visited().await;
    let today = large.house.tenant.local_day(large.house.now());
    let period = Period::ending(today, 28);
    let begun = Instant::now();
    if history > 0 {
        let end = period.before().from.pred_opt().unwrap_or(today);
        let days = Period { from: end.checked_sub_days(Days::new(history - 1)).unwrap_or(end), to: end };
        large.fill(days, a_day).await;
    }
    large.fill(period.before(), a_day).await;
    large.fill(period, a_day).await;
    large.come_to_today().await;
    line("filled in", &format!("{}, {} events", time(begun.elapsed()), large.position));
    let house = large.house;
    let kept = Kept::default();
    let periods = [period, period.before()];
    let begun = Instant::now();
    let days = kept.days(db, &house.tenant, &periods).await.expect("the days");
    line("read the first time", &time(begun.elapsed()));
    let mut times = Vec::new();
    while times.len() < 20 {
        let begun = Instant::now();
        black_box(kept.days(db, &house.tenant, &periods).await.expect("the days"));
        times.push(begun.elapsed());
    }
    times.sort_unstable();
    line("looked for what happened since", &time(percentile(&times, 50)));
    read(&house, period).await;
    let open = open::at_stations(db, &house.tenant.id).await.expect("a read");
    draw(&days, period, house.now(), &open, &Hospital::of(&house).await);
    pages(&house, &visit).await;
}

/// What things are called in a hospital, and how long they should take.
struct Hospital {
    names: Names,
    targets: Targets,
}

impl Hospital {
    async fn of(House { db, tenant, .. }: &House) -> Self {
        let names = Names {
            branches: branches::list(db, &tenant.id).await.expect("the branches"),
            departments: departments::list(db, &tenant.id).await.expect("the departments"),
            doctors: people::of_role(db, &tenant.id, Role::Doctor).await.expect("the doctors"),
            people: people::names(db, &tenant.id).await.expect("the names"),
        };
        let set = measure_targets::list(db, &tenant.id).await.expect("the targets");
        Self { targets: Targets::new(&names.departments, &set), names }
    }
}

/// The pages, as a manager gets them; that of a visit shows it beside its like.
async fn pages(house: &House, visit: &VisitId) {
    person(&house.db, &house.tenant, "manager", &[Role::Manager]).await;
    let router = pages::site(&house.db, &house.clock.clock(), &house.recorder, Hasher::default());
    let manager = pages::sign_in(&router, "manager", PASSPHRASE).await.expect("the manager is let in");
    let first = pages::ask(&router, "/analytics?period=28d", &manager).await;
    line("/analytics, nothing yet in memory", &first);
    for page in [
        "/analytics",
        "/analytics/journeys",
        "/analytics/visits",
        "/analytics/breaches",
        "/analytics/follow-ups",
        "/analytics/refused",
    ] {
        let address = format!("{page}?period=28d");
        line(&address, &pages::ask(&router, &address, &manager).await);
    }
    line("/visits/{id}, beside its like", &pages::ask(&router, &format!("/visits/{visit}"), &manager).await);
}

/// What panels read of a period beside the days.
async fn read(House { db, tenant, clock, .. }: &House, period: Period) {
    let now = clock.clock().now();
    let moments = |period: Period| tenant.day_bounds(period.from).start..tenant.day_bounds(period.to).end;
    let follow_ups = async |period: Period| {
        became(db, &tenant.id, moments(period), now, PlannedOn::default()).await.expect("they are counted")
    };
    queried("follow-ups", async || {
        black_box(futures::join!(follow_ups(period), follow_ups(period.before())));
    })
    .await;
    queried("refused by rule and person", async || {
        black_box(refused::counts(db, &tenant.id, moments(period)).await.expect("they are counted"));
    })
    .await;
    queried("events by day and type", async || {
        let events = statistics::of_days(db, &tenant.id, period.from, period.to).await;
        black_box(events.expect("they are counted"));
    })
    .await;
    queried("who waits now", async || {
        black_box(open::at_stations(db, &tenant.id).await.expect("a read"));
    })
    .await;
}

async fn queried(name: &str, mut read: impl AsyncFnMut()) {
    let mut times = Vec::new();
    while times.len() < 20 {
        let begun = Instant::now();
        read().await;
        times.push(begun.elapsed());
    }
    times.sort_unstable();
    line(name, &format!("p50 {:>8}", time(percentile(&times, 50))));
}

fn draw(days: &[Arc<Daybook>], period: Period, moment: DateTime<Utc>, open: &[OpenVisit], hospital: &Hospital) {
    let (filter, Hospital { names, targets }) = (Filter::default(), hospital);
    let question = Question { days, period, filter: &filter, targets };
    let measure = Measure::ConsultationWait;
    let preset = Some(Preset::Month);
    let asked = Asked {
        preset,
        period,
        cut: false,
        filter: filter.clone(),
        measure,
        among: None,
        attempts: Attempts::default(),
        hour: None,
        weekday: None,
    };
    let visits = || question.visits_in(period);
    panel("all tiles", || tiles::tiles(question, &question.figures(), &asked).len());
    panel("by hour", || waits::by_hour(question, &asked).sheet.rows.len());
    panel("by doctor", || waits::by(question, names, &asked, Dimension::Doctor).sheet.rows.len());
    let lately = Period::ending(period.to, 2);
    panel("now", || {
        let now = now(open, question.days_in(lately), Vec::new(), (&filter, targets), moment);
        now_told::panel(&now, names, &asked, lately).sheet.rows.len()
    });
    panel("by branch", || waits::by(question, names, &asked, Dimension::Branch).sheet.rows.len());
    panel("by visit type", || waits::by(question, names, &asked, Dimension::VisitType).sheet.rows.len());
    panel("by priority", || waits::by(question, names, &asked, Dimension::Priority).sheet.rows.len());
    panel("by department", || waits::by(question, names, &asked, Dimension::Department).sheet.rows.len());
    panel("day by day", || waits::by_day(question, &asked, None).sheet.rows.len());
    panel("funnel", || {
        waits::funnel(&journeys::funnel(visits()), &journeys::losses(visits()), &asked).sheet.rows.len()
    });
    panel("flows", || told::flows(&journeys::flows(visits(), 6), &asked).sheet.rows.len());
    panel("paths", || told::paths(&journeys::variants(visits()), &asked).sheet.rows.len());
    panel("on how many visits each event happened", || journeys::happened(visits()).len());
    panel("detours", || journeys::detours(visits()).skips.times);
    panel("no-shows", || journeys::no_shows(visits()).len());
    panel("reasons", || told::reasons(&journeys::reasons(visits()), &asked).sheet.rows.len());
    panel("revenue", || journeys::revenue(visits()).len());
    panel("past target", || question.breaches(measure).len());
    panel("the longest", || question.longest(measure, |_, _, _| true, 0..200).1);
    panel("past target, the longest", || {
        let is_late = |_: &Facts, span: &Measured, target: Option<i64>| {
            span.seconds.zip(target).is_some_and(|(took, most)| took > most)
        };
        question.longest(measure, is_late, 0..200).1
    });
}

fn panel(name: &str, draw: impl Fn() -> usize) {
    let (started, mut times) = (Instant::now(), Vec::new());
    while started.elapsed() < SPAN || times.len() < 3 {
        let begun = Instant::now();
        black_box(draw());
        times.push(begun.elapsed());
    }
    times.sort_unstable();
    line(name, &format!("p50 {:>8}   p99 {:>8}", time(percentile(&times, 50)), time(percentile(&times, 99))));
}
