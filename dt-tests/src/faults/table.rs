//! Which fault meets which step.
//!
//! Every case runs under load on every shape of table: keyed, composite key, keyless, and several tables in a transaction.

use super::at_source::SourceFault;
use super::play::{Fault, Then};
use crate::proxy::Network;

/// When a fault comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// In a task's start, struct, hand-over or copy.
    Start,
    /// In a copy that takes long enough to be met while the source is being read.
    Copy,
    /// While the task follows changes.
    Batch,
    /// While the task is stopped.
    Down,
}

/// A step of a task: a phase and, where the step is a request to Databend, which.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    /// Shown.
    pub name: &'static str,
    /// When it comes.
    pub phase: Phase,
    /// Kind of the request; empty when the step is no request.
    pub kind: &'static str,
    /// Found in its SQL.
    pub sql: &'static str,
    /// The how manieth of its kind.
    pub nth: u32,
    /// Whether rows travel in files, whatever `WRITE_METHOD` says.
    pub in_files: bool,
}

const fn request(name: &'static str, phase: Phase, kind: &'static str, sql: &'static str, nth: u32) -> Step {
    Step { name, phase, kind, sql, nth, in_files: false }
}

pub(super) const fn query(name: &'static str, phase: Phase, sql: &'static str, nth: u32) -> Step {
    request(name, phase, "query", sql, nth)
}

const fn moment(name: &'static str, phase: Phase) -> Step {
    request(name, phase, "", "", 0)
}

const fn in_files(step: Step) -> Step {
    Step { in_files: true, ..step }
}

// The start of a task.
const LOGIN: Step = request("start: login", Phase::Start, "login", "", 1);
const STATE: Step = query("start: state tables", Phase::Start, "^CREATE TABLE .*_dt.*checkpoint", 1);
const ROW: Step = query("start: checkpoint row", Phase::Start, "^INSERT INTO ._dt.*checkpoint", 1);
const CLAIM: Step = query("start: takeover", Phase::Start, "^UPDATE ._dt.*SET .epoch", 1);
const LOOK: Step = request("start: page of columns", Phase::Start, "page", "system.columns", 2);
const DATABASE: Step = query("struct: database", Phase::Start, "^CREATE DATABASE .*dt_test", 1);
const TABLE: Step = query("struct: third table", Phase::Start, "^CREATE TABLE .*dt_test", 3);
// The hand-over: its start position is the first batch.
const POSITION: Step = query("hand-over: position", Phase::Start, "^UPDATE ._dt.*SET .n. = 1,", 1);
const HANDED: Step = query("hand-over: commit", Phase::Start, "^COMMIT", 1);
// The copy.
const CHUNK_BEGIN: Step = query("copy: begin", Phase::Start, "^BEGIN", 2);
const CHUNK: Step = query("copy: rows", Phase::Start, WRITE, 2);
const CHUNK_KEYLESS: Step = query("copy: keyless rows", Phase::Start, WRITE_KEYLESS, 1);
const MARK: Step = query("copy: done mark", Phase::Start, "^INSERT INTO ._dt.*marks", 1);
const CHUNK_MOVE: Step = query("copy: checkpoint", Phase::Start, "^UPDATE ._dt.*SET .n. = 2", 1);
const CHUNK_COMMIT: Step = query("copy: commit", Phase::Start, "^COMMIT", 2);
const READING: Step = query("copy: while reading", Phase::Copy, WRITE, 2);
// A batch of changes.
const BEGIN: Step = query("batch: begin", Phase::Batch, "^BEGIN", 2);
const KEYED: Step = query("batch: keyed", Phase::Batch, "^(INSERT|DELETE|REPLACE|COPY|MERGE).*.keyed", 2);
const COMPOSITE: Step =
    query("batch: composite", Phase::Batch, "^(INSERT|DELETE|REPLACE|COPY|MERGE).*.composite", 2);
const KEYLESS: Step = query("batch: keyless", Phase::Batch, WRITE_KEYLESS, 2);
const SEVERAL: Step =
    query("batch: several tables", Phase::Batch, "^(INSERT|DELETE|REPLACE|COPY|MERGE).*.entry", 2);
