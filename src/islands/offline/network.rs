//! What a tablet asks of the server, and whether the server is there at all.

use js_sys::Promise;
use leptos::prelude::window;
use wasm_bindgen::JsValue;
use web_sys::XmlHttpRequest;

use super::super::json;
use super::super::language::say;
use super::kept::{Deed, Refused};
use crate::journey::wording::fill;

/// How long the server may take to say that it is there.
const PATIENCE: u32 = 2_500;
/// How long it may take to answer anything else.
const LONGEST: u32 = 20_000;

/// What became of a step that was sent.
pub enum Sent {
    /// It is logged.
    Logged,
    /// The server refuses it.
    Refused(Box<Refused>),
    /// Whoever did it is not signed in.
    SignedOut,
    /// The server cannot be reached, or cannot answer now.
    Away,
}

/// Whether the server is there, and its database.
pub async fn is_reachable() -> bool {
    window().navigator().on_line() && ask("GET", "/readyz", None, PATIENCE).await.0 == 200
}

/// The text at an address.
pub async fn text(address: &str) -> Option<String> {
    let (status, text) = ask("GET", address, None, LONGEST).await;
    (status == 200).then_some(text)
}

/// The worklist as it is now, as it is written.
pub async fn worklist() -> Option<String> {
    text("/lab/worklist").await
}

/// Sends a step.
pub async fn send(deed: &Deed) -> Sent {
    let body = json::written(&deed.to_json());
    let (status, text) = ask("POST", "/lab/steps", Some(&body), LONGEST).await;
    match status {
        200 | 201 => Sent::Logged,
        401 | 403 => Sent::SignedOut,
        0 | 408 | 429 | 500.. => Sent::Away,
        _ => {
            let said = json::read(&text).and_then(|said| Refused::from_json(&said));
            let sentence =
                || fill(&say("The server does not take this step ({status})."), &[("status", &status.to_string())]);
            Sent::Refused(Box::new(said.unwrap_or_else(|| Refused { sentence: sentence(), visit: None })))
        }
    }
}

/// What became of signing out.
pub enum Left {
    /// Nobody is signed in.
    Out,
    /// Somebody signed in since, the same person perhaps, and stays.
    Another,
    /// The server cannot be reached, or cannot answer now.
    Away,
}

/// Signs out of the session that began then.
pub async fn sign_out(began: &str) -> Left {
    let address = if began.is_empty() { "/logout".to_owned() } else { ["/logout?began=", began].concat() };
    match ask("POST", &address, None, LONGEST).await.0 {
        409 => Left::Another,
        1..500 => Left::Out,
        _ => Left::Away,
    }
}

/// Asks, and gives the status and the text of the answer; the status is 0 when there is none.
async fn ask(method: &str, address: &str, body: Option<&str>, patience: u32) -> (u16, String) {
    let answer = async {
        let request = XmlHttpRequest::new()?;
        request.open(method, address)?;
        request.set_timeout(patience);
        request.set_request_header("accept", "application/json")?;
        // What a page does by itself does not keep a session from running out.
        request.set_request_header("x-refresh", "tablet")?;
        if body.is_some() {
            request.set_request_header("content-type", "application/json")?;
        }
        let ended = Promise::new(&mut |resolve, _| request.set_onloadend(Some(&resolve)));
        request.send_with_opt_str(body)?;
        js_sys::futures::JsFuture::from(ended).await?;
        Ok::<_, JsValue>((request.status()?, request.response_text()?.unwrap_or_default()))
    };
    answer.await.unwrap_or_default()
}
