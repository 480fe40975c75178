//! `dt plan`: what a run of the task would do. Nothing is written, and nothing is taken over.
//!
//! Every part is the run's own: the source's tables and the router's refusals, the statements of the target's struct, and
//! [`copy_plan`] for what happens to the rows.

mod show;

use std::path::Path;

use dt_common::batch::Checkpoint;
use dt_common::config::{ExtractType, TaskConfig};
use dt_common::error::{Error, Result};
use dt_common::item::ChunkWrite;
use dt_common::schema::TableSchema;
use dt_connector::admin::{PlannedTable, SourceTable, StoredTask, TargetState};
use dt_connector::sinker::TargetTable;

use super::args::Format;
use super::{Exit, Failure, block_on, print, read_task};
use crate::{copy_plan, factory};

pub(super) fn run(path: &Path, format: Format) -> Result<Exit, Failure> {
    let config = read_task(path)?;
    let plan = block_on(make(&config))?;
    print(&match format {
        Format::Text => show::text(&config, &plan),
        Format::Json => show::json(&config, &plan),
    })
}

/// What a run would do.
struct Plan {
    /// What the target remembers; `None` for a struct task, which does not ask.
    stored: Option<StoredTask>,
    /// Why the whole task would refuse to run.
    refusal: Option<Error>,
    tables: Vec<TablePlan>,
    /// What a run executes before the first row, in order: the task's own state, then databases, then tables that are missing, side by side.
    statements: Vec<String>,
    /// What a struct task would execute, where this one creates nothing.
    left_to_struct: Vec<String>,
}

/// What a run would do with one table.
struct TablePlan {
    source: SourceTable,
    target: PlannedTable,
    /// Why the run would stop at this table, or what it does.
    fate: Result<String>,
}

async fn make(config: &TaskConfig) -> Result<Plan> {
    let target = factory::target_admin(config)?;
    let sources = factory::source_admin(config)?.tables().await?;
    let schemas: Vec<_> = sources.iter().map(|source| source.schema.clone()).collect();
    config.router.check(&schemas)?;
    let planned = target.plan_struct(&schemas).await?;
    let stored = match config.extract_type {
        ExtractType::Struct => None,
        ExtractType::Snapshot | ExtractType::Cdc | ExtractType::SnapshotAndCdc => target.stored().await?,
    };
    let checkpoint = stored.as_ref().map(|stored| stored.checkpoint.clone()).unwrap_or_default();
    let missing = planned.tables.iter().filter(|table| table.state == TargetState::Missing);
    let creates: Vec<String> =
        planned.databases.into_iter().chain(missing.map(|table| table.create.clone())).collect();
    let (statements, left_to_struct) = match config.extract_type {
        ExtractType::Struct => (creates, Vec::new()),
        ExtractType::SnapshotAndCdc => (planned.state.into_iter().chain(creates).collect(), Vec::new()),
        ExtractType::Snapshot | ExtractType::Cdc => (planned.state, creates),
    };
    let tables = sources.into_iter().zip(planned.tables).map(|(source, target)| {
        let fate = fate(config, &checkpoint, &source.schema, &target);
        TablePlan { source, target, fate }
    });
    Ok(Plan {
        refusal: copy_plan::check_task(config, &checkpoint, &schemas).err(),
        tables: tables.collect(),
        stored,
        statements,
        left_to_struct,
    })
}

