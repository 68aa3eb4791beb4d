//! Queries: parsed as strictly as bodies.

use bedside_protocol::{Code, Refusal};
use serde::de::DeserializeOwned;

/// A parameter of a query, decoded; the first of its name.
pub fn query_parameter(query: &str, name: &str) -> Option<String> {
    form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// All parameters of a query. Unknown, repeated and wrong ones are refused by name.
pub fn parse<T: DeserializeOwned>(query: &str) -> Result<T, Refusal> {
    let parser = serde_urlencoded::Deserializer::new(form_urlencoded::parse(query.as_bytes()));
    serde_path_to_error::deserialize(parser).map_err(|error| {
        let text = error.inner().to_string();
        let quoted = text.split('`').nth(1).map(shorten);
        let path = error.path().to_string();
        let path = (path != "." && path != "?").then(|| shorten(&path));
        let (field, message) = if text.starts_with("unknown field") {
            (quoted, "no such parameter")
        } else if text.starts_with("duplicate field") {
            (quoted, "a parameter is given once")
        } else if text.starts_with("missing field") {
            (quoted, "a parameter is missing")
        } else {
            (path, "a value that is not allowed")
        };
        Refusal { field, ..Refusal::new(Code::Malformed, message) }
    })
}

/// No more of a name than any name that there is.
fn shorten(name: &str) -> Box<str> {
    name.chars().filter(|c| !c.is_control()).take(16).collect::<String>().into()
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields, rename_all = "camelCase")]
    struct Page {
        after_seq: Option<u64>,
    }

    #[test]
    fn unknown_repeated_and_wrong_parameters_are_refused_by_name() {
        for (query, field) in
            [("x=1", "x"), ("afterSeq=1&afterSeq=2", "afterSeq"), ("afterSeq=one", "afterSeq")]
        {
            let refusal = parse::<Page>(query).unwrap_err();
            assert_eq!((refusal.code, refusal.field.as_deref()), (Code::Malformed, Some(field)), "{query}");
        }
        assert_eq!(parse::<Page>("afterSeq=7").unwrap().after_seq, Some(7));
        assert_eq!(parse::<Page>("").unwrap().after_seq, None);
    }

    #[test]
    fn a_parameter_is_found_decoded() {
        assert_eq!(query_parameter("a=1&token=a%2Bb", "token").as_deref(), Some("a+b"));
        assert_eq!(query_parameter("a=1", "token"), None);
    }
}
