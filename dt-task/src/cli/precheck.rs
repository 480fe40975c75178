//! `dt precheck`: what would stop a task or hurt it, before it starts. Nothing is written, and nothing is taken over.
//!
//! No failure ends it: what cannot be looked at is a failed check, and whatever depends on that is shown as not seen because of it.

mod show;

use std::path::Path;
use std::sync::Arc;

use dt_common::check::{Check, Finding, Verdict, listed};
use dt_common::config::{ExtractType, SinkerConfig, TaskConfig};
use dt_common::error::{Error, Result};
use dt_common::item::ChunkWrite;
use dt_common::schema::{TableName, TableSchema};
use dt_connector::admin::{FOLLOWED_TABLES, STORED_STATE, TargetLook};
use dt_connector::sinker::TargetTable;

use super::args::Format;
use super::{Exit, Failure, block_on, output, read_task};
use crate::{copy_plan, factory};

/// Name of the check of the rows that a copy meets; it is the middle's, because both ends and the task's kind decide.
const EXISTING_ROWS: &str = "existing-rows";

pub(super) fn run(path: &Path, format: Format) -> Result<Exit, Failure> {
    let config = read_task(path)?;
    let checks = block_on(make(&config))?;
    output::print(&match format {
        Format::Text => show::text(&checks),
        Format::Json => show::json(&config, &checks),
    })?;
    let blocked = checks.iter().any(|check| check.finding.verdict == Verdict::Fail);
    Ok(if blocked { Exit::Blocked } else { Exit::Done })
}

/// All checks: the source's, the target's, and the ones that need both.
async fn make(config: &TaskConfig) -> Result<Vec<Check>> {
    let mut source = factory::source_admin(config)?;
    let target = factory::target_admin(config)?;
    let at_source = source.precheck().await;
    let tables = at_source.tables.as_deref();
    let at_target = target.precheck(tables).await;
    let rows = existing_rows(config, tables, &at_target);
    let mut checks = at_source.checks;
    checks.extend(source.precheck_stored(at_target.checkpoint.as_ref()).await);
    checks.extend(at_target.checks);
    checks.extend(rows.map(|finding| Check { name: EXISTING_ROWS, finding }));
    Ok(checks)
}

/// How a copy meets the rows that are there; `None` for a task that copies nothing, or nowhere.
fn existing_rows(
    config: &TaskConfig,
    tables: Option<&[Arc<TableSchema>]>,
    target: &TargetLook,
) -> Option<Finding> {
    match (config.extract_type, &config.sinker) {
        (ExtractType::Struct, _) | (_, SinkerConfig::Dummy) => return None,
        (
            ExtractType::Snapshot | ExtractType::Cdc | ExtractType::SnapshotAndCdc,
            SinkerConfig::Databend(_),
        ) => {}
    }
    Some(match (tables, &target.checkpoint, &target.tables) {
        (None, _, _) => Finding::without(FOLLOWED_TABLES),
        (_, None, _) => Finding::without(STORED_STATE),
        (_, _, None) => Finding::without("target-tables"),
        (Some(tables), Some(checkpoint), Some(rows)) => {
            let mut refused: Vec<Error> =
                copy_plan::check_task(config, checkpoint, tables).err().into_iter().collect();
            let (mut over, mut instead) = (Vec::new(), Vec::new());
            for table in tables {
                // Rows of an unfinished copy are the task's own.
                let fresh = checkpoint.marks.iter().all(|mark| mark.table != table.name);
                let there = rows.get(&table.name).copied().unwrap_or(TargetTable { has_rows: false });
                match copy_plan::table_copy(config, checkpoint, table, there) {
                    Err(error) => refused.push(error),
                    Ok(Some(ChunkWrite::Upsert)) if fresh => over.push(&table.name),
                    Ok(Some(ChunkWrite::ClearThenAppend)) if fresh => instead.push(&table.name),
                    Ok(
                        None | Some(ChunkWrite::Append | ChunkWrite::Upsert | ChunkWrite::ClearThenAppend),
                    ) => {}
                }
            }
            judge_rows(&refused, &over, &instead)
        }
    })
}

fn judge_rows(refused: &[Error], over: &[&TableName], instead: &[&TableName]) -> Finding {
    match (refused.is_empty(), over.is_empty(), instead.is_empty()) {
        (false, _, _) => Finding::fail(listed(refused), ""),
        (true, true, true) => Finding::pass("no copy meets rows of others"),
        (true, _, false) => Finding::warn(
            format!(
                "the copy removes the rows that are there (on_existing_rows=truncate): {}",
                listed(instead)
            ),
            "nothing, if they may go; else [sinker] on_existing_rows=stop",
        ),
        (true, false, true) => Finding::warn(
            format!(
                "the copy writes over rows by key, and rows that the source no longer has stay (on_existing_rows=upsert): {}",
                listed(over)
            ),
            "nothing, if they may stay; else empty the tables, or [sinker] on_existing_rows=truncate",
        ),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use dt_connector::extractor::mysql;
    use dt_connector::sinker::databend;

    use super::*;

    #[test]
    fn the_documentation_names_every_check_and_no_other() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/precheck.md");
        let text = std::fs::read_to_string(path).unwrap();
        let documented: Vec<&str> = text
            .lines()
            .filter_map(|line| line.strip_prefix("| `")?.split_once("` |"))
            .map(|(name, _)| name)
            .collect();
        let known: Vec<&str> =
            mysql::check_names().chain(databend::check_names()).chain([EXISTING_ROWS]).collect();
        assert_eq!(documented, known, "the names and their order");
        assert_eq!(known.iter().collect::<BTreeSet<_>>().len(), known.len(), "a name is used twice");
    }

    #[test]
    fn rows_that_a_copy_meets() {
        let name = TableName::new("d", "t");
        for (refused, over, instead, expected) in [
            (vec![], vec![], vec![], Verdict::Pass),
            (vec![], vec![&name], vec![], Verdict::Warn),
            (vec![], vec![], vec![&name], Verdict::Warn),
            (vec![Error::target("holds rows")], vec![&name], vec![], Verdict::Fail),
        ] {
            assert_eq!(judge_rows(&refused, &over, &instead).verdict, expected, "{over:?} {instead:?}");
        }
    }
}
