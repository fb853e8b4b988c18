//! Signing in and out, the first page, and the theme.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::Form;
use axum::extract::{ConnectInfo, Query, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use tower_sessions::Session;
use tr::tr;

use crate::hospital::demo;
use crate::http::desk::Desk;
use crate::http::page::{choose, cookie};
use crate::http::screens::offline::CLEAR;
use crate::http::sign_in::{NotSignedIn, Onlooker, SignInError, safe_next};
use crate::http::{AppState, Page};
use crate::journey::ids::Id;
use crate::screens::layout::own_workplace;
use crate::screens::login::{DemoPeople, Login, login};
use crate::screens::shell::Theme;

/// What the address of the sign-in page may say.
#[derive(Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    next: String,
    #[serde(default)]
    name: String,
}

/// What is typed to sign in.
#[derive(Deserialize)]
pub struct Typed {
    #[serde(default)]
    name: String,
    #[serde(default)]
    passphrase: String,
    #[serde(default)]
    next: String,
}

/// Which session is to end.
#[derive(Deserialize)]
pub struct Leaving {
    /// When it began, in milliseconds since 1970; without it, whichever there is.
    began: Option<i64>,
}

/// The sign-in page.
pub async fn show(State(app): State<AppState>, Query(asked): Query<Asked>, page: Page) -> Response {
    render(&app, page, asked.name, asked.next, None).await
}

/// Signs somebody in and sends them on.
pub async fn act(
    State(app): State<AppState>,
    session: Session,
    parts: Parts,
    page: Page,
    Form(typed): Form<Typed>,
) -> Response {
    let address = parts
        .extensions
        .get::<ConnectInfo<SocketAddr>>()
        .map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |ConnectInfo(address)| address.ip());
    match app.doorkeeper.sign_in(&session, &typed.name, &typed.passphrase, address).await {
        Ok(person) => Redirect::to(safe_next(&typed.next).unwrap_or(own_workplace(&person))).into_response(),
        Err(error) => render(&app, page, typed.name, typed.next, Some(error)).await,
    }
}

async fn render(app: &AppState, page: Page, name: String, next: String, error: Option<SignInError>) -> Response {
    let people =
        demo::PEOPLE[..demo::SHOWN].iter().map(|person| (person.sign_in_name, person.name, person.role.label()));
    let demo = app.demo.then(|| DemoPeople { people: people.collect(), passphrase: demo::PASSPHRASE });
    let status = error.as_ref().map_or(StatusCode::OK, SignInError::status);
    let retry_after = error.as_ref().and_then(SignInError::retry_after);
    if let Some(SignInError::Away(error)) = &error {
        tracing::error!(%error, "signing in failed");
    }
    let title = if error.is_some() { tr!("Error: {title}", title = tr!("Sign in")) } else { tr!("Sign in") };
    let data = Login { name, next, problem: error.map(|error| error.to_string()), demo };
    let mut response = page.render(status, title, move || login(data)).await;
    if let Some(seconds) = retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// Signs whoever is signed in out. Their browser is cleared, unless what others did on it still waits to be sent.
///
/// Who left without network is signed out late: by then they may have signed in again, and stay.
pub async fn leave(
    State(app): State<AppState>,
    Query(leaving): Query<Leaving>,
    who: Result<Onlooker, NotSignedIn>,
    headers: HeaderMap,
    session: Session,
) -> Response {
    let who = who.ok().map(|Onlooker(who)| who);
    if let (Some(meant), Some(who)) = (leaving.began, &who)
        && who.began.timestamp_millis() != meant
    {
        return StatusCode::CONFLICT.into_response();
    }
    let own = who.map(|who| who.person.id);
    let waits_for_others = cookie(&headers, "unsent-steps")
        .is_some_and(|waiting| waiting.split('.').any(|id| own.as_ref().is_none_or(|own| own.as_str() != id)));
    let clear = (!waits_for_others).then_some([CLEAR]);
    match app.doorkeeper.sign_out(&session).await {
        Ok(()) => (clear, Redirect::to("/login")).into_response(),
        Err(error) => NotSignedIn::Away(error.to_string()).into_response(),
    }
}

/// Sends everybody to their own workplace.
pub async fn home(desk: Desk) -> Redirect {
    Redirect::to(own_workplace(&desk.person))
}

/// What is chosen to see pages in.
#[derive(Deserialize)]
pub struct Chosen {
    theme: String,
    #[serde(default)]
    next: String,
}

/// Keeps the chosen theme in a cookie that says nothing else; any other word leaves it to the device.
pub async fn theme(State(app): State<AppState>, Form(chosen): Form<Chosen>) -> Response {
    let theme = Theme::from_word(&chosen.theme).map_or("device", Theme::word);
    choose("theme", theme, &chosen.next, &app)
}
