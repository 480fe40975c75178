//! The registry of sections and keys: what exists, what it defaults to, and why.

use super::task::ExtractType::{self, Cdc, Snapshot, SnapshotAndCdc};

/// A key of the task file.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// Section, without brackets.
    pub section: &'static str,
    /// Name.
    pub name: &'static str,
    /// Default as it would be written; `None` for a key that has to be given where it applies.
    pub default: Option<&'static str>,
    /// What it does, and why the default is what it is.
    pub doc: &'static str,
    /// Kinds of task that it means something to; empty for all.
    only: &'static [ExtractType],
    /// What a template shows for a key without a default; `<..>` in it is to be filled in.
    pub example: &'static str,
}

/// Tasks that write rows.
const ROWS: &[ExtractType] = &[Snapshot, Cdc, SnapshotAndCdc];
/// Tasks that copy.
const COPIES: &[ExtractType] = &[Snapshot, SnapshotAndCdc];
/// Tasks that follow the binlog.
const FOLLOWS: &[ExtractType] = &[Cdc, SnapshotAndCdc];

const fn key(
    section: &'static str,
    name: &'static str,
    default: Option<&'static str>,
    doc: &'static str,
) -> Key {
    Key { section, name, default, doc, only: &[], example: "" }
}

impl Key {
    /// The key means something to these kinds of task only.
    const fn only(mut self, kinds: &'static [ExtractType]) -> Self {
        self.only = kinds;
        self
    }

    /// What a template shows.
    const fn example(mut self, example: &'static str) -> Self {
        self.example = example;
        self
    }

    /// Whether the key means something to this kind of task.
    pub fn applies_to(&self, kind: ExtractType) -> bool {
        self.only.is_empty() || self.only.contains(&kind)
    }
}

