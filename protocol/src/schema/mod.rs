//! The protocol as AsyncAPI 3 and JSON Schema, built from the types.

mod markdown;

use schemars::{Schema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use crate::{ClientEvent, Refusal, ServerEvent};

pub use markdown::markdown;

/// One event, for the document.
#[derive(Debug)]
pub struct Row {
    /// Its name on the wire.
    pub name: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// The type of its data.
    pub payload: Schema,
    /// The type of its answer, where it is answered.
    pub answer: Option<Schema>,
}

/// An enum of events that can list itself.
pub trait Catalogue {
    /// All its events, in the order of the table.
    fn rows(types: &mut SchemaGenerator) -> Vec<Row>;
}

fn generator() -> SchemaGenerator {
    SchemaSettings::draft07()
        .with(|settings| settings.definitions_path = "/components/schemas".into())
        .into_generator()
}

/// The AsyncAPI 3.0 document. `docs/protocol/asyncapi.json` is this, and a test keeps it so.
pub fn asyncapi() -> Value {
    let mut types = generator();
    let mut messages = Map::new();
    let mut operations = Map::new();
    let client = ClientEvent::rows(&mut types);
    let server = ServerEvent::rows(&mut types);
    let refusal = types.subschema_for::<Refusal>();
    for row in client {
        let key = format!("client.{}", row.name);
        let answer_key = format!("answer.{}", row.name);
        let (payload, answer) = (row.payload, row.answer);
        messages.insert(key.clone(), json!({ "name": row.name, "summary": row.summary, "payload": payload }));
        messages.insert(
            answer_key.clone(),
            json!({
                "name": format!("answer to {}", row.name),
                "summary": "The answer, or `{ error }`.",
                "payload": { "anyOf": [
                    answer,
                    { "type": "object", "properties": { "error": refusal }, "required": ["error"] },
                ] },
            }),
        );
        operations.insert(
            key.clone(),
            json!({
                "action": "receive",
                "summary": row.summary,
                "channel": { "$ref": "#/channels/socket" },
                "messages": [reference(&key)],
                "reply": { "channel": { "$ref": "#/channels/socket" }, "messages": [reference(&answer_key)] },
            }),
        );
    }
    for row in server {
        let key = format!("server.{}", row.name);
        messages
            .insert(key.clone(), json!({ "name": row.name, "summary": row.summary, "payload": row.payload }));
        operations.insert(
            key.clone(),
            json!({
                "action": "send",
                "summary": row.summary,
                "channel": { "$ref": "#/channels/socket" },
                "messages": [reference(&key)],
            }),
        );
    }
    json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "Bedside events",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Events on the one connection of a Bedside client: Socket.IO v5 at /socket.io/ or plain WebSocket at /ws.",
        },
        "defaultContentType": "application/json",
        "channels": { "socket": { "address": "/", "messages": messages } },
        "operations": operations,
        "components": { "schemas": types.take_definitions(true) },
    })
}

fn reference(key: &str) -> Value {
    json!({ "$ref": format!("#/channels/socket/messages/{key}") })
}

/// All types in one JSON Schema (draft 7), with the event names that use them under `x-client-events`
/// and `x-server-events`. `docs/protocol/schema.json` is this.
pub fn json_schema() -> Value {
    let mut types = SchemaGenerator::new(SchemaSettings::draft07());
    let table = |rows: Vec<Row>| {
        let entry = |row: Row| {
            (
                row.name.to_owned(),
                json!({ "summary": row.summary, "data": row.payload, "answer": row.answer }),
            )
        };
        rows.into_iter().map(entry).collect::<Map<_, _>>()
    };
    let client = table(ClientEvent::rows(&mut types));
    let server = table(ServerEvent::rows(&mut types));
    let refusal = types.subschema_for::<Refusal>();
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Bedside events",
        "x-client-events": client,
        "x-server-events": server,
        "x-refusal": refusal,
        "definitions": types.take_definitions(true),
    })
}
