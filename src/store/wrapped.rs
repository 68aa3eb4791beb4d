//! Wrapped data keys: how they stand in a table, and all of them at once, for their rotation.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use bedside_entity::{attachment, recording};
use bedside_seal::{KeyId, Wrapped};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr};

use super::{
    Store,
    append::Tx,
    error::{Fault, StoreError},
    job::Operation,
};

/// How many keys are wrapped anew in one transaction.
pub const WRAPPED_ROWS: u64 = 100;

/// A wrapped key and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyOf {
    /// The owner in the vault.
    pub owner: String,
    /// Its key.
    pub key: Wrapped,
}

/// A key as two columns.
pub(super) fn to_columns(key: Option<&Wrapped>) -> (Option<String>, Option<String>) {
    key.map(|key| (key.key_id.to_string(), URL_SAFE_NO_PAD.encode(&key.bytes))).unzip()
}

/// And back.
pub(super) fn from_columns(
    column: &'static str,
    key_id: Option<String>,
    wrapped_key: Option<String>,
) -> Result<Option<Wrapped>, StoreError> {
    let (Some(key_id), Some(text)) = (key_id, wrapped_key) else { return Ok(None) };
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_not_base64| Fault::column(column))?;
    Ok(Some(Wrapped { key_id: KeyId::from(key_id), bytes }))
}

impl Store {
    /// How many data keys each key-encryption key wraps.
    pub async fn keys_in_use(&self) -> Result<Vec<(KeyId, u64)>, StoreError> {
        self.read(async |db| {
            let files: Vec<(String, i64)> = attachment::Entity::find()
                .select_only()
                .column(attachment::Column::KeyId)
                .column_as(attachment::Column::Id.count(), "keys")
                .filter(attachment::Column::KeyId.is_not_null())
                .group_by(attachment::Column::KeyId)
                .into_tuple()
                .all(&db)
                .await?;
            let recordings: Vec<(String, i64)> = recording::Entity::find()
                .select_only()
                .column(recording::Column::KeyId)
                .column_as(recording::Column::Id.count(), "keys")
                .filter(recording::Column::KeyId.is_not_null())
                .group_by(recording::Column::KeyId)
                .into_tuple()
                .all(&db)
                .await?;
            let mut counted = BTreeMap::new();
            for (id, keys) in files.into_iter().chain(recordings) {
                *counted.entry(KeyId::from(id)).or_default() += super::row::from_seq(keys);
            }
            Ok(counted.into_iter().collect())
        })
        .await
    }

    /// Some of the keys that are wrapped with another key than this one.
    pub async fn keys_not_under(&self, newest: &KeyId) -> Result<Vec<KeyOf>, StoreError> {
        let newest = newest.to_string();
        self.read(async move |db| {
            let files = attachment::Entity::find()
                .filter(attachment::Column::KeyId.ne(newest.as_str()))
                .order_by_asc(attachment::Column::Id)
                .limit(WRAPPED_ROWS)
                .all(&db)
                .await?;
            let recordings = recording::Entity::find()
                .filter(recording::Column::KeyId.ne(newest))
                .order_by_asc(recording::Column::Id)
                .limit(WRAPPED_ROWS)
                .all(&db)
                .await?;
            let files = files.into_iter().map(|row| (row.id, row.key_id, row.wrapped_key));
            let recordings = recordings.into_iter().map(|row| (row.id, row.key_id, row.wrapped_key));
            let keys = files.chain(recordings).map(|(owner, key_id, wrapped_key)| {
                let key = from_columns("wrapped_key", key_id, wrapped_key)?;
                Ok(key.map(|key| KeyOf { owner, key }))
            });
            keys.filter_map(Result::transpose).collect()
        })
        .await
    }

    /// Put newly wrapped keys in the place of the old ones. An owner that has been erased meanwhile stays so.
    pub async fn rewrap(&self, keys: Vec<KeyOf>) -> Result<(), StoreError> {
        self.write(Rewrap { keys }).await
    }
}

struct Rewrap {
    keys: Vec<KeyOf>,
}

impl Operation for Rewrap {
    type Output = ();

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        for KeyOf { owner, key } in &self.keys {
            let (key_id, wrapped_key) = to_columns(Some(key));
            attachment::Entity::update_many()
                .col_expr(attachment::Column::KeyId, Expr::value(key_id.clone()))
                .col_expr(attachment::Column::WrappedKey, Expr::value(wrapped_key.clone()))
                .filter(attachment::Column::Id.eq(owner))
                .filter(attachment::Column::KeyId.is_not_null())
                .exec(tx.db)
                .await?;
            // Ids are random: an owner is one or the other.
            recording::Entity::update_many()
                .col_expr(recording::Column::KeyId, Expr::value(key_id))
                .col_expr(recording::Column::WrappedKey, Expr::value(wrapped_key))
                .filter(recording::Column::Id.eq(owner))
                .filter(recording::Column::KeyId.is_not_null())
                .exec(tx.db)
                .await?;
        }
        Ok(())
    }
}
