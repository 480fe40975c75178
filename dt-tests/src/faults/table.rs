//! Which fault meets which step.
//!
//! Every case runs under load on every shape of table: keyed, composite key, keyless, and several tables in a transaction. Where rows
//! travel at a step it is played twice: with rows in the text of statements, and with rows in files.

use super::at_source::SourceFault;
use super::play::{Fault, Then};
use super::step::{
    ADD_COLUMN, ADD_KEYLESS, BEGIN, CHUNK, CHUNK_BEGIN, CHUNK_COMMIT, CHUNK_FILE, CHUNK_KEYLESS, CHUNK_MOVE,
    CHUNKS_STAGED, CLAIM, CLEAR, CLEAR_BEGIN, CLEAR_COMMIT, CLEAR_MOVE, COMMIT, COMPOSITE, COUNT, CREATE,
    DATABASE, DEFINITIONS, DOWN, DROP, DROP_COLUMN, ENGINES, FENCE, FILE, FINAL, HANDED, INTENT,
    INTENT_COMMIT, KEYED, KEYLESS, LEFT, LOAD, LOGIN, LOOK, LOOK_AGAIN, MARK, MODIFY_COLUMN, MOVE, Method,
    PLAN, POSITION, PROBE, READING, RENAME, RENAME_COLUMN, ROW, SEVERAL, STAGED, STATE, STREAM, SWEEP, Step,
    TABLE, TRUNCATE, VARIABLES,
};
use crate::proxy::Network;

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
            PLAN,
            INTENT,
            INTENT_COMMIT,
            LEFT,
            FENCE,
            DROP_COLUMN,
            RENAME_COLUMN,
            MODIFY_COLUMN,
            ADD_COLUMN,
            ADD_KEYLESS,
            CREATE,
            RENAME,
            DROP,
            TRUNCATE,
            CLEAR_BEGIN,
            CLEAR,
            CLEAR_MOVE,
            CLEAR_COMMIT,
            LOOK_AGAIN,
        ],
    ),
    (
        Fault::Killed(Then::Run),
        &[
            ROW,
            CLAIM,
            TABLE,
            HANDED,
            CHUNK_COMMIT,
            MOVE,
            COMMIT,
            CHUNK_FILE,
            FILE,
            INTENT_COMMIT,
            DROP_COLUMN,
            RENAME_COLUMN,
            MODIFY_COLUMN,
            ADD_COLUMN,
            ADD_KEYLESS,
            CREATE,
            RENAME,
            DROP,
            CLEAR_COMMIT,
        ],
    ),
    (
        Fault::Killed(Then::RunLate),
        &[
            CLAIM,
            HANDED,
            CHUNK_COMMIT,
            COMMIT,
            FILE,
            INTENT_COMMIT,
            DROP_COLUMN,
            RENAME_COLUMN,
            MODIFY_COLUMN,
            ADD_COLUMN,
            CREATE,
            RENAME,
            DROP,
            CLEAR_COMMIT,
        ],
    ),
    (
        Fault::Killed(Then::RunBeside),
        &[DROP_COLUMN, RENAME_COLUMN, MODIFY_COLUMN, ADD_COLUMN, ADD_KEYLESS, CREATE, RENAME, DROP],
    ),
    (
        Fault::Stopped,
        &[
            CLAIM,
            TABLE,
            HANDED,
            CHUNK,
            CHUNK_COMMIT,
            KEYLESS,
            COMMIT,
            FILE,
            INTENT_COMMIT,
            FENCE,
            ADD_COLUMN,
            RENAME,
            CLEAR_COMMIT,
        ],
    ),
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
            PLAN,
            INTENT,
            INTENT_COMMIT,
            LEFT,
            FENCE,
            DROP_COLUMN,
            RENAME_COLUMN,
            MODIFY_COLUMN,
            ADD_COLUMN,
            CREATE,
            RENAME,
            DROP,
            TRUNCATE,
            CLEAR,
            CLEAR_COMMIT,
            LOOK_AGAIN,
        ],
    ),
    (
        Fault::Answer("drop_before"),
        &[
            LOGIN,
            CLAIM,
            LOOK,
            TABLE,
            HANDED,
            CHUNK_COMMIT,
            KEYLESS,
            MOVE,
            COMMIT,
            SWEEP,
            PROBE,
            FILE,
            INTENT_COMMIT,
            ADD_COLUMN,
            CLEAR_COMMIT,
        ],
    ),
    (
        Fault::Answer("drop_after"),
        &[
            ROW,
            CLAIM,
            TABLE,
            HANDED,
            CHUNK_COMMIT,
            KEYLESS,
            MOVE,
            COMMIT,
            FINAL,
            CHUNK_FILE,
            FILE,
            LOAD,
            INTENT_COMMIT,
            DROP_COLUMN,
            RENAME_COLUMN,
            MODIFY_COLUMN,
            ADD_COLUMN,
            CREATE,
            RENAME,
            DROP,
            CLEAR_COMMIT,
        ],
    ),
    (
        Fault::Answer("http_503"),
        &[
            LOGIN,
            CLAIM,
            LOOK,
            CHUNK,
            KEYLESS,
            COMMIT,
            FINAL,
            SWEEP,
            PROBE,
            CHUNK_FILE,
            FILE,
            COUNT,
            PLAN,
            INTENT,
            INTENT_COMMIT,
            LEFT,
            FENCE,
            ADD_COLUMN,
            TRUNCATE,
            CLEAR,
            CLEAR_COMMIT,
            LOOK_AGAIN,
        ],
    ),
    (
        Fault::Answer("garbage"),
        &[
            LOGIN,
            CLAIM,
            LOOK,
            CHUNK,
            KEYLESS,
            COMMIT,
            FINAL,
            PROBE,
            FILE,
            COUNT,
            PLAN,
            ADD_COLUMN,
            CLEAR_COMMIT,
        ],
    ),
    (Fault::Answer("delay"), &[LOGIN, CLAIM, CHUNK_COMMIT, KEYLESS, COMMIT, FILE, ADD_COLUMN, CLEAR_COMMIT]),
    (Fault::Answer("delay_after"), &[LOOK, CHUNK_COMMIT, COMMIT, FILE, ADD_COLUMN]),
    (
        Fault::Answer("kill_session"),
        &[CHUNK, CHUNK_COMMIT, KEYLESS, COMMIT, LOAD, INTENT_COMMIT, ADD_COLUMN, CLEAR_COMMIT],
    ),
    (Fault::DiskFull, &[CHUNK, KEYLESS, COMMIT, CHUNK_FILE, FILE]),
    (Fault::StageEmptied, &[CHUNKS_STAGED, STAGED]),
    (Fault::ClockSetBack, &[READING, STREAM]),
    (Fault::Compacted, &[COMMIT]),
    (Fault::TargetRestarted, &[TABLE, HANDED, CHUNK, CHUNK_COMMIT, KEYLESS, COMMIT, ADD_COLUMN]),
    (Fault::Target(Network::Cut), &[CHUNK, COMMIT, FILE, ADD_COLUMN]),
    (Fault::Target(Network::Silent), &[CHUNK, COMMIT, FILE]),
    (Fault::Source(SourceFault::Restarted), &[HANDED, READING, STREAM]),
    (Fault::Source(SourceFault::Crashed), &[READING, STREAM]),
    (Fault::Source(SourceFault::ConnectionsKilled), &[HANDED, READING, STREAM, ADD_COLUMN]),
    (Fault::Source(SourceFault::Network(Network::Cut)), &[READING, STREAM]),
    (
        Fault::Source(SourceFault::Network(Network::Silent)),
        &[VARIABLES, DEFINITIONS, ENGINES, READING, STREAM],
    ),
    (Fault::Source(SourceFault::Rotated), &[HANDED, STREAM, DOWN]),
    (Fault::Source(SourceFault::FailedOver), &[STREAM, DOWN]),
    (Fault::Source(SourceFault::Purged), &[DOWN]),
    (Fault::Source(SourceFault::Reset), &[STREAM, DOWN]),
    (Fault::Source(SourceFault::LostEvents), &[DOWN]),
];

