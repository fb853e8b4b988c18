//! Each case replayed on the journey: what fits, and what is refused, and why.

use std::collections::BTreeMap;

use serde::Serialize;

use super::completion;
use super::house::House;
use super::mapping::Mapping;
use super::rows::Row;
use crate::db::new_id;
use crate::demo::deeds::Deed;
use crate::journey::decide::{Command, decide};
use crate::journey::events::{Event, EventType};
use crate::journey::evolve::evolve;
use crate::journey::ids::VisitId;
use crate::journey::policy::Policy;
use crate::journey::refusal::Refusal;
use crate::journey::visit::Visit;
use crate::journey::words::Word as _;
use crate::record::Wish;

/// A row that the journey refuses.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Deviation {
    /// Which row of the file.
    pub row: usize,
    /// Its case.
    pub case: String,
    /// Its activity.
    pub activity: String,
    /// The event that it is.
    pub event: &'static str,
    /// When it was done.
    pub time: String,
    /// By whom.
    pub resource: String,
    /// The code of the refusal.
    pub code: &'static str,
    /// The refusal in words.
    pub reason: String,
}

/// How a foreign log fits the journey.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Conformance {
    /// How many cases there are.
    pub cases: usize,
    /// How many of them fit from beginning to end.
    pub fitting_cases: usize,
    /// How many rows were accepted.
    pub accepted: usize,
    /// How many rows the mapping leaves out.
    pub left_out: usize,
    /// What is refused.
    pub deviations: Vec<Deviation>,
}

impl Conformance {
    /// How often each activity is refused with each code, the most frequent first.
    pub fn by_code(&self) -> Vec<((&str, &str), usize)> {
        let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        for deviation in &self.deviations {
            *counts.entry((deviation.code, &deviation.activity)).or_default() += 1;
        }
        let mut counts: Vec<_> = counts.into_iter().collect();
        counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        counts
    }

    /// What is accepted of all that is mapped, in hundredths.
    pub fn fitness(&self) -> f64 {
        let rows = self.accepted + self.deviations.len();
        if rows == 0 { 100.0 } else { 100.0 * self.accepted as f64 / rows as f64 }
    }
}

/// Replays every case on the journey, and gives what it accepts; a row that is refused leaves the case as it was.
pub(super) fn judge(policy: &Policy, mapping: &Mapping, house: &House, rows: &[Row]) -> (Conformance, Vec<Deed>) {
    let mut of_cases: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
    for row in rows {
        of_cases.entry(&row.case).or_default().push(row);
    }
    let (mut conformance, mut deeds) = (Conformance { cases: of_cases.len(), ..Conformance::default() }, Vec::new());
    for mut rows in of_cases.into_values() {
        rows.sort_by_key(|row| (row.at, row.number));
        let before = conformance.deviations.len();
        case(policy, mapping, house, &rows, &mut conformance, &mut deeds);
        conformance.fitting_cases += usize::from(conformance.deviations.len() == before);
    }
    conformance.deviations.sort_by_key(|deviation| deviation.row);
    (conformance, deeds)
}

fn case(
    policy: &Policy,
    mapping: &Mapping,
    house: &House,
    rows: &[&Row],
    conformance: &mut Conformance,
    deeds: &mut Vec<Deed>,
) {
    let (id, doctor): (VisitId, _) = (new_id(), house.doctor(rows));
    let mut visit: Option<Visit> = None;
    for row in rows {
        let Some(Some(meaning)) = mapping.activities.get(&row.activity) else {
            conformance.left_out += 1;
            continue;
        };
        let Some(actor) = house.actor(row) else { continue };
        let metadata = completion::metadata(meaning, row, house, doctor, visit.as_ref());
        let decided = Event::parse(meaning.event(), &metadata).map_err(Refusal::InvalidMetadata).and_then(|event| {
            house.check(meaning.event(), &metadata)?;
            let command = Command { event, actor, performed_at: row.at, now: row.at };
            decide(policy, visit.as_ref(), &command)
        });
        match decided {
            Ok(step) => {
                visit = evolve(visit, &step);
                conformance.accepted += 1;
                let wish = Wish {
                    performed_at: Some(row.at),
                    branch_id: Some(house.branch.clone()),
                    ..Wish::new(Some(id.clone()), meaning.event(), metadata)
                };
                deeds.push(Deed { by: actor.clone(), wish });
            }
            Err(refusal) => conformance.deviations.push(deviation(row, meaning.event(), &refusal)),
        }
    }
}

fn deviation(row: &Row, event: EventType, refusal: &Refusal) -> Deviation {
    let problems: Vec<String> = refusal.field_problems().iter().map(ToString::to_string).collect();
    let reason = if problems.is_empty() { refusal.sentence() } else { problems.join("; ") };
    Deviation {
        row: row.number,
        case: row.case.clone(),
        activity: row.activity.clone(),
        event: event.word(),
        time: row.at.to_rfc3339(),
        resource: row.resource.clone().unwrap_or_default(),
        code: refusal.code().word(),
        reason,
    }
}
