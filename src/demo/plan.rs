//! The day's plan: who is where at the present moment, and how they came there.

use crate::journey::words::{Priority, Stage};

use Course::*;
use Priority::{Emergency, Routine, Urgent};
use Stage::{Approved, Collected, Completed, InProgress, Reported, Reviewed};

/// How far a visit has come. Where a time is told, [`Planned::minutes`] ago is what happened then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Course {
    /// Registered then, and in no queue yet.
    Registered,
    /// Joined the doctor's queue then.
    Waiting(Priority),
    /// Joined the doctor's queue again then, with the results of tests.
    BackWithResults,
    /// Called by the doctor then.
    Called,
    /// Skipped then, for not answering the call.
    Away,
    /// Entered the doctor's room then.
    InRoom,
    /// Seen then, with the consultation to be billed.
    ConsultationToBill,
    /// Seen then, with so many tests on no bill.
    TestsToBill(usize),
    /// Seen then, now in the queue of billing with a bill for so many tests.
    InBillingQueue(usize),
    /// Seen then, now called to the billing counter.
    AtBillingCounter(usize),
    /// Seen then, with a part of the bill for so many tests paid.
    PartPaid(usize),
    /// Seen then, now waiting for the specimens of so many tests to be collected.
    InLabQueue(usize, Priority),
    /// Seen then, with a spoilt specimen to be collected again.
    SampleRejected,
    /// Seen then, with so many tests at a stage.
    InLab(Stage, usize),
    /// Registered for tests alone then, so many of them at a stage.
    LabOnly(Stage, usize),
    /// Seen then; the visit is over, the report is to be handed over.
    ReportLeft,
    /// Seen then and referred; still in the house.
    Referred,
    /// Seen then, and gone.
    Gone(Way),
    /// Joined the queue then, never answered.
    NoShow,
    /// Registered then, and cancelled.
    Cancelled,
    /// Registered then, and moved to another day.
    Rescheduled,
}

/// How a visit went from which the patient has gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// A consultation.
    Plain,
    /// A consultation after the patient missed the first call and was called again.
    Recalled,
    /// A consultation after the patient missed the call and joined anew.
    Rejoined,
    /// A review within seven days of an earlier visit.
    Review,
    /// A consultation and so many tests.
    Tests(usize),
    /// A referral with a follow-up planned.
    Referral,
    /// Two consultations with the laboratory between them.
    TwoRounds,
    /// Tests paid in three parts.
    Instalments,
    /// Two tests, one of which was cancelled and refunded.
    Refund,
    /// A spoilt specimen collected again.
    Spoilt,
    /// A test run again because its review asked for it.
    Repeated,
    /// An emergency: seen and tested first, paid for after.
    Emergency,
}
use Way::*;

/// A visit of the plan.
pub struct Planned {
    /// The doctor, by sign-in name; none when only the laboratory is visited.
    pub doctor: Option<&'static str>,
    /// How long ago the time is that the course tells of, in minutes.
    pub minutes: i64,
    /// How far it has come.
    pub course: Course,
}

const fn visit(doctor: &'static str, minutes: i64, course: Course) -> Planned {
    Planned { doctor: Some(doctor), minutes, course }
}

const fn lab_visit(minutes: i64, course: Course) -> Planned {
    Planned { doctor: None, minutes, course }
}

/// How long before now the plan begins, in minutes.
pub const LENGTH: i64 = 360;

