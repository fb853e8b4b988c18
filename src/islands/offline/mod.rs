//! The laboratory on a tablet that loses its network: what it keeps, what is done on it, and how that is sent.
//!
//! | file | holds |
//! |---|---|
//! | [`kept`] | the worklist and the steps that are not sent, checked by the journey: pure, and read by the server |
//! | `wire` | how both are written and read |
//! | [`html`] | what is shown |
//! | `store` | where the browser keeps them |
//! | `network` | what is asked of the server |
//! | `tablet` | what a page knows of both, and the sending |
//! | `forms` | the page's forms: sent while the server is there, otherwise kept |
//! | `outbox` | how many steps are not sent, and those that were refused, on every page |
//! | `bench` | the laboratory without network |

mod bench;
#[cfg(feature = "hydrate")]
mod forms;
pub mod html;
pub mod kept;
#[cfg(feature = "hydrate")]
pub(super) mod network;
mod outbox;
#[cfg(feature = "hydrate")]
mod store;
#[cfg(feature = "hydrate")]
mod tablet;
#[cfg(test)]
mod tests;
mod wire;

pub use bench::Bench;
pub use outbox::Outbox;
