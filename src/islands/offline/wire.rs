//! How what a tablet keeps is written and read: by hand, for what serde derives of whole visits would double what a browser fetches.
//! Moments are milliseconds since 1970.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::kept::{Before, Deed, Measured, Refused, Task, Unsent, Worklist};
use crate::journey::events::{AnalyteResult, Event, EventType};
use crate::journey::events::{TestCompleted, TestInProgress, TestSampleCollected, VisitRegistered};
use crate::journey::evolve::evolve;
use crate::journey::ids::{BillId, Id, TestId};
use crate::journey::money::Money;
use crate::journey::policy::Policy;
use crate::journey::refusal::Refusal;
use crate::journey::schema::{Decimal, List, Text, check_text};
use crate::journey::visit::{Bill, Step, Test, Visit};
use crate::journey::words::{BillKind, Flag, Word};

fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value[name].as_str()
}

fn string(value: &Value, name: &str) -> Option<String> {
    text(value, name).map(str::to_owned)
}

fn id<I: Id>(value: &Value, name: &str) -> Option<I> {
    I::parse(text(value, name)?).ok()
}

fn word<W: Word>(value: &Value, name: &str) -> Option<W> {
    W::from_word(text(value, name)?)
}

fn moment(value: &Value, name: &str) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_millis(value[name].as_i64()?)
}

fn list<T>(value: &Value, name: &str, read: impl Fn(&Value) -> Option<T>) -> Option<Vec<T>> {
    value[name].as_array()?.iter().map(read).collect()
}

impl Worklist {
    /// Writes it.
    pub fn to_json(&self) -> Value {
        let visits = self.visits.iter().map(|(id, visit)| json!({ "id": id.as_str(), "visit": visit_to_json(visit) }));
        let tests = self.tests.iter().map(|task| {
            let analytes = task.analytes.iter().map(|line| {
                let before = line.before.as_ref().map(|last| json!({ "value": last.value, "words": last.words }));
                json!({
                    "analyte": line.analyte,
                    "unit": line.unit,
                    "low": line.low,
                    "high": line.high,
                    "before": before,
                })
            });
            json!({
                "visitId": task.visit_id.as_str(),
                "testId": task.test_id.as_str(),
                "token": task.token,
                "patient": task.patient,
                "ageAndSex": task.age_and_sex,
                "branch": task.branch,
                "urgency": task.urgency.word(),
                "label": task.label,
                "analytes": analytes.collect::<Vec<_>>(),
            })
        });
        json!({
            "person": self.person.as_str(),
            "name": self.name,
            "roles": self.roles.iter().map(|role| role.word()).collect::<Vec<_>>(),
            "payBeforeLab": self.policy.pay_before_lab,
            "knownAt": self.known_at.timestamp_millis(),
            "offset": self.offset,
            "visits": visits.collect::<Vec<_>>(),
            "tests": tests.collect::<Vec<_>>(),
        })
    }

    /// Reads it.
    pub fn from_json(value: &Value) -> Option<Self> {
        let visits = list(value, "visits", |line| Some((id(line, "id")?, visit_from_json(&line["visit"])?)))?;
        let before = |line: &Value| Some(Before { value: string(line, "value")?, words: string(line, "words")? });
        let measured = |line: &Value| {
            let bound = |name: &str| line[name].as_f64();
            Some(Measured {
                analyte: string(line, "analyte")?,
                unit: string(line, "unit"),
                low: bound("low"),
                high: bound("high"),
                before: before(&line["before"]),
            })
        };
        let task = |line: &Value| {
            Some(Task {
                visit_id: id(line, "visitId")?,
                test_id: id(line, "testId")?,
                token: string(line, "token")?,
                patient: string(line, "patient")?,
                age_and_sex: string(line, "ageAndSex")?,
                branch: string(line, "branch"),
                urgency: word(line, "urgency")?,
                label: string(line, "label")?,
                analytes: list(line, "analytes", measured)?,
            })
        };
        Some(Self {
            person: id(value, "person")?,
            name: string(value, "name").unwrap_or_default(),
            roles: list(value, "roles", |role| Word::from_word(role.as_str()?))?,
            policy: Policy { pay_before_lab: value["payBeforeLab"].as_bool()?, ..Policy::default() },
            known_at: moment(value, "knownAt")?,
            offset: value["offset"].as_i64()? as i32,
            visits,
            tests: list(value, "tests", task)?,
        })
    }
}

/// Writes what a laboratory needs to know of a visit to go on with its tests; nothing else leaves the house on a tablet.
fn visit_to_json(visit: &Visit) -> Value {
    let tests = visit.tests.iter().map(|(id, test)| {
        json!({
            "testId": id.as_str(),
            "code": test.code,
            "name": test.name,
            "specimen": test.specimen,
            "priority": test.priority.word(),
            "stage": test.stage.word(),
            "since": test.since.timestamp_millis(),
            "orderedAt": test.ordered_at.timestamp_millis(),
            "sampleId": test.sample_id,
            "recollections": test.recollections,
            "paid": visit.is_paid(test),
        })
    });
    json!({
        "patientId": visit.patient_id.as_str(),
        "visitType": visit.visit_type.word(),
        "priority": visit.priority.word(),
        "outcome": visit.outcome.map(Word::word),
        "registeredAt": visit.registered_at.timestamp_millis(),
        "version": visit.version,
        "tests": tests.collect::<Vec<_>>(),
    })
}

