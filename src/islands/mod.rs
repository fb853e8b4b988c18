//! What lives in the browser; with `journey`, the only code that reaches it.

mod bell;
#[cfg(any(feature = "hydrate", test))]
mod beside;
#[cfg(feature = "hydrate")]
mod draft;
#[cfg(feature = "hydrate")]
mod json;
mod language;
mod live;
#[cfg(feature = "hydrate")]
mod lookup;
pub mod offline;
mod pulse;

pub use bell::Bell;
pub use live::{Live, WORDS as LIVE_WORDS};
pub use pulse::Pulse;
