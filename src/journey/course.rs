//! The course that a visit takes, followed step by step: what is measured of it, and the path it went.

use chrono::serde::{ts_milliseconds, ts_milliseconds_option};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize, Serializer};

use super::events::{Event, EventType};
use super::evolve::evolve;
use super::ids::PersonId;
use super::measures::{Measures, Moment, Stay, follow};
use super::money::Money;
use super::visit::{Place, Step, Visit};
use super::words::{Stage, Station, Verdict, VisitType, Word, words};

words! {
    /// What is measured of visits, in seconds.
    Measure {
        DoorToDoctor "DOOR_TO_DOCTOR" "Door to doctor",
        ConsultationWait "CONSULTATION_WAIT" "Wait for the doctor",
        Consultation "CONSULTATION" "With the doctor",
        LabWait "LAB_WAIT" "Wait for the lab",
        OrderToReport "ORDER_TO_REPORT" "Order to report",
        BillingWait "BILLING_WAIT" "Wait to pay",
        BillToSettlement "BILL_TO_SETTLEMENT" "Bill to settlement",
        WholeVisit "WHOLE_VISIT" "Whole visit",
    }
}

impl Measure {
    /// The wait at a station.
    pub fn wait_at(station: Station) -> Self {
        match station {
            Station::Consultation => Self::ConsultationWait,
            Station::Lab => Self::LabWait,
            Station::Billing => Self::BillingWait,
        }
    }
}

/// A stretch of a visit that is measured: a wait, a consultation, the way of one test, and so on.
///
/// It is written as an array of its fields, moments in milliseconds: all of a visit's are read for every figure.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Span {
    /// What is measured.
    pub measure: Measure,
    /// From when.
    #[serde(with = "ts_milliseconds")]
    pub from: DateTime<Utc>,
    /// Until when; none when its end was not reached.
    #[serde(with = "ts_milliseconds_option")]
    pub until: Option<DateTime<Utc>>,
    /// How long; a wait without the time away. None when its end was not reached.
    pub seconds: Option<i64>,
    /// The doctor concerned.
    pub doctor: Option<PersonId>,
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { measure, from, until, seconds, doctor } = self;
        (measure, from.timestamp_millis(), until.map(|until| until.timestamp_millis()), seconds, doctor)
            .serialize(serializer)
    }
}

impl Span {
    fn between(measure: Measure, from: DateTime<Utc>, until: Option<DateTime<Utc>>, doctor: Option<&PersonId>) -> Self {
        let seconds = until.map(|until| (until - from).num_seconds());
        Self { measure, from, until, seconds, doctor: doctor.cloned() }
    }
}

/// A visit as far as its steps were taken in.
#[derive(Clone, Debug, Default)]
pub struct Course {
    pub(super) visit: Option<Visit>,
    pub(super) moments: Vec<Moment>,
    /// When the patient first entered a room.
    pub(super) seen_at: Option<DateTime<Utc>>,
    path: Vec<(DateTime<Utc>, EventType)>,
    repeats: u32,
    reason: Option<String>,
}

impl Course {
    /// Takes in the next step.
    pub fn take(&mut self, step: &Step) {
        self.visit = evolve(self.visit.take(), step);
        let Some(visit) = &self.visit else { return };
        if self.moments.last().is_none_or(|last| last.place != visit.place || last.at != visit.since) {
            self.moments.push(Moment {
                place: visit.place.clone(),
                at: visit.since,
                ended: visit.outcome.is_some(),
                doctor: visit.doctor().cloned(),
            });
        }
        self.path.push((step.at, step.event.event_type()));
        match &step.event {
            Event::EnteredRoom(_) => self.seen_at = Some(self.seen_at.map_or(step.at, |at| at.min(step.at))),
            Event::TestReviewed(reviewed) if reviewed.verdict == Some(Verdict::Repeat) => self.repeats += 1,
            Event::VisitCancelled(cancelled) => self.reason = Some(cancelled.reason.0.clone()),
            Event::VisitRescheduled(moved) => self.reason = moved.reason.as_ref().map(|reason| reason.0.clone()),
            Event::VisitNoShow(gone) => self.reason = gone.reason.as_ref().map(|reason| reason.0.clone()),
            _ => {}
        }
    }

    /// The visit's state; none before its registration.
    pub fn visit(&self) -> Option<&Visit> {
        self.visit.as_ref()
    }

    /// How many steps were taken in.
    pub fn version(&self) -> i64 {
        self.visit.as_ref().map_or(0, |visit| visit.version)
    }

    /// What happened, in the order in which it happened.
    pub fn path(&self) -> Vec<EventType> {
        let mut path: Vec<_> = self.path.iter().collect();
        path.sort_by_key(|(at, _)| *at);
        path.into_iter().map(|(_, event)| *event).collect()
    }

