//! How connections to a MySQL source are encrypted, in the words of MySQL's own client.
//!
//! The driver's URL parameters say the same in another way; whoever uses them keeps them, and both at once are refused.

use std::path::{Path, PathBuf};

use super::connection::{Connection, Connections};
use crate::error::{Error, Result};

/// The driver's parameters that speak of TLS.
const URL_PARAMETERS: &[&str] = &["require_ssl", "verify_ca", "verify_identity", "built_in_roots"];
/// The keys that speak of TLS.
const KEYS: &[&str] = &["ssl_mode", "ssl_ca", "ssl_cert", "ssl_key"];

/// Encryption of the connections to a MySQL source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceTls {
    /// Whether, and what the server has to prove.
    pub mode: SslMode,
    /// What the client proves.
    pub identity: Option<ClientIdentity>,
}

/// Whether connections are encrypted and what the server has to prove.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SslMode {
    /// As the parameters of the URL say.
    ByUrl,
    /// Never encrypted.
    Disabled,
    /// Encrypted where the server offers it; nothing is proven.
    Preferred,
    /// Encrypted or not at all; nothing is proven.
    Required,
    /// The server's certificate is signed by an authority of this file, whatever name it bears.
    VerifyCa(PathBuf),
    /// The certificate is signed by an authority of this file (`None`: by a public one) and bears the host's name.
    VerifyIdentity(Option<PathBuf>),
}

/// A certificate for the client and its key, both PEM files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientIdentity {
    /// The certificate, with its chain.
    pub cert: PathBuf,
    /// The private key: PKCS#8, PKCS#1 or SEC1.
    pub key: PathBuf,
}

/// Words of `ssl_mode`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Word {
    Disabled,
    Preferred,
    Required,
    VerifyCa,
    VerifyIdentity,
}

impl Connections<'_> {
    /// The TLS keys of `[extractor]`.
    ///
    /// # Errors
    /// Keys that contradict each other or the URL, files that cannot be read or are no PEM of their kind.
    pub(super) fn source_tls(&mut self, connection: &Connection) -> Result<SourceTls> {
        let key = KEYS.iter().find(|key| !self.text(key).is_empty());
        let mut names = connection.url.query_pairs().map(|(name, _)| name);
        match (names.find(|name| URL_PARAMETERS.contains(&&**name)), key) {
            (Some(name), Some(key)) => {
                let what = format!("the url has the parameter `{name}` already; keep one of the two ways");
                Err(self.raw.bad("extractor", key, &what))
            }
            (Some(_), None) => Ok(SourceTls { mode: SslMode::ByUrl, identity: None }),
            (None, _) => {
                let mode = self.ssl_mode()?;
                let identity = self.client_identity()?;
                if mode == SslMode::Disabled && identity.is_some() {
                    return Err(
                        self.bad("ssl_cert", "`ssl_mode = disabled` never shows it; remove one of the two")
                    );
                }
                Ok(SourceTls { mode, identity })
            }
        }
    }

    fn ssl_mode(&mut self) -> Result<SslMode> {
        let words = [
            ("disabled", Word::Disabled),
            ("preferred", Word::Preferred),
            ("required", Word::Required),
            ("verify_ca", Word::VerifyCa),
            ("verify_identity", Word::VerifyIdentity),
        ];
        let ca = self.pem("ssl_ca", "CERTIFICATE")?;
        let word = match (self.text("ssl_mode"), &ca) {
            ("", None) => Word::Preferred,
            ("", Some(_)) => Word::VerifyCa,
            _ => self.raw.choice("extractor", "ssl_mode", &words)?,
        };
        match (word, ca) {
            (Word::Disabled, None) => Ok(SslMode::Disabled),
            (Word::Preferred, None) => Ok(SslMode::Preferred),
            (Word::Required, None) => Ok(SslMode::Required),
            (Word::Disabled | Word::Preferred | Word::Required, Some(_)) => {
                Err(self.bad("ssl_ca", "only `ssl_mode = verify_ca` and `verify_identity` look at it"))
            }
            (Word::VerifyCa, Some(ca)) => Ok(SslMode::VerifyCa(ca)),
            (Word::VerifyCa, None) => Err(self.bad(
                "ssl_mode",
                "`verify_ca` needs `ssl_ca`, the file of the authority that signed the server's certificate; without it \
                 anybody's public certificate would do",
            )),
            (Word::VerifyIdentity, ca) => Ok(SslMode::VerifyIdentity(ca)),
        }
    }

    fn client_identity(&mut self) -> Result<Option<ClientIdentity>> {
        let cert = self.pem("ssl_cert", "CERTIFICATE")?;
        match (cert, self.pem("ssl_key", "PRIVATE KEY")?) {
            (None, None) => Ok(None),
            (Some(cert), Some(key)) => Ok(Some(ClientIdentity { cert, key })),
            (Some(_), None) => Err(self.bad("ssl_cert", "`ssl_key`, its private key, is missing")),
            (None, Some(_)) => Err(self.bad("ssl_key", "`ssl_cert`, its certificate, is missing")),
        }
    }

    /// A PEM file that holds a section of this kind.
    fn pem(&mut self, key: &'static str, kind: &str) -> Result<Option<PathBuf>> {
        let path = self.text(key).to_owned();
        if path.is_empty() {
            return Ok(None);
        }
        let file = self.environment.file(Path::new(&path));
        let file = file.map_err(|e| self.bad(key, &format!("`{path}` cannot be read: {e}")))?;
        let text = String::from_utf8_lossy(&file.bytes);
        if text.contains("-----BEGIN ENCRYPTED PRIVATE KEY-----") || text.contains("Proc-Type: 4,ENCRYPTED") {
            return Err(
                self.bad(key, &format!("`{path}` is locked by a passphrase; dt needs a key without one"))
            );
        }
        if !file.holds_pem(kind) {
            return Err(self.bad(key, &format!("`{path}` holds no PEM section `{kind}`")));
        }
        if kind == "PRIVATE KEY" && file.is_world_readable {
            self.warn_of_readers("extractor", key, &path);
        }
        Ok(Some(path.into()))
    }

    fn text(&self, key: &str) -> &str {
        self.raw.get("extractor", key).unwrap_or_default()
    }

    fn bad(&self, key: &str, what: &str) -> Error {
        self.raw.bad("extractor", key, what)
    }
}