/// What `make test` plays: one case of each kind that takes a second or two.
const SAMPLE: &[&str] = &[
    "killed, late / batch: commit / sql",
    "killed, late / batch: commit / stage",
    "killed, not run / copy: keyless rows / stage",
    "killed, run / start: takeover",
    "killed, run / change: column renamed",
    "stopped / batch: commit / sql",
    "overtaken / batch: commit / stage",
    "overtaken / change: column added",
    "drop_after / batch: commit / sql",
    "kill_session / batch: keyless / sql",
    "connections killed / stream",
];

/// A row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Case {
    /// What happens.
    pub fault: Fault,
    /// When.
    pub step: Step,
    /// How rows travel meanwhile; `None` for `auto`.
    pub method: Option<Method>,
}

impl Case {
    /// Every case, in the order of the table.
    pub fn all() -> Vec<Self> {
        let mut cases = Vec::new();
        for (fault, steps) in TABLE_OF_FAULTS {
            for step in *steps {
                let methods = step.ways.methods().iter();
                cases.extend(methods.map(|method| Self { fault: *fault, step: *step, method: *method }));
            }
        }
        cases
    }

    /// Fault and step.
    pub fn row(&self) -> String {
        format!("{} / {}", self.fault, self.step.name)
    }

    /// Fault, step and, where it is chosen, the way of the rows.
    pub fn name(&self) -> String {
        match self.method {
            Some(method) => format!("{} / {method}", self.row()),
            None => self.row(),
        }
    }

    /// Whether `make test` plays it.
    pub fn is_sampled(&self) -> bool {
        SAMPLE.contains(&self.name().as_str())
    }

    /// Whether it is played on MySQL too: what happens at the source, every fault of a commit, and a change of structure that is cut
    /// short.
    pub fn is_for_mysql(&self) -> bool {
        let cut_short = matches!(self.fault, Fault::Killed(_) | Fault::Overtaken)
            && [INTENT_COMMIT.name, ADD_COLUMN.name, RENAME.name].contains(&self.step.name);
        matches!(self.fault, Fault::Source(_))
            || [COMMIT.name, HANDED.name, FILE.name, CLEAR_COMMIT.name].contains(&self.step.name)
            || cut_short
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
