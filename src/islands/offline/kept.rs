//! What a tablet keeps of the laboratory's work, and what is done on it without network, checked by the journey itself.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value, json};

use super::super::language::say;
use super::wire::event;
use crate::journey::decide::{Actor, Command, LATEST_ENTRY, decide};
use crate::journey::decimal;
use crate::journey::events::EventType;
use crate::journey::evolve::evolve;
use crate::journey::ids::{EventId, Id, PersonId, TestId, VisitId};
use crate::journey::policy::Policy;
use crate::journey::refusal::Refusal;
use crate::journey::results::judged;
use crate::journey::visit::{Step, Test, Visit};
use crate::journey::wording::fill;
use crate::journey::words::{ActorType, Flag, Priority, Role, Stage, Word};

/// What is done without network.
pub const EVENTS: [EventType; 3] =
    [EventType::TestSampleCollected, EventType::TestInProgress, EventType::TestCompleted];

/// The most tests of one stage that a tablet keeps.
pub const MOST: usize = 100;

/// How long a worklist is shown without network: as long as anybody stays signed in.
const LASTS: TimeDelta = TimeDelta::hours(12);

/// The laboratory's work as a technician last saw it.
#[derive(Debug)]
pub struct Worklist {
    /// Who saw it.
    pub person: PersonId,
    /// What they are called.
    pub name: String,
    /// With which roles.
    pub roles: Vec<Role>,
    /// The rules of the hospital.
    pub policy: Policy,
    /// When it was so, by the server's clock.
    pub known_at: DateTime<Utc>,
    /// How many seconds the hospital's clocks are ahead of UTC.
    pub offset: i32,
    /// The visits with these tests.
    pub visits: Vec<(VisitId, Visit)>,
    /// The tests, the most urgent first.
    pub tests: Vec<Task>,
}

/// A test to be worked on, with what people know it by.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    /// Of which visit.
    pub visit_id: VisitId,
    /// Which test.
    pub test_id: TestId,
    /// What the patient is called by.
    pub token: String,
    /// The patient's name.
    pub patient: String,
    /// The patient's age and sex.
    pub age_and_sex: String,
    /// The branch, where it is not the person's own.
    pub branch: Option<String>,
    /// How urgent it is.
    pub urgency: Priority,
    /// The label suggested for its next specimen.
    pub label: String,
    /// What it measures.
    pub analytes: Vec<Measured>,
}

/// Something that a test measures.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// Its name.
    pub analyte: String,
    /// The unit it is measured in.
    pub unit: Option<String>,
    /// The lowest value in range.
    pub low: Option<f64>,
    /// The highest value in range.
    pub high: Option<f64>,
    /// What was measured of the patient before.
    pub before: Option<Before>,
}

/// The last value of something measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Before {
    /// The value.
    pub value: String,
    /// The value and its day, for people.
    pub words: String,
}

impl Measured {
    /// What its line is known by: its name and unit.
    pub fn line(&self) -> (&str, &str) {
        (&self.analyte, self.unit.as_deref().unwrap_or_default())
    }
}

/// A step as it is sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Deed {
    /// The id of the event it becomes: sent twice, it is logged once.
    pub id: EventId,
    /// Who did it.
    pub person: PersonId,
    /// On which visit.
    pub visit_id: VisitId,
    /// What was done.
    pub event_type: EventType,
    /// What is known about it.
    pub metadata: Value,
    /// When it was done.
    pub performed_at: DateTime<Utc>,
    /// The version of the visit that it rests on.
    pub expected_version: i64,
}

/// A step that is not sent yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Unsent {
    /// The step.
    pub deed: Deed,
    /// On which test.
    pub test_id: TestId,
    /// How the test stood before: its stage, and since when.
    pub stood: (Stage, DateTime<Utc>),
    /// What people know it by.
    pub about: String,
    /// What who did it is called.
    pub by: String,
    /// Why the server refused it.
    pub refusal: Option<String>,
}

/// What the server says of a step that it did not log.
#[derive(Debug)]
pub struct Refused {
    /// Why, in one sentence.
    pub sentence: String,
    /// The visit as it is, when the step rests on another version of it.
    pub visit: Option<Visit>,
}

impl Worklist {
    /// Whether it may still be shown.
    pub fn lasts(&self, now: DateTime<Utc>) -> bool {
        now - self.known_at < LASTS
    }

