//! Stories of read models that follow the log.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::json;
use sojourn::db::beside::Table;
use sojourn::db::{Db, Tx};
use sojourn::hospital::tenants::Tenant;
use sojourn::journey::events::EventType::*;
use sojourn::journey::words::Role;
use sojourn::live::{Heard, Live, Settings, Topic};
use sojourn::log::{self, Filter, Occurrence, StoredEvent};
use sojourn::projections::checkpoint::Condition;
use sojourn::projections::following::{self, FOLLOWING, Follower, Following, Problem, Projection, State};
use sojourn::projections::statistics::{self, EventStatistics, Statistics};
use sojourn::record::rebuild::{ReadModel, rebuild};

use crate::support::house::House;
use crate::support::stories;

stories! {
    figures_follow_the_log,
    two_processes_do_not_count_twice,
    one_that_fails_holds_nobody_back_and_is_resumed,
    one_that_is_paused_stays_where_it_is,
    a_new_version_is_made_from_scratch,
    the_call_list_is_told_of_what_it_shows,
}

/// What a fresh count of the log gives.
async fn counted(house: &House) -> Statistics {
    let events = log::page(&house.db, &house.tenant.id, &Filter::All, None, 10_000).await.expect("the log");
    let mut sums = Statistics { total: events.len() as i64, ..Statistics::default() };
    for StoredEvent { event, .. } in &events {
        *sums.by_type.entry(event.event_type.clone()).or_default() += 1;
        *sums.by_day.entry(house.tenant.local_day(event.performed_at)).or_default() += 1;
        *sums.by_actor.entry(event.performed_by.clone()).or_default() += 1;
    }
    let times = || events.iter().map(|stored| stored.event.performed_at);
    Statistics { first: times().min(), last: times().max(), ..sums }
}

async fn state(house: &House, follower: Follower) -> State {
    following::states(&house.db, &house.tenant.id, &[follower]).await.expect("the states").remove(0)
}

/// Waits until a read model is as it should be.
async fn until(house: &House, follower: Follower, reached: impl Fn(&State) -> bool) -> State {
    for _ in 0..2400 {
        let state = state(house, follower).await;
        if reached(&state) {
            return state;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("it does not come: {:?}", state(house, follower).await);
}

fn caught_up(state: &State) -> bool {
    state.lag == 0 && state.state == Condition::Running
}

/// Waits until every read model has taken all in, and holds its rows against those made from the log.
async fn all_are_right(house: &House) {
    for follower in FOLLOWING {
        until(house, *follower, caught_up).await;
        let made = rebuild(&house.db, &house.tenant, ReadModel::Following(*follower), house.now(), |_| {}).await;
        assert_eq!(made.expect("it is made").differed, 0, "{}", follower.name());
    }
}

fn follow(house: &House, followers: &[Follower]) -> Following {
    Following::start(&house.db, &house.clock.clock(), followers, || house.recorder.subscribe())
}

async fn some_visits(house: &House) {
    for _ in 0..4 {
        let visit = house.register().await;
        house.log(Role::Receptionist, &visit, QueueJoined, json!({})).await;
        house.log(Role::Nurse, &visit, VitalsRecorded, json!({ "pulse": 72 })).await;
    }
}

async fn figures_follow_the_log(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let there = House::open(&db, "Lake Hospital").await;
    some_visits(&house).await;
    let following = follow(&house, FOLLOWING);
    some_visits(&house).await;
    some_visits(&there).await;
    // A new day.
    house.clock.advance(chrono::TimeDelta::days(1));
    some_visits(&house).await;
    for house in [&house, &there] {
        all_are_right(house).await;
        let sums = statistics::statistics(&db, &house.tenant.id).await.expect("the sums");
        assert_eq!(sums, counted(house).await);
    }
    assert_eq!(statistics::statistics(&db, &house.tenant.id).await.expect("the sums").by_day.len(), 2);
    following.stop().await;
}

async fn two_processes_do_not_count_twice(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let both = [follow(&house, FOLLOWING), follow(&house, FOLLOWING), follow(&house, FOLLOWING)];
    for _ in 0..5 {
        some_visits(&house).await;
        // The rows and the checkpoint are of one moment, whenever one looks.
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    all_are_right(&house).await;
    assert_eq!(state(&house, &EventStatistics).await.position, house.verified().await);
    assert_eq!(statistics::statistics(&db, &house.tenant.id).await.expect("the sums"), counted(&house).await);
    for following in both {
        following.stop().await;
    }
}

/// Counts like [`EventStatistics`] in its first version, but takes nothing in while it is broken, after it has half written it.
struct Fragile {
    name: &'static str,
    version: i32,
    broken: AtomicBool,
}

#[async_trait::async_trait]
impl Projection for Fragile {
    fn name(&self) -> &'static str {
        self.name
    }
    fn version(&self) -> i32 {
        self.version
    }
    fn tables(&self) -> &'static [Table] {
        EventStatistics.tables()
    }
    async fn apply(&self, tx: &mut Tx, tenant: &Tenant, events: Vec<Occurrence>) -> Result<(), Problem> {
        EventStatistics.apply(tx, tenant, events).await?;
        if self.broken.load(Ordering::SeqCst) { Err("it is broken".into()) } else { Ok(()) }
    }
}

fn fragile(version: i32, broken: bool) -> &'static Fragile {
    Box::leak(Box::new(Fragile { name: "fragile", version, broken: AtomicBool::new(broken) }))
}

