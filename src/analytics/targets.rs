//! The targets of one measure, looked up for very many visits.

use std::sync::Arc;

use super::facts::Facts;
use crate::hospital::measure_targets::Targets;
use crate::journey::course::Measure;
use crate::journey::ids::DepartmentId;

/// The targets of one measure.
pub struct OfMeasure<'a> {
    targets: &'a Targets,
    measure: Measure,
    /// Whether there are any.
    any: bool,
    /// Those that were looked up already: a department is known again by where it lies.
    met: Vec<(*const DepartmentId, Option<i64>)>,
}

impl<'a> OfMeasure<'a> {
    /// Those of a measure.
    pub fn new(targets: &'a Targets, measure: Measure) -> Self {
        Self { targets, measure, any: targets.has(measure), met: Vec::new() }
    }

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
