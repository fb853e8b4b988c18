//! How visits go: how far they get, by which paths, and what goes wrong on the way.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::NaiveDate;

use super::among::Among;
use super::facts::Facts;
use super::figures::{Figure, Values};
use crate::journey::events::EventType;
use crate::journey::ids::PersonId;
use crate::journey::money::Money;
use crate::journey::words::{Outcome, words};

words! {
    /// A stage of a visit, as a path is told.
    Stop {
        Registration "REGISTRATION" "Registered",
        Queue "QUEUE" "Queue",
        Doctor "DOCTOR" "Doctor",
        Billing "BILLING" "Billing",
        Lab "LAB" "Lab",
        Report "REPORT" "Report",
        Completed "COMPLETED" "Completed",
        NoShow "NO_SHOW" "No-show",
        Cancelled "CANCELLED" "Cancelled",
        Rescheduled "RESCHEDULED" "Rescheduled",
    }
}

impl Stop {
    /// The stage that an event belongs to; what runs beside the patient's way belongs to none.
    pub fn of(event: EventType) -> Option<Self> {
        use EventType::*;
        Some(match event {
            VisitRegistered => Self::Registration,
            QueueJoined | QueueCalled | QueueSkipped => Self::Queue,
            EnteredRoom | ExitedRoom | ConsultationCompleted | PrescriptionGiven | TestsOrdered | ReferralGiven => {
                Self::Doctor
            }
            ConsultationBilled | TestsBilled | PaymentReceived | PaymentPartial | PaymentRefunded => Self::Billing,
            TestSampleCollected | TestSampleRejected | TestInProgress | TestCompleted | TestReviewed | TestApproved => {
                Self::Lab
            }
            ReportGenerated | ReportDelivered => Self::Report,
            VisitCompleted => Self::Completed,
            VisitNoShow => Self::NoShow,
            VisitCancelled => Self::Cancelled,
            VisitRescheduled => Self::Rescheduled,
            _ => return None,
        })
    }

    /// The stages of a path, each once however many events it had in a row.
    pub fn of_path(path: &[EventType]) -> Vec<Self> {
        let mut stops: Vec<_> = path.iter().filter_map(|event| Self::of(*event)).collect();
        stops.dedup();
        stops
    }
}

/// A step of the funnel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reached {
    /// What was reached.
    pub event: EventType,
    /// How many visits reached it.
    pub visits: usize,
}

/// The paths of visits, and how many went each: a path is known again by where it lies, so that it may come more than once.
fn paths<'a>(visits: impl Iterator<Item = &'a Facts>) -> Vec<(&'a [EventType], usize)> {
    let mut paths: HashMap<*const EventType, (&[EventType], usize)> = HashMap::new();
    for facts in visits {
        paths.entry(facts.path.as_ptr()).or_insert((facts.path.as_slice(), 0)).1 += 1;
    }
    paths.into_values().collect()
}

/// How often something happened on a path.
fn times(path: &[EventType], event: EventType) -> usize {
    path.iter().filter(|other| **other == event).count()
}

/// From registration to completion: how many visits reached each step.
pub fn funnel<'a>(visits: impl Iterator<Item = &'a Facts>) -> Vec<Reached> {
    use EventType::*;
    let paths = paths(visits);
    let through = |event| paths.iter().filter(move |(path, _)| path.contains(&event)).map(|(_, visits)| visits);
    let steps = [VisitRegistered, QueueJoined, QueueCalled, EnteredRoom, TestsOrdered, ReportGenerated, VisitCompleted];
    steps.map(|event| Reached { event, visits: through(event).sum() }).to_vec()
}

/// On how many visits each event happened; what happened on none is left out.
pub fn happened<'a>(visits: impl Iterator<Item = &'a Facts>) -> BTreeMap<EventType, usize> {
    let mut happened = BTreeMap::new();
    for (path, visits) in paths(visits) {
        for event in path.iter().collect::<BTreeSet<_>>() {
            *happened.entry(*event).or_default() += visits;
        }
    }
    happened
}

