//! Which visits a figure is of that is no measure's.

use super::facts::Facts;
use super::journeys::recalls;
use crate::journey::events::EventType;
use crate::journey::money::Money;
use crate::journey::words::{Outcome, words};

words! {
    /// Some of a period's visits, by what became of them.
    Among {
        All "all" "All visits of the period",
        Open "open" "Visits still open",
        Ended "ended" "Visits that ended",
        Unseen "unseen" "Came for a doctor and was not seen",
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
        Reported "reported" "Report out",
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
            Self::Reported => facts.had(EventType::ReportGenerated),
        }
    }
}
