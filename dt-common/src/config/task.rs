//! A whole task, as [`super::validate`] makes it from the task file and the factory builds it.

use std::num::NonZeroU64;
use std::path::PathBuf;
use std::time::Duration;

use super::schema_policy::SchemaPolicies;
use super::secret::Secret;
use super::tls::SourceTls;
use super::values::Values;
use crate::error::{Error, Result};
use crate::filter::Filter;
use crate::router::Router;
use crate::schema::TableName;

/// A whole task.
#[derive(Debug, Clone)]
pub struct TaskConfig {
    /// Names the task's state in the target; empty only for [`ExtractType::Struct`].
    pub id: String,
    /// What is to be done.
    pub extract_type: ExtractType,
    /// Where rows come from.
    pub extractor: ExtractorConfig,
    /// Where rows go.
    pub sinker: SinkerConfig,
    /// `[filter]`.
    pub filter: Filter,
    /// `[router]`.
    pub router: Router,
    /// `[parallelizer]`.
    pub parallelizer: ParallelizerConfig,
    /// `[pipeline]`.
    pub pipeline: PipelineConfig,
    /// `[metrics]`; `None` opens no port.
    pub metrics: Option<MetricsConfig>,
    /// `[runtime]`.
    pub runtime: RuntimeConfig,
    /// What is right but unwise, for the log; each names its place.
    pub warnings: Vec<String>,
}

/// What a task does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExtractType {
    /// Creates databases and tables.
    Struct,
    /// Copies rows.
    Snapshot,
    /// Follows changes.
    Cdc,
    /// Creates missing tables, copies rows, follows changes.
    SnapshotAndCdc,
}

impl ExtractType {
    /// Every kind of task by the name that a task file gives it.
    pub const NAMES: [(&str, Self); 4] = [
        ("struct", Self::Struct),
        ("snapshot", Self::Snapshot),
        ("cdc", Self::Cdc),
        ("snapshot_and_cdc", Self::SnapshotAndCdc),
    ];

    /// The name that a task file gives it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Struct => "struct",
            Self::Snapshot => "snapshot",
            Self::Cdc => "cdc",
            Self::SnapshotAndCdc => "snapshot_and_cdc",
        }
    }
}

/// A source.
#[derive(Debug, Clone)]
pub enum ExtractorConfig {
    /// MySQL or MariaDB.
    MySql(MySqlExtractorConfig),
}

impl TaskConfig {
    /// The same task, which copies these tables anew beside its stream.
    ///
    /// # Errors
    /// A kind of task that has no stream.
    pub fn with_resync(mut self, tables: Vec<TableName>) -> Result<Self> {
        match self.extract_type {
            ExtractType::Cdc | ExtractType::SnapshotAndCdc => {}
            ExtractType::Struct | ExtractType::Snapshot if tables.is_empty() => {}
            ExtractType::Struct | ExtractType::Snapshot => {
                return Err(Error::config(format!(
                    "--resync copies a table beside a change stream, and extract_type = {} has none",
                    self.extract_type.name()
                )));
            }
        }
        let ExtractorConfig::MySql(extractor) = &mut self.extractor;
        extractor.resync = tables;
        Ok(self)
    }
}

impl ExtractorConfig {
    /// How fast the task may read.
    pub fn rates(&self) -> Rates {
        match self {
            Self::MySql(config) => config.rates,
        }
    }
}

/// How fast a task may read; `None` is as fast as it can.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rates {
    /// Rows a second.
    pub rows: Option<NonZeroU64>,
    /// Bytes a second of row data as dt holds it in memory.
    pub bytes: Option<NonZeroU64>,
}

/// `[extractor]` with `db_type = mysql`.
#[derive(Debug, Clone)]
pub struct MySqlExtractorConfig {
    /// Connection URL with user and password.
    pub url: Secret,
    /// Names the task among the source's replicas; empty only for [`ExtractType::Struct`].
    pub task_id: String,
    /// Encryption of the connections.
    pub tls: SourceTls,
    /// Replica id to register under, never 0.
    pub server_id: u32,
    /// Where CDC begins when no checkpoint is stored.
    pub start: BinlogStart,
    /// When CDC ends.
    pub stop_at: StopAt,
    /// How often an idle source reports.
    pub heartbeat_interval: Duration,
    /// Tables that a snapshot reads at once.
    pub parallel_size: usize,
    /// Rows of a snapshot page.
    pub chunk_rows: usize,
    /// Longest silence of the source while a snapshot reads.
    pub read_timeout: Duration,
    /// What cascading foreign keys mean.
    pub on_fk_cascade: FkCascade,
    /// How fast it may read.
    pub rates: Rates,
    /// What is done about changes of structure.
    pub schema: SchemaPolicies,
    /// Connections to the source at once; `None` is as many as the task takes.
    pub max_connections: Option<usize>,
    /// Tables that are copied anew beside the stream; no key of the task file, but an option of the command line.
    pub resync: Vec<TableName>,
}