/// How visits ended that saw no doctor though they came for one, and how many are still open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Losses {
    /// By how they ended; none for those still open.
    pub by_outcome: BTreeMap<Option<Outcome>, usize>,
    /// How long those who left had waited.
    pub waited: Figure,
}

/// Who was not seen.
pub fn losses<'a>(visits: impl Iterator<Item = &'a Facts>) -> Losses {
    let (mut by_outcome, mut waited) = (BTreeMap::new(), Values::default());
    for facts in visits {
        if Among::Unseen.has(facts) {
            *by_outcome.entry(facts.outcome).or_default() += 1;
            if facts.outcome.is_some() {
                waited.take(&facts.visit_id, Some(facts.waited), None);
            }
        }
    }
    Losses { by_outcome, waited: waited.figure() }
}

/// A path that visits went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variant {
    /// The stages, in order.
    pub stops: Vec<Stop>,
    /// How many visits went it.
    pub visits: usize,
    /// How long the whole visit took.
    pub whole: Figure,
}

/// The paths of visits that ended, to the event, and how many went each.
pub fn exact<'a>(visits: impl Iterator<Item = &'a Facts>) -> BTreeMap<&'a [EventType], usize> {
    let mut exact: BTreeMap<&[EventType], usize> = BTreeMap::new();
    for (path, visits) in paths(visits.filter(|facts| Among::Ended.has(facts))) {
        *exact.entry(path).or_default() += visits;
    }
    exact
}

/// The paths of visits that ended, the commonest first; and how many of them there are to the event.
pub fn variants<'a>(visits: impl Iterator<Item = &'a Facts> + Clone) -> (Vec<Variant>, usize) {
    let ended = visits.filter(|facts| Among::Ended.has(facts));
    let paths = paths(ended.clone());
    let exact: BTreeSet<_> = paths.iter().map(|(path, _)| *path).collect();
    let stops: HashMap<_, _> = paths.iter().map(|(path, _)| (path.as_ptr(), Stop::of_path(path))).collect();
    let mut whole: BTreeMap<&[Stop], Values> = BTreeMap::new();
    for facts in ended {
        let Some(stops) = stops.get(&facts.path.as_ptr()) else { continue };
        whole.entry(stops).or_default().take(&facts.visit_id, facts.whole, None);
    }
    let variant = |(stops, values): (&[Stop], Values)| {
        let whole = values.figure();
        Variant { stops: stops.to_vec(), visits: whole.count + whole.missing, whole }
    };
    let mut variants: Vec<_> = whole.into_iter().map(variant).collect();
    variants.sort_by(|one, other| other.visits.cmp(&one.visits).then_with(|| one.stops.cmp(&other.stops)));
    (variants, exact.len())
}

/// How many visits went from a stage to the next, by its place in the path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flows(pub BTreeMap<(usize, Stop, Stop), usize>);

/// The flows between the first stages of all visits.
pub fn flows<'a>(visits: impl Iterator<Item = &'a Facts>, steps: usize) -> Flows {
    let mut flows = BTreeMap::new();
    for (path, visits) in paths(visits) {
        for (step, pair) in Stop::of_path(path).windows(2).take(steps).enumerate() {
            *flows.entry((step, pair[0], pair[1])).or_default() += visits;
        }
    }
    Flows(flows)
}

/// What went wrong, or went twice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Detours {
    /// How many visits there were.
    pub visits: usize,
    /// Times that a patient did not come when called.
    pub skips: Times,
    /// Calls after one that was not followed.
    pub recalls: Times,
    /// Specimens to be collected again.
    pub spoilt: Times,
    /// Results to be made again.
    pub repeats: Times,
    /// Specimens collected in all.
    pub collected: usize,
}

/// How often something happened, and on how many visits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    /// How often.
    pub times: usize,
    /// On how many visits.
    pub visits: usize,
}

impl Times {
    /// Takes in visits on each of which it happened so often.
    fn take(&mut self, times: usize, visits: usize) {
        self.times += times * visits;
        self.visits += if times > 0 { visits } else { 0 };
    }
}

