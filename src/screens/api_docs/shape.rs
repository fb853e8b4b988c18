//! What a schema lets through, in plain words. What has a name is linked, so that nothing is ever told inside itself.

use leptos::prelude::*;
use serde_json::Value;

use super::{anchor, list, members, text};

/// How many words of a choice stand in the line; more are folded.
const IN_LINE: usize = 6;
/// How long a pattern may be to stand in the line.
const PATTERN_IN_LINE: usize = 48;

/// Says what a schema lets through.
pub fn shape(schema: &'static Value) -> AnyView {
    view! { <div lang="en">{told(schema)} {limits(schema)} {pattern(schema)}</div> }.into_any()
}

/// Where the schema of a name is on the page.
pub fn anchor_of(name: &str) -> String {
    anchor("schema", name)
}

/// Whether an object must have a property.
pub fn is_required(schema: &'static Value, property: &str) -> bool {
    list(schema, "required").iter().any(|name| name.as_str() == Some(property))
}

/// A value as it is written; a text without its quotes.
pub fn word(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned)
}

fn told(schema: &'static Value) -> AnyView {
    if let Some(reference) = schema["$ref"].as_str() {
        let name = reference.rsplit('/').next().unwrap_or(reference);
        return view! { <a href=format!("#{}", anchor_of(name))>{name}</a> }.into_any();
    }
    for (parts, between) in [("oneOf", " or "), ("anyOf", " or "), ("allOf", " and ")] {
        let parts = list(schema, parts);
        if !parts.is_empty() {
            return joined(parts.iter().map(|part| (told_in_full(part), part["type"] == "null")), between);
        }
    }
    if let Some(value) = schema.get("const") {
        return view! { "always " <code>{word(value)}</code> }.into_any();
    }
    let words = list(schema, "enum");
    if !words.is_empty() {
        return choice(words);
    }
    match &schema["type"] {
        Value::String(kind) => of_kind(kind, schema),
        Value::Array(kinds) => {
            let kinds = kinds.iter().filter_map(Value::as_str);
            joined(kinds.map(|kind| (of_kind(kind, schema), kind == "null")), " or ")
        }
        _ if schema.get("properties").is_some() => object(schema),
        _ => "anything".into_any(),
    }
}

fn told_in_full(schema: &'static Value) -> AnyView {
    view! { {told(schema)} {limits(schema)} {pattern(schema)} }.into_any()
}

/// Several shapes, of which that which says that there is nothing comes last.
fn joined(shapes: impl Iterator<Item = (AnyView, bool)>, between: &'static str) -> AnyView {
    let (nothing, something): (Vec<_>, Vec<_>) = shapes.partition(|(_, is_nothing)| *is_nothing);
    let mut joined = Vec::new();
    for (shape, _) in something.into_iter().chain(nothing) {
        if !joined.is_empty() {
            joined.push(between.into_any());
        }
        joined.push(shape);
    }
    joined.into_any()
}

fn of_kind(kind: &'static str, schema: &'static Value) -> AnyView {
    match (kind, text(schema, "format")) {
        ("string", "") => "text".into_any(),
        ("string", "date-time") => "date and time".into_any(),
        ("string", "date") => "date".into_any(),
        ("string", format) => format!("text ({format})").into_any(),
        ("integer", _) => "whole number".into_any(),
        ("number", _) => "number".into_any(),
        ("boolean", _) => "true or false".into_any(),
        ("null", _) => "nothing".into_any(),
        ("array", _) if schema.get("items").is_none() => "list".into_any(),
        ("array", _) => vec!["list of ".into_any(), told_in_full(&schema["items"])].into_any(),
        ("object", _) => object(schema),
        _ => kind.into_any(),
    }
}

/// An object: a map where its members have no names of their own, otherwise folded.
fn object(schema: &'static Value) -> AnyView {
    let members: Vec<_> = members(schema, "properties").collect();
    let others = &schema["additionalProperties"];
    if members.is_empty() {
        return if others.is_object() {
            vec!["object, under each name ".into_any(), told_in_full(others)].into_any()
        } else {
            "object".into_any()
        };
    }
    let summary = format!("object of {}", counted(members.len(), "property", "properties"));
    let members = members.into_iter().map(|(name, of)| {
        let required = if is_required(schema, name) { ", required: " } else { ": " };
        view! { <li><code>{name}</code> {required} {told_in_full(of)} <span class="sub">{text(of, "description")}</span></li> }
    });
    folded(summary, view! { <ul>{members.collect_view()}</ul> }.into_any())
}

fn choice(words: &'static [Value]) -> AnyView {
    if let [only] = words {
        return view! { "always " <code>{word(only)}</code> }.into_any();
    }
    let listed = words.iter().map(|value| view! { <li><code>{word(value)}</code></li> }).collect_view();
    let listed = view! { <ul class="row">{listed}</ul> }.into_any();
    let summary = format!("one of {}", counted(words.len(), "word", "words"));
    if words.len() > IN_LINE { folded(summary, listed) } else { vec!["one of".into_any(), listed].into_any() }
}

fn counted(count: usize, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {many}") }
}

fn folded(summary: String, inside: AnyView) -> AnyView {
    view! {
        <details class="fold">
            <summary>{summary}</summary>
            {inside}
        </details>
    }
    .into_any()
}

fn pattern(schema: &'static Value) -> AnyView {
    let pattern = text(schema, "pattern");
    let code = view! { <code>{pattern}</code> };
    match pattern.len() {
        0 => ().into_any(),
        1..=PATTERN_IN_LINE => vec![" that matches ".into_any(), code.into_any()].into_any(),
        _ => folded("that matches a pattern".to_owned(), code.into_any()),
    }
}

/// What else holds of a value: how long, how many, how much.
fn limits(schema: &Value) -> String {
    let between = |least: &str, most: &str, of: &str| match (schema.get(least), schema.get(most)) {
        (None, None) => None,
        (Some(least), None) => Some(format!("at least {least}{of}")),
        (None, Some(most)) => Some(format!("at most {most}{of}")),
        (Some(least), Some(most)) => Some(format!("{least} to {most}{of}")),
    };
    let all = [
        between("minLength", "maxLength", " characters"),
        between("minItems", "maxItems", " entries"),
        between("minimum", "maximum", ""),
        schema.get("exclusiveMinimum").map(|bound| format!("more than {bound}")),
        schema.get("exclusiveMaximum").map(|bound| format!("less than {bound}")),
        schema.get("default").map(|value| format!("{} if left out", word(value))),
    ];
    all.into_iter().flatten().map(|limit| format!(", {limit}")).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn limits_are_told_in_words() {
        assert_eq!(limits(&json!({ "type": "string" })), "");
        assert_eq!(limits(&json!({ "maxLength": 100 })), ", at most 100 characters");
        assert_eq!(limits(&json!({ "minItems": 1, "maxItems": 9 })), ", 1 to 9 entries");
        assert_eq!(limits(&json!({ "minimum": 1, "maximum": 1000, "default": 100 })), ", 1 to 1000, 100 if left out");
        assert_eq!(limits(&json!({ "minimum": 0 })), ", at least 0");
        assert_eq!(limits(&json!({ "default": "x" })), ", x if left out");
    }
}
