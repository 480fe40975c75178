//! The steps of a task, and how each is met: by the request to Databend that belongs to it, or the statement for the source.

use std::fmt;

use super::changes::Changes;

/// When a fault comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// In a task's start, struct, hand-over or copy.
    Start,
    /// In a copy that takes long enough to be met while the source is being read.
    Copy,
    /// While the task follows changes.
    Batch,
    /// While the task follows changes of structure between rows of the same tables.
    Change(Changes),
    /// While the task is stopped.
    Down,
}

/// How the rows travel, as `write_method` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// In the text of statements.
    Sql,
    /// In files.
    Stage,
}

impl fmt::Display for Method {
    /// The word of the task file.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sql => "sql",
            Self::Stage => "stage",
        })
    }
}

/// By which methods a step is played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ways {
    /// By `auto`: no row travels at this step.
    Any,
    /// By one after the other.
    Both,
    /// In files only: the step belongs to them.
    Files,
}

impl Ways {
    /// The methods; `None` for `auto`.
    pub const fn methods(self) -> &'static [Option<Method>] {
        match self {
            Self::Any => &[None],
            Self::Both => &[Some(Method::Sql), Some(Method::Stage)],
            Self::Files => &[Some(Method::Stage)],
        }
    }
}

/// A step of a task: a phase and, where the step is a request to Databend, which.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    /// Shown.
    pub name: &'static str,
    /// When it comes.
    pub phase: Phase,
    /// Kind of the request: one of the local Databend's, or [`TO_SOURCE`]; empty when the step is no request.
    pub kind: &'static str,
    /// Found in its SQL; part of the statement where it goes to the source.
    pub sql: &'static str,
    /// Found in the SQL of an earlier query, behind which the step comes; empty when any may come before.
    pub after: &'static str,
    /// The how manieth of its kind.
    pub nth: u32,
    /// How rows travel when it is played.
    pub ways: Ways,
}

/// The kind of a step that is a statement for the source.
pub const TO_SOURCE: &str = "source";

const fn request(name: &'static str, phase: Phase, kind: &'static str, sql: &'static str, nth: u32) -> Step {
    // Before a task has rows their way makes no difference.
    let ways = match phase {
        Phase::Start | Phase::Change(_) | Phase::Down => Ways::Any,
        Phase::Copy | Phase::Batch => Ways::Both,
    };
    Step { name, phase, kind, sql, after: "", nth, ways }
}

pub(super) const fn query(name: &'static str, phase: Phase, sql: &'static str, nth: u32) -> Step {
    request(name, phase, "query", sql, nth)
}

const fn moment(name: &'static str, phase: Phase) -> Step {
    Step { ways: Ways::Any, ..request(name, phase, "", "", 0) }
}

const fn copied(name: &'static str, sql: &'static str, nth: u32) -> Step {
    Step { ways: Ways::Both, ..query(name, Phase::Start, sql, nth) }
}

const fn change(name: &'static str, sql: &'static str) -> Step {
    query(name, Phase::Change(Changes::Columns), sql, 1)
}

const fn of_tables(name: &'static str, sql: &'static str) -> Step {
    query(name, Phase::Change(Changes::Tables), sql, 1)
}

const fn to_source(name: &'static str, sql: &'static str) -> Step {
    request(name, Phase::Start, TO_SOURCE, sql, 1)
}

const fn behind(after: &'static str, step: Step) -> Step {
    Step { after, ..step }
}

const fn in_files(step: Step) -> Step {
    Step { ways: Ways::Files, ..step }
}

// The start of a task.
pub(super) const LOGIN: Step = request("start: login", Phase::Start, "login", "", 1);
pub(super) const STATE: Step =
    query("start: state tables", Phase::Start, "^CREATE TABLE .*_dt.*checkpoint", 1);
pub(super) const ROW: Step = query("start: checkpoint row", Phase::Start, "^INSERT INTO ._dt.*checkpoint", 1);
pub(super) const CLAIM: Step = query("start: takeover", Phase::Start, "^UPDATE ._dt.*SET .epoch", 1);
pub(super) const LOOK: Step = request("start: page of columns", Phase::Start, "page", "system.columns", 2);
pub(super) const DATABASE: Step = query("struct: database", Phase::Start, "^CREATE DATABASE .*dt_test", 1);
pub(super) const TABLE: Step = query("struct: third table", Phase::Start, "^CREATE TABLE .*dt_test", 3);
// What a start asks of the source.
pub(super) const VARIABLES: Step = to_source("start: variables of the source", "SHOW GLOBAL VARIABLES");
pub(super) const DEFINITIONS: Step =
    to_source("start: definitions of the source", "information_schema.COLUMNS");
pub(super) const ENGINES: Step = to_source("start: check of the source", "information_schema.ENGINES");
// The hand-over: its start position is the first batch.
pub(super) const POSITION: Step = query("hand-over: position", Phase::Start, "^UPDATE ._dt.*SET .n. = 1,", 1);
pub(super) const HANDED: Step = query("hand-over: commit", Phase::Start, "^COMMIT", 1);
// The copy.
pub(super) const CHUNK_BEGIN: Step = copied("copy: begin", "^BEGIN", 2);
pub(super) const CHUNK: Step = copied("copy: rows", WRITE, 2);
pub(super) const CHUNK_KEYLESS: Step = copied("copy: keyless rows", WRITE_KEYLESS, 1);
pub(super) const MARK: Step = copied("copy: done mark", "^INSERT INTO ._dt.*marks", 1);
pub(super) const CHUNK_MOVE: Step = copied("copy: checkpoint", "^UPDATE ._dt.*SET .n. = 2", 1);
pub(super) const CHUNK_COMMIT: Step = copied("copy: commit", "^COMMIT", 2);
pub(super) const READING: Step = query("copy: while reading", Phase::Copy, WRITE, 2);
// A batch of changes.
pub(super) const BEGIN: Step = query("batch: begin", Phase::Batch, "^BEGIN", 2);
pub(super) const KEYED: Step =
    query("batch: keyed", Phase::Batch, "^(INSERT|DELETE|REPLACE|COPY|MERGE).*.keyed", 2);
