//! `_dt.ddl_history_<task>`: every statement that changed the structure of followed tables, and the intent of one that is under way.

use dt_common::batch::{Definition, Progress};
use dt_common::error::{Error, Result};
use dt_common::item::{ChunkMark, Ddl};
use dt_common::position::Position;
use serde::{Deserialize, Serialize};

use super::step::Step;
use crate::sinker::databend::checkpoint::{FORMAT, Lease};
use crate::sinker::databend::quote;

/// What a start has to finish when it finds it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Intent {
    /// Number of the batch that stores it: it names the row.
    pub batch: u64,
    /// The way to the desired structure.
    pub steps: Vec<Step>,
    /// Statements that belong into the transaction that clears the intent.
    pub with_checkpoint: Vec<String>,
    /// What that transaction remembers besides.
    #[serde(default)]
    pub remembered: Vec<String>,
    /// Where a restart begins behind the statement, in the text form of a position.
    position: Option<String>,
    /// See [`Progress::source_time`].
    source_time: i64,
    /// See [`Progress::definitions`].
    definitions: Vec<Definition>,
    /// See [`Progress::marks`].
    #[serde(default)]
    marks: Vec<ChunkMark>,
}

impl Intent {
    /// The intent of a statement.
    pub fn new(
        batch: u64,
        steps: Vec<Step>,
        with_checkpoint: Vec<String>,
        remembered: Vec<String>,
        progress: &Progress,
    ) -> Self {
        Self {
            batch,
            steps,
            with_checkpoint,
            remembered,
            position: progress.position.as_ref().map(Position::to_string),
            source_time: progress.source_time,
            definitions: progress.definitions.clone(),
            marks: progress.marks.clone(),
        }
    }

    /// What is left of it behind some of its steps, and the progress of the transaction that stores that.
    pub fn left(&self, steps: &[Step]) -> (Self, Progress) {
        let left = Self { steps: steps.to_vec(), ..self.clone() };
        (left, Progress { source_time: self.source_time, ..Progress::default() })
    }

    /// How far the task is when it is brought about.
    ///
    /// # Errors
    /// A position that cannot be read.
    pub fn progress(&self) -> Result<Progress> {
        let position = self.position.as_ref().map(|text| text.parse()).transpose()?;
        Ok(Progress {
            position,
            source_time: self.source_time,
            definitions: self.definitions.clone(),
            marks: self.marks.clone(),
            ..Progress::default()
        })
    }

    /// Reads a stored intent.
    ///
    /// # Errors
    /// One that another version has written.
    pub fn read(table: &str, text: &str) -> Result<Self> {
        serde_json::from_str(text).map_err(|e| {
            Error::target(format!(
                "{table}: the change of structure that is under way cannot be read; run the task with the version of dt that began it"
            ))
            .caused_by(e)
        })
    }
}

/// `CREATE TABLE` for a history.
pub fn create(table: &str, options: &str) -> String {
    format!(
        "CREATE TABLE IF NOT EXISTS {table} (`format` INT UNSIGNED NOT NULL, `epoch` BIGINT UNSIGNED NOT NULL, \
         `n` BIGINT UNSIGNED NOT NULL, `position` VARCHAR NOT NULL, `source_time` TIMESTAMP NULL, `action` VARCHAR NOT NULL, \
         `statement` VARCHAR NOT NULL, `difference` VARCHAR NOT NULL, `intent` VARCHAR NULL, `applied_at` TIMESTAMP NULL) {options}"
    )
}

/// `INSERT` of a statement in the batch behind `lease`; with an intent it is under way, without one it is done.
///
/// # Errors
/// A defect: an intent that is no JSON.
pub fn insert(table: &str, lease: &Lease, ddl: &Ddl, intent: &Intent, is_pending: bool) -> Result<String> {
    let stored = json(intent)?;
    let statements = intent.steps.iter().map(|step| step.sql.as_str());
    let difference: Vec<&str> = statements.chain(intent.with_checkpoint.iter().map(String::as_str)).collect();
    let (pending, applied) =
        if is_pending { (quote::string(&stored), "NULL") } else { ("NULL".to_owned(), "now()") };
    Ok(format!(
        "INSERT INTO {table} SELECT {FORMAT}, {}, {}, {}, {}, {}, {}, {}, {pending}, {applied}",
        lease.epoch,
        lease.n + 1,
        quote::string(&format!("{}:{}", ddl.at.file, ddl.at.offset)),
        if intent.source_time == 0 {
            "NULL".to_owned()
        } else {
            format!("to_timestamp({})", intent.source_time)
        },
        quote::string(&ddl.action),
        quote::string(&ddl.text),
        quote::string(&difference.join(";\n")),
    ))
}

/// `UPDATE` of an intent of which a part is done.
///
/// # Errors
/// As [`insert`].
pub fn narrow(table: &str, intent: &Intent) -> Result<String> {
    Ok(format!(
        "UPDATE {table} SET `intent` = {} WHERE `n` = {} AND `intent` IS NOT NULL",
        quote::string(&json(intent)?),
        intent.batch
    ))
}

fn json(intent: &Intent) -> Result<String> {
    serde_json::to_string(intent).map_err(|e| Error::internal("an intent is no JSON").caused_by(e))
}

/// `UPDATE` that ends an intent.
pub fn clear(table: &str, intent: &Intent) -> String {
    format!(
        "UPDATE {table} SET `intent` = NULL, `applied_at` = now() WHERE `n` = {} AND `intent` IS NOT NULL",
        intent.batch
    )
}

/// `SELECT` of the intent that is under way.
pub fn pending(table: &str) -> String {
    format!("SELECT `intent` FROM {table} WHERE `intent` IS NOT NULL ORDER BY `n`")
}
