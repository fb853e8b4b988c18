//! The doctor's screen: the patient in the room on the left, who waits on the right.

mod chart;
mod history;
pub mod letters;
pub mod medicines;
mod orders;
mod prescribe;
mod queue;
mod results;
mod trend;
pub mod vital_signs;

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use leptos::prelude::*;

use super::attempt::Attempt;
use crate::hospital::measure_targets::Targets;
use crate::hospital::rooms::Room;
use crate::hospital::tariff::TariffEntry;
use crate::hospital::tenants::Tenant;
use crate::journey::events::{Event, EventType, PrescriptionItem};
use crate::journey::ids::{PersonId, VisitId};
use crate::journey::visit::{Step, Visit};
use crate::journey::words::words;
use crate::log::timeline::TimelineRow;
use crate::projections::tests::TestCard;
use crate::projections::visits::VisitCard;

words! {
    /// The tabs of a patient's chart.
    Tab {
        Journey "journey" "Journey",
        Visits "visits" "Earlier visits",
        Prescribe "prescribe" "Prescribe",
        Tests "tests" "Order tests",
        Refer "refer" "Refer",
        Results "results" "Results",
        Vitals "vitals" "Vitals",
        FollowUp "followup" "Follow-up",
    }
}

/// What the doctor's screen shows.
pub struct Doctor {
    /// The hospital.
    pub tenant: Tenant,
    /// The present moment.
    pub now: DateTime<Utc>,
    /// The doctor's own room.
    pub room: Option<Room>,
    /// The rooms to choose from, for a doctor without one.
    pub rooms: Vec<Room>,
    /// The chart that lies open.
    pub chart: Option<Chart>,
    /// Who is in the doctor's room, the latest first.
    pub in_room: Vec<VisitCard>,
    /// Who is called.
    pub called: Vec<VisitCard>,
    /// Who waits, the next first.
    pub waiting: Vec<VisitCard>,
    /// How long waits should last at most.
    pub targets: Targets,
    /// Who did not come when called.
    pub away: Vec<VisitCard>,
    /// Who was seen and is still in the house.
    pub seen: Vec<VisitCard>,
    /// Those at the station whose tests have results.
    pub with_results: BTreeSet<VisitId>,
    /// Tests whose results nobody reviewed yet.
    pub to_review: Vec<TestCard>,
    /// Tests whose results the doctor may approve.
    pub to_approve: Vec<TestCard>,
    /// What was just refused.
    pub attempt: Option<Arc<Attempt>>,
}

/// A patient's visit as the doctor sees it.
pub struct Chart {
    /// The visit's row.
    pub card: VisitCard,
    /// The visit's state.
    pub visit: Visit,
    /// The visit's steps.
    pub steps: Vec<Step>,
    /// What the doctor may log on it now.
    pub allowed: Vec<EventType>,
    /// The doctor.
    pub doctor: PersonId,
    /// How many other visits the patient had.
    pub earlier: usize,
    /// What the open tab shows.
    pub content: Content,
}

/// What a tab shows beyond the visit itself.
pub enum Content {
    /// The story so far.
    Journey(Vec<TimelineRow>),
    /// The patient's other visits, the latest first.
    Visits(Vec<EarlierVisit>),
    /// A form for vital signs, and the other visits on which some were measured.
    Vitals(Vec<EarlierVisit>),
    /// A prescription.
    Prescribe(Draft),
    /// The tests that can be ordered.
    Tests(Vec<TariffEntry>),
    /// The tests of this visit.
    Results,
    /// A referral.
    Refer,
    /// A follow-up.
    FollowUp,
}

impl Content {
    fn tab(&self) -> Tab {
        match self {
            Self::Journey(_) => Tab::Journey,
            Self::Visits(_) => Tab::Visits,
            Self::Vitals(_) => Tab::Vitals,
            Self::Prescribe(_) => Tab::Prescribe,
            Self::Tests(_) => Tab::Tests,
            Self::Results => Tab::Results,
            Self::Refer => Tab::Refer,
            Self::FollowUp => Tab::FollowUp,
        }
    }
}

/// Another visit of the patient.
pub struct EarlierVisit {
    /// Its row.
    pub card: VisitCard,
    /// Its steps; none for those too long ago to be told in full.
    pub steps: Vec<Step>,
}

/// A line of a prescription as typed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Line {
    /// The medicine.
    pub drug: String,
    /// How much of it.
    pub dose: String,
    /// How often.
    pub frequency: String,
    /// For how many days.
    pub days: String,
    /// What to heed.
    pub instructions: String,
}

impl From<&PrescriptionItem> for Line {
    fn from(item: &PrescriptionItem) -> Self {
        Self {
            drug: item.drug.to_string(),
            dose: item.dose.to_string(),
            frequency: item.frequency.to_string(),
            days: item.days.to_string(),
            instructions: item.instructions.as_deref().cloned().unwrap_or_default(),
        }
    }
}

/// A prescription that is being written.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    /// Its lines.
    pub lines: Vec<Line>,
    /// How many lines are shown; those without a medicine are blank.
    pub rows: usize,
    /// Whether it shows what was just typed or asked for; otherwise the browser may know more of it.
    pub typed: bool,
    /// Whether an earlier prescription was looked for and there is none.
    pub nothing_to_repeat: bool,
}

/// The latest prescription among steps.
pub fn last_prescription(steps: &[Step]) -> Option<Vec<Line>> {
    steps.iter().rev().find_map(|step| match &step.event {
        Event::PrescriptionGiven(given) => Some(given.items.iter().map(Line::from).collect()),
        _ => None,
    })
}

/// Draws the screen.
pub fn doctor(doctor: Doctor) -> AnyView {
    view! {
        <main class="page columns" id="main">
            <div class="stack">
                {match &doctor.chart {
                    Some(chart) => chart::chart(chart, &doctor),
                    None => queue::empty_room(&doctor),
                }}
            </div>
            {queue::aside(&doctor)}
        </main>
    }
    .into_any()
}
