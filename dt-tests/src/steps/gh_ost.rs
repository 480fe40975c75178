//! What gh-ost does to a source, statement by statement, since no package of it is at hand.
//!
//! It copies a table chunk by chunk into one with the new definition, follows the binlog to keep the copy equal, and exchanges both in one
//! RENAME that waits behind a lock until the last change before the lock is applied. A changelog table beside them gets heartbeats.

use anyhow::{Context, Result, ensure};
use futures::StreamExt;
use mysql_async::binlog::events::{EventData, RowsEventData};
use mysql_async::binlog::row::BinlogRow;
use mysql_async::binlog::value::BinlogValue;
use mysql_async::prelude::Queryable;
use mysql_async::{BinlogStreamRequest, Conn, Params, Value};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::source::{Source, quoted};

/// Rows of a chunk.
const CHUNK: u64 = 200;

/// Looks at a RENAME that tell that it goes on waiting.
const LOOKS: usize = 10;

/// One migration. The table's first column is its key, an INT that grows.
pub(super) struct Migration {
    source: Source,
    conn: Conn,
    db: String,
    table: String,
    /// The columns of the table.
    columns: Vec<String>,
    /// Those that the copy has too, and their names there.
    shared: Vec<(usize, String)>,
    changes: mpsc::UnboundedReceiver<Change>,
    tail: JoinHandle<Result<()>>,
    heartbeats: u64,
}

/// What the binlog says of the table, or of the changelog.
enum Change {
    Row {
        before: Option<Vec<Value>>,
        after: Option<Vec<Value>>,
    },
    /// The table is locked, and everything before is read.
    Locked,
}

impl Migration {
    /// Makes the tables, up to the first chunk.
    pub(super) async fn begin(source: &Source, db: &str, table: &str, alter: &str) -> Result<Self> {
        let mut conn = source.connect().await?;
        conn.query_drop(format!("USE {}", quoted(db))).await?;
        for sql in [
            format!("drop /* gh-ost */ table if exists `{db}`.`_{table}_gho`"),
            format!("drop /* gh-ost */ table if exists `{db}`.`_{table}_ghc`"),
            format!(
                "create /* gh-ost */ table `{db}`.`_{table}_ghc` (id bigint unsigned auto_increment, last_update timestamp not null \
                 DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP, hint varchar(64) charset ascii not null, value varchar(4096) \
                 charset ascii not null, primary key(id), unique key hint_uidx(hint)) auto_increment=256 comment='gh-ost'"
            ),
            format!("create /* gh-ost */ table `{db}`.`_{table}_gho` like `{db}`.`{table}`"),
            format!("alter /* gh-ost */ table `{db}`.`_{table}_gho` {alter}"),
        ] {
            conn.query_drop(&sql).await.with_context(|| sql.clone())?;
        }
        let columns = columns(&mut conn, db, table).await?;
        let copied = columns_of_copy(&mut conn, db, table).await?;
        let renamed = renamed(alter);
        let name =
            |old: &String| renamed.iter().find(|(was, _)| was == old).map_or(old, |(_, new)| new).clone();
        let shared = columns.iter().map(name).enumerate().filter(|(_, name)| copied.contains(name)).collect();
        let (sender, changes) = mpsc::unbounded_channel();
        let tail = tail(source, db, table, sender).await?;
        let (db, table) = (db.to_owned(), table.to_owned());
        let source = source.clone();
        Ok(Self { source, conn, db, table, columns, shared, changes, tail, heartbeats: 0 })
    }

    /// Copies, and exchanges the tables.
    pub(super) async fn run(mut self) -> Result<()> {
        let key = quoted(&self.columns[0]);
        let (db, table) = (self.db.clone(), self.table.clone());
        let bounds = format!("select min({key}), max({key}) from `{db}`.`{table}`");
        let bounds: Option<(Option<i64>, Option<i64>)> = self.conn.query_first(bounds).await?;
        let (Some(mut from), Some(last)) = bounds.context("no bounds")? else { return self.cut_over().await };
        from -= 1;
        while from < last {
            self.heartbeat().await?;
            while let Ok(change) = self.changes.try_recv() {
                self.apply(change).await?;
            }
            let end = format!(
                "select max({key}) from (select {key} from `{db}`.`{table}` where {key} > {from} and {key} <= {last} order by {key} limit \
                 {CHUNK}) chunk"
            );
            let end: Option<Option<i64>> = self.conn.query_first(end).await?;
            let Some(end) = end.flatten() else { break };
            let (names, copied) = (self.names(), self.names_there());
            let chunk = format!(
                "insert /* gh-ost `{db}`.`{table}` */ ignore into `{db}`.`_{table}_gho` ({copied}) (select {names} from `{db}`.`{table}` force \
                 index (`PRIMARY`) where ((({key} > {from})) and (({key} < {end}) or (({key} = {end})))) lock in share mode)"
            );
            self.tried(&chunk, Params::Empty).await?;
            from = end;
        }
        self.cut_over().await
    }

