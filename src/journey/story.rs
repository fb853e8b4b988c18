//! The journey told to people: each step in one plain sentence.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::events::{Event, EventType};
use super::ids::*;
use super::money::Money;
use super::visit::{Step, Visit};
use super::words::{Phase, Station, Verdict, VisitType};

/// What people call the things an event names.
pub trait Names {
    /// A person's name.
    fn person(&self, id: &PersonId) -> String;
    /// A room's name.
    fn room(&self, id: &RoomId) -> String;
    /// A department's name.
    fn department(&self, id: &DepartmentId) -> String;
    /// A day and time on the hospital's clock.
    fn time(&self, at: DateTime<Utc>) -> String;
    /// An amount in the hospital's currency.
    fn money(&self, amount: Money) -> String;
}

/// A step as people read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Telling {
    /// Which event it was.
    pub event_type: EventType,
    /// The phase, which gives the colour.
    pub phase: Phase,
    /// The icon, by lucide's name.
    pub icon: String,
    /// A few words.
    pub title: String,
    /// One plain sentence.
    pub sentence: String,
    /// Who did it.
    pub performer: String,
    /// Whether it runs beside the patient's own way: work on a test.
    pub beside: bool,
}

/// Tells a step; `visit` is the state after it.
pub fn tell(step: &Step, visit: &Visit, names: &dyn Names) -> Telling {
    let event_type = step.event.event_type();
    let row = event_type.row();
    let performer = names.person(&step.by);
    Telling {
        event_type,
        phase: row.phase,
        icon: row.icon.to_owned(),
        title: title(&step.event, visit, names),
        sentence: sentence(&step.event, visit, &performer, names),
        performer,
        beside: step.event.test_id().is_some(),
    }
}

fn title(event: &Event, visit: &Visit, names: &dyn Names) -> String {
    match event {
        Event::QueueJoined(joined) => {
            format!("Joined the {} queue", joined.station.unwrap_or(Station::Consultation).label().to_lowercase())
        }
        Event::QueueCalled(_) if visit.call.times > 1 => "Called again".into(),
        Event::EnteredRoom(entered) => format!("Entered {}", names.room(&entered.room_id)),
        Event::TestsOrdered(ordered) if ordered.tests.len() == 1 => "Test ordered".into(),
        Event::TestReviewed(reviewed) if reviewed.verdict == Some(Verdict::Repeat) => "Repeat asked for".into(),
        Event::TestSampleCollected(event)
            if visit.tests.get(&event.test_id).is_some_and(|test| test.recollections > 0) =>
        {
            "Sample collected again".into()
        }
        _ => event.event_type().label().to_owned(),
    }
}

