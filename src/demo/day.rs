//! The day as it was lived, from its plan: every visit's deeds until the present moment.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rand::SeedableRng;
use rand::rngs::StdRng;
use serde_json::json;

use super::LiveError;
use super::ailments::{AILMENTS, Ailment};
use super::chart::{Chart, Hours};
use super::deeds::Deed;
use super::house::{Crowd, House};
use super::plan::{Course, PLAN, Planned, Way};
use crate::db::new_id;
use crate::journey::events::EventType;
use crate::journey::words::{Priority, Stage, Station, VisitType};

/// Every day is lived alike.
const SEED: u64 = 0x50_4A_0A_12;

/// How many minutes a doctor needs for a patient, with the call.
const TURN: i64 = 12;

/// All that is done on a day, visit by visit.
pub fn deeds(house: &House, crowd: &mut Crowd, hours: Hours, day: NaiveDate) -> Result<Vec<Deed>, LiveError> {
    let mut deeds = Vec::new();
    let mut random = StdRng::seed_from_u64(SEED);
    let mut roster = Roster::default();
    for (index, planned) in PLAN.iter().enumerate() {
        let doctor = planned.doctor.map(|name| house.person(name)).transpose()?;
        let prefix = doctor.map_or(Some("L"), |doctor| house.prefix(doctor.department_id.as_ref()));
        let ailment = ailment(prefix, planned.course, index)?;
        let branch = doctor.unwrap_or(&house.reception).branch_id.clone();
        let patient = crowd.come(&ailment.ages, &mut random)?;
        let chart = Chart {
            house,
            hours,
            random: &mut random,
            deeds: &mut deeds,
            visit: new_id(),
            patient,
            doctor,
            branch,
            ailment,
            ago: 0,
        };
        Life { chart, planned, roster: &mut roster, day, billed: false }.live()?;
    }
    Ok(deeds)
}

/// An ailment that a department treats, with as many tests as the course needs; they take turns.
fn ailment(prefix: Option<&str>, course: Course, turn: usize) -> Result<&'static Ailment, LiveError> {
    let tests = course.tests();
    // Who has left without a test came with something that needs none.
    let without = tests == 0 && matches!(course, Course::Gone(_) | Course::ConsultationToBill);
    let fits = |ailment: &&Ailment| {
        Some(ailment.department) == prefix && ailment.tests.len() >= tests && (!without || ailment.tests.is_empty())
    };
    let fitting: Vec<&Ailment> = AILMENTS.iter().filter(fits).collect();
    let missing = || LiveError::Missing("an ailment".to_owned());
    fitting.get(turn % fitting.len().max(1)).copied().ok_or_else(missing)
}

impl Course {
    /// How many tests it takes.
    fn tests(self) -> usize {
        match self {
            Self::TestsToBill(many)
            | Self::InBillingQueue(many)
            | Self::AtBillingCounter(many)
            | Self::PartPaid(many)
            | Self::InLabQueue(many, _)
            | Self::InLab(_, many)
            | Self::LabOnly(_, many)
            | Self::Gone(Way::Tests(many)) => many,
            Self::Gone(Way::TwoRounds | Way::Instalments | Way::Refund) => 2,
            Self::BackWithResults | Self::SampleRejected | Self::ReportLeft => 1,
            Self::Gone(Way::Spoilt | Way::Repeated | Way::Emergency) => 1,
            _ => 0,
        }
    }
}

