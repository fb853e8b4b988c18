//! A visit that is going on, as the simulation knows it.

use chrono::{DateTime, Utc};

use crate::demo::ailments::Ailment;
use crate::journey::ids::{BillId, TestId, VisitId};
use crate::journey::money::Money;
use crate::journey::words::{Priority, VisitType};

/// The number of a stay within the simulation.
pub type StayId = usize;

/// A test of a stay.
pub type Sample = (StayId, usize);

/// Where a patient is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whereabouts {
    /// Nowhere in particular: at reception, waiting for results.
    Nowhere,
    /// In the doctor's line.
    InLine,
    /// Called by the doctor.
    Called,
    /// Called in vain.
    Away,
    /// In the doctor's room.
    InRoom,
    /// In the line of billing, or at a counter of it.
    AtBilling,
    /// In the line of the laboratory, or giving specimens.
    AtLab,
    /// On the way home.
    Leaving,
}

/// How far a test is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// To be collected.
    Ordered,
    /// Somewhere in the laboratory.
    InLab,
    /// The report is there.
    Reported,
    /// It is not done.
    Cancelled,
}

/// A test that was ordered.
#[derive(Clone, Debug)]
pub struct Ordered {
    /// Its id.
    pub id: TestId,
    /// Its code in the tariff.
    pub code: &'static str,
    /// How far it is.
    pub progress: Progress,
    /// The bill it is on, once it is paid.
    pub paid_on: Option<BillId>,
}

/// A visit that is going on.
pub struct Stay {
    /// Its id.
    pub visit: VisitId,
    /// Whose.
    pub patient: usize,
    /// At which branch.
    pub site: usize,
    /// In which department, unless only the laboratory is visited.
    pub ward: Option<usize>,
    /// With whom.
    pub doctor: Option<usize>,
    /// Why.
    pub ailment: &'static Ailment,
    /// What kind of visit it is.
    pub visit_type: VisitType,
    /// How urgent it is.
    pub priority: Priority,
    /// The visit that this one follows up, or that was moved to this day.
    pub after: Option<Origin>,
    /// Where the patient is.
    pub whereabouts: Whereabouts,
    /// When the doctor's line was joined last.
    pub joined: DateTime<Utc>,
    /// The place in the doctor's line.
    pub place: Option<(Priority, u64)>,
    /// How many calls will not be answered.
    pub deaf: u8,
    /// Whether nobody will ever answer.
    pub gone: bool,
    /// How many consultations there were.
    pub rounds: u8,
    /// Whether the results are to be seen by the doctor.
    pub comes_back: bool,
    /// Whether the consultation is on a bill.
    pub billed: bool,
    /// What is still to be paid, by bill.
    pub due: Vec<(BillId, Money)>,
    /// The tests.
    pub tests: Vec<Ordered>,
    /// When the last was done.
    pub latest: DateTime<Utc>,
}

impl Stay {
    /// The tests at some point.
    pub fn at(&self, progress: Progress) -> impl Iterator<Item = (usize, &Ordered)> {
        self.tests.iter().enumerate().filter(move |(_, test)| test.progress == progress)
    }
}

/// What a visit comes from.
#[derive(Clone, Debug)]
pub enum Origin {
    /// It follows up an earlier one.
    FollowUp(VisitId),
    /// An earlier one was moved to this day.
    Rescheduled(VisitId),
}

/// Somebody who will arrive.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// A patient who was here before, and why they come again.
    pub again: Option<(usize, usize, Origin)>,
}
