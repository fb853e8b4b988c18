//! Failures become pages for browsers; programs keep the answer as it is.

use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::http::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE};
use axum::middleware::Next;
use axum::response::Response;

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
    if !contains(request.headers(), ACCEPT, "text/html") {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let page = Page::new(&parts, state.site);
    let mut response = next.run(Request::from_parts(parts, body)).await;
    let status = response.status();
    let failed = status.is_client_error() || status.is_server_error();
    if !failed || contains(response.headers(), CONTENT_TYPE, "text/html") {
        return response;
    }
    let mut words = Problem::of_status(status.as_u16());
    if let Some(Explanation(sentence)) = response.extensions_mut().remove() {
        words.sentence = sentence;
    }
    let mut rendered = page.render(status, words.title.clone(), move || problem(words)).await;
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
