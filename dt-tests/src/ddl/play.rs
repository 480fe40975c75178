//! Plays the corpus: live and stopped.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Error, Result, anyhow, bail, ensure};
use mysql_async::Conn;
use mysql_async::prelude::Queryable;
use tokio::time::Instant;

use super::corpus::{Case, Part};
use super::follower::{Follower, Stop};
use super::structure::{self, Tables, same_rows, shown, unnumbered};
use crate::compare::Place;
use crate::report::Report;
use crate::steps::Outcome;

/// Cases that are on their way together: one wait serves them all.
const TOGETHER: usize = 12;

/// A case on its way.
struct Playing {
    name: String,
    case: Case,
    db: String,
    conn: Conn,
    /// Columns of the target that are not the source's.
    targets: BTreeMap<String, Option<String>>,
    /// Tables whose rows are not compared.
    apart: Vec<String>,
    /// Stops that are to come.
    stops: VecDeque<Vec<String>>,
    rows: usize,
    since: Instant,
    failure: Option<Error>,
}

/// Plays the cases while the task runs, and compares both sides behind every part. What is there before is copied.
///
/// # Errors
/// What concerns no case: a server or the task that does not go on.
pub async fn live(follower: &mut Follower, cases: &[Case], report: &Mutex<Report>) -> Result<()> {
    let cases = named(follower, "live", cases);
    let mut all = begin(follower, cases).await?;
    run_part(&mut all, 0).await;
    follower.start().await?;
    settle(follower, &mut all).await?;
    compare(follower, &mut all, 0, true).await?;
    while !all.is_empty() {
        let mut group: Vec<Playing> = all.drain(..all.len().min(TOGETHER)).collect();
        for at in 1..most_parts(&group) {
            run_part(&mut group, at).await;
            settle(follower, &mut group).await?;
            compare(follower, &mut group, at, true).await?;
        }
        finish(follower, group, report);
    }
    follower.tasks.stop(0).await
}

/// Waits until the target has everything, over all stops.
async fn settle(follower: &mut Follower, group: &mut [Playing]) -> Result<()> {
    while let Some(stop) = follower.arrived().await? {
        judge(follower, group, &stop)?;
        follower.start().await?;
    }
    Ok(())
}

fn most_parts(group: &[Playing]) -> usize {
    group.iter().map(|playing| playing.case.parts.len()).max().unwrap_or_default()
}

/// Plays the cases while the task is stopped: what is there before is copied; then it comes through all the rest at once.
///
/// # Errors
/// As [`live`].
pub async fn stopped(follower: &mut Follower, cases: &[Case], report: &Mutex<Report>) -> Result<()> {
    let cases = named(follower, "stopped", cases);
    let mut group = begin(follower, cases).await?;
    run_part(&mut group, 0).await;
    if let Some(stop) = follower.catch_up().await? {
        bail!("before any change of structure: {}", stop.error);
    }
    compare(follower, &mut group, 0, true).await?;
    let parts = most_parts(&group);
    for at in 1..parts {
        run_part(&mut group, at).await;
    }
    while let Some(stop) = follower.catch_up().await? {
        judge(follower, &mut group, &stop)?;
    }
    compare(follower, &mut group, parts, false).await?;
    finish(follower, group, report);
    Ok(())
}

/// The cases of the family, with the databases that they are given, and their entries in the task file.
fn named(follower: &mut Follower, mode: &str, cases: &[Case]) -> Vec<(String, Case, String)> {
    let family = follower.source.family;
    let cases = cases.iter().filter(|case| case.only.is_none_or(|only| only == family));
    let mut named = Vec::new();
    for (number, case) in cases.enumerate() {
        let db = format!("{}__{number:03}", follower.prefix);
        let filled = case.filled(&db);
        for (section, key, entry) in filled.ini.iter().rev() {
            follower.ini.add(section, key, entry);
        }
        named.push((format!("{mode}: {}", case.name), filled, db));
    }
    named
}