/// Where CDC begins when no checkpoint is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BinlogStart {
    /// At the source's present end.
    Now,
    /// At a file and offset.
    File {
        /// Binlog file.
        file: String,
        /// Offset in it.
        offset: u64,
    },
    /// After a MySQL GTID set or a MariaDB GTID position; which one it is the server's family decides.
    Gtid(String),
    /// At the first transaction that was committed at or after this moment, microseconds since 1970 in UTC.
    Time(i64),
}

/// When CDC ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopAt {
    /// At a signal.
    Never,
    /// At the position that the source had when the task started.
    CaughtUp,
}

/// What a child of a cascading foreign key means where the server does not log its rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FkCascade {
    /// The task refuses to start.
    Stop,
    /// The task warns and goes on.
    Warn,
}

/// A target.
#[derive(Debug, Clone)]
pub enum SinkerConfig {
    /// Databend.
    Databend(DatabendConfig),
    /// Discards everything.
    Dummy,
}

/// `[sinker] sink_type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SinkType {
    /// Writes rows (and, where the task needs them, tables).
    Write,
    /// Creates tables.
    Struct,
    /// Discards everything.
    Dummy,
}

/// `[sinker]` with `db_type = databend`.
#[derive(Debug, Clone)]
pub struct DatabendConfig {
    /// DSN with user and password; `retry_count=1` is set.
    pub dsn: Secret,
    /// Names the task's state.
    pub task_id: String,
    /// How rows travel.
    pub write_method: WriteMethod,
    /// Rows of a table up to which [`WriteMethod::Auto`] writes them into statements.
    pub inline_rows: usize,
    /// Stage that files go through: a name, or `~` for the user's own.
    pub stage: String,
    /// Rows of one statement.
    pub batch_size: usize,
    /// How often one batch is tried again after a conflict.
    pub max_retries: u32,
    /// How long one batch is tried again while the target is not available.
    pub retry_timeout: Duration,
    /// What a snapshot does with rows that are there.
    pub on_existing_rows: ExistingRows,
    /// How tables that are created are laid out.
    pub layout: TableLayout,
    /// For how many days what was dropped and is kept stays; `None` for ever, under its own name.
    pub keep_days: Option<u64>,
    /// `[values]`.
    pub values: Values,
}

/// How a table of the target is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TableLayout {
    /// Rows of a block, which is rewritten as a whole; `None` leaves it to Databend.
    pub row_per_block: Option<u64>,
    /// Columns with a bloom index.
    pub bloom_index: BloomIndex,
}

/// Which columns have a bloom index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BloomIndex {
    /// Those of the key.
    Key,
    /// All that can have one.
    All,
    /// None.
    None,
}

/// How rows travel to Databend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriteMethod {
    /// Few rows in statements, more in files; in statements alone where the stage cannot be used.
    Auto,
    /// In statements.
    Sql,
    /// In files.
    Stage,
}

/// What a snapshot does with a target table that holds rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExistingRows {
    /// Replaces rows by key.
    Upsert,
    /// Removes them in the transaction of the first chunk.
    Truncate,
    /// Refuses to start.
    Stop,
}

/// `[parallelizer]`.
#[derive(Debug, Clone, Copy)]
pub struct ParallelizerConfig {
    /// How a batch is reduced.
    pub parallel_type: ParallelType,
    /// Number of lanes.
    pub parallel_size: usize,
}

/// How a batch is reduced and split.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParallelType {
    /// Net change per key, lanes per table.
    Merge,
    /// Chunks as they are.
    Snapshot,
}

/// `[pipeline]`.
#[derive(Debug, Clone, Copy)]
pub struct PipelineConfig {
    /// Bytes of rows between source and target.
    pub buffer_bytes: usize,
    /// Longest time that a change waits for others.
    pub flush_interval: Duration,
    /// Rows that close a batch.
    pub max_rows: usize,
    /// Bytes that close a batch.
    pub max_bytes: usize,
    /// Interval of monitor lines and of idle checkpoints.
    pub checkpoint_interval: Duration,
    /// Interval of looks for rows that are to be repaired; zero for none.
    pub repair_interval: Duration,
}

impl PipelineConfig {
    /// Bytes that the queue holds; the rest of [`PipelineConfig::buffer_bytes`] is for what is behind it.
    pub fn queue_bytes(&self) -> usize {
        self.buffer_bytes / 2
    }
}

/// `[metrics]`.
#[derive(Debug, Clone)]
pub struct MetricsConfig {
    /// Address or host name to listen on.
    pub host: String,
    /// Port, never 0.
    pub port: u16,
}

/// `[runtime]`.
#[derive(Debug, Clone)]
pub struct RuntimeConfig {
    /// `error` to `trace`.
    pub log_level: String,
    /// How a line is written.
    pub log_format: LogFormat,
    /// Folder for log files; `None` logs to standard output.
    pub log_dir: Option<PathBuf>,
    /// Log files that are kept; `None` keeps all.
    pub log_max_files: Option<usize>,
}

/// How a log line is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object.
    Json,
}
