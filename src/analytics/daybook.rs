//! The visits of a day, and what is measured of them.

use std::ops::Deref;

use super::facts::{Facts, Measured, Shared};
use crate::hospital::tenants::Tenant;
use crate::journey::course::Measure;
use crate::journey::words::Word;
use crate::projections::measures::MeasuresRow;

/// The visits of a day by their ids, and their stretches measure by measure: who asks for one passes by no other.
#[derive(Clone, Debug)]
pub struct Daybook {
    visits: Vec<Facts>,
    /// Of each measure: the place of the visit, and the stretch; those of a visit one after another.
    stretches: Vec<Vec<(u32, Measured)>>,
}

impl Default for Daybook {
    fn default() -> Self {
        Self { visits: Vec::new(), stretches: vec![Vec::new(); Measure::ALL.len()] }
    }
}

impl Deref for Daybook {
    type Target = [Facts];

    fn deref(&self) -> &[Facts] {
        &self.visits
    }
}

impl Daybook {
    /// Reads rows.
    pub fn of(tenant: &Tenant, mut rows: Vec<MeasuresRow>, with: &mut Shared) -> Self {
        rows.sort_unstable_by(|one, other| one.visit_id.cmp(&other.visit_id));
        let mut book = Self { visits: Vec::with_capacity(rows.len()), ..Self::default() };
        for row in rows {
            book.read(tenant, row, with);
        }
        book.stretches.iter_mut().for_each(Vec::shrink_to_fit);
        book
    }

    /// Takes in a row, instead of what was known of its visit.
    pub fn read(&mut self, tenant: &Tenant, row: MeasuresRow, with: &mut Shared) {
        let facts = Facts::new(&row, with);
        let stretches = row.spans.into_iter().map(|span| (span.measure, Measured::new(tenant, span, with)));
        self.put(facts, stretches.collect());
    }

    /// Puts a visit and its stretches in their places, instead of what was known of it.
    pub fn put(&mut self, facts: Facts, mut stretches: Vec<(Measure, Measured)>) {
        let found = self.visits.binary_search_by(|known| known.visit_id.cmp(&facts.visit_id));
        let (Ok(at) | Err(at)) = found;
        let place = at as u32;
        if found.is_ok() {
            self.visits[at] = facts;
        } else {
            if at < self.visits.len() {
                let behind = self.stretches.iter_mut().flatten().filter(|(visit, _)| *visit >= place);
                behind.for_each(|(visit, _)| *visit += 1);
            }
            self.visits.insert(at, facts);
        }
        for (measure, known) in Measure::ALL.iter().zip(&mut self.stretches) {
            let first = known.partition_point(|(visit, _)| *visit < place);
            let next = known.partition_point(|(visit, _)| *visit <= place);
            let new = stretches.extract_if(.., |(other, _)| *other == *measure);
            drop(known.splice(first..next, new.map(|(_, stretch)| (place, stretch))));
        }
    }

    /// The stretches of a measure, each with its visit.
    pub fn stretches(&self, measure: Measure) -> impl Iterator<Item = (&Facts, &Measured)> {
        let of_measure = self.stretches.get(measure as usize).into_iter().flatten();
        of_measure.filter_map(|(visit, stretch)| Some((self.visits.get(*visit as usize)?, stretch)))
    }
}
