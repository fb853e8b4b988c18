//! What lives in the browser; with `journey`, the only code that reaches it.

#[cfg(feature = "hydrate")]
mod lookup;
mod pulse;

pub use pulse::Pulse;
