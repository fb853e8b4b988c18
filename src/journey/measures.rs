//! What is worked out from a visit's log: where its time went, and how long each thing took.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::course::Course;
use super::events::EventType;
use super::ids::*;
use super::visit::{Place, Step};
use super::words::{Station, words};

words! {
    /// What kind of time a part of the visit is.
    Part {
        Waiting "WAITING" "waiting",
        Served "SERVED" "served",
        Away "AWAY" "away",
        Other "OTHER" "other",
    }
}

/// A part of a visit during which the patient was in one place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Stay {
    /// What kind of time it was.
    pub part: Part,
    /// The station waited at, or served by; the consultation for a room.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub station: Option<Station>,
    /// From when.
    pub from: DateTime<Utc>,
    /// Until when.
    pub to: DateTime<Utc>,
    /// How long, in whole seconds of the visit's own clock, so that the parts sum to the whole.
    pub seconds: i64,
}

/// A wait that was followed by service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Wait {
    /// Where.
    pub station: Station,
    /// The how-manieth wait there, from 1.
    pub round: u32,
    /// How long, in seconds, without the time away.
    pub seconds: i64,
}

/// The named measures of a visit, in seconds; what was not reached is absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Measures {
    /// Each wait that ended in service.
    pub waits: Vec<Wait>,
    /// From the call to the room, for each round.
    pub call_to_room: Vec<i64>,
    /// From entering to leaving the room, for each round.
    pub consultations: Vec<i64>,
    /// From registration to first entering a room.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub door_to_doctor: Option<i64>,
    /// From bill to settlement, for each settled bill.
    pub bill_to_settlement: BTreeMap<BillId, i64>,
    /// From order to report, for each reported test.
    pub order_to_report: BTreeMap<TestId, i64>,
    /// From collection to approval, for each approved test.
    pub collection_to_approval: BTreeMap<TestId, i64>,
    /// From registration to the outcome.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub whole_visit: Option<i64>,
    /// All waiting so far.
    pub waiting: i64,
    /// All service so far.
    pub served: i64,
    /// All time away so far.
    pub away: i64,
    /// All other time so far.
    pub other: i64,
    /// Where the patient was, one part after another without a gap.
    pub stays: Vec<Stay>,
}

/// From the first `from` to the first `to` at or after it, in seconds.
pub fn duration(steps: &[Step], from: EventType, to: EventType) -> Option<i64> {
    let moments = |event| steps.iter().filter(move |step| step.event.event_type() == event).map(|step| step.at);
    let begin = moments(from).min()?;
    let end = moments(to).filter(|at| *at >= begin).min()?;
    Some((end - begin).num_seconds())
}

/// Works out a visit's measures, until its outcome or until now.
pub fn measures(steps: &[Step], now: DateTime<Utc>) -> Measures {
    let mut course = Course::default();
    for step in steps {
        course.take(step);
    }
    course.measures(now)
}

impl Course {
    /// The measures so far, until the outcome or until now.
    pub fn measures(&self, now: DateTime<Utc>) -> Measures {
        let Some(visit) = &self.visit else { return Measures::default() };
        let until = visit.ended_at.unwrap_or_else(|| now.max(visit.since));
        let mut measures = Measures {
            door_to_doctor: self.seen_at.map(|at| (at - visit.registered_at).num_seconds()),
            whole_visit: visit.ended_at.map(|at| (at - visit.registered_at).num_seconds()),
            ..Measures::default()
        };
        let entries = follow(&self.moments, visit.registered_at, until, &mut measures);
        for Entry { station, waited, .. } in entries.into_iter().filter(|entry| entry.served_at.is_some()) {
            let round = 1 + measures.waits.iter().filter(|wait| wait.station == station).count();
            measures.waits.push(Wait { station, round: round as u32, seconds: waited });
        }
        for (id, bill) in &visit.bills {
            if let Some(settled_at) = bill.settled_at {
                measures.bill_to_settlement.insert(id.clone(), (settled_at - bill.billed_at).num_seconds());
            }
        }
        for (id, test) in &visit.tests {
            if let Some(reported_at) = test.reported_at {
                measures.order_to_report.insert(id.clone(), (reported_at - test.ordered_at).num_seconds());
            }
            if let (Some(collected_at), Some(approved_at)) = (test.collected_at, test.approved_at) {
                measures.collection_to_approval.insert(id.clone(), (approved_at - collected_at).num_seconds());
            }
        }
        measures
    }
}

