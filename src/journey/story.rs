//! The journey told to people: each step in one plain sentence.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::events::{Event, EventType, VisitRegistered};
use super::ids::*;
use super::money::Money;
use super::visit::{Step, Visit};
use super::wording::{fill, in_english, inside};
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
    /// A day.
    fn day(&self, day: NaiveDate) -> String;
    /// An amount in the hospital's currency.
    fn money(&self, amount: Money) -> String;
    /// An English text in the language that the story is told in.
    fn say(&self, text: &str) -> String {
        in_english(text)
    }
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
    let say = |text: &str| names.say(text);
    match event {
        Event::QueueJoined(joined) => match joined.station.unwrap_or(Station::Consultation) {
            Station::Consultation => say("Joined the consultation queue"),
            Station::Lab => say("Joined the lab queue"),
            Station::Billing => say("Joined the billing queue"),
        },
        Event::QueueCalled(_) if visit.call.times > 1 => say("Called again"),
        Event::EnteredRoom(entered) => fill(&say("Entered {room}"), &[("room", &names.room(&entered.room_id))]),
        Event::TestsOrdered(ordered) if ordered.tests.len() == 1 => say("Test ordered"),
        Event::TestReviewed(reviewed) if reviewed.verdict == Some(Verdict::Repeat) => say("Repeat asked for"),
        Event::TestSampleCollected(event)
            if visit.tests.get(&event.test_id).is_some_and(|test| test.recollections > 0) =>
        {
            say("Sample collected again")
        }
        _ => say(event.event_type().label()),
    }
}

