//! Certificates of a test's own, made where they are needed: no openssl, nothing that expires in the tree.

use std::path::Path;

use anyhow::Result;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    date_time_ymd,
};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// Names of the server that the tests talk to.
const HERE: &[&str] = &["localhost", "127.0.0.1"];

/// A certificate and its key.
#[derive(Debug)]
pub struct Identity {
    /// The certificate.
    pub cert: CertificateDer<'static>,
    /// The private key, PKCS#8.
    pub key: PrivateKeyDer<'static>,
}

/// Writes the files of a case into a folder and answers the server's identity:
///
/// - `ca.pem`, and `other_ca.pem`, which has signed nothing
/// - `server`, `elsewhere` (for another host), `nameless` (for none), `expired`, each `.pem` and `.key`, signed by the first
/// - `client.pem` and `client.key`, likewise
///
/// # Errors
/// A file cannot be written.
pub fn write(folder: &Path) -> Result<Identity> {
    let ca = authority("dt test authority")?;
    let other = authority("dt test authority of somebody else")?;
    write_pem(&folder.join("ca.pem"), "CERTIFICATE", &ca.0)?;
    write_pem(&folder.join("other_ca.pem"), "CERTIFICATE", &other.0)?;
    let server = signed(HERE, false, &ca.1)?;
    for (name, identity) in [
        ("server", &server),
        ("elsewhere", &signed(&["elsewhere.example"], false, &ca.1)?),
        ("nameless", &signed(&[], false, &ca.1)?),
        ("expired", &signed(HERE, true, &ca.1)?),
        ("client", &signed(&[], false, &ca.1)?),
    ] {
        write_pem(&folder.join(format!("{name}.pem")), "CERTIFICATE", &identity.cert)?;
        write_pem(&folder.join(format!("{name}.key")), "PRIVATE KEY", identity.key.secret_der())?;
    }
    Ok(server)
}

fn authority(name: &str) -> Result<(Vec<u8>, Issuer<'static, KeyPair>)> {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, name);
    let key = KeyPair::generate()?;
    let cert = params.self_signed(&key)?;
    Ok((cert.der().to_vec(), Issuer::new(params, key)))
}

fn signed(names: &[&str], expired: bool, issuer: &Issuer<'static, KeyPair>) -> Result<Identity> {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name.push(DnType::CommonName, "dt test");
    params.extended_key_usages =
        vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
    if expired {
        params.not_after = date_time_ymd(2020, 1, 1);
    }
    let key = KeyPair::generate()?;
    let cert = params.signed_by(&key, issuer)?;
    let key = PrivateKeyDer::try_from(key.serialize_der()).map_err(|e| anyhow::anyhow!(e))?;
    Ok(Identity { cert: cert.der().clone(), key })
}

fn write_pem(path: &Path, label: &str, der: &[u8]) -> Result<()> {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> = (0..text.len()).step_by(64).map(|at| &text[at..text.len().min(at + 64)]).collect();
    std::fs::write(path, format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n")))?;
    Ok(())
}