/// The patient comes to a place, or the visit ends.
#[derive(Clone, Debug)]
pub(super) struct Moment {
    pub place: Place,
    pub at: DateTime<Utc>,
    pub ended: bool,
    /// The doctor waited for, or assigned, by then.
    pub doctor: Option<PersonId>,
}

/// A wait at a station: one, however often the patient was called or away in between.
pub(super) struct Entry {
    pub station: Station,
    pub since: DateTime<Utc>,
    pub waited: i64,
    /// When it was over because the patient was served.
    pub served_at: Option<DateTime<Utc>>,
    /// The doctor waited for; once served, the one who served.
    pub doctor: Option<PersonId>,
}

/// Goes from place to place, sorts every second into one part, and gives the waits.
pub(super) fn follow(
    moments: &[Moment],
    start: DateTime<Utc>,
    until: DateTime<Utc>,
    measures: &mut Measures,
) -> Vec<Entry> {
    let clock = |at: DateTime<Utc>| (at - start).num_seconds();
    let mut entries: Vec<Entry> = Vec::new();
    // Whether the last entry goes on.
    let mut waits = false;
    for (index, moment) in moments.iter().enumerate() {
        let next = moments.get(index + 1);
        let to = next.map_or(until, |next| next.at);
        if moment.ended {
            break;
        }
        let (part, station) = sort(moment, next);
        let seconds = clock(to) - clock(moment.at);
        match &moment.place {
            Place::Queue { station } if !waits || entries.last().is_none_or(|entry| entry.station != *station) => {
                let doctor = moment.doctor.clone();
                entries.push(Entry { station: *station, since: moment.at, waited: 0, served_at: None, doctor });
                waits = true;
            }
            Place::Room { .. } if next.is_some() => measures.consultations.push(seconds),
            Place::Called { station: Station::Consultation }
                if next.is_some_and(|next| matches!(next.place, Place::Room { .. })) =>
            {
                measures.call_to_room.push(seconds);
            }
            _ => {}
        }
        if let Some(entry) = entries.last_mut().filter(|_| waits) {
            if part == Part::Waiting {
                entry.waited += seconds;
            }
            if let Some(next) = next.filter(|next| is_service(&moment.place, next)) {
                entry.served_at = Some(next.at);
                entry.doctor = next.doctor.clone();
                waits = false;
            }
        }
        match part {
            Part::Waiting => measures.waiting += seconds,
            Part::Served => measures.served += seconds,
            Part::Away => measures.away += seconds,
            Part::Other => measures.other += seconds,
        }
        measures.stays.push(Stay { part, station, from: moment.at, to, seconds });
    }
    entries
}

/// Whether leaving a place for the next one means being served.
fn is_service(place: &Place, next: &Moment) -> bool {
    !next.ended && place.station().is_some() && matches!(next.place, Place::Room { .. } | Place::Nowhere)
}

/// Sorts the time in one place by what came of it.
fn sort(moment: &Moment, next: Option<&Moment>) -> (Part, Option<Station>) {
    match &moment.place {
        Place::Nowhere => (Part::Other, None),
        Place::Room { .. } => (Part::Served, Some(Station::Consultation)),
        Place::Away { station } => (Part::Away, Some(*station)),
        Place::Queue { station } => (Part::Waiting, Some(*station)),
        // On the way to the room; at a counter, the call begins the service; a call without service is waiting still.
        Place::Called { station } => match next {
            None => (Part::Other, Some(*station)),
            Some(next) if !is_service(&moment.place, next) => (Part::Waiting, Some(*station)),
            Some(_) if *station == Station::Consultation => (Part::Other, Some(*station)),
            Some(_) => (Part::Served, Some(*station)),
        },
    }
}
