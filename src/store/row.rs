//! From columns to types and back.

use std::str::FromStr;

use bedside_entity::Private;
use bedside_protocol::text::{BadText, Name, Reason};
use sea_orm::{DbBackend, sea_query::ValueTuple};
use serde::{Serialize, de::DeserializeOwned};

use super::error::{Fault, StoreError};

/// A column that the program has written from a `T`.
pub(super) fn stored<T: FromStr>(column: &'static str, text: &str) -> Result<T, StoreError> {
    text.parse().ok().ok_or_else(|| Fault::column(column).into())
}

/// A word of the protocol as its column holds it: as it stands on the wire.
pub(super) fn to_word<T: Serialize>(word: &T) -> String {
    match serde_json::to_value(word) {
        Ok(serde_json::Value::String(word)) => word,
        // No word is anything else; a row that held nothing would be refused when it is read.
        Ok(_) | Err(_) => String::new(),
    }
}

/// The same back.
pub(super) fn from_word<T: DeserializeOwned>(column: &'static str, text: &str) -> Result<T, StoreError> {
    let value = serde_json::Value::from(text);
    serde_json::from_value(value).ok().ok_or_else(|| Fault::column(column).into())
}

/// The database counts with a sign. A row before the first is no row.
pub(super) fn from_seq(seq: i64) -> u64 {
    seq.try_into().unwrap_or(0)
}

/// No log reaches the number above which this gives the largest.
pub(super) fn to_seq(seq: u64) -> i64 {
    seq.try_into().unwrap_or(i64::MAX)
}

/// A text that was parsed at the edge and is parsed the same way again.
pub(super) fn from_text<T>(
    column: &'static str,
    text: Option<&Private>,
    parse: fn(&str) -> Result<T, BadText>,
) -> Result<Option<T>, StoreError> {
    let parsed = text.map(|text| parse(&text.0)).transpose();
    parsed.ok().ok_or_else(|| Fault::column(column).into())
}

/// A name as its column holds it.
pub(super) fn to_name(name: Option<&Name>) -> Option<Private> {
    name.map(|name| name.as_str().into())
}

/// A reason as its column holds it.
pub(super) fn to_reason(reason: Option<&Reason>) -> Option<Private> {
    reason.map(|reason| reason.as_str().into())
}

/// What the parameters of one statement may take together on PostgreSQL. The driver writes a longer one in two pieces,
/// and over TLS the second piece waits 40 ms for the acknowledgement of the first (sqlx issue 4335).
const POSTGRES_STATEMENT_BYTES: usize = 12 * 1024;
/// The same for SQLite, which has no network: what costs there is to hand a statement over to its thread.
const SQLITE_STATEMENT_BYTES: usize = 1024 * 1024;
/// Rows of one statement: of parameters SQLite takes 32,766.
const STATEMENT_ROWS: usize = 256;

/// Cut `items` into runs that fit into a statement. An item that is larger stands alone.
pub(super) fn statements<'a, T>(
    backend: DbBackend,
    items: &'a [T],
    bytes: impl Fn(&T) -> usize + 'a,
) -> impl Iterator<Item = &'a [T]> {
    let most = if backend == DbBackend::Sqlite { SQLITE_STATEMENT_BYTES } else { POSTGRES_STATEMENT_BYTES };
    let mut rest = items;
    std::iter::from_fn(move || {
        let mut total = 0;
        let fits = |item: &&T| {
            total += bytes(item);
            total <= most
        };
        let count = rest.iter().take(STATEMENT_ROWS).take_while(fits).count().max(1);
        let (run, left) = rest.split_at_checked(count)?;
        rest = left;
        Some(run)
    })
}

/// Fill up values with one that matches nothing, to a power of two: few different statements, which the driver has
/// prepared before.
pub(super) fn padded(mut values: Vec<ValueTuple>, nothing: &ValueTuple) -> Vec<ValueTuple> {
    values.resize(values.len().next_power_of_two(), nothing.clone());
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The stall itself cannot be told from a busy machine, so that the cutting is tested in its place.
    #[test]
    fn no_statement_is_so_long_that_it_stalls_over_tls() {
        let rows: Vec<usize> = (0..200).map(|n| 300 + n * 7 % 400).chain([20_000]).chain([300; 9]).collect();
        let runs: Vec<&[usize]> = statements(DbBackend::Postgres, &rows, |bytes| *bytes).collect();
        assert_eq!(runs.concat(), rows, "nothing is lost or moved");
        for run in runs {
            // A row of nothing but its columns, for those that fill up.
            let padding = (run.len().next_power_of_two() - run.len()) * 120;
            assert!(run.len() == 1 || run.iter().sum::<usize>() + padding < 16 * 1024, "{run:?}");
        }
    }
}