/// When each doctor is with a patient, in minutes before now.
#[derive(Default)]
pub(super) struct Roster(BTreeMap<&'static str, Vec<i64>>);

impl Roster {
    /// Takes the first turn that a doctor has free.
    pub fn take(&mut self, doctor: &'static str, mut turns: impl Iterator<Item = i64>, otherwise: i64) -> i64 {
        let taken = self.0.entry(doctor).or_default();
        let turn = turns.find(|turn| taken.iter().all(|other| (other - turn).abs() >= TURN)).unwrap_or(otherwise);
        taken.push(turn);
        turn
    }
}

/// Since when the doctor's queue goes back, in minutes before now: nobody is seen who came after that.
pub(super) fn backlog(doctor: Option<&str>) -> i64 {
    let waits = |planned: &&Planned| planned.doctor == doctor && planned.course == Course::Waiting(Priority::Routine);
    PLAN.iter().filter(waits).map(|planned| planned.minutes).max().unwrap_or(0)
}

/// A visit on its way through the plan.
pub(super) struct Life<'c, 'h> {
    /// The visit.
    pub chart: Chart<'c, 'h>,
    /// Its line of the plan.
    pub planned: &'static Planned,
    /// When the doctors are free.
    pub roster: &'c mut Roster,
    /// The day.
    pub day: NaiveDate,
    /// Whether the consultation is on a bill.
    pub billed: bool,
}

impl Life<'_, '_> {
    fn live(mut self) -> Result<(), LiveError> {
        let minutes = self.planned.minutes;
        match self.planned.course {
            Course::Registered => {
                self.chart.ago = minutes * 60;
                self.chart.register(VisitType::Opd, Priority::Routine)?;
            }
            Course::Waiting(priority) => {
                let visit_type = if priority == Priority::Emergency { VisitType::Emergency } else { VisitType::Opd };
                self.arrive(minutes, visit_type, priority)?;
                if minutes >= 5 {
                    self.care(45, 20)?;
                }
            }
            Course::BackWithResults => {
                self.seen(minutes + 115)?;
                let tests = self.consult_and_test(1, Priority::Routine)?;
                self.chart.carry(&tests, Stage::Ordered, Stage::Reported);
                self.chart.until(minutes);
                self.chart.join_consultation();
            }
            Course::Called => self.called(minutes)?,
            Course::Away => {
                self.called(minutes + 3)?;
                self.chart.until(minutes);
                self.chart.skip();
            }
            Course::InRoom => self.seen(minutes)?,
            Course::ConsultationToBill => {
                self.seen_unbilled(minutes)?;
                self.consult();
                self.chart.pass(1..=2);
                self.chart.join(Station::Billing);
            }
            Course::TestsToBill(many) => {
                self.seen(minutes)?;
                self.consult_ordering(many, Priority::Routine)?;
            }
            Course::InBillingQueue(many) => self.billing(many).map(drop)?,
            Course::AtBillingCounter(many) => {
                self.billing(many)?;
                self.chart.until(2);
                self.chart.call_to(&self.chart.house.billing, "Billing counter 1");
            }
            Course::PartPaid(many) => {
                let mut bill = self.billing(many)?.1;
                self.call_to_billing();
                self.chart.pay_part(&mut bill, 40);
            }
            Course::InLabQueue(many, priority) => {
                self.seen(minutes)?;
                let tests = self.consult_ordering(many, priority)?;
                self.pay_for(&tests);
                self.chart.pass(1..=2);
                self.chart.join(Station::Lab);
            }
            Course::SampleRejected => {
                self.seen(minutes)?;
                let tests = self.consult_and_test(1, Priority::Routine)?;
                self.spoil(&tests);
            }
            Course::InLab(stage, many) => {
                self.seen(minutes)?;
                let tests = self.consult_and_test(many, Priority::Routine)?;
                self.chart.carry(&tests, Stage::Ordered, stage);
            }
            Course::LabOnly(stage, many) => self.lab_only(stage, many)?,
            Course::ReportLeft => {
                self.seen(minutes)?;
                let tests = self.consult_and_test(1, Priority::Routine)?;
                self.chart.carry(&tests, Stage::Ordered, Stage::Reported);
                self.leave()?;
            }
            Course::Referred => {
                self.seen(minutes)?;
                self.refer();
            }
            Course::Gone(way) => self.gone(way)?,
            Course::NoShow => {
                self.arrive(minutes, VisitType::Opd, Priority::Routine)?;
                for _ in 0..2 {
                    self.chart.pass(12..=18);
                    self.chart.call();
                    self.chart.pass(2..=4);
                    self.chart.skip();
                }
                self.chart.pass(20..=30);
                let reason = json!({ "reason": "Called twice, not in the house" });
                self.chart.log(&self.chart.house.reception, EventType::VisitNoShow, reason);
            }
            Course::Cancelled => {
                self.arrive(minutes, VisitType::Opd, Priority::Routine)?;
                self.chart.pass(10..=25);
                let reason = json!({ "reason": "The patient had to leave" });
                self.chart.log(&self.chart.house.reception, EventType::VisitCancelled, reason);
            }
            Course::Rescheduled => {
                self.arrive(minutes, VisitType::Opd, Priority::Routine)?;
                self.chart.pass(8..=20);
                let metadata = json!({ "newDate": self.later(2), "reason": "The patient prefers another day" });
                self.chart.log(&self.chart.house.reception, EventType::VisitRescheduled, metadata);
            }
        }
        Ok(())
    }

    fn gone(&mut self, way: Way) -> Result<(), LiveError> {
        let minutes = self.planned.minutes;
        match way {
            Way::Plain | Way::Recalled | Way::Rejoined => {
                self.seen(minutes)?;
                self.consult();
            }
            Way::Review => {
                self.seen_as(minutes, VisitType::FollowUp, Priority::Routine, 60)?;
                self.consult();
            }
            Way::Tests(many) => {
                self.seen(minutes)?;
                let tests = self.consult_and_test(many, Priority::Routine)?;
                self.chart.carry(&tests, Stage::Ordered, Stage::Delivered);
            }
            Way::Referral => {
                self.seen(minutes)?;
                self.refer();
                self.leave()?;
                self.chart.pass(1..=2);
                self.chart.follow_up(self.later(7), true);
                return Ok(());
            }
            Way::TwoRounds => self.two_rounds()?,
            Way::Instalments => {
                let (tests, mut bill) = self.billing(2)?;
                self.call_to_billing();
                self.chart.pay_part(&mut bill, 40);
                self.chart.pass(8..=15);
                self.chart.pay_part(&mut bill, 50);
                self.chart.pass(8..=15);
                self.chart.pay(&bill);
                self.go_to_lab();
                self.chart.carry(&tests, Stage::Ordered, Stage::Delivered);
            }
            Way::Refund => {
                let (mut tests, bill) = self.billing(2)?;
                self.call_to_billing();
                self.chart.pay(&bill);
                self.go_to_lab();
                if let Some(cancelled) = tests.pop() {
                    self.chart.cancel(&cancelled, "The analyser is out of service today");
                    self.chart.pass(6..=12);
                    self.chart.refund(&bill, &cancelled);
                }
                self.chart.carry(&tests, Stage::Ordered, Stage::Delivered);
            }
            Way::Spoilt => {
                self.seen(minutes)?;
                let tests = self.consult_and_test(1, Priority::Routine)?;
                self.spoil(&tests);
                self.call_to_lab();
                self.chart.carry(&tests, Stage::Ordered, Stage::Delivered);
            }
            Way::Repeated => {
                self.seen(minutes)?;
                let tests = self.consult_and_test(1, Priority::Routine)?;
                self.chart.carry(&tests, Stage::Ordered, Stage::Completed);
                if let Some(test) = tests.first() {
                    self.chart.repeat(test, "Does not fit the patient; run again from the same specimen");
                }
                self.chart.carry(&tests, Stage::Collected, Stage::Delivered);
            }
            Way::Emergency => {
                self.seen_as(minutes, VisitType::Emergency, Priority::Emergency, 0)?;
                let tests = self.consult_ordering(1, Priority::Emergency)?;
                // Urgency comes before payment.
                self.chart.carry(&tests, Stage::Ordered, Stage::Delivered);
                self.pay_for(&tests);
            }
        }
        self.leave()
    }
}