/// Every key, in the order of the documentation.
pub const KEYS: &[Key] = &[
    key(
        "task",
        "id",
        None,
        "Names the task and its state in the target (`_dt`). Letters, digits and `_`, at most 64. Required unless `extract_type = struct`.",
    ).example("<name>"),
    key("extractor", "db_type", None, "`mysql`, for MySQL and MariaDB.").example("mysql"),
    key(
        "extractor",
        "extract_type",
        None,
        "`struct` creates databases and tables; `snapshot` copies rows; `cdc` follows the binlog; `snapshot_and_cdc` does all three, one after the other.",
    ),
    key(
        "extractor",
        "url",
        None,
        "`mysql://user:password@host:port`, with the parameters of mysql_async. Reserved characters in user and password are percent-encoded.",
    ).example("mysql://<user>:<password>@<host>:3306"),
    key(
        "extractor",
        "url_env",
        Some(""),
        "Name of an environment variable that holds the `url`, instead of `url`.",
    ),
    key("extractor", "username", Some(""), "Used instead of the user in `url`."),
    key("extractor", "username_env", Some(""), "Name of an environment variable that holds the `username`."),
    key("extractor", "password", Some(""), "Used instead of the password in `url`."),
    key("extractor", "password_env", Some(""), "Name of an environment variable that holds the `password`."),
    key(
        "extractor",
        "password_file",
        Some(""),
        "File that holds the `password`. One newline at its end is cut.",
    ),
    key(
        "extractor",
        "ssl_mode",
        Some(""),
        "`disabled`, `preferred`, `required`, `verify_ca` or `verify_identity`, as MySQL's client means them. Empty is `preferred`, or `verify_ca` when `ssl_ca` is given, as there. See [connections](connections.md).",
    ),
    key(
        "extractor",
        "ssl_ca",
        Some(""),
        "PEM file of the authorities that may have signed the server's certificate.",
    ),
    key("extractor", "ssl_cert", Some(""), "PEM file of the client's certificate, for users that need one."),
    key(
        "extractor",
        "ssl_key",
        Some(""),
        "PEM file of the private key of `ssl_cert`: PKCS#8, PKCS#1 or SEC1, without a passphrase.",
    ),
    key(
        "extractor",
        "server_id",
        Some("0"),
        "Replica id that dt registers under; no other replica may use it. 0 chooses one by a hash of the task id, so that two tasks differ and a restart replaces its own dead connection.",
    ).only(FOLLOWS),
    key(
        "extractor",
        "gtid_set",
        Some(""),
        "Where `cdc` begins when no checkpoint is stored: a MySQL GTID set, or a MariaDB GTID position.",
    ).only(&[Cdc]),
    key(
        "extractor",
        "binlog_filename",
        Some(""),
        "Where `cdc` begins when no checkpoint is stored: a binlog file. Only one of `gtid_set`, `binlog_filename` and `start_time_utc` may be given; without them it begins at the source's present end.",
    ).only(&[Cdc]),
    key(
        "extractor",
        "binlog_position",
        Some("4"),
        "Offset in `binlog_filename`. 4 is the first event of a file.",
    ).only(&[Cdc]),
    key(
        "extractor",
        "start_time_utc",
        Some(""),
        "Where `cdc` begins when no checkpoint is stored: the first transaction that was committed at or after this moment, `YYYY-MM-DD hh:mm:ss[.ffffff]` in UTC. See [filter-and-router.md](filter-and-router.md#start_time_utc).",
    ).only(&[Cdc]),
    key(
        "extractor",
        "stop_at",
        Some("never"),
        "`never`, or `caught_up`: end with exit code 0 when the task reaches the position that the source had when the task started.",
    ).only(FOLLOWS),
    key(
        "extractor",
        "heartbeat_interval_secs",
        Some("5"),
        "How often an idle source shows that it is alive. A connection that is silent for three times as long is given up and opened anew.",
    ).only(FOLLOWS),
    key(
        "extractor",
        "parallel_size",
        Some("2"),
        "Readers of a snapshot: each has a table of its own, and all of them share one that is more than a reader's part of what is left to copy. Two keep the target busy while one waits for the source.",
    ).only(COPIES),
    key(
        "extractor",
        "chunk_rows",
        Some("10000"),
        "Rows of a snapshot page. Bounds what a killed snapshot reads again, and the memory that a page takes.",
    ).only(COPIES),
    key(
        "extractor",
        "read_timeout_secs",
        Some("300"),
        "Longest wait of a snapshot for the source's next row. A connection that is silent for longer is given up, and the table is read on over another. Longer than the source may take to find the first row of a page, as with a `where_conditions` without an index.",
    ).only(COPIES),
    key(
        "extractor",
        "max_rps",
        Some("0"),
        "Rows a second that the task reads at most, in its snapshot and in its change stream. 0 is no limit. Spares a source that has other work.",
    ).only(ROWS),
    key(
        "extractor",
        "max_mbps",
        Some("0"),
        "Mebibytes (2^20 bytes, not bits) a second of row data as dt holds it in memory, likewise. 0 is no limit.",
    ).only(ROWS),
    key(
        "extractor",
        "max_connections",
        Some("0"),
        "Connections to the source at once: the readers of a snapshot are cut to fit, and a stream whose limit has no room for it is not looked at from beside, so that its lag is not known. 0 is no limit; a task takes `parallel_size` and up to two more.",
    ),
    key(
        "extractor",
        "on_fk_cascade",
        Some("stop"),
        "`stop` or `warn`, when a followed table is the child of a cascading foreign key on a server that does not write the child's rows to the binlog. Stops by default, because those rows would silently stay.",
    ).only(FOLLOWS),
    key(
        "filter",
        "do_dbs",
        Some(""),
        "Databases to follow: a list of names with `*` and `?`; in back-quotes nothing is a wildcard. Without `do_dbs` and `do_tbs` all user databases are followed. Every format of this section and the next: [filter-and-router.md](filter-and-router.md).",
    ),
    key("filter", "do_tbs", Some(""), "Tables to follow: a list of `db.table`, each part with wildcards."),
    key("filter", "ignore_dbs", Some(""), "Databases to leave out. Wins over what is to be followed."),
    key("filter", "ignore_tbs", Some(""), "Tables to leave out. Wins over what is to be followed."),
    key(
        "filter",
        "ignore_cols",
        Some(""),
        "Columns to leave out: a list of `db.table.column`, each part with wildcards. They are not created, not copied and not followed, whatever their type; a key column cannot be left out.",
    ),
    key(
        "filter",
        "where_conditions",
        Some(""),
        "Which rows a snapshot copies: a list of `db.table:(SQL condition)`, names with wildcards. Does not restrict the changes that `snapshot_and_cdc` follows; refused with `cdc`.",
    ).only(COPIES),
    key(
        "filter",
        "do_events",
        Some("insert,update,delete"),
        "Kinds of change to follow in CDC. The others are passed over one by one, so that a row may be changed whose insert was not followed.",
    ).only(FOLLOWS),
    key("router", "db_map", Some(""), "`source:target` pairs of databases."),
    key(
        "router",
        "tb_map",
        Some(""),
        "`db.table:db.table` pairs of tables; wins over `db_map`. Two tables with one target are refused.",
    ),
    key(
        "router",
        "col_map",
        Some(""),
        "`db.table.column:column` pairs: the column's name in the target. Two columns of a table with one name are refused.",
    ),
    key("sinker", "db_type", None, "`databend`. Not needed for `sink_type = dummy`.").example("databend"),
    key(
        "sinker",
        "sink_type",
        Some("write"),
        "`write`; `struct` goes with `extract_type = struct`; `dummy` discards everything, to measure the source alone.",
    ),
    key(
        "sinker",
        "url",
        None,
        "`databend://user:password@host:port/database?sslmode=disable`; every parameter of databend-driver passes through, see [connections](connections.md#databend). `retry_count` is always 1, because the driver's own retry repeats COMMIT; `page_request_timeout_secs` is 120 unless it is given, so that a dead connection is noticed.",
    ).example("databend://<user>:<password>@<host>:8000/default?sslmode=disable"),
    key(
        "sinker",
        "url_env",
        Some(""),
        "Name of an environment variable that holds the `url`, instead of `url`.",
    ),
    key("sinker", "username", Some(""), "Used instead of the user in `url`."),
    key("sinker", "username_env", Some(""), "Name of an environment variable that holds the `username`."),
    key("sinker", "password", Some(""), "Used instead of the password in `url`."),
    key("sinker", "password_env", Some(""), "Name of an environment variable that holds the `password`."),
    key(
        "sinker",
        "password_file",
        Some(""),
        "File that holds the `password`. One newline at its end is cut.",
    ),
    key(
        "sinker",
        "write_method",
        Some("auto"),
        "How rows travel: `sql` (as text in statements), `stage` (as Parquet files over a stage), or `auto`: up to `inline_rows` rows of a table in statements, more in files, and statements alone, with a warning, where the stage cannot be used.",
    ),
    key(
        "sinker",
        "inline_rows",
        Some("100"),
        "Rows of a table in one batch up to which `auto` writes them into statements: for few rows the way over a stage takes longer than it saves.",
    ),
    key(
        "sinker",
        "stage",
        Some("~"),
        "Stage that the files go through: `~` is the user's own, which needs no privilege; or the name of an internal or external stage that the user may read and write. Files lie under `dt/<task id>/` and are removed when they are committed.",
    ),
    key(
        "sinker",
        "batch_size",
        Some("5000"),
        "Rows of one SQL statement. Larger ones cost memory in the target's parser and gain little.",
    ).only(ROWS),
    key(
        "sinker",
        "row_per_block",
        Some("100000"),
        "Rows of a block of the tables that are created. A change rewrites whole blocks: smaller ones make changes of few or of recent rows cheaper, and scans a little dearer. See [performance.md](performance.md). 0 leaves it to Databend (1,000,000).",
    ),
    key(
        "sinker",
        "bloom_index_columns",
        Some("key"),
        "Columns with a bloom index in the tables that are created: `key` (by which dt finds rows, where Databend indexes all types in it), `all` (Databend's own choice) or `none`. Each indexed column is hashed whenever a block is rewritten.",
    ),
    key(
        "sinker",
        "max_retries",
        Some("10"),
        "How often one batch is tried again after a conflict with another writer before the task fails.",
    ).only(ROWS),
    key(
        "sinker",
        "retry_timeout_secs",
        Some("600"),
        "How long one batch is tried again while the target cannot be reached, or fails for the moment (a full disk), before the task fails. Ten minutes outlast a restart and an upgrade. A task that starts waits ten seconds only.",
    ).only(ROWS),
    key(
        "sinker",
        "on_existing_rows",
        Some("upsert"),
        "What a snapshot does with a target table that holds rows: `upsert` (keyed tables; refused for keyless ones), `truncate` (the rows go in the transaction of the first chunk), or `stop`.",
    ).only(COPIES),
    key(
        "parallelizer",
        "parallel_type",
        Some(""),
        "`merge` (net change per key; `rdb_merge` means the same) or `snapshot`. Empty chooses by `extract_type`.",
    ).only(ROWS),
    key(
        "parallelizer",
        "parallel_size",
        Some("4"),
        "Lanes that turn a batch's tables into statements at the same time.",
    ).only(ROWS),
    key(
        "pipeline",
        "buffer_memory_mb",
        Some("128"),
        "Memory for rows between source and target, in mebibytes: half of it is the queue's, before the source has to wait; the rest is what is being reduced and encoded. The process takes up to twice as much in all.",
    ).only(ROWS),
    key(
        "pipeline",
        "flush_interval_ms",
        Some("500"),
        "Longest time that a change waits for others before its batch is committed. Every commit rewrites blocks of the target; 0.5 s keeps it fresh at two commits a second.",
    ).only(ROWS),
    key(
        "pipeline",
        "max_rows",
        Some("1000000"),
        "Rows that close a batch. A batch grows while the one before commits, because a commit costs the target nearly the same for many rows as for few. It ends at a source commit, so a larger transaction makes a larger batch.",
    ).only(ROWS),
    key(
        "pipeline",
        "max_bytes",
        Some("536870912"),
        "Bytes that close a batch, likewise, as dt holds rows in memory. Parts of a large batch wait as files in the stage; the text of statements, with `write_method = sql`, closes it at an eighth of `buffer_memory_mb`.",
    ).only(ROWS),
    key(
        "pipeline",
        "checkpoint_interval_secs",
        Some("10"),
        "How often the monitor logs, and how often the position is stored when nothing that is followed changes.",
    ).only(ROWS),
    key("schema", "add_column", Some("apply"), "A column is added. The rows that were there get the value that the source shows in them. `ignore` leaves the column out from then on, as `[filter] ignore_cols` does. A list: an action, and exceptions `db.table:action` with wildcards, of which the first that matches counts.").only(FOLLOWS),
    key("schema", "widen_column", Some("apply"), "A column's type holds more than before, or it takes NULL. [schema-evolution.md](schema-evolution.md) has the table of types.").only(FOLLOWS),
    key("schema", "narrow_column", Some("stop"), "A column's type holds less than before. `keep` leaves the target's wider type, which is exact when the source is in strict mode; `apply` narrows the target too and fails when a row does not fit. Stops by default, because a server that is not in strict mode changes rows without logging them.").only(FOLLOWS),
    key("schema", "drop_column", Some("keep"), "A column is dropped. `keep` leaves it in the target, nullable, for the rows that have it; nothing is lost by default.").only(FOLLOWS),
    key("schema", "rename_column", Some("apply"), "A column gets another name.").only(FOLLOWS),
    key("schema", "change_key", Some("apply"), "Other columns name a row: the primary key, or the unique key that stands in for it, changes. Databend has no keys, so only the way of writing changes.").only(FOLLOWS),
    key("schema", "create_table", Some("apply"), "A table that the filter matches is created. `ignore` does not follow it.").only(FOLLOWS),
    key("schema", "drop_table", Some("keep"), "A table is dropped. `keep` leaves it in the target.").only(FOLLOWS),
    key("schema", "truncate_table", Some("apply"), "A table is emptied. `ignore` leaves the rows.").only(FOLLOWS),
    key("schema", "rename_table", Some("apply"), "A table gets another name that the filter matches. A name that it does not match means that the table is dropped.").only(FOLLOWS),
    key("schema", "create_database", Some("apply"), "A database is created. `ignore` does not create it; its tables are followed all the same.").only(FOLLOWS),
    key("schema", "drop_database", Some("keep"), "A database is dropped with its tables. `keep` leaves them in the target, `apply` drops its followed tables there and leaves the database.").only(FOLLOWS),
    key(
        "values",
        "zero_date",
        Some("error"),
        "Zero and partly zero dates, which Databend has none of: `error`, `null`, `clamp` (the first date from there that exists) or `string`; exceptions follow, as in `null, shop.*:string, shop.orders.paid_at:error`. The default changes nothing without being told. See [type-mapping.md](type-mapping.md#what-databend-cannot-hold).",
    ),
    key(
        "values",
        "out_of_range",
        Some("error"),
        "DATETIME behind 9999-12-30 22:00:00, likewise; `clamp` is that moment.",
    ),
    key(
        "values",
        "invalid_text",
        Some("error"),
        "Bytes that are no text in their column's charset, likewise; `clamp` puts U+FFFD in their place, `string` writes all bytes as `0x..`.",
    ),
    key(
        "values",
        "invalid_json",
        Some("error"),
        "JSON of MariaDB that Databend refuses or changes (a key that occurs twice, half of a surrogate pair), likewise; no `clamp`.",
    ),
    key(
        "values",
        "json_number",
        Some("error"),
        "Numbers in JSON of MariaDB that Databend would round or lose, likewise; `clamp` writes the nearest DOUBLE.",
    ),
    key(
        "metrics",
        "http_port",
        Some("0"),
        "Port of `/metrics` (Prometheus), `/healthz` and `/readyz` while `dt run` runs; 0 opens none. See docs/metrics.md. A port that is in use is an error before anything starts.",
    ),
    key(
        "metrics",
        "http_host",
        Some("127.0.0.1"),
        "Address that the port is opened on. Only this machine by default, because nobody has to log in; `0.0.0.0` is all addresses.",
    ),
    key(
        "runtime",
        "log_level",
        Some("info"),
        "`error`, `warn`, `info`, `debug` or `trace`. The database drivers are silent whatever it says, because they log statements and messages with values in them.",
    ),
    key(
        "runtime",
        "log_dir",
        Some(""),
        "Folder for daily log files `dt.log.<date>` (days in UTC); empty logs to standard output. An error that ends the task is said on standard error as well.",
    ),
    key(
        "runtime",
        "log_format",
        Some("text"),
        "`text`, or `json`: one object a line with `timestamp` (RFC 3339, UTC), `level`, `message` and the fields of the line beside them.",
    ),
    key(
        "runtime",
        "log_max_files",
        Some("14"),
        "Daily files kept in `log_dir`; the oldest goes when a new one begins. Two weeks hold what led to a problem that is found after a holiday. 0 keeps all.",
    ),
];

