//! A large hospital: who works there, what happens on its days, and the rows that come of it.

use std::ops::{Range, RangeInclusive};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use serde_json::value::to_raw_value;
use sojourn::analytics::Period;
use sojourn::db::{Db, commit, new_id};
use sojourn::hospital::branches;
use sojourn::hospital::departments::{self, NewDepartment};
use sojourn::hospital::measure_targets;
use sojourn::hospital::people::{self, NewPerson};
use sojourn::journey::course::Measure;
use sojourn::journey::events::EventType;
use sojourn::journey::ids::{BranchId, DepartmentId, FollowUpId, PersonId, VisitId};
use sojourn::journey::words::{ActorType, Code, Priority, Role, VisitType, Word};
use sojourn::log::{self, NewEvent, Occurrence, RefusedAttempt, refused};
use sojourn::on;
use sojourn::projections::checkpoint;
use sojourn::projections::following::Projection;
use sojourn::projections::measures::VisitMeasures;
use sojourn::projections::statistics::EventStatistics;

use crate::support::flow::standard;
use crate::support::house::House;

/// How many doctors there are.
const DOCTORS: usize = 40;
/// How many branches there are.
const BRANCHES: usize = 3;
/// What the tokens of the departments begin with, besides the first one's.
const PREFIXES: RangeInclusive<char> = 'D'..='N';
/// What should take how many minutes at most, besides what a department has of its own.
const TARGETS: [(Measure, i64); 3] =
    [(Measure::OrderToReport, 60), (Measure::BillingWait, 10), (Measure::WholeVisit, 150)];
/// Why visits are cancelled.
const REASONS: [&str; 4] = ["Went home", "Waited too long", "Came on the wrong day", "Feels better"];
/// One of so many visits has a follow-up.
const FOLLOWED_UP: usize = 5;
/// To so many visits comes an attempt that is refused.
const REFUSED: usize = 20;
/// How many wait at this moment.
const WAITING: i64 = 400;

/// Chance that is the same each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }

    fn minutes(&mut self, most: usize) -> TimeDelta {
        TimeDelta::minutes(self.roll(most) as i64)
    }

    fn one_of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.roll(all.len())]
    }
}

/// The hospital, and how far its log goes.
pub struct Large {
    pub house: House,
    /// The last event that there are rows of.
    pub position: i64,
    branches: Vec<BranchId>,
    departments: Vec<DepartmentId>,
    doctors: Vec<PersonId>,
    dice: Dice,
}

impl Large {
    /// Opens it, with its branches, departments, their targets and its doctors.
    pub async fn open(db: &Db) -> Self {
        let house = House::open(db, "City Hospital").await;
        let (tenant, manager) = (&house.tenant.id, &house.who(Role::Manager).id);
        let mut branches = vec![house.branch.clone()];
        let mut departments = vec![house.department.clone()];
        let mut doctors = vec![house.who(Role::Doctor).id.clone()];
        let mut tx = db.begin().await.expect("a transaction");
        for number in 1..BRANCHES {
            let (name, code) = (format!("Branch {number}"), format!("B{number}"));
            branches.push(branches::add(&mut tx, tenant, &name, &code).await.expect("a branch").id);
        }
        for prefix in PREFIXES {
            let new = NewDepartment {
                branch_id: branches[departments.len() % BRANCHES].clone(),
                name: format!("Department {prefix}"),
                token_prefix: prefix.to_string(),
                target_minutes: 30,
            };
            departments.push(departments::add(&mut tx, tenant, new).await.expect("a department").id);
        }
        for department in &departments {
            for (measure, minutes) in TARGETS {
                let (of, by) = ((department, measure), (manager, house.now()));
                measure_targets::set(&mut tx, tenant, of, Some(minutes), by).await.expect("a target");
            }
        }
        for number in 1..DOCTORS {
            let new = NewPerson::named(format!("Doctor {number}"), [Role::Doctor]);
            doctors.push(people::add(&mut tx, tenant, new).await.expect("a doctor").id);
        }
        commit(tx).await.expect("it is written");
        Self { house, position: 0, branches, departments, doctors, dice: Dice(1) }
    }