fn visit_from_json(value: &Value) -> Option<Visit> {
    let registered = VisitRegistered {
        patient_id: id(value, "patientId")?,
        visit_type: word(value, "visitType"),
        priority: word(value, "priority"),
        department_id: None,
        reason: None,
        rescheduled_from: None,
        follow_up_of: None,
    };
    let at = moment(value, "registeredAt")?;
    let mut visit = evolve(None, &Step { event: Event::VisitRegistered(registered), by: Id::from_bits(0), at })?;
    visit.outcome = word(value, "outcome");
    visit.version = value["version"].as_i64()?;
    for line in value["tests"].as_array()? {
        let test_id: TestId = id(line, "testId")?;
        // A bill with nothing due stands for whichever paid for the test.
        let bill_id: Option<BillId> = line["paid"].as_bool()?.then(|| test_id.derive(0));
        visit.bills.extend(bill_id.clone().map(|bill_id| (bill_id, nothing_due(at))));
        let test = Test {
            code: string(line, "code")?,
            name: string(line, "name")?,
            price: Money::ZERO,
            specimen: string(line, "specimen"),
            priority: word(line, "priority")?,
            stage: word(line, "stage")?,
            since: moment(line, "since")?,
            bill_id,
            ordered_at: moment(line, "orderedAt")?,
            collected_at: None,
            approved_at: None,
            reported_at: None,
            sample_id: string(line, "sampleId"),
            completed_by: None,
            results: Vec::new(),
            recollections: line["recollections"].as_u64()? as u32,
            document_id: None,
        };
        visit.tests.insert(test_id, test);
    }
    Some(visit)
}

fn nothing_due(at: DateTime<Utc>) -> Bill {
    Bill {
        kind: BillKind::Tests,
        items: Vec::new(),
        discount: Money::ZERO,
        amount: Money::ZERO,
        paid: Money::ZERO,
        refunded: Money::ZERO,
        round: 1,
        payments: Vec::new(),
        billed_at: at,
        settled_at: Some(at),
    }
}

impl Deed {
    /// Writes it.
    pub fn to_json(&self) -> Value {
        json!({
            "id": self.id.as_str(),
            "person": self.person.as_str(),
            "visitId": self.visit_id.as_str(),
            "eventType": self.event_type.word(),
            "metadata": self.metadata,
            "performedAt": self.performed_at.timestamp_millis(),
            "expectedVersion": self.expected_version,
        })
    }

    /// Reads it.
    pub fn from_json(value: &Value) -> Option<Self> {
        Some(Self {
            id: id(value, "id")?,
            person: id(value, "person")?,
            visit_id: id(value, "visitId")?,
            event_type: word(value, "eventType")?,
            metadata: value["metadata"].clone(),
            performed_at: moment(value, "performedAt")?,
            expected_version: value["expectedVersion"].as_i64()?,
        })
    }
}

impl Unsent {
    /// Writes it.
    pub fn to_json(&self) -> Value {
        json!({
            "deed": self.deed.to_json(),
            "testId": self.test_id.as_str(),
            "stage": self.stood.0.word(),
            "since": self.stood.1.timestamp_millis(),
            "about": self.about,
            "by": self.by,
            "refusal": self.refusal,
        })
    }

    /// Reads it.
    pub fn from_json(value: &Value) -> Option<Self> {
        Some(Self {
            deed: Deed::from_json(&value["deed"])?,
            test_id: id(value, "testId")?,
            stood: (word(value, "stage")?, moment(value, "since")?),
            about: string(value, "about")?,
            // What a tablet kept before it knew names is sent all the same.
            by: string(value, "by").unwrap_or_default(),
            refusal: string(value, "refusal"),
        })
    }
}

impl Refused {
    /// Writes it.
    pub fn to_json(&self) -> Value {
        json!({ "sentence": self.sentence, "visit": self.visit.as_ref().map(visit_to_json) })
    }

    /// Reads it.
    pub fn from_json(value: &Value) -> Option<Self> {
        Some(Self { sentence: string(value, "sentence")?, visit: visit_from_json(&value["visit"]) })
    }
}

/// Reads one of [`super::kept::EVENTS`]; the server checks it by its schema as any other.
pub fn event(event_type: EventType, metadata: &Value) -> Result<Event, Refusal> {
    let read = || {
        let test_id = id(metadata, "testId")?;
        Some(match event_type {
            EventType::TestSampleCollected => Event::TestSampleCollected(TestSampleCollected {
                test_id,
                sample_id: optional(metadata, "sampleId")?,
                specimen: optional(metadata, "specimen")?,
            }),
            EventType::TestInProgress => {
                Event::TestInProgress(TestInProgress { test_id, analyser: optional(metadata, "analyser")? })
            }
            EventType::TestCompleted => {
                let results = list(metadata, "results", result)?;
                Event::TestCompleted(TestCompleted { test_id, results: List(results) })
            }
            _ => return None,
        })
    };
    read().ok_or_else(|| Refusal::InvalidMetadata(Vec::new()))
}

/// A text that is short enough.
fn short<const MAX: usize>(value: &Value, name: &str) -> Option<Text<MAX>> {
    let text = text(value, name)?;
    check_text(text, MAX).ok()?;
    Some(Text(text.to_owned()))
}

/// A text that may be left out; none when it is there and too long.
fn optional<const MAX: usize>(value: &Value, name: &str) -> Option<Option<Text<MAX>>> {
    if value[name].is_null() { Some(None) } else { short(value, name).map(Some) }
}

fn result(line: &Value) -> Option<AnalyteResult> {
    Some(AnalyteResult {
        analyte: short(line, "analyte")?,
        value: short(line, "value")?,
        unit: optional(line, "unit")?,
        low: line["low"].as_f64().map(Decimal),
        high: line["high"].as_f64().map(Decimal),
        flag: word::<Flag>(line, "flag"),
    })
}
