//! A gallery that speaks `https`, asked by a client that trusts nothing but its certificate.

use std::sync::Arc;
use std::time::{Duration, Instant};

use local::machine::{Machine, Settings};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

#[tokio::test(flavor = "multi_thread")]
async fn a_gallery_speaks_https_with_its_own_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = Settings::new(folder.path()).on_free_ports().with_quick_passwords();
    settings.tls = true;
    let machine = Machine::start(settings).await.unwrap();
    let address = machine.address();
    assert_eq!(machine.origin(), format!("https://{address}"));

    let mut trusted = RootCertStore::empty();
    trusted.add(CertificateDer::from_pem_file(folder.path().join("certificate.pem")).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(trusted)
        .with_no_client_auth();
    let connector = TlsConnector::from(Arc::new(config));
    for name in ["localhost", "127.0.0.1"] {
        let stream = TcpStream::connect(address).await.unwrap();
        let mut stream = connector.connect(ServerName::try_from(name).unwrap(), stream).await.unwrap();
        let request = format!("GET /auth/login HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("strict-transport-security"), "{answer}");
    }
    // Somebody who speaks plainly is shown the way, and nothing else; and only to this machine.
    for (host, line, there) in [
        (
            "localhost:80",
            "HTTP/1.1 308 ",
            Some(format!("location: https://localhost:{}/albums/a/?page=2", address.port())),
        ),
        (
            "127.0.0.1",
            "HTTP/1.1 308 ",
            Some(format!("location: https://127.0.0.1:{}/albums/a/?page=2", address.port())),
        ),
        ("elsewhere.example", "HTTP/1.1 400 ", None),
    ] {
        let mut plain = TcpStream::connect(address).await.unwrap();
        let request = format!("GET /albums/a/?page=2 HTTP/1.1\r\nHost: {host}\r\n\r\n");
        plain.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        plain.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with(line) && answer.ends_with("\r\n\r\n"), "{host}: {answer}");
        // Requirement 19: these answers, too.
        for line in ["cache-control: no-store\r\n", "strict-transport-security: ", "content-security-policy: "] {
            assert!(answer.contains(line), "`{line}` is missing in: {answer}");
        }
        assert_eq!(answer.lines().find(|line| line.starts_with("location")), there.as_deref(), "{host}: {answer}");
    }
    // And somebody who says nothing keeps nobody waiting: not for the ten seconds that a handshake may take.
    let silent = TcpStream::connect(address).await.unwrap();
    let since = Instant::now();
    machine.stop().await;
    assert!(since.elapsed() < Duration::from_secs(4), "{:?}", since.elapsed());
    drop(silent);
}
