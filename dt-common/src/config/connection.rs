//! The URL, the user and the password of a section, wherever they stand: in the file, in a variable or in a file of their own.
//!
//! Each value is given in exactly one way. An error names the key, its line and the variable or file, never what it holds.

use std::path::Path;

use url::Url;

use super::environment::Environment;
use super::ini::RawConfig;
use crate::error::{Error, Result};

/// Where a key's value is to be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Behind the key.
    Here,
    /// In the variable that the key names.
    Variable,
    /// In the file that the key names.
    File,
}

/// The keys that can give one value.
type Ways = &'static [(&'static str, Way)];

const URL: Ways = &[("url", Way::Here), ("url_env", Way::Variable)];
const USERNAME: Ways = &[("username", Way::Here), ("username_env", Way::Variable)];
const PASSWORD: Ways =
    &[("password", Way::Here), ("password_env", Way::Variable), ("password_file", Way::File)];

/// A value and the key that gave it. Not printable: it may be a password.
struct Given {
    key: &'static str,
    /// What the key says when it names a variable or a file.
    names: Option<String>,
    value: String,
}

/// How a section connects. Not printable: it holds a password.
pub(super) struct Connection {
    /// With user and password put into it.
    pub(super) url: Url,
    /// The key that gave a password beside the URL.
    pub(super) password_key: Option<&'static str>,
    section: &'static str,
    origin: Given,
}

/// Reads the connections of a task file.
pub(super) struct Connections<'a> {
    pub(super) raw: &'a RawConfig,
    pub(super) environment: &'a dyn Environment,
    /// What is right but unwise.
    pub(super) warnings: Vec<String>,
}

impl Connections<'_> {
    /// The connection of a section.
    ///
    /// # Errors
    /// A value that is missing, given twice or unreadable; a URL that is none, names no host or has another scheme.
    pub(super) fn connection(&mut self, section: &'static str, schemes: &[&str]) -> Result<Connection> {
        let origin = self.given(section, URL)?.ok_or_else(|| self.raw.missing(section, "url"))?;
        // The parser's own message never shows the URL, which may hold a password.
        let url = Url::parse(&origin.value).map_err(|e| origin.bad(self.raw, section, &e.to_string()))?;
        if !schemes.contains(&url.scheme()) {
            let what = format!("the scheme has to be {}", schemes.join(" or "));
            return Err(origin.bad(self.raw, section, &what));
        }
        if url.host_str().is_none_or(str::is_empty) {
            return Err(origin.bad(self.raw, section, "it names no host"));
        }
        let (username, password) = (self.given(section, USERNAME)?, self.given(section, PASSWORD)?);
        let mut connection = Connection { url, password_key: None, section, origin };
        let unfit = "it cannot be put into the url";
        if let Some(username) = username
            && connection.url.set_username(&username.value).is_err()
        {
            return Err(username.bad(self.raw, section, unfit));
        }
        if let Some(password) = password {
            if connection.url.set_password(Some(&password.value)).is_err() {
                return Err(password.bad(self.raw, section, unfit));
            }
            connection.password_key = Some(password.key);
        }
        Ok(connection)
    }

    /// The value that one of these keys gives; `None` when none of them stands in the file or all are empty.
    fn given(&mut self, section: &str, ways: Ways) -> Result<Option<Given>> {
        let mut written = ways.iter().filter_map(|&(key, way)| {
            let text = self.raw.get(section, key).filter(|text| !text.is_empty())?;
            Some((key, way, text.to_owned()))
        });
        let Some((key, way, text)) = written.next() else { return Ok(None) };
        if let Some((other, ..)) = written.next() {
            let line = self.raw.line(section, key).unwrap_or_default();
            let what = format!("`{key}` on line {line} gives the same value; keep one of the two");
            return Err(self.raw.bad(section, other, &what));
        }
        match way {
            Way::Here => Ok(Some(Given { key, names: None, value: text })),
            Way::Variable => self.variable(section, key, &text).map(Some),
            Way::File => self.file(section, key, &text).map(Some),
        }
    }

    fn variable(&self, section: &str, key: &'static str, name: &str) -> Result<Given> {
        let bad = |what: &str| Err(self.raw.bad(section, key, what));
        // Whatever is no name is not shown: it may be the secret itself.
        if !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            return bad("this is no name of an environment variable; write the name here, not the value");
        }
        let Some(value) = self.environment.variable(name) else {
            return bad(&format!(
                "the environment variable `{name}` is not set; export it where dt is started"
            ));
        };
        match value.into_string() {
            Ok(value) if value.is_empty() => bad(&format!("the environment variable `{name}` is empty")),
            Ok(value) => Ok(Given { key, names: Some(format!("variable `{name}`")), value }),
            Err(_) => bad(&format!("the environment variable `{name}` is not UTF-8")),
        }
    }

    fn file(&mut self, section: &str, key: &'static str, path: &str) -> Result<Given> {
        let read = self.environment.file(Path::new(path));
        let file = read.map_err(|e| self.raw.bad(section, key, &format!("`{path}` cannot be read: {e}")))?;
        let Ok(text) = String::from_utf8(file.bytes) else {
            return Err(self.raw.bad(section, key, &format!("`{path}` is not UTF-8")));
        };
        let line = text.strip_suffix('\n').map_or(&*text, |line| line.strip_suffix('\r').unwrap_or(line));
        if line.is_empty() {
            return Err(self.raw.bad(section, key, &format!("`{path}` is empty")));
        }
        if file.is_world_readable {
            self.warn_of_readers(section, key, path);
        }
        Ok(Given { key, names: Some(format!("file `{path}`")), value: line.to_owned() })
    }

    /// Warns that a file with a secret is open to everybody.
    pub(super) fn warn_of_readers(&mut self, section: &str, key: &str, path: &str) {
        let what = format!("every user of this machine may read `{path}`; take that right away (chmod o-r)");
        self.warnings.push(self.raw.bad(section, key, &what).to_string());
    }
}

