//! What stops a task or hurts it at the target: one function a check, for `dt precheck`.
//!
//! A precheck writes nothing. So what only a write would prove is said to be unproven: the right to create and to write, and to upload.

use std::collections::HashMap;
use std::sync::Arc;

use dt_common::batch::Checkpoint;
use dt_common::check::{Finding, listed};
use dt_common::config::{Class, ExtractType, Policy};
use dt_common::error::{Error, Result};
use dt_common::schema::{ColumnType, TableName, TableSchema};

use super::checkpoint::StateTables;
use super::client::{Client, Session, check_version};
use super::plan::TablePlan;
use super::routes::Routes;
use super::target_tables;
use crate::admin::STORED_STATE;
use crate::sinker::TargetTable;

/// A folder of the user stage that nobody writes to: listing it tells whether the stage may be listed at all.
const NO_FOLDER: &str = "@~/dt_precheck_there_is_no_such_folder/";

/// Seconds within which a write to the task's state means that a process runs: its commits come more often when anything changes.
const ALIVE: u64 = 10;

/// A check of the target. In [`TargetCheck::ALL`] they stand in the order in which they are shown; `docs/precheck.md` says what each
/// looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TargetCheck {
    /// Whether it answers.
    Connection,
    /// Whether sessions are encrypted.
    Tls,
    /// Whether it is new enough.
    Version,
    /// What the user may do.
    Privileges,
    /// Whether files can be staged.
    Stage,
    /// What is remembered of the task, and whether somebody is at work.
    StoredState,
    /// Whether every table has a place of its own.
    Routes,
    /// Which columns may hold values that the target does not, and what becomes of them.
    Values,
    /// Whether the tables that are there take the rows.
    Tables,
}

impl TargetCheck {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Connection,
        Self::Tls,
        Self::Version,
        Self::Privileges,
        Self::Stage,
        Self::StoredState,
        Self::Routes,
        Self::Values,
        Self::Tables,
    ];

    /// Its name in every output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Connection => "target-connection",
            Self::Tls => "target-tls",
            Self::Version => "target-version",
            Self::Privileges => "target-privileges",
            Self::Stage => "stage",
            Self::StoredState => STORED_STATE,
            Self::Routes => "routes",
            Self::Values => "values",
            Self::Tables => "target-tables",
        }
    }
}

/// Whether the session is encrypted, by what the DSN asks for.
pub fn tls(client: &Client) -> Finding {
    judge_tls(client.encrypts(), client.address())
}

fn judge_tls(encrypts: bool, address: &str) -> Finding {
    let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
    let ip = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    if encrypts {
        return Finding::pass("[sinker] url asks for TLS");
    }
    if host.eq_ignore_ascii_case("localhost") || ip.is_ok_and(|ip| ip.is_loopback()) {
        return Finding::pass(format!("[sinker] url asks for no TLS, and {host} is this machine"));
    }
    Finding::warn(
        format!("[sinker] url asks for no TLS: rows and the password travel to {host} in the open"),
        "remove sslmode=disable from [sinker] url, or write databend+https://",
    )
}

/// Whether the server is new enough.
///
/// # Errors
/// It is not.
pub fn version(version: &str) -> Result<Finding> {
    check_version(version)?;
    Ok(Finding::pass(version))
}

/// What the user may do, as far as the server tells without a write.
pub async fn privileges(session: &Session) -> Finding {
    match session.query("SHOW GRANTS").await {
        Ok(rows) => {
            let cells = rows.into_iter().flatten().flatten();
            judge_grants(&cells.filter(|cell| cell.starts_with("GRANT ")).collect::<Vec<_>>())
        }
        Err(error) => {
            Finding::unseen(format!("the server does not tell what the user may do: {error}"), GRANTS)
        }
    }
}

/// What a task needs at the target.
const GRANTS: &str = "a task needs: GRANT CREATE DATABASE ON *.*, and GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, DROP, SUPER \
                      on the target databases and on _dt, to the user or to its role";

fn judge_grants(grants: &[String]) -> Finding {
    let unproven = "nothing was written to prove it";
    match grants.iter().find(|grant| grant.starts_with("GRANT ALL ON *.*")) {
        Some(_) => Finding::pass(format!("ALL ON *.* is granted; {unproven}")),
        None if grants.is_empty() => Finding::warn(format!("the server lists no grant; {unproven}"), GRANTS),
        None => Finding::warn(format!("whether these are enough was not tried: {}", listed(grants)), GRANTS),
    }
}

