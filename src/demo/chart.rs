//! One visit as it is lived: every deed of the people at the time they do it.

use std::ops::RangeInclusive;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use rand::Rng;
use rand::rngs::StdRng;
use serde_json::{Value, json};

use super::ailments::Ailment;
use super::deeds::Deed;
use super::house::House;
use super::{LiveError, forms, plan};
use crate::db::new_id;
use crate::hospital::patients::Patient;
use crate::hospital::people::Person;
use crate::hospital::tariff::TariffEntry;
use crate::journey::events::EventType;
use crate::journey::ids::{BillId, BranchId, FollowUpId, TestId, VisitId};
use crate::journey::money::Money;
use crate::journey::words::{Priority, Station, VisitType};
use crate::record::Wish;

/// The hours of the day until now; all of its times are drawn together when there are too few.
#[derive(Clone, Copy, Debug)]
pub struct Hours {
    /// The present moment.
    pub now: DateTime<Utc>,
    /// How long a second of the plan lasts.
    pub pace: f64,
}

impl Hours {
    /// When the day begins.
    pub fn begin(self) -> DateTime<Utc> {
        self.at(plan::LENGTH * 60)
    }

    fn at(self, seconds_ago: i64) -> DateTime<Utc> {
        self.now - TimeDelta::seconds((seconds_ago as f64 * self.pace) as i64)
    }
}

/// A bill to be paid.
pub struct Bill {
    id: BillId,
    amount: Money,
}

/// A test that was ordered.
pub struct Ordered<'h> {
    /// Which test.
    pub id: TestId,
    /// What it is in the tariff.
    pub entry: &'h TariffEntry,
}

/// A visit that is being lived.
pub struct Chart<'c, 'h> {
    /// Where.
    pub house: &'h House,
    /// When.
    pub hours: Hours,
    /// Chance, the same on every day.
    pub random: &'c mut StdRng,
    /// All that is done on the day.
    pub deeds: &'c mut Vec<Deed>,
    /// Which visit.
    pub visit: VisitId,
    /// Whose.
    pub patient: Patient,
    /// With whom; none when only the laboratory is visited.
    pub doctor: Option<&'h Person>,
    /// In which house.
    pub branch: Option<BranchId>,
    /// Why.
    pub ailment: &'static Ailment,
    /// Seconds before now, as the plan counts them.
    pub ago: i64,
}