const MOVE: Step = query("batch: checkpoint", Phase::Batch, "^UPDATE ._dt.*SET .n.", 2);
const COMMIT: Step = query("batch: commit", Phase::Batch, "^COMMIT", 2);
const FINAL: Step = request("batch: final of commit", Phase::Batch, "final", "^COMMIT", 1);
// Files: the first upload of a start is a probe of the stage.
const SWEEP: Step = in_files(query("stage: sweep", Phase::Start, "^LIST @", 1));
const PROBE: Step = in_files(request("stage: probe", Phase::Start, "upload", "", 1));
const CHUNK_FILE: Step = in_files(request("stage: file of a chunk", Phase::Start, "upload", "", 3));
const CHUNKS_STAGED: Step = in_files(query("stage: chunks staged", Phase::Start, "^BEGIN", 3));
const FILE: Step = in_files(request("stage: file of a batch", Phase::Batch, "upload", "", 2));
const COUNT: Step = in_files(query("stage: count of a file", Phase::Batch, "^SELECT count.* FROM @", 2));
const STAGED: Step = in_files(query("stage: batch staged", Phase::Batch, "^BEGIN", 2));
const LOAD: Step = in_files(query("stage: loading a file", Phase::Batch, WRITE_KEYLESS, 2));
// Moments of the source.
const STREAM: Step = moment("stream", Phase::Batch);
const DOWN: Step = moment("while stopped", Phase::Down);

const WRITE: &str = "^(INSERT|DELETE|REPLACE|COPY|MERGE).*dt_test_fault_\\d+.\\.";
const WRITE_KEYLESS: &str = "^(INSERT|DELETE|REPLACE|COPY|MERGE).*.keyless";

/// The suite.
pub const TABLE_OF_FAULTS: &[(Fault, &[Step])] = &[
    (
        Fault::Killed(Then::NotRun),
        &[
            STATE,
            ROW,
            CLAIM,
            DATABASE,
            TABLE,
            POSITION,
            HANDED,
            CHUNK_BEGIN,
            CHUNK,
            CHUNK_KEYLESS,
            MARK,
            CHUNK_MOVE,
            CHUNK_COMMIT,
            BEGIN,
            KEYED,
            COMPOSITE,
            KEYLESS,
            SEVERAL,
            MOVE,
            COMMIT,
            SWEEP,
            PROBE,
            CHUNK_FILE,
            CHUNKS_STAGED,
            FILE,
            COUNT,
            STAGED,
            LOAD,
        ],
    ),
    (Fault::Killed(Then::Run), &[ROW, CLAIM, TABLE, HANDED, CHUNK_COMMIT, MOVE, COMMIT, CHUNK_FILE, FILE]),
    (Fault::Killed(Then::RunLate), &[CLAIM, HANDED, CHUNK_COMMIT, COMMIT, FILE]),
    (Fault::Stopped, &[CLAIM, TABLE, HANDED, CHUNK, CHUNK_COMMIT, KEYLESS, COMMIT, FILE]),
    (Fault::StoppedWithTargetDead, &[COMMIT]),
    (
        Fault::Overtaken,
        &[
            CLAIM,
            TABLE,
            HANDED,
            CHUNK,
            CHUNK_COMMIT,
            KEYLESS,
            MOVE,
            COMMIT,
            SWEEP,
            PROBE,
            CHUNK_FILE,
            FILE,
            COUNT,
            STAGED,
            LOAD,
        ],
    ),
    (
        Fault::Answer("drop_before"),
        &[LOGIN, CLAIM, LOOK, TABLE, HANDED, CHUNK_COMMIT, KEYLESS, MOVE, COMMIT, SWEEP, PROBE, FILE],
    ),
    (
        Fault::Answer("drop_after"),
        &[ROW, CLAIM, TABLE, HANDED, CHUNK_COMMIT, KEYLESS, MOVE, COMMIT, FINAL, CHUNK_FILE, FILE, LOAD],
    ),
    (
        Fault::Answer("http_503"),
        &[LOGIN, CLAIM, LOOK, CHUNK, KEYLESS, COMMIT, FINAL, SWEEP, PROBE, CHUNK_FILE, FILE, COUNT],
    ),
    (Fault::Answer("garbage"), &[LOGIN, CLAIM, LOOK, CHUNK, KEYLESS, COMMIT, FINAL, PROBE, FILE, COUNT]),
    (Fault::Answer("delay"), &[LOGIN, CLAIM, CHUNK_COMMIT, KEYLESS, COMMIT, FILE]),
    (Fault::Answer("delay_after"), &[LOOK, CHUNK_COMMIT, COMMIT, FILE]),
    (Fault::Answer("kill_session"), &[CHUNK, CHUNK_COMMIT, KEYLESS, COMMIT, LOAD]),
    (Fault::DiskFull, &[CHUNK, KEYLESS, COMMIT, CHUNK_FILE, FILE]),
    (Fault::StageEmptied, &[CHUNKS_STAGED, STAGED]),
    (Fault::ClockSetBack, &[READING, STREAM]),
    (Fault::Compacted, &[COMMIT]),
    (Fault::TargetRestarted, &[TABLE, HANDED, CHUNK, CHUNK_COMMIT, KEYLESS, COMMIT]),
    (Fault::Target(Network::Cut), &[CHUNK, COMMIT, FILE]),
    (Fault::Target(Network::Silent), &[CHUNK, COMMIT, FILE]),
    (Fault::Source(SourceFault::Restarted), &[HANDED, READING, STREAM]),
    (Fault::Source(SourceFault::Crashed), &[READING, STREAM]),
    (Fault::Source(SourceFault::ConnectionsKilled), &[HANDED, READING, STREAM]),
    (Fault::Source(SourceFault::Network(Network::Cut)), &[READING, STREAM]),
    (Fault::Source(SourceFault::Network(Network::Silent)), &[READING, STREAM]),
    (Fault::Source(SourceFault::Rotated), &[HANDED, STREAM, DOWN]),
    (Fault::Source(SourceFault::FailedOver), &[STREAM, DOWN]),
    (Fault::Source(SourceFault::Purged), &[DOWN]),
    (Fault::Source(SourceFault::Reset), &[STREAM, DOWN]),
    (Fault::Source(SourceFault::LostEvents), &[DOWN]),
];

