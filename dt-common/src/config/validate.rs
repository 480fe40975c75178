//! From raw values to a [`TaskConfig`]: every value is checked here, once, and named by its place when it is wrong.

use std::num::NonZeroU64;
use std::path::PathBuf;
use std::time::Duration;

use super::connection::Connections;
use super::environment::{Environment, ProcessEnvironment};
use super::ini::RawConfig;
use super::schema_policy::SchemaPolicies;
use super::secret::Secret;
use super::start;
use super::task::{
    BloomIndex, DatabendConfig, ExistingRows, ExtractType, ExtractorConfig, FkCascade, LogFormat,
    MetricsConfig, MySqlExtractorConfig, ParallelType, ParallelizerConfig, PipelineConfig, Rates,
    RuntimeConfig, SinkType, SinkerConfig, StopAt, TableLayout, TaskConfig, WriteMethod,
};
use super::values::Values;
use crate::error::Result;
use crate::filter::Filter;
use crate::router::Router;

impl TaskConfig {
    /// Reads and validates the text of a task file; `file` names it in errors. Secrets that stand elsewhere are taken from the
    /// environment of this process.
    ///
    /// # Errors
    /// The first thing that is wrong, with its place and the way out.
    pub fn parse(file: &str, text: &str) -> Result<Self> {
        Self::parse_in(file, text, &ProcessEnvironment)
    }

    /// The same in another environment.
    ///
    /// # Errors
    /// As [`TaskConfig::parse`].
    pub fn parse_in(file: &str, text: &str, environment: &dyn Environment) -> Result<Self> {
        let raw = RawConfig::parse(file, text)?;
        let mut connections = Connections { raw: &raw, environment, warnings: Vec::new() };
        let extract_type = raw.choice("extractor", "extract_type", &ExtractType::NAMES)?;
        let id = task_id(&raw, extract_type)?;
        raw.choice("extractor", "db_type", &[("mysql", ())])?;
        Ok(Self {
            extractor: ExtractorConfig::MySql(mysql_extractor(&mut connections, &id, extract_type)?),
            sinker: sinker(&mut connections, &id, extract_type)?,
            filter: filter(&raw, extract_type)?,
            router: Router::read(&raw)?,
            parallelizer: parallelizer(&raw, extract_type)?,
            pipeline: pipeline(&raw)?,
            metrics: metrics(&raw)?,
            runtime: runtime(&raw)?,
            id,
            extract_type,
            warnings: connections.warnings,
        })
    }
}

fn text(raw: &RawConfig, section: &str, name: &str) -> String {
    raw.get(section, name).unwrap_or_default().to_owned()
}

fn task_id(raw: &RawConfig, extract_type: ExtractType) -> Result<String> {
    let id = text(raw, "task", "id");
    if id.is_empty() && extract_type == ExtractType::Struct {
        return Ok(id);
    }
    let id = raw.require("task", "id")?.to_owned();
    if id.len() > 64 || !id.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return Err(raw.bad("task", "id", "use letters, digits and `_`, at most 64 of them"));
    }
    Ok(id)
}

fn mysql_extractor(
    connections: &mut Connections<'_>,
    id: &str,
    extract_type: ExtractType,
) -> Result<MySqlExtractorConfig> {
    let connection = connections.connection("extractor", &["mysql"])?;
    let tls = connections.source_tls(&connection)?;
    let raw = connections.raw;
    let number = |name, least, most| raw.number("extractor", name, least, most);
    let server_id = match number("server_id", 0, u32::MAX.into())? {
        0 => derived_server_id(id),
        given => given as u32,
    };
    Ok(MySqlExtractorConfig {
        url: Secret::new(connection.url),
        tls,
        task_id: id.to_owned(),
        server_id,
        resync: Vec::new(),
        start: start::read(raw, extract_type)?,
        stop_at: raw.choice(
            "extractor",
            "stop_at",
            &[("never", StopAt::Never), ("caught_up", StopAt::CaughtUp)],
        )?,
        heartbeat_interval: Duration::from_secs(number("heartbeat_interval_secs", 1, 3600)?),
        parallel_size: number("parallel_size", 1, 64)? as usize,
        chunk_rows: number("chunk_rows", 1, 10_000_000)? as usize,
        read_timeout: Duration::from_secs(number("read_timeout_secs", 1, 86_400)?),
        on_fk_cascade: raw.choice(
            "extractor",
            "on_fk_cascade",
            &[("stop", FkCascade::Stop), ("warn", FkCascade::Warn)],
        )?,
        rates: Rates {
            rows: NonZeroU64::new(number("max_rps", 0, u32::MAX.into())?),
            bytes: NonZeroU64::new(number("max_mbps", 0, 1 << 20)? << 20),
        },
        schema: SchemaPolicies::read(raw)?,
        max_connections: max_connections(raw, extract_type)?,
    })
}