/// Whether the user stage answers.
pub async fn stage(session: &Session) -> Finding {
    match session.query(&format!("LIST {NO_FOLDER}")).await {
        Ok(_) => Finding::pass(
            "the user stage can be listed; nothing was uploaded to prove that it can be written",
        ),
        Err(error) => Finding::warn(
            format!("the user stage cannot be listed: {error}"),
            "give the user a stage; until then only what travels as SQL text arrives",
        ),
    }
}

/// What is remembered of the task, read without taking it over.
///
/// # Errors
/// A state that cannot be read.
pub async fn stored(session: &Session, state: Option<&StateTables>) -> Result<(Finding, Checkpoint)> {
    let Some(state) = state else {
        return Ok((Finding::pass("a struct task without an id remembers nothing"), Checkpoint::default()));
    };
    let Some(stored) = state.stored(session).await? else {
        return Ok((Finding::pass("nothing is stored: the task begins anew"), Checkpoint::default()));
    };
    let done = stored.checkpoint.marks.iter().filter(|mark| mark.done).count();
    let found = format!(
        "start {} of the task, {} batches committed, {done} tables copied to their end",
        stored.epoch, stored.batches
    );
    let finding = match state.idle_seconds(session).await? {
        Some(idle) if idle <= ALIVE => Finding::warn(
            format!("{found}; written {idle} s ago by {}, which may still run", stored.owner),
            "a second start takes the task over, and the first process then ends with exit code 5",
        ),
        Some(_) | None => Finding::pass(found),
    };
    Ok((finding, stored.checkpoint))
}

/// Whether every table has a place of its own that may be written to.
pub fn routes(routes: &Routes, tables: &[Arc<TableSchema>]) -> Finding {
    let mut problems: Vec<Error> = tables.iter().filter_map(|table| routes.route(table).err()).collect();
    problems.extend(routes.check(tables).err());
    match problems.is_empty() {
        true => Finding::pass("every table has a target of its own"),
        false => Finding::fail(listed(problems), "correct [router], or leave tables out by [filter]"),
    }
}

/// Charsets of which every server checks what it stores, or in which every byte is a character.
const CHECKED: &[&str] = &["utf8mb4", "utf8mb3", "utf8", "latin1", "ascii"];

/// Which columns may hold values that Databend does not, by class and policy.
pub fn values(routes: &Routes, tables: &[Arc<TableSchema>]) -> Finding {
    if let Err(error) = routes.check_values(tables) {
        return Finding::fail(error.to_string(), "correct [values]");
    }
    let plans: Vec<TablePlan> = tables.iter().filter_map(|table| routes.plan(table).ok()).collect();
    let mut found = Vec::new();
    for class in Class::ALL {
        for policy in [Policy::Error, Policy::Null, Policy::Clamp, Policy::String] {
            let columns: Vec<String> = plans.iter().flat_map(|plan| at_risk(plan, class, policy)).collect();
            if !columns.is_empty() {
                found.push(format!("{class} = {policy} in {}", listed(columns)));
            }
        }
    }
    match found.is_empty() {
        true => Finding::pass("no column holds values that Databend does not"),
        false => Finding::pass(format!("what Databend does not hold may come: {}", found.join("; "))),
    }
}

fn at_risk(plan: &TablePlan, class: Class, policy: Policy) -> impl Iterator<Item = String> {
    let checked = |ty: &ColumnType| ty.text().is_some_and(|text| CHECKED.contains(&&*text.charset));
    plan.columns.iter().zip(&plan.schema.columns).filter_map(move |(planned, source)| {
        let hit = class.can_be_in(&source.ty) && !checked(&source.ty) && planned.policies.of(class) == policy;
        hit.then(|| format!("{} `{}`", plan.schema.name, source.name))
    })
}