    /// The time of day on the hospital's clocks.
    pub fn clock(&self, at: DateTime<Utc>) -> String {
        let minutes = (at.timestamp() + i64::from(self.offset)).div_euclid(60);
        format!("{:02}:{:02}", minutes.div_euclid(60).rem_euclid(24), minutes.rem_euclid(60))
    }

    fn visit(&self, id: &VisitId) -> Option<&Visit> {
        self.visits.iter().find(|(other, _)| other == id).map(|(_, visit)| visit)
    }

    /// How a test stands.
    pub fn test(&self, task: &Task) -> Option<&Test> {
        self.visit(&task.visit_id)?.tests.get(&task.test_id)
    }

    /// The tests at a stage.
    pub fn at(&self, stage: Stage) -> impl Iterator<Item = (&Task, &Test)> {
        self.tests.iter().filter_map(|task| Some((task, self.test(task)?))).filter(move |(_, test)| test.stage == stage)
    }

    /// The tests whose specimen bears a label.
    pub fn of_sample(&self, label: &str) -> impl Iterator<Item = (&Task, &Test)> {
        let bears = move |test: &Test| test.sample_id.as_ref().is_some_and(|id| id.eq_ignore_ascii_case(label.trim()));
        self.tests.iter().filter_map(|task| Some((task, self.test(task)?))).filter(move |(_, test)| bears(test))
    }

    /// Whether a test is known to wait for results no more; where there are too many tests to keep, that is not known.
    pub fn is_over(&self, test: &TestId) -> bool {
        let running = || self.at(Stage::InProgress);
        running().count() < MOST && !running().any(|(task, _)| task.test_id == *test)
    }

    /// The same after what was done and is not sent; what was refused did not happen.
    pub fn after(mut self, unsent: &[Unsent]) -> Self {
        for deed in unsent.iter().filter(|unsent| unsent.refusal.is_none()).map(|unsent| &unsent.deed) {
            let Some(step) = deed.step() else { continue };
            if let Some(at) = self.visits.iter().position(|(id, _)| *id == deed.visit_id) {
                let (id, visit) = self.visits.swap_remove(at);
                self.visits.extend(evolve(Some(visit), &step).map(|visit| (id, visit)));
            }
        }
        self
    }

    /// Takes in what is done now, on top of what is not sent yet; or says why it may not follow.
    pub fn take(
        self,
        unsent: &[Unsent],
        event_type: EventType,
        metadata: Value,
        id: EventId,
        now: DateTime<Utc>,
    ) -> Result<Unsent, Refusal> {
        let actor = self.actor();
        let now_known = self.after(unsent);
        let event = event(event_type, &metadata)?;
        let task = event.test_id().and_then(|test| now_known.tests.iter().find(|task| task.test_id == *test));
        let task = task.ok_or(Refusal::VisitNotFound)?;
        let visit = now_known.visit(&task.visit_id).ok_or(Refusal::VisitNotFound)?;
        let test = now_known.test(task).ok_or(Refusal::VisitNotFound)?;
        // A tablet's clock may be a little behind the one that the step before was dated by.
        let performed_at = now.max(test.since);
        let command = Command { event, actor: &actor, performed_at, now: performed_at };
        decide(&now_known.policy, Some(visit), &command)?;
        Ok(Unsent {
            deed: Deed {
                id,
                person: actor.id.clone(),
                visit_id: task.visit_id.clone(),
                event_type,
                metadata,
                performed_at,
                expected_version: visit.version,
            },
            test_id: task.test_id.clone(),
            stood: (test.stage, test.since),
            about: format!("{}, {}", task.token, test.name),
            by: now_known.name.clone(),
            refusal: None,
        })
    }

    /// A step rested again on a visit that went on meanwhile, or why not: its test must stand as it stood.
    pub fn rest_again(&self, unsent: &Unsent, visit: &Visit) -> Result<Unsent, String> {
        let unreadable = || say("This step cannot be read any more. Do it again on the visit.");
        let test = visit.tests.get(&unsent.test_id).ok_or_else(unreadable)?;
        let Step { event, at, .. } = unsent.deed.step().ok_or_else(unreadable)?;
        let actor = self.actor();
        let command = Command { event, actor: &actor, performed_at: at.max(test.since), now: at.max(test.since) };
        decide(&self.policy, Some(visit), &command).map_err(|refusal| refusal.sentence_in(&say))?;
        if (test.stage, test.since) != unsent.stood {
            let stage = say(test.stage.label()).to_ascii_lowercase();
            let words = say("{test} was changed meanwhile, and is {stage} again.");
            return Err(fill(&words, &[("test", &test.name), ("stage", &stage)]));
        }
        let deed = Deed { expected_version: visit.version, ..unsent.deed.clone() };
        Ok(Unsent { deed, ..unsent.clone() })
    }

