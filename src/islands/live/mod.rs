//! Keeps a screen up to date: listens, fetches the same page again when something changed, and puts what is new in its place.
//!
//! | file | holds |
//! |---|---|
//! | `connection` | the connection, when it is lost and found again, and what the sign in the masthead says of it |
//! | `renewal` | the new page put in the place of the old one, but for what somebody is using |

#[cfg(feature = "hydrate")]
mod connection;
#[cfg(feature = "hydrate")]
mod renewal;

use leptos::prelude::*;

/// What the sign says: when it hears of changes, has lost the connection, nobody is signed in, the page is old.
pub const WORDS: [&str; 4] = ["Live", "Offline", "Signed out", "Updated {seconds} s ago"];

/// Shows how fresh the page is on the sign `#live`: its `data-address` tells of changes, from the position `data-after` on, and
/// `data-page` gives the page anew; `data-words` are [`WORDS`] in another language, with bars between them.
#[island]
pub fn Live() -> impl IntoView {
    #[cfg(feature = "hydrate")]
    connection::open();
}
