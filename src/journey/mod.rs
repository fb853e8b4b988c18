//! What a visit is: its events, what follows from them, and what is refused.
//!
//! Pure: no clock, no randomness, no I/O. The same code runs on the server and in the browser.

pub mod ids;
pub mod money;
pub mod wording;
pub mod words;
