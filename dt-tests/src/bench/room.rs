//! The servers of a benchmark, its task files, and whether both sides are equal.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::data::COLUMNS;
use super::measure::{self, Cost};
use super::wire;
use crate::servers::{Family, SourceServer, TargetServer};
use crate::source::Source;
use crate::target::Target;

/// A source that is no bottleneck by its configuration: its rows fit into memory, its binlog into few files.
const SOURCE_OPTIONS: [&str; 5] = [
    "--innodb-buffer-pool-size=1G",
    "--innodb-log-file-size=512M",
    "--max-binlog-size=1G",
    "--binlog-cache-size=1M",
    "--query-cache-type=0",
];

/// A MariaDB and a Databend of the benchmark's own.
#[derive(Debug)]
pub struct Room {
    source: SourceServer,
    target: TargetServer,
    /// Task files and logs.
    pub folder: PathBuf,
    /// What row counts are multiplied by.
    scale: f64,
}

/// A place in the binlog.
#[derive(Debug, Clone)]
pub struct Place {
    /// Binlog file.
    pub file: String,
    /// Offset in it.
    pub offset: String,
}

impl Room {
    /// Starts the servers.
    ///
    /// # Errors
    /// One does not come up.
    pub async fn start(folder: &Path, scale: f64) -> Result<Self> {
        let options = SOURCE_OPTIONS.map(str::to_owned);
        let source = SourceServer::start(Family::MariaDb, folder, &options);
        let (source, target) = futures::future::try_join(source, TargetServer::start(folder, &[])).await?;
        let user = format!("CREATE USER {0}@'%'; GRANT SELECT ON *.* TO {0}@'%';", wire::USER);
        source.source.run(&user).await?;
        Ok(Self { source, target, folder: folder.to_owned(), scale })
    }

    /// Whether this run has the rows of the full benchmark.
    pub fn is_whole(&self) -> bool {
        self.scale >= 1.0
    }

    /// A number of rows or transactions of the full benchmark, at this run's scale.
    pub fn scaled(&self, full: u64) -> u64 {
        ((full as f64 * self.scale) as u64).max(10)
    }

    /// The same without a least number but one.
    pub fn scaled_down(&self, full: u64) -> u64 {
        ((full as f64 * self.scale.min(1.0)) as u64).max(1)
    }

    /// The source.
    pub fn source(&self) -> &Source {
        &self.source.source
    }

    /// Databend.
    pub fn target(&self) -> &Target {
        &self.target.target
    }

    /// Port of the source.
    ///
    /// # Errors
    /// None: the server is the benchmark's own.
    pub fn source_port(&self) -> Result<u16> {
        self.source.port()
    }

    /// Process of the source.
    ///
    /// # Errors
    /// It has ended.
    pub fn source_pid(&self) -> Result<u32> {
        self.source.pid().context("the source has ended")
    }

    /// Process of Databend.
    ///
    /// # Errors
    /// It has ended.
    pub fn target_pid(&self) -> Result<u32> {
        self.target.pid().context("Databend has ended")
    }

    /// Where the binlog ends.
    ///
    /// # Errors
    /// The query fails.
    pub async fn position(&self) -> Result<Place> {
        let (file, offset, _) = self.source().position().await?;
        Ok(Place { file, offset })
    }

    /// A task file that copies the tables of a database and follows them to the source's present end, with dt's own defaults.
    pub fn handover(&self, db: &str) -> String {
        self.task(db, "snapshot_and_cdc", "stop_at=caught_up\n", &self.sink())
    }

    /// A task file that copies the tables of a database.
    pub fn snapshot(&self, db: &str) -> String {
        self.task(db, "snapshot", "", &self.sink())
    }

    /// A task file that reads the tables of a database and throws the rows away.
    pub fn discarded_snapshot(&self, db: &str) -> String {
        self.task(db, "snapshot", "", "sink_type=dummy")
    }