    /// How many results were sent back to be made again.
    pub fn repeats(&self) -> u32 {
        self.repeats
    }

    /// Why it ended otherwise than completed.
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }

    /// What was paid, what of it was given back, and what is still to be paid.
    pub fn money(&self) -> [Money; 3] {
        let Some(visit) = &self.visit else { return [Money::ZERO; 3] };
        let sum = |part: fn(&super::visit::Bill) -> Money| visit.bills.values().map(part).sum();
        [sum(|bill| bill.paid), sum(|bill| bill.refunded), visit.due()]
    }

    /// Where the patient was, each stay with the doctor concerned; the last one, while the visit is open, is not over.
    pub fn stays(&self) -> (Measures, Vec<(Stay, Option<PersonId>)>) {
        let since = self.visit.as_ref().map_or(DateTime::UNIX_EPOCH, |visit| visit.since);
        let mut measures = self.measures(since);
        let stays = std::mem::take(&mut measures.stays);
        let doctors = self.moments.iter().map(|moment| moment.doctor.clone());
        (measures, stays.into_iter().zip(doctors).collect())
    }

    /// All that is measured; what did not reach its end is among it.
    pub fn spans(&self) -> Vec<Span> {
        let Some(visit) = &self.visit else { return Vec::new() };
        let until = visit.ended_at.unwrap_or(visit.since);
        let mut spans = Vec::new();
        let rooms = || {
            let pairs = self.moments.iter().zip(self.moments.iter().skip(1).map(Some).chain([None]));
            pairs.filter(|(moment, _)| matches!(moment.place, Place::Room { .. }))
        };
        // Who comes to the lab alone sees no doctor.
        if visit.visit_type != VisitType::LabOnly || self.seen_at.is_some() {
            let doctor = rooms().next().map_or(visit.doctor(), |(moment, _)| moment.doctor.as_ref());
            spans.push(Span::between(Measure::DoorToDoctor, visit.registered_at, self.seen_at, doctor));
        }
        for entry in follow(&self.moments, visit.registered_at, until, &mut Measures::default()) {
            spans.push(Span {
                measure: Measure::wait_at(entry.station),
                from: entry.since,
                until: entry.served_at,
                seconds: entry.served_at.map(|_| entry.waited),
                doctor: entry.doctor,
            });
        }
        // In whole seconds of the visit's own clock, as the stay is.
        let clock = |at: DateTime<Utc>| (at - visit.registered_at).num_seconds();
        for (moment, next) in rooms() {
            let until = next.map(|next| next.at);
            let seconds = until.map(|until| clock(until) - clock(moment.at));
            let span = Span::between(Measure::Consultation, moment.at, until, moment.doctor.as_ref());
            spans.push(Span { seconds, ..span });
        }
        for test in visit.tests.values().filter(|test| test.stage != Stage::Cancelled) {
            spans.push(Span::between(Measure::OrderToReport, test.ordered_at, test.reported_at, visit.doctor()));
        }
        for bill in visit.bills.values() {
            spans.push(Span::between(Measure::BillToSettlement, bill.billed_at, bill.settled_at, visit.doctor()));
        }
        spans.push(Span::between(Measure::WholeVisit, visit.registered_at, visit.ended_at, visit.doctor()));
        spans
    }
}

/// A path as text: a letter for each event, by its place in the table.
pub fn letters(path: &[EventType]) -> String {
    path.iter().map(|event| letter(*event)).collect()
}

/// The path that letters stand for.
pub fn path(letters: &str) -> Vec<EventType> {
    let place = |letter: u8| match letter {
        b'A'..=b'Z' => Some(letter - b'A'),
        b'a'..=b'z' => Some(letter - b'a' + 26),
        _ => None,
    };
    letters.bytes().filter_map(|letter| EventType::ALL.get(usize::from(place(letter)?)).copied()).collect()
}

fn letter(event: EventType) -> char {
    let place = event as u8;
    char::from(if place < 26 { b'A' + place } else { b'a' + place - 26 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        assert_eq!(path(&letters(EventType::ALL)), EventType::ALL);
        assert_eq!(path("?A"), EventType::ALL[..1]);
        let from = DateTime::from_timestamp_millis(1_772_400_000_123).expect("a moment");
        let open = Span::between(Measure::Consultation, from, None, None);
        let over = Span::between(Measure::WholeVisit, from, Some(from + chrono::TimeDelta::seconds(7)), None);
        let written = serde_json::to_string(&[&open, &over]).expect("JSON");
        let expected =
            r#"[["CONSULTATION",1772400000123,null,null,null],["WHOLE_VISIT",1772400000123,1772400007123,7,null]]"#;
        assert_eq!(written, expected);
        assert_eq!(serde_json::from_str::<[Span; 2]>(&written).expect("spans"), [open, over]);
    }
}
