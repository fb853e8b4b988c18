//! What a set of visits comes to: durations, variants and directly-follows counts, to hold other programs' against.

use std::collections::BTreeMap;

use serde::Serialize;

use super::traces::Trace;

/// A variant: the events of a visit by name, and how many visits went so.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Variant {
    /// The events.
    pub path: Vec<&'static str>,
    /// How many visits.
    pub visits: u64,
}

/// How often one event came directly after another.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DirectlyFollows {
    /// The earlier event.
    pub from: &'static str,
    /// The later event.
    pub to: &'static str,
    /// How often.
    pub times: u64,
}

/// The figures.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Figures {
    /// From each visit's first event to its last, in seconds.
    pub durations: BTreeMap<String, f64>,
    /// The variants, the most common first.
    pub variants: Vec<Variant>,
    /// The directly-follows counts.
    pub directly_follows: Vec<DirectlyFollows>,
}

/// Figures as they are gathered.
#[derive(Debug, Default)]
pub struct Gathered {
    durations: BTreeMap<String, f64>,
    variants: BTreeMap<Vec<&'static str>, u64>,
    directly_follows: BTreeMap<(&'static str, &'static str), u64>,
}

impl Gathered {
    /// Counts a visit.
    pub fn add(&mut self, trace: &Trace) {
        use crate::journey::words::Word as _;
        let path: Vec<&'static str> = trace.events.iter().map(|event| event.event_type.word()).collect();
        for pair in path.windows(2) {
            if let [from, to] = *pair {
                *self.directly_follows.entry((from, to)).or_default() += 1;
            }
        }
        let at = |event: Option<&super::traces::TraceEvent>| event.map(|event| event.stored.event.performed_at);
        if let (Some(first), Some(last)) = (at(trace.events.first()), at(trace.events.last())) {
            self.durations.insert(trace.visit.clone(), (last - first).num_milliseconds() as f64 / 1000.0);
        }
        *self.variants.entry(path).or_default() += 1;
    }

    /// The figures of all that were counted.
    pub fn figures(self) -> Figures {
        let mut variants: Vec<Variant> =
            self.variants.into_iter().map(|(path, visits)| Variant { path, visits }).collect();
        variants.sort_by_key(|variant| std::cmp::Reverse(variant.visits));
        let directly_follows =
            self.directly_follows.into_iter().map(|((from, to), times)| DirectlyFollows { from, to, times });
        Figures { durations: self.durations, variants, directly_follows: directly_follows.collect() }
    }
}
