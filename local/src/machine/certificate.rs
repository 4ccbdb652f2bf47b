//! The certificate of a gallery on one machine: for `localhost`, made here, signed by itself, kept in the data folder.
//!
//! Browsers ask once whether to trust it. It is there so that a gallery can be tried with everything that browsers tie
//! to `https`: Safari keeps `Secure` cookies on no other kind of address.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rcgen::{CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;

use crate::durable::write_private;

/// Where it lies in the data folder, with its key.
const FILE: &str = "certificate.pem";

/// Browsers refuse certificates that live longer than this (Apple, "About upcoming limits on trusted certificates").
const DAYS: u64 = 397;

/// One is made anew when it has less than this left.
const LEFT: Duration = Duration::from_hours(30 * 24);

/// The names that it is for.
const NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
#[error("the certificate `{file}` cannot be used: {cause}; remove it and start again to have it made anew")]
pub struct CertificateError {
    file: PathBuf,
    cause: String,
}

/// What encrypts the gallery's connections. The certificate is made at the first start, and when it grows old.
pub(super) fn acceptor(data: &Path) -> Result<TlsAcceptor, CertificateError> {
    let file = data.join(FILE);
    let failed = |cause: String| CertificateError { file: file.clone(), cause };
    let kept = kept(&file).map_err(|error| failed(error.to_string()))?;
    let pem = kept.map_or_else(|| new(&file), Ok).map_err(failed)?;
    let certificate = CertificateDer::from_pem_slice(pem.as_bytes()).map_err(|error| failed(error.to_string()))?;
    let key = PrivateKeyDer::from_pem_slice(pem.as_bytes()).map_err(|error| failed(error.to_string()))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(vec![certificate], key))
        .map_err(|error| failed(error.to_string()))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// Makes one and keeps it.
fn new(file: &Path) -> Result<String, String> {
    let pem = made().map_err(|error| error.to_string())?;
    write_private(file, pem.as_bytes()).map_err(|error| error.to_string())?;
    Ok(pem)
}

/// When the certificate in a data folder ends; `None` when there is none.
pub fn expires(data: &Path) -> Option<SystemTime> {
    Some(fs::metadata(data.join(FILE)).ok()?.modified().ok()? + Duration::from_hours(DAYS * 24 - 2))
}

/// The one in the folder, while it is young enough.
fn kept(file: &Path) -> std::io::Result<Option<String>> {
    let written = match fs::metadata(file) {
        Ok(found) => found.modified()?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    // A clock that was set back gives no age: the certificate is then not valid yet, and made anew.
    let age = SystemTime::now().duration_since(written).unwrap_or(Duration::MAX);
    let young = age < Duration::from_hours(DAYS * 24).saturating_sub(LEFT);
    young.then(|| fs::read_to_string(file)).transpose()
}

fn made() -> Result<String, rcgen::Error> {
    let mut params = CertificateParams::new(NAMES.map(str::to_owned))?;
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, "Heirloom on this machine");
    params.distinguished_name = name;
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let now = SystemTime::now();
    // An hour back, for clocks that differ.
    params.not_before = (now - Duration::from_hours(1)).into();
    params.not_after = (now + Duration::from_hours(DAYS * 24 - 2)).into();
    let key = KeyPair::generate()?;
    let certificate = params.self_signed(&key)?;
    Ok(format!("{}{}", certificate.pem(), key.serialize_pem()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_is_made_once_and_kept_to_its_owner() {
        let folder = tempfile::tempdir().unwrap();
        acceptor(folder.path()).unwrap();
        let first = fs::read_to_string(folder.path().join(FILE)).unwrap();
        acceptor(folder.path()).unwrap();
        assert_eq!(fs::read_to_string(folder.path().join(FILE)).unwrap(), first);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(folder.path().join(FILE)).unwrap().permissions().mode();
            assert_eq!(mode & 0o077, 0);
        }
    }

    #[test]
    fn an_old_one_is_made_anew_and_a_broken_one_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(FILE);
        acceptor(folder.path()).unwrap();
        let first = fs::read_to_string(&file).unwrap();
        let old = SystemTime::now() - Duration::from_hours(380 * 24);
        fs::File::options().write(true).open(&file).unwrap().set_modified(old).unwrap();
        acceptor(folder.path()).unwrap();
        assert_ne!(fs::read_to_string(&file).unwrap(), first);

        fs::write(&file, "not a certificate").unwrap();
        let error = acceptor(folder.path()).err().unwrap().to_string();
        assert!(error.contains(FILE) && error.contains("remove it"), "{error}");
    }
}
