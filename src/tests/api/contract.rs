//! Every answer of every story is held against the API's own description.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Method, Request};
use jsonschema::Validator;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::Answer;

static DOCUMENT: OnceLock<Value> = OnceLock::new();

/// The description, as the server serves it.
pub async fn document(router: &Router) -> &'static Value {
    if let Some(document) = DOCUMENT.get() {
        return document;
    }
    let request = Request::get("/api/v1/openapi.json").body(Body::empty()).expect("a request");
    let response = router.clone().oneshot(request).await.expect("an answer");
    let body = to_bytes(response.into_body(), usize::MAX).await.expect("a body");
    DOCUMENT.get_or_init(|| serde_json::from_slice(&body).expect("JSON"))
}

/// The template of a path and its operation, if the description has it; a template with fewer parameters comes first.
pub fn operation<'a>(document: &'a Value, method: &Method, path: &str) -> Option<(&'a str, &'a Value)> {
    let path = path.strip_prefix("/api/v1")?;
    let fits = |template: &str| {
        let (mut named, mut parts) = (template.split('/'), path.split('/'));
        loop {
            match (named.next(), parts.next()) {
                (None, None) => return true,
                (Some(name), Some(part)) if name == part || name.starts_with('{') && !part.is_empty() => {}
                _ => return false,
            }
        }
    };
    let paths = document["paths"].as_object().expect("paths");
    let template =
        paths.keys().filter(|template| fits(template)).min_by_key(|template| template.matches('{').count())?;
    let operation = paths[template].get(method.as_str().to_lowercase())?;
    Some((template, operation))
}

/// Fails when an answer is not as described.
pub async fn hold(router: &Router, method: &Method, path: &str, answer: &Answer) {
    let document = document(router).await;
    let Some((template, operation)) = operation(document, method, path) else { return };
    let status = answer.status.as_str();
    let Some(described) = operation["responses"].get(status) else {
        panic!("{method} {template} answers {status}, which is not described: {}", answer.text)
    };
    let Some(contents) = described["content"].as_object() else {
        assert_eq!(answer.text, "", "{method} {template} {status} is described without content");
        return;
    };
    let kind = answer.headers["content-type"].to_str().expect("a media type").split(';').next().unwrap_or_default();
    let Some(content) = contents.get(kind) else { panic!("{method} {template} {status} is {kind}, not {contents:?}") };
    if kind.ends_with("json") {
        let validator = validator(document, format!("{method} {template} {status}"), &content["schema"]);
        let problems: Vec<_> = validator.iter_errors(&answer.json).map(|error| format!("{error}")).collect();
        assert!(problems.is_empty(), "{method} {template} {status}: {problems:?}\n{}", answer.text);
    }
}

fn validator(document: &Value, key: String, schema: &Value) -> Arc<Validator> {
    static VALIDATORS: OnceLock<Mutex<HashMap<String, Arc<Validator>>>> = OnceLock::new();
    let mut validators = VALIDATORS.get_or_init(Mutex::default).lock().expect("the validators");
    let make = || {
        let schema = json!({ "allOf": [schema], "components": document["components"] });
        Arc::new(jsonschema::validator_for(&schema).expect("a schema"))
    };
    validators.entry(key).or_insert_with(make).clone()
}