    /// The standard way of a visit on a day, at a pace of its own.
    fn way(&mut self, dawn: DateTime<Utc>) -> Vec<NewEvent> {
        let Self { house, branches, departments, doctors, dice, .. } = self;
        let visit: VisitId = new_id();
        let (doctor, branch) = (dice.one_of(doctors), dice.one_of(branches));
        let mut at = dawn + dice.minutes(600);
        let registration = json!({
            "patientId": house.patient, "departmentId": dice.one_of(departments),
            "visitType": dice.one_of(VisitType::ALL), "priority": dice.one_of(Priority::ALL),
        });
        let mut steps = vec![(Role::Receptionist, EventType::VisitRegistered, registration)];
        steps.extend(standard(doctor, &house.room));
        if dice.roll(FOLLOWED_UP) == 0 {
            let id: FollowUpId = new_id();
            let plan = json!({ "followUpId": id, "dueAt": dawn + TimeDelta::days(7), "doctorId": doctor });
            steps.insert(steps.len() - 1, (Role::Doctor, EventType::FollowUpScheduled, plan));
        }
        // Some leave before they are seen.
        if dice.roll(20) == 0 {
            steps.truncate(2);
            steps.push((Role::Receptionist, EventType::VisitNoShow, json!({})));
        } else if dice.roll(25) == 0 {
            steps.truncate(2);
            let reason = json!({ "reason": dice.one_of(&REASONS) });
            steps.push((Role::Receptionist, EventType::VisitCancelled, reason));
        }
        let events = steps.into_iter().zip(1..).map(|((role, event, metadata), version)| {
            at += TimeDelta::seconds(30 + dice.roll(900) as i64);
            let by = if role == Role::Doctor { doctor } else { &house.who(role).id };
            NewEvent {
                id: new_id(),
                visit_id: Some(visit.clone()),
                aggregate_type: log::VISIT.to_owned(),
                aggregate_id: visit.to_string(),
                version,
                event_type: event.word().to_owned(),
                schema_version: 1,
                description: None,
                metadata,
                tags: Vec::new(),
                actor_type: ActorType::Human,
                performed_by: by.clone(),
                on_behalf_of: None,
                performed_at: at,
                branch_id: Some(branch.clone()),
                correlation_id: None,
                causation_id: None,
            }
        });
        events.collect()
    }

    /// Logs visits of days, counted from today, as they come in: of many at a time; says how many events there are.
    pub async fn log(&mut self, days: Range<i64>, a_day: usize) -> usize {
        let mut all = 0;
        for day in days {
            let dawn = self.house.now() + TimeDelta::days(day);
            let mut events = Vec::new();
            for _ in 0..a_day {
                events.extend(self.way(dawn));
            }
            events.sort_by_key(|event| event.performed_at);
            all += events.len();
            let (db, tenant) = (&self.house.db, &self.house.tenant.id);
            let mut events = events.into_iter().peekable();
            while events.peek().is_some() {
                let mut tx = db.begin().await.expect("a transaction");
                let mut head = log::lock_head(&mut tx, tenant).await.expect("the head");
                let page: Vec<_> = events.by_ref().take(5_000).map(|event| head.link(event, Utc::now())).collect();
                log::write(&mut tx, tenant, &page).await.expect("they are written");
                log::save_head(&mut tx, &head).await.expect("the head is saved");
                commit(tx).await.expect("it is committed");
            }
        }
        all
    }

    /// Logs a visit as programs and people do, whose page can be looked at.
    pub async fn visited(&mut self) -> VisitId {
        let visit = self.house.register().await;
        for (role, event, metadata) in standard(&self.doctors[0], &self.house.room) {
            self.house.log(role, &visit, event, metadata).await;
        }
        self.house.followed().await;
        self.position = log::position(&self.house.db, &self.house.tenant.id).await.expect("a read");
        visit
    }

    /// Fills days with the rows of visits, as if they had been logged.
    pub async fn fill(&mut self, period: Period, a_day: usize) {
        for day in period.each() {
            let dawn = self.house.tenant.day_bounds(day).start + TimeDelta::hours(8);
            let mut page = Vec::new();
            for _ in 0..a_day {
                for event in self.way(dawn) {
                    self.position += 1;
                    page.push(unlinked(event, self.position));
                }
            }
            let refused = self.refused(dawn, a_day / REFUSED);
            let House { db, tenant, patient, .. } = &self.house;
            let mut tx = db.begin().await.expect("a transaction");
            EventStatistics.apply(&mut tx, tenant, page.clone()).await.expect("they are counted");
            VisitMeasures.apply(&mut tx, tenant, page).await.expect("they are taken in");
            on!(&mut tx, connection => sqlx::query(VISITS).bind(&tenant.id).bind(day).bind(patient)
                .execute(&mut **connection).await.map(drop))
            .expect("they are listed");
            refused::keep(&mut tx, &tenant.id, &refused).await.expect("they are kept");
            commit(tx).await.expect("it is committed");
            self.plan(dawn, a_day / FOLLOWED_UP).await;
        }
    }