/// Keeps nothing: only its checkpoint moves.
struct Idle;

#[async_trait::async_trait]
impl Projection for Idle {
    fn name(&self) -> &'static str {
        "idle"
    }
    fn version(&self) -> i32 {
        1
    }
    fn tables(&self) -> &'static [Table] {
        &[]
    }
    async fn apply(&self, _: &mut Tx, _: &Tenant, _: Vec<Occurrence>) -> Result<(), Problem> {
        Ok(())
    }
}

async fn one_that_fails_holds_nobody_back_and_is_resumed(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let weak = fragile(1, true);
    let following = follow(&house, &[weak, &Idle]);
    some_visits(&house).await;
    until(&house, &Idle, caught_up).await;
    let failing = until(&house, weak, |state| state.state == Condition::Failing).await;
    assert_eq!((failing.position, failing.lag), (0, failing.head));
    assert_eq!(failing.error.as_deref(), Some("it is broken"));
    // What it wrote before it failed is gone with its checkpoint's move.
    assert_eq!(statistics::all(&db, &house.tenant.id).await.expect("rows"), []);
    weak.broken.store(false, Ordering::SeqCst);
    following::resume(&db, &house.tenant.id, weak, house.now()).await.expect("it is resumed");
    let well = until(&house, weak, caught_up).await;
    assert_eq!(well.error, None);
    assert_eq!(statistics::statistics(&db, &house.tenant.id).await.expect("the sums"), counted(&house).await);
    following.stop().await;
}

async fn one_that_is_paused_stays_where_it_is(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    following::pause(&db, &house.tenant.id, &EventStatistics, house.now()).await.expect("it is paused");
    let following = follow(&house, &[&EventStatistics, &Idle]);
    some_visits(&house).await;
    until(&house, &Idle, caught_up).await;
    let paused = state(&house, &EventStatistics).await;
    assert_eq!((paused.state, paused.position, paused.lag), (Condition::Paused, 0, paused.head));
    following::resume(&db, &house.tenant.id, &EventStatistics, house.now()).await.expect("it goes on");
    until(&house, &EventStatistics, caught_up).await;
    assert_eq!(statistics::statistics(&db, &house.tenant.id).await.expect("the sums"), counted(&house).await);
    following.stop().await;
}

async fn a_new_version_is_made_from_scratch(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    some_visits(&house).await;
    let mut totals = BTreeMap::new();
    for version in [1, 2] {
        let follower = fragile(version, false);
        let following = follow(&house, &[follower]);
        until(&house, follower, |state| caught_up(state) && state.version == version).await;
        following.stop().await;
        totals.insert(version, statistics::statistics(&db, &house.tenant.id).await.expect("the sums"));
    }
    assert_eq!(totals[&2], counted(&house).await);
    assert_eq!(totals[&1], totals[&2]);
    // An older program leaves alone what a newer one has made.
    let following = follow(&house, &[fragile(1, false)]);
    some_visits(&house).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(statistics::statistics(&db, &house.tenant.id).await.expect("the sums"), totals[&2]);
    following.stop().await;
}

async fn the_call_list_is_told_of_what_it_shows(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let quick = Settings { poll: Duration::from_millis(100), beat: Duration::from_millis(300), ..Settings::default() };
    let live = Live::follow(&db, &house.recorder, quick);
    let listen = |topic| live.listen(house.tenant.id.clone(), vec![topic], Some(0));
    let (mut desk, mut list) = (listen(Topic::Reception), listen(Topic::Calls));
    house.register().await;
    let told = desk.next().await.expect("the log");
    assert_eq!(
        told,
        Some(Heard::Changed(vec![(Topic::Reception, 1)], 1)),
        "what is written with the log is told at once"
    );
    for _ in 0..3 {
        assert_eq!(list.next().await.expect("the log"), Some(Heard::Beat(0)), "the list does not show it yet");
    }
    house.followed().await;
    let told = loop {
        match list.next().await.expect("the log") {
            Some(Heard::Beat(_)) => {}
            told => break told,
        }
    };
    assert_eq!(told, Some(Heard::Changed(vec![(Topic::Calls, 1)], 1)));
}
