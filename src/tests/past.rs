//! Stories of looking back: boards, lists and visits are shown as they were known then.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use sojourn::db::Db;
use sojourn::demo::live_through;
use sojourn::hospital::demo::furnish;
use sojourn::hospital::passphrase::Hasher;
use sojourn::journey::events::EventType::*;
use sojourn::journey::ids::VisitId;
use sojourn::journey::words::{Role, Station, Word};
use sojourn::projections::visits::{self, VisitCard};
use sojourn::record::Wish;
use sojourn::record::past::{self, Then, Until};

use crate::projections::wander;
use crate::support::flow::standard;
use crate::support::house::House;
use crate::support::stories;

stories! {
    boards_and_lists_are_as_they_were_shown,
    a_board_is_as_it_was_after_an_event,
    who_left_in_the_same_moment_was_there_before,
    a_visit_is_as_it_was,
    what_was_logged_later_was_not_known_whatever_the_clock_said,
    the_demo_can_be_looked_back_on,
}

/// What the boards and the billing list showed at a moment.
#[derive(Debug, PartialEq)]
struct Shown {
    moment: DateTime<Utc>,
    boards: Vec<Vec<VisitCard>>,
    to_bill: Vec<VisitCard>,
}

impl Shown {
    /// Who came at the very same time stands in no order.
    fn sorted(mut self) -> Self {
        let lists = self.boards.iter_mut().chain([&mut self.to_bill]);
        lists.for_each(|cards| cards.sort_by_key(|card| card.visit.visit_id.clone()));
        self
    }
}

async fn shown_now(house: &House) -> Shown {
    let (db, tenant) = (&house.db, &house.tenant.id);
    let mut boards = Vec::new();
    for station in Station::ALL {
        boards.push(visits::board(db, tenant, *station, None).await.expect("a board"));
    }
    let to_bill = visits::to_bill(db, tenant, None).await.expect("a list");
    Shown { moment: house.now(), boards, to_bill }.sorted()
}

async fn shown_then(house: &House, moment: DateTime<Utc>) -> Shown {
    let (db, tenant) = (&house.db, &house.tenant);
    let mut boards = Vec::new();
    for station in Station::ALL {
        let board = past::board(db, tenant, *station, None, moment).await.expect("a board");
        assert!(board.is_sorted_by_key(|card| (card.visit.priority, card.visit.since)));
        boards.push(board);
    }
    let to_bill = past::to_bill(db, tenant, None, moment).await.expect("a list");
    Shown { moment, boards, to_bill }.sorted()
}

async fn boards_and_lists_are_as_they_were_shown(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let there = House::open(&db, "Lake Hospital").await;
    there.log(Role::Receptionist, &there.register().await, QueueJoined, json!({})).await;
    let mut shown = vec![shown_now(&house).await];
    // Some visits end, some do not.
    for seed in 0..5 {
        wander(&house, seed).await;
        shown.push(shown_now(&house).await);
    }
    let flow = standard(&house.who(Role::Doctor).id, &house.room);
    let mut begun: Vec<VisitId> = Vec::new();
    for turn in 0..20_usize {
        if begun.len() < 8 {
            house.clock.advance(TimeDelta::minutes(1));
            begun.push(house.register().await);
        }
        for (number, visit) in begun.iter().enumerate() {
            let step = turn.checked_sub(number).and_then(|step| flow.get(step));
            if let Some((role, event, metadata)) = step {
                house.log(*role, visit, *event, metadata.clone()).await;
            }
        }
        shown.push(shown_now(&house).await);
    }
    // One left long before anybody wrote it down: until then the board showed them.
    house.clock.advance(TimeDelta::minutes(1));
    let gone = house.register().await;
    house.log(Role::Receptionist, &gone, QueueJoined, json!({})).await;
    let left = house.now();
    house.clock.advance(TimeDelta::minutes(30));
    shown.push(shown_now(&house).await);
    let reason = json!({ "reason": "went home" });
    let late = Wish { performed_at: Some(left), ..Wish::new(Some(gone.clone()), VisitCancelled, reason) };
    house.record(Role::Receptionist, vec![late]).await.expect("a late entry");
    shown.push(shown_now(&house).await);

    let anybody = shown.iter().flat_map(|shown| &shown.boards).map(Vec::len).sum::<usize>();
    assert!(anybody > 30, "boards that show somebody show more: {anybody}");
    for then in shown {
        assert_eq!(shown_then(&house, then.moment).await, then);
    }
}

async fn a_board_is_as_it_was_after_an_event(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let visits = [house.register().await, house.register().await];
    // Of the same moment.
    let joined = |visit: &VisitId| Wish::new(Some(visit.clone()), QueueJoined, json!({}));
    let logged = house.record(Role::Receptionist, visits.iter().map(joined).collect()).await.expect("two events");
    for (stored, there) in logged.events.iter().zip(1..) {
        let then = Then::after(&db, &house.tenant.id, stored.position).await.expect("a read").expect("an event");
        let board = past::board(&db, &house.tenant, Station::Consultation, None, then).await.expect("a board");
        assert_eq!(board.len(), there);
    }
    assert_eq!(Then::after(&db, &house.tenant.id, 99).await.expect("a read"), None);
}

