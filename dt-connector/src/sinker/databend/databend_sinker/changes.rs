//! The sink's part in a change of structure: from the statement to plans of the changed tables, see [`super::super::evolve`].

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use dt_common::batch::Progress;
use dt_common::error::{Error, Result};
use dt_common::item::Ddl;
use dt_common::schema::{CopyStage, Premise, SchemaChange, TableName, TableSchema};
use tokio::time::Instant;
use tracing::{debug, info, warn};

use super::DatabendSinker;
use crate::sinker::databend::checkpoint::Lease;
use crate::sinker::databend::client::Session;
use crate::sinker::databend::committer::Committer;
use crate::sinker::databend::evolve::converge::converge;
use crate::sinker::databend::evolve::history::{self, Intent};
use crate::sinker::databend::evolve::kept;
use crate::sinker::databend::evolve::plan::{Held, Planner};
use crate::sinker::databend::plan::TablePlan;
use crate::sinker::databend::retry::{self, Limits};
use crate::sinker::databend::{quote, target_tables};

/// Time between two looks at what is kept for a time.
const BETWEEN_LOOKS: Duration = Duration::from_secs(3600);

impl DatabendSinker {
    /// Applies a statement, and commits the progress behind it.
    pub(super) async fn change(&self, committer: &Committer, ddl: &Ddl, progress: &Progress) -> Result<()> {
        let intent = self.intent(ddl, progress, committer.batch().await? + 1).await?;
        let history = &committer.tables().history;
        if intent.steps.is_empty() {
            let also = |lease: &Lease| {
                let mut statements = intent.with_checkpoint.clone();
                // A statement without its text concerns tables that nobody follows.
                if !ddl.text.is_empty() {
                    statements.push(history::insert(history, lease, ddl, &intent, false)?);
                }
                Ok(statements)
            };
            committer.commit_with(&[], progress, also).await?;
        } else {
            let before = Progress { source_time: progress.source_time, ..Progress::default() };
            let also = |lease: &Lease| Ok(vec![history::insert(history, lease, ddl, &intent, true)?]);
            committer.commit_with(&[], &before, also).await?;
            info!(action = ddl.action, steps = intent.steps.len(), "change of structure begun");
            self.bring_about(committer, &intent).await?;
        }
        info!(action = ddl.action, "change of structure applied");
        self.look_again(ddl).await
    }

    /// What is to be done about a statement, in the batch of this number.
    async fn intent(&self, ddl: &Ddl, progress: &Progress, batch: u64) -> Result<Intent> {
        let targets = Planner::targets(&self.routes, &ddl.changes)?;
        let (columns, filled, mut ids) = retry::within(self.limits(), async || {
            let session = self.client.session().await?;
            let columns = target_tables::read_columns(&session, &targets).await?;
            let filled = target_tables::read_filled(&session, &targets).await?;
            let ids = target_tables::read_ids(&session, &targets).await?;
            for change in &ddl.changes {
                if let SchemaChange::Confirm(premise) = change {
                    confirm(&session, &self.routes.plan(&premise.table)?, premise).await?;
                }
            }
            session.close().await?;
            Ok((columns, filled, ids))
        })
        .await?;
        let held: HashMap<TableName, Held> = columns
            .into_iter()
            .map(|(table, columns)| {
                let has_rows = filled.contains(&table);
                let id = ids.remove(&table).unwrap_or_default();
                (table, Held { columns, has_rows, id })
            })
            .collect();
        let planner = Planner {
            routes: &self.routes,
            layout: self.config.layout,
            held: &held,
            batch,
            for_a_time: self.config.keep_days.is_some(),
        };
        let way = planner.way(&ddl.changes)?;
        let mut with_checkpoint = Vec::new();
        for change in &ddl.changes {
            if let SchemaChange::Truncate(name) = change {
                with_checkpoint.push(format!("DELETE FROM {}", quote::table(&self.routes.target(name))?));
            }
        }
        let remembered = way.remembered.store(&self.committer()?.tables().kept);
        Ok(Intent::new(batch, way.steps, with_checkpoint, remembered, progress))
    }

    /// Converges and clears the intent.
    async fn bring_about(&self, committer: &Committer, intent: &Intent) -> Result<()> {
        converge(committer, self.limits(), intent).await?;
        debug!(batch = intent.batch, "structure of the target converged");
        let clear = history::clear(&committer.tables().history, intent);
        let also = |_: &Lease| {
            Ok([&intent.with_checkpoint[..], &intent.remembered, std::slice::from_ref(&clear)].concat())
        };
        committer.commit_with(&[], &intent.progress()?, also).await.map(drop)
    }

