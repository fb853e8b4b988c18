//! `/api/docs`: the API's description as a page, with everything it needs served by us.

use axum::Router;
use axum::http::HeaderValue;
use axum::http::header::CONTENT_SECURITY_POLICY;
use tower_http::set_header::SetResponseHeaderLayer;
use utoipa_swagger_ui::{Config, SwaggerUi};

use super::{AppState, api};

/// Where the page is.
const PATH: &str = "/api/docs";

/// The page's script and style sheet are files of ours; it puts styles on what it draws, and some of its images are in them.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

/// The page and its files.
pub fn router() -> Router<AppState> {
    let config = Config::from(format!("{}/openapi.json", api::ROOT))
        .try_it_out_enabled(true)
        .persist_authorization(false)
        .validator_url("none");
    Router::from(SwaggerUi::new(PATH).config(config))
        .layer(SetResponseHeaderLayer::overriding(CONTENT_SECURITY_POLICY, POLICY))
}
