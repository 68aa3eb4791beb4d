//! Floor 4, HTTP: requests to verbs, refusals to problems.

pub mod problem;

/// The first query parameter of this name, decoded; none if it is no text.
pub fn query_parameter(query: &str, name: &str) -> Option<String> {
    let pairs = actix_web::web::Query::<Vec<(String, String)>>::from_query(query).ok()?;
    pairs.into_inner().into_iter().find(|(key, _)| key == name).map(|(_, value)| value)
}
