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

/// The sign that says how fresh the page is. It hears of changes at `address`, from the position `after` on, and fetches `page` anew.
#[island]
pub fn Live(address: String, after: Option<i64>, page: String) -> impl IntoView {
    #[cfg(feature = "hydrate")]
    connection::open(address, after, page);
    #[cfg(not(feature = "hydrate"))]
    let _ = (address, after, page);
    view! { <span class="live" role="status" id="live" hidden></span> }
}
