//! What every request and every answer is held to.

use axum::extract::Request;
use axum::http::header::*;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tr::tr;

use super::{Explanation, api};

/// What every answer says unless it says otherwise itself.
const HEADERS: [(HeaderName, HeaderValue); 7] = [
    (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'")),
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static("camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ),
];

/// Adds the headers that keep an answer from being framed, sniffed, cached or leaked.
pub async fn headers(mut response: Response) -> Response {
    for (name, value) in HEADERS {
        response.headers_mut().entry(name).or_insert(value);
    }
    response
}

/// Refuses what another site sends in a signed-in person's name.
///
/// The REST API is left out: cookies never sign in there, and a token is not sent by another site.
pub async fn same_origin(request: Request, next: Next) -> Response {
    let safe = request.method().is_safe() || api::is_within(request.uri().path());
    if safe || is_same_origin(request.headers()) {
        next.run(request).await
    } else {
        let words = tr!("This form was sent from another site. Open the page here and send it again.");
        let mut response = (StatusCode::FORBIDDEN, words.clone()).into_response();
        response.extensions_mut().insert(Explanation(words));
        response
    }
}

fn is_same_origin(headers: &HeaderMap) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        return site == "same-origin";
    }
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    match (text(ORIGIN).and_then(|origin| origin.split_once("://")), text(HOST)) {
        (Some((_, origin)), Some(host)) => origin.eq_ignore_ascii_case(host),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepts(headers: &[(&'static str, &'static str)]) -> bool {
        let headers =
            headers.iter().map(|&(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        is_same_origin(&headers.collect())
    }

    #[test]
    fn only_forms_of_our_own_pages_are_taken() {
        assert!(accepts(&[("sec-fetch-site", "same-origin")]));
        assert!(accepts(&[("origin", "https://desk.hospital:8443"), ("host", "desk.hospital:8443")]));
        for refused in [
            &[("sec-fetch-site", "cross-site"), ("origin", "http://desk"), ("host", "desk")][..],
            &[("sec-fetch-site", "same-site")],
            &[("sec-fetch-site", "none")],
            &[("origin", "http://elsewhere"), ("host", "desk")],
            &[("origin", "http://desk:81"), ("host", "desk")],
            &[("origin", "null"), ("host", "desk")],
            &[("host", "desk")],
            &[],
        ] {
            assert!(!accepts(refused), "{refused:?}");
        }
    }
}
