//! What a visit is: its events, what follows from them, and what is refused.
//!
//! Pure: no clock, no randomness, no I/O. The same code runs on the server and in the browser.
//! [`decide`](decide::decide) turns a command into a step or a refusal; [`evolve`](evolve::evolve) turns a step into the next state.
//!
//! - [`events`]: the table of the 34 events: roles, metadata, when accepted. Everything that lists events reads it.
//! - [`schema`], [`words`], [`ids`], [`money`]: what metadata is made of.
//! - [`visit`], [`evolve`]: the state and how it changes.
//! - [`decide`], [`refusal`], [`policy`]: what may follow, and why not; [`allowed`]: what may follow now.
//! - [`measures`], [`course`], [`results`], [`story`], [`workflow`], [`wording`]: what is worked out and told.

pub mod allowed;
pub mod compliance;
pub mod course;
pub mod decide;
pub mod decimal;
pub mod events;
pub mod evolve;
pub mod ids;
pub mod measures;
pub mod money;
pub mod policy;
pub mod refusal;
pub mod results;
pub mod schema;
pub mod story;
pub mod visit;
pub mod wording;
pub mod words;
pub mod workflow;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod specs;
