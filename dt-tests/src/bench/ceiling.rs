//! What the servers allow by themselves, with the same rows on the same machine.

use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use arrow_array::{ArrayRef, BooleanArray, Int32Array, RecordBatch, StringArray};
use databend_driver::{Client, Connection};
use futures::{StreamExt, TryStreamExt, stream};
use mysql_async::BinlogStreamRequest;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tokio::time::Instant;

use super::room::{Place, Room};
use super::wire;

/// Rows of a file that is copied.
const FILE_ROWS: u64 = 100_000;
/// Files that are made and uploaded, and tables that are read, at the same time: as many as the machine of the targets has cores.
const LANES: usize = 2;
/// Id of the replica that drains.
const REPLICA: u32 = 4_000_000_001;

/// Seconds of reading all rows of tables into nothing.
///
/// # Errors
/// The source refuses.
pub async fn select(room: &Room, db: &str, tables: &[String]) -> Result<f64> {
    let (port, since) = (room.source_port()?, Instant::now());
    let drains = tables.iter().map(|table| {
        let sql = format!("SELECT * FROM {db}.{table}");
        async move { wire::drain(port, &sql).await }
    });
    let rows: Vec<u64> = stream::iter(drains).buffer_unordered(LANES).try_collect().await?;
    ensure!(rows.iter().all(|rows| *rows > 0), "a table is empty");
    Ok(since.elapsed().as_secs_f64())
}

/// Seconds of draining the binlog from a place to its end, every event framed and none decoded.
///
/// # Errors
/// The source refuses.
pub async fn binlog(room: &Room, from: &Place) -> Result<f64> {
    use mysql_async::prelude::Queryable;
    let mut conn = room.source().connect().await?;
    conn.query_drop("SET @master_binlog_checksum = @@global.binlog_checksum, @mariadb_slave_capability = 4")
        .await?;
    let request = BinlogStreamRequest::new(REPLICA)
        .with_filename(from.file.as_bytes())
        .with_pos(from.offset.parse()?)
        .with_non_blocking();
    let since = Instant::now();
    let mut events = conn.get_binlog_stream(request).await?;
    let mut count = 0u64;
    while let Some(event) = events.next().await {
        event?;
        count += 1;
    }
    ensure!(count > 1, "the binlog is empty");
    Ok(since.elapsed().as_secs_f64())
}

/// Rows of sysbench's shape, ready to be encoded.
fn rows(keys: &[u64], deleted: usize, seed: u64) -> Result<RecordBatch> {
    let mut random = StdRng::seed_from_u64(seed);
    let ids = Int32Array::from_iter_values(keys.iter().map(|key| *key as i32));
    let numbers = Int32Array::from_iter_values(keys.iter().map(|_| random.random_range(0..1_000_000)));
    let mut text = |groups: usize| {
        let group = |random: &mut StdRng| format!("{:011}", random.random_range(0..100_000_000_000u64));
        let cells =
            keys.iter().map(|_| (0..groups).map(|_| group(&mut random)).collect::<Vec<_>>().join("-"));
        Arc::new(StringArray::from_iter_values(cells)) as ArrayRef
    };
    let (c, pad) = (text(10), text(5));
    let flags = BooleanArray::from((0..keys.len()).map(|i| i < deleted).collect::<Vec<_>>());
    let columns: [(&str, ArrayRef); 5] = [
        ("id", Arc::new(ids)),
        ("k", Arc::new(numbers)),
        ("c", c),
        ("pad", pad),
        ("deleted", Arc::new(flags)),
    ];
    Ok(RecordBatch::try_from_iter(columns)?)
}

fn parquet(batch: &RecordBatch) -> Result<Vec<u8>> {
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
        .set_statistics_enabled(EnabledStatistics::None)
        .set_dictionary_enabled(false)
        .set_max_row_group_size(usize::MAX)
        .build();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties))?;
    writer.write(batch)?;
    Ok(writer.into_inner()?)
}

async fn connect(room: &Room) -> Result<Connection> {
    Ok(Client::new(room.target().dsn.clone()).get_conn().await?)
}