impl Connection {
    /// The key that gave the URL.
    pub(super) fn key(&self) -> &'static str {
        self.origin.key
    }

    /// An error about the URL.
    pub(super) fn bad(&self, raw: &RawConfig, what: &str) -> Error {
        self.origin.bad(raw, self.section, what)
    }
}

impl Given {
    fn bad(&self, raw: &RawConfig, section: &str, what: &str) -> Error {
        match &self.names {
            None => raw.bad(section, self.key, what),
            Some(origin) => raw.bad(section, self.key, &format!("{origin}: {what}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::environment::fixtures::Fixture;
    use super::*;

    fn connect(keys: &str, environment: &Fixture) -> Result<(String, Vec<String>)> {
        let raw = RawConfig::parse("t.ini", &format!("[extractor]\n{keys}")).unwrap();
        let mut connections = Connections { raw: &raw, environment, warnings: Vec::new() };
        let url = connections.connection("extractor", &["mysql"])?.url;
        Ok((url.to_string(), connections.warnings))
    }

    fn environment() -> Fixture {
        let variables = [
            ("URL", "mysql://u:1@h"),
            ("USER", "x@y"),
            ("PW", "a/b:c@\n"),
            ("EMPTY", ""),
            ("BAD", "mysql://u:s3cret@"),
        ];
        let files = [("f", "p w\n\n"), ("crlf", "pw\r\n"), ("open", "pw"), ("nothing", "\n")];
        Fixture::with_variables(&variables).and_files(&files)
    }

    #[test]
    fn values_come_from_wherever_the_key_says() {
        for (keys, expected) in [
            ("url=mysql://u:1@h", "mysql://u:1@h"),
            ("url_env=URL\npassword=", "mysql://u:1@h"),
            ("url_env=URL\nusername_env=USER\npassword_env=PW", "mysql://x%40y:a%2Fb%3Ac%40%0A@h"),
            ("url=mysql://h\nusername=a\npassword_file=f", "mysql://a:p%20w%0A@h"),
            ("url=mysql://h\nusername=a\npassword_file=crlf", "mysql://a:pw@h"),
        ] {
            assert_eq!(connect(keys, &environment()).unwrap(), (expected.to_owned(), Vec::new()), "{keys}");
        }
    }

    #[test]
    fn errors_name_key_line_and_origin_and_no_value() {
        for (keys, expected) in [
            (
                "url=mysql://h\npassword=s3cret\npassword_env=PW",
                "t.ini:4: [extractor] password_env: `password` on line 3 gives the same value",
            ),
            ("url=mysql://h\nurl_env=URL", "t.ini:3: [extractor] url_env: `url` on line 2"),
            ("url_env=NONE", "t.ini:2: [extractor] url_env: the environment variable `NONE` is not set"),
            ("url_env=EMPTY", "the environment variable `EMPTY` is empty"),
            ("url_env=BAD", "t.ini:2: [extractor] url_env: variable `BAD`: "),
            ("url=mysql://h\npassword_env=s3cret!", "[extractor] password_env: this is no name"),
            (
                "url=mysql://h\npassword_file=none",
                "t.ini:3: [extractor] password_file: `none` cannot be read",
            ),
            ("url=mysql://h\npassword_file=nothing", "`nothing` is empty"),
            ("username=a", "t.ini: `url` is missing in [extractor]"),
        ] {
            let error = connect(keys, &environment()).unwrap_err().to_string();
            assert!(error.starts_with(expected) || error.contains(expected), "{error}");
            assert!(!error.contains("s3cret"), "{error}");
        }
    }

    #[test]
    fn a_file_for_everybody_is_a_warning() {
        let (_, warnings) = connect("url=mysql://h\nusername=a\npassword_file=open", &environment()).unwrap();
        assert_eq!(
            warnings,
            [
                "t.ini:4: [extractor] password_file: every user of this machine may read `open`; take that right away (chmod o-r)"
            ]
        );
    }
}
