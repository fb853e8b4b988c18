//! A call as a line for a terminal.

use serde_json::Value;

use super::call::Call;
use super::text;

/// The call as a command of curl; what stands in braces is to be filled in.
pub fn line(call: &Call) -> String {
    let required = |place: &'static str| {
        let wanted = move |parameter: &&Value| parameter["in"] == place && parameter["required"] == true;
        call.parameters().iter().filter(wanted).map(|parameter| text(parameter, "name"))
    };
    let query: Vec<_> = required("query").map(|name| format!("{name}={{{name}}}")).collect();
    let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
    let mut line = format!("curl --request {} \"$SOJOURN{}{query}\"", call.method, call.path);
    if !call.is_open {
        line.push_str(" --header \"Authorization: Bearer $TOKEN\"");
    }
    for name in required("header") {
        line.push_str(&format!(" --header \"{name}: {{{name}}}\""));
    }
    let kinds = call.operation["requestBody"]["content"].as_object();
    if let Some(kind) = kinds.and_then(|kinds| kinds.keys().next()) {
        line.push_str(&format!(" --header \"Content-Type: {kind}\" --data @body.json"));
    }
    line
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use serde_json::json;

    use super::*;

    static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
        json!({
            "servers": [{ "url": "/api/v1" }],
            "paths": {
                "/things": {
                    "get": {
                        "security": [{}],
                        "parameters": [
                            { "name": "from", "in": "query", "required": true },
                            { "name": "to", "in": "query" },
                        ],
                    },
                    "post": {
                        "security": [{ "token": [] }],
                        "requestBody": { "content": { "application/json": {} } },
                    },
                },
            },
        })
    });

    #[test]
    fn what_a_call_needs_is_in_its_command() {
        let lines: Vec<_> = Call::all(&DOCUMENT).iter().map(line).collect();
        assert_eq!(
            lines,
            [
                "curl --request GET \"$SOJOURN/api/v1/things?from={from}\"",
                "curl --request POST \"$SOJOURN/api/v1/things\" --header \"Authorization: Bearer $TOKEN\" \
                 --header \"Content-Type: application/json\" --data @body.json",
            ]
        );
    }
}
