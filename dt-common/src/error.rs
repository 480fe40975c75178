//! One error type, sorted by what has to happen next.
//!
//! The [`ErrorKind`] decides between retry, stop and exit code; the message is for a person: it names the place and
//! the way out, and never holds a cell's value or a password.

use std::fmt;

/// What an error means for the task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The task file or the command line is wrong; nothing was started.
    Config,
    /// The source refuses or lacks something: privilege, binlog setting, purged position.
    Source,
    /// The target refuses or lacks something: privilege, version, full disk.
    Target,
    /// A value or row that the target cannot hold, or a row that should be there and is not.
    Data,
    /// A table's definition is not what the task expects.
    Schema,
    /// Another writer has taken this task over.
    Fenced,
    /// The target rejected a transaction because another one was faster; the same batch may be tried again.
    Conflict,
    /// A lost connection, a time-out, an overloaded server; the same work may be tried again.
    Transient,
    /// A defect of dt itself.
    Internal,
}

impl ErrorKind {
    /// Whether the same work may succeed when it is tried again.
    pub fn is_retryable(self) -> bool {
        match self {
            Self::Conflict | Self::Transient => true,
            Self::Config
            | Self::Source
            | Self::Target
            | Self::Data
            | Self::Schema
            | Self::Fenced
            | Self::Internal => false,
        }
    }

    fn label(self) -> &'static str {
        match self {
            Self::Config => "configuration",
            Self::Source => "source",
            Self::Target => "target",
            Self::Data => "data",
            Self::Schema => "schema",
            Self::Fenced => "fenced",
            Self::Conflict => "conflict",
            Self::Transient => "transient",
            Self::Internal => "internal",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}

/// An error with its kind, a message for a person and the cause that a library gave.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
    way_out: Option<&'static str>,
}

/// The result type of every fallible function in dt.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error of `kind` with a message that names the place and the way out.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), source: None, way_out: None }
    }

    /// Keeps the cause that a library gave; it is printed after the message.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Says what to do, behind the cause. The first one stays: it was given closest to the place.
    #[must_use]
    pub fn way_out(mut self, what: &'static str) -> Self {
        self.way_out.get_or_insert(what);
        self
    }

    /// Puts the place in front of the message: `place: message`.
    #[must_use]
    pub fn at(mut self, place: impl fmt::Display) -> Self {
        self.message = format!("{place}: {}", self.message);
        self
    }

    /// What the error means for the task.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// A configuration error.
    pub fn config(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Config, message)
    }

    /// An error of the source.
    pub fn source(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Source, message)
    }

    /// An error of the target.
    pub fn target(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Target, message)
    }

    /// An error in a value or row.
    pub fn data(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Data, message)
    }

    /// A table definition that is not what the task expects.
    pub fn schema(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Schema, message)
    }

    /// A defect of dt itself.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Internal, message)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if let Some(source) = &self.source {
            write!(f, ": {source}")?;
        }
        if let Some(what) = self.way_out {
            write!(f, "; {what}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|e| e as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn place_comes_first_then_cause_and_way_out() {
        let error = Error::data("too large").at("column `a`").way_out("make it smaller").at("table `d`.`t`");
        let error = error.caused_by("from below").way_out("not heard");
        assert_eq!(error.to_string(), "table `d`.`t`: column `a`: too large: from below; make it smaller");
        assert_eq!(error.kind(), ErrorKind::Data);
    }
}
