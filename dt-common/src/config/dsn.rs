//! The DSN of Databend, as its driver reads it.
//!
//! Every parameter of the driver passes through, and so does every other name: the driver makes settings of the session of
//! them. What is looked at here is what the driver would misread in silence.

use std::path::Path;

use super::connection::{Connection, Connections};
use super::secret::Secret;
use crate::error::{Error, Result};

/// Schemes of the driver's HTTP client. It looks at `sslmode` and not at the scheme.
const SCHEMES: &[&str] = &["databend", "databend+http", "databend+https"];
/// Parameters of the driver, as its own parser has them.
const PARAMETERS: &[&str] = &[
    "wait_time_secs",
    "max_rows_in_buffer",
    "max_rows_per_page",
    "connect_timeout",
    "page_request_timeout_secs",
    "presign",
    "tenant",
    "warehouse",
    "role",
    "sslmode",
    "tls_ca_file",
    "access_token",
    "access_token_file",
    "private_key_file",
    "private_key_passphrase_file",
    "login",
    "session_token",
    "body_format",
    "query_result_format",
    "retry_count",
    "retry_delay_secs",
];
/// Seconds to wait for one HTTP answer. The server sends one at least every 10 s however long a statement takes, so this is
/// silence; the driver's own 300 s would be a long time to notice it.
const ANSWER_SECS: &str = "120";
const ANSWER_TIMEOUT: &str = "page_request_timeout_secs";
/// How alike a name has to be to a parameter, to be a slip of the pen and not a setting of the session.
const ALIKE: f64 = 0.93;
/// Parameters that name a file.
const FILES: &[&str] =
    &["tls_ca_file", "access_token_file", "private_key_file", "private_key_passphrase_file"];
/// Parameters that log in by something else than a password.
const LOGINS: &[&str] = &["access_token", "access_token_file", "private_key_file"];

