//! From the configuration to a place for objects.

use std::sync::Arc;

use object_store::{
    ClientOptions, ObjectStore, RetryConfig, aws::AmazonS3Builder, local::LocalFileSystem,
    path::Path as ObjectPath,
};

use super::{FILES, PATIENCE, VaultError};
use crate::{
    config::{Storage, StorageUrl},
    data::DataFolder,
};

/// How often a request that failed is made again, with growing pauses.
const TRIES: usize = 4;

/// The place, and what the names in it begin with.
pub(super) fn objects(
    settings: &Storage,
    data: &DataFolder,
) -> Result<(Arc<dyn ObjectStore>, ObjectPath), VaultError> {
    let unusable = |error: object_store::Error| {
        let place = settings.url.as_ref().map(ToString::to_string).unwrap_or_default();
        VaultError::Settings(format!("storage.url: {place} cannot be used: {error}"))
    };
    let folder = match &settings.url {
        None => data.folder(FILES)?,
        Some(StorageUrl::Folder(path)) => DataFolder::open(path)?.path().to_owned(),
        Some(StorageUrl::Bucket { name, prefix }) => {
            let bucket = bucket(settings, name).map_err(unusable)?;
            let prefix = ObjectPath::parse(prefix).map_err(|error| unusable(error.into()))?;
            return Ok((bucket, prefix));
        }
    };
    let files = LocalFileSystem::new_with_prefix(folder).map_err(unusable)?;
    // What was answered is on the disk, as with an object store.
    Ok((Arc::new(files.with_fsync(true).with_automatic_cleanup(true)), ObjectPath::default()))
}

fn bucket(settings: &Storage, name: &str) -> Result<Arc<dyn ObjectStore>, object_store::Error> {
    let mut builder = AmazonS3Builder::from_env()
        .with_bucket_name(name)
        .with_region(&settings.region)
        .with_retry(RetryConfig { max_retries: TRIES, retry_timeout: PATIENCE, ..RetryConfig::default() })
        .with_client_options(ClientOptions::new().with_timeout(PATIENCE));
    if let Some(endpoint) = &settings.endpoint {
        // One's own object store in the house may be without a certificate: what goes there is sealed.
        builder =
            builder.with_endpoint(endpoint.as_str()).with_allow_http(endpoint.as_str().starts_with("http:"));
    }
    if let (Some(id), Some(secret)) = (&settings.access_key, &settings.secret_key) {
        builder = builder.with_access_key_id(id).with_secret_access_key(secret.expose());
    }
    Ok(Arc::new(builder.build()?))
}
