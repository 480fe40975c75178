//! A named check: what was looked at, what was found, what to do about it.

use std::fmt;

use crate::error::Error;

/// Names that a finding lists before it counts the rest.
const LISTED: usize = 20;

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Nothing to do.
    Pass,
    /// Nobody could look: another check failed before it, or the user may not see it. The finding says which.
    Unseen,
    /// The task runs, but its user should know.
    Warn,
    /// The task would not start, or would lose something.
    Fail,
}

/// What a look found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How it ended.
    pub verdict: Verdict,
    /// What was found, in one line.
    pub found: String,
    /// What to do, with the statement to run where there is one; empty when there is nothing to do.
    pub remedy: String,
}

impl Finding {
    /// All is well.
    pub fn pass(found: impl Into<String>) -> Self {
        Self { verdict: Verdict::Pass, found: found.into(), remedy: String::new() }
    }

    /// Something that the user should know.
    pub fn warn(found: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { verdict: Verdict::Warn, found: found.into(), remedy: remedy.into() }
    }

    /// A blocker.
    pub fn fail(found: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { verdict: Verdict::Fail, found: found.into(), remedy: remedy.into() }
    }

    /// Nobody could look, and why.
    pub fn unseen(why: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { verdict: Verdict::Unseen, found: why.into(), remedy: remedy.into() }
    }

    /// Nobody could look, because the check that comes before it did not pass.
    pub fn without(check: &str) -> Self {
        Self::unseen(format!("not looked at, because it depends on {check}"), "")
    }
}

/// `found; remedy`, as the log and the error of a task say it.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.found)?;
        if !self.remedy.is_empty() {
            write!(f, "; {}", self.remedy)?;
        }
        Ok(())
    }
}

/// A look that failed is a failed check: what cannot be seen cannot be relied on. The error names the way out.
impl From<Error> for Finding {
    fn from(error: Error) -> Self {
        Self::fail(error.to_string(), "")
    }
}

/// One check of a source or a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What was looked at: a fixed name, the same in every output and in the documentation.
    pub name: &'static str,
    /// What was found.
    pub finding: Finding,
}

/// Names in one line: the first twenty, then how many more.
pub fn listed<T: fmt::Display>(names: impl IntoIterator<Item = T>) -> String {
    let mut names = names.into_iter();
    let shown: Vec<String> = names.by_ref().take(LISTED).map(|name| name.to_string()).collect();
    let more = names.count();
    let shown = shown.join(", ");
    if more == 0 { shown } else { format!("{shown} and {more} more") }
}

/// A number and what it counts: `1 table`, `2 tables`.
pub fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lists_are_counted() {
        assert_eq!(listed(["a", "b"]), "a, b");
        assert!(listed(1..=23).ends_with("19, 20 and 3 more"));
        assert_eq!((counted(1, "table"), counted(0, "table")), ("1 table".into(), "0 tables".into()));
    }

    #[test]
    fn a_finding_reads_as_a_sentence() {
        assert_eq!(Finding::fail("a is off", "set a").to_string(), "a is off; set a");
        assert_eq!(Finding::from(Error::source("gone")), Finding::fail("gone", ""));
    }
}