    fn actor(&self) -> Actor {
        Actor { id: self.person.clone(), kind: ActorType::Human, roles: self.roles.clone(), on_behalf_of: None }
    }
}

impl Deed {
    fn step(&self) -> Option<Step> {
        let event = event(self.event_type, &self.metadata).ok()?;
        Some(Step { event, by: self.person.clone(), at: self.performed_at })
    }
}

impl Unsent {
    /// Whether the journey takes it no more.
    pub fn is_too_old(&self, now: DateTime<Utc>) -> bool {
        self.deed.performed_at < now - LATEST_ENTRY
    }
}

/// The tests of which a step was refused: what was done on them after it waits until that is settled.
pub fn held(unsent: &[Unsent]) -> Vec<TestId> {
    unsent.iter().filter(|unsent| unsent.refusal.is_some()).map(|unsent| unsent.test_id.clone()).collect()
}

/// The metadata of a form for one of [`EVENTS`]; each result gets its flag.
pub fn metadata(typed: &[(String, String)]) -> Value {
    let mut metadata = Map::new();
    let mut results: Vec<(&str, Map<String, Value>)> = Vec::new();
    for (name, text) in typed {
        let text = text.trim();
        if text.is_empty() || name.starts_with('_') {
            continue;
        }
        let line = name.strip_prefix("results[").and_then(|rest| rest.split_once("]."));
        match line {
            None => drop(metadata.insert(name.clone(), json!(text))),
            Some((number, field)) => {
                let bound = matches!(field, "low" | "high").then(|| decimal::read(&text.replace(',', ".")));
                let value = bound.flatten().map_or_else(|| json!(text), |bound| json!(bound));
                match results.iter_mut().find(|(other, _)| *other == number) {
                    Some((_, line)) => drop(line.insert(field.to_owned(), value)),
                    None => results.push((number, Map::from_iter([(field.to_owned(), value)]))),
                }
            }
        }
    }
    for (_, line) in &mut results {
        let bound = |name: &str| line.get(name).and_then(Value::as_f64);
        let text = |name: &str| line.get(name).and_then(Value::as_str);
        let chosen = text("flag").and_then(Flag::from_word);
        let flag = judged(text("value").unwrap_or_default(), bound("low"), bound("high"), chosen);
        if let Some(flag) = flag {
            line.insert("flag".to_owned(), json!(flag.word()));
        }
    }
    if !results.is_empty() {
        metadata.insert("results".to_owned(), results.into_iter().map(|(_, line)| Value::Object(line)).collect());
    }
    Value::Object(metadata)
}

/// What was typed of results, in the lines that there are now, each known by what it measures in which unit: the tariff may have
/// changed meanwhile, and no value may come beside another name. Where nothing is known of the lines, each stays where it was.
pub fn in_lines(typed: &[(String, String)], lines: &[(&str, &str)]) -> Vec<(String, String)> {
    if lines.is_empty() {
        return typed.to_vec();
    }
    let moved = |(name, text): &(String, String)| {
        let (number, field) = name.strip_prefix("results[")?.split_once(']')?;
        let said = |field: &str| {
            let name = format!("results[{number}].{field}");
            typed.iter().find(|(other, _)| *other == name).map_or("", |(_, text)| text.trim())
        };
        let measured = (said("analyte"), said("unit"));
        let at = lines.iter().position(|line| *line == measured)?;
        Some((format!("results[{at}]{field}"), text.clone()))
    };
    typed.iter().filter_map(moved).collect()
}

/// A new id, of a moment in milliseconds and of chance.
pub fn new_id<I: Id>(now: DateTime<Utc>, chance: u128) -> I {
    let moment = u128::from(now.timestamp_millis().unsigned_abs());
    I::from_bits((moment & ((1 << 48) - 1)) << 80 | chance & ((1 << 80) - 1))
}
