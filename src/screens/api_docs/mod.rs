//! The REST API, for who writes programs against it: made from its OpenAPI document.
//!
//! | file | holds |
//! |---|---|
//! | `call` | one call: what it takes and what it answers |
//! | `command` | the same call as a line for a terminal |
//! | `schema` | the schemas that have a name |
//! | `shape` | what a schema lets through, in plain words |
//!
//! What the document says stays in English, the API's language, and so do the shapes of its values.

mod call;
mod command;
mod schema;
mod shape;

use leptos::prelude::*;
use serde_json::Value;
use tr::tr;

use self::call::Call;
use super::icon::{Icon, icon};

/// Shows what an OpenAPI document says; `file` is where programs read it.
pub fn api_docs(document: &'static Value, file: String) -> impl IntoView {
    let tags = tags(document);
    let links = tags.iter().map(|&(tag, _)| {
        let address = format!("#{}", anchor("tag", tag));
        view! { <li><a href=address lang="en">{tag}</a></li> }
    });
    let links = links.collect_view();
    let sections = tags.iter().map(|&(tag, ref calls)| section(document, tag, calls)).collect_view();
    view! {
        <main class="page stack stack-loose api" id="main">
            {head(document, file)} {signing_in(document)}
            <nav class="tabs" aria-label=tr!("Parts of the API")>
                <ul>{links} <li><a href="#schemas">{tr!("Schemas")}</a></li></ul>
            </nav>
            {sections} {schema::all(document)}
        </main>
    }
}

fn head(document: &'static Value, file: String) -> AnyView {
    let info = &document["info"];
    let lead = format!("{} {} · {}", text(info, "title"), text(info, "version"), text(info, "description"));
    view! {
        <div class="page-head">
            <div>
                <h1>{tr!("REST API")}</h1>
                <p class="page-lead" lang="en">{lead}</p>
            </div>
            <a class="button" href=file>{icon(Icon::Download)} {tr!("OpenAPI file")}</a>
        </div>
    }
    .into_any()
}

/// Says how a program shows who it acts for.
fn signing_in(document: &'static Value) -> AnyView {
    let schemes = members(&document["components"], "securitySchemes").filter_map(|(_, scheme)| {
        let header = credentials(scheme)?;
        let description = text(scheme, "description");
        Some(view! {
            <pre class="command" lang="en"><code>{header}</code></pre>
            {(!description.is_empty()).then(|| view! { <p lang="en">{description}</p> })}
        })
    });
    view! {
        <section class="card" aria-labelledby="signing-in">
            <h2 id="signing-in">{tr!("How a program signs in")}</h2>
            <p>
                {tr!("A program calls the API with a token that acts for one person.")} " "
                {tr!("It sends the token with every call, in this header:")}
            </p>
            {schemes.collect_view()}
            <p>{tr!("In the commands on this page SOJOURN stands for the address of this server, and TOKEN for the token.")}</p>
        </section>
    }
    .into_any()
}

/// The header that a way of signing in asks for; none for one that asks for something else.
fn credentials(scheme: &'static Value) -> Option<String> {
    let format = scheme["bearerFormat"].as_str().unwrap_or("…");
    match (text(scheme, "type"), text(scheme, "scheme")) {
        ("http", "bearer") => Some(format!("Authorization: Bearer {format}")),
        ("http", "basic") => Some("Authorization: Basic …".to_owned()),
        ("apiKey", _) if text(scheme, "in") == "header" => Some(format!("{}: …", text(scheme, "name"))),
        _ => None,
    }
}

/// The calls by their tags, both in the order of the document.
fn tags(document: &'static Value) -> Vec<(&'static str, Vec<Call>)> {
    let mut tags: Vec<(&'static str, Vec<Call>)> = Vec::new();
    for call in Call::all(document) {
        match tags.iter_mut().find(|(tag, _)| *tag == call.tag()) {
            Some((_, calls)) => calls.push(call),
            None => tags.push((call.tag(), vec![call])),
        }
    }
    tags
}

fn section(document: &'static Value, tag: &'static str, calls: &[Call]) -> AnyView {
    let id = anchor("tag", tag);
    let heading = id.clone();
    let described = list(document, "tags").iter().find(|described| text(described, "name") == tag);
    let description = described.map(|described| text(described, "description")).filter(|words| !words.is_empty());
    view! {
        <section class="stack" aria-labelledby=heading>
            <h2 id=id lang="en">{tag}</h2>
            {description.map(|words| view! { <p lang="en">{words}</p> })}
            <ul class="stack stack-tight">{calls.iter().map(|call| view! { <li>{call.show()}</li> }).collect_view()}</ul>
        </section>
    }
    .into_any()
}

/// A table under its caption; `of` tells it from its like to whoever does not see where it stands.
fn table(id: String, caption: String, of: String, columns: Vec<String>, rows: Vec<AnyView>) -> AnyView {
    let heading = id.clone();
    let columns = columns.into_iter().map(|words| view! { <th scope="col">{words}</th> }).collect_view();
    view! {
        <div class="table-wrap" role="group" aria-labelledby=heading tabindex="0">
            <table class="table">
                <caption id=id>{caption} " " <span class="visually-hidden" lang="en">{of}</span></caption>
                <thead><tr>{columns}</tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

/// Where something of the document is on the page.
fn anchor(kind: &str, name: &str) -> String {
    let name = name.replace(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_', "-");
    format!("{kind}-{name}")
}

/// Says whether something must be there.
fn yes_or_no(yes: bool) -> String {
    if yes { tr!("yes") } else { tr!("no") }
}

/// A text of the document; empty where there is none.
fn text(value: &'static Value, name: &str) -> &'static str {
    value[name].as_str().unwrap_or_default()
}

/// A list of the document; empty where there is none.
fn list(value: &'static Value, name: &str) -> &'static [Value] {
    value[name].as_array().map(Vec::as_slice).unwrap_or_default()
}

/// The members of an object of the document; none where there is no such object.
fn members(value: &'static Value, name: &str) -> impl Iterator<Item = (&'static str, &'static Value)> {
    value[name].as_object().into_iter().flatten().map(|(name, value)| (name.as_str(), value))
}
