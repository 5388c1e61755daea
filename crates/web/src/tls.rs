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

#[cfg(test)]
mod tests {
    use super::Certificate;
    use crate::testing::Fixture;
    use std::net::TcpListener;
    use std::sync::Arc;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio_rustls::TlsConnector;
    use tokio_rustls::rustls::{ClientConfig, RootCertStore};

    #[tokio::test]
    async fn a_browser_that_trusts_the_certificate_gets_pages_over_https() {
        let fixture = Fixture::empty();
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let file = |name: &str, text: String| {
            let path = fixture.folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let certificate = Certificate {
            chain: file("cert.pem", made.cert.pem()),
            key: file("key.pem", made.signing_key.serialize_pem()),
        };
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let place = listener.local_addr().unwrap();
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let app = fixture.app.clone();
        let server = tokio::spawn(async move {
            crate::serve(&app, listener, Some(certificate), async {
                let _ = stopped.await;
            })
            .await
        });
        let mut roots = RootCertStore::empty();
        roots.add(made.cert.der().clone()).unwrap();
        let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        let socket = tokio::net::TcpStream::connect(place).await.unwrap();
        let connector = TlsConnector::from(Arc::new(config));
        let mut tls = connector.connect("localhost".try_into().unwrap(), socket).await.unwrap();
        tls.write_all(b"GET /login HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await.unwrap();
        let mut answer = String::new();
        tls.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("工号"), "{answer}");
        stop.send(()).unwrap();
        server.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn a_certificate_that_is_none_is_an_error() {
        let fixture = Fixture::empty();
        let path = fixture.folder.path().join("none.pem");
        std::fs::write(&path, "no certificate").unwrap();
        let certificate = Certificate { chain: path.clone(), key: path };
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let served = crate::serve(&fixture.app, listener, Some(certificate), std::future::pending()).await;
        assert!(served.is_err());
    }
}
