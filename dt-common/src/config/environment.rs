//! What a task file may point at beside itself: variables of the environment, and files.

use std::ffi::OsString;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Where secrets come from that do not stand in the task file. Tests bring their own.
pub trait Environment {
    /// A variable; `None` when it is not set.
    fn variable(&self, name: &str) -> Option<OsString>;

    /// A file, whole.
    ///
    /// # Errors
    /// It cannot be read.
    fn file(&self, path: &Path) -> io::Result<SecretFile>;
}

/// A file as it was read.
pub struct SecretFile {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Whether every user of the machine may read it.
    pub is_world_readable: bool,
}

impl SecretFile {
    /// Whether it has a PEM section whose label ends in `kind`: `PRIVATE KEY` is that of `RSA PRIVATE KEY` too.
    pub fn holds_pem(&self, kind: &str) -> bool {
        let end = format!("{kind}-----");
        let text = String::from_utf8_lossy(&self.bytes);
        text.lines().any(|line| line.starts_with("-----BEGIN ") && line.trim_end().ends_with(&end))
    }
}

/// The environment of this process.
#[derive(Debug, Clone, Copy)]
pub struct ProcessEnvironment;

impl Environment for ProcessEnvironment {
    fn variable(&self, name: &str) -> Option<OsString> {
        std::env::var_os(name)
    }

    fn file(&self, path: &Path) -> io::Result<SecretFile> {
        let is_world_readable = std::fs::metadata(path)?.permissions().mode() & 0o004 != 0;
        Ok(SecretFile { bytes: std::fs::read(path)?, is_world_readable })
    }
}

#[cfg(test)]
pub(super) mod fixtures {
    use super::*;

    /// An environment of a test: names with their texts. A file called `open..` is readable by all.
    #[derive(Default)]
    pub(crate) struct Fixture {
        variables: Vec<(String, String)>,
        files: Vec<(String, String)>,
    }

    impl Fixture {
        pub(crate) fn with_files(files: &[(&str, &str)]) -> Self {
            Self::default().and_files(files)
        }

        pub(crate) fn with_variables(variables: &[(&str, &str)]) -> Self {
            Self { variables: owned(variables), files: Vec::new() }
        }

        pub(crate) fn and_files(self, files: &[(&str, &str)]) -> Self {
            Self { files: owned(files), ..self }
        }
    }

    fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
    }

    impl Environment for Fixture {
        fn variable(&self, name: &str) -> Option<OsString> {
            self.variables.iter().find(|(n, _)| n == name).map(|(_, text)| text.into())
        }

        fn file(&self, path: &Path) -> io::Result<SecretFile> {
            let (name, text) =
                self.files.iter().find(|(name, _)| Path::new(name) == path).ok_or(io::ErrorKind::NotFound)?;
            Ok(SecretFile { bytes: text.clone().into_bytes(), is_world_readable: name.starts_with("open") })
        }
    }
}