    /// Finishes the change of structure that an earlier process has begun; answers whether there was one.
    pub(super) async fn finish_change(&self, committer: &Committer) -> Result<bool> {
        let pending = retry::at_start(async || {
            let session = committer.session().await?;
            let pending = committer.tables().pending(&session).await?;
            session.close().await?;
            Ok(pending)
        });
        let Some(intent) = pending.await? else { return Ok(false) };
        info!(batch = intent.batch, "a change of structure that was begun is finished");
        self.bring_about(committer, &intent).await?;
        Ok(true)
    }

    /// Makes the plans of the changed tables anew.
    async fn look_again(&self, ddl: &Ddl) -> Result<()> {
        let (mut gone, mut changed, mut shadows) =
            (Vec::new(), Vec::<Arc<TableSchema>>::new(), Vec::<Arc<TableSchema>>::new());
        // Tables that get other names come last in a statement, and get them all at once.
        let mut renamed = Vec::new();
        for change in &ddl.changes {
            match change {
                SchemaChange::CreateDatabase(_) | SchemaChange::Truncate(_) | SchemaChange::Confirm(_) => {}
                SchemaChange::DropTable { table, .. } => gone.push(table),
                SchemaChange::CreateTable(table) | SchemaChange::Copy { table, stage: CopyStage::Ends } => {
                    changed.push(Arc::clone(table))
                }
                SchemaChange::Copy { table, stage: CopyStage::Begins | CopyStage::GoesOn } => {
                    shadows.push(Arc::clone(table));
                }
                SchemaChange::Alter(alteration) => {
                    gone.push(&alteration.before.name);
                    changed.retain(|table| table.name != alteration.before.name);
                    let is_renamed = alteration.before.name != alteration.after.name;
                    let list = if is_renamed { &mut renamed } else { &mut changed };
                    list.push(Arc::clone(&alteration.after));
                }
            }
        }
        changed.extend(renamed);
        {
            let mut known = self.plans.write().unwrap_or_else(PoisonError::into_inner);
            gone.into_iter().for_each(|name| drop(known.remove(name)));
        }
        let changed = changed.iter().map(|table| self.routes.plan(table));
        let shadows = shadows.iter().map(|table| self.routes.shadow_plan(table));
        let plans = changed.chain(shadows).collect::<Result<Vec<_>>>()?;
        if plans.is_empty() { Ok(()) } else { self.look_at(plans, self.limits()).await.map(drop) }
    }

    /// Removes what was kept for its time. Comes between two commits, and nothing depends on it.
    pub(super) async fn expire_kept(&self, committer: &Committer) {
        let Some(days) = self.config.keep_days else { return };
        let mut looked = self.looked_at_kept.lock().await;
        if looked.is_none_or(|at| at.elapsed() >= BETWEEN_LOOKS) {
            *looked = Some(Instant::now());
            if let Err(error) = kept::expire(committer, days).await {
                warn!(%error, "what was kept for its time could not be removed; it is tried again in an hour");
            }
        }
    }

    fn limits(&self) -> Limits {
        Limits { conflicts: self.config.max_retries, unavailable: self.config.retry_timeout }
    }
}

/// Counts the rows of a table, and those that hold something in the columns that are to be full.
///
/// # Errors
/// The premise does not hold.
async fn confirm(session: &Session, plan: &TablePlan, premise: &Premise) -> Result<()> {
    let (name, target) = (&premise.table.name, &plan.target);
    let counts = premise.full.iter().map(|at| format!(", to_string(count({}))", plan.columns[*at].quoted));
    let sql = format!("SELECT to_string(count(*)){} FROM {}", counts.collect::<String>(), plan.quoted);
    let found = session.query(&sql).await.map_err(|e| e.at(format_args!("counting the rows of {target}")))?;
    let counts: Option<Vec<u64>> = found.first().and_then(|row| {
        row.iter().map(|count| count.as_ref().and_then(|count| count.parse().ok())).collect()
    });
    let counts = counts.ok_or_else(|| Error::target(format!("counting the rows of {target}: no answer")))?;
    let rows = counts.first().copied().unwrap_or(0);
    if rows != premise.rows {
        return Err(Error::schema(format!(
            "table {name}: target table {target} has {rows} rows, and {}",
            premise.otherwise
        )));
    }
    match premise.full.iter().zip(&counts[1..]).find(|(_, full)| **full != rows) {
        None => Ok(()),
        Some((at, _)) => Err(Error::schema(format!(
            "table {name}: column `{}` of target table {target} holds NULL, which its new definition does not take, and {}",
            plan.columns[*at].name, premise.otherwise
        ))),
    }
}