fn sentence(event: &Event, visit: &Visit, by: &str, names: &dyn Names) -> String {
    let say = |text: &str| names.say(text);
    match event {
        Event::VisitRegistered(registered) => registration(registered, by, names),
        Event::VisitAssigned(assigned) => {
            let doctor = names.person(&assigned.doctor_id);
            match assigned.room_id.as_ref().map(|room| names.room(room)) {
                Some(room) => fill(
                    &say("{by} assigned the visit to {doctor}, {room}."),
                    &[("by", by), ("doctor", &doctor), ("room", &room)],
                ),
                None => fill(&say("{by} assigned the visit to {doctor}."), &[("by", by), ("doctor", &doctor)]),
            }
        }
        Event::QueueJoined(_) => match visit.doctor() {
            Some(doctor) if visit.place.station() == Some(Station::Consultation) => {
                fill(&say("Waiting for {doctor}."), &[("doctor", &names.person(doctor))])
            }
            _ => say("The wait began."),
        },
        Event::QueueCalled(called) => {
            let room = called.room_id.as_ref().map(|room| names.room(room));
            match room.as_deref().or(called.counter.as_ref().map(|counter| counter.as_str())) {
                Some(place) => fill(&say("{by} called the patient to {place}."), &[("by", by), ("place", place)]),
                None => fill(&say("{by} called the patient."), &[("by", by)]),
            }
        }
        Event::QueueSkipped(skipped) => match &skipped.reason {
            Some(reason) => fill(&say("The patient did not come: {reason}."), &[("reason", reason.as_str())]),
            None => say("The patient did not come."),
        },
        Event::EnteredRoom(_) => match visit.rounds {
            0 | 1 => say("The consultation began."),
            round => fill(&say("Consultation round {round} began."), &[("round", &round.to_string())]),
        },
        Event::ExitedRoom(_) => say("The patient left the room."),
        Event::ConsultationCompleted(completed) => match &completed.diagnosis {
            Some(diagnosis) => fill(
                &say("{by} completed the consultation: {diagnosis}."),
                &[("by", by), ("diagnosis", diagnosis.as_str())],
            ),
            None => fill(&say("{by} completed the consultation."), &[("by", by)]),
        },
        Event::PrescriptionGiven(given) => {
            let drugs = list(given.items.iter().map(|item| item.drug.as_str()), names);
            fill(&say("{by} prescribed {drugs}."), &[("by", by), ("drugs", &drugs)])
        }
        Event::TestsOrdered(ordered) => {
            let tests = list(ordered.tests.iter().map(|test| test.name.as_str()), names);
            fill(&say("{by} ordered {tests}."), &[("by", by), ("tests", &tests)])
        }
        Event::ReferralGiven(referral) => fill(
            &say("{by} referred the patient to {to}: {reason}."),
            &[("by", by), ("to", referral.to.as_str()), ("reason", referral.reason.as_str())],
        ),
        Event::VitalsRecorded(vitals) => {
            let signs = vitals.measurements().map(|(name, value, unit)| format!("{} {value} {}", say(name), say(unit)));
            let signs = signs.collect::<Vec<_>>().join(", ");
            fill(&say("{by} measured {signs}."), &[("by", by), ("signs", &signs)])
        }
        Event::ConsultationBilled(_)
        | Event::TestsBilled(_)
        | Event::PaymentReceived(_)
        | Event::PaymentPartial(_)
        | Event::PaymentRefunded(_) => billing(event, visit, by, names),
        Event::TestSampleCollected(_)
        | Event::TestSampleRejected(_)
        | Event::TestInProgress(_)
        | Event::TestCompleted(_)
        | Event::TestReviewed(_)
        | Event::TestApproved(_)
        | Event::ReportGenerated(_)
        | Event::ReportDelivered(_)
        | Event::TestCancelled(_) => laboratory(event, visit, by, names),
        Event::DocumentUploaded(document) => {
            fill(&say("{by} added {name}."), &[("by", by), ("name", document.file_name.as_str())])
        }
        Event::DocumentShared(shared) => {
            let document = visit.documents.get(&shared.document_id);
            let name = document.map_or_else(|| say("a document"), |document| document.file_name.clone());
            let (to, channel) = (shared.shared_with.as_str(), shared.channel.as_str());
            fill(
                &say("{by} shared {name} with {to} by {channel}."),
                &[("by", by), ("name", &name), ("to", to), ("channel", channel)],
            )
        }
        Event::VisitCompleted(completed) => match &completed.summary {
            Some(summary) => {
                fill(&say("{by} completed the visit: {summary}."), &[("by", by), ("summary", summary.as_str())])
            }
            None => fill(&say("{by} completed the visit."), &[("by", by)]),
        },
        Event::VisitCancelled(cancelled) => {
            fill(&say("{by} cancelled the visit: {reason}."), &[("by", by), ("reason", cancelled.reason.as_str())])
        }
        Event::VisitRescheduled(moved) => {
            let day = names.day(moved.new_date);
            match &moved.reason {
                Some(reason) => fill(
                    &say("{by} moved the visit to {day}: {reason}."),
                    &[("by", by), ("day", &day), ("reason", reason.as_str())],
                ),
                None => fill(&say("{by} moved the visit to {day}."), &[("by", by), ("day", &day)]),
            }
        }
        Event::VisitNoShow(absent) => match &absent.reason {
            Some(reason) => fill(&say("The patient never came: {reason}."), &[("reason", reason.as_str())]),
            None => say("The patient never came."),
        },
        Event::FollowUpScheduled(planned) => {
            let time = names.time(planned.due_at);
            match planned.doctor_id.as_ref().map(|doctor| names.person(doctor)) {
                Some(doctor) => fill(
                    &say("{by} planned a follow-up with {doctor} for {time}."),
                    &[("by", by), ("doctor", &doctor), ("time", &time)],
                ),
                None => fill(&say("{by} planned a follow-up for {time}."), &[("by", by), ("time", &time)]),
            }
        }
        Event::FollowUpReminderSent(reminder) => {
            fill(&say("A reminder was sent by {channel}."), &[("channel", reminder.channel.as_str())])
        }
    }
}

fn registration(registered: &VisitRegistered, by: &str, names: &dyn Names) -> String {
    let say = |text: &str| names.say(text);
    let kind = match registered.visit_type.unwrap_or(VisitType::Opd) {
        VisitType::Opd => say("a visit"),
        VisitType::Emergency => say("an emergency"),
        VisitType::FollowUp => say("a follow-up visit"),
        VisitType::LabOnly => say("a lab-only visit"),
    };
    let department = registered.department_id.as_ref().map(|id| names.department(id));
    let reason = registered.reason.as_ref().map(|reason| reason.as_str());
    let sentence = match (&department, reason) {
        (Some(_), Some(_)) => say("{by} registered {kind} to {department}: {reason}."),
        (Some(_), None) => say("{by} registered {kind} to {department}."),
        (None, Some(_)) => say("{by} registered {kind}: {reason}."),
        (None, None) => say("{by} registered {kind}."),
    };
    let (department, reason) = (department.unwrap_or_default(), reason.unwrap_or_default());
    fill(&sentence, &[("by", by), ("kind", &kind), ("department", &department), ("reason", reason)])
}