/// How often somebody was called after a call that was not followed.
pub(super) fn recalls(path: &[EventType]) -> usize {
    let queue = path.iter().filter(|event| Stop::of(**event) == Some(Stop::Queue)).collect::<Vec<_>>();
    let again = queue.windows(2).filter(|pair| {
        *pair[1] == EventType::QueueCalled && matches!(*pair[0], EventType::QueueCalled | EventType::QueueSkipped)
    });
    again.count()
}

/// Counts them.
pub fn detours<'a>(visits: impl Iterator<Item = &'a Facts>) -> Detours {
    let mut sums = Detours::default();
    let visits = visits.inspect(|facts| sums.repeats.take(facts.repeats as usize, 1));
    for (path, visits) in paths(visits) {
        sums.visits += visits;
        sums.skips.take(times(path, EventType::QueueSkipped), visits);
        sums.spoilt.take(times(path, EventType::TestSampleRejected), visits);
        sums.collected += times(path, EventType::TestSampleCollected) * visits;
        sums.recalls.take(recalls(path), visits);
    }
    sums
}

/// How often patients of a doctor did not come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoShows {
    /// The doctor; none where none was chosen.
    pub doctor: Option<PersonId>,
    /// Visits that were not seen because nobody came.
    pub missed: usize,
    /// Visits that ended.
    pub ended: usize,
}

/// By doctor, the worst share first.
pub fn no_shows<'a>(visits: impl Iterator<Item = &'a Facts>) -> Vec<NoShows> {
    let mut doctors: BTreeMap<Option<&PersonId>, (usize, usize)> = BTreeMap::new();
    for facts in visits.filter(|facts| Among::Ended.has(facts)) {
        let (missed, ended) = doctors.entry(facts.doctor.as_deref()).or_default();
        *missed += usize::from(Among::NoShow.has(facts));
        *ended += 1;
    }
    let doctors = doctors.into_iter();
    let mut all: Vec<_> =
        doctors.map(|(doctor, (missed, ended))| NoShows { doctor: doctor.cloned(), missed, ended }).collect();
    // Compared as fractions.
    all.sort_by(|one, other| (other.missed * one.ended).cmp(&(one.missed * other.ended)));
    all
}

/// Why visits were cancelled or moved, in the words that were typed, the commonest first.
pub fn reasons<'a>(visits: impl Iterator<Item = &'a Facts>) -> Vec<(Outcome, Option<String>, usize)> {
    let mut reasons: BTreeMap<(Outcome, Option<String>), usize> = BTreeMap::new();
    for facts in visits {
        if let Some(outcome) = facts.outcome.filter(|_| Among::Cancelled.has(facts)) {
            *reasons.entry((outcome, reason(facts))).or_default() += 1;
        }
    }
    let mut all: Vec<_> = reasons.into_iter().map(|((outcome, reason), visits)| (outcome, reason, visits)).collect();
    all.sort_by_key(|(.., visits)| std::cmp::Reverse(*visits));
    all
}

/// Why a visit was cancelled or moved, as it is counted.
pub(super) fn reason(facts: &Facts) -> Option<String> {
    facts.reason.as_deref().map(|reason| tidy(reason))
}

/// The same words, however they were typed.
fn tidy(reason: &str) -> String {
    let reason = reason.trim().trim_end_matches('.').trim_end().to_lowercase();
    let mut letters = reason.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// The money of visits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Revenue {
    /// What was paid.
    pub taken: Sum,
    /// What of it was given back.
    pub refunded: Sum,
    /// What is still to be paid.
    pub outstanding: Sum,
}

/// An amount, and of how many visits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    /// How much.
    pub money: Money,
    /// Of how many visits.
    pub visits: usize,
}

impl Sum {
    fn take(&mut self, money: Money) {
        self.money += money;
        self.visits += usize::from(money != Money::ZERO);
    }
}

/// Day by day.
pub fn revenue<'a>(visits: impl Iterator<Item = &'a Facts>) -> BTreeMap<NaiveDate, Revenue> {
    let mut days: BTreeMap<NaiveDate, Revenue> = BTreeMap::new();
    for facts in visits {
        let day = days.entry(facts.day).or_default();
        day.taken.take(facts.taken);
        day.refunded.take(facts.refunded);
        day.outstanding.take(facts.due);
    }
    days
}
