//! How each step changes the state of a visit.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::events::{Event, OrderedTest, VisitRegistered};
use super::ids::{BillId, TestId};
use super::money::Money;
use super::schema::Text;
use super::visit::{Bill, BillItem, Call, Document, FollowUp, Payment, Place, Step, Subject, Test, Visit};
use super::words::{BillKind, Consultation, Method, Outcome, Priority, Stage, Station, Verdict, VisitType};

/// What this fold makes states of, by name.
pub const FOLD: &str = "visit";

/// The version of this fold: raised whenever the same steps come to another state, so that states kept before are not used again.
pub const FOLD_VERSION: i32 = 1;

/// Folds a whole log.
pub fn fold<'a>(steps: impl IntoIterator<Item = &'a Step>) -> Option<Visit> {
    steps.into_iter().fold(None, evolve)
}

/// The state after one more step; before the registration there is none.
pub fn evolve(visit: Option<Visit>, step: &Step) -> Option<Visit> {
    let mut visit = match (visit, &step.event) {
        (Some(visit), _) => visit,
        (None, Event::VisitRegistered(registered)) => Visit::registered(registered, step.at),
        (None, _) => return None,
    };
    visit.version += 1;
    for subject in step.event.subjects() {
        visit.latest.insert(subject, step.at);
    }
    visit.apply(step);
    Some(visit)
}

impl Visit {
    fn registered(registered: &VisitRegistered, at: DateTime<Utc>) -> Self {
        Self {
            patient_id: registered.patient_id.clone(),
            department_id: registered.department_id.clone(),
            reason: text(&registered.reason),
            visit_type: registered.visit_type.unwrap_or(VisitType::Opd),
            priority: registered.priority.unwrap_or(Priority::Routine),
            outcome: None,
            place: Place::Nowhere,
            since: at,
            call: Call::default(),
            attended: false,
            rounds: 0,
            consultation: Consultation::None,
            doctor_id: None,
            room_id: None,
            waiting_for: None,
            bills: BTreeMap::new(),
            tests: BTreeMap::new(),
            documents: BTreeMap::new(),
            follow_ups: BTreeMap::new(),
            sampled: false,
            registered_at: at,
            ended_at: None,
            new_date: None,
            version: 0,
            latest: BTreeMap::new(),
        }
    }

    fn apply(&mut self, step: &Step) {
        let at = step.at;
        match &step.event {
            Event::VisitRegistered(_) | Event::PrescriptionGiven(_) | Event::ReferralGiven(_) => {}
            Event::VisitAssigned(assigned) => {
                self.doctor_id = Some(assigned.doctor_id.clone());
                self.room_id = assigned.room_id.clone();
                self.waiting_for = None;
            }
            Event::QueueJoined(joined) => {
                self.call = Call::default();
                self.waiting_for = joined.doctor_id.clone();
                self.move_to(Place::Queue { station: joined.station.unwrap_or(Station::Consultation) }, at);
            }
            Event::QueueCalled(called) => {
                if let Some(station) = self.place.station() {
                    self.call = Call {
                        room_id: called.room_id.clone(),
                        counter: text(&called.counter),
                        times: self.call.times + 1,
                    };
                    self.move_to(Place::Called { station }, at);
                }
            }
            Event::QueueSkipped(_) => {
                if let Some(station) = self.place.station() {
                    self.move_to(Place::Away { station }, at);
                }
            }
            Event::EnteredRoom(entered) => {
                self.attended = true;
                self.rounds += 1;
                self.consultation = Consultation::InProgress;
                self.move_to(Place::Room { room_id: entered.room_id.clone() }, at);
            }
            Event::ExitedRoom(_) => self.move_to(Place::Nowhere, at),
            Event::ConsultationCompleted(_) => self.consultation = Consultation::Completed,
            Event::VitalsRecorded(vitals) => self.priority = vitals.priority.unwrap_or(self.priority),
            Event::VisitCompleted(_) => self.end(Outcome::Completed, at),
            Event::VisitCancelled(_) => {
                for bill in self.bills.values_mut() {
                    bill.amount -= bill.balance().floor();
                    bill.note_settled(at);
                }
                self.end(Outcome::Cancelled, at);
            }
            Event::VisitRescheduled(moved) => {
                self.new_date = Some(moved.new_date);
                self.end(Outcome::Rescheduled, at);
            }
            Event::VisitNoShow(_) => self.end(Outcome::NoShow, at),
            Event::DocumentUploaded(document) => {
                self.documents.insert(
                    document.document_id.0.clone(),
                    Document {
                        file_name: document.file_name.0.clone(),
                        media_type: document.media_type.0.clone(),
                        size_bytes: *document.size_bytes,
                        kind: text(&document.kind),
                        shared_with: Vec::new(),
                    },
                );
            }
            Event::DocumentShared(shared) => {
                if let Some(document) = self.documents.get_mut(&shared.document_id) {
                    document.shared_with.push(shared.shared_with.0.clone());
                }
            }
            Event::FollowUpScheduled(planned) => {
                self.follow_ups.insert(
                    planned.follow_up_id.0.clone(),
                    FollowUp {
                        due_at: planned.due_at,
                        doctor_id: planned.doctor_id.clone(),
                        note: text(&planned.note),
                        reminders: 0,
                    },
                );
            }
            Event::FollowUpReminderSent(reminder) => {
                if let Some(follow_up) = self.follow_ups.get_mut(&reminder.follow_up_id) {
                    follow_up.reminders += 1;
                }
            }
            Event::ConsultationBilled(_)
            | Event::TestsBilled(_)
            | Event::PaymentReceived(_)
            | Event::PaymentPartial(_)
            | Event::PaymentRefunded(_) => self.apply_billing(step),
            _ => self.apply_laboratory(step),
        }
    }

