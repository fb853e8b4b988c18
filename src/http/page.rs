//! Pages: a view in its shell, as an answer.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{FromRef, FromRequestParts};
use axum::http::header::{CONTENT_SECURITY_POLICY, COOKIE, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Request, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use chrono::Utc;
use futures::StreamExt;
use futures::stream::once;
use leptos::nonce::Nonce;
use leptos::prelude::*;

use super::sign_in::safe_next;
use super::{AppState, Site};
use crate::screens::shell::{Shell, Theme, shell};

/// The page a request asks for, yet to be filled: a handler takes it as an argument and ends with [`Page::render`].
#[derive(Clone, Debug)]
pub struct Page {
    parts: Parts,
    site: Arc<Site>,
    reloads: bool,
}

impl Page {
    /// The page for a request.
    pub fn new(parts: &Parts, site: Arc<Site>) -> Self {
        Self { parts: parts.clone(), site, reloads: false }
    }

    /// Has the page loaded again now and then where there is no JavaScript.
    pub fn reloading(self, reloads: bool) -> Self {
        Self { reloads, ..self }
    }

    /// What the person chose to see it in.
    pub fn theme(&self) -> Option<Theme> {
        theme(&self.parts.headers)
    }

    /// Fills the page with a view.
    pub async fn render<V: IntoView + 'static>(
        self,
        status: StatusCode,
        title: impl Into<String>,
        view: impl FnOnce() -> V + Send + 'static,
    ) -> Response {
        let nonce = Nonce::new();
        let policy = content_security_policy(&nonce);
        let surroundings = Shell {
            title: title.into(),
            theme: theme(&self.parts.headers),
            site_name: self.site.name().to_owned(),
            now: Utc::now(),
            reloads: self.reloads,
        };
        let mut response = leptos_axum::handle_response_inner(
            move || provide_context(nonce.clone()),
            move || shell(surroundings, view()),
            Request::from_parts(self.parts, Body::empty()),
            |view, scripts, _| {
                Box::pin(async move {
                    let html = view.to_html_stream_in_order().collect::<String>().await;
                    Box::pin(once(async { html }).chain(scripts())) as _
                })
            },
        )
        .await;
        *response.status_mut() = status;
        if let Ok(policy) = HeaderValue::try_from(policy) {
            response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
        }
        response
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Page
where
    AppState: FromRef<S>,
{
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        Ok(Self::new(parts, AppState::from_ref(state).site))
    }
}

/// What a page may load and run: only what comes from here, and of scripts only those that carry the page's own mark.
fn content_security_policy(nonce: &Nonce) -> String {
    format!(
        "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; style-src 'self' 'nonce-{nonce}'; \
         connect-src 'self'; img-src 'self' data:; font-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; \
         object-src 'none'; frame-ancestors 'none'"
    )
}

fn theme(headers: &HeaderMap) -> Option<Theme> {
    cookie(headers, "theme").and_then(Theme::from_word)
}

/// What a cookie says.
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|cookies| cookies.to_str().ok())
        .flat_map(|cookies| cookies.split("; "))
        .find_map(|cookie| cookie.strip_prefix(name)?.strip_prefix('='))
}

/// Keeps how somebody wants to see pages in a cookie, and sends them back to where they were.
pub fn choose(name: &str, word: &str, next: &str, app: &AppState) -> Response {
    let secure = if app.behind_tls { "; Secure" } else { "" };
    let cookie = format!("{name}={word}; Path=/; Max-Age=31536000; SameSite=Strict; HttpOnly{secure}");
    let mut response = Redirect::to(safe_next(next).unwrap_or("/")).into_response();
    if let Ok(cookie) = HeaderValue::try_from(cookie) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}