    /// What the journey refuses on a day.
    fn refused(&mut self, dawn: DateTime<Utc>, count: usize) -> Vec<RefusedAttempt> {
        let attempt = |_| RefusedAttempt {
            id: new_id(),
            visit_id: Some(new_id()),
            event_type: EventType::QueueCalled.word().to_owned(),
            code: self.dice.one_of(Code::ALL).word().to_owned(),
            detail: "It cannot be.".to_owned(),
            facts: json!({}),
            person_id: self.house.who(*self.dice.one_of(Role::ALL)).id.clone(),
            attempted_at: dawn + self.dice.minutes(600),
            batch_index: None,
        };
        (0..count).map(attempt).collect()
    }

    /// Plans follow-ups for a day; of three, a later visit answers two.
    async fn plan(&mut self, dawn: DateTime<Utc>, count: usize) {
        let mut tx = self.house.db.begin().await.expect("a transaction");
        for _ in 0..count {
            let (visit, id): (VisitId, FollowUpId) = (new_id(), new_id());
            let answered = (self.dice.roll(3) > 0).then(new_id::<VisitId>);
            let due = dawn + self.dice.minutes(600);
            let doctor = self.dice.one_of(&self.doctors);
            let House { tenant, patient, .. } = &self.house;
            on!(&mut tx, connection => sqlx::query(PLAN).bind(&tenant.id).bind(&visit).bind(&id).bind(patient)
                .bind(doctor).bind(due).bind(&answered).execute(&mut **connection).await.map(drop))
            .expect("it is planned");
        }
        commit(tx).await.expect("it is committed");
    }

    /// Has some of today's visits wait, and all rows said to be level with the log.
    pub async fn come_to_today(&self) {
        let House { db, tenant, .. } = &self.house;
        let now = self.house.now();
        let mut tx = db.begin().await.expect("a transaction");
        on!(&mut tx, connection => sqlx::query(WAIT).bind(&tenant.id).bind(tenant.local_day(now))
            .bind(now - TimeDelta::minutes(40)).bind(WAITING).execute(&mut **connection).await.map(drop))
        .expect("they wait");
        let (name, version) = (VisitMeasures.name(), VisitMeasures.version());
        checkpoint::lock(&mut tx, &tenant.id, name, version, now).await.expect("a checkpoint");
        checkpoint::restart(&mut tx, &tenant.id, name, version, self.position, now).await.expect("it is set");
        commit(tx).await.expect("it is committed");
    }
}

const PLAN: &str = "INSERT INTO follow_ups (tenant_id, visit_id, follow_up_id, patient_id, doctor_id, due_at, reminders, \
    answered_by) VALUES ($1, $2, $3, $4, $5, $6, 0, $7)";

/// The rows of visits that lists are made of, from what is measured of them.
const VISITS: &str = "INSERT INTO visits (tenant_id, visit_id, patient_id, branch_id, department_id, visit_type, priority, \
    urgency, status, since, calls, token, day, doctor_id, attended, registered_at, ended_at, due, unbilled, recorded_at, version) \
    SELECT tenant_id, visit_id, $3, branch_id, department_id, visit_type, priority, 2, coalesce(outcome, 'OPEN'), \
    coalesce(ended_at, registered_at), 1, 'C-1', day, doctor_id, door_to_doctor IS NOT NULL, registered_at, ended_at, due, 0, \
    registered_at, length(path) FROM visit_measures WHERE tenant_id = $1 AND day = $2 \
    ON CONFLICT (tenant_id, visit_id) DO NOTHING";

const WAIT: &str = "UPDATE visits SET ended_at = NULL, status = 'WAITING', since = $3, \
    station = CASE priority WHEN 'ROUTINE' THEN 'CONSULTATION' WHEN 'URGENT' THEN 'LAB' ELSE 'BILLING' END \
    WHERE tenant_id = $1 AND visit_id IN \
    (SELECT visit_id FROM visits WHERE tenant_id = $1 AND day = $2 ORDER BY visit_id DESC LIMIT $4)";

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