async fn who_left_in_the_same_moment_was_there_before(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let (coming, going) = (house.register().await, house.register().await);
    house.log(Role::Receptionist, &going, QueueJoined, json!({})).await;
    let joined = Wish::new(Some(coming.clone()), QueueJoined, json!({}));
    let cancelled = Wish::new(Some(going.clone()), VisitCancelled, json!({ "reason": "went home" }));
    let logged = house.record(Role::Receptionist, vec![joined, cancelled]).await.expect("two events");
    house.clock.advance(TimeDelta::minutes(5));
    for (stored, expected) in logged.events.iter().zip([vec![&going, &coming], vec![&coming]]) {
        let then = Then::after(&db, &house.tenant.id, stored.position).await.expect("a read").expect("an event");
        let board = past::board(&db, &house.tenant, Station::Consultation, None, then).await.expect("a board");
        assert_eq!(board.iter().map(|card| &card.visit.visit_id).collect::<Vec<_>>(), expected);
    }
}

async fn a_visit_is_as_it_was(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let visit = house.register().await;
    let mut then = Vec::new();
    for (role, event, metadata) in standard(&house.who(Role::Doctor).id, &house.room) {
        let stored = house.log(role, &visit, event, metadata).await;
        let card = visits::get(&db, &house.tenant.id, &visit).await.expect("a read").expect("the visit");
        let (_, state) = house.recorder.load(&house.tenant.id, &visit).await.expect("a read").expect("the visit");
        then.push((house.now(), stored.event.version, card, state));
    }
    let today = then.last().expect("a step").2.clone();
    let at = async |until| past::visit(&db, &house.tenant, today.clone(), until).await.expect("a read");
    for (moment, version, card, state) in &then {
        let expected = Some((card.clone(), state.clone()));
        assert_eq!(at(Until::Moment(*moment)).await, expected);
        assert_eq!(at(Until::Moment(*moment + TimeDelta::seconds(59))).await, expected);
        assert_eq!(at(Until::Version(*version)).await, expected);
    }
    assert_eq!(at(Until::Moment(house.now() - TimeDelta::hours(1))).await, None);
}

async fn what_was_logged_later_was_not_known_whatever_the_clock_said(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let visit = house.register().await;
    house.clock.advance(TimeDelta::minutes(30));
    let second = house.log(Role::Nurse, &visit, VitalsRecorded, json!({ "pulse": 70 })).await;
    house.clock.advance(-TimeDelta::minutes(20));
    let third = house.log(Role::Receptionist, &visit, QueueJoined, json!({})).await;
    assert!(third.recorded_at < second.recorded_at);
    let board = async |then: Then| {
        past::board(&db, &house.tenant, Station::Consultation, None, then).await.expect("a board").len()
    };
    let version = async |until: Until| {
        let today = visits::get(&db, &house.tenant.id, &visit).await.expect("a read").expect("the visit");
        past::visit(&db, &house.tenant, today, until).await.expect("a read").expect("the visit").1.version
    };
    // Its third step bears an earlier time than its second, and is nothing without it.
    let between = third.recorded_at + TimeDelta::minutes(1);
    assert_eq!((version(Until::Moment(between)).await, board(between.into()).await), (1, 0));
    assert_eq!((version(Until::Moment(second.recorded_at)).await, board(second.recorded_at.into()).await), (3, 1));
    for (stored, known, there) in [(&second, 2, 0), (&third, 3, 1)] {
        let then = Then::after(&db, &house.tenant.id, stored.position).await.expect("a read").expect("an event");
        assert_eq!((version(then.into()).await, board(then).await), (known, there));
    }
}

async fn the_demo_can_be_looked_back_on(db: Db) {
    let now: DateTime<Utc> = "2026-03-02T08:40:00Z".parse().expect("a time");
    let furnished = furnish(&db, &Hasher::default(), now).await.expect("the hospital is furnished");
    let tenant = furnished.tenant;
    live_through(&db, &tenant, now).await.expect("the day is lived");
    let board = past::board(&db, &tenant, Station::Consultation, None, now).await.expect("a board");
    let mut today = visits::board(&db, &tenant.id, Station::Consultation, None).await.expect("a board");
    today.sort_by_key(|card| card.visit.visit_id.clone());
    let mut then = board.clone();
    then.sort_by_key(|card| card.visit.visit_id.clone());
    assert_eq!(then, today);
    let earlier = now - TimeDelta::hours(1);
    let board = past::board(&db, &tenant, Station::Consultation, None, earlier).await.expect("a board");
    assert!(board.len() >= 5, "{} were there an hour ago", board.len());
    assert!(board.iter().all(|card| card.visit.registered_at <= earlier && card.visit.since <= earlier));
    assert_ne!(board, then);
}
