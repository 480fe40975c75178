//! From raw values to a [`TaskConfig`]: every value is checked here, once, and named by its place when it is wrong.

use std::path::PathBuf;
use std::time::Duration;

use url::Url;

use super::ini::RawConfig;
use super::secret::Secret;
use super::task::{
    BinlogStart, DatabendConfig, ExistingRows, ExtractType, ExtractorConfig, FilterConfig, FkCascade,
    MySqlExtractorConfig, ParallelType, ParallelizerConfig, PipelineConfig, RouterConfig, RuntimeConfig,
    SinkType, SinkerConfig, StopAt, TaskConfig,
};
use crate::error::Result;

impl TaskConfig {
    /// Reads and validates the text of a task file; `file` names it in errors.
    ///
    /// # Errors
    /// The first thing that is wrong, with its place and the way out.
    pub fn parse(file: &str, text: &str) -> Result<Self> {
        let raw = RawConfig::parse(file, text)?;
        let extract_type = raw.choice("extractor", "extract_type", &ExtractType::NAMES)?;
        let id = task_id(&raw, extract_type)?;
        raw.choice("extractor", "db_type", &[("mysql", ())])?;
        Ok(Self {
            extractor: ExtractorConfig::MySql(mysql_extractor(&raw, &id)?),
            sinker: sinker(&raw, &id, extract_type)?,
            filter: filter(&raw),
            router: router(&raw),
            parallelizer: parallelizer(&raw, extract_type)?,
            pipeline: pipeline(&raw)?,
            runtime: runtime(&raw)?,
            id,
            extract_type,
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

fn mysql_extractor(raw: &RawConfig, id: &str) -> Result<MySqlExtractorConfig> {
    let number = |name, least, most| raw.number("extractor", name, least, most);
    let server_id = match number("server_id", 0, u32::MAX.into())? {
        0 => derived_server_id(id),
        given => given as u32,
    };
    Ok(MySqlExtractorConfig {
        url: connection_url(raw, "extractor", &["mysql"])?,
        task_id: id.to_owned(),
        server_id,
        start: binlog_start(raw)?,
        stop_at: raw.choice(
            "extractor",
            "stop_at",
            &[("never", StopAt::Never), ("caught_up", StopAt::CaughtUp)],
        )?,
        heartbeat_interval: Duration::from_secs(number("heartbeat_interval_secs", 1, 3600)?),
        parallel_size: number("parallel_size", 1, 64)? as usize,
        chunk_rows: number("chunk_rows", 1, 10_000_000)? as usize,
        on_fk_cascade: raw.choice(
            "extractor",
            "on_fk_cascade",
            &[("stop", FkCascade::Stop), ("warn", FkCascade::Warn)],
        )?,
    })
}

/// A replica id from the task id: the same at every start, other for another task. FNV-1a, kept above the small numbers that
/// people give to servers by hand.
fn derived_server_id(task_id: &str) -> u32 {
    let hash = task_id.bytes().fold(0x811c_9dc5_u32, |h, b| (h ^ u32::from(b)).wrapping_mul(0x0100_0193));
    hash | 0x4000_0000
}

fn binlog_start(raw: &RawConfig) -> Result<BinlogStart> {
    let gtid = text(raw, "extractor", "gtid_set");
    let file = text(raw, "extractor", "binlog_filename");
    match (gtid.is_empty(), file.is_empty()) {
        (true, true) => Ok(BinlogStart::Now),
        (true, false) => {
            Ok(BinlogStart::File { file, offset: raw.number("extractor", "binlog_position", 4, u64::MAX)? })
        }
        (false, true) => Ok(BinlogStart::Gtid(gtid)),
        (false, false) => {
            Err(raw.bad("extractor", "gtid_set", "give either gtid_set or binlog_filename, not both"))
        }
    }
}

/// The URL of a section with `username` and `password` put into it.
fn connection_url(raw: &RawConfig, section: &str, schemes: &[&str]) -> Result<Secret> {
    // The parser's own message never shows the URL, which may hold a password.
    let mut url =
        Url::parse(raw.require(section, "url")?).map_err(|e| raw.bad(section, "url", &e.to_string()))?;
    if !schemes.contains(&url.scheme()) {
        return Err(raw.bad(section, "url", &format!("the scheme has to be {}", schemes.join(" or "))));
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err(raw.bad(section, "url", "it names no host"));
    }
    let (username, password) = (text(raw, section, "username"), text(raw, section, "password"));
    if !username.is_empty() && url.set_username(&username).is_err() {
        return Err(raw.bad(section, "username", "it cannot be put into the url"));
    }
    if !password.is_empty() && url.set_password(Some(&password)).is_err() {
        return Err(raw.bad(section, "password", "it cannot be put into the url"));
    }
    Ok(Secret::new(url.to_string()))
}

fn sinker(raw: &RawConfig, id: &str, extract_type: ExtractType) -> Result<SinkerConfig> {
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
    Ok(SinkerConfig::Databend(DatabendConfig {
        dsn: databend_dsn(raw)?,
        task_id: id.to_owned(),
        batch_size: raw.number("sinker", "batch_size", 1, 1_000_000)? as usize,
        max_retries: raw.number("sinker", "max_retries", 0, 1000)? as u32,
        on_existing_rows: raw.choice("sinker", "on_existing_rows", &policies)?,
    }))
}

/// The DSN with the driver's own retries off: its retry repeats COMMIT, and a stray COMMIT answers OK.
fn databend_dsn(raw: &RawConfig) -> Result<Secret> {
    let schemes = ["databend", "databend+http", "databend+https"];
    let dsn = connection_url(raw, "sinker", &schemes)?;
    let mut url = Url::parse(dsn.reveal()).map_err(|e| raw.bad("sinker", "url", &e.to_string()))?;
    let kept: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(key, _)| key != "retry_count")
        .map(|(k, v)| (k.into(), v.into()))
        .collect();
    url.query_pairs_mut().clear().extend_pairs(kept).append_pair("retry_count", "1");
    Ok(Secret::new(url.to_string()))
}

fn filter(raw: &RawConfig) -> FilterConfig {
    let text = |name| text(raw, "filter", name);
    FilterConfig {
        do_dbs: text("do_dbs"),
        do_tbs: text("do_tbs"),
        ignore_dbs: text("ignore_dbs"),
        ignore_tbs: text("ignore_tbs"),
        do_events: text("do_events"),
    }
}

fn router(raw: &RawConfig) -> RouterConfig {
    RouterConfig { db_map: text(raw, "router", "db_map"), tb_map: text(raw, "router", "tb_map") }
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
    })
}

fn runtime(raw: &RawConfig) -> Result<RuntimeConfig> {
    let levels = ["error", "warn", "info", "debug", "trace"].map(|level| (level, level));
    let log_level = raw.choice("runtime", "log_level", &levels)?.to_owned();
    let log_dir = Some(text(raw, "runtime", "log_dir")).filter(|dir| !dir.is_empty()).map(PathBuf::from);
    Ok(RuntimeConfig { log_level, log_dir })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TASK: &str = "[task]\nid=t_1\n[extractor]\ndb_type=mysql\nextract_type=cdc\nurl=mysql://u:p%40@h:3306\n\
                        [sinker]\ndb_type=databend\nurl=databend://d:s@h:8000/x?sslmode=disable&retry_count=9\n";

    fn parse(text: &str) -> Result<TaskConfig> {
        TaskConfig::parse("t.ini", text)
    }

    fn error(text: &str) -> String {
        parse(text).unwrap_err().to_string()
    }

    #[test]
    fn a_small_file_is_a_whole_task() {
        let task = parse(TASK).unwrap();
        let ExtractorConfig::MySql(mysql) = &task.extractor;
        assert_eq!((mysql.start.clone(), mysql.stop_at), (BinlogStart::Now, StopAt::Never));
        assert!(mysql.server_id >= 0x4000_0000);
        let SinkerConfig::Databend(databend) = &task.sinker else { panic!("{:?}", task.sinker) };
        assert_eq!(databend.dsn.reveal(), "databend://d:s@h:8000/x?sslmode=disable&retry_count=1");
        assert_eq!(task.parallelizer.parallel_type, ParallelType::Merge);
        let shown = format!("{task:?}");
        assert!(!shown.contains("p%40") && !shown.contains("d:s@"), "{shown}");
    }

    #[test]
    fn user_and_password_keys_win_over_the_url() {
        let task = parse(&TASK.replace("[sinker]", "username=x@y\npassword=a/b:c@\n[sinker]")).unwrap();
        let ExtractorConfig::MySql(mysql) = &task.extractor;
        assert_eq!(mysql.url.reveal(), "mysql://x%40y:a%2Fb%3Ac%40@h:3306");
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
            error(&TASK.replace("[sinker]", "gtid_set=a\nbinlog_filename=b\n[sinker]")).contains("not both")
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
