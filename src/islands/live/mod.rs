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

/// The sign that says how fresh the page is. It hears of changes at `address`, from the position `after` on, and fetches `page` anew.
///
/// `words` is what the sign says where that is not English, in the order of [`WORDS`].
#[island]
pub fn Live(address: String, after: Option<i64>, page: String, words: Vec<String>) -> impl IntoView {
    #[cfg(feature = "hydrate")]
    connection::open(address, after, page, words);
    #[cfg(not(feature = "hydrate"))]
    let _ = (address, after, page, words);
    view! { <span class="live" role="status" id="live" hidden></span> }
}