/// What happens to one table.
fn fate(
    config: &TaskConfig,
    checkpoint: &Checkpoint,
    table: &TableSchema,
    target: &PlannedTable,
) -> Result<String> {
    let mut steps = Vec::new();
    match (config.extract_type, &target.state) {
        (ExtractType::Struct, TargetState::Missing) => return Ok("create".into()),
        (ExtractType::Struct, TargetState::Fits | TargetState::Differs(_)) => {
            return Ok("leave as it is".into());
        }
        (_, TargetState::Differs(why)) => return Err(Error::schema(why)),
        (ExtractType::SnapshotAndCdc, TargetState::Missing) => steps.push("create".to_owned()),
        (ExtractType::Snapshot | ExtractType::Cdc, TargetState::Missing) => {
            return Err(Error::schema(format!(
                "target table {} does not exist, and {} creates none; run extract_type = struct before",
                target.target,
                config.extract_type.name()
            )));
        }
        (_, TargetState::Fits) => {}
    }
    let there = TargetTable { has_rows: target.has_rows };
    let copy = copy_plan::table_copy(config, checkpoint, table, there)?;
    let mark = checkpoint.marks.iter().find(|mark| mark.table == table.name);
    steps.extend(match (copy, mark) {
        (None, None) => None,
        (None, Some(_)) => Some("copied already".to_owned()),
        (Some(ChunkWrite::ClearThenAppend), Some(_)) => Some("copy again from its beginning".to_owned()),
        (Some(_), Some(mark)) => Some(format!("resume the copy behind {} rows", mark.rows)),
        (Some(ChunkWrite::Append), None) => Some("copy".to_owned()),
        (Some(ChunkWrite::Upsert), None) => Some("copy over its rows (upsert)".to_owned()),
        (Some(ChunkWrite::ClearThenAppend), None) => Some("copy in place of its rows (truncate)".to_owned()),
    });
    if matches!(config.extract_type, ExtractType::Cdc | ExtractType::SnapshotAndCdc) {
        steps.push("follow".to_owned());
    }
    Ok(steps.join(", "))
}

#[cfg(test)]
mod tests {
    use dt_common::item::ChunkMark;

    use super::*;
    use crate::fixtures::table;

    fn config(kind: &str) -> TaskConfig {
        let text = format!(
            "[task]\nid=t\n[extractor]\ndb_type=mysql\nextract_type={kind}\nurl=mysql://h\n[sinker]\n\
             db_type=databend\nurl=databend://h\n"
        );
        TaskConfig::parse("t.ini", &text).unwrap()
    }

    fn planned(kind: &str, key: &[usize], state: TargetState, rows: bool, mark: Option<bool>) -> String {
        let schema = table(&["a"], key);
        let name = schema.name.clone();
        let marks = mark.map(|done| ChunkMark {
            table: name.clone(),
            chunk: 0,
            rows: 12,
            last_key: None,
            done,
            reach: None,
        });
        let checkpoint = Checkpoint { marks: marks.into_iter().collect(), ..Checkpoint::default() };
        let target =
            PlannedTable { source: name.clone(), target: name, create: String::new(), state, has_rows: rows };
        fate(&config(kind), &checkpoint, &schema, &target).unwrap_or_else(|e| format!("stop: {e}"))
    }

    #[test]
    fn fates() {
        use TargetState::{Differs, Fits, Missing};
        let differs = || Differs("column `a` is INT".to_owned());
        for (kind, key, state, rows, mark, expected) in [
            ("struct", &[0][..], Missing, false, None, "create"),
            ("struct", &[0], differs(), true, None, "leave as it is"),
            ("cdc", &[0], Fits, true, None, "follow"),
            ("cdc", &[], Missing, false, None, "stop: target table `d`.`t` does not exist"),
            ("cdc", &[0], differs(), false, None, "stop: column `a` is INT"),
            ("cdc", &[0], Fits, true, Some(false), "stop: task `t`: the snapshot of `d`.`t` is unfinished"),
            ("snapshot", &[0], Missing, false, None, "stop: target table"),
            ("snapshot", &[0], Fits, false, None, "copy"),
            ("snapshot", &[0], Fits, true, None, "copy over its rows (upsert)"),
            ("snapshot", &[], Fits, true, None, "stop: the target table of `d`.`t` holds rows"),
            ("snapshot_and_cdc", &[], Missing, false, None, "create, copy, follow"),
            ("snapshot_and_cdc", &[0], Fits, true, Some(true), "copied already, follow"),
            ("snapshot_and_cdc", &[0], Fits, true, Some(false), "resume the copy behind 12 rows, follow"),
            ("snapshot_and_cdc", &[], Fits, true, Some(false), "copy again from its beginning, follow"),
        ] {
            let fate = planned(kind, key, state, rows, mark);
            assert!(fate.starts_with(expected), "{kind}: {fate} instead of {expected}");
        }
    }
}
