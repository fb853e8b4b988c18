//! What lives in the browser; with `journey`, the only code that reaches it.

mod bell;
mod live;
mod pulse;

pub use bell::Bell;
pub use live::Live;
pub use pulse::Pulse;
