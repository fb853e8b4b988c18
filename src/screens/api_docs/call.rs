//! One call: what it takes and what it answers.

use leptos::prelude::*;
use serde_json::Value;
use tr::tr;

use super::shape::shape;
use super::{anchor, command, list, members, table, text, yes_or_no};

/// The methods of a path, in the order they are shown.
const METHODS: [&str; 8] = ["get", "post", "put", "patch", "delete", "head", "options", "trace"];

/// One call of the API.
pub struct Call {
    /// How it is sent.
    pub method: String,
    /// Where to.
    pub path: String,
    /// What the document says of it.
    pub operation: &'static Value,
    /// Whether it is for everybody.
    pub is_open: bool,
}

impl Call {
    /// Every call of a document, path by path.
    pub fn all(document: &'static Value) -> Vec<Self> {
        let root = text(&document["servers"][0], "url").trim_end_matches('/');
        let mut calls = Vec::new();
        for (path, item) in members(document, "paths") {
            for method in METHODS {
                let Some(operation) = item.get(method) else { continue };
                let security = operation.get("security").or_else(|| document.get("security"));
                calls.push(Self {
                    method: method.to_uppercase(),
                    path: format!("{root}{path}"),
                    operation,
                    is_open: security.is_none_or(lets_everybody_in),
                });
            }
        }
        calls
    }

    /// The part of the API that it belongs to.
    pub fn tag(&self) -> &'static str {
        self.operation["tags"][0].as_str().unwrap_or("Other")
    }

    /// What it takes beside a body.
    pub fn parameters(&self) -> &'static [Value] {
        list(self.operation, "parameters")
    }

    /// How it is called in one line.
    fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// Shows it, folded to its first line.
    pub fn show(&self) -> AnyView {
        let operation = self.operation;
        let description = text(operation, "description");
        let who = if self.is_open { tr!("Needs no token.") } else { tr!("Needs a token.") };
        view! {
            <details class="card fold call">
                <summary>
                    <h3 class="row" id=anchor("call", &self.name()) lang="en">
                        <span class="tag">{self.method.clone()}</span>
                        <code>{self.path.clone()}</code>
                        <span class="call-summary">{text(operation, "summary")}</span>
                    </h3>
                </summary>
                <div class="fold-body stack">
                    {(!description.is_empty()).then(|| view! { <p lang="en">{description}</p> })}
                    <p class="secondary">{who}</p>
                    {self.taken()} {body(&operation["requestBody"])} {self.answered()}
                    <div class="stack stack-tight">
                        <h4>{tr!("As a command")}</h4>
                        <pre class="command" lang="en"><code>{command::line(self)}</code></pre>
                    </div>
                </div>
            </details>
        }
        .into_any()
    }

    fn taken(&self) -> AnyView {
        if self.parameters().is_empty() {
            return ().into_any();
        }
        let columns = vec![tr!("Name"), tr!("Sent in"), tr!("Type"), tr!("Required"), tr!("Description")];
        let rows = self.parameters().iter().map(|parameter| {
            view! {
                <tr>
                    <th scope="row" lang="en"><code class="nowrap">{text(parameter, "name")}</code></th>
                    <td lang="en">{text(parameter, "in")}</td>
                    <td>{shape(&parameter["schema"])}</td>
                    <td>{yes_or_no(parameter["required"] == true)}</td>
                    <td lang="en">{text(parameter, "description")}</td>
                </tr>
            }
            .into_any()
        });
        let name = self.name();
        table(anchor("parameters", &name), tr!("Parameters"), name, columns, rows.collect())
    }

    fn answered(&self) -> AnyView {
        let columns = vec![tr!("Status"), tr!("Description"), tr!("Content")];
        let rows = members(self.operation, "responses").map(|(status, answer)| {
            let headers = members(answer, "headers").map(|(name, header)| {
                view! { <span class="sub"><code>{name}</code> ": " {text(header, "description")}</span> }
            });
            view! {
                <tr>
                    <th scope="row" lang="en">{status}</th>
                    <td lang="en">{text(answer, "description")} {headers.collect_view()}</td>
                    <td>{contents(answer)}</td>
                </tr>
            }
            .into_any()
        });
        let name = self.name();
        table(anchor("answers", &name), tr!("Answers"), name, columns, rows.collect())
    }
}

/// Whether one of the ways to sign in is to have none.
fn lets_everybody_in(security: &Value) -> bool {
    let ways = security.as_array().map(Vec::as_slice).unwrap_or_default();
    ways.is_empty() || ways.iter().any(|way| way.as_object().is_some_and(serde_json::Map::is_empty))
}

fn body(request: &'static Value) -> AnyView {
    if request.is_null() {
        return ().into_any();
    }
    let description = text(request, "description");
    view! {
        <div class="stack stack-tight">
            <h4>{tr!("Request body")}</h4>
            {(!description.is_empty()).then(|| view! { <p lang="en">{description}</p> })}
            {(request["required"] != true).then(|| view! { <p class="secondary">{tr!("It may be left out.")}</p> })}
            {contents(request)}
        </div>
    }
    .into_any()
}

/// What is sent: each kind of media with its shape.
fn contents(sent: &'static Value) -> AnyView {
    let kinds = members(sent, "content").map(|(kind, content)| {
        view! { <div><span class="secondary small" lang="en">{kind}</span> {shape(&content["schema"])}</div> }
    });
    kinds.collect_view().into_any()
}