/// Whether the tables that are there take the rows of their sources, and which of them hold rows.
///
/// # Errors
/// See [`super::errors`].
pub async fn tables(
    session: &Session,
    routes: &Routes,
    kind: ExtractType,
    sources: &[Arc<TableSchema>],
) -> Result<(Finding, HashMap<TableName, TargetTable>)> {
    let mut problems = Vec::new();
    let mut plans = Vec::new();
    // A route that leads nowhere is named by the check of the routes.
    for source in sources.iter().filter(|source| routes.route(source).is_ok()) {
        match routes.plan(source) {
            Ok(plan) => plans.push(Arc::new(plan)),
            Err(error) => problems.push(error),
        }
    }
    let targets: Vec<TableName> = plans.iter().map(|plan| plan.target.clone()).collect();
    let columns = target_tables::read_columns(session, &targets).await?;
    let (existing, missing): (Vec<_>, Vec<_>) =
        plans.into_iter().partition(|plan| columns.contains_key(&plan.target));
    let creates = matches!(kind, ExtractType::Struct | ExtractType::SnapshotAndCdc);
    for plan in existing.iter().chain(missing.iter().filter(|_| !creates)) {
        let held = columns.get(&plan.target).map(Vec::as_slice);
        problems.extend(target_tables::plan(TablePlan::clone(plan), held).err());
    }
    let filled = target_tables::read_filled(session, &targets).await?;
    let rows = existing
        .iter()
        .map(|plan| (plan.schema.name.clone(), TargetTable { has_rows: filled.contains(&plan.target) }));
    let finding = judge_tables(kind, &problems, existing.len(), missing.len());
    Ok((finding, rows.collect()))
}

fn judge_tables(kind: ExtractType, problems: &[Error], existing: usize, missing: usize) -> Finding {
    match kind {
        _ if problems.is_empty() => {
            Finding::pass(format!("there and fit for the rows: {existing}, to be created: {missing}"))
        }
        ExtractType::Struct => Finding::warn(
            listed(problems),
            "a struct task leaves tables as they are that exist; the tasks after it will stop at them",
        ),
        ExtractType::Snapshot | ExtractType::Cdc | ExtractType::SnapshotAndCdc => Finding::fail(
            listed(problems),
            "each message says how; DROP TABLE and a struct task makes a table anew",
        ),
    }
}

#[cfg(test)]
mod tests {
    use dt_common::check::Verdict::{Fail, Pass, Warn};
    use dt_common::config::Values;
    use dt_common::config::ini::RawConfig;
    use dt_common::router::Router;

    use super::super::fixtures::table;
    use super::*;

    #[test]
    fn open_sessions_are_fine_on_this_machine_only() {
        for (encrypts, address, verdict) in [
            (false, "bend.example:8000", Warn),
            (false, "127.0.0.1:8000", Pass),
            (false, "[::1]:8000", Pass),
            (false, "localhost", Pass),
            (true, "bend.example", Pass),
        ] {
            assert_eq!(judge_tls(encrypts, address).verdict, verdict, "{address}");
        }
    }

    #[test]
    fn columns_at_risk_are_listed_by_class_and_policy() {
        let mut table = table("d", "t", &[("id", "bigint"), ("at", "datetime"), ("s", "varchar")], &[0]);
        let tables = |table: &TableSchema| [Arc::new(table.clone())];
        let routes = |text: &str| {
            let raw = RawConfig::parse("t.ini", &format!("[values]\n{text}\n")).unwrap();
            Routes::new(Router::default(), Values::read(&raw).unwrap())
        };
        assert_eq!(
            values(&routes("zero_date=null"), &tables(&table)).found,
            "what Databend does not hold may come: zero_date = null in `d`.`t` `at`; out_of_range = error in `d`.`t` `at`"
        );
        assert_eq!(values(&routes("zero_date=d.x:null"), &tables(&table)).verdict, Fail);
        table.columns.remove(1);
        assert_eq!(
            values(&routes(""), &tables(&table)).found,
            "no column holds values that Databend does not"
        );
    }

    #[test]
    fn grants_are_never_called_proven() {
        for (grants, verdict) in [
            (vec!["GRANT ALL ON *.* TO 'dt'@'%'"], Pass),
            (vec!["GRANT SELECT ON 'default'.'shop'.* TO 'dt'@'%'"], Warn),
            (vec!["GRANT ALL ON 'default'.'shop'.* TO 'dt'@'%'"], Warn),
            (vec![], Warn),
        ] {
            let grants: Vec<String> = grants.into_iter().map(str::to_owned).collect();
            assert_eq!(judge_grants(&grants).verdict, verdict, "{grants:?}");
        }
    }

    #[test]
    fn a_struct_task_leaves_what_differs() {
        let problems = [Error::schema("table x differs")];
        assert_eq!(judge_tables(ExtractType::Struct, &problems, 1, 0).verdict, Warn);
        assert_eq!(judge_tables(ExtractType::Cdc, &problems, 1, 0).verdict, Fail);
        assert_eq!(judge_tables(ExtractType::Cdc, &[], 1, 0).verdict, Pass);
    }
}