fn sentence(event: &Event, visit: &Visit, by: &str, names: &dyn Names) -> String {
    let test = |id: &TestId| visit.tests.get(id).map_or("A test".to_owned(), |test| test.name.clone());
    let because = |reason: Option<&str>| reason.map_or(String::new(), |reason| format!(": {reason}"));
    match event {
        Event::VisitRegistered(registered) => {
            let kind = match visit_type(registered.visit_type) {
                VisitType::Opd => "a visit",
                VisitType::Emergency => "an emergency",
                VisitType::FollowUp => "a follow-up visit",
                VisitType::LabOnly => "a lab-only visit",
            };
            let department =
                registered.department_id.as_ref().map_or(String::new(), |id| format!(" to {}", names.department(id)));
            format!("{by} registered {kind}{department}{}.", because(registered.reason.as_ref().map(|r| r.as_str())))
        }
        Event::VisitAssigned(assigned) => {
            let room = assigned.room_id.as_ref().map_or(String::new(), |room| format!(", {}", names.room(room)));
            format!("{by} assigned the visit to {}{room}.", names.person(&assigned.doctor_id))
        }
        Event::QueueJoined(_) => match visit.doctor() {
            Some(doctor) if visit.place.station() == Some(Station::Consultation) => {
                format!("Waiting for {}.", names.person(doctor))
            }
            _ => "The wait began.".into(),
        },
        Event::QueueCalled(called) => {
            let whereto = match (&called.room_id, &called.counter) {
                (Some(room), _) => format!(" to {}", names.room(room)),
                (None, Some(counter)) => format!(" to {}", counter.as_str()),
                (None, None) => String::new(),
            };
            format!("{by} called the patient{whereto}.")
        }
        Event::QueueSkipped(skipped) => {
            format!("The patient did not come{}.", because(skipped.reason.as_ref().map(|r| r.as_str())))
        }
        Event::EnteredRoom(_) => match visit.rounds {
            0 | 1 => "The consultation began.".into(),
            round => format!("Consultation round {round} began."),
        },
        Event::ExitedRoom(_) => "The patient left the room.".into(),
        Event::ConsultationCompleted(completed) => match &completed.diagnosis {
            Some(diagnosis) => format!("{by} completed the consultation: {}.", diagnosis.as_str()),
            None => format!("{by} completed the consultation."),
        },
        Event::PrescriptionGiven(given) => {
            let drugs = list(given.items.iter().map(|item| item.drug.as_str()));
            format!("{by} prescribed {drugs}.")
        }
        Event::TestsOrdered(ordered) => {
            format!("{by} ordered {}.", list(ordered.tests.iter().map(|test| test.name.as_str())))
        }
        Event::ReferralGiven(referral) => {
            format!("{by} referred the patient to {}: {}.", referral.to.as_str(), referral.reason.as_str())
        }
        Event::VitalsRecorded(vitals) => {
            let measured: Vec<_> =
                vitals.measurements().map(|(name, value, unit)| format!("{name} {value} {unit}")).collect();
            format!("{by} measured {}.", measured.join(", "))
        }
        Event::ConsultationBilled(billed) => billed_sentence(visit, &billed.bill_id.0, names),
        Event::TestsBilled(billed) => billed_sentence(visit, &billed.bill_id.0, names),
        Event::PaymentReceived(payment) => {
            format!("{} by {} to {by}. Nothing left to pay.", names.money(payment.amount.0), payment.method.label())
        }
        Event::PaymentPartial(payment) => {
            let left = visit.bills.get(&payment.bill_id).map_or(Money::ZERO, |bill| bill.balance());
            format!(
                "{} by {} to {by}. {} left to pay.",
                names.money(payment.amount.0),
                payment.method.label(),
                names.money(left)
            )
        }
        Event::PaymentRefunded(refund) => {
            format!("{by} gave back {}: {}.", names.money(refund.amount.0), refund.reason.as_str())
        }
        Event::TestSampleCollected(event) => {
            let sample =
                event.sample_id.as_ref().map_or(String::new(), |sample| format!(", sample {}", sample.as_str()));
            format!("{}{sample}, by {by}.", test(&event.test_id))
        }
        Event::TestSampleRejected(event) => {
            format!("{}: {}. To be collected again.", test(&event.test_id), event.reason.as_str())
        }
        Event::TestInProgress(event) => {
            let analyser =
                event.analyser.as_ref().map_or(String::new(), |analyser| format!(" on {}", analyser.as_str()));
            format!("{by} began work on {}{analyser}.", test(&event.test_id))
        }
        Event::TestCompleted(event) => format!("{by} entered the results of {}.", test(&event.test_id)),
        Event::TestReviewed(event) => match event.verdict.unwrap_or(Verdict::Accepted) {
            Verdict::Accepted => format!("{by} accepted the results of {}.", test(&event.test_id)),
            Verdict::Repeat => format!("{by} asked to repeat {}.", test(&event.test_id)),
        },
        Event::TestApproved(event) => format!("{by} approved the results of {}.", test(&event.test_id)),
        Event::ReportGenerated(event) => format!("The report of {} is ready.", test(&event.test_id)),
        Event::ReportDelivered(event) => {
            format!("{by} handed the report of {} to {}.", test(&event.test_id), event.delivered_to.as_str())
        }
        Event::TestCancelled(event) => format!("{by} cancelled {}: {}.", test(&event.test_id), event.reason.as_str()),
        Event::DocumentUploaded(document) => format!("{by} added {}.", document.file_name.as_str()),
        Event::DocumentShared(shared) => {
            let name = visit.documents.get(&shared.document_id).map_or("a document", |document| &document.file_name);
            format!("{by} shared {name} with {} by {}.", shared.shared_with.as_str(), shared.channel.as_str())
        }
        Event::VisitCompleted(completed) => match &completed.summary {
            Some(summary) => format!("{by} completed the visit: {}.", summary.as_str()),
            None => format!("{by} completed the visit."),
        },
        Event::VisitCancelled(cancelled) => format!("{by} cancelled the visit: {}.", cancelled.reason.as_str()),
        Event::VisitRescheduled(moved) => {
            let reason = because(moved.reason.as_ref().map(|r| r.as_str()));
            format!("{by} moved the visit to {}{reason}.", moved.new_date.format("%-d %b %Y"))
        }
        Event::VisitNoShow(absent) => {
            format!("The patient never came{}.", because(absent.reason.as_ref().map(|r| r.as_str())))
        }
        Event::FollowUpScheduled(planned) => {
            let doctor =
                planned.doctor_id.as_ref().map_or(String::new(), |doctor| format!(" with {}", names.person(doctor)));
            format!("{by} planned a follow-up{doctor} for {}.", names.time(planned.due_at))
        }
        Event::FollowUpReminderSent(reminder) => format!("A reminder was sent by {}.", reminder.channel.as_str()),
    }
}

fn visit_type(visit_type: Option<VisitType>) -> VisitType {
    visit_type.unwrap_or(VisitType::Opd)
}

fn billed_sentence(visit: &Visit, bill: &BillId, names: &dyn Names) -> String {
    let Some(bill) = visit.bills.get(bill) else { return String::new() };
    let items = list(bill.items.iter().map(|item| item.description.as_str()));
    format!("{} for {items}.", names.money(bill.amount))
}

/// Words as people list them: "A, B and C".
fn list<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let words: Vec<_> = words.collect();
    match words.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}
