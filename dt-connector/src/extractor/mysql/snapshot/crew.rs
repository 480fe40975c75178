//! Several readers in one table.
//!
//! A reader claims the next range of the key: the source says which key lies so many rows behind the range before. Ranges are read
//! side by side and sent in their order, so that the mark of a chunk still says that everything up to its key is copied, and a
//! restart reads no more again than the ranges that were being read.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use dt_common::error::{Error, Result};
use dt_common::queue::ItemSender;
use dt_common::schema::{KeyKind, TableSchema};
use mysql_async::Conn;
use tokio::sync::{Mutex, MutexGuard, watch};
use tokio::task::JoinSet;
use tracing::info;

use super::chunk::{Chunk, ChunkRows};
use super::copy::{Settings, ended_unexpectedly};
use super::page::{KeyLiterals, PageSql};
use super::reader::{Interruption, Tries, begin_view, hold, release};
use super::table::{TableCopy, key_of};
use crate::extractor::mysql::connection::close;

/// Rows of the first ranges, before anybody knows how wide they are.
const FIRST_RANGE: usize = 1000;

/// A table is worth several readers from so many pages on.
const MIN_PAGES: u64 = 4;

/// Whether all readers copy this table together: when it is more than one reader's share of `all` rows that are left to copy.
///
/// Primary keys only: in one, a range of keys is a range of rows. Another unique index might not be taken for a wide range, and the
/// whole table be sorted for each.
pub(super) fn is_shared(table: &TableSchema, rows: u64, all: u64, settings: &Settings) -> bool {
    let primary = table.key.as_ref().is_some_and(|key| key.kind == KeyKind::Primary);
    let readers = settings.readers as u64;
    primary
        && readers > 1
        && rows >= MIN_PAGES.saturating_mul(settings.chunk_rows as u64)
        && rows.saturating_mul(readers) > all
}

/// A table that several readers copy.
struct Crew {
    settings: Settings,
    out: ItemSender,
    table: Arc<TableSchema>,
    sql: PageSql,
    cap: Option<KeyLiterals>,
    claims: Mutex<Claims>,
    /// Number of the range that is sent.
    turn: watch::Sender<u64>,
    /// Belongs to the reader whose turn it is.
    copy: Mutex<TableCopy>,
    /// Memory of a row, by the last chunk; 0 before there is one.
    row_bytes: AtomicUsize,
}

/// What is left to claim.
struct Claims {
    behind: Option<KeyLiterals>,
    next: u64,
    ended: bool,
}

/// Keys behind one and up to another.
struct Range {
    number: u64,
    behind: Option<KeyLiterals>,
    upto: Option<KeyLiterals>,
    is_last: bool,
}

/// Copies a table over several connections, whose read views are the same where there are any.
///
/// # Errors
/// The first reader's error; the others are ended.
pub(super) async fn copy(
    table: TableCopy,
    conns: Vec<Conn>,
    settings: &Settings,
    out: &ItemSender,
) -> Result<TableCopy, Interruption> {
    info!(table = %table.table().name, readers = conns.len(), "table is read by several readers");
    let claims = Claims { behind: table.last_key().cloned(), next: 0, ended: false };
    let crew = Arc::new(Crew {
        settings: settings.clone(),
        out: out.clone(),
        table: Arc::clone(table.schema()),
        sql: table.sql(),
        cap: table.cap().cloned(),
        claims: Mutex::new(claims),
        turn: watch::Sender::new(0),
        copy: Mutex::new(table),
        row_bytes: AtomicUsize::new(0),
    });
    // Dropping the set ends every reader that still runs.
    let mut readers: JoinSet<Result<(), Interruption>> = JoinSet::new();
    for conn in conns {
        readers.spawn(read(Arc::clone(&crew), conn));
    }
    while let Some(ended) = readers.join_next().await {
        ended.map_err(ended_unexpectedly)??;
    }
    let crew = Arc::into_inner(crew).ok_or_else(|| Error::internal("a reader is left"))?;
    Ok(crew.copy.into_inner())
}

async fn read(crew: Arc<Crew>, conn: Conn) -> Result<(), Interruption> {
    let (mut conn, mut range, mut tries) = (Some(conn), None, Tries::default());
    loop {
        match crew.step(&mut conn, &mut range).await {
            Ok(true) => tries.restore(),
            Ok(false) => break,
            Err(error) => {
                conn = None;
                tries.after(error, &crew.table, &crew.settings).await?;
            }
        }
    }
    if let Some(conn) = conn {
        close(conn).await;
    }
    Ok(())
}