async fn begin(follower: &Follower, cases: Vec<(String, Case, String)>) -> Result<Vec<Playing>> {
    let mut group = Vec::with_capacity(cases.len());
    for (name, case, db) in cases {
        let mut conn = follower.source.connect().await?;
        conn.query_drop(format!("CREATE DATABASE {db} DEFAULT CHARACTER SET utf8mb4")).await?;
        conn.query_drop(format!("USE {db}")).await?;
        let (targets, apart, stops) = (BTreeMap::new(), Vec::new(), VecDeque::new());
        let since = Instant::now();
        group.push(Playing { name, case, db, conn, targets, apart, stops, rows: 0, since, failure: None });
    }
    Ok(group)
}

async fn run_part(group: &mut [Playing], at: usize) {
    for playing in group.iter_mut().filter(|playing| playing.failure.is_none()) {
        let Some(part) = playing.case.parts.get(at).cloned() else { continue };
        playing.stops.extend(part.stops.iter().cloned());
        playing.targets.extend(part.targets.clone());
        playing.apart.extend(part.apart.clone());
        if let Err(error) = statements(&mut playing.conn, &part).await {
            playing.failure = Some(error);
        }
    }
}

async fn statements(conn: &mut Conn, part: &Part) -> Result<()> {
    for sql in &part.statements {
        conn.query_drop(sql).await.with_context(|| format!("the source refuses: {sql}"))?;
    }
    Ok(())
}

/// Finds the case that the task has stopped for. What the case expects is checked, and the remedy goes into the task file; else the
/// case has failed, and the task goes on without it.
fn judge(follower: &mut Follower, group: &mut [Playing], stop: &Stop) -> Result<()> {
    let playing = group.iter_mut().find(|playing| stop.error.contains(&playing.db));
    let playing = playing.with_context(|| format!("the task ended for no case: {}", stop.error))?;
    let expected = playing.stops.pop_front();
    let judged = match &expected {
        Some(texts) => expect(stop, texts).and_then(|()| follower.remedy(stop)),
        None => Err(anyhow!("the task ended: {}", stop.error)),
    };
    if let Err(error) = judged {
        ensure!(playing.failure.is_none(), "left out, it ends the task again: {error:#}");
        playing.failure = Some(error);
        follower.leave_out(&playing.db);
    }
    Ok(())
}

fn expect(stop: &Stop, texts: &[String]) -> Result<()> {
    let place = stop.error.split_once("binlog ").map(|(_, rest)| rest.split(' ').next().unwrap_or_default());
    let place = place.context("no place in the binlog").and_then(|place| {
        let offset = place.trim_end_matches(':').rsplit(':').next().unwrap_or_default();
        offset.parse::<u64>().with_context(|| format!("`{place}` is no place in the binlog"))
    });
    place.with_context(|| stop.error.clone())?;
    for text in texts {
        ensure!(stop.error.contains(text.as_str()), "the error lacks `{text}`: {}", stop.error);
    }
    Ok(())
}

/// Compares both sides of every case that has a part of this number; of all cases when the parts are over.
async fn compare(follower: &Follower, group: &mut [Playing], at: usize, by_part: bool) -> Result<()> {
    let prefix = format!("{}__", follower.prefix);
    let (own, arriving) = structure::of_source(&follower.source, &prefix).await?;
    let held = structure::of_target(&follower.target, &prefix).await?;
    let sides = Sides { own, arriving, held };
    for playing in group.iter_mut().filter(|playing| playing.failure.is_none()) {
        let at = if by_part { at } else { playing.case.parts.len() - 1 };
        let Some(part) = playing.case.parts.get(at).cloned() else { continue };
        let compared = match playing.stops.front() {
            Some(texts) => Err(anyhow!("the task did not stop with `{}`", texts.join(" & "))),
            None => playing.compare(follower, &sides, &part).await,
        };
        match compared {
            Ok(rows) => playing.rows = rows,
            Err(error) => playing.failure = Some(error.context(format!("behind part {at}"))),
        }
    }
    Ok(())
}

/// All tables of both sides.
struct Sides {
    own: Tables,
    arriving: Tables,
    held: Tables,
}

