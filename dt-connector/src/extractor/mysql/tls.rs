//! TLS to the source: the driver's options for a mode, and what its failures mean.
//!
//! Certificates are read at every connection, so that a renewed one needs no restart. Encryption is TLS 1.2 or later.

use std::net::Ipv6Addr;

use dt_common::config::{SourceTls, SslMode};
use dt_common::error::{Error, ErrorKind};
use mysql_async::{ClientIdentity, SslOpts};
use rustls::CertificateError;

/// Turns the driver's check of the name off.
///
/// The driver tells a wrong name from other failures by the text of the error (`NotValidForName`), which rustls words otherwise
/// by now: <https://github.com/blackbeam/mysql_async/issues/404>, fixed after 0.37.1. The text does quote the name that was
/// expected, and the name is looked at only when the chain has been found good. So this is the name that is expected.
const ANY_NAME: &str = "NotValidForName";

/// The driver's options; `None` is plain text. `by_url` are those that the parameters of the URL make.
pub(super) fn options(tls: &SourceTls, host: &str, by_url: Option<&SslOpts>) -> Option<SslOpts> {
    let unproven = || SslOpts::default().with_danger_accept_invalid_certs(true);
    let by_authority = |ca: &std::path::Path| {
        SslOpts::default().with_root_certs(vec![ca.to_owned().into()]).with_disable_built_in_roots(true)
    };
    let options = match &tls.mode {
        SslMode::ByUrl => by_url?.clone(),
        SslMode::Disabled => return None,
        SslMode::Preferred | SslMode::Required => unproven(),
        SslMode::VerifyCa(ca) => by_authority(ca).with_danger_skip_domain_validation(true),
        SslMode::VerifyIdentity(Some(ca)) => by_authority(ca),
        SslMode::VerifyIdentity(None) => SslOpts::default(),
    };
    let identity =
        tls.identity.as_ref().map(|own| ClientIdentity::new(own.cert.clone().into(), own.key.clone().into()));
    let name = if options.skip_domain_validation() && !options.accept_invalid_certs() {
        Some(ANY_NAME.to_owned())
    } else {
        // In a URL an IPv6 address stands in brackets, in a certificate it does not.
        bare_ipv6(host).map(|address| address.to_string())
    };
    Some(options.with_client_identity(identity).with_danger_tls_hostname_override(name))
}

fn bare_ipv6(host: &str) -> Option<Ipv6Addr> {
    host.strip_prefix('[')?.strip_suffix(']')?.parse().ok()
}

/// The meaning of a failure of TLS; `None` for one that another try may not meet.
pub(super) fn failure(doing: &str, error: &rustls::Error) -> Option<Error> {
    let remedy = match error {
        rustls::Error::InvalidCertificate(certificate) => certificate_remedy(certificate),
        rustls::Error::NoCertificatesPresented => "the server shows no certificate; give it one".to_owned(),
        rustls::Error::AlertReceived(_) | rustls::Error::PeerIncompatible(_) => {
            "the server breaks off: it may want a client certificate (ssl_cert, ssl_key), or speak only TLS older than 1.2 \
             (upgrade it, or set ssl_mode = disabled)"
                .to_owned()
        }
        rustls::Error::InconsistentKeys(_) => "ssl_key is not the key of ssl_cert".to_owned(),
        rustls::Error::InvalidMessage(_) | rustls::Error::General(_) => {
            "TLS cannot be spoken with this server; look at its TLS settings, or set ssl_mode = disabled".to_owned()
        }
        _ => return None,
    };
    Some(Error::new(ErrorKind::Source, format!("{doing}: {remedy}")).caused_by(error.clone()))
}

fn certificate_remedy(error: &CertificateError) -> String {
    match error {
        CertificateError::UnknownIssuer => "the server's certificate is signed by no authority that [extractor] ssl_ca names \
                                            (without ssl_ca: by no public one); give the file of the authority that signed it"
            .to_owned(),
        CertificateError::NotValidForNameContext { presented, .. } if presented.is_empty() => {
            "the server's certificate names no host (it has no subjectAltName); make one that does, or set ssl_mode = verify_ca"
                .to_owned()
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "the server's certificate is for another host; connect by a name that it bears, or set ssl_mode = verify_ca".to_owned()
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "the server's certificate has expired; renew it at the server".to_owned()
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "the server's certificate is not valid yet; look at the clocks of both machines".to_owned()
        }
        _ => "the server's certificate is not usable; make another one at the server".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use rustls::pki_types::ServerName;

    use super::*;

    fn of(mode: SslMode) -> Option<SslOpts> {
        options(&SourceTls { mode, identity: None }, "h", None)
    }

    #[test]
    fn modes_are_what_the_driver_checks() {
        assert!(of(SslMode::Disabled).is_none() && of(SslMode::ByUrl).is_none());
        for (mode, unproven, any_name, own_roots) in [
            (SslMode::Preferred, true, false, false),
            (SslMode::Required, true, false, false),
            (SslMode::VerifyCa("ca".into()), false, true, true),
            (SslMode::VerifyIdentity(Some("ca".into())), false, false, true),
            (SslMode::VerifyIdentity(None), false, false, false),
        ] {
            let found = of(mode.clone()).unwrap();
            assert_eq!(found.accept_invalid_certs(), unproven, "{mode:?}");
            assert_eq!(found.skip_domain_validation(), any_name, "{mode:?}");
            assert_eq!(found.tls_hostname_override(), any_name.then_some(ANY_NAME), "{mode:?}");
            assert_eq!(
                (found.root_certs().len() == 1, found.disable_built_in_roots()),
                (own_roots, own_roots)
            );
        }
    }

    #[test]
    fn names_that_tls_can_be_asked_for() {
        let tls = SourceTls { mode: SslMode::Required, identity: None };
        let name = |host| options(&tls, host, None).unwrap().tls_hostname_override().map(str::to_owned);
        assert_eq!(name("[2001:db8::1]").as_deref(), Some("2001:db8::1"));
        assert_eq!(name("db.example"), None);
        for host in [ANY_NAME, "my_sql", "127.0.0.1", "2001:db8::1"] {
            assert!(ServerName::try_from(host).is_ok(), "{host}");
        }
    }

    #[test]
    fn failures_say_what_to_do() {
        let failed = |error: CertificateError| {
            failure("connecting", &rustls::Error::InvalidCertificate(error)).unwrap().to_string()
        };
        let expected = ServerName::try_from("h").unwrap();
        let name =
            |presented| CertificateError::NotValidForNameContext { expected: expected.clone(), presented };
        assert!(failed(CertificateError::UnknownIssuer).contains("ssl_ca"));
        assert!(failed(CertificateError::Expired).contains("renew it"));
        assert!(failed(name(vec!["other".to_owned()])).contains("connect by a name that it bears"));
        assert!(failed(name(vec![])).contains("no subjectAltName"));
        assert!(failure("reading", &rustls::Error::DecryptError).is_none());
    }
}
