//! A named check: what was looked at, what was found, what to do about it.

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Nothing to do.
    Pass,
    /// The task runs, but its user should know.
    Warn,
    /// The task would not start, or would lose something.
    Fail,
}

/// One check of a source or a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What was looked at: a fixed name, the same in every output and in the documentation.
    pub name: &'static str,
    /// How it ended.
    pub verdict: Verdict,
    /// What was found, in one line.
    pub found: String,
    /// What to do, with the statement to run where there is one; empty for a pass.
    pub remedy: String,
}