fn max_connections(raw: &RawConfig, extract_type: ExtractType) -> Result<Option<usize>> {
    let (least, why) = match extract_type {
        ExtractType::Struct | ExtractType::Snapshot | ExtractType::Cdc => (1, ""),
        ExtractType::SnapshotAndCdc => {
            (2, ": the read view of the tables without a key, and a reader or a lock beside it")
        }
    };
    match raw.number("extractor", "max_connections", 0, 1000)? {
        0 => Ok(None),
        few if few < least => {
            let what = format!("this task needs {least} at least{why}; 0 is no limit");
            Err(raw.bad("extractor", "max_connections", &what))
        }
        given => Ok(Some(given as usize)),
    }
}

/// A replica id from the task id: the same at every start, other for another task. FNV-1a, kept above the small numbers that
/// people give to servers by hand.
fn derived_server_id(task_id: &str) -> u32 {
    let hash = task_id.bytes().fold(0x811c_9dc5_u32, |h, b| (h ^ u32::from(b)).wrapping_mul(0x0100_0193));
    hash | 0x4000_0000
}

fn sinker(connections: &mut Connections<'_>, id: &str, extract_type: ExtractType) -> Result<SinkerConfig> {
    let raw = connections.raw;
    let kinds = [("write", SinkType::Write), ("struct", SinkType::Struct), ("dummy", SinkType::Dummy)];
    match raw.choice("sinker", "sink_type", &kinds)? {
        SinkType::Dummy => return Ok(SinkerConfig::Dummy),
        SinkType::Struct if extract_type != ExtractType::Struct => {
            return Err(raw.bad("sinker", "sink_type", "`struct` goes with `extract_type = struct` only"));
        }
        SinkType::Struct | SinkType::Write => {}
    }
    raw.choice("sinker", "db_type", &[("databend", ())])?;
    let policies = [
        ("upsert", ExistingRows::Upsert),
        ("truncate", ExistingRows::Truncate),
        ("stop", ExistingRows::Stop),
    ];
    let indexes = [("key", BloomIndex::Key), ("all", BloomIndex::All), ("none", BloomIndex::None)];
    let methods = [("auto", WriteMethod::Auto), ("sql", WriteMethod::Sql), ("stage", WriteMethod::Stage)];
    Ok(SinkerConfig::Databend(DatabendConfig {
        dsn: connections.databend_dsn()?,
        task_id: id.to_owned(),
        write_method: raw.choice("sinker", "write_method", &methods)?,
        inline_rows: raw.number("sinker", "inline_rows", 0, 1_000_000)? as usize,
        stage: stage(raw)?,
        batch_size: raw.number("sinker", "batch_size", 1, 1_000_000)? as usize,
        max_retries: raw.number("sinker", "max_retries", 0, 1000)? as u32,
        retry_timeout: Duration::from_secs(raw.number("sinker", "retry_timeout_secs", 0, 86_400)?),
        on_existing_rows: raw.choice("sinker", "on_existing_rows", &policies)?,
        layout: TableLayout {
            row_per_block: match raw.number("sinker", "row_per_block", 0, 100_000_000)? {
                0 => None,
                rows => Some(rows),
            },
            bloom_index: raw.choice("sinker", "bloom_index_columns", &indexes)?,
        },
        keep_days: match raw.number("schema", "keep_days", 0, 36_500)? {
            0 => None,
            days => Some(days),
        },
        values: Values::read(raw)?,
    }))
}