    /// A task file that follows a database from a place to the source's present end and throws the changes away.
    pub fn discarded_changes(&self, db: &str, from: &Place) -> String {
        let start =
            format!("stop_at=caught_up\nbinlog_filename={}\nbinlog_position={}\n", from.file, from.offset);
        self.task(db, "cdc", &start, "sink_type=dummy")
    }

    /// A task file that copies the tables of a database and follows them without an end, flushing every 200 ms.
    pub fn live(&self, db: &str) -> String {
        let text = self.task(db, "snapshot_and_cdc", "", &self.sink());
        format!("{text}\n[pipeline]\nflush_interval_ms=200\n")
    }

    fn sink(&self) -> String {
        format!("db_type=databend\nurl={}", self.target().dsn)
    }

    fn task(&self, db: &str, extract_type: &str, extractor: &str, sinker: &str) -> String {
        format!(
            "[task]\nid={db}\n[extractor]\ndb_type=mysql\nextract_type={extract_type}\nurl={}\n{extractor}\
             [filter]\ndo_dbs={db}\n[sinker]\n{sinker}\n[runtime]\nlog_level=debug\n",
            self.source().url,
        )
    }

    /// Creates the tables of a database at the target.
    ///
    /// # Errors
    /// The task fails.
    pub async fn create_tables(&self, db: &str) -> Result<Cost> {
        let sink = self.sink().replace("db_type", "sink_type=struct\ndb_type");
        measure::run(self, &format!("{db}_struct"), &self.task(db, "struct", "", &sink)).await
    }

    /// Compares tables by what the servers themselves say of their rows: how many, the sum of the keys, and the sum of a checksum
    /// of every row.
    ///
    /// # Errors
    /// The sides differ.
    pub async fn compare(&self, db: &str, tables: &[String]) -> Result<()> {
        let sums = |db: &str| -> String {
            let parts = tables.iter().map(|table| {
                format!("SELECT count(*) AS n, sum(id) AS ids, sum(crc32(concat_ws('#', {COLUMNS}))) AS sums FROM {db}.{table}")
            });
            parts.collect::<Vec<_>>().join(" UNION ALL ")
        };
        let cast = |ty: &str| {
            format!(
                "concat_ws(' ', {})",
                ["sum(n)", "sum(ids)", "sum(sums)"].map(|sum| format!("CAST({sum} AS {ty})")).join(", ")
            )
        };
        let source = self.source().text(&format!("SELECT {} FROM ({}) AS s", cast("CHAR"), sums(db))).await?;
        let target =
            self.target().query(&format!("SELECT {} FROM ({}) AS s", cast("VARCHAR"), sums(db))).await?;
        let target = target.into_iter().flatten().flatten().next().unwrap_or_default();
        ensure!(
            source == target,
            "{db} differs: rows, keys and checksums are `{source}` at the source and `{target}` at the target"
        );
        Ok(())
    }

    /// Expects that the stage holds no file of a task.
    ///
    /// # Errors
    /// It holds one.
    pub async fn stage_is_clean(&self, db: &str) -> Result<()> {
        let files = self.staged_files(db).await?;
        ensure!(files.is_empty(), "stray files: {}", files.join(", "));
        Ok(())
    }

    /// The files that the stage holds of a task.
    ///
    /// # Errors
    /// Databend refuses.
    pub async fn staged_files(&self, db: &str) -> Result<Vec<String>> {
        let sql = format!("SELECT name FROM list_stage(location => '@~/dt/{db}/')");
        Ok(self.target().query(&sql).await?.into_iter().flatten().flatten().collect())
    }

    /// Drops a database and what its task keeps on both sides.
    ///
    /// # Errors
    /// A server refuses.
    pub async fn drop(&self, db: &str) -> Result<()> {
        self.target().drop_databases(db).await?;
        self.source().drop_databases(db).await?;
        self.source().run("RESET MASTER").await
    }
}
