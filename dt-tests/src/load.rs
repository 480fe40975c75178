//! Writers at the source, one for each shape of table: keyed, composite key, keyless, several tables in a transaction.
//!
//! What they write follows from a seed. It is an upsert, an update and a delete of everything that a net change per key can get
//! wrong: keys that come back, keys that change, equal rows without a key.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use mysql_async::Conn;
use mysql_async::prelude::Queryable;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};

use crate::source::Source;

/// The tables that the writers change. They name the columns that they write: others may come, go and change their names meanwhile.
pub const TABLES: &str = "CREATE TABLE keyed (id INT NOT NULL PRIMARY KEY, v INT, s VARCHAR(20), note VARCHAR(10) DEFAULT 'n', spare INT DEFAULT 1);
CREATE TABLE composite (a INT NOT NULL, b VARCHAR(40) NOT NULL, v INT, PRIMARY KEY (a, b));
CREATE TABLE keyless (v INT, s VARCHAR(20));
CREATE TABLE account (id INT NOT NULL PRIMARY KEY, total INT);
CREATE TABLE entry (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, account INT, text VARCHAR(20), KEY (account));
";

/// How long a writer's server may be away, and the pause before it is looked for again.
const PATIENCE: Duration = Duration::from_secs(60);
const RETRY: Duration = Duration::from_millis(200);

/// How much is written.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Transactions a second of each writer.
    pub transactions: u64,
    /// Rows that a transaction changes, about.
    pub rows: i64,
}

/// The writers, while they write.
#[derive(Debug)]
pub struct Load {
    stop: Arc<AtomicBool>,
    changes: Arc<AtomicU64>,
    since: Instant,
    writers: JoinSet<Result<()>>,
}

impl Load {
    /// Starts one writer a shape.
    pub fn start(source: &Source, db: &str, seed: u64, pace: Pace) -> Self {
        let (stop, changes) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let mut writers = JoinSet::new();
        for (i, transaction) in [keyed, composite, keyless, several].into_iter().enumerate() {
            let writer = Writer {
                source: source.clone(),
                db: db.to_owned(),
                random: StdRng::seed_from_u64(seed.wrapping_add(i as u64 + 1)),
                transaction,
                pace,
                stop: Arc::clone(&stop),
                changes: Arc::clone(&changes),
            };
            writers.spawn(writer.run());
        }
        Self { stop, changes, since: Instant::now(), writers }
    }

    /// Ends the writers; changes in all and a second.
    ///
    /// # Errors
    /// A statement that failed.
    pub async fn finish(mut self) -> Result<(u64, u64)> {
        let seconds = self.since.elapsed().as_secs_f64();
        self.stop.store(true, Ordering::Relaxed);
        while let Some(writer) = self.writers.join_next().await {
            writer??;
        }
        let changes = self.changes.load(Ordering::Relaxed);
        Ok((changes, (changes as f64 / seconds) as u64))
    }
}

/// One writer. It outlives its server: a transaction that fails is void, and the next one begins on a new connection.
struct Writer {
    source: Source,
    db: String,
    random: StdRng,
    transaction: fn(&mut StdRng, i64) -> Vec<String>,
    pace: Pace,
    stop: Arc<AtomicBool>,
    changes: Arc<AtomicU64>,
}

impl Writer {
    async fn run(mut self) -> Result<()> {
        let mut ticks = interval(Duration::from_micros(1_000_000 / self.pace.transactions));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
        let (mut conn, mut fails_since) = (None, None);
        while !self.stop.load(Ordering::Relaxed) {
            ticks.tick().await;
            match self.write(&mut conn).await {
                Ok(()) => fails_since = None,
                Err(error) => {
                    let since: &mut Instant = fails_since.get_or_insert_with(Instant::now);
                    if since.elapsed() > PATIENCE {
                        return Err(error.context(format!("a writer has failed for {PATIENCE:?}")));
                    }
                    conn = None;
                    sleep(RETRY).await;
                }
            }
        }
        if let Some(conn) = conn {
            conn.disconnect().await?;
        }
        Ok(())
    }

    async fn write(&mut self, conn: &mut Option<Conn>) -> Result<()> {
        let conn = match conn {
            Some(conn) => conn,
            None => conn.insert(self.source.connect().await?),
        };
        conn.query_drop(format!("USE {}", self.db)).await?;
        conn.query_drop("BEGIN").await?;
        for statement in (self.transaction)(&mut self.random, self.pace.rows) {
            conn.query_drop(&statement).await.with_context(|| statement.clone())?;
            self.changes.fetch_add(conn.affected_rows(), Ordering::Relaxed);
        }
        conn.query_drop("COMMIT").await?;
        Ok(())
    }
}

fn values(random: &mut StdRng, rows: i64, row: impl Fn(&mut StdRng) -> String) -> String {
    (0..rows).map(|_| row(random)).collect::<Vec<_>>().join(",")
}

fn keyed(random: &mut StdRng, changed: i64) -> Vec<String> {
    let id = random.random_range(0..3000);
    let rows = values(random, changed / 2, |r| {
        format!("({}, {}, 'row')", r.random_range(0..3000), r.random::<u16>())
    });
    vec![
        format!("REPLACE INTO keyed (id, v, s) VALUES {rows}"),
        format!("UPDATE keyed SET v = v + 1 WHERE id BETWEEN {id} AND {}", id + changed),
        format!("DELETE FROM keyed WHERE id BETWEEN {} AND {}", id + 40, id + 44),
    ]
}

fn composite(random: &mut StdRng, changed: i64) -> Vec<String> {
    let a = random.random_range(0..60);
    let rows = values(random, changed / 2, |r| {
        format!("({}, 'k{}', {})", r.random_range(0..60), r.random_range(0..60), r.random::<u16>())
    });
    vec![
        format!("INSERT INTO composite VALUES {rows} ON DUPLICATE KEY UPDATE v = v + 1"),
        format!("UPDATE composite SET v = v + 1 WHERE a = {a} LIMIT {changed}"),
        format!("UPDATE IGNORE composite SET b = CONCAT(b, 'x') WHERE a = {a} AND b = 'k7'"),
        format!("DELETE FROM composite WHERE a = {a} AND LENGTH(b) > 6"),
    ]
}

fn keyless(random: &mut StdRng, changed: i64) -> Vec<String> {
    let v = random.random_range(0..200);
    let rows = values(random, changed, |r| format!("({}, 'row')", r.random_range(0..200)));
    vec![
        format!("INSERT INTO keyless (v, s) VALUES {rows}"),
        format!("UPDATE keyless SET v = {} WHERE v = {v} LIMIT 3", (v + 1) % 200),
        format!("DELETE FROM keyless WHERE v = {} LIMIT 20", (v + 2) % 200),
    ]
}

fn several(random: &mut StdRng, changed: i64) -> Vec<String> {
    let (from, to) = (random.random_range(0..500), random.random_range(0..500));
    let rows = values(random, changed / 2, |r| format!("({}, 'entry')", r.random_range(0..500)));
    vec![
        format!(
            "INSERT INTO account VALUES ({from}, -1), ({to}, 1) ON DUPLICATE KEY UPDATE total = total + 1"
        ),
        format!("INSERT INTO entry (account, text) VALUES {rows}"),
        format!("UPDATE entry SET text = 'seen' WHERE account = {from} LIMIT 10"),
        format!("DELETE FROM entry WHERE account = {to} LIMIT 10"),
    ]
}