    fn move_to(&mut self, place: Place, at: DateTime<Utc>) {
        self.place = place;
        self.since = at;
        // A late service ends an entry, yet is not the latest that happened to the place.
        let latest = self.latest.entry(Subject::Place).or_insert(at);
        *latest = at.max(*latest);
    }

    /// A served station ends the queue entry, unless the entry began after the service.
    fn served(&mut self, at_station: Station, at: DateTime<Utc>) {
        if self.place.station() == Some(at_station) && at >= self.since {
            self.move_to(Place::Nowhere, at);
        }
    }

    fn end(&mut self, outcome: Outcome, at: DateTime<Utc>) {
        self.move_to(Place::Nowhere, at);
        self.outcome = Some(outcome);
        self.ended_at = Some(at);
    }

    fn apply_billing(&mut self, step: &Step) {
        let at = step.at;
        match &step.event {
            Event::ConsultationBilled(billed) => {
                let items = billed.items.iter().map(|item| BillItem {
                    description: item.description.0.clone(),
                    test_id: None,
                    amount: item.amount,
                });
                let bill = self.bill(BillKind::Consultation, items.collect(), billed.discount, at);
                self.bills.insert(billed.bill_id.0.clone(), bill);
            }
            Event::TestsBilled(billed) => {
                let mut items = Vec::new();
                for item in billed.items.iter() {
                    let Some(test) = self.tests.get_mut(&item.test_id) else { continue };
                    test.bill_id = Some(billed.bill_id.0.clone());
                    items.push(BillItem {
                        description: test.name.clone(),
                        test_id: Some(item.test_id.clone()),
                        amount: item.amount,
                    });
                }
                let bill = self.bill(BillKind::Tests, items, billed.discount, at);
                self.bills.insert(billed.bill_id.0.clone(), bill);
            }
            Event::PaymentReceived(payment) => self.pay(&payment.bill_id, payment.amount.0, payment.method, step),
            Event::PaymentPartial(payment) => self.pay(&payment.bill_id, payment.amount.0, payment.method, step),
            Event::PaymentRefunded(refund) => {
                if let Some(bill) = self.bills.get_mut(&refund.bill_id) {
                    // What is owed to the patient is given back first; only the rest is a credit note.
                    let owed = (-bill.balance()).floor();
                    bill.amount -= (refund.amount.0 - owed).floor();
                    bill.refunded += refund.amount.0;
                    bill.note_settled(at);
                }
            }
            _ => {}
        }
    }

