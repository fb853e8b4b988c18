//! The pure part: deciding, and folding a visit.

use std::hint::black_box;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use sojourn::db::new_id;
use sojourn::journey::decide::{Actor, Command, decide};
use sojourn::journey::events::{Event, EventType};
use sojourn::journey::evolve::{evolve, fold};
use sojourn::journey::ids::{Id, PatientId, PersonId};
use sojourn::journey::policy::Policy;
use sojourn::journey::visit::{Step, Visit};
use sojourn::journey::words::{ActorType, Role};

use super::{line, time};
use crate::support::flow;

/// How long each figure is measured.
const SPAN: Duration = Duration::from_secs(2);

/// An event and who does it, a minute after the one before.
struct Deed {
    actor: Actor,
    event: Event,
    at: DateTime<Utc>,
}

/// The standard way, with so many measurements of vital signs before its end that there are `length` deeds.
fn deeds(length: usize) -> Vec<Deed> {
    let registered = (Role::Receptionist, EventType::VisitRegistered, json!({ "patientId": new_id::<PatientId>() }));
    let [steps @ .., completed] = flow::standard(&new_id(), &new_id());
    let vitals = (Role::Nurse, EventType::VitalsRecorded, json!({ "pulse": 72, "temperatureC": 37.5 }));
    let more = vec![vitals; length.saturating_sub(steps.len() + 2)];
    let all = [registered].into_iter().chain(steps).chain(more).chain([completed]);
    let begin = Utc::now() - TimeDelta::hours(24);
    all.zip(0..)
        .map(|((role, event, metadata), minute)| Deed {
            actor: Actor {
                id: PersonId::from_bits(role as u128),
                kind: ActorType::Human,
                roles: vec![role],
                on_behalf_of: None,
            },
            event: Event::parse(event, &metadata).expect("good metadata"),
            at: begin + TimeDelta::minutes(minute),
        })
        .collect()
}

fn live(deeds: &[Deed]) -> (Option<Visit>, Vec<Step>) {
    let (mut visit, mut steps) = (None, Vec::with_capacity(deeds.len()));
    for deed in deeds {
        let command = Command { event: deed.event.clone(), actor: &deed.actor, performed_at: deed.at, now: deed.at };
        let step = decide(&Policy::default(), visit.as_ref(), &command).expect("an accepted step");
        visit = evolve(visit, &step);
        steps.push(step);
    }
    (visit, steps)
}

/// The mean time of a thing done again and again.
fn mean<T>(thing: impl Fn() -> T) -> Duration {
    let (started, mut times) = (Instant::now(), 0);
    while started.elapsed() < SPAN {
        for _ in 0..100 {
            black_box(thing());
        }
        times += 100;
    }
    started.elapsed() / times
}

pub fn measure() {
    println!("\nThe journey");
    let way = deeds(19);
    line("decide + evolve, per event", &time(mean(|| live(&way)) / 19));
    let (_, steps) = live(&deeds(100));
    line("fold of 100 events", &time(mean(|| fold(&steps))));
}
