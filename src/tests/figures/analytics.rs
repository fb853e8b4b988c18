//! The analytics: making its rows from the log, and each panel with a month of a large hospital in the period.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Days, TimeDelta, Utc};
use sojourn::analytics::waits::{Dimension, Question};
use sojourn::analytics::{Facts, Filter, Kept, Period, Targets, journeys};
use sojourn::db::{Db, commit, new_id};
use sojourn::hospital::passphrase::Hasher;
use sojourn::journey::course::Measure;
use sojourn::journey::events::EventType;
use sojourn::journey::ids::{Id, PersonId, VisitId};
use sojourn::journey::words::{ActorType, Role, Word};
use sojourn::log::{self, Digest, NewEvent, Salt, StoredEvent};
use sojourn::projections::following::Projection;
use sojourn::projections::measures::VisitMeasures;
use sojourn::record::rebuild::{ReadModel, rebuild};
use sojourn::screens::analytics::asked::{Asked, Names, Preset};
use sojourn::screens::analytics::{journeys as told, tiles, waits};

use super::{line, pages, percentile, time};
use crate::support::flow::standard;
use crate::support::hospital::{PASSPHRASE, person};
use crate::support::house::House;

/// How long each figure is measured.
const SPAN: Duration = Duration::from_millis(500);
/// How many visits the log has from which the rows are made again.
const LOGGED: usize = 5_000;
/// How many doctors there are.
const DOCTORS: u64 = 40;

/// Chance that is the same each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

/// The standard way of a visit on a day, at a pace of its own.
fn way(house: &House, dice: &mut Dice, doctors: &[PersonId], dawn: DateTime<Utc>) -> Vec<NewEvent> {
    let visit: VisitId = new_id();
    let doctor = &doctors[dice.roll(DOCTORS) as usize];
    let mut at = dawn + TimeDelta::minutes(dice.roll(600) as i64);
    let first = [(
        Role::Receptionist,
        EventType::VisitRegistered,
        serde_json::json!({ "patientId": house.patient, "departmentId": house.department }),
    )];
    let mut steps: Vec<_> = first.into_iter().chain(standard(doctor, &house.room)).collect();
    // Some leave before they are seen.
    if dice.roll(20) == 0 {
        steps.truncate(2);
        steps.push((Role::Receptionist, EventType::VisitNoShow, serde_json::json!({})));
    }
    let events = steps.into_iter().zip(1..).map(|((role, event, metadata), version)| {
        at += TimeDelta::seconds(30 + dice.roll(900) as i64);
        NewEvent {
            id: new_id(),
            visit_id: Some(visit.clone()),
            aggregate_type: log::VISIT.to_owned(),
            aggregate_id: visit.as_str().to_owned(),
            version,
            event_type: event.word().to_owned(),
            schema_version: 1,
            description: None,
            metadata,
            tags: Vec::new(),
            actor_type: ActorType::Human,
            performed_by: house.who(role).id.clone(),
            on_behalf_of: None,
            performed_at: at,
            branch_id: Some(house.branch.clone()),
            correlation_id: None,
            causation_id: None,
        }
    });
    events.collect()
}

fn unlinked(event: NewEvent, position: i64) -> StoredEvent {
    let (salt, none) = (Salt::random(), Digest::GENESIS);
    let recorded_at = event.performed_at;
    StoredEvent { event, position, recorded_at, salt, body_digest: none, prev_hash: none, hash: none }
}

/// How fast the rows are made from a log.
pub async fn rebuilding(db: &Db) {
    let house = House::open(db, "City Hospital").await;
    let mut dice = Dice(1);
    let doctors: Vec<PersonId> = (0..DOCTORS).map(|_| new_id()).collect();
    let mut events = Vec::new();
    for _ in 0..LOGGED {
        events.extend(way(&house, &mut dice, &doctors, house.now()));
    }
    // As they come in: of many visits at a time.
    events.sort_by_key(|event| event.performed_at);
    let all = events.len();
    let mut events = events.into_iter().peekable();
    while events.peek().is_some() {
        let mut tx = db.begin().await.expect("a transaction");
        let mut head = log::lock_head(&mut tx, &house.tenant.id).await.expect("the head");
        let page: Vec<_> = events.by_ref().take(5_000).map(|event| head.link(event, Utc::now())).collect();
        log::write(&mut tx, &house.tenant.id, &page).await.expect("they are written");
        log::save_head(&mut tx, &head).await.expect("the head is saved");
        commit(tx).await.expect("it is committed");
    }
    for what in ["rows made from the log", "made again, none differs"] {
        let begun = Instant::now();
        let model = ReadModel::Following(&VisitMeasures);
        rebuild(db, &house.tenant, model, house.now(), |_| {}).await.expect("they are made");
        let rate = all as f64 / begun.elapsed().as_secs_f64();
        line(what, &format!("{rate:.0} events/s, {all} events in {}", time(begun.elapsed())));
    }
}

