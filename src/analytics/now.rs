//! Who waits at this moment, read from the boards' own rows.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};

use super::daybook::Daybook;
use super::facts::Filter;
use super::figures::{Figure, Values};
use crate::hospital::measure_targets::Targets;
use crate::journey::course::Measure;
use crate::journey::ids::{DepartmentId, PersonId};
use crate::journey::words::{Stage, Station, Status, Word};
use crate::projections::open::OpenVisit;

/// What goes on now.
#[derive(Clone, Debug, Default)]
pub struct Now {
    /// Each station.
    pub stations: Vec<AtStation>,
    /// The doctors with a patient, or who had one within the hour.
    pub in_session: BTreeSet<PersonId>,
    /// How many tests wait at each stage.
    pub backlog: Vec<(Stage, i64)>,
    /// The visits that wait longer than they should, the longest over first.
    pub late: Vec<Late>,
}

/// What goes on at a station.
#[derive(Clone, Debug)]
pub struct AtStation {
    /// Where.
    pub station: Station,
    /// How many wait.
    pub waiting: usize,
    /// How many of them by department.
    pub by_department: BTreeMap<Option<DepartmentId>, Waiting>,
    /// Who waits longest.
    pub longest: Option<OpenVisit>,
    /// The waits that ended within the last hour.
    pub last_hour: Figure,
}

/// Who waits of a department.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// How many.
    pub visits: usize,
    /// The longest wait, in seconds.
    pub longest: i64,
}

/// A visit that waits longer than it should.
#[derive(Clone, Debug)]
pub struct Late {
    /// The visit.
    pub visit: OpenVisit,
    /// How long it waits, in seconds.
    pub seconds: i64,
    /// How long it should at most.
    pub target: i64,
}

/// Works out what goes on, from the open visits and those of today and yesterday.
pub fn now<'a>(
    open: &[OpenVisit],
    lately: impl Iterator<Item = &'a Daybook> + Clone,
    backlog: Vec<(Stage, i64)>,
    (filter, targets): (&Filter, &Targets),
    moment: DateTime<Utc>,
) -> Now {
    let an_hour_ago = moment - TimeDelta::hours(1);
    let ended = |measure| {
        let all = lately.clone().flat_map(move |day| day.stretches(measure));
        let within_the_hour = move |until: DateTime<Utc>| until > an_hour_ago && until <= moment;
        all.filter(move |(facts, span)| filter.stretch(facts, span) && span.until.is_some_and(within_the_hour))
    };
    let waits = |visit: &&OpenVisit| visit.status == Status::Waiting;
    let seconds = |visit: &OpenVisit| (moment - visit.since).num_seconds().max(0);
    let stations = Station::ALL.iter().map(|station| {
        let there: Vec<_> = open.iter().filter(waits).filter(|visit| visit.station == Some(*station)).collect();
        let mut by_department: BTreeMap<Option<DepartmentId>, Waiting> = BTreeMap::new();
        for visit in &there {
            let waiting = by_department.entry(visit.department_id.clone()).or_default();
            waiting.visits += 1;
            waiting.longest = waiting.longest.max(seconds(visit));
        }
        let mut last_hour = Values::default();
        for (facts, span) in ended(Measure::wait_at(*station)) {
            last_hour.take(&facts.visit_id, span.seconds, None);
        }
        AtStation {
            station: *station,
            waiting: there.len(),
            by_department,
            longest: there.iter().min_by_key(|visit| visit.since).map(|visit| (*visit).clone()),
            last_hour: last_hour.figure(),
        }
    });
    let stations = stations.collect();
    let mut in_session: BTreeSet<PersonId> = open
        .iter()
        .filter(|visit| visit.status == Status::InConsultation)
        .filter_map(|visit| visit.doctor_id.clone())
        .collect();
    in_session.extend(ended(Measure::Consultation).filter_map(|(_, span)| span.doctor.as_deref().cloned()));
    let late = open.iter().filter(waits).filter_map(|visit| {
        let target = targets.wait(visit.department_id.as_ref(), visit.station?) * 60;
        let seconds = seconds(visit);
        (seconds > target).then(|| Late { visit: visit.clone(), seconds, target })
    });
    let mut late: Vec<_> = late.collect();
    late.sort_by_key(|late| std::cmp::Reverse(late.seconds - late.target));
    Now { stations, in_session, backlog, late }
}
