//! The simulation without a database: every deed decided by the journey.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::hospital::tenants::TimeZone;
use crate::journey::decide::{Command, decide};
use crate::journey::events::{Event, EventType};
use crate::journey::evolve::evolve;
use crate::journey::ids::{Id as _, VisitId};
use crate::journey::policy::Policy;
use crate::journey::visit::Visit;
use crate::journey::words::Word as _;

fn plan(visits_per_day: u32, days: u32, seed: u64) -> Plan {
    Plan { visits_per_day, days, from: "2026-02-02".parse().expect("a day"), seed }
}

/// Lives through a plan, and gives all that was done.
fn lived(plan: &Plan) -> Vec<Deed> {
    let tenant = Tenant {
        id: demo::tenant_id(),
        name: "Hospital".to_owned(),
        currency: "INR".to_owned(),
        time_zone: TimeZone::parse("Asia/Kolkata").expect("a zone"),
        policy: Policy::default(),
    };
    let mut chance = Chance::new(plan.seed);
    let cast = Cast::draw(plan, DateTime::UNIX_EPOCH, &mut chance);
    let mut world = World::open(plan, &tenant, &cast, chance);
    std::iter::from_fn(|| world.next_round(ROUND)).flat_map(|round| round.deeds).collect()
}

/// Folds deeds as the log would; the journey refuses none.
fn folded(deeds: &[Deed]) -> BTreeMap<VisitId, Visit> {
    let mut visits: BTreeMap<VisitId, Visit> = BTreeMap::new();
    for Deed { by, wish } in deeds {
        let id = wish.visit_id.clone().expect("a visit");
        let (step, at) = (wish.happening.step().expect("a step"), wish.performed_at.expect("a time"));
        let event = Event::parse(step, &wish.metadata).expect("metadata that fit");
        let before = visits.remove(&id);
        let command = Command { event, actor: by, performed_at: at, now: at };
        let step = decide(&Policy::default(), before.as_ref(), &command)
            .unwrap_or_else(|refusal| panic!("{} at {at}: {refusal}; {before:#?}", wish.happening.event_type()));
        visits.insert(id, evolve(before, &step).expect("a state"));
    }
    visits
}

#[test]
fn the_journey_refuses_nothing_and_every_visit_ends() {
    let deeds = lived(&plan(600, 3, 7));
    let visits = folded(&deeds);
    let open: Vec<_> = visits.iter().filter(|(_, visit)| visit.outcome.is_none()).collect();
    assert!(open.is_empty(), "{} of {} are open, such as {:#?}", open.len(), visits.len(), open[0]);
    let per_visit = deeds.len() as f64 / visits.len() as f64;
    assert!((16.0..26.0).contains(&per_visit), "{per_visit} events a visit");

    let types: BTreeSet<EventType> = deeds.iter().filter_map(|deed| deed.wish.happening.step()).collect();
    let never: Vec<_> = EventType::ALL.iter().filter(|event| !types.contains(event)).collect();
    assert_eq!(never, [&EventType::DocumentUploaded, &EventType::DocumentShared]);
    let rounds = visits.values().filter(|visit| visit.rounds > 1).count();
    assert!(rounds > visits.len() / 20, "{rounds} came back to the doctor");
    assert!(visits.values().any(|visit| visit.tests.values().any(|test| test.recollections > 0)));
}

#[test]
fn patients_wait_as_they_do_in_a_hospital() {
    let deeds = lived(&plan(1200, 3, 3));
    let mut waits = Vec::new();
    let mut since = BTreeMap::new();
    for Deed { wish, .. } in &deeds {
        let (Some(visit), Some(at)) = (&wish.visit_id, wish.performed_at) else { continue };
        match wish.happening.step() {
            Some(EventType::VisitRegistered) => drop(since.insert(visit, at)),
            Some(EventType::EnteredRoom) => waits.extend(since.remove(visit).map(|since| (at - since).num_minutes())),
            _ => {}
        }
    }
    waits.sort_unstable();
    let (median, late) = (waits[waits.len() / 2], waits[waits.len() * 9 / 10]);
    assert!((8..60).contains(&median) && (20..180).contains(&late), "median {median}, p90 {late} minutes");
    let hours: BTreeMap<u32, usize> =
        deeds.iter().filter_map(|deed| deed.wish.performed_at).fold(BTreeMap::new(), |mut hours, at| {
            *hours.entry(chrono::Timelike::hour(&at)).or_default() += 1;
            hours
        });
    // Ten in the morning and two in the morning, as the hospital's clocks show it.
    assert!(hours.get(&4) > hours.get(&20).map(|night| night * 10).as_ref(), "{hours:?}");
}

#[test]
fn the_seed_says_it_all() {
    let written = |seed| {
        let deeds = lived(&plan(80, 2, seed));
        deeds.iter().map(|deed| format!("{} {:?}", deed.by.id.as_str(), deed.wish)).collect::<Vec<_>>()
    };
    assert_eq!(written(1), written(1));
    assert_ne!(written(1), written(2));
}