/// Fills days with visits.
async fn fill(house: &House, period: Period, a_day: usize, position: &mut i64) {
    let mut dice = Dice(position.unsigned_abs() + 7);
    let doctors: Vec<PersonId> = (0..DOCTORS).map(|number| PersonId::from_bits(u128::from(number) + 1)).collect();
    for day in period.each() {
        let dawn = house.tenant.day_bounds(day).start + TimeDelta::hours(8);
        let mut page = Vec::new();
        for _ in 0..a_day {
            for event in way(house, &mut dice, &doctors, dawn) {
                *position += 1;
                page.push(unlinked(event, *position));
            }
        }
        let mut tx = house.db.begin().await.expect("a transaction");
        VisitMeasures.apply(&mut tx, &house.tenant, &page).await.expect("they are taken in");
        commit(tx).await.expect("it is committed");
    }
}

/// Each panel over a month against the one before, with so many visits a day, and with history before both.
pub async fn panels(db: &Db, a_day: usize, history: u64) {
    let house = House::open(db, "City Hospital").await;
    let today = house.tenant.local_day(house.now());
    let period = Period::ending(today, 28);
    let mut position = 0;
    let begun = Instant::now();
    if history > 0 {
        let end = period.before().from.pred_opt().unwrap_or(today);
        let days = Period { from: end.checked_sub_days(Days::new(history - 1)).unwrap_or(end), to: end };
        fill(&house, days, a_day, &mut position).await;
    }
    fill(&house, period.before(), a_day, &mut position).await;
    fill(&house, period, a_day, &mut position).await;
    line("filled in", &format!("{}, {position} events", time(begun.elapsed())));
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
    draw(&days, period);
    pages(&house).await;
}

/// The pages, as a manager gets them.
async fn pages(house: &House) {
    person(&house.db, &house.tenant, "manager", &[Role::Manager]).await;
    let router = pages::site(&house.db, &house.clock.clock(), &house.recorder, Hasher::default());
    let manager = pages::sign_in(&router, "manager", PASSPHRASE).await.expect("the manager is let in");
    for page in ["/analytics", "/analytics/journeys", "/analytics/visits", "/analytics/breaches"] {
        let address = format!("{page}?period=28d");
        line(&address, &pages::ask(&router, &address, &manager).await);
    }
}

fn draw(days: &[Arc<Vec<Facts>>], period: Period) {
    let (filter, targets, names) = (Filter::default(), Targets::default(), Names::default());
    let question = Question { visits: days, period, filter: &filter, targets: &targets };
    let measure = Measure::ConsultationWait;
    let preset = Some(Preset::Month);
    let asked = Asked { preset, period, filter: filter.clone(), measure, hour: None, weekday: None };
    let visits = || question.visits_in(period);
    panel("all tiles", || {
        waits::measures().map(|measure| tiles::tile(question, &asked, measure)).collect::<Vec<_>>().len()
    });
    panel("by hour", || waits::by_hour(question, &asked).sheet.rows.len());
    panel("by doctor", || waits::by(question, &names, &asked, Dimension::Doctor).sheet.rows.len());
    panel("by department", || waits::by(question, &names, &asked, Dimension::Department).sheet.rows.len());
    panel("day by day", || waits::by_day(question, &asked, None).sheet.rows.len());
    panel("funnel", || {
        waits::funnel(&journeys::funnel(visits()), &journeys::losses(visits()), &asked).sheet.rows.len()
    });
    panel("flows", || told::flows(&journeys::flows(visits(), 6), &asked).sheet.rows.len());
    panel("paths", || told::paths(&journeys::variants(visits()), &asked).sheet.rows.len());
    panel("detours", || journeys::detours(visits()).skips);
    panel("no-shows", || journeys::no_shows(visits()).len());
    panel("revenue", || journeys::revenue(visits()).len());
    panel("past target", || question.breaches(measure).len());
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
