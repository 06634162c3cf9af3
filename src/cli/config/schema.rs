//! The JSON Schema of `unstick.toml`, for editors.

use serde_json::{Map, Value, json};

use super::keys::{self, COMMAND, Key, Kind, RECORDINGS, SUBJECT_NAME};
use super::subject::Role;

/// The schema, indented, with a line's end.
pub(in crate::cli) fn schema() -> String {
    let mut properties = Map::new();
    let reports = json!({
        "description": "A directory for the reports of each run (HTML, JUnit, JSON, Markdown), made if need be",
        "type": "string"
    });
    properties.insert("reports".to_owned(), reports);
    for role in Role::ALL {
        let one = json!({ "$ref": format!("#/$defs/{}", role.name()) });
        let several = json!({ "type": "array", "items": one, "minItems": 1 });
        properties.insert(role.name().to_owned(), json!({ "oneOf": [one, several] }));
    }
    let tables = Role::ALL.map(|role| (role.name().to_owned(), table(role)));
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "unstick.toml",
        "description": "What plain `unstick` judges",
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
        "$defs": Map::from_iter(tables)
    });
    let mut text = serde_json::to_string_pretty(&schema).expect("a value is always written");
    text.push('\n');
    text
}

fn table(role: Role) -> Value {
    let mut properties = Map::new();
    let name = json!({
        "description": "What tells it from others, and names its reports",
        "type": "string",
        "pattern": "^[^.-]"
    });
    properties.insert(SUBJECT_NAME.to_owned(), name);
    let command = several(
        "How it is started: a line as a shell divides it, or an array of words",
        &json!({ "type": "string" }),
    );
    properties.insert(COMMAND.to_owned(), command);
    if role == Role::Recut {
        let files = several(
            "Recordings, as `unstick record` writes them",
            &json!({ "type": "string" }),
        );
        properties.insert(RECORDINGS.to_owned(), files);
    }
    for key in keys::all(role) {
        let value = value(&key);
        properties.insert(key.name, value);
    }
    let required = match role {
        Role::Client | Role::Codec => json!([COMMAND]),
        Role::Server => json!([]),
        Role::Recut => json!([RECORDINGS]),
    };
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false
    })
}

fn several(help: &str, one: &Value) -> Value {
    json!({
        "description": help,
        "oneOf": [one, { "type": "array", "items": one, "minItems": 1 }]
    })
}

fn value(key: &Key) -> Value {
    let one = match (key.kind, key.values.is_empty()) {
        (Kind::Flag, _) => json!({ "type": "boolean" }),
        (_, false) => json!({ "enum": key.values }),
        _ if key.is_number => json!({ "type": "integer", "minimum": 0 }),
        _ => json!({ "type": ["string", "integer"] }),
    };
    if key.kind == Kind::Several {
        return several(&key.help, &one);
    }
    let mut one = one;
    one["description"] = Value::from(key.help.as_str());
    one
}