/// What was billed, paid and given back.
fn billing(event: &Event, visit: &Visit, by: &str, names: &dyn Names) -> String {
    let say = |text: &str| names.say(text);
    match event {
        Event::ConsultationBilled(billed) => billed_sentence(
            visit,
            &billed.bill_id.0,
            billed.discount_reason.as_ref().map(|reason| reason.as_str()),
            names,
        ),
        Event::TestsBilled(billed) => billed_sentence(
            visit,
            &billed.bill_id.0,
            billed.discount_reason.as_ref().map(|reason| reason.as_str()),
            names,
        ),
        Event::PaymentReceived(payment) => {
            let (amount, method) = (names.money(payment.amount.0), inside(&say(payment.method.label())));
            fill(
                &say("{amount} by {method} to {by}. Nothing left to pay."),
                &[("amount", &amount), ("method", &method), ("by", by)],
            )
        }
        Event::PaymentPartial(payment) => {
            let (amount, method) = (names.money(payment.amount.0), inside(&say(payment.method.label())));
            let left = names.money(visit.bills.get(&payment.bill_id).map_or(Money::ZERO, |bill| bill.balance()));
            fill(
                &say("{amount} by {method} to {by}. {left} left to pay."),
                &[("amount", &amount), ("method", &method), ("by", by), ("left", &left)],
            )
        }
        Event::PaymentRefunded(refund) => {
            let (amount, reason) = (names.money(refund.amount.0), refund.reason.as_str());
            fill(&say("{by} gave back {amount}: {reason}."), &[("by", by), ("amount", &amount), ("reason", reason)])
        }
        _ => String::new(),
    }
}

/// What was done on a test.
fn laboratory(event: &Event, visit: &Visit, by: &str, names: &dyn Names) -> String {
    let say = |text: &str| names.say(text);
    let test = event.test_id().and_then(|id| visit.tests.get(id)).map(|test| test.name.clone());
    let test = test.unwrap_or_else(|| say("A test"));
    let about = [("by", by), ("test", test.as_str())];
    match event {
        Event::TestSampleCollected(event) => match &event.sample_id {
            Some(sample) => fill(
                &say("{test}, sample {sample}, by {by}."),
                &[("test", &test), ("sample", sample.as_str()), ("by", by)],
            ),
            None => fill(&say("{test}, by {by}."), &about),
        },
        Event::TestSampleRejected(event) => fill(
            &say("{test}: {reason}. To be collected again."),
            &[("test", &test), ("reason", event.reason.as_str())],
        ),
        Event::TestInProgress(event) => match &event.analyser {
            Some(analyser) => fill(
                &say("{by} began work on {test} on {analyser}."),
                &[("by", by), ("test", &test), ("analyser", analyser.as_str())],
            ),
            None => fill(&say("{by} began work on {test}."), &about),
        },
        Event::TestCompleted(_) => fill(&say("{by} entered the results of {test}."), &about),
        Event::TestReviewed(event) => match event.verdict.unwrap_or(Verdict::Accepted) {
            Verdict::Accepted => fill(&say("{by} accepted the results of {test}."), &about),
            Verdict::Repeat => fill(&say("{by} asked to repeat {test}."), &about),
        },
        Event::TestApproved(_) => fill(&say("{by} approved the results of {test}."), &about),
        Event::ReportGenerated(_) => fill(&say("The report of {test} is ready."), &about),
        Event::ReportDelivered(event) => fill(
            &say("{by} handed the report of {test} to {to}."),
            &[("by", by), ("test", &test), ("to", event.delivered_to.as_str())],
        ),
        Event::TestCancelled(event) => fill(
            &say("{by} cancelled {test}: {reason}."),
            &[("by", by), ("test", &test), ("reason", event.reason.as_str())],
        ),
        _ => String::new(),
    }
}

fn billed_sentence(visit: &Visit, bill: &BillId, discounted: Option<&str>, names: &dyn Names) -> String {
    let Some(bill) = visit.bills.get(bill) else { return String::new() };
    let items = list(bill.items.iter().map(|item| item.description.as_str()), names);
    let (amount, discount) = (names.money(bill.amount), names.money(bill.discount));
    match discounted {
        Some(reason) => fill(
            &names.say("{amount} for {items}. Discount of {discount}: {reason}."),
            &[("amount", &amount), ("items", &items), ("discount", &discount), ("reason", reason)],
        ),
        None => fill(&names.say("{amount} for {items}."), &[("amount", &amount), ("items", &items)]),
    }
}

/// Words as people list them: "A, B and C".
fn list<'a>(words: impl Iterator<Item = &'a str>, names: &dyn Names) -> String {
    let words: Vec<_> = words.collect();
    match words.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, rest)) => fill(&names.say("{most} and {last}"), &[("most", &rest.join(", ")), ("last", last)]),
        None => String::new(),
    }
}