impl Connections<'_> {
    /// The DSN of `[sinker]`, with the driver's own retries off: its retry repeats COMMIT, and a stray COMMIT answers OK.
    ///
    /// # Errors
    /// Two ways to log in, files that cannot be read, parameters that contradict each other or dt.
    pub(super) fn databend_dsn(&mut self) -> Result<Secret> {
        let connection = self.connection("sinker", SCHEMES)?;
        let bad = |what: &str| Err(connection.bad(self.raw, what));
        if connection.url.username().contains('%') {
            return bad(
                "databend-driver sends the user name as it stands, so it cannot hold reserved characters; use another user",
            );
        }
        let mut parameters: Vec<(String, String)> =
            connection.url.query_pairs().map(|(name, value)| (name.into(), value.into())).collect();
        for (i, (name, _)) in parameters.iter().enumerate() {
            if parameters[..i].iter().any(|(other, _)| other == name) {
                return bad(&format!("it has the parameter `{name}` twice"));
            }
        }
        let slips = parameters.iter().filter(|(name, _)| !PARAMETERS.contains(&name.as_str()));
        for (name, _) in slips {
            if let Some(meant) = PARAMETERS.iter().find(|known| strsim::jaro_winkler(name, known) > ALIKE) {
                return bad(&format!("`{name}` is no parameter of databend-driver; did you mean `{meant}`?"));
            }
        }
        if parameters.iter().any(|(name, value)| name == "timezone" && value != "UTC") {
            return bad("remove `timezone`: dt writes every TIMESTAMP in sessions that are in UTC");
        }
        self.one_login(&connection, &parameters)?;
        self.readable_files(&connection, &parameters)?;
        encryption(&connection, &mut parameters, |what| connection.bad(self.raw, what))?;
        parameters.retain(|(name, _)| name != "retry_count");
        if parameters.iter().all(|(name, _)| name != ANSWER_TIMEOUT) {
            parameters.push((ANSWER_TIMEOUT.to_owned(), ANSWER_SECS.to_owned()));
        }
        let mut url = connection.url;
        url.query_pairs_mut().clear().extend_pairs(parameters).append_pair("retry_count", "1");
        Ok(Secret::new(url.to_string()))
    }

    /// A password, a token or a key pair: the driver would take one of them without a word.
    fn one_login(&self, connection: &Connection, parameters: &[(String, String)]) -> Result<()> {
        let mut ways = parameters.iter().map(|(name, _)| name.as_str()).filter(|name| LOGINS.contains(name));
        let (first, second) = (ways.next(), ways.next());
        if let (Some(first), Some(second)) = (first, second) {
            return Err(connection
                .bad(self.raw, &format!("`{first}` and `{second}` both log in; keep one of the two")));
        }
        let Some(way) = first else { return Ok(()) };
        if let Some(key) = connection.password_key {
            let what = format!("`{way}` of the url logs in already; keep one of the two");
            return Err(self.raw.bad("sinker", key, &what));
        }
        if connection.url.password().is_some() {
            return Err(
                connection.bad(self.raw, &format!("it has a password and `{way}`; keep one of the two"))
            );
        }
        if way == "private_key_file" && connection.url.username().is_empty() {
            return Err(connection.bad(self.raw, "`private_key_file` needs a user name as well"));
        }
        Ok(())
    }

    fn readable_files(&mut self, connection: &Connection, parameters: &[(String, String)]) -> Result<()> {
        for (name, path) in parameters.iter().filter(|(name, _)| FILES.contains(&name.as_str())) {
            let read = self.environment.file(Path::new(path));
            let unusable = |what: &str| connection.bad(self.raw, &format!("{name}: `{path}` {what}"));
            let file = read.map_err(|e| unusable(&format!("cannot be read: {e}")))?;
            if file.bytes.is_empty() {
                return Err(unusable("is empty"));
            }
            // The driver takes such a file for one without authorities.
            if name == "tls_ca_file" && !file.holds_pem("CERTIFICATE") {
                return Err(unusable("holds no PEM section `CERTIFICATE`"));
            }
            if name != "tls_ca_file" && file.is_world_readable {
                self.warn_of_readers("sinker", connection.key(), path);
            }
        }
        Ok(())
    }
}

