//! What a run prints: one line a case, the reasons of failures, and the count at the end.

use std::io::{Write, stdout};
use std::time::Duration;

use anyhow::Result;

use crate::servers::Family;
use crate::steps::Outcome;

/// Counts verdicts and prints them as they come.
#[derive(Debug, Default)]
pub struct Report {
    passed: usize,
    skipped: usize,
    failures: Vec<(String, String)>,
}

impl Report {
    /// Prints a line that belongs to no case.
    pub fn say(&self, line: &str) {
        // A closed standard output (`make test | head`) must not end the run.
        let _ = writeln!(stdout().lock(), "{line}");
    }

    /// A case that cannot run on a family by its nature; it is no skipped test, but it is never silent.
    pub fn not_applicable(&self, case: &str, family: Family, why: &str) {
        self.say(&format!("n/a   {case:40} {family:8} {why}"));
    }

    /// A case that cannot run here although it should.
    pub fn skipped(&mut self, case: &str, family: Family, why: &str) {
        self.skipped += 1;
        self.say(&format!("SKIP  {case:40} {family:8} {why}"));
    }

    /// A case that was played.
    pub fn played(&mut self, case: &str, family: Family, result: &Result<Outcome>, took: Duration) {
        let seconds = took.as_secs_f64();
        match result {
            Ok(outcome) => {
                self.passed += 1;
                let (rows, note) = (outcome.rows, &outcome.note);
                let line = format!("pass  {case:40} {family:8} {rows:>7} rows {seconds:>6.1} s  {note}");
                self.say(line.trim_end());
            }
            Err(error) => {
                self.say(&format!("FAIL  {case:40} {family:8} {:>12} {seconds:>6.1} s", ""));
                self.failures.push((format!("{case} on {family}"), format!("{error:#}")));
            }
        }
    }

    /// Something else than a case that was tried; the note says what was seen.
    pub fn tried(&mut self, name: &str, result: &Result<String>) {
        match result {
            Ok(note) => {
                self.passed += 1;
                self.say(format!("pass  {name:40} {note}").trim_end());
            }
            Err(error) => {
                self.say(&format!("FAIL  {name:40}"));
                self.failures.push((name.to_owned(), format!("{error:#}")));
            }
        }
    }

    /// Prints the reasons of failures and, alone on the last line, the count. Whether everything passed.
    pub fn finish(&self) -> bool {
        for (case, why) in &self.failures {
            self.say(&format!("\n{case}:\n{why}"));
        }
        let failed = self.failures.len();
        let skipped = if self.skipped > 0 { format!(", {} skipped", self.skipped) } else { String::new() };
        self.say(&format!("\n{} passed, {failed} failed{skipped}", self.passed));
        failed == 0 && self.skipped == 0 && self.passed > 0
    }
}