    fn names(&self) -> String {
        self.shared.iter().map(|(at, _)| quoted(&self.columns[*at])).collect::<Vec<_>>().join(", ")
    }

    fn names_there(&self) -> String {
        self.shared.iter().map(|(_, name)| quoted(name)).collect::<Vec<_>>().join(", ")
    }

    fn picked(&self, row: &[Value]) -> Vec<Value> {
        self.shared.iter().map(|(at, _)| row[*at].clone()).collect()
    }

    async fn heartbeat(&mut self) -> Result<()> {
        self.heartbeats += 1;
        let beat = self.heartbeats;
        self.changelog("heartbeat", &beat.to_string()).await
    }

    async fn changelog(&mut self, hint: &str, value: &str) -> Result<()> {
        let sql = format!(
            "insert /* gh-ost */ into `{}`.`_{}_ghc` (id, hint, value) values (NULLIF(?, 0), ?, ?) on duplicate key update \
             last_update=NOW(), value=VALUES(value)",
            self.db, self.table
        );
        self.conn.exec_drop(sql, (0, hint, value)).await?;
        Ok(())
    }

    /// Applies a change to the copy; answers whether the table is locked.
    async fn apply(&mut self, change: Change) -> Result<bool> {
        let copy = format!("`{}`.`_{}_gho`", self.db, self.table);
        let key = quoted(&self.columns[0]);
        let (before, after) = match change {
            Change::Locked => return Ok(true),
            Change::Row { before, after } => (before, after),
        };
        let delete = format!("delete /* gh-ost */ from {copy} where (({key} = ?))");
        let (was, after) = match (before, after) {
            // A row that gets another key goes and comes.
            (Some(was), Some(row)) if was[0] != row[0] => {
                self.tried(&delete, Params::Positional(vec![was[0].clone()])).await?;
                (None, Some(row))
            }
            images => images,
        };
        let (sql, params) = match (was, after) {
            (None, Some(row)) => {
                let marks = vec!["?"; self.shared.len()].join(", ");
                let names = self.names_there();
                (format!("replace /* gh-ost */ into {copy} ({names}) values ({marks})"), self.picked(&row))
            }
            (Some(was), Some(row)) => {
                let names: Vec<String> =
                    self.shared.iter().map(|(_, name)| format!("{}=?", quoted(name))).collect();
                let sql = format!("update /* gh-ost */ {copy} set {} where (({key} = ?))", names.join(", "));
                (sql, [self.picked(&row), vec![was[0].clone()]].concat())
            }
            (Some(was), None) => (delete, vec![was[0].clone()]),
            (None, None) => return Ok(false),
        };
        self.tried(&sql, Params::Positional(params)).await?;
        Ok(false)
    }

    /// Runs a statement again that a writer's locks made give way.
    async fn tried(&mut self, sql: &str, params: Params) -> Result<()> {
        loop {
            match self.conn.exec_drop(sql, params.clone()).await {
                Err(mysql_async::Error::Server(error)) if matches!(error.code, 1205 | 1213) => {}
                done => return done.with_context(|| sql.to_owned()),
            }
        }
    }

    /// The atomic cut-over: a sentry keeps the new name, and the RENAME stands in the queue before the table is unlocked.
    async fn cut_over(mut self) -> Result<()> {
        let (db, table) = (self.db.clone(), self.table.clone());
        let mut locker = self.source.connect().await?;
        for sql in [
            format!("drop /* gh-ost */ table if exists `{db}`.`_{table}_del`"),
            format!(
                "create /* gh-ost */ table `{db}`.`_{table}_del` (id int auto_increment primary key) engine=InnoDB \
                 comment='ghost-cut-over-sentry'"
            ),
            format!("lock /* gh-ost */ tables `{db}`.`{table}` write, `{db}`.`_{table}_del` write"),
        ] {
            locker.query_drop(&sql).await.with_context(|| sql.clone())?;
        }
        self.changelog("state", "AllEventsUpToLockProcessed").await?;
        loop {
            let change = self.changes.recv().await.context("the reader of the binlog has ended")?;
            if self.apply(change).await? {
                break;
            }
        }
        let mut renamer = self.source.connect().await?;
        let id = renamer.id();
        let rename = format!(
            "rename /* gh-ost */ table `{db}`.`{table}` to `{db}`.`_{table}_del`, `{db}`.`_{table}_gho` to `{db}`.`{table}`"
        );
        let renaming = tokio::spawn(async move {
            renamer.query_drop(rename).await?;
            renamer.disconnect().await
        });
        let waits = format!(
            "select count(*) from information_schema.processlist where id = {id} and state like '%metadata lock%'"
        );
        self.until_waits(&waits, &renaming).await?;
        locker.query_drop(format!("drop /* gh-ost */ table if exists `{db}`.`_{table}_del`")).await?;
        // The RENAME takes its locks by name: only now does it come to wait for the table itself.
        self.until_waits(&waits, &renaming).await?;
        locker.query_drop("unlock tables").await?;
        renaming.await??;
        self.tail.abort();
        for sort in ["ghc", "del"] {
            self.conn
                .query_drop(format!("drop /* gh-ost */ table if exists `{db}`.`_{table}_{sort}`"))
                .await?;
        }
        locker.disconnect().await?;
        self.conn.disconnect().await?;
        Ok(())
    }
}