/// The name ends up bare in a statement.
fn stage(raw: &RawConfig) -> Result<String> {
    let stage = text(raw, "sinker", "stage");
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if stage == "~" || (!stage.is_empty() && stage.chars().all(is_name)) {
        return Ok(stage);
    }
    Err(raw.bad("sinker", "stage", "give `~` for the user's own stage, or a name of letters, digits and `_`"))
}

fn filter(raw: &RawConfig, extract_type: ExtractType) -> Result<Filter> {
    let filter = Filter::read(raw)?;
    if extract_type == ExtractType::Cdc && !filter.conditions().is_empty() {
        let what = "conditions restrict what a snapshot copies, and `extract_type = cdc` copies nothing; remove the key";
        return Err(raw.bad("filter", "where_conditions", what));
    }
    Ok(filter)
}

fn parallelizer(raw: &RawConfig, extract_type: ExtractType) -> Result<ParallelizerConfig> {
    let natural =
        if extract_type == ExtractType::Snapshot { ParallelType::Snapshot } else { ParallelType::Merge };
    let parallel_type = if text(raw, "parallelizer", "parallel_type").is_empty() {
        natural
    } else {
        let kinds = [
            ("merge", ParallelType::Merge),
            ("rdb_merge", ParallelType::Merge),
            ("snapshot", ParallelType::Snapshot),
        ];
        raw.choice("parallelizer", "parallel_type", &kinds)?
    };
    if parallel_type == ParallelType::Snapshot && natural == ParallelType::Merge {
        return Err(raw.bad(
            "parallelizer",
            "parallel_type",
            "`snapshot` goes with `extract_type = snapshot` only",
        ));
    }
    let parallel_size = raw.number("parallelizer", "parallel_size", 1, 64)? as usize;
    Ok(ParallelizerConfig { parallel_type, parallel_size })
}

fn pipeline(raw: &RawConfig) -> Result<PipelineConfig> {
    let number = |name, least, most| raw.number("pipeline", name, least, most);
    Ok(PipelineConfig {
        buffer_bytes: number("buffer_memory_mb", 1, 1 << 20)? as usize * (1 << 20),
        flush_interval: Duration::from_millis(number("flush_interval_ms", 1, 3_600_000)?),
        max_rows: number("max_rows", 1, 100_000_000)? as usize,
        max_bytes: number("max_bytes", 1, 1 << 40)? as usize,
        checkpoint_interval: Duration::from_secs(number("checkpoint_interval_secs", 1, 86_400)?),
        repair_interval: Duration::from_secs(number("repair_interval_secs", 0, 86_400)?),
    })
}

fn metrics(raw: &RawConfig) -> Result<Option<MetricsConfig>> {
    let host = raw.require("metrics", "http_host")?.to_owned();
    let port = raw.number("metrics", "http_port", 0, u16::MAX.into())? as u16;
    Ok((port > 0).then_some(MetricsConfig { host, port }))
}

fn runtime(raw: &RawConfig) -> Result<RuntimeConfig> {
    let levels = ["error", "warn", "info", "debug", "trace"].map(|level| (level, level));
    let log_level = raw.choice("runtime", "log_level", &levels)?.to_owned();
    let log_dir = Some(text(raw, "runtime", "log_dir")).filter(|dir| !dir.is_empty()).map(PathBuf::from);
    let formats = [("text", LogFormat::Text), ("json", LogFormat::Json)];
    let log_format = raw.choice("runtime", "log_format", &formats)?;
    let log_max_files = match raw.number("runtime", "log_max_files", 0, 100_000)? {
        0 => None,
        files => Some(files as usize),
    };
    Ok(RuntimeConfig { log_level, log_format, log_dir, log_max_files })
}

#[cfg(test)]
mod tests {
    use super::super::environment::fixtures::Fixture;
    use super::*;

    const TASK: &str = "[task]\nid=t_1\n[extractor]\ndb_type=mysql\nextract_type=cdc\nurl=mysql://u:p%40@h:3306\n\
                        [sinker]\ndb_type=databend\nurl=databend://d:s@h:8000/x?sslmode=disable&retry_count=9\n";

