//! The stretches that the visits of the day have in common.

use chrono::{Days, NaiveDate};
use rand::Rng;

use super::LiveError;
use super::chart::{Bill, Ordered};
use super::day::{Life, backlog};
use super::plan::{Course, LENGTH, Way};
use crate::journey::words::{Priority, Stage, Station, VisitType};

impl<'h> Life<'_, 'h> {
    /// A later day.
    pub fn later(&self, days: u64) -> NaiveDate {
        self.day.checked_add_days(Days::new(days)).unwrap_or(self.day)
    }

    /// The patient is registered, and joins the doctor's queue so many minutes before now.
    pub fn arrive(&mut self, minutes: i64, visit_type: VisitType, priority: Priority) -> Result<(), LiveError> {
        self.chart.ago = minutes * 60 + self.chart.random.random_range(60..200);
        self.chart.register(visit_type, priority)?;
        self.chart.until(minutes);
        self.chart.join_consultation();
        Ok(())
    }

    /// While the patient waits: vital signs, and of a hundred consultations so many paid, so many only billed.
    pub fn care(&mut self, paid: u32, only_billed: u32) -> Result<(), LiveError> {
        self.chart.pass(1..=3);
        self.chart.vitals();
        let chance = self.chart.random.random_range(0..100);
        if chance < paid + only_billed {
            self.chart.pass(1..=3);
            let bill = self.bill_consultation()?;
            if chance < paid {
                self.chart.pass(0..=1);
                self.chart.pay(&bill);
            }
        }
        Ok(())
    }

    fn bill_consultation(&mut self) -> Result<Bill, LiveError> {
        self.billed = true;
        let code = match self.planned.course {
            Course::Gone(Way::Emergency) | Course::Waiting(Priority::Emergency) => Some("CON-EMG"),
            Course::Gone(Way::Review) => Some("CON-FU"),
            _ => None,
        };
        self.chart.bill_consultation(code)
    }

    /// The patient is called so many minutes before now.
    pub fn called(&mut self, minutes: i64) -> Result<(), LiveError> {
        let wait = self.wait(minutes, Priority::Routine);
        self.arrive(minutes + wait, VisitType::Opd, Priority::Routine)?;
        self.care(60, 0)?;
        self.chart.until(minutes);
        self.chart.call();
        if let Some(doctor) = self.planned.doctor {
            self.roster.take(doctor, [minutes].into_iter(), minutes);
        }
        Ok(())
    }

    /// The patient enters the doctor's room so many minutes before now, or as soon before as the doctor is free.
    pub fn seen(&mut self, minutes: i64) -> Result<(), LiveError> {
        self.seen_as(minutes, VisitType::Opd, Priority::Routine, 60)
    }

    /// The same, with the consultation to be billed after.
    pub fn seen_unbilled(&mut self, minutes: i64) -> Result<(), LiveError> {
        self.seen_as(minutes, VisitType::Opd, Priority::Routine, 0)
    }

    /// The same, for a kind of visit, and a chance in a hundred that the consultation is paid for before it.
    pub fn seen_as(
        &mut self,
        minutes: i64,
        visit_type: VisitType,
        priority: Priority,
        paid: u32,
    ) -> Result<(), LiveError> {
        let Some(doctor) = self.planned.doctor else { return Ok(()) };
        let turn = self.roster.take(doctor, minutes..LENGTH, minutes);
        let wait = self.wait(turn, priority);
        self.arrive(turn + wait, visit_type, priority)?;
        self.care(paid, 0)?;
        match self.planned.course {
            Course::Gone(Way::Recalled) => self.miss_the_call(turn + 4),
            Course::Gone(Way::Rejoined) => {
                self.miss_the_call(turn + 10);
                self.chart.pass(1..=2);
                self.chart.join_consultation();
            }
            _ => {}
        }
        self.enter(turn);
        Ok(())
    }

    fn miss_the_call(&mut self, minutes: i64) {
        self.chart.until(minutes + 2);
        self.chart.call();
        self.chart.until(minutes);
        self.chart.skip();
    }

    fn enter(&mut self, turn: i64) {
        self.chart.until(turn + 1);
        self.chart.call();
        self.chart.until(turn);
        self.chart.enter();
    }

    /// How many minutes somebody waits who is seen at a turn: longer where others still wait, who must have come later.
    fn wait(&mut self, turn: i64, priority: Priority) -> i64 {
        let random = &mut *self.chart.random;
        let wait = match (priority, self.planned.course) {
            (Priority::Emergency, _) => random.random_range(3..=5),
            (_, Course::Gone(Way::Recalled | Way::Rejoined)) => random.random_range(26..=34),
            _ => random.random_range(8..=26).max(backlog(self.planned.doctor) - turn + random.random_range(2..=6)),
        };
        wait.min(LENGTH - 5 - turn)
    }

    /// The doctor sees the patient out.
    pub fn consult(&mut self) {
        self.chart.pass(4..=7);
        self.chart.prescribe();
        self.chart.pass(1..=2);
        self.chart.leave_room("Told what to look out for; to come back if not better.");
    }

    /// The doctor orders tests and sees the patient out.
    pub fn consult_ordering(&mut self, many: usize, priority: Priority) -> Result<Vec<Ordered<'h>>, LiveError> {
        self.chart.pass(4..=6);
        let tests = self.chart.order(many, priority)?;
        self.chart.prescribe();
        self.chart.pass(1..=2);
        self.chart.leave_room("To be reviewed with the results.");
        Ok(tests)
    }

    /// The doctor refers the patient and sees them out.
    pub fn refer(&mut self) {
        self.chart.pass(4..=6);
        let reason = format!("{}: for an opinion and further management", self.chart.ailment.diagnosis);
        self.chart.refer("Sanjeevani Institute of Advanced Care", &reason);
        self.chart.pass(1..=2);
        self.chart.leave_room("Referral letter and records handed over.");
    }

    /// The doctor orders tests, they are paid for, and the patient is called to have specimens collected.
    pub fn consult_and_test(&mut self, many: usize, priority: Priority) -> Result<Vec<Ordered<'h>>, LiveError> {
        let tests = self.consult_ordering(many, priority)?;
        self.pay_for(&tests);
        self.go_to_lab();
        Ok(tests)
    }

    /// The patient queues for billing and pays for tests.
    pub fn pay_for(&mut self, tests: &[Ordered<'h>]) {
        self.chart.pass(1..=2);
        self.chart.join(Station::Billing);
        self.call_to_billing();
        let bill = self.chart.bill_tests(tests);
        self.chart.pay(&bill);
    }

    /// The patient is seen, and queues for billing with a bill for tests.
    pub fn billing(&mut self, many: usize) -> Result<(Vec<Ordered<'h>>, Bill), LiveError> {
        self.seen(self.planned.minutes)?;
        let tests = self.consult_ordering(many, Priority::Routine)?;
        self.chart.pass(1..=2);
        self.chart.join(Station::Billing);
        let bill = self.chart.bill_tests(&tests);
        Ok((tests, bill))
    }

    /// The patient's turn at billing comes.
    pub fn call_to_billing(&mut self) {
        self.chart.pass(2..=6);
        let house = self.chart.house;
        let counter = if self.chart.branch == house.reception.branch_id { "Billing counter 2" } else { "East billing" };
        self.chart.call_to(&house.billing, counter);
        self.chart.pass(1..=2);
    }

    /// The patient's turn at the laboratory comes.
    pub fn go_to_lab(&mut self) {
        self.chart.pass(1..=2);
        self.chart.join(Station::Lab);
        self.call_to_lab();
    }

    /// The patient is called to have specimens collected.
    pub fn call_to_lab(&mut self) {
        self.chart.pass(3..=8);
        let house = self.chart.house;
        let main = self.chart.branch == house.reception.branch_id;
        self.chart.call_to(&house.lab, if main { "Sample collection" } else { "East sample collection" });
    }

    /// The specimens are found spoilt, and the patient queues to give new ones.
    pub fn spoil(&mut self, tests: &[Ordered<'h>]) {
        self.chart.carry(tests, Stage::Ordered, Stage::InProgress);
        for test in tests {
            self.chart.reject(test, "Haemolysed specimen");
        }
        self.chart.pass(1..=2);
        self.chart.join(Station::Lab);
    }

    /// The patient comes back with results and is seen again.
    pub fn two_rounds(&mut self) -> Result<(), LiveError> {
        let Some(doctor) = self.planned.doctor else { return Ok(()) };
        self.seen(self.planned.minutes)?;
        let tests = self.consult_and_test(2, Priority::Routine)?;
        self.chart.carry(&tests, Stage::Ordered, Stage::Delivered);
        self.chart.pass(1..=3);
        self.chart.join_consultation();
        let earliest = self.chart.ago / 60 - 8;
        let turn = self.roster.take(doctor, (1..=earliest).rev(), earliest);
        self.enter(turn);
        self.consult();
        Ok(())
    }

    /// A patient who comes for tests alone.
    pub fn lab_only(&mut self, stage: Stage, many: usize) -> Result<(), LiveError> {
        self.chart.ago = self.planned.minutes * 60;
        self.chart.register(VisitType::LabOnly, Priority::Routine)?;
        let tests = self.chart.order(many, Priority::Routine)?;
        self.pay_for(&tests);
        self.go_to_lab();
        self.chart.carry(&tests, Stage::Ordered, stage);
        if stage == Stage::Delivered {
            self.chart.complete();
        }
        Ok(())
    }

    /// The patient settles what is due and leaves.
    pub fn leave(&mut self) -> Result<(), LiveError> {
        if !self.billed {
            self.chart.pass(1..=2);
            self.chart.join(Station::Billing);
            self.call_to_billing();
            let bill = self.bill_consultation()?;
            self.chart.pay(&bill);
        }
        self.chart.complete();
        Ok(())
    }
}
