//! The analytics: making its rows from the log, and each panel with a month of a large hospital in the period.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Days, TimeDelta, Utc};
use serde_json::value::to_raw_value;
use sojourn::analytics::now::now;
use sojourn::analytics::waits::{Dimension, Question};
use sojourn::analytics::{Daybook, Filter, Kept, Period, journeys};
use sojourn::db::{Db, commit, new_id};
use sojourn::hospital::measure_targets::Targets;
use sojourn::hospital::passphrase::Hasher;
use sojourn::journey::course::Measure;
use sojourn::journey::events::EventType;
use sojourn::journey::ids::{BranchId, DepartmentId, FollowUpId, Id, PersonId, VisitId};
use sojourn::journey::words::{ActorType, Priority, Role, Station, Status, VisitType, Word};
use sojourn::log::{self, NewEvent, Occurrence};
use sojourn::on;
use sojourn::projections::checkpoint;
use sojourn::projections::follow_ups::{PlannedOn, became};
use sojourn::projections::following::Projection;
use sojourn::projections::measures::VisitMeasures;
use sojourn::projections::open::OpenVisit;
use sojourn::record::rebuild::{ReadModel, rebuild};
use sojourn::screens::analytics::asked::{Asked, Names, Preset};
use sojourn::screens::analytics::{journeys as told, now as now_told, tiles, waits};

use super::{line, pages, percentile, time};
use crate::support::flow::standard;
use crate::support::hospital::{PASSPHRASE, person};
use crate::support::house::House;

/// How long each figure is measured.
const SPAN: Duration = Duration::from_millis(500);
/// How many visits a day the log has from which the rows are made again.
const LOGGED_A_DAY: usize = 4_500;
/// How many days it has.
const LOGGED_DAYS: i64 = 4;
/// How many doctors there are.
const DOCTORS: u64 = 40;
/// How many departments they work in.
const DEPARTMENTS: u64 = 12;
/// How many branches there are.
const BRANCHES: u64 = 3;
/// Why visits are cancelled.
const REASONS: [&str; 4] = ["Went home", "Waited too long", "Came on the wrong day", "Feels better"];
/// How many wait at this moment.
const WAITING: u64 = 400;
/// One of so many visits has a follow-up.
const FOLLOWED_UP: u64 = 5;

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
    let (department, branch) = (one_of::<DepartmentId>(dice, DEPARTMENTS), one_of::<BranchId>(dice, BRANCHES));
    let (visit_type, priority) = (word_of::<VisitType>(dice), word_of::<Priority>(dice));
    let first = [(
        Role::Receptionist,
        EventType::VisitRegistered,
        serde_json::json!({
            "patientId": house.patient, "departmentId": department, "visitType": visit_type, "priority": priority,
        }),
    )];
    let mut steps: Vec<_> = first.into_iter().chain(standard(doctor, &house.room)).collect();
    // Some leave before they are seen.
    if dice.roll(20) == 0 {
        steps.truncate(2);
        steps.push((Role::Receptionist, EventType::VisitNoShow, serde_json::json!({})));
    } else if dice.roll(25) == 0 {
        steps.truncate(2);
        let reason = serde_json::json!({ "reason": REASONS[dice.roll(REASONS.len() as u64) as usize] });
        steps.push((Role::Receptionist, EventType::VisitCancelled, reason));
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
            branch_id: Some(branch.clone()),
            correlation_id: None,
            causation_id: None,
        }
    });
    events.collect()
}

/// One of so many things.
fn one_of<I: Id>(dice: &mut Dice, sides: u64) -> I {
    I::from_bits(u128::from(dice.roll(sides)) + 1)
}

/// One of a vocabulary.
fn word_of<W: Word>(dice: &mut Dice) -> &'static str {
    W::ALL[dice.roll(W::ALL.len() as u64) as usize].word()
}

fn unlinked(event: NewEvent, position: i64) -> Occurrence {
    Occurrence {
        position,
        aggregate_type: event.aggregate_type,
        aggregate_id: event.aggregate_id,
        version: event.version,
        event_type: event.event_type,
        schema_version: event.schema_version,
        metadata: to_raw_value(&event.metadata).expect("it is JSON"),
        performed_by: event.performed_by,
        performed_at: event.performed_at,
        recorded_at: event.performed_at,
        branch_id: event.branch_id,
    }
}

/// How fast the rows are made from a log.
pub async fn rebuilding(db: &Db) {
    let house = House::open(db, "City Hospital").await;
    let mut dice = Dice(1);
    let doctors: Vec<PersonId> = (0..DOCTORS).map(|_| new_id()).collect();
    let mut events = Vec::new();
    for day in 0..LOGGED_DAYS {
        for _ in 0..LOGGED_A_DAY {
            events.extend(way(&house, &mut dice, &doctors, house.now() + TimeDelta::days(day)));
        }
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
        VisitMeasures.apply(&mut tx, &house.tenant, page).await.expect("they are taken in");
        commit(tx).await.expect("it is committed");
        plan(house, &mut dice, dawn, a_day as u64 / FOLLOWED_UP).await;
    }
}

