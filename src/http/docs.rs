//! `/api/docs`: the API's description as a page, for everybody.

use axum::Router;
use axum::http::StatusCode;
use axum::response::{Redirect, Response};
use axum::routing::get;
use tr::tr;

use super::desk::{Desk, Failure};
use super::seen::Seen;
use super::sign_in::NotSignedIn;
use super::{AppState, Page, api};
use crate::screens::api_docs::api_docs;
use crate::screens::layout::outside;

/// Where the page is.
const PATH: &str = "/api/docs";

/// The page, and where it once was.
pub fn router() -> Router<AppState> {
    Router::new().route(PATH, get(show)).route("/api/docs/", get(|| async { Redirect::permanent(PATH) }))
}

/// Shows the description; whoever is signed in has their workplaces above it.
async fn show(desk: Result<Desk, NotSignedIn>, page: Page) -> Result<Response, Failure> {
    let body = || api_docs(&api::DOCUMENT, format!("{}/openapi.json", api::ROOT));
    match desk {
        Ok(desk) => desk.show(tr!("REST API"), Seen::Nothing, None, body).await,
        Err(_) => {
            let theme = page.theme();
            Ok(page.render(StatusCode::OK, tr!("REST API"), move || outside(theme, PATH, body())).await)
        }
    }
}
