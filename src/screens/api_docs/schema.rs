//! The schemas that have a name, each once.

use leptos::prelude::*;
use serde_json::Value;
use tr::tr;

use super::shape::{anchor_of, is_required, shape, word};
use super::{anchor, list, members, table, text, yes_or_no};

/// Shows every schema that has a name.
pub fn all(document: &'static Value) -> AnyView {
    let schemas = members(&document["components"], "schemas").map(|(name, schema)| one(name, schema));
    view! {
        <section class="stack" aria-labelledby="schemas">
            <h2 id="schemas">{tr!("Schemas")}</h2>
            {schemas.collect_view()}
        </section>
    }
    .into_any()
}

fn one(name: &'static str, schema: &'static Value) -> AnyView {
    let description = text(schema, "description");
    view! {
        <article class="card">
            <h3 id=anchor_of(name) lang="en">{name}</h3>
            {(!description.is_empty()).then(|| view! { <p lang="en">{description}</p> })}
            {made_of(name, schema)}
        </article>
    }
    .into_any()
}

/// What a schema is made of; `name` tells its parts from those of others.
fn made_of(name: &str, schema: &'static Value) -> AnyView {
    let words = list(schema, "enum");
    let either: Vec<_> = list(schema, "oneOf").iter().chain(list(schema, "anyOf")).collect();
    let together = list(schema, "allOf");
    let mut parts = Vec::new();
    if !words.is_empty() {
        let words = words.iter().map(|value| view! { <li><code>{word(value)}</code></li> }).collect_view();
        parts.push(view! { <p>{tr!("One of these words:")}</p> <ul class="row" lang="en">{words}</ul> }.into_any());
    }
    if !either.is_empty() {
        let either = either.into_iter().map(|part| view! { <li>{shape(part)}</li> }).collect_view();
        parts.push(view! { <p>{tr!("One of these:")}</p> <ul>{either}</ul> }.into_any());
    }
    if !together.is_empty() {
        parts.push(view! { <p>{tr!("All of these together:")}</p> }.into_any());
        let numbered = together.iter().zip(1..);
        parts.extend(numbered.map(|(part, number): (_, u32)| made_of(&format!("{name} {number}"), part)));
    }
    if members(schema, "properties").next().is_some() {
        parts.push(properties(name, schema));
    }
    if parts.is_empty() {
        parts.push(shape(schema));
    }
    parts.into_any()
}

fn properties(name: &str, schema: &'static Value) -> AnyView {
    let columns = vec![tr!("Name"), tr!("Type"), tr!("Required"), tr!("Description")];
    let rows = members(schema, "properties").map(|(property, of)| {
        view! {
            <tr>
                <th scope="row" lang="en"><code class="nowrap">{property}</code></th>
                <td>{shape(of)}</td>
                <td>{yes_or_no(is_required(schema, property))}</td>
                <td lang="en">{text(of, "description")}</td>
            </tr>
        }
        .into_any()
    });
    table(anchor("properties", name), tr!("Properties"), name.to_owned(), columns, rows.collect())
}
