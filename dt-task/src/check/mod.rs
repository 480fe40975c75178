//! Compares both sides of a task, table by table.
//!
//! Digests of many rows are asked for first, from both sides at once. Where they differ, finer ones follow, then the rows with their
//! hashes, then the rows that differ, whole: so equal rows cost a few bytes. What a digest is, and which text a value has:
//! [`dt_connector::compare`].
//!
//! - [`slices`]: how a table is cut
//! - [`table`]: the comparison of one table
//! - [`settle`]: differences beside a running task
//! - [`difference`]: what differs, and how it is told
//! - [`repair`]: rows that differ, handed over to the task
//! - [`report`]: what was compared, and what it cost

mod difference;
mod repair;
mod report;
mod settle;
mod slices;
mod table;

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use dt_common::config::{ExtractType, TaskConfig};
use dt_common::error::{Error, Result};
use dt_common::filter::Filter;
use dt_common::schema::{TableName, TableSchema};
use dt_connector::compare::{CompareSource, CompareTarget, ComparedTable, Meter, RowMark};
use futures::{StreamExt, TryStreamExt};
use tokio::sync::Semaphore;
use tracing::info;

use crate::factory;
use difference::Difference;
use repair::Asked;
pub use report::{Summary, TableSummary};
use settle::Stream;
use table::TableCheck;

/// Between two lines of the log about how far the comparison is.
const PROGRESS: Duration = Duration::from_secs(10);

/// What is asked for beside the task file.
#[derive(Debug, Clone)]
pub struct CheckOptions {
    /// Only these tables; all of the filter's when there are none.
    pub tables: Vec<TableName>,
    /// Whether differences show values.
    pub show_values: bool,
    /// Differences after which the comparison ends; they are counted by row.
    pub limit: u64,
    /// Whether the rows that differ are repaired.
    pub repair: bool,
}

/// What the comparison of all tables shares.
struct Check<'a> {
    source: Box<dyn CompareSource>,
    target: Box<dyn CompareTarget>,
    /// The change stream that may be about to write what differs.
    stream: Option<Stream>,
    options: &'a CheckOptions,
    filter: &'a Filter,
    /// Questions that are asked at the same time, of both sides each.
    places: Semaphore,
    parallel: usize,
    tell: &'a (dyn Fn(&str) -> Result<()> + Sync),
    told: AtomicU64,
    rows: AtomicU64,
    repairs: Mutex<Vec<Asked>>,
}

/// Compares the task's tables. Every difference is a line of JSON for `tell`. With [`CheckOptions::repair`] what was told is repaired, and
/// compared once more: the answer is what is left then.
///
/// # Errors
/// A side that cannot be read; a table that is named and not followed; the first error of `tell`.
pub async fn run(
    config: &TaskConfig,
    options: &CheckOptions,
    tell: &(dyn Fn(&str) -> Result<()> + Sync),
) -> Result<Summary> {
    if options.repair {
        repair::check(config)?;
    }
    let (summary, asked) = compare(config, options, tell).await?;
    if !options.repair || asked.is_empty() {
        return Ok(summary);
    }
    info!(rows = asked.len(), "repairing");
    repair::run(config, asked).await?;
    info!("comparing again");
    Ok(compare(config, options, tell).await?.0)
}

async fn compare(
    config: &TaskConfig,
    options: &CheckOptions,
    tell: &(dyn Fn(&str) -> Result<()> + Sync),
) -> Result<(Summary, Vec<Asked>)> {
    let (source, target) = factory::compared_sides(config)?;
    let schemas: Vec<_> =
        factory::source_admin(config)?.tables().await?.into_iter().map(|t| t.schema).collect();
    config.router.check(&schemas)?;
    let chosen = chosen(&schemas, &options.tables)?;
    let parallel = factory::compared_at_once(config);
    let stream = match config.extract_type {
        ExtractType::Cdc | ExtractType::SnapshotAndCdc => {
            Stream::find(factory::target_admin(config)?, config.pipeline.checkpoint_interval).await?
        }
        ExtractType::Struct | ExtractType::Snapshot => None,
    };
    let check = Check {
        source,
        target,
        stream,
        options,
        filter: &config.filter,
        places: Semaphore::new(parallel),
        parallel,
        tell,
        told: AtomicU64::new(0),
        rows: AtomicU64::new(0),
        repairs: Mutex::default(),
    };
    let compared = check.tables(config, &chosen);
    tokio::select! {
        tables = compared => {
            let summary = Summary { tables: tables?, limited: check.is_full() };
            Ok((summary, check.repairs.into_inner().unwrap_or_else(PoisonError::into_inner)))
        }
        never = check.progress() => match never {},
    }
}

/// The tables that are compared.
fn chosen(schemas: &[Arc<TableSchema>], wanted: &[TableName]) -> Result<Vec<Arc<TableSchema>>> {
    let known: HashSet<&TableName> = schemas.iter().map(|schema| &schema.name).collect();
    if let Some(name) = wanted.iter().find(|name| !known.contains(name)) {
        return Err(Error::config(format!("--table: the task follows no table {name}")));
    }
    Ok(schemas.iter().filter(|s| wanted.is_empty() || wanted.contains(&s.name)).cloned().collect())
}

impl Check<'_> {
    async fn tables(&self, config: &TaskConfig, schemas: &[Arc<TableSchema>]) -> Result<Vec<TableSummary>> {
        let compared = self.target.tables(schemas).await?;
        let checks = schemas.iter().zip(compared).map(|(schema, compared)| async move {
            let mut compared = match compared {
                Ok(compared) => compared,
                Err(why) => {
                    let target = config.router.target(&schema.name);
                    self.tell(&Difference::of_table(&schema.name, &target, why.to_string()))?;
                    return Ok(TableSummary::not_compared(&schema.name));
                }
            };
            compared.condition = config.filter.conditions().of(&schema.name);
            let check = TableCheck::new(self, compared);
            let summary = check.run().await.map_err(|e| e.at(format_args!("table {}", schema.name)))?;
            info!(table = %schema.name, rows = summary.rows, bytes = summary.bytes, differences = summary.differences, "compared");
            Ok(summary)
        });
        // In the order of the tables, whichever ends first.
        futures::stream::iter(checks).buffered(self.parallel).try_collect().await
    }

    async fn progress(&self) -> std::convert::Infallible {
        loop {
            tokio::time::sleep(PROGRESS).await;
            info!(
                rows = self.rows.load(Ordering::Relaxed),
                differences = self.told.load(Ordering::Relaxed),
                "comparing"
            );
        }
    }

    /// Tells a difference, unless enough were told.
    fn tell(&self, difference: &Difference) -> Result<()> {
        if self.told.fetch_add(1, Ordering::Relaxed) < self.options.limit {
            (self.tell)(&difference.line(self.options.show_values))?;
        }
        Ok(())
    }

    /// Remembers a row that was told, to be repaired.
    fn to_repair(&self, table: &ComparedTable, mark: RowMark) {
        if self.options.repair {
            let mut repairs = self.repairs.lock().unwrap_or_else(PoisonError::into_inner);
            repairs.push(Asked { table: table.schema.name.clone(), forms: table.forms.clone(), mark });
        }
    }

    fn is_full(&self) -> bool {
        self.told.load(Ordering::Relaxed) >= self.options.limit
    }

    fn meter() -> [Meter; 2] {
        [Meter::default(), Meter::default()]
    }
}
