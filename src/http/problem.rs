//! Failures become pages for browsers; programs keep the answer as it is.

use axum::extract::{FromRequestParts as _, Request, State};
use axum::http::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::Response;

use super::desk::Desk;
use super::{AppState, Page, api};
use crate::screens::problem::{Problem, problem};

/// An answer's own words for why it failed; left in the response's extensions, they stand on its page.
#[derive(Clone, Debug)]
pub struct Explanation(pub String);

/// Shows a failure that is not a page yet as one, to whoever asked for a page; the REST API has a form of its own.
pub async fn pages(State(state): State<AppState>, request: Request, next: Next) -> Response {
    if api::is_within(request.uri().path()) {
        return api::problems(request, next).await;
    }
    let (parts, body) = request.into_parts();
    let asked = parts.clone();
    let mut response = next.run(Request::from_parts(parts, body)).await;
    if !is_unshown(&asked.headers, &response) {
        return response;
    }
    let (status, words) = (response.status(), words_of(&mut response));
    let rendered = Page::new(&asked, state.site).render(status, words.title.clone(), move || problem(words)).await;
    with_headers_of(&response, rendered)
}

/// The same for who is signed in, with the ways to every other screen: no failure is a dead end.
///
/// Where the database is away, it is not asked again who that is.
pub async fn pages_within(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let mut asked = parts.clone();
    let mut response = next.run(Request::from_parts(parts, body)).await;
    if api::is_within(asked.uri.path())
        || response.status() == StatusCode::SERVICE_UNAVAILABLE
        || !is_unshown(&asked.headers, &response)
    {
        return response;
    }
    let Ok(desk) = Desk::from_request_parts(&mut asked, &state).await else { return response };
    let (status, words) = (response.status(), words_of(&mut response));
    let rendered = desk.failed(status, words).await;
    with_headers_of(&response, rendered)
}

/// Whether an answer tells of a failure to whoever asked for a page, and is none yet.
fn is_unshown(asked: &HeaderMap, response: &Response) -> bool {
    let status = response.status();
    (status.is_client_error() || status.is_server_error())
        && contains(asked, ACCEPT, "text/html")
        && !contains(response.headers(), CONTENT_TYPE, "text/html")
}

/// What did not work, in the answer's own words where it has some.
fn words_of(response: &mut Response) -> Problem {
    let words = Problem::of_status(response.status().as_u16());
    match response.extensions_mut().remove() {
        Some(Explanation(sentence)) => Problem { sentence, ..words },
        None => words,
    }
}

fn with_headers_of(response: &Response, mut rendered: Response) -> Response {
    for (name, value) in response.headers() {
        if name != CONTENT_TYPE && name != CONTENT_LENGTH {
            rendered.headers_mut().append(name, value.clone());
        }
    }
    rendered
}

fn contains(headers: &HeaderMap, name: axum::http::HeaderName, word: &str) -> bool {
    headers.get(name).and_then(|value| value.to_str().ok()).is_some_and(|value| value.contains(word))
}