impl Crew {
    /// Claims a range unless one was left behind by an error, and reads it; whether there was any.
    async fn step(&self, conn: &mut Option<Conn>, range: &mut Option<Range>) -> Result<bool> {
        let conn = match conn {
            Some(conn) => conn,
            None => conn.insert(self.connect().await?),
        };
        match range {
            Some(_) => self.hold(conn).await?,
            None => *range = self.claim(conn).await?,
        }
        let Some(claimed) = range else { return Ok(false) };
        self.read_range(conn, claimed).await?;
        *range = None;
        Ok(true)
    }

    /// Another connection for one that was lost; what it reads is of a later moment, as behind a restart.
    async fn connect(&self) -> Result<Conn> {
        let mut conn = self.settings.connector.connect_reader().await?;
        if self.settings.table_views {
            begin_view(&mut conn, &self.settings).await?;
            hold(&mut conn, &self.table, &self.settings, true).await?;
        }
        self.settings.monitor.source_open();
        Ok(conn)
    }

    /// A view holds the table from its beginning on.
    async fn hold(&self, conn: &mut Conn) -> Result<()> {
        match self.settings.table_views {
            true => Ok(()),
            false => hold(conn, &self.table, &self.settings, false).await,
        }
    }

    /// The table is held in the order of the ranges: who waits for its turn waits for none who waits behind a statement that waits for it.
    async fn claim(&self, conn: &mut Conn) -> Result<Option<Range>> {
        let mut claims = self.claims.lock().await;
        if claims.ended {
            return Ok(None);
        }
        self.hold(conn).await?;
        let (behind, cap) = (claims.behind.clone(), self.cap.as_deref());
        let end = self.sql.end_of_page(behind.as_deref(), cap, self.range_rows());
        let end = key_of(conn, &self.table, &self.sql, &end, &self.settings).await?;
        let is_last = end.is_none();
        let upto = end.clone().or_else(|| self.cap.clone());
        let range = Range { number: claims.next, behind, upto, is_last };
        *claims = Claims { behind: end, next: claims.next + 1, ended: is_last };
        Ok(Some(range))
    }

    /// So many rows as fill a chunk.
    fn range_rows(&self) -> usize {
        let settings = &self.settings;
        match settings.chunk_bytes.checked_div(self.row_bytes.load(Ordering::Relaxed)) {
            None => FIRST_RANGE.min(settings.chunk_rows),
            Some(rows) => rows.clamp(1, settings.chunk_rows),
        }
    }

    /// Reads a range and sends it when its turn has come. What was sent of it before an error is not read again.
    async fn read_range(&self, conn: &mut Conn, range: &mut Range) -> Result<()> {
        let statement = self.sql.page(range.behind.as_deref(), range.upto.as_deref(), None);
        let mut rows = ChunkRows::select(conn, &statement, &self.table, &self.settings).await?;
        let last = loop {
            let chunk = rows.next().await?;
            if let Some(bytes) = chunk.bytes.checked_div(chunk.rows.len()) {
                self.row_bytes.store(bytes, Ordering::Relaxed);
            }
            if chunk.ended {
                break chunk;
            }
            let mut copy = self.turn_of(range).await;
            self.send(&mut copy, range, chunk).await?;
        };
        drop(rows);
        release(conn, &self.settings, self.settings.table_views).await?;
        let mut copy = self.turn_of(range).await;
        if range.is_last {
            copy.fix_end(conn, &self.settings).await?;
        }
        self.send(&mut copy, range, last).await?;
        self.turn.send_modify(|turn| *turn += 1);
        Ok(())
    }

    /// Waits until all ranges before are sent.
    async fn turn_of(&self, range: &Range) -> MutexGuard<'_, TableCopy> {
        // The sender of turns lives as long as this.
        let _ = self.turn.subscribe().wait_for(|turn| *turn == range.number).await;
        self.copy.lock().await
    }

    async fn send(&self, copy: &mut TableCopy, range: &mut Range, chunk: Chunk) -> Result<()> {
        let done = chunk.ended && range.is_last;
        if done || !chunk.rows.is_empty() {
            copy.send(chunk, &self.sql, done, &self.out).await?;
            range.behind = copy.last_key().cloned();
        }
        Ok(())
    }
}