/// Names that users of ape-dts bring, and what to use here.
pub const FOREIGN: &[(&str, &str)] = &[
    ("[global]", "[task]"),
    ("[resumer]", "nothing: dt keeps its position in the target and resumes by itself"),
    ("[pipeline] buffer_size", "[pipeline] buffer_memory_mb"),
    ("[pipeline] batch_sink_interval_secs", "[pipeline] flush_interval_ms"),
    ("[filter] do_ddls", "[schema]: what is done about each kind of change"),
    (
        "[filter] do_structures",
        "nothing: extract_type = struct creates databases and tables, and what else there is stays behind",
    ),
    ("[filter] do_dcls", "nothing: users and privileges are not copied"),
    ("[filter] ignore_cmds", "nothing: it is about Redis"),
    ("[extractor] end_time_utc", "[extractor] stop_at"),
    ("[router] topic_map", "nothing: it is about Kafka"),
    ("[runtime] log4rs_file", "[runtime] log_level and log_dir"),
];

/// The registered key.
pub fn find(section: &str, name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.section == section && key.name == name)
}

/// The registered sections, in order.
pub fn sections() -> Vec<&'static str> {
    let mut sections: Vec<&str> = KEYS.iter().map(|key| key.section).collect();
    sections.dedup();
    sections
}

