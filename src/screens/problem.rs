//! The page for what did not work.

use leptos::prelude::*;
use tr::tr;

/// What did not work, in words for people.
pub struct Problem {
    /// A few words.
    pub title: String,
    /// What to do, or why.
    pub sentence: String,
}

impl Problem {
    /// The usual words for a status of HTTP.
    pub fn of_status(status: u16) -> Self {
        let (title, sentence) = match status {
            400 | 422 => (
                tr!("That could not be read"),
                tr!("Something in the address or the form is not as expected. Go back and try again."),
            ),
            401 => (tr!("Please sign in"), tr!("Sign in to see this page.")),
            403 => (tr!("Not allowed here"), tr!("This page or step is not open to you.")),
            404 => (
                tr!("Page not found"),
                tr!("There is nothing at this address. Check it, or start from the first page."),
            ),
            405 => (tr!("That cannot be done here"), tr!("This address does not take that kind of request.")),
            413 => (tr!("Too much at once"), tr!("At most 2 MB can be sent at once.")),
            415 => (tr!("That could not be read"), tr!("What was sent is of a kind that is not understood here.")),
            429 => (tr!("Too many attempts"), tr!("Wait a little, then try again.")),
            503 => {
                (tr!("Not available just now"), tr!("Wait a little, then try again. What was logged before is safe."))
            }
            507 => (
                tr!("No room left to write to"),
                tr!("Your step was not logged. Everything can still be read. Tell the person who runs Sojourn."),
            ),
            402..500 => (tr!("That did not work"), tr!("Go back and try again.")),
            _ => (
                tr!("Something went wrong on our side"),
                tr!(
                    "Look whether your last step was logged before you repeat it. If this happens again, tell the person who runs Sojourn."
                ),
            ),
        };
        Self { title, sentence }
    }
}

/// Shows a problem, and the way back.
pub fn problem(problem: Problem) -> impl IntoView {
    view! {
        <main class="page page-narrow" id="main">
            <section class="card stack">
                <h1>{problem.title}</h1>
                <p>{problem.sentence}</p>
                <p><a class="button button-primary" href="/">{tr!("To the first page")}</a></p>
            </section>
        </main>
    }
}
