//! Analytics: where patients wait, and how their visits go.
//!
//! The follower [`crate::projections::measures`] keeps what is measured of each visit. A period's visits are read by day and kept in
//! memory ([`Kept`]); every figure is worked out of them by pure code, exactly: percentiles are those of all values, and what was not
//! reached is left out and counted.
//!
//! | file | holds |
//! |---|---|
//! | [`among`] | which visits a figure is of that is no measure’s |
//! | [`mod@behind`] | whether the figures are of all that was logged |
//! | [`daybook`] | the visits of a day, and what is measured of them |
//! | [`facts`] | what is known of a visit; which visits are asked for |
//! | [`kept`] | the days in memory |
//! | [`figures`] | median, percentiles, mean, share within target |
//! | [`waits`] | a measure by hour and weekday, day by day, and by what visits differ in |
//! | [`journeys`] | funnel, paths, flows between stages, what went wrong |
//! | [`now`] | who waits at this moment |
//! | [`targets`] | the targets of a measure, for very many visits |

pub mod among;
pub mod behind;
pub mod daybook;
pub mod facts;
pub mod figures;
pub mod journeys;
pub mod kept;
pub mod now;
pub mod targets;
pub mod waits;

#[cfg(test)]
mod tests;

pub use among::{Among, Only};
pub use behind::{Behind, behind};
pub use daybook::Daybook;
pub use facts::{Facts, Filter, Period};
pub use figures::Figure;
pub use kept::Kept;
