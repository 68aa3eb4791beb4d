//! TLS with ring, and a certificate that can be replaced while the server runs.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use arc_swap::ArcSwap;
use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem, pem::PemObject as _},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};

/// A certificate that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// A file cannot be read.
    #[error("{key}: cannot read {path}: {reason}", path = path.display())]
    Unreadable {
        /// The key of the configuration.
        key: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        reason: pem::Error,
    },
    /// The two files do not fit each other, or a key of this kind is not spoken.
    #[error("server.tls_key: cannot be used with server.tls_cert: {0}")]
    Unusable(#[from] rustls::Error),
}

/// Make ring the process's crypto. Whoever speaks TLS calls it first; after the first time it does nothing.
pub fn use_ring() {
    // Fails only when it has been done, which is what is wanted.
    let _already = ring::default_provider().install_default();
}

/// The server's certificate, which new connections get until the next reload.
#[derive(Debug)]
pub struct Certificate {
    cert: PathBuf,
    key: PathBuf,
    current: ArcSwap<CertifiedKey>,
}

impl Certificate {
    /// Read a certificate chain and its key (PEM).
    pub fn load(cert: &Path, key: &Path) -> Result<Arc<Self>, CertificateError> {
        use_ring();
        let current = ArcSwap::new(read(cert, key)?);
        Ok(Arc::new(Self { cert: cert.to_owned(), key: key.to_owned(), current }))
    }

    /// Read both files again. What cannot be used leaves the old certificate in place.
    pub fn reload(&self) -> Result<(), CertificateError> {
        self.current.store(read(&self.cert, &self.key)?);
        Ok(())
    }

    /// The configuration for a listener; it follows every reload.
    pub fn server_config(self: &Arc<Self>) -> ServerConfig {
        let resolver: Arc<Self> = Arc::clone(self);
        let mut config = ServerConfig::builder().with_no_client_auth().with_cert_resolver(resolver);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        config
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current.load_full())
    }
}

fn read(cert: &Path, key: &Path) -> Result<Arc<CertifiedKey>, CertificateError> {
    let unreadable = |key, path: &Path| {
        let path = path.to_owned();
        move |reason| CertificateError::Unreadable { key, path, reason }
    };
    let chain: Vec<_> = CertificateDer::pem_file_iter(cert)
        .and_then(Iterator::collect)
        .map_err(unreadable("server.tls_cert", cert))?;
    let key = PrivateKeyDer::from_pem_file(key).map_err(unreadable("server.tls_key", key))?;
    let certified = CertifiedKey::from_der(chain, key, &ring::default_provider())?;
    certified.keys_match()?;
    Ok(Arc::new(certified))
}
