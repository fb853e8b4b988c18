//! How long a thing should take at most.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::facts::Facts;
use crate::hospital::departments::Department;
use crate::hospital::measure_targets::MeasureTarget;
use crate::journey::course::Measure;
use crate::journey::ids::DepartmentId;

/// The targets of a hospital, by department and measure, in minutes.
#[derive(Clone, Debug, Default)]
pub struct Targets(BTreeMap<(DepartmentId, Measure), i64>);

impl Targets {
    /// Those that were set; where none was, the wait for the doctor has the department's own.
    pub fn new(departments: &[Department], set: &[MeasureTarget]) -> Self {
        let own = departments.iter().flat_map(|department| {
            [Measure::ConsultationWait, Measure::DoorToDoctor]
                .map(|measure| ((department.id.clone(), measure), department.target_minutes))
        });
        let set = set.iter().map(|target| ((target.department_id.clone(), target.measure), target.minutes));
        Self(own.chain(set).collect())
    }

    /// The target of a department's measure, in minutes.
    pub fn minutes(&self, department: Option<&DepartmentId>, measure: Measure) -> Option<i64> {
        self.0.get(&(department?.clone(), measure)).copied()
    }

    /// The same in seconds.
    pub fn seconds(&self, department: Option<&DepartmentId>, measure: Measure) -> Option<i64> {
        Some(self.minutes(department, measure)? * 60)
    }

    /// The targets of one measure, to be looked up for many visits.
    pub fn of(&self, measure: Measure) -> OfMeasure<'_> {
        let any = self.0.keys().any(|(_, other)| *other == measure);
        OfMeasure { targets: self, measure, any, met: Vec::new() }
    }

    /// The target that all these departments share; none when they differ.
    pub fn common(&self, departments: impl Iterator<Item = DepartmentId>, measure: Measure) -> Option<i64> {
        let mut all = departments.filter_map(|department| self.minutes(Some(&department), measure));
        let first = all.next()?;
        all.all(|other| other == first).then_some(first)
    }
}

/// The targets of one measure.
pub struct OfMeasure<'a> {
    targets: &'a Targets,
    measure: Measure,
    /// Whether there are any.
    any: bool,
    /// Those that were looked up already: a department is known again by where it lies.
    met: Vec<(*const DepartmentId, Option<i64>)>,
}

impl OfMeasure<'_> {
    /// The target of a visit, in seconds.
    pub fn seconds(&mut self, facts: &Facts) -> Option<i64> {
        if !self.any {
            return None;
        }
        let department = facts.department.as_ref()?;
        let at = Arc::as_ptr(department);
        if let Some((_, known)) = self.met.iter().find(|(known, _)| *known == at) {
            return *known;
        }
        let seconds = self.targets.seconds(Some(department), self.measure);
        self.met.push((at, seconds));
        seconds
    }
}
