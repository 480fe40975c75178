//! Random rows and changes of structure while the task runs, is stopped, is killed and starts again.

use anyhow::{Context, Result, bail, ensure};
use mysql_async::prelude::Queryable;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::follower::{Follower, make_database};
use super::model::Model;
use super::structure::{of_source, of_target, same_rows};
use crate::compare::read::Column;
use crate::steps::Outcome;

/// Steps of one run; between two of them the task may be stopped, killed or started.
pub const STEPS: usize = 150;
/// Steps between two comparisons.
const BETWEEN: usize = 30;

/// Plays what the seed makes.
///
/// # Errors
/// The task ends, or the sides differ, with the seed that repeats it.
pub async fn play(follower: &mut Follower, seed: u64, steps: usize) -> Result<Outcome> {
    let mut log = Vec::new();
    let result = run(follower, seed, steps, &mut log).await;
    let last = log.split_off(log.len().saturating_sub(8)).join(";\n");
    result.with_context(|| format!("SEED={seed}; the last statements:\n{last}"))
}

async fn run(follower: &mut Follower, seed: u64, steps: usize, log: &mut Vec<String>) -> Result<Outcome> {
    let mut random = StdRng::seed_from_u64(seed);
    let mut model = Model::new(StdRng::seed_from_u64(random.random()));
    let db = format!("{}__random", follower.prefix);
    make_database(&follower.source, &db).await?;
    let mut conn = follower.source.connect().await?;
    // As servers are: a value that does not fit is refused.
    conn.query_drop(format!("USE {db}; SET SESSION sql_mode = 'STRICT_ALL_TABLES'")).await?;
    // A table that is being copied must not be altered: what follows is the stream's.
    follower.start().await?;
    if let Some(stop) = follower.arrived().await? {
        bail!("before any statement: {}", stop.error);
    }
    let (mut stops, mut kills, mut structure, mut rows) = (0, 0, 0, 0);
    for step in 1..=steps {
        for sql in model.statements() {
            structure += usize::from(
                !["INSERT", "UPDATE", "DELETE", "BEGIN"].iter().any(|word| sql.starts_with(word)),
            );
            log.push(sql.clone());
            conn.query_drop(&sql).await.with_context(|| format!("the source refuses: {sql}"))?;
        }
        match random.random_range(0..20) {
            0 if follower.tasks.runs() => {
                follower.tasks.kill().await?;
                kills += 1;
            }
            1 if follower.tasks.runs() => {
                follower.tasks.stop(0).await?;
                stops += 1;
            }
            2..6 if !follower.tasks.runs() => follower.start().await?,
            _ => {}
        }
        if step % BETWEEN == 0 {
            rows = equal(follower, &model, &db).await.with_context(|| format!("at step {step}"))?;
        }
    }
    for sql in model.last_rows() {
        conn.query_drop(&sql).await.with_context(|| format!("the source refuses: {sql}"))?;
    }
    rows = rows.max(equal(follower, &model, &db).await?);
    follower.tasks.stop(0).await?;
    let note = format!("{structure} changes of structure, {stops} stops, {kills} kills (SEED={seed})");
    Ok(Outcome { rows, note })
}

/// Whether both sides are what the model says; how many rows they hold.
async fn equal(follower: &mut Follower, model: &Model, db: &str) -> Result<usize> {
    if !follower.tasks.runs() {
        follower.start().await?;
    }
    if let Some(stop) = follower.arrived().await? {
        bail!("{}", stop.error);
    }
    let (own, arriving) = of_source(&follower.source, db).await?;
    let held = of_target(&follower.target, db).await?;
    let names = |columns: &[Column]| columns.iter().map(|column| column.name.clone()).collect::<Vec<_>>();
    let found = own.iter().map(|(place, columns)| (place.table.clone(), names(columns))).collect();
    ensure!(model.columns() == found, "the model is wrong: {:?} is {found:?}", model.columns());
    // The target does not move a column.
    let sorted = |columns: &[Column]| {
        let mut columns = columns.to_vec();
        columns.sort_by(|a, b| a.name.cmp(&b.name));
        super::structure::shown(&columns)
    };
    let mut rows = 0;
    for (place, columns) in &arriving {
        let target = held.get(place).with_context(|| format!("{place} has not arrived"))?;
        let (is, should) = (sorted(target), sorted(columns));
        ensure!(is == should, "{place}: should be `{should}`, is `{is}`");
        let own = own.get(place).map_or(&[][..], Vec::as_slice);
        rows += same_rows((&follower.source, place, own), (&follower.target, place, target)).await?;
    }
    let extra: Vec<String> =
        held.keys().filter(|place| !own.contains_key(place)).map(ToString::to_string).collect();
    ensure!(extra.is_empty(), "the target has more tables: {}", extra.join(", "));
    Ok(rows)
}