/// Plans follow-ups for a day; of three, a later visit answers two.
async fn plan(house: &House, dice: &mut Dice, dawn: DateTime<Utc>, count: u64) {
    const PLAN: &str = "INSERT INTO follow_ups (tenant_id, visit_id, follow_up_id, patient_id, doctor_id, due_at, reminders, answered_by) \
        VALUES ($1, $2, $3, $4, $5, $6, 0, $7)";
    let mut tx = house.db.begin().await.expect("a transaction");
    for _ in 0..count {
        let (visit, id, doctor): (VisitId, FollowUpId, PersonId) = (new_id(), new_id(), one_of(dice, DOCTORS));
        let answered = (dice.roll(3) > 0).then(new_id::<VisitId>);
        let due = dawn + TimeDelta::minutes(dice.roll(600) as i64);
        on!(&mut tx, connection => sqlx::query(PLAN).bind(&house.tenant.id).bind(&visit).bind(&id).bind(&house.patient)
            .bind(&doctor).bind(due).bind(&answered).execute(&mut **connection).await.map(drop))
        .expect("it is planned");
    }
    commit(tx).await.expect("it is committed");
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
    let mut tx = db.begin().await.expect("a transaction");
    let (name, version) = (VisitMeasures.name(), VisitMeasures.version());
    checkpoint::lock(&mut tx, &house.tenant.id, name, version, house.now()).await.expect("a checkpoint");
    checkpoint::restart(&mut tx, &house.tenant.id, name, version, position, house.now()).await.expect("it is set");
    commit(tx).await.expect("it is committed");
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
    draw(&days, period, house.now());
    follow_ups(&house, period).await;
    pages(&house).await;
}

/// The pages, as a manager gets them.
async fn pages(house: &House) {
    person(&house.db, &house.tenant, "manager", &[Role::Manager]).await;
    let router = pages::site(&house.db, &house.clock.clock(), &house.recorder, Hasher::default());
    let manager = pages::sign_in(&router, "manager", PASSPHRASE).await.expect("the manager is let in");
    let first = pages::ask(&router, "/analytics?period=28d", &manager).await;
    line("/analytics, nothing yet in memory", &first);
    for page in
        ["/analytics", "/analytics/journeys", "/analytics/visits", "/analytics/breaches", "/analytics/follow-ups"]
    {
        let address = format!("{page}?period=28d");
        line(&address, &pages::ask(&router, &address, &manager).await);
    }
}

/// What became of the follow-ups of both periods.
async fn follow_ups(house: &House, period: Period) {
    let mut times = Vec::new();
    let count = async |period: Period| {
        let due = house.tenant.day_bounds(period.from).start..house.tenant.day_bounds(period.to).end;
        became(&house.db, &house.tenant.id, due, house.now(), PlannedOn::default()).await.expect("they are counted")
    };
    while times.len() < 20 {
        let begun = Instant::now();
        black_box(futures::join!(count(period), count(period.before())));
        times.push(begun.elapsed());
    }
    times.sort_unstable();
    line("follow-ups", &format!("p50 {:>8}", time(percentile(&times, 50))));
}

/// Those who wait at this moment.
fn waiting(now: DateTime<Utc>) -> Vec<OpenVisit> {
    let mut dice = Dice(3);
    let one = |_| OpenVisit {
        visit_id: new_id(),
        token: "GEN-1".to_owned(),
        station: Some(Station::ALL[dice.roll(3) as usize]),
        status: Status::Waiting,
        branch_id: Some(one_of(&mut dice, BRANCHES)),
        department_id: Some(one_of(&mut dice, DEPARTMENTS)),
        doctor_id: Some(one_of(&mut dice, DOCTORS)),
        visit_type: VisitType::Opd,
        priority: Priority::Routine,
        since: now - TimeDelta::minutes(dice.roll(120) as i64),
    };
    (0..WAITING).map(one).collect()
}

fn draw(days: &[Arc<Daybook>], period: Period, moment: DateTime<Utc>) {
    let (filter, targets, names) = (Filter::default(), Targets::default(), Names::default());
    let question = Question { days, period, filter: &filter, targets: &targets };
    let measure = Measure::ConsultationWait;
    let preset = Some(Preset::Month);
    let asked =
        Asked { preset, period, cut: false, filter: filter.clone(), measure, among: None, hour: None, weekday: None };
    let visits = || question.visits_in(period);
    panel("all tiles", || tiles::tiles(question, &asked).len());
    panel("by hour", || waits::by_hour(question, &asked).sheet.rows.len());
    panel("by doctor", || waits::by(question, &names, &asked, Dimension::Doctor).sheet.rows.len());
    let lately = Period::ending(period.to, 2);
    let open = waiting(moment);
    panel("now", || {
        let now = now(&open, question.days_in(lately), Vec::new(), (&filter, &targets), moment);
        now_told::panel(&now, &names, &asked, lately).sheet.rows.len()
    });
    panel("by branch", || waits::by(question, &names, &asked, Dimension::Branch).sheet.rows.len());
    panel("by visit type", || waits::by(question, &names, &asked, Dimension::VisitType).sheet.rows.len());
    panel("by priority", || waits::by(question, &names, &asked, Dimension::Priority).sheet.rows.len());
    panel("by department", || waits::by(question, &names, &asked, Dimension::Department).sheet.rows.len());
    panel("day by day", || waits::by_day(question, &asked, None).sheet.rows.len());
    panel("funnel", || {
        waits::funnel(&journeys::funnel(visits()), &journeys::losses(visits()), &asked).sheet.rows.len()
    });
    panel("flows", || told::flows(&journeys::flows(visits(), 6), &asked).sheet.rows.len());
    panel("paths", || told::paths(&journeys::variants(visits()), &asked).sheet.rows.len());
    panel("detours", || journeys::detours(visits()).skips.times);
    panel("no-shows", || journeys::no_shows(visits()).len());
    panel("reasons", || told::reasons(&journeys::reasons(visits()), &asked).sheet.rows.len());
    panel("revenue", || journeys::revenue(visits()).len());
    panel("past target", || question.breaches(measure).len());
    panel("the longest", || question.longest(measure, |_, _, _| true, 0..200).1);
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