pub(super) const COMPOSITE: Step =
    query("batch: composite", Phase::Batch, "^(INSERT|DELETE|REPLACE|COPY|MERGE).*.composite", 2);
pub(super) const KEYLESS: Step = query("batch: keyless", Phase::Batch, WRITE_KEYLESS, 2);
pub(super) const SEVERAL: Step =
    query("batch: several tables", Phase::Batch, "^(INSERT|DELETE|REPLACE|COPY|MERGE).*.entry", 2);
pub(super) const MOVE: Step = query("batch: checkpoint", Phase::Batch, "^UPDATE ._dt.*SET .n.", 2);
pub(super) const COMMIT: Step = query("batch: commit", Phase::Batch, "^COMMIT", 2);
pub(super) const FINAL: Step = request("batch: final of commit", Phase::Batch, "final", "^COMMIT", 1);
// Files: the first upload of a start is a probe of the stage.
pub(super) const SWEEP: Step = in_files(query("stage: sweep", Phase::Start, "^LIST @", 1));
pub(super) const PROBE: Step = in_files(request("stage: probe", Phase::Start, "upload", "", 1));
pub(super) const CHUNK_FILE: Step =
    in_files(request("stage: file of a chunk", Phase::Start, "upload", "", 3));
pub(super) const CHUNKS_STAGED: Step = in_files(query("stage: chunks staged", Phase::Start, "^BEGIN", 3));
pub(super) const FILE: Step = in_files(request("stage: file of a batch", Phase::Batch, "upload", "", 2));
pub(super) const COUNT: Step =
    in_files(query("stage: count of a file", Phase::Batch, "^SELECT count.* FROM @", 2));
pub(super) const STAGED: Step = in_files(query("stage: batch staged", Phase::Batch, "^BEGIN", 2));
pub(super) const LOAD: Step = in_files(query("stage: loading a file", Phase::Batch, WRITE_KEYLESS, 2));
// A change of structure: the intent is stored, the target is brought to it, the intent is cleared.
pub(super) const PLAN: Step = change("change: look", "system.columns");
pub(super) const INTENT: Step = change("change: intent", STORES_INTENT);
pub(super) const INTENT_COMMIT: Step =
    behind(STORES_INTENT, change("change: commit of the intent", "^COMMIT"));
pub(super) const LEFT: Step = behind(STORES_INTENT, change("change: look at what is left", "system.columns"));
pub(super) const FENCE: Step = behind(STORES_INTENT, change("change: fence", "^SELECT .*_dt.*checkpoint"));
pub(super) const DROP_COLUMN: Step = change("change: column dropped", "^ALTER TABLE .*keyed. DROP COLUMN");
pub(super) const RENAME_COLUMN: Step =
    change("change: column renamed", "^ALTER TABLE .*keyed. RENAME COLUMN");
pub(super) const MODIFY_COLUMN: Step =
    change("change: column widened", "^ALTER TABLE .*keyed. MODIFY COLUMN");
pub(super) const ADD_COLUMN: Step = change("change: column added", "^ALTER TABLE .*keyed. ADD COLUMN");
pub(super) const ADD_KEYLESS: Step =
    change("change: keyless column added", "^ALTER TABLE .*keyless. ADD COLUMN");
pub(super) const CREATE: Step = of_tables("change: table created", "^CREATE TABLE .*later");
pub(super) const RENAME: Step = of_tables("change: table renamed", "^RENAME TABLE");
pub(super) const DROP: Step = of_tables("change: table dropped", "^DROP TABLE .*passing");
pub(super) const TRUNCATE: Step = of_tables("change: table truncated", "^DELETE FROM .*entry.$");
pub(super) const CLEAR_BEGIN: Step =
    behind("^ALTER TABLE .*keyed. ADD COLUMN", change("change: begin of clearing", "^BEGIN"));
pub(super) const CLEAR: Step = change("change: clearing", CLEARS_INTENT);
pub(super) const CLEAR_MOVE: Step =
    behind(CLEARS_INTENT, change("change: checkpoint", "^UPDATE ._dt.*SET .n."));
pub(super) const CLEAR_COMMIT: Step = behind(CLEARS_INTENT, change("change: commit", "^COMMIT"));
pub(super) const LOOK_AGAIN: Step =
    behind(CLEARS_INTENT, change("change: look at the new tables", "system.columns"));
// Moments of the source.
pub(super) const STREAM: Step = moment("stream", Phase::Batch);
pub(super) const DOWN: Step = moment("while stopped", Phase::Down);

const WRITE: &str = "^(INSERT|DELETE|REPLACE|COPY|MERGE).*dt_test_fault_\\d+.\\.";
const WRITE_KEYLESS: &str = "^(INSERT|DELETE|REPLACE|COPY|MERGE).*.keyless";
const STORES_INTENT: &str = "^INSERT INTO ._dt.*ddl_history";
const CLEARS_INTENT: &str = "^UPDATE ._dt.*ddl_history";