/// The driver looks at `sslmode` only, so the scheme is put into its words.
fn encryption(
    connection: &Connection,
    parameters: &mut Vec<(String, String)>,
    bad: impl Fn(&str) -> Error,
) -> Result<()> {
    let sslmode = parameters.iter().find(|(name, _)| name == "sslmode").map(|(_, value)| value.as_str());
    match (connection.url.scheme(), sslmode) {
        ("databend+http", None) => parameters.push(("sslmode".to_owned(), "disable".to_owned())),
        ("databend+http", Some("require" | "enable")) => {
            return Err(bad("`databend+http` and `sslmode` contradict each other; write `databend://`"));
        }
        ("databend+https", Some("disable")) => {
            return Err(bad(
                "`databend+https` and `sslmode=disable` contradict each other; write `databend://`",
            ));
        }
        _ => {}
    }
    let is_plain = parameters.iter().any(|(name, value)| name == "sslmode" && value == "disable");
    if is_plain && parameters.iter().any(|(name, _)| name == "tls_ca_file") {
        return Err(bad("without TLS nothing looks at `tls_ca_file`; remove it or `sslmode=disable`"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::environment::fixtures::Fixture;
    use super::super::ini::RawConfig;
    use super::*;

    const HOST: &str = "databend://u:p@h:8000/db";

    fn dsn(url: &str, keys: &str) -> Result<Secret> {
        let raw = RawConfig::parse("t.ini", &format!("[sinker]\nurl={url}\n{keys}")).unwrap();
        let ca = "-----BEGIN CERTIFICATE-----\n";
        let environment = Fixture::with_files(&[("/ca", ca), ("/token", "x"), ("/key", "x"), ("/none", "")]);
        Connections { raw: &raw, environment: &environment, warnings: Vec::new() }.databend_dsn()
    }

    fn error(url: &str, keys: &str) -> String {
        dsn(url, keys).unwrap_err().to_string()
    }

    /// Every parameter that the driver's own parser knows, and one that is a setting of the session.
    #[test]
    fn parameters_of_the_driver_survive() {
        for parameter in [
            "wait_time_secs=9",
            "max_rows_in_buffer=9",
            "max_rows_per_page=9",
            "connect_timeout=9",
            "presign=off",
            "tenant=tn1",
            "warehouse=a%2Fb+c",
            "role=r%26x",
            "sslmode=disable",
            "sslmode=require",
            "tls_ca_file=%2Fca",
            "login=disable",
            "session_token=disable",
            "body_format=json",
            "query_result_format=arrow",
            "retry_delay_secs=1",
            "max_threads=4",
        ] {
            let found = dsn(&format!("{HOST}?{parameter}"), "").unwrap();
            assert_eq!(
                found.reveal(),
                format!("{HOST}?{parameter}&page_request_timeout_secs=120&retry_count=1")
            );
        }
        let patient = format!("{HOST}?page_request_timeout_secs=9");
        assert_eq!(dsn(&patient, "").unwrap().reveal(), format!("{patient}&retry_count=1"));
        for parameter in ["access_token=a%2Bb", "access_token_file=%2Ftoken"] {
            let found = dsn(&format!("databend://h/db?{parameter}"), "").unwrap();
            assert_eq!(
                found.reveal(),
                format!("databend://h/db?{parameter}&page_request_timeout_secs=120&retry_count=1")
            );
        }
        let pair = "databend://u@h/db?private_key_file=%2Fkey&private_key_passphrase_file=%2Fkey";
        assert_eq!(
            dsn(pair, "").unwrap().reveal(),
            format!("{pair}&page_request_timeout_secs=120&retry_count=1")
        );
    }

    #[test]
    fn retries_are_ours_and_the_scheme_means_what_it_says() {
        assert_eq!(
            dsn(&format!("{HOST}?retry_count=9"), "").unwrap().reveal(),
            format!("{HOST}?page_request_timeout_secs=120&retry_count=1")
        );
        let http = dsn("databend+http://u@h/db", "").unwrap();
        assert_eq!(
            http.reveal(),
            "databend+http://u@h/db?sslmode=disable&page_request_timeout_secs=120&retry_count=1"
        );
    }

    #[test]
    fn what_the_driver_would_misread_is_refused() {
        for (url, keys, expected) in [
            (
                "databend://h?access_token=t0k",
                "password=x",
                ":3: [sinker] password: `access_token` of the url",
            ),
            (
                "databend://u:p@h?access_token=t0k",
                "",
                ":2: [sinker] url: it has a password and `access_token`",
            ),
            ("databend://h?access_token=t0k&access_token_file=/token", "", "both log in"),
            ("databend://h?private_key_file=/key", "", "needs a user name"),
            ("databend://h?access_token_file=/nowhere", "", "access_token_file: `/nowhere` cannot be read"),
            ("databend://h?tls_ca_file=/none", "", "tls_ca_file: `/none` is empty"),
            ("databend://h?tls_ca_file=/key", "", "tls_ca_file: `/key` holds no PEM section"),
            (
                "databend://h?warehose=x",
                "",
                "`warehose` is no parameter of databend-driver; did you mean `warehouse`?",
            ),
            ("databend://h?role=a&role=b", "", "the parameter `role` twice"),
            ("databend://h?timezone=Asia/Shanghai", "", "remove `timezone`"),
            ("databend+https://h?sslmode=disable", "", "contradict each other"),
            ("databend+http://h?sslmode=require", "", "contradict each other"),
            ("databend://h?sslmode=disable&tls_ca_file=/ca", "", "without TLS nothing looks at"),
            ("databend://h", "username=a@b", "sends the user name as it stands"),
        ] {
            let message = error(url, keys);
            assert!(message.contains(expected) && !message.contains("t0k"), "{message}");
        }
    }
}