    fn parse(text: &str) -> Result<TaskConfig> {
        TaskConfig::parse_in("t.ini", text, &Fixture::default())
    }

    fn error(text: &str) -> String {
        parse(text).unwrap_err().to_string()
    }

    #[test]
    fn a_small_file_is_a_whole_task() {
        let task = parse(TASK).unwrap();
        let ExtractorConfig::MySql(mysql) = &task.extractor;
        assert_eq!(
            (mysql.start.clone(), mysql.stop_at),
            (super::super::task::BinlogStart::Now, StopAt::Never)
        );
        assert!(mysql.server_id >= 0x4000_0000);
        let SinkerConfig::Databend(databend) = &task.sinker else { panic!("{:?}", task.sinker) };
        assert_eq!(
            databend.dsn.reveal(),
            "databend://d:s@h:8000/x?sslmode=disable&page_request_timeout_secs=120&retry_count=1"
        );
        assert_eq!(task.parallelizer.parallel_type, ParallelType::Merge);
        assert!(task.metrics.is_none() && task.runtime.log_max_files == Some(14));
        let shown = format!("{task:?}");
        assert!(!shown.contains("p%40") && !shown.contains("d:s@"), "{shown}");
    }

    #[test]
    fn a_port_opens_the_endpoint() {
        let task = parse(&format!("{TASK}[metrics]\nhttp_port=9100\n")).unwrap();
        let metrics = task.metrics.unwrap();
        assert_eq!((metrics.host.as_str(), metrics.port), ("127.0.0.1", 9100));
        assert!(error(&format!("{TASK}[metrics]\nhttp_port=70000\n")).contains("[metrics] http_port"));
    }

    #[test]
    fn user_and_password_keys_win_over_the_url() {
        let task = parse(&TASK.replace("[sinker]", "username=x@y\npassword=a/b:c@\n[sinker]")).unwrap();
        let ExtractorConfig::MySql(mysql) = &task.extractor;
        assert_eq!(mysql.url.reveal(), "mysql://x%40y:a%2Fb%3Ac%40@h:3306");
    }

    #[test]
    fn limits_are_off_until_they_are_set() {
        let mysql = |keys: &str| {
            let task = parse(&TASK.replace("[sinker]", &format!("{keys}\n[sinker]"))).unwrap();
            let ExtractorConfig::MySql(mysql) = task.extractor;
            (mysql.rates.rows.map(u64::from), mysql.rates.bytes.map(u64::from), mysql.max_connections)
        };
        assert_eq!(mysql(""), (None, None, None));
        assert_eq!(mysql("max_rps=7\nmax_mbps=2\nmax_connections=1"), (Some(7), Some(2_097_152), Some(1)));
        let both = TASK.replace("cdc", "snapshot_and_cdc").replace("[sinker]", "max_connections=1\n[sinker]");
        assert!(error(&both).contains("[extractor] max_connections: this task needs 2 at least"));
    }

    #[test]
    fn bad_values_name_their_place() {
        assert_eq!(
            error(&TASK.replace("t_1", "t-1")),
            "t.ini:2: [task] id: use letters, digits and `_`, at most 64 of them"
        );
        assert!(
            error(&TASK.replace("cdc", "all"))
                .contains("t.ini:5: [extractor] extract_type: `all` is none of struct")
        );
        assert!(error(&TASK.replace("mysql://", "pg://")).contains("the scheme has to be mysql"));
        assert!(
            error(&format!("{TASK}[filter]\nwhere_conditions=d.t:(a)\n"))
                .contains("t.ini:11: [filter] where_conditions: conditions restrict what a snapshot copies")
        );
        assert!(error(&format!("{TASK}sink_type=struct\n")).contains("extract_type = struct"));
        assert!(
            error(&format!("{TASK}[parallelizer]\nparallel_type=snapshot\n"))
                .contains("extract_type = snapshot")
        );
    }

    #[test]
    fn no_password_in_an_error() {
        for text in [TASK.replace("@h:3306", "@h:33x06"), TASK.replace("u:p%40@h:3306", "u:p%40@")] {
            let message = error(&text);
            assert!(message.contains("[extractor] url") && !message.contains("p%40"), "{message}");
        }
    }
}
