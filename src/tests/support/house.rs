//! A hospital with people, rooms and a patient, and the one way into its log.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde_json::{Value, json};
use sojourn::clock::Clock;
use sojourn::db::{Db, commit, new_id};
use sojourn::hospital::branches;
use sojourn::hospital::departments::{self, NewDepartment};
use sojourn::hospital::patients::{self, NewPatient};
use sojourn::hospital::people::{self, NewPerson};
use sojourn::hospital::rooms::{self, NewRoom, RoomKind};
use sojourn::hospital::tenants::Tenant;
use sojourn::journey::decide::Actor;
use sojourn::journey::events::EventType;
use sojourn::journey::ids::*;
use sojourn::journey::money::Money;
use sojourn::journey::story::Names;
use sojourn::journey::words::{Code, Role, Word};
use sojourn::log::timeline::{TimelineRow, timeline};
use sojourn::log::{self, AccessLog, StoredEvent};
use sojourn::projections::following::{self, FOLLOWING, Following};
use sojourn::record::{RecordError, Recorded, Recorder, Refused, Wish};

use super::hospital::{StillClock, hospital};

/// A hospital at work.
#[derive(Clone)]
pub struct House {
    pub db: Db,
    pub tenant: Tenant,
    pub branch: BranchId,
    pub department: DepartmentId,
    pub room: RoomId,
    pub patient: PatientId,
    pub recorder: Recorder,
    pub accesses: AccessLog,
    pub clock: StillClock,
    people: Vec<Actor>,
}

impl House {
    /// Opens a hospital whose clock stands still until an event is logged.
    pub async fn open(db: &Db, name: &str) -> Self {
        let clock = StillClock::at_dawn();
        Self::open_by(db, name, clock.clone(), clock.clock()).await
    }

    /// Opens a hospital that goes by the machine's clock.
    pub async fn open_now(db: &Db, name: &str) -> Self {
        Self::open_by(db, name, StillClock::at_dawn(), Clock::system()).await
    }

    async fn open_by(db: &Db, name: &str, still: StillClock, clock: Clock) -> Self {
        let tenant = hospital(db, name).await;
        let branch = branches::list(db, &tenant.id).await.expect("the branches").remove(0).id;
        let mut tx = db.begin().await.expect("a transaction");
        let department = NewDepartment {
            branch_id: branch.clone(),
            name: "General Medicine".to_owned(),
            token_prefix: "C".to_owned(),
            target_minutes: 30,
        };
        let department = departments::add(&mut tx, &tenant.id, department).await.expect("a department").id;
        let room = NewRoom {
            branch_id: branch.clone(),
            department_id: Some(department.clone()),
            name: "Room 1".to_owned(),
            kind: RoomKind::Consultation,
        };
        let room = rooms::add(&mut tx, &tenant.id, room).await.expect("a room").id;
        let mut people = Vec::new();
        for role in Role::ALL {
            let new = NewPerson::named(format!("The {}", role.label()), [*role]);
            people.push(people::add(&mut tx, &tenant.id, new).await.expect("a person").actor());
        }
        commit(tx).await.expect("it is written");
        let patient = NewPatient { name: "Asha Rao".to_owned(), ..NewPatient::default() };
        let patient = patients::register(db, &tenant, patient, clock.now()).await.expect("a patient").id;
        let recorder = Recorder::new(db.clone(), clock);
        Self {
            db: db.clone(),
            tenant,
            branch,
            department,
            room,
            patient,
            recorder,
            accesses: AccessLog::open(db.clone()),
            clock: still,
            people,
        }
    }

    /// Who holds a role, and no other.
    pub fn who(&self, role: Role) -> &Actor {
        self.people.iter().find(|actor| actor.roles == [role]).expect("somebody of every role")
    }

