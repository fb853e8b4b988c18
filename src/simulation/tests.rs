//! The simulation without a database: every deed decided by the journey.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use chrono::{Datelike as _, Timelike as _};

use super::cast::Shift;
use super::*;
use crate::hospital::tenants::TimeZone;
use crate::journey::decide::{Command, decide};
use crate::journey::events::{Event, EventType};
use crate::journey::evolve::evolve;
use crate::journey::ids::{Id as _, VisitId};
use crate::journey::policy::Policy;
use crate::journey::visit::Visit;
use crate::journey::words::{Role, Word as _};

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

/// What was done on visits, and when.
fn steps(deeds: &[Deed]) -> impl Iterator<Item = (EventType, DateTime<Utc>, &Deed)> {
    deeds.iter().filter_map(|deed| Some((deed.wish.happening.step()?, deed.wish.performed_at?, deed)))
}

/// A moment as the hospital's clocks show it.
fn local(at: DateTime<Utc>) -> DateTime<Utc> {
    at + TimeDelta::minutes(330)
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
            *hours.entry(at.hour()).or_default() += 1;
            hours
        });
    // Ten in the morning and two in the morning, as the hospital's clocks show it.
    assert!(hours.get(&4) > hours.get(&20).map(|night| night * 10).as_ref(), "{hours:?}");
    let registered = |hours: Range<u32>| {
        let at =
            steps(&deeds).filter(|(step, ..)| *step == EventType::VisitRegistered).map(|(_, at, _)| local(at).hour());
        at.filter(|hour| hours.contains(hour)).count()
    };
    let [morning, noon, evening] = [9..11, 13..15, 16..18].map(registered);
    assert!(
        morning > evening && evening > noon,
        "{morning} in the morning, {noon} after noon, {evening} in the evening"
    );
}

#[test]
fn doctors_have_hours_and_paces_of_their_own() {
    let plan = plan(600, 3, 7);
    let deeds = lived(&plan);
    let cast = Cast::draw(&plan, DateTime::UNIX_EPOCH, &mut Chance::new(plan.seed));
    let (mut seen, mut paces) = (BTreeSet::new(), Vec::new());
    for doctor in &cast.doctors {
        let (mut entered, mut seconds) = (None, Vec::new());
        for (step, at, Deed { wish, .. }) in steps(&deeds).filter(|(.., deed)| deed.by.id == doctor.actor.id) {
            match step {
                EventType::QueueCalled => {
                    let at = local(at);
                    let is_in_session = match doctor.shift {
                        Shift::Night => !(11..18).contains(&at.hour()),
                        _ if at.weekday().num_days_from_monday() == doctor.day_off => false,
                        Shift::Split => (at.hour(), at.minute()) >= (8, 30),
                        Shift::Day => at.hour() >= 9,
                    };
                    assert!(is_in_session, "{:?}: a call at {at}", doctor.shift);
                }
                // Who comes back from the laboratory takes less.
                EventType::EnteredRoom if seen.insert(&wish.visit_id) => entered = Some(at),
                EventType::ExitedRoom => seconds.extend(entered.take().map(|since| (at - since).num_seconds())),
                _ => {}
            }
        }
        if seconds.len() >= 50 {
            paces.push((doctor.pace, seconds.iter().sum::<i64>() as f64 / seconds.len() as f64));
        }
    }
    paces.sort_by(|(one, _), (other, _)| one.total_cmp(other));
    let [(_, quickest), .., (_, slowest)] = paces[..] else { panic!("several see many patients: {paces:?}") };
    assert!(quickest * 1.1 < slowest, "{paces:?}");
}

#[test]
fn specimens_are_run_together_every_ten_minutes() {
    let deeds = lived(&plan(1200, 1, 3));
    let mut runs: BTreeMap<_, usize> = BTreeMap::new();
    for (_, at, Deed { wish, .. }) in steps(&deeds).filter(|(step, ..)| *step == EventType::TestInProgress) {
        *runs.entry((at, &wish.branch_id, wish.metadata["analyser"].as_str())).or_default() += 1;
    }
    assert!(runs.keys().all(|(at, ..)| at.timestamp_millis() % 600_000 == 0), "{:?}", runs.keys());
    assert!(runs.values().any(|tests| *tests > 4), "{:?}", runs.values());
}

#[test]
fn counters_serve_one_at_a_time_in_the_order_of_their_line() {
    let deeds = lived(&plan(1200, 1, 3));
    let mut lines: BTreeMap<_, [Vec<_>; 2]> = BTreeMap::new();
    let mut counters = BTreeMap::new();
    for (step, at, Deed { by, wish }) in steps(&deeds) {
        let place = match step {
            EventType::QueueJoined => 0,
            EventType::QueueCalled => 1,
            _ => continue,
        };
        let [role @ (Role::BillingClerk | Role::LabTechnician)] = by.roles[..] else { continue };
        lines.entry((&wish.branch_id, role)).or_default()[place].push((&wish.visit_id, at));
        if let Some(counter) = wish.metadata["counter"].as_str()
            && let Some(before) = counters.insert(counter, at)
        {
            assert!((at - before).num_seconds() >= 55, "{counter} calls at {before} and at {at}");
        }
    }
    assert_eq!(lines.len(), 4, "two of each branch");
    let mut longest = TimeDelta::zero();
    for [joined, called] in lines.values() {
        assert_eq!(joined.len(), called.len());
        for ((one, since), (other, at)) in joined.iter().zip(called) {
            assert_eq!(one, other);
            longest = longest.max(*at - *since);
        }
    }
    assert!(longest > TimeDelta::minutes(1), "nobody waits: {longest}");
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
