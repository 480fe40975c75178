//! What a task copies before it follows changes, and how its chunks meet the rows that the target holds.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use dt_common::batch::Checkpoint;
use dt_common::config::{ExistingRows, ExtractType, SinkerConfig, TaskConfig};
use dt_common::error::{Error, ErrorKind, Result};
use dt_common::item::{ChunkMark, ChunkWrite};
use dt_common::schema::{Alteration, Column, SchemaChange, TableName, TableSchema};
use dt_connector::sinker::TargetTable;

/// Which tables are copied, and how the first chunk of each meets the rows that are there.
///
/// # Errors
/// Rows that the configuration does not allow to be met, and task ids that have served another kind of task.
pub(crate) fn plan(
    config: &TaskConfig,
    checkpoint: &Checkpoint,
    tables: &[Arc<TableSchema>],
    targets: &[TargetTable],
) -> Result<HashMap<TableName, ChunkWrite>> {
    check_task(config, checkpoint, tables)?;
    let mut copies = HashMap::new();
    for (table, target) in tables.iter().zip(targets) {
        if let Some(write) = table_copy(config, checkpoint, table, *target)? {
            copies.insert(table.name.clone(), write);
        }
    }
    Ok(copies)
}

/// The marks behind a change of structure. What is created is followed from its first row on, and what gets another name was copied under its
/// former one: without a mark the next start would copy them anew. That is what it has to do with those that are `uncopied`, by the
/// name that they have then, and with such a one that has another key, or rows that nobody can confirm before they are copied.
pub(crate) fn marks_behind(changes: &[SchemaChange], uncopied: &mut HashSet<TableName>) -> Vec<ChunkMark> {
    let renames: Vec<_> = changes.iter().filter_map(SchemaChange::rename).collect();
    let left: Vec<_> = renames.iter().map(|(from, to)| (*to, uncopied.remove(*from))).collect();
    uncopied.extend(left.iter().filter(|(_, is_uncopied)| *is_uncopied).map(|(to, _)| (*to).clone()));
    let touched = changes.iter().filter_map(|change| match change {
        SchemaChange::CreateTable(table) => Some(&table.name),
        SchemaChange::Alter(alteration) if alteration.before.name != alteration.after.name => {
            Some(&alteration.after.name)
        }
        SchemaChange::Alter(Alteration { before, after, .. }) => {
            (uncopied.contains(&after.name) && !same_key(before, after)).then_some(&after.name)
        }
        SchemaChange::Confirm(premise) => Some(&premise.table.name).filter(|name| uncopied.contains(*name)),
        SchemaChange::CreateDatabase(_)
        | SchemaChange::DropTable { .. }
        | SchemaChange::Truncate(_)
        // Its own marks say how far it is.
        | SchemaChange::Copy { .. } => None,
    });
    let mark = |name: &TableName| match uncopied.contains(name) {
        true => ChunkMark::to_begin(name.clone()),
        false => ChunkMark::complete(name.clone()),
    };
    touched.map(mark).collect()
}

fn same_key(before: &TableSchema, after: &TableSchema) -> bool {
    fn columns(table: &TableSchema) -> impl Iterator<Item = &Column> {
        table.key_columns().iter().map(|&at| &table.columns[at])
    }
    columns(before).eq(columns(after))
}

/// Whether the task's id and its kind go with what is stored.
///
/// # Errors
/// A task id that has served another kind of task.
pub(crate) fn check_task(
    config: &TaskConfig,
    checkpoint: &Checkpoint,
    tables: &[Arc<TableSchema>],
) -> Result<()> {
    if config.extract_type == ExtractType::Snapshot && checkpoint.position.is_some() {
        check_snapshot_beside_stream(&config.id, checkpoint, tables)?;
    }
    Ok(())
}

