//! Topics: what screens show, and which events change it.

use std::fmt;

use crate::journey::events::EventType;
use crate::journey::ids::{BranchId, Id, VisitId};
use crate::journey::words::{Station, Word};
use crate::log::Change;

/// What a screen shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Topic {
    /// Who arrived today, and where they are.
    Reception,
    /// Who waits at a station.
    Queue(Station),
    /// A doctor's patients, and the results to look at.
    Doctor,
    /// What is to be billed and paid.
    Billing,
    /// What the laboratory has to do.
    Lab,
    /// Who is booked, and which times are free.
    Bookings,
    /// Whom to call about a follow-up.
    Calls,
    /// Who patients are, and when they come. Whose a booking or a visit is, its events do not all say: all patients' pages hear of all.
    Patients,
    /// One visit.
    Visit(VisitId),
    /// Who is called in a branch. Which branch a patient is in is the visit's, not the event's: all displays hear of all calls.
    Display(BranchId),
}

impl Topic {
    /// Reads a topic: `queue/consultation`, `visit/01J…`.
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text.split_once('/') {
            None => match text {
                "reception" => Self::Reception,
                "doctor" => Self::Doctor,
                "billing" => Self::Billing,
                "lab" => Self::Lab,
                "bookings" => Self::Bookings,
                "calls" => Self::Calls,
                "patients" => Self::Patients,
                _ => return None,
            },
            Some(("queue", station)) => Self::Queue(*Station::ALL.iter().find(|word| path(**word) == station)?),
            Some(("visit", visit)) => Self::Visit(VisitId::parse(visit).ok()?),
            Some(("display", branch)) => Self::Display(BranchId::parse(branch).ok()?),
            Some(_) => return None,
        })
    }

    /// The version of what is shown after a change, if the change is seen there.
    ///
    /// A visit has its own; everything else has the log's position.
    pub(super) fn version(&self, change: &Change) -> Option<i64> {
        let shown = match self {
            Self::Visit(visit) => change.visit_id.as_ref() == Some(visit),
            _ => match EventType::from_word(&change.event_type) {
                Some(event) => self.shows_step(event),
                None => self.shows(change.event_type.split('.').next().unwrap_or_default()),
            },
        };
        let version = if matches!(self, Self::Visit(_)) { change.version } else { change.position };
        shown.then_some(version)
    }

    /// Whether a step of a visit changes what is shown. Where that hangs on the visit's state, it counts as if it did.
    fn shows_step(&self, event: EventType) -> bool {
        use EventType::*;
        let ends = matches!(event, VisitCompleted | VisitCancelled | VisitRescheduled | VisitNoShow);
        let pays = matches!(event, PaymentReceived | PaymentPartial);
        let queues = ends || matches!(event, VisitAssigned | QueueJoined | QueueCalled | QueueSkipped | VitalsRecorded);
        let results = matches!(event, TestCompleted | TestReviewed | TestApproved | ReportGenerated | TestCancelled);
        match self {
            Self::Visit(_) => true,
            Self::Bookings => false,
            Self::Patients => matches!(event, VisitRegistered | DocumentUploaded | ReportGenerated),
            Self::Calls => matches!(event, FollowUpScheduled | FollowUpReminderSent | VisitRegistered),
            Self::Queue(Station::Consultation) => queues || results || matches!(event, EnteredRoom | ExitedRoom),
            Self::Queue(Station::Lab) => queues || event == TestSampleCollected,
            Self::Queue(Station::Billing) => queues || pays,
            Self::Display(_) => queues || pays || matches!(event, EnteredRoom | TestSampleCollected),
            Self::Doctor => {
                queues
                    || results
                    || matches!(event, EnteredRoom | ExitedRoom | ConsultationCompleted | TestSampleRejected)
            }
            Self::Reception => {
                queues || pays || matches!(event, VisitRegistered | EnteredRoom | ExitedRoom | TestSampleCollected)
            }
            Self::Billing => {
                let bills = matches!(event, VisitRegistered | ConsultationBilled | TestsBilled | PaymentRefunded);
                ends || pays || bills || matches!(event, TestsOrdered | TestCancelled)
            }
            Self::Lab => {
                let tests = matches!(
                    event,
                    TestsOrdered
                        | TestsBilled
                        | TestSampleCollected
                        | TestSampleRejected
                        | TestInProgress
                        | ReportDelivered
                );
                queues || pays || results || tests
            }
        }
    }

    /// Whether what becomes of something else of the hospital changes what is shown.
    fn shows(&self, aggregate: &str) -> bool {
        match aggregate {
            "patient" => !matches!(self, Self::Display(_)),
            "department" | "target" | "room" => {
                matches!(self, Self::Queue(_) | Self::Doctor | Self::Reception | Self::Lab)
            }
            "booking" => matches!(self, Self::Reception | Self::Bookings | Self::Patients),
            "consent" => matches!(self, Self::Patients),
            "clinic" => matches!(self, Self::Bookings),
            "tariff" | "cash_up" => matches!(self, Self::Billing),
            _ => false,
        }
    }
}