impl Migration {
    /// Waits until the RENAME stands in the queue of one lock, seen at several looks one after the other.
    async fn until_waits<T>(&mut self, query: &str, renaming: &JoinHandle<T>) -> Result<()> {
        let mut seen = 0;
        while seen < LOOKS {
            ensure!(!renaming.is_finished(), "the RENAME did not wait for the lock");
            let waits = self.conn.query_first::<u64, _>(query).await? == Some(1);
            seen = if waits { seen + 1 } else { 0 };
            tokio::time::sleep(crate::process::POLL).await;
        }
        Ok(())
    }
}

impl std::fmt::Debug for Migration {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Migration of {}.{}", self.db, self.table)
    }
}

/// What `--approve-renamed-columns` lets pass: `CHANGE old new ..`.
fn renamed(alter: &str) -> Vec<(String, String)> {
    let words: Vec<&str> = alter.split_whitespace().collect();
    let changes = words.windows(3).filter(|words| words[0] == "CHANGE");
    changes.map(|words| (words[1].to_owned(), words[2].to_owned())).collect()
}

async fn columns(conn: &mut Conn, db: &str, table: &str) -> Result<Vec<String>> {
    let sql = format!(
        "select column_name from information_schema.columns where table_schema = '{db}' and table_name = '{table}' order by \
         ordinal_position"
    );
    Ok(conn.query(sql).await?)
}

async fn columns_of_copy(conn: &mut Conn, db: &str, table: &str) -> Result<Vec<String>> {
    columns(conn, db, &format!("_{table}_gho")).await
}

/// Reads the binlog from its present end, as a replica does.
async fn tail(
    source: &Source,
    db: &str,
    table: &str,
    out: mpsc::UnboundedSender<Change>,
) -> Result<JoinHandle<Result<()>>> {
    let (file, offset, _) = source.position().await?;
    let mut conn = source.connect().await?;
    conn.query_drop("SET @master_binlog_checksum = @@global.binlog_checksum").await?;
    let replica = 4_100_000_000 + rand::random_range(0..1_000_000);
    let request = BinlogStreamRequest::new(replica).with_filename(file.as_bytes()).with_pos(offset.parse()?);
    let mut events = conn.get_binlog_stream(request).await?;
    let (db, table, changelog) = (db.to_owned(), table.to_owned(), format!("_{table}_ghc"));
    Ok(tokio::spawn(async move {
        while let Some(event) = events.next().await {
            let event = event?;
            let Some(EventData::RowsEvent(rows)) = event.read_data()? else { continue };
            let Some(map) = events.get_tme(rows.table_id()) else { continue };
            let is = |name: &str| map.table_name() == name;
            if map.database_name() != db || !(is(&table) || is(&changelog)) {
                continue;
            }
            for row in rows_of(&rows, map)? {
                let change = match row {
                    (_, Some(after)) if is(&changelog) => {
                        let says = |value: &Value| matches!(value, Value::Bytes(text) if text == b"AllEventsUpToLockProcessed");
                        if !after.iter().any(says) {
                            continue;
                        }
                        Change::Locked
                    }
                    _ if is(&changelog) => continue,
                    (before, after) => Change::Row { before, after },
                };
                if out.send(change).is_err() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }))
}

type Images = (Option<Vec<Value>>, Option<Vec<Value>>);

fn rows_of(
    rows: &RowsEventData<'_>,
    map: &mysql_async::binlog::events::TableMapEvent<'_>,
) -> Result<Vec<Images>> {
    let mut images = Vec::new();
    for row in rows.rows(map) {
        let (before, after) = row?;
        images.push((before.map(values).transpose()?, after.map(values).transpose()?));
    }
    Ok(images)
}

fn values(mut row: BinlogRow) -> Result<Vec<Value>> {
    (0..row.len())
        .map(|at| match row.take(at) {
            Some(BinlogValue::Value(value)) => Ok(value),
            other => anyhow::bail!("column {at} is {other:?}"),
        })
        .collect()
}