/// The visits of the day; where two claim a doctor at one time, the later in the list was seen earlier.
pub const PLAN: &[Planned] = &[
    // In the rooms, called, away.
    visit("doctor", 6, InRoom),
    visit("doctor3", 9, InRoom),
    visit("doctor4", 4, InRoom),
    visit("doctor6", 11, InRoom),
    visit("doctor2", 1, Called),
    visit("doctor5", 2, Called),
    visit("doctor7", 1, Called),
    visit("doctor", 8, Away),
    visit("doctor8", 12, Away),
    // Waiting for a doctor.
    visit("doctor", 46, Waiting(Routine)),
    visit("doctor", 33, Waiting(Routine)),
    visit("doctor", 14, Waiting(Urgent)),
    visit("doctor", 12, BackWithResults),
    visit("doctor", 9, Waiting(Routine)),
    visit("doctor", 3, Waiting(Routine)),
    visit("doctor2", 70, Waiting(Routine)),
    visit("doctor3", 24, Waiting(Urgent)),
    visit("doctor4", 18, Waiting(Routine)),
    visit("doctor6", 5, Waiting(Emergency)),
    visit("doctor8", 21, Waiting(Routine)),
    // Just arrived.
    visit("doctor5", 3, Registered),
    visit("doctor3", 1, Registered),
    visit("doctor7", 7, Registered),
    // With billing.
    visit("doctor4", 22, ConsultationToBill),
    visit("doctor8", 30, ConsultationToBill),
    visit("doctor2", 20, TestsToBill(1)),
    visit("doctor6", 34, TestsToBill(2)),
    visit("doctor3", 22, InBillingQueue(1)),
    visit("doctor7", 18, InBillingQueue(2)),
    visit("doctor5", 21, AtBillingCounter(1)),
    visit("doctor", 62, PartPaid(2)),
    // With the laboratory.
    visit("doctor7", 36, InLabQueue(2, Routine)),
    visit("doctor", 33, InLabQueue(2, Routine)),
    visit("doctor6", 38, InLabQueue(1, Emergency)),
    visit("doctor3", 72, SampleRejected),
    visit("doctor8", 52, InLab(Collected, 1)),
    visit("doctor2", 46, InLab(Collected, 1)),
    lab_visit(31, LabOnly(Collected, 2)),
    visit("doctor", 74, InLab(InProgress, 2)),
    visit("doctor4", 66, InLab(InProgress, 2)),
    lab_visit(48, LabOnly(InProgress, 1)),
    visit("doctor", 104, InLab(Completed, 2)),
    visit("doctor2", 98, InLab(Completed, 1)),
    visit("doctor6", 108, InLab(Completed, 1)),
    visit("doctor5", 112, InLab(Reviewed, 2)),
    visit("doctor3", 118, InLab(Reviewed, 1)),
    visit("doctor7", 116, InLab(Approved, 1)),
    visit("doctor", 132, InLab(Reported, 2)),
    visit("doctor8", 126, InLab(Reported, 1)),
    visit("doctor6", 140, ReportLeft),
    visit("doctor4", 28, Referred),
    // Gone.
    visit("doctor3", 52, Gone(Plain)),
    visit("doctor5", 58, Gone(Plain)),
    visit("doctor2", 84, Gone(Recalled)),
    visit("doctor7", 92, Gone(Plain)),
    visit("doctor8", 96, Gone(Rejoined)),
    visit("doctor4", 120, Gone(Plain)),
    visit("doctor", 150, Gone(Plain)),
    visit("doctor6", 170, Gone(Referral)),
    visit("doctor2", 160, Gone(Referral)),
    visit("doctor", 172, Gone(Review)),
    visit("doctor3", 184, Gone(Review)),
    visit("doctor8", 176, Gone(Plain)),
    visit("doctor5", 196, Gone(Plain)),
    visit("doctor4", 206, Gone(Tests(2))),
    visit("doctor7", 212, Gone(Tests(1))),
    visit("doctor", 224, Gone(Tests(3))),
    visit("doctor2", 232, Gone(Tests(2))),
    visit("doctor6", 240, Gone(Tests(2))),
    visit("doctor3", 246, Gone(Tests(1))),
    visit("doctor8", 252, Gone(Tests(3))),
    visit("doctor", 290, Gone(TwoRounds)),
    visit("doctor7", 300, Gone(TwoRounds)),
    visit("doctor5", 248, Gone(Instalments)),
    visit("doctor3", 270, Gone(Refund)),
    visit("doctor2", 284, Gone(Spoilt)),
    visit("doctor4", 288, Gone(Repeated)),
    visit("doctor6", 302, Gone(Way::Emergency)),
    visit("doctor5", 306, Gone(Plain)),
    lab_visit(216, LabOnly(Stage::Delivered, 3)),
    // Never seen.
    visit("doctor7", 150, NoShow),
    visit("doctor3", 205, NoShow),
    visit("doctor2", 118, Course::Cancelled),
    visit("doctor8", 64, Course::Cancelled),
    visit("doctor", 88, Rescheduled),
    visit("doctor6", 230, Rescheduled),
];
