//! The placeholders of binary packets: `{"_placeholder":true,"num":k}` stands for the k-th attachment.

use serde_json::Value;

/// Whether every placeholder of the JSON text names one of `count` attachments. Only objects whose `_placeholder` is
/// `true` are placeholders; the same number may stand there twice.
pub fn placeholders_are_sound(json: &str, count: usize) -> bool {
    serde_json::from_str::<Value>(json).is_ok_and(|value| is_sound(&value, count))
}

fn is_sound(value: &Value, count: usize) -> bool {
    match value {
        Value::Array(items) => items.iter().all(|item| is_sound(item, count)),
        Value::Object(map) if map.get("_placeholder") == Some(&Value::Bool(true)) => {
            map.get("num").and_then(Value::as_u64).is_some_and(|number| number < count as u64)
        }
        Value::Object(map) => map.values().all(|item| is_sound(item, count)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
    }
}

/// The JSON text of a placeholder.
pub fn placeholder(number: usize) -> String {
    format!(r#"{{"_placeholder":true,"num":{number}}}"#)
}

#[cfg(test)]
mod tests {
    use super::{placeholder, placeholders_are_sound};

    #[test]
    fn a_placeholder_names_an_attachment_that_there_is() {
        let array = |number: &str| format!(r#"["e",[{{"x":{{"_placeholder":true,"num":{number}}}}}]]"#);
        for sound in ["0", "1"] {
            assert!(placeholders_are_sound(&array(sound), 2), "{sound}");
        }
        for unsound in ["2", "-1", "0.5", "\"0\"", "null"] {
            assert!(!placeholders_are_sound(&array(unsound), 2), "{unsound}");
        }
        assert!(
            placeholders_are_sound(r#"[{"_placeholder":"true"},{"num":9}]"#, 1),
            "data that only looks like one"
        );
        assert!(placeholders_are_sound(&format!("[{0},{0}]", placeholder(0)), 1));
    }
}