impl Playing {
    async fn compare(&self, follower: &Follower, sides: &Sides, part: &Part) -> Result<usize> {
        let is_ours = |db: &str| db == self.db || db.starts_with(&format!("{}__", self.db));
        let is_passed_over =
            |place: &Place| follower.passed_over.contains(&format!("{}.{}", place.db, place.table));
        let mut expected = BTreeMap::new();
        let mut pairs = Vec::new();
        for (place, columns) in sides.arriving.iter().filter(|(place, _)| is_ours(&place.db)) {
            let to = self.route(place);
            expected.insert(to.clone(), shown(columns));
            pairs.push((place.clone(), to));
        }
        for (name, columns) in &self.targets {
            let (db, table) = name.split_once('.').unwrap_or((&self.db, name));
            let place = Place { db: db.to_owned(), table: table.to_owned() };
            match columns {
                Some(columns) => drop(expected.insert(place, columns.clone())),
                None => drop(expected.remove(&place)),
            }
        }
        let held = sides.held.iter().filter(|(place, _)| is_ours(&place.db));
        let mut found: BTreeMap<Place, String> = held
            .map(|(place, columns)| {
                let table = unnumbered(&place.table).to_owned();
                (Place { db: place.db.clone(), table }, shown(columns))
            })
            .collect();
        expected.retain(|place, _| !is_passed_over(place));
        found.retain(|place, _| !is_passed_over(place));
        ensure!(found == expected, "{}", difference(&expected, &found));
        let mut rows = 0;
        let pairs =
            pairs.iter().filter(|(from, to)| expected.contains_key(to) && !self.apart.contains(&from.table));
        for (from, to) in pairs {
            let (Some(columns), Some(held)) = (sides.own.get(from), sides.held.get(to)) else { continue };
            rows += same_rows((&follower.source, from, columns), (&follower.target, to, held)).await?;
        }
        for (query, answer) in &part.yields {
            let found = follower.target.query(query).await?.into_iter().flatten().flatten().next();
            let found = found.unwrap_or_else(|| "NULL".to_owned());
            ensure!(found == *answer, "{query} answers {found} instead of {answer}");
        }
        Ok(rows)
    }

    /// Where a table of the source arrives, by what the case says in `[router]`.
    fn route(&self, place: &Place) -> Place {
        let name = format!("{}.{}", place.db, place.table);
        let routed = |wanted: &str, name: &str| {
            let entries =
                self.case.ini.iter().filter(|(section, key, _)| section == "router" && key == wanted);
            let mut pairs = entries.filter_map(|(.., entry)| entry.split_once(':'));
            pairs.find(|(from, _)| *from == name).map(|(_, to)| to.to_owned())
        };
        if let Some(to) = routed("tb_map", &name) {
            let (db, table) = to.split_once('.').unwrap_or_default();
            return Place { db: db.to_owned(), table: table.to_owned() };
        }
        let db = routed("db_map", &place.db).unwrap_or_else(|| place.db.clone());
        Place { db, table: place.table.clone() }
    }
}

fn difference(expected: &BTreeMap<Place, String>, found: &BTreeMap<Place, String>) -> String {
    let mut lines = Vec::new();
    for place in expected.keys().chain(found.keys()) {
        let side = |tables: &BTreeMap<Place, String>| {
            tables.get(place).cloned().unwrap_or_else(|| "no table".into())
        };
        let line = format!("{place}: should be `{}`, is `{}`", side(expected), side(found));
        if expected.get(place) != found.get(place) && !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines.join("\n")
}

fn finish(follower: &Follower, group: Vec<Playing>, report: &Mutex<Report>) {
    for Playing { name, rows, since, failure, .. } in group {
        let result = match failure {
            None => Ok(Outcome { rows, note: String::new() }),
            Some(error) => Err(error),
        };
        tell(report, follower, &name, &result, since.elapsed());
    }
}

/// Prints the line of a case.
pub fn tell(
    report: &Mutex<Report>,
    follower: &Follower,
    name: &str,
    result: &Result<Outcome>,
    took: Duration,
) {
    let mut report = report.lock().unwrap_or_else(PoisonError::into_inner);
    report.played(name, follower.source.family, result, took);
}
