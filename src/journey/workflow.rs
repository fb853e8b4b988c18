//! The state machine as data and as a diagram, found by walking it.
//!
//! No transition is written down here: one model visit is led through every event that [`decide`] accepts.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Value, json};

use super::allowed::candidates;
use super::decide::{Actor, Command, decide};
use super::events::{Event, EventType, TABLE};
use super::evolve::evolve;
use super::ids::{Id, PersonId};
use super::policy::Policy;
use super::schema::json_schema;
use super::visit::Visit;
use super::words::{ActorType, Role, Stage, VisitType, Word};

/// One arrow of the state machine.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Arrow {
    /// The state before.
    pub from: String,
    /// The event.
    pub event: EventType,
    /// The state after.
    pub to: String,
}

/// The arrows of the whole machine.
#[derive(Debug, Serialize)]
pub struct Workflow {
    /// From status to status: where the patient is.
    pub visit: BTreeSet<Arrow>,
    /// From stage to stage of one test.
    pub test: BTreeSet<Arrow>,
}

/// The workflow, walked once.
pub static WORKFLOW: LazyLock<Workflow> = LazyLock::new(walk);

const NOT_REGISTERED: &str = "NOT_REGISTERED";
const NOT_ORDERED: &str = "NOT_ORDERED";

/// Where the model visit is, in words.
fn status(visit: Option<&Visit>) -> String {
    match visit {
        None => NOT_REGISTERED.into(),
        Some(visit) => match visit.place.station() {
            Some(station) => format!("{}_{}", visit.status().word(), station.word()),
            None => visit.status().word().to_owned(),
        },
    }
}

fn stage(visit: Option<&Visit>) -> Option<Stage> {
    visit?.tests.values().next().map(|test| test.stage)
}

/// What tells two states of the model apart, as far as the arrows go.
fn key(visit: Option<&Visit>) -> (String, Option<Stage>, bool, bool, bool, usize, bool) {
    let due = visit.is_some_and(|visit| visit.due().0 > 0);
    let lab_only = visit.is_some_and(|visit| visit.visit_type == VisitType::LabOnly);
    let attended = visit.is_some_and(|visit| visit.attended);
    let sampled = visit.is_some_and(|visit| visit.sampled);
    (status(visit), stage(visit), lab_only, attended, sampled, visit.map_or(0, |visit| visit.bills.len().min(2)), due)
}

/// Leads a model visit, with one test at most, through everything that is accepted.
fn walk() -> Workflow {
    let now = DateTime::<Utc>::UNIX_EPOCH;
    let policy = Policy { pay_before_lab: false, pay_before_consultation: false, approver_may_be_performer: true };
    let actor =
        Actor { id: PersonId::from_bits(0), kind: ActorType::Human, roles: Role::ALL.to_vec(), on_behalf_of: None };
    let mut workflow = Workflow { visit: BTreeSet::new(), test: BTreeSet::new() };
    let mut seen = BTreeSet::from([key(None)]);
    let mut pending = vec![None::<Visit>];
    while let Some(visit) = pending.pop() {
        for event in EventType::ALL.iter().flat_map(|event| candidates(*event, visit.as_ref(), now)) {
            let event_type = event.event_type();
            let orders_another = matches!(event, Event::TestsOrdered(_)) && stage(visit.as_ref()).is_some();
            let command = Command { event, actor: &actor, performed_at: now, now };
            let Ok(step) = decide(&policy, visit.as_ref(), &command) else { continue };
            if orders_another {
                continue;
            }
            let next = evolve(visit.clone(), &step);
            let (from, to) = (status(visit.as_ref()), status(next.as_ref()));
            if from != to {
                workflow.visit.insert(Arrow { from, event: event_type, to });
            }
            let (before, after) = (stage(visit.as_ref()), stage(next.as_ref()));
            if before != after
                && let Some(after) = after
            {
                let from = before.map_or(NOT_ORDERED, Stage::word).to_owned();
                workflow.test.insert(Arrow { from, event: event_type, to: after.word().to_owned() });
            }
            if seen.insert(key(next.as_ref())) {
                pending.push(next);
            }
        }
    }
    workflow
}

/// The state machine as data: arrows and the table of events.
pub fn as_json() -> Value {
    json!({
        "start": NOT_REGISTERED,
        "visit": WORKFLOW.visit,
        "test": WORKFLOW.test,
        "events": registry(),
    })
}

/// The table of events as data: schema, roles, phase, tags and version of each.
pub fn registry() -> Value {
    TABLE
        .iter()
        .map(|row| {
            json!({
                "eventType": row.event,
                "title": row.event.label(),
                "group": row.group,
                "phase": row.phase,
                "icon": row.icon,
                "roles": row.roles,
                "labOnlyRoles": row.lab_only_roles,
                "accepted": row.accepted,
                "refused": row.refused,
                "afterOutcome": row.event.may_follow_outcome(),
                "aggregateType": "visit",
                "schemaVersion": 1,
                "tags": row.event.default_tags(),
                "schema": json_schema(row.fields),
            })
        })
        .collect()
}

/// The state machine as a Mermaid state diagram.
pub fn as_mermaid() -> String {
    let mut diagram = String::from("stateDiagram-v2\n  state \"Visit\" as visit {\n");
    write_arrows(&mut diagram, "visit", &WORKFLOW.visit, NOT_REGISTERED);
    diagram.push_str("  }\n  state \"Test\" as test {\n");
    write_arrows(&mut diagram, "test", &WORKFLOW.test, NOT_ORDERED);
    diagram.push_str("  }\n");
    diagram
}

fn write_arrows(diagram: &mut String, prefix: &str, arrows: &BTreeSet<Arrow>, start: &str) {
    let names: BTreeSet<_> = arrows.iter().flat_map(|arrow| [&arrow.from, &arrow.to]).collect();
    for name in names.iter().filter(|name| name.as_str() != start) {
        diagram.push_str(&format!("    state \"{name}\" as {prefix}_{name}\n"));
    }
    for Arrow { from, event, to } in arrows {
        let from = if from == start { "[*]".to_owned() } else { format!("{prefix}_{from}") };
        diagram.push_str(&format!("    {from} --> {prefix}_{to} : {}\n", event.word()));
    }
}