async fn upload(connection: &Connection, place: &str, data: Vec<u8>) -> Result<()> {
    let bytes = data.len() as u64;
    connection.upload_to_stage(place, Box::new(std::io::Cursor::new(data)), bytes).await?;
    Ok(())
}

/// Seconds of encoding rows, uploading them and copying them into new tables that are like those of `like`.
///
/// # Errors
/// Databend refuses.
pub async fn copy(room: &Room, like: &[String], rows_each: u64) -> Result<f64> {
    let db = "dt_test_bench_ceiling";
    let run = async |sql: String| room.target().query(&sql).await;
    run(format!("CREATE OR REPLACE DATABASE {db}")).await?;
    let mut files = Vec::new();
    for (at, table) in like.iter().enumerate() {
        run(format!("CREATE TABLE {db}.t{at} LIKE {table}")).await?;
        for first in (0..rows_each).step_by(FILE_ROWS as usize) {
            let keys: Vec<u64> = (first + 1..=(first + FILE_ROWS).min(rows_each)).collect();
            files.push((at, files.len(), rows(&keys, 0, first)?));
        }
    }
    let since = Instant::now();
    let lanes = files.into_iter().map(|(table, number, batch)| async move {
        let data = tokio::task::spawn_blocking(move || parquet(&batch)).await??;
        upload(&connect(room).await?, &format!("@~/ceiling/{table}/{number}.parquet"), data).await
    });
    stream::iter(lanes).buffer_unordered(LANES).try_collect::<Vec<()>>().await?;
    let copies = (0..like.len()).map(|at| {
        run(format!(
            "COPY INTO {db}.t{at} FROM (SELECT id, k, c, pad FROM @~/ceiling/{at}/) FILE_FORMAT = (TYPE = PARQUET) FORCE = TRUE"
        ))
    });
    futures::future::try_join_all(copies).await?;
    let seconds = since.elapsed().as_secs_f64();
    run(format!("DROP DATABASE {db}")).await?;
    run("REMOVE @~/ceiling/".to_owned()).await?;
    Ok(seconds)
}

/// Distinct keys that a workload touches in the end.
#[derive(Debug, Clone, Copy)]
pub struct Net {
    /// Rows of the table before.
    pub base: u64,
    /// Draws of a key among them, uniform and with repetitions.
    pub draws: u64,
    /// Keys that are gone afterwards.
    pub deleted: u64,
    /// New keys.
    pub added: u64,
}

/// Seconds of one `REPLACE` of the whole net change from a file that is there, into a copy of table `like`.
///
/// # Errors
/// Databend refuses.
pub async fn replace(room: &Room, like: &str, net: Net) -> Result<f64> {
    let db = "dt_test_bench_ceiling";
    let run = async |sql: String| room.target().query(&sql).await;
    run(format!("CREATE OR REPLACE DATABASE {db}")).await?;
    run(format!("CREATE TABLE {db}.t LIKE {like}")).await?;
    if net.base > 0 {
        run(format!("INSERT INTO {db}.t SELECT * FROM {like}")).await?;
    }
    let mut random = StdRng::seed_from_u64(1);
    let mut keys: Vec<u64> =
        (0..net.draws).map(|_| random.random_range(net.deleted + 1..=net.base)).collect();
    keys.sort_unstable();
    keys.dedup();
    let keys: Vec<u64> = (1..=net.deleted).chain(keys).chain(net.base + 1..=net.base + net.added).collect();
    let batch = rows(&keys, net.deleted as usize, 7)?;
    upload(&connect(room).await?, "@~/ceiling/net.parquet", parquet(&batch)?).await.context("ceiling")?;
    let since = Instant::now();
    run(format!(
        "REPLACE INTO {db}.t (id, k, c, pad) ON (id) DELETE WHEN deleted SELECT id, k, c, pad, deleted \
         FROM @~/ceiling/net.parquet (FILE_FORMAT => 'parquet')"
    ))
    .await?;
    let seconds = since.elapsed().as_secs_f64();
    run(format!("DROP DATABASE {db}")).await?;
    run("REMOVE @~/ceiling/".to_owned()).await?;
    Ok(seconds)
}