/// How the first chunk of one table's copy meets the rows that are there; `None` when it is not copied.
///
/// # Errors
/// Rows that the configuration does not allow to be met; an unfinished snapshot where none is taken.
pub(crate) fn table_copy(
    config: &TaskConfig,
    checkpoint: &Checkpoint,
    table: &TableSchema,
    target: TargetTable,
) -> Result<Option<ChunkWrite>> {
    let mark = checkpoint.marks.iter().find(|mark| mark.table == table.name);
    let write = match (config.extract_type, mark) {
        (ExtractType::Struct, _) | (ExtractType::Cdc, None) => return Ok(None),
        (_, Some(mark)) if mark.done => return Ok(None),
        (ExtractType::Cdc, Some(_)) => {
            return Err(Error::config(format!(
                "task `{}`: the snapshot of {} is unfinished; run the task with its former extract_type until \
                 the snapshot has ended",
                config.id, table.name
            )));
        }
        // Rows of the unfinished copy are there. Only a key tells them apart from those that are still to come.
        (ExtractType::Snapshot | ExtractType::SnapshotAndCdc, Some(_)) if table.is_keyed() => {
            ChunkWrite::Upsert
        }
        (ExtractType::Snapshot | ExtractType::SnapshotAndCdc, Some(_)) => ChunkWrite::ClearThenAppend,
        (ExtractType::Snapshot | ExtractType::SnapshotAndCdc, None) if !target.has_rows => ChunkWrite::Append,
        (ExtractType::Snapshot | ExtractType::SnapshotAndCdc, None) => {
            on_existing_rows(policy(&config.sinker), table)?
        }
    };
    Ok(Some(write))
}

fn policy(sinker: &SinkerConfig) -> ExistingRows {
    match sinker {
        SinkerConfig::Databend(databend) => databend.on_existing_rows,
        SinkerConfig::Dummy => ExistingRows::Upsert,
    }
}

/// A snapshot under the id of a change stream. Where the stream resumes, changes come again that the snapshot's rows hold
/// already: by key that is harmless, without one it is not. And the marks of a snapshot_and_cdc task are its own.
fn check_snapshot_beside_stream(
    id: &str,
    checkpoint: &Checkpoint,
    tables: &[Arc<TableSchema>],
) -> Result<()> {
    let refuse = |why: String| {
        let way_out = "give this snapshot a [task] id of its own";
        Err(Error::config(format!("task `{id}` has a stored change stream position{why}; {way_out}")))
    };
    if !checkpoint.marks.is_empty() {
        return refuse(" and the marks of its snapshot_and_cdc".to_owned());
    }
    match tables.iter().find(|table| !table.is_keyed()) {
        Some(table) => {
            refuse(format!(", from which changes of {} would be applied twice: it has no key", table.name))
        }
        None => Ok(()),
    }
}

fn on_existing_rows(policy: ExistingRows, table: &TableSchema) -> Result<ChunkWrite> {
    let refuse = |why: &str| {
        let way_out = "empty it, or set [sinker] on_existing_rows = truncate";
        Err(Error::new(
            ErrorKind::Target,
            format!("the target table of {} holds rows{why}; {way_out}", table.name),
        ))
    };
    match policy {
        ExistingRows::Truncate => Ok(ChunkWrite::ClearThenAppend),
        ExistingRows::Upsert if table.is_keyed() => Ok(ChunkWrite::Upsert),
        ExistingRows::Upsert => refuse(", and without a key nothing tells them from the rows to copy"),
        ExistingRows::Stop => refuse(", and on_existing_rows = stop"),
    }
}

#[cfg(test)]
mod tests {
    use dt_common::item::ChunkMark;

    use super::*;
    use crate::fixtures::table;

    fn config(extract_type: &str, on_existing_rows: &str) -> TaskConfig {
        let text = format!(
            "[task]\nid=t\n[extractor]\ndb_type=mysql\nextract_type={extract_type}\nurl=mysql://h\n[sinker]\n\
             db_type=databend\nurl=databend://h\non_existing_rows={on_existing_rows}\n"
        );
        TaskConfig::parse("t.ini", &text).unwrap()
    }

    fn marked(done: bool) -> Checkpoint {
        let mark = ChunkMark {
            table: TableName::new("d", "t"),
            chunk: 0,
            rows: 1,
            last_key: None,
            done,
            reach: None,
        };
        Checkpoint { marks: vec![mark], ..Checkpoint::default() }
    }

    /// How the table is copied; the error's text when it is refused.
    fn copy(
        kind: &str,
        policy: &str,
        keyed: bool,
        has_rows: bool,
        checkpoint: &Checkpoint,
    ) -> Result<Option<ChunkWrite>, String> {
        let key: &[usize] = if keyed { &[0] } else { &[] };
        let copies =
            plan(&config(kind, policy), checkpoint, &[table(&["a"], key)], &[TargetTable { has_rows }]);
        copies.map(|copies| copies.get(&TableName::new("d", "t")).copied()).map_err(|e| e.to_string())
    }

