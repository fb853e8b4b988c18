//! What lives in the browser; with `journey`, the only code that reaches it.

mod pulse;

pub use pulse::Pulse;
