//! The page for what did not work.

use leptos::prelude::*;

/// What did not work, in words for people.
pub struct Problem {
    /// A few words.
    pub title: &'static str,
    /// What to do, or why.
    pub sentence: String,
}

impl Problem {
    /// The usual words for a status of HTTP.
    pub fn of_status(status: u16) -> Self {
        let (title, sentence) = match status {
            400 | 422 => (
                "That could not be read",
                "Something in the address or the form is not as expected. Go back and try again.",
            ),
            401 => ("Please sign in", "Sign in to see this page."),
            403 => ("Not allowed here", "This page or step is not open to you."),
            404 => ("Page not found", "There is nothing at this address. Check it, or start from the first page."),
            405 => ("That cannot be done here", "This address does not take that kind of request."),
            413 => ("Too much at once", "At most 2 MB can be sent at once."),
            415 => ("That could not be read", "What was sent is of a kind that is not understood here."),
            429 => ("Too many attempts", "Wait a little, then try again."),
            503 => ("Not available just now", "Wait a little, then try again. What was logged before is safe."),
            507 => (
                "No room left to write to",
                "Your step was not logged. Everything can still be read. Tell the person who runs Sojourn.",
            ),
            402..500 => ("That did not work", "Go back and try again."),
            _ => (
                "Something went wrong on our side",
                "Look whether your last step was logged before you repeat it. If this happens again, tell the person who runs Sojourn.",
            ),
        };
        Self { title, sentence: sentence.to_owned() }
    }
}

/// Shows a problem, and the way back.
pub fn problem(problem: Problem) -> impl IntoView {
    view! {
        <main class="page page-narrow" id="main">
            <section class="card stack">
                <h1>{problem.title}</h1>
                <p>{problem.sentence}</p>
                <p><a class="button button-primary" href="/">"To the first page"</a></p>
            </section>
        </main>
    }
}