    #[test]
    fn rows_that_are_there_meet_the_policy() {
        let fresh = Checkpoint::default();
        for (policy, keyed, has_rows, expected) in [
            ("upsert", true, false, Ok(Some(ChunkWrite::Append))),
            ("upsert", true, true, Ok(Some(ChunkWrite::Upsert))),
            ("upsert", false, true, Err("without a key")),
            ("truncate", false, true, Ok(Some(ChunkWrite::ClearThenAppend))),
            ("stop", true, true, Err("on_existing_rows = stop")),
            ("stop", true, false, Ok(Some(ChunkWrite::Append))),
        ] {
            match (copy("snapshot", policy, keyed, has_rows, &fresh), expected) {
                (Ok(write), Ok(expected)) => assert_eq!(write, expected, "{policy}"),
                (Err(error), Err(part)) => assert!(error.contains(part), "{error}"),
                (got, expected) => panic!("{policy}: {got:?} instead of {expected:?}"),
            }
        }
        assert_eq!(copy("cdc", "stop", true, true, &fresh), Ok(None));
    }

    #[test]
    fn an_unfinished_copy_goes_on_and_a_finished_one_rests() {
        assert_eq!(copy("snapshot", "stop", true, true, &marked(false)), Ok(Some(ChunkWrite::Upsert)));
        assert_eq!(
            copy("snapshot", "stop", false, true, &marked(false)),
            Ok(Some(ChunkWrite::ClearThenAppend))
        );
        assert_eq!(copy("snapshot_and_cdc", "stop", false, true, &marked(true)), Ok(None));
        assert!(copy("cdc", "stop", true, true, &marked(false)).unwrap_err().contains("unfinished"));
    }

    #[test]
    fn a_snapshot_beside_a_stream_takes_keyed_tables_only() {
        let position = r#"{"server":"u","file":"b.1","offset":4}"#.parse().ok();
        let stream = Checkpoint { position: position.clone(), ..Checkpoint::default() };
        assert_eq!(copy("snapshot", "upsert", true, true, &stream), Ok(Some(ChunkWrite::Upsert)));
        assert!(copy("snapshot", "truncate", false, true, &stream).unwrap_err().contains("applied twice"));
        let handed_over = Checkpoint { position, ..marked(true) };
        assert!(copy("snapshot", "upsert", true, true, &handed_over).unwrap_err().contains("id of its own"));
        assert_eq!(copy("snapshot_and_cdc", "upsert", false, true, &handed_over), Ok(None));
    }

    #[test]
    fn what_is_copied_behind_a_change_of_structure() {
        let named = |name: &str, key: &[usize]| {
            let mut table = (*table(&["a", "b"], key)).clone();
            table.name = TableName::new("d", name);
            Arc::new(table)
        };
        let alter = |before: &Arc<TableSchema>, after: &Arc<TableSchema>| {
            SchemaChange::Alter(Alteration {
                before: Arc::clone(before),
                after: Arc::clone(after),
                origins: Vec::new(),
                dropped: Vec::new(),
            })
        };
        let behind = |change: SchemaChange, uncopied: &[&str]| {
            let mut uncopied = uncopied.iter().map(|name| TableName::new("d", *name)).collect();
            let marks = marks_behind(&[change], &mut uncopied);
            let marks: Vec<_> = marks.iter().map(|mark| (mark.table.table.clone(), mark.done)).collect();
            let mut left: Vec<_> = uncopied.into_iter().map(|name| name.table).collect();
            left.sort();
            (marks, left.join(","))
        };
        let mark = |name: &str, done| vec![(name.to_owned(), done)];
        let (t, u) = (named("t", &[0]), named("u", &[0]));
        let create = || SchemaChange::CreateTable(Arc::clone(&t));
        assert_eq!(behind(create(), &["v"]), (mark("t", true), "v".into()));
        // One that was dropped before it was copied: rows of the new one were left out with its own.
        assert_eq!(behind(create(), &["t"]), (mark("t", false), "t".into()));
        assert_eq!(behind(alter(&t, &u), &["v"]), (mark("u", true), "v".into()));
        assert_eq!(behind(alter(&t, &u), &["t"]), (mark("u", false), "u".into()));
        let (same, other) = (named("t", &[0]), named("t", &[1]));
        assert_eq!(behind(alter(&t, &same), &["t"]), (vec![], "t".into()));
        assert_eq!(behind(alter(&t, &other), &["t"]), (mark("t", false), "t".into()));
        assert_eq!(behind(alter(&t, &other), &[]), (vec![], String::new()));
    }
}