fn path(station: Station) -> String {
    station.word().to_ascii_lowercase()
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reception => f.write_str("reception"),
            Self::Queue(station) => write!(f, "queue/{}", path(*station)),
            Self::Doctor => f.write_str("doctor"),
            Self::Billing => f.write_str("billing"),
            Self::Lab => f.write_str("lab"),
            Self::Bookings => f.write_str("bookings"),
            Self::Calls => f.write_str("calls"),
            Self::Patients => f.write_str("patients"),
            Self::Visit(visit) => write!(f, "visit/{visit}"),
            Self::Display(branch) => write!(f, "display/{branch}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::new_id;

    fn change(event_type: &str, visit: &VisitId) -> Change {
        Change { position: 70, event_type: event_type.to_owned(), visit_id: Some(visit.clone()), version: 7 }
    }

    #[test]
    fn a_topic_is_read_as_it_is_written() {
        let topics = [
            Topic::Reception,
            Topic::Queue(Station::Lab),
            Topic::Doctor,
            Topic::Billing,
            Topic::Lab,
            Topic::Bookings,
            Topic::Calls,
            Topic::Patients,
            Topic::Visit(new_id()),
            Topic::Display(new_id()),
        ];
        for topic in topics {
            assert_eq!(Topic::parse(&topic.to_string()), Some(topic));
        }
        for strange in ["", "queue", "queue/LAB", "queue/roof", "visit/1", "visits", "lab/1"] {
            assert_eq!(Topic::parse(strange), None, "{strange}");
        }
    }

    #[test]
    fn every_step_is_seen_on_its_visit_and_nowhere_else_by_chance() {
        let (visit, other) = (new_id(), new_id());
        for event in EventType::ALL {
            let change = change(event.word(), &visit);
            assert_eq!(Topic::Visit(visit.clone()).version(&change), Some(7));
            assert_eq!(Topic::Visit(VisitId::clone(&other)).version(&change), None);
        }
        let called = change("QUEUE_CALLED", &visit);
        assert_eq!(Topic::Queue(Station::Lab).version(&called), Some(70));
        assert_eq!(Topic::Billing.version(&called), None);
        let collected = change("TEST_SAMPLE_COLLECTED", &visit);
        assert_eq!(Topic::Queue(Station::Billing).version(&collected), None);
        assert_eq!(Topic::Lab.version(&collected), Some(70));
        assert_eq!(Topic::Reception.version(&change("booking.created", &visit)), Some(70));
        assert_eq!(Topic::Bookings.version(&change("booking.rescheduled", &visit)), Some(70));
        assert_eq!(Topic::Lab.version(&change("target.changed", &visit)), Some(70));
        assert_eq!(Topic::Calls.version(&change("FOLLOWUP_REMINDER_SENT", &visit)), Some(70));
        assert_eq!(Topic::Display(new_id()).version(&change("patient.registered", &visit)), None);
        assert_eq!(Topic::Patients.version(&change("consent.recorded", &visit)), Some(70));
        assert_eq!(Topic::Patients.version(&called), None);
        assert_eq!(Topic::Billing.version(&change("cash_up.closed", &visit)), Some(70));
    }
}
