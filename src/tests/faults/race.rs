//! The readers' race: who follows the log sees every committed event once, in order, whatever writers do.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use sojourn::clock::Clock;
use sojourn::db::{Db, commit, new_id};
use sojourn::journey::ids::{TenantId, VisitId};
use sojourn::log::{self, Filter};
use sojourn::projections::following::{self, Following};
use sojourn::projections::statistics::{self, EventStatistics};

use crate::support::events::happening;
use crate::support::house::House;
use crate::support::stories;

stories! {
    followers_miss_nothing_and_see_nothing_twice,
}

/// Writes to streams of its own until told to stop; every third transaction is rolled back, and some wait before they commit.
async fn write(db: Db, tenant: TenantId, number: u64, stop: Arc<AtomicBool>) -> usize {
    let mut committed = 0;
    for turn in 0_u64.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let visit = new_id::<VisitId>().to_string();
        let mut tx = db.begin().await.expect("a transaction");
        let mut head = log::lock_head(&mut tx, &tenant).await.expect("the head");
        for version in 1..=2 {
            let event = happening(&visit, version);
            log::append(&mut tx, &mut head, event, chrono::Utc::now()).await.expect("appended");
        }
        log::save_head(&mut tx, &head).await.expect("the head is saved");
        if number == 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        if turn % 3 == 2 {
            drop(tx);
        } else {
            commit(tx).await.expect("committed");
            committed += 2;
        }
        tokio::task::yield_now().await;
    }
    committed
}

/// Follows the log until all has been seen, and gives the positions in the order they were seen.
async fn follow(db: Db, tenant: TenantId, done: Arc<AtomicBool>) -> Vec<i64> {
    let mut seen = Vec::new();
    loop {
        let last_round = done.load(Ordering::Relaxed);
        let page = log::page(&db, &tenant, &Filter::All, seen.last().copied(), 7).await.expect("a page");
        if page.is_empty() && last_round {
            return seen;
        }
        seen.extend(page.iter().map(|stored| stored.position));
        tokio::task::yield_now().await;
    }
}

/// Waits until the figures have taken in all of the log, and holds them against what was committed.
async fn count(db: &Db, tenant: &TenantId, committed: usize) {
    for _ in 0..2400 {
        let states = following::states(db, tenant, &[&EventStatistics]).await.expect("the states");
        if states.iter().all(|state| state.lag == 0) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    let sums = statistics::statistics(db, tenant).await.expect("the sums");
    // Each event is somebody else's: one that was missed does not make up for one that was counted twice.
    assert_eq!((sums.total, sums.by_actor.len()), (committed as i64, committed), "each is counted once");
}

async fn followers_miss_nothing_and_see_nothing_twice(db: Db) {
    let house = House::open_now(&db, "City Hospital").await;
    let tenant = house.tenant.id.clone();
    let (stop, done) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let followers: Vec<_> =
        (0..3).map(|_| tokio::spawn(follow(db.clone(), tenant.clone(), Arc::clone(&done)))).collect();
    // A read model that two processes keep.
    let keep = || Following::start(&db, &Clock::system(), &[&EventStatistics], || house.recorder.subscribe());
    let kept = [keep(), keep()];
    let writers: Vec<_> =
        (0..6).map(|number| tokio::spawn(write(db.clone(), tenant.clone(), number, Arc::clone(&stop)))).collect();
    tokio::time::sleep(Duration::from_secs(3)).await;
    stop.store(true, Ordering::Relaxed);
    let mut committed = 0;
    for writer in writers {
        committed += writer.await.expect("the writer ends");
    }
    done.store(true, Ordering::Relaxed);
    for follower in followers {
        let seen = follower.await.expect("the follower ends");
        assert_eq!(seen, (1..=committed as i64).collect::<Vec<_>>(), "each once, in order, without gaps");
    }
    assert_eq!(house.verified().await, committed as i64);
    count(&db, &tenant, committed).await;
    for following in kept {
        following.stop().await;
    }
    println!("{committed} events followed by three");
}