/// What `make test` plays: one case of each kind that takes a second or two.
const SAMPLE: &[&str] = &[
    "killed, late / batch: commit",
    "killed, not run / copy: keyless rows",
    "killed, run / start: takeover",
    "stopped / batch: commit",
    "overtaken / batch: commit",
    "drop_after / batch: commit",
    "kill_session / batch: keyless",
    "connections killed / stream",
];

/// A row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Case {
    /// What happens.
    pub fault: Fault,
    /// When.
    pub step: Step,
}

impl Case {
    /// Every case, in the order of the table.
    pub fn all() -> Vec<Self> {
        let rows = TABLE_OF_FAULTS.iter();
        rows.flat_map(|(fault, steps)| steps.iter().map(|step| Self { fault: *fault, step: *step })).collect()
    }

    /// Fault and step.
    pub fn name(&self) -> String {
        format!("{} / {}", self.fault, self.step.name)
    }

    /// Whether `make test` plays it.
    pub fn is_sampled(&self) -> bool {
        SAMPLE.contains(&self.name().as_str())
    }

    /// Whether it is played on MySQL too: what happens at the source, and every fault of a commit.
    pub fn is_for_mysql(&self) -> bool {
        matches!(self.fault, Fault::Source(_))
            || self.step.name == COMMIT.name
            || self.step.name == HANDED.name
            || self.step.name == FILE.name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases_are_many_and_have_names_of_their_own() {
        let mut names: Vec<String> = Case::all().iter().map(Case::name).collect();
        assert!(names.len() >= 60, "{}", names.len());
        names.sort();
        names.dedup();
        assert_eq!(names.len(), Case::all().len());
        for name in SAMPLE {
            assert!(names.iter().any(|known| known == name), "{name}");
        }
    }
}
