//! Which language a request is answered in, and choosing another.

use axum::Form;
use axum::extract::{Request, State};
use axum::http::header::{ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::page::{choose, cookie};
use super::{AppState, api};
use crate::language::{Language, Published, speaking};

/// Answers a request in the language that was chosen, or else in one that the browser asks for; programs are always answered in English.
pub async fn layer(request: Request, next: Next) -> Response {
    let language = if api::is_within(request.uri().path()) {
        Language::English
    } else {
        chosen(request.headers()).or_else(|| asked(request.headers())).unwrap_or_default()
    };
    speaking(language, next.run(request)).await
}

fn chosen(headers: &HeaderMap) -> Option<Language> {
    cookie(headers, "language").and_then(Language::from_tag)
}

/// The language that a browser likes best of those there are; of two that it likes alike, the one it names first.
fn asked(headers: &HeaderMap) -> Option<Language> {
    let wishes = headers.get_all(ACCEPT_LANGUAGE).iter().filter_map(|value| value.to_str().ok());
    let wishes = wishes.flat_map(|value| value.split(',')).filter_map(|wish| {
        let (tag, quality) = wish.split_once(';').unwrap_or((wish, "q=1"));
        let quality: f32 = quality.trim().strip_prefix("q=")?.parse().ok()?;
        Some((Language::from_tag(tag.trim())?, quality))
    });
    let best =
        wishes.filter(|(_, quality)| *quality > 0.0).reduce(|best, wish| if wish.1 > best.1 { wish } else { best });
    best.map(|(language, _)| language)
}

/// What is chosen to read pages in.
#[derive(Deserialize)]
pub struct Chosen {
    language: String,
    #[serde(default)]
    next: String,
}

/// Keeps the chosen language in a cookie that says nothing else.
pub async fn choose_language(State(app): State<AppState>, Form(chosen): Form<Chosen>) -> Response {
    let language = Language::from_tag(&chosen.language).unwrap_or_default();
    choose("language", language.tag(), &chosen.next, &app)
}

/// What is said in a language, for islands; it is nobody's, and never changes where it is.
pub async fn catalogue(request: Request) -> Response {
    let mut published = Language::ALL.into_iter().filter_map(Language::published);
    match published.find(|published| published.path == request.uri().path()) {
        Some(Published { json, .. }) => {
            let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "public, max-age=31536000, immutable")];
            (headers, json.as_str()).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(language: &str) -> Option<Language> {
        let headers = [(ACCEPT_LANGUAGE, language.parse().expect("a header"))];
        asked(&HeaderMap::from_iter(headers))
    }

    #[test]
    fn a_browser_is_answered_in_what_it_likes_best() {
        assert_eq!(of("hi-IN,hi;q=0.9,en-GB;q=0.8,en;q=0.7"), Some(Language::Hindi));
        assert_eq!(of("en-US,en;q=0.9,hi;q=0.8"), Some(Language::English));
        assert_eq!(of("de, hi;q=0.4, en;q=0.3"), Some(Language::Hindi));
        assert_eq!(of("hi;q=0, en;q=0.1"), Some(Language::English));
        assert_eq!(of("de,fr;q=0.5,*;q=0.1"), None);
        assert_eq!(of("hindi"), None);
    }
}
