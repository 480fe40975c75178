//! Rows that differ, handed over to the task.
//!
//! Nobody but the task writes to its tables: what writes beside its fence could come between two of its batches. So the names of the rows
//! are left where the task finds them, and the task that runs reads the rows from the source and commits them at their place in the
//! stream. When nobody answers that it has read them, the task does not run: it is started here, as `dt run` would start it, which
//! fences off an owner that should be alive after all, and is ended when the rows are done.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use dt_common::config::{ExtractType, TaskConfig};
use dt_common::error::{Error, ErrorKind, Result};
use dt_common::form::Form;
use dt_common::repair::{RepairId, RepairPart, RowNames};
use dt_common::schema::TableName;
use dt_connector::admin::TargetAdmin;
use dt_connector::compare::RowMark;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::factory;
use crate::watch::Watch;

/// Names that a part holds: the task reads the rows of a part at once.
const NAMES: usize = 200;
/// The same of tables whose rows can be long.
const NAMES_OF_LONG_ROWS: usize = 10;
/// Pause between two looks at what has become of a request.
const PAUSE: Duration = Duration::from_millis(200);
/// What a task takes to answer, beyond twice its interval.
const ANSWER: Duration = Duration::from_secs(5);
/// Longest time without a part that is done.
const LONGEST: Duration = Duration::from_secs(300);

/// A row to be repaired.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) table: TableName,
    pub(super) forms: Vec<Form>,
    pub(super) mark: RowMark,
}

/// Whether the task is one that repairs.
///
/// # Errors
/// It is not, and why.
pub(super) fn check(config: &TaskConfig) -> Result<()> {
    if config.extract_type == ExtractType::Struct {
        return Err(Error::config("--repair: a struct task copies no rows"));
    }
    if config.filter.leaves_out_changes() {
        return Err(Error::config(
            "--repair: [filter] do_events leaves changes out, and a repair would bring what they would have brought",
        ));
    }
    Ok(())
}

/// Has rows repaired.
///
/// # Errors
/// A side that cannot be used; a task that has never run, does not get on, or copies.
pub(super) async fn run(config: &TaskConfig, asked: Vec<Asked>) -> Result<()> {
    let admin = factory::target_admin(config)?;
    let follows = config.extract_type != ExtractType::Snapshot;
    if follows && admin.stored().await?.is_none_or(|stored| stored.checkpoint.position.is_none()) {
        return Err(Error::config("--repair: the task has not begun to follow changes; run it first"));
    }
    let request = uuid::Uuid::new_v4().to_string();
    let parts = parts(&request, asked);
    admin.ask_repair(&parts).await?;
    let repaired = repaired(config, admin.as_ref(), &request, parts.len()).await;
    if let Err(error) = admin.end_repair(&request).await {
        warn!(%error, request, "what was handed over could not be taken back; the task ignores what is done");
    }
    repaired
}

async fn repaired(config: &TaskConfig, admin: &dyn TargetAdmin, request: &str, parts: usize) -> Result<()> {
    let interval = config.pipeline.repair_interval;
    let patience = if interval.is_zero() { Duration::ZERO } else { interval * 2 + ANSWER };
    let asked = Instant::now();
    while !admin.repair_state(request).await?.seen {
        if asked.elapsed() >= patience {
            info!("no task answers: it is taken over for the repair");
            return by_ourselves(config, admin, request, parts).await;
        }
        tokio::time::sleep(PAUSE).await;
    }
    if config.extract_type == ExtractType::Snapshot {
        return Err(Error::new(
            ErrorKind::Target,
            "--repair: the task is copying; compare again when it has ended",
        ));
    }
    info!("the running task repairs");
    until_done(admin, request, parts).await
}

/// Runs the task until all is done.
async fn by_ourselves(
    config: &TaskConfig,
    admin: &dyn TargetAdmin,
    request: &str,
    parts: usize,
) -> Result<()> {
    let (watch, stop) = (Watch::default(), CancellationToken::new());
    let work = factory::repair(config, &watch, stop.clone());
    tokio::pin!(work);
    let done = tokio::select! {
        ended = &mut work => {
            ended?;
            return Err(Error::internal("the task ended before all rows were repaired"));
        }
        done = until_done(admin, request, parts) => done,
    };
    stop.cancel();
    work.await?;
    done
}

async fn until_done(admin: &dyn TargetAdmin, request: &str, parts: usize) -> Result<()> {
    let (mut moved, mut answered) = (Instant::now(), 0);
    loop {
        let state = admin.repair_state(request).await?;
        let now = state.done + state.refused.len();
        if now > answered {
            (moved, answered) = (Instant::now(), now);
        }
        if now >= parts {
            for why in &state.refused {
                warn!(why, "rows were not repaired");
            }
            return Ok(());
        }
        if moved.elapsed() > LONGEST {
            return Err(Error::new(
                ErrorKind::Transient,
                format!(
                    "--repair: {now} of {parts} parts were done, and none within {} s; does the task still run, and how far \
                     is it behind?",
                    LONGEST.as_secs()
                ),
            ));
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// The rows by table, in parts that the task reads at once.
fn parts(request: &str, asked: Vec<Asked>) -> Vec<RepairPart> {
    let mut tables: BTreeMap<TableName, (Vec<Form>, Vec<RowMark>)> = BTreeMap::new();
    for Asked { table, forms, mark } in asked {
        tables.entry(table).or_insert((forms, Vec::new())).1.push(mark);
    }
    let mut parts = Vec::new();
    for (table, (forms, mut marks)) in tables {
        // Rows that differ by what only travels share the number that both engines compute; a key may be told more than once.
        marks.sort_by(|one, other| (&one.key, one.pushed).cmp(&(&other.key, other.pushed)));
        marks.dedup_by(|one, other| {
            one.key == other.key && (!one.key.is_empty() || one.pushed == other.pushed)
        });
        let is_long = |form: &Form| matches!(form, Form::LongText | Form::LongBytes | Form::Json);
        let names = if forms.iter().any(is_long) { NAMES_OF_LONG_ROWS } else { NAMES };
        for some in marks.chunks(names) {
            let names = match some.iter().all(|mark| mark.key.is_empty()) {
                true => RowNames::Hashes(some.iter().map(|mark| mark.pushed).collect()),
                false => RowNames::Keys(some.iter().map(|mark| mark.key.clone()).collect()),
            };
            let id = RepairId { request: request.to_owned(), part: parts.len() as u32 };
            parts.push(RepairPart { id, table: table.clone(), forms: forms.clone(), names });
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(table: &str, key: &[&str], pushed: u64) -> Asked {
        let key = key.iter().map(|text| (*text).to_owned()).collect();
        let mark = RowMark { key, hash: 0, pushed, copies: 1 };
        Asked { table: TableName::new("d", table), forms: vec![Form::Json], mark }
    }

    #[test]
    fn names_come_once_and_in_parts() {
        let mut all: Vec<Asked> = (0..12).map(|n| asked("b", &[], n % 11)).collect();
        all.push(asked("a", &["1", "x"], 3));
        all.push(asked("a", &["1", "x"], 4));
        let parts = parts("r", all);
        let shown: Vec<_> =
            parts.iter().map(|part| (part.table.table.as_str(), part.id.part, part.names.len())).collect();
        assert_eq!(shown, [("a", 0, 1), ("b", 1, 10), ("b", 2, 1)]);
        assert_eq!(parts[0].names, RowNames::Keys(vec![vec!["1".into(), "x".into()]]));
        assert_eq!(parts[2].names, RowNames::Hashes(vec![10]));
    }
}