    /// What the hospital's clock shows.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.clock().now()
    }

    /// A wish to register the patient, here.
    pub fn registration(&self, visit: Option<&VisitId>) -> Wish {
        let metadata = json!({ "patientId": self.patient, "departmentId": self.department });
        let wish = Wish::new(visit.cloned(), EventType::VisitRegistered, metadata);
        Wish { branch_id: Some(self.branch.clone()), ..wish }
    }

    /// Registers a visit.
    pub async fn register(&self) -> VisitId {
        let visit = new_id();
        let wish = self.registration(Some(&visit));
        self.recorder
            .record(&self.tenant, self.who(Role::Receptionist), vec![wish], None)
            .await
            .expect("a registration");
        visit
    }

    /// Has somebody log wishes, a minute after what was logged before.
    pub async fn record(&self, role: Role, wishes: Vec<Wish>) -> Result<Recorded, RecordError> {
        self.clock.advance(TimeDelta::minutes(1));
        self.recorder.record(&self.tenant, self.who(role), wishes, None).await
    }

    /// Has somebody log one event, which is accepted.
    pub async fn log(&self, role: Role, visit: &VisitId, event: EventType, metadata: Value) -> StoredEvent {
        let logged = self.record(role, vec![Wish::new(Some(visit.clone()), event, metadata)]).await;
        logged.unwrap_or_else(|error| panic!("{}: {error}", event.word())).events.remove(0)
    }

    /// Has somebody try one event, which is refused.
    pub async fn refused(&self, role: Role, visit: &VisitId, event: EventType, metadata: Value) -> Refused {
        refusal(self.record(role, vec![Wish::new(Some(visit.clone()), event, metadata)]).await)
    }

    /// The events of a visit.
    pub async fn stream(&self, visit: &VisitId) -> Vec<StoredEvent> {
        log::stream(&self.db, &self.tenant.id, "visit", visit.as_str()).await.expect("the stream")
    }

    /// The story of a visit.
    pub async fn told(&self, visit: &VisitId) -> Vec<TimelineRow> {
        let people = people::names(&self.db, &self.tenant.id).await.expect("the names");
        timeline(&self.stream(visit).await, &Called { house: self, people }).expect("steps")
    }

    /// Waits until every read model has followed the log to its end.
    pub async fn followed(&self) {
        let following = Following::start(&self.db, &self.clock.clock(), FOLLOWING, || self.recorder.subscribe());
        for _ in 0..2400 {
            let states = following::states(&self.db, &self.tenant.id, FOLLOWING).await.expect("the states");
            if states.iter().all(|state| state.lag == 0) {
                return following.stop().await;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("the read models do not follow");
    }

    /// How many events the hospital's log holds, every link of it recomputed.
    pub async fn verified(&self) -> i64 {
        log::verify(&self.db, &self.tenant.id).await.expect("the log holds together").events
    }
}

/// The refusal that a request ended with.
pub fn refusal(result: Result<Recorded, RecordError>) -> Refused {
    match result {
        Err(RecordError::Refused(refused)) => *refused,
        Err(error) => panic!("an error where a refusal was expected: {error:?}"),
        Ok(recorded) => panic!("logged where a refusal was expected: {:?}", recorded.events),
    }
}

/// The code of the refusal that a request ended with.
pub fn code(result: Result<Recorded, RecordError>) -> Code {
    refusal(result).refusal.code()
}

/// What things are called in a house.
struct Called<'a> {
    house: &'a House,
    people: BTreeMap<PersonId, String>,
}

impl Names for Called<'_> {
    fn person(&self, id: &PersonId) -> String {
        self.people[id].clone()
    }
    fn room(&self, _: &RoomId) -> String {
        "Room 1".to_owned()
    }
    fn department(&self, _: &DepartmentId) -> String {
        "General Medicine".to_owned()
    }
    fn time(&self, at: DateTime<Utc>) -> String {
        self.house.tenant.local(at).format("%-d %b %Y, %H:%M").to_string()
    }
    fn day(&self, day: NaiveDate) -> String {
        day.format("%-d %b %Y").to_string()
    }
    fn money(&self, amount: Money) -> String {
        self.house.tenant.money(amount)
    }
}