#[cfg(test)]
mod tests {
    use super::super::environment::fixtures::Fixture;
    use super::super::ini::RawConfig;
    use super::*;

    const CERT: &str = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n";
    const KEY: &str = "-----BEGIN RSA PRIVATE KEY-----\nAA==\n-----END RSA PRIVATE KEY-----\n";

    fn tls(url: &str, keys: &str) -> Result<SourceTls> {
        let raw = RawConfig::parse("t.ini", &format!("[extractor]\nurl={url}\n{keys}")).unwrap();
        let locked = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAA==\n";
        let environment =
            Fixture::with_files(&[("ca", CERT), ("cert", CERT), ("key", KEY), ("locked", locked)]);
        let mut connections = Connections { raw: &raw, environment: &environment, warnings: Vec::new() };
        let connection = connections.connection("extractor", &["mysql"])?;
        connections.source_tls(&connection)
    }

    #[test]
    fn modes() {
        let mode = |keys: &str| tls("mysql://u@h", keys).unwrap().mode;
        assert_eq!(mode(""), SslMode::Preferred);
        assert_eq!(mode("ssl_mode=disabled"), SslMode::Disabled);
        assert_eq!(mode("ssl_mode=required"), SslMode::Required);
        assert_eq!(mode("ssl_ca=ca"), SslMode::VerifyCa("ca".into()));
        assert_eq!(mode("ssl_ca=ca\nssl_mode=verify_identity"), SslMode::VerifyIdentity(Some("ca".into())));
        assert_eq!(mode("ssl_mode=verify_identity"), SslMode::VerifyIdentity(None));
        assert_eq!(tls("mysql://u@h?require_ssl=true", "").unwrap().mode, SslMode::ByUrl);
        let identity = tls("mysql://u@h", "ssl_cert=cert\nssl_key=key").unwrap().identity;
        assert_eq!(identity, Some(ClientIdentity { cert: "cert".into(), key: "key".into() }));
    }

    #[test]
    fn what_contradicts_itself_is_refused() {
        for (url, keys, expected) in [
            (
                "mysql://h?verify_ca=false",
                "ssl_mode=required",
                ":3: [extractor] ssl_mode: the url has the parameter `verify_ca`",
            ),
            ("mysql://h", "ssl_mode=on", "none of disabled, preferred"),
            (
                "mysql://h",
                "ssl_mode=required\nssl_ca=ca",
                ":4: [extractor] ssl_ca: only `ssl_mode = verify_ca`",
            ),
            ("mysql://h", "ssl_mode=verify_ca", "needs `ssl_ca`"),
            ("mysql://h", "ssl_cert=cert", "`ssl_key`, its private key, is missing"),
            ("mysql://h", "ssl_key=key", "`ssl_cert`, its certificate, is missing"),
            ("mysql://h", "ssl_mode=disabled\nssl_cert=cert\nssl_key=key", "never shows it"),
            ("mysql://h", "ssl_ca=none", "`none` cannot be read"),
            ("mysql://h", "ssl_ca=key", "`key` holds no PEM section `CERTIFICATE`"),
            ("mysql://h", "ssl_cert=cert\nssl_key=locked", "locked by a passphrase"),
        ] {
            let error = tls(url, keys).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
