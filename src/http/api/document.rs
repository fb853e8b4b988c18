//! The API's description, OpenAPI 3.1, put together from what stands beside each handler.

use std::sync::LazyLock;

use serde_json::Value;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::server::Server;
use utoipa::openapi::{ContentBuilder, OpenApi, Ref, RefOr, ResponseBuilder};
use utoipa::{Modify, OpenApi as _, PartialSchema as _, ToSchema as _};

use super::headers::on_behalf_of;
use super::problem::ProblemAnswer;
use super::visits::Duration;
use super::{Calls, ROOT};
use crate::schemas::Line;

/// The description as it is served.
pub static TEXT: LazyLock<String> = LazyLock::new(|| Calls::openapi().to_json().unwrap_or_default());

/// The same to be read by parts.
pub static DOCUMENT: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(&TEXT).unwrap_or_default());

/// The name of the one way to say who calls.
const TOKEN: &str = "token";

/// What every call may answer with.
const ALWAYS: [(&str, &str); 4] = [
    ("400", "A header, a parameter or a field is missing or not right."),
    ("429", "The token is used faster than it may be; Retry-After says when to call again."),
    ("500", "Something went wrong on our side."),
    ("503", "The database does not answer; Retry-After says when to call again."),
];
/// What a call with a token may answer with.
const WITH_TOKEN: [(&str, &str); 2] =
    [("401", "There is no valid token."), ("403", "The caller may not act for whom the header On-Behalf-Of names.")];
/// What a call with a body may answer with.
const WITH_BODY: [(&str, &str); 3] = [
    ("413", "More was sent than can be taken at once."),
    ("415", "What was sent is not said to be JSON in UTF-8."),
    ("507", "There is no room left to write to."),
];

/// Adds what all calls have in common: where they are, who may call, and how they fail.
pub struct Common;

impl Modify for Common {
    fn modify(&self, document: &mut OpenApi) {
        document.servers = Some(vec![Server::new(ROOT)]);
        let components = document.components.get_or_insert_default();
        components.schemas.insert(ProblemAnswer::name().into_owned(), ProblemAnswer::schema());
        components.schemas.insert(Line::name().into_owned(), Line::schema());
        components.schemas.insert(Duration::name().into_owned(), Duration::schema());
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("sjn_…").build();
        components.security_schemes.insert(TOKEN.to_owned(), RefOr::T(SecurityScheme::Http(scheme)));
        for (path, item) in &mut document.paths.paths {
            for (method, operation) in of(item) {
                let Some(operation) = operation else { continue };
                operation.operation_id =
                    Some(format!("{method}{}", path.replace(['/', '.'], "_").replace(['{', '}'], "")));
                complete(operation);
            }
        }
    }
}

/// The operations of a path.
fn of(item: &mut PathItem) -> [(&'static str, &mut Option<Operation>); 4] {
    [("get", &mut item.get), ("post", &mut item.post), ("patch", &mut item.patch), ("delete", &mut item.delete)]
}

fn complete(operation: &mut Operation) {
    let is_open = operation.security.is_some();
    let answers = ALWAYS.into_iter().chain(WITH_TOKEN.into_iter().filter(|_| !is_open));
    let answers = answers.chain(WITH_BODY.into_iter().filter(|_| operation.request_body.is_some()));
    for (status, description) in answers {
        let answer = ResponseBuilder::new().description(description).build();
        operation.responses.responses.entry(status.to_owned()).or_insert(RefOr::T(answer));
    }
    for (status, answer) in &mut operation.responses.responses {
        let RefOr::T(answer) = answer else { continue };
        if answer.description.is_empty() {
            answer.description = "What was asked for.".to_owned();
        }
        if status.as_str() >= "400" && answer.content.is_empty() {
            let problem = Ref::from_schema_name(ProblemAnswer::name());
            let content = ContentBuilder::new().schema(Some(problem)).build();
            answer.content.insert("application/problem+json".to_owned(), content.into());
        }
    }
    if !is_open {
        operation.parameters.get_or_insert_default().push(RefOr::T(on_behalf_of()));
        operation.security = Some(vec![utoipa::openapi::security::SecurityRequirement::new(TOKEN, [""; 0])]);
    }
}
