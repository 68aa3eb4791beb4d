//! The API described, as `OpenAPI` 3.1: made of the route table and of the types that its operations take and give.

use schemars::{Schema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use crate::http::{
    cookie::PLAY,
    idempotency::MAX_KEY_BYTES,
    operation::{Gives, Operation, Shapes, Shown, Takes},
    problem::ProblemBody,
    table::operations,
};

/// What [`Seen`](crate::http::version::Seen) reads.
const ENTITY_TAG: &str = r#"^(\*|(W/)?"[!#-~]*")$"#;
/// What [`Repeatable`](crate::http::idempotency::Repeatable) takes for a key.
const KEY: &str = "^[!-~]([ -~]*[!-~])?$";

/// The document. `docs/protocol/openapi.json` is this, and a test keeps it so.
pub fn openapi() -> Value {
    let settings = SchemaSettings::draft2020_12();
    let mut types = settings.with(|it| it.definitions_path = "/components/schemas".into()).into_generator();
    let problem = types.subschema_for::<ProblemBody>();
    let mut paths = Map::new();
    for operation in operations() {
        let method = operation.method.as_str().to_lowercase();
        let path = paths.entry(operation.path).or_insert_with(|| json!({}));
        if let Value::Object(path) = path {
            path.insert(method, describe(&operation, &mut types));
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Bedside",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Visits over HTTP. What happens live is told on the socket: see the event document.",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "paths": paths,
        "components": {
            "schemas": types.take_definitions(true),
            "securitySchemes": {
                "token": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT" },
                "play": { "type": "apiKey", "in": "cookie", "name": PLAY, "description": "Given by `playRecording`, for one recording" },
            },
            "responses": {
                "problem": {
                    "description": "Refused; `code` says why.",
                    "content": { "application/problem+json": { "schema": problem } },
                },
            },
        },
    })
}

fn describe(operation: &Operation, types: &mut SchemaGenerator) -> Value {
    let Shapes { query, body, body_needed, answer } = (operation.shapes)(types);
    let mut described = json!({
        "operationId": operation.id,
        "summary": operation.summary,
        "parameters": parameters(operation, &query),
        "responses": {
            operation.status.as_str(): answered(operation, answer),
            "default": { "$ref": "#/components/responses/problem" },
        },
    });
    let responses = described.get_mut("responses").and_then(Value::as_object_mut);
    if let Some(responses) = responses.filter(|_| operation.gives == Gives::File) {
        responses.insert("206".into(), answered(operation, None));
        responses.insert("304".into(), json!({ "description": "It is the one that was named" }));
    }
    let mut add = |key: &str, value: Value| {
        if let Value::Object(described) = &mut described {
            described.insert(key.to_owned(), value);
        }
    };
    if let Some(body) = body {
        let content = json!({ "application/json": { "schema": body } });
        add("requestBody", json!({ "required": body_needed, "content": content }));
    }
    if operation.takes == Takes::File {
        let file = json!({ "type": "string", "contentMediaType": "application/octet-stream" });
        let form = json!({ "type": "object", "required": ["file"], "properties": { "file": file } });
        add(
            "requestBody",
            json!({ "required": true, "content": { "multipart/form-data": { "schema": form } } }),
        );
    }
    match operation.shown {
        Shown::Nothing => {}
        Shown::Token => add("security", json!([{ "token": [] }])),
        Shown::TokenOrCookie => add("security", json!([{ "token": [] }, { "play": [] }])),
    }
    described
}

fn answered(operation: &Operation, answer: Option<Schema>) -> Value {
    let reason = operation.status.canonical_reason().unwrap_or("Done");
    if operation.gives == Gives::File {
        return json!({ "description": "The file", "content": { "*/*": { "schema": { "type": "string", "format": "binary" } } } });
    }
    match answer {
        Some(schema) => {
            json!({ "description": reason, "content": { "application/json": { "schema": schema } } })
        }
        None => json!({ "description": reason }),
    }
}

/// What stands in the path, the query and the headers.
fn parameters(operation: &Operation, query: &Schema) -> Vec<Value> {
    let text = json!({ "type": "string" });
    let in_path = operation.path.split('{').skip(1).filter_map(|rest| rest.split('}').next());
    let mut parameters: Vec<Value> =
        in_path.map(|name| json!({ "name": name, "in": "path", "required": true, "schema": text })).collect();
    let in_query = query.get("properties").and_then(Value::as_object);
    for (name, schema) in in_query.into_iter().flatten() {
        let mut schema = schema.clone();
        let description = schema.as_object_mut().and_then(|schema| schema.remove("description"));
        parameters.push(json!({ "name": name, "in": "query", "description": description, "schema": schema }));
    }
    let mut header = |name: &str, description: &str, schema: Value| {
        parameters
            .push(json!({ "name": name, "in": "header", "description": description, "schema": schema }));
    };
    if operation.versioned {
        let tag = json!({ "type": "string", "minLength": 1, "pattern": ENTITY_TAG });
        header("If-Match", "The `ETag` of what was seen; another version is refused with 412.", tag);
    }
    if operation.gives == Gives::File {
        header("Range", "One range of bytes; several are answered with the whole file.", text.clone());
        header("If-Range", "The `ETag` of what the range shall belong to.", text.clone());
    }
    if operation.method == actix_web::http::Method::POST && operation.repeatable {
        let key = json!({ "type": "string", "minLength": 1, "maxLength": MAX_KEY_BYTES, "pattern": KEY });
        header("Idempotency-Key", "The same for every retry of this request: it is done once.", key);
    }
    parameters
}
