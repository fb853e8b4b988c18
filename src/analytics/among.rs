//! Which visits a figure is of that is no measure's.

use super::facts::Facts;
use super::journeys::{Stop, reason, recalls};
use crate::journey::events::EventType;
use crate::journey::money::Money;
use crate::journey::words::{Outcome, words};

words! {
    /// Some of a period's visits, by what became of them.
    Among {
        All "all" "All visits of the period",
        Open "open" "Visits still open",
        Ended "ended" "Visits that ended",
        Unseen "unseen" "Not seen, or not yet",
        NoShow "no-show" "Did not come",
        Cancelled "cancelled" "Cancelled or moved",
        Detoured "detoured" "Skipped, called again or done twice",
        Skipped "skipped" "Did not come when called",
        CalledAgain "called-again" "Called again",
        SpecimenSpoilt "specimen-spoilt" "Specimen spoilt",
        ResultRepeated "result-repeated" "Result sent back",
        Billed "billed" "Paid, or to be paid",
        Paid "paid" "Something paid",
        Refunded "refunded" "Something given back",
        Owing "owing" "Something still to be paid",
    }
}

impl Among {
    /// Whether a visit is among them.
    pub fn has(self, facts: &Facts) -> bool {
        match self {
            Self::All => true,
            Self::Open => facts.outcome.is_none(),
            Self::Ended => facts.outcome.is_some(),
            Self::Unseen => facts.unseen,
            Self::NoShow => facts.outcome == Some(Outcome::NoShow),
            Self::Cancelled => matches!(facts.outcome, Some(Outcome::Cancelled | Outcome::Rescheduled)),
            Self::Detoured => [Self::Skipped, Self::CalledAgain, Self::SpecimenSpoilt, Self::ResultRepeated]
                .into_iter()
                .any(|detour| detour.has(facts)),
            Self::Skipped => facts.had(EventType::QueueSkipped),
            Self::CalledAgain => recalls(&facts.path) > 0,
            Self::SpecimenSpoilt => facts.had(EventType::TestSampleRejected),
            Self::ResultRepeated => facts.repeats > 0,
            Self::Billed => Self::Paid.has(facts) || Self::Owing.has(facts),
            Self::Paid => facts.taken > Money::ZERO,
            Self::Refunded => facts.refunded > Money::ZERO,
            Self::Owing => facts.due > Money::ZERO,
        }
    }
}

/// The visits behind one figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Only {
    /// By what became of them.
    Among(Among),
    /// On which something happened.
    Event(EventType),
    /// That saw no doctor, by how they ended; none for those still open.
    Lost(Option<Outcome>),
    /// That were cancelled or moved for a reason.
    Reason(Outcome, Option<String>),
    /// That ended and went a path.
    Path(Vec<Stop>),
    /// That went from one stage to the next at a place of their path.
    Flow(usize, Stop, Stop),
}

impl From<Among> for Only {
    fn from(among: Among) -> Self {
        Self::Among(among)
    }
}

impl Only {
    /// Whether a visit is one of them.
    pub fn has(&self, facts: &Facts) -> bool {
        match self {
            Self::Among(among) => among.has(facts),
            Self::Event(event) => facts.had(*event),
            Self::Lost(outcome) => Among::Unseen.has(facts) && facts.outcome == *outcome,
            Self::Reason(outcome, given) => {
                Among::Cancelled.has(facts) && facts.outcome == Some(*outcome) && reason(facts) == *given
            }
            Self::Path(stops) => Among::Ended.has(facts) && Stop::of_path(&facts.path) == *stops,
            Self::Flow(step, from, to) => {
                let stops = Stop::of_path(&facts.path);
                stops.get(*step) == Some(from) && stops.get(*step + 1) == Some(to)
            }
        }
    }
}
