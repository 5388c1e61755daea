//! HTTPS: the hospital's own certificate.

use axum_server::tls_rustls::RustlsConfig;
use std::path::PathBuf;

/// A certificate (with its chain) and its key, PEM files.
#[derive(Clone, Debug)]
pub struct Certificate {
    /// The certificate, then those that signed it.
    pub chain: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

impl Certificate {
    pub(crate) async fn config(&self) -> std::io::Result<RustlsConfig> {
        RustlsConfig::from_pem_file(&self.chain, &self.key).await
    }
}