    fn bill(&self, kind: BillKind, items: Vec<BillItem>, discount: Option<Money>, at: DateTime<Utc>) -> Bill {
        let discount = discount.unwrap_or_default();
        let sum: Money = items.iter().map(|item| item.amount).sum();
        let mut bill = Bill {
            kind,
            items,
            discount,
            amount: (sum - discount).floor(),
            paid: Money::ZERO,
            refunded: Money::ZERO,
            round: self.round(),
            payments: Vec::new(),
            billed_at: at,
            settled_at: None,
        };
        bill.note_settled(at);
        bill
    }

    fn pay(&mut self, bill: &BillId, amount: Money, method: Method, step: &Step) {
        if let Some(bill) = self.bills.get_mut(bill) {
            bill.paid += amount;
            bill.payments.push(Payment { by: step.by.clone(), amount, method, at: step.at });
            bill.note_settled(step.at);
        }
        self.served(Station::Billing, step.at);
    }

    fn apply_laboratory(&mut self, step: &Step) {
        let at = step.at;
        if let Event::TestsOrdered(ordered) = &step.event {
            let tests =
                ordered.tests.iter().map(|test| (test.test_id.0.clone(), Test::ordered(test, self.priority, at)));
            self.tests.extend(tests);
            return;
        }
        let Some(test) = step.event.test_id().and_then(|id| self.tests.get_mut(id)) else { return };
        match &step.event {
            Event::TestSampleCollected(collected) => {
                test.to(Stage::Collected, at);
                test.collected_at = Some(at);
                test.sample_id = text(&collected.sample_id);
                test.specimen = text(&collected.specimen).or(test.specimen.take());
                self.sampled = true;
                self.served(Station::Lab, at);
            }
            Event::TestSampleRejected(_) => {
                test.to(Stage::Ordered, at);
                test.collected_at = None;
                test.recollections += 1;
            }
            Event::TestInProgress(_) => test.to(Stage::InProgress, at),
            Event::TestCompleted(completed) => {
                test.to(Stage::Completed, at);
                test.completed_by = Some(step.by.clone());
                test.results = completed.results.to_vec();
            }
            Event::TestReviewed(reviewed) => match reviewed.verdict.unwrap_or(Verdict::Accepted) {
                Verdict::Accepted => test.to(Stage::Reviewed, at),
                Verdict::Repeat => test.to(Stage::Collected, at),
            },
            Event::TestApproved(_) => {
                test.to(Stage::Approved, at);
                test.approved_at = Some(at);
            }
            Event::ReportGenerated(report) => {
                test.to(Stage::Reported, at);
                test.reported_at = Some(at);
                test.document_id = report.document_id.clone();
            }
            Event::ReportDelivered(_) => test.to(Stage::Delivered, at),
            Event::TestCancelled(cancelled) => {
                test.to(Stage::Cancelled, at);
                if let Some(bill) = test.bill_id.as_ref().and_then(|bill| self.bills.get_mut(bill)) {
                    bill.withdraw(&cancelled.test_id, at);
                }
            }
            _ => {}
        }
    }
}

impl Test {
    fn to(&mut self, stage: Stage, at: DateTime<Utc>) {
        self.stage = stage;
        self.since = at;
    }

    fn ordered(order: &OrderedTest, urgency: Priority, at: DateTime<Utc>) -> Self {
        Self {
            code: order.code.0.clone(),
            name: order.name.0.clone(),
            price: order.price,
            specimen: text(&order.specimen),
            priority: order.priority.unwrap_or(urgency),
            stage: Stage::Ordered,
            since: at,
            bill_id: None,
            ordered_at: at,
            collected_at: None,
            approved_at: None,
            reported_at: None,
            sample_id: None,
            completed_by: None,
            results: Vec::new(),
            recollections: 0,
            document_id: None,
        }
    }
}

impl Bill {
    fn note_settled(&mut self, at: DateTime<Utc>) {
        if self.settled_at.is_none() && self.is_settled() {
            self.settled_at = Some(at.max(self.billed_at));
        }
    }

    /// Takes a withdrawn test's line off the bill.
    fn withdraw(&mut self, test: &TestId, at: DateTime<Utc>) {
        if let Some(index) = self.items.iter().position(|item| item.test_id.as_ref() == Some(test)) {
            let item = self.items.remove(index);
            self.amount = (self.amount - item.amount).floor();
            self.note_settled(at);
        }
    }
}

fn text<const MAX: usize>(text: &Option<Text<MAX>>) -> Option<String> {
    text.as_ref().map(|text| text.0.clone())
}