impl<'h> Chart<'_, 'h> {
    /// Lets some minutes pass, but never all that are left.
    pub fn pass(&mut self, minutes: RangeInclusive<i64>) {
        let seconds = self.random.random_range(minutes.start() * 60..=minutes.end() * 60);
        self.ago = (self.ago - seconds).max(self.ago.min(20));
    }

    /// Lets time pass until so many minutes before now.
    pub fn until(&mut self, minutes: i64) {
        self.ago = self.ago.min(minutes * 60 + self.random.random_range(0..40));
    }

    /// Whether something of a chance in a hundred happens.
    pub fn chance(&mut self, percent: u32) -> bool {
        self.random.random_range(0..100) < percent
    }

    /// Somebody does something.
    pub fn log(&mut self, by: &'h Person, event: EventType, metadata: Value) {
        let wish = Wish {
            performed_at: Some(self.hours.at(self.ago)),
            branch_id: self.branch.clone(),
            ..Wish::new(Some(self.visit.clone()), event, metadata)
        };
        self.deeds.push(Deed { by: Arc::new(by.actor()), wish });
    }

    /// The doctor does something.
    fn doctor_logs(&mut self, event: EventType, metadata: Value) {
        if let Some(doctor) = self.doctor {
            self.log(doctor, event, metadata);
        }
    }

    /// Reception registers the visit and, when there is a doctor, assigns it.
    pub fn register(&mut self, visit_type: VisitType, priority: Priority) -> Result<(), LiveError> {
        let department = self.house.department(self.ailment.department)?;
        let metadata = json!({
            "patientId": self.patient.id,
            "visitType": visit_type,
            "priority": priority,
            "departmentId": department.id,
            "reason": self.ailment.reason,
        });
        self.log(&self.house.reception, EventType::VisitRegistered, metadata);
        if let Some(doctor) = self.doctor {
            let metadata = json!({ "doctorId": doctor.id, "roomId": doctor.room_id });
            self.log(&self.house.reception, EventType::VisitAssigned, metadata);
        }
        Ok(())
    }

    /// The patient joins the doctor's queue.
    pub fn join_consultation(&mut self) {
        let metadata = json!({ "station": Station::Consultation, "doctorId": self.doctor.map(|doctor| &doctor.id) });
        self.log(&self.house.reception, EventType::QueueJoined, metadata);
    }

    /// The patient joins the queue of a station without a doctor.
    pub fn join(&mut self, station: Station) {
        let by = if station == Station::Lab { &self.house.lab } else { &self.house.billing };
        self.log(by, EventType::QueueJoined, json!({ "station": station }));
    }

    /// The doctor calls the patient.
    pub fn call(&mut self) {
        self.doctor_logs(EventType::QueueCalled, json!({ "roomId": self.doctor.map(|doctor| &doctor.room_id) }));
    }

    /// Somebody calls the patient to a counter.
    pub fn call_to(&mut self, by: &'h Person, counter: &str) {
        self.log(by, EventType::QueueCalled, json!({ "counter": counter }));
    }

    /// The called patient does not come.
    pub fn skip(&mut self) {
        self.doctor_logs(EventType::QueueSkipped, json!({ "reason": "Did not answer the call" }));
    }

    /// The called patient enters the doctor's room.
    pub fn enter(&mut self) {
        self.doctor_logs(EventType::EnteredRoom, json!({ "roomId": self.doctor.map(|doctor| &doctor.room_id) }));
    }

    /// The nurse takes the vital signs.
    pub fn vitals(&mut self) {
        let metadata = forms::vitals(self.ailment, self.random);
        self.log(&self.house.nurse, EventType::VitalsRecorded, metadata);
    }

    /// Billing bills the consultation.
    pub fn bill_consultation(&mut self, code: Option<&str>) -> Result<Bill, LiveError> {
        let entry = match code {
            Some(code) => self.house.entry(code)?,
            None => self.house.consultation(&self.house.department(self.ailment.department)?.id)?,
        };
        let id: BillId = new_id();
        self.log(&self.house.billing, EventType::ConsultationBilled, forms::bill_for_consultation(&id, entry));
        Ok(Bill { id, amount: entry.price })
    }

    /// Billing bills tests.
    pub fn bill_tests(&mut self, tests: &[Ordered<'h>]) -> Bill {
        let id: BillId = new_id();
        let metadata = forms::bill_for_tests(&id, tests.iter().map(|test| (&test.id, test.entry)));
        self.log(&self.house.billing, EventType::TestsBilled, metadata);
        Bill { id, amount: tests.iter().map(|test| test.entry.price).sum() }
    }

    /// The patient pays a bill.
    pub fn pay(&mut self, bill: &Bill) {
        self.take(EventType::PaymentReceived, bill, bill.amount);
    }

    /// The patient pays a part of a bill, so many hundredths of it.
    pub fn pay_part(&mut self, bill: &mut Bill, hundredths: i64) {
        let amount = Money(bill.amount.0 * hundredths / 10_000 * 100);
        self.take(EventType::PaymentPartial, bill, amount);
        bill.amount -= amount;
    }

    fn take(&mut self, event: EventType, bill: &Bill, amount: Money) {
        let metadata = forms::payment(&bill.id, amount, self.random);
        self.log(&self.house.billing, event, metadata);
    }

    /// The manager gives back what a cancelled test cost, for billing took the payment.
    pub fn refund(&mut self, bill: &Bill, test: &Ordered<'h>) {
        let reason = format!("{} was cancelled", test.entry.name);
        let metadata = json!({ "billId": bill.id, "amount": test.entry.price, "reason": reason });
        self.log(&self.house.manager, EventType::PaymentRefunded, metadata);
    }

    /// The doctor prescribes.
    pub fn prescribe(&mut self) {
        if let Some(metadata) = forms::prescription(self.ailment) {
            self.doctor_logs(EventType::PrescriptionGiven, metadata);
        }
    }

    /// The first tests for the ailment are ordered: by the doctor, or by reception when there is none.
    pub fn order(&mut self, many: usize, priority: Priority) -> Result<Vec<Ordered<'h>>, LiveError> {
        let house = self.house;
        let ordered = self.ailment.tests.iter().take(many);
        let tests: Vec<Ordered<'h>> = ordered
            .map(|code| Ok(Ordered { id: new_id(), entry: house.entry(code)? }))
            .collect::<Result<_, LiveError>>()?;
        let metadata = forms::order(tests.iter().map(|test| (&test.id, test.entry)), priority);
        self.log(self.doctor.unwrap_or(&house.reception), EventType::TestsOrdered, metadata);
        Ok(tests)
    }

    /// The doctor refers the patient onward.
    pub fn refer(&mut self, to: &str, reason: &str) {
        self.doctor_logs(EventType::ReferralGiven, json!({ "to": to, "reason": reason, "urgency": Priority::Routine }));
    }

    /// The doctor has done, and the patient leaves the room.
    pub fn leave_room(&mut self, notes: &str) {
        self.doctor_logs(
            EventType::ConsultationCompleted,
            json!({ "diagnosis": self.ailment.diagnosis, "notes": notes }),
        );
        self.doctor_logs(EventType::ExitedRoom, json!({}));
    }

    /// The visit ends well.
    pub fn complete(&mut self) {
        self.pass(1..=3);
        self.log(&self.house.reception, EventType::VisitCompleted, json!({}));
    }

    /// The patient is to come again, and is reminded of it when wished.
    pub fn follow_up(&mut self, day: NaiveDate, remind: bool) {
        let id: FollowUpId = new_id();
        let due = day.and_hms_opt(5, 30, 0).unwrap_or_default().and_utc();
        let metadata = json!({
            "followUpId": id, "dueAt": due, "doctorId": self.doctor.map(|doctor| &doctor.id), "note": "Review of progress",
        });
        self.log(&self.house.reception, EventType::FollowUpScheduled, metadata);
        if remind {
            self.pass(2..=5);
            let metadata = json!({ "followUpId": id, "channel": "SMS" });
            self.log(&self.house.reception, EventType::FollowUpReminderSent, metadata);
        }
    }
}