/// The reference of the task file in Markdown: what `docs/configuration.md` holds.
pub fn reference() -> String {
    let mut text = String::from(
        "# Configuration\n\nA task is one ini file. Comments begin with `;` or `#` at the start of a line. Unknown sections and keys are \
         errors that name the line and the nearest known name. This page is written from the registry of keys in the code.\n",
    );
    for section in sections() {
        text.push_str(&format!("\n## [{section}]\n\n| key | default | |\n|---|---|---|\n"));
        for key in KEYS.iter().filter(|key| key.section == section) {
            let default = match key.default {
                None => "none".to_owned(),
                Some("") => "empty".to_owned(),
                Some(value) => format!("`{value}`"),
            };
            text.push_str(&format!("| `{}` | {default} | {} |\n", key.name, key.doc));
        }
    }
    text.push_str("\n## Names of ape-dts\n\n| there | here |\n|---|---|\n");
    for (theirs, ours) in FOREIGN {
        text.push_str(&format!("| `{theirs}` | {ours} |\n"));
    }
    text.push_str("| `parallel_type=rdb_merge` | the same as `merge` |\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `UPDATE_DOCS=1 cargo test -p dt-common` writes the page.
    #[test]
    fn the_page_is_the_registry() {
        let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/configuration.md");
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(page, reference()).unwrap();
        }
        assert!(
            std::fs::read_to_string(page).unwrap() == reference(),
            "run UPDATE_DOCS=1 cargo test -p dt-common"
        );
    }

    #[test]
    fn keys_are_unique_and_documented() {
        for (i, key) in KEYS.iter().enumerate() {
            assert!(key.doc.len() > 10 && key.doc.ends_with('.'), "{} {}", key.section, key.name);
            assert!(KEYS[..i].iter().all(|k| (k.section, k.name) != (key.section, key.name)), "{}", key.name);
        }
        assert_eq!(
            sections(),
            [
                "task",
                "extractor",
                "filter",
                "router",
                "sinker",
                "parallelizer",
                "pipeline",
                "schema",
                "values",
                "metrics",
                "runtime"
            ]
        );
    }
}
