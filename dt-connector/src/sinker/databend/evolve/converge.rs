//! Bringing the target to an intent.

use std::collections::HashMap;

use dt_common::error::Result;
use dt_common::schema::TableName;
use tracing::{debug, warn};

use super::history::{self, Intent};
use super::step::Step;
use crate::sinker::databend::client::Session;
use crate::sinker::databend::committer::Committer;
use crate::sinker::databend::retry::{Limits, Retries};
use crate::sinker::databend::target_tables::{TargetColumn, read_columns};

/// Runs what is left of an intent's steps, in their order, for as long as the limits allow. Behind a step that must not be run again
/// the intent is stored without what is done.
///
/// # Errors
/// A statement that Databend refuses; another writer that owns the task.
pub async fn converge(committer: &Committer, limits: Limits, intent: &Intent) -> Result<()> {
    let mut rest = &intent.steps[..];
    while let Some(once) = rest.iter().position(|step| step.once) {
        let (now, later) = rest.split_at(once + 1);
        run(committer, limits, now).await?;
        debug!(batch = intent.batch, "a step is done that must not be run again");
        let (left, progress) = intent.left(later);
        let stored = history::narrow(&committer.tables().history, &left)?;
        committer.commit_with(&[], &progress, |_| Ok(vec![stored.clone()])).await?;
        debug!(batch = intent.batch, steps = later.len(), "steps left of a change of structure");
        rest = later;
    }
    run(committer, limits, rest).await
}

async fn run(committer: &Committer, limits: Limits, steps: &[Step]) -> Result<()> {
    let mut retries = Retries::new(limits);
    loop {
        let error = match attempt(committer, steps).await {
            Ok(()) => return Ok(()),
            Err(error) => error,
        };
        let Some(pause) = retries.next(error.kind()) else { return Err(error) };
        warn!(retry = retries.count, pause_ms = pause.as_millis() as u64, %error, "the change of structure is tried again");
        tokio::time::sleep(pause).await;
    }
}

async fn attempt(committer: &Committer, steps: &[Step]) -> Result<()> {
    let session = committer.session().await?;
    for step in steps {
        let held = look(&session, step).await?;
        if !step.when.holds(|table| held.get(table).map(Vec::as_slice)) {
            continue;
        }
        // A writer that was overtaken while it looked changes nothing.
        committer.fence(&session).await?;
        session.execute(&step.sql).await.map_err(|e| e.at("changing the structure of the target"))?;
    }
    session.close().await
}

async fn look(session: &Session, step: &Step) -> Result<HashMap<TableName, Vec<TargetColumn>>> {
    read_columns(session, &step.when.tables()).await
}
