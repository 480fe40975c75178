//! Bringing the target to an intent.

use dt_common::error::Result;
use tracing::debug;

use super::history::{self, Intent};
use super::step::Step;
use crate::sinker::databend::client::Session;
use crate::sinker::databend::committer::Committer;
use crate::sinker::databend::retry::{Limits, within};
use crate::sinker::databend::target_tables::read_columns;

/// Runs what is left of an intent's steps, in their order, for as long as the limits allow. Behind a step that must not be run again
/// the intent is stored without what is done.
///
/// # Errors
/// A statement that Databend refuses; another writer that owns the task.
pub async fn converge(committer: &Committer, limits: Limits, intent: &Intent) -> Result<()> {
    let mut rest = &intent.steps[..];
    while let Some(once) = rest.iter().position(|step| step.once) {
        let (now, later) = rest.split_at(once + 1);
        within(limits, || attempt(committer, now)).await?;
        debug!(batch = intent.batch, "a step is done that must not be run again");
        let (left, progress) = intent.left(later);
        let stored = history::narrow(&committer.tables().history, &left)?;
        committer.commit_with(&[], &progress, |_| Ok(vec![stored.clone()])).await?;
        debug!(batch = intent.batch, steps = later.len(), "steps left of a change of structure");
        rest = later;
    }
    within(limits, || attempt(committer, rest)).await
}

async fn attempt(committer: &Committer, steps: &[Step]) -> Result<()> {
    let session = committer.session().await?;
    for step in steps {
        if !is_left(&session, step).await? {
            continue;
        }
        // A writer that was overtaken while it looked changes nothing.
        committer.fence(&session).await?;
        let Err(refused) = session.execute(&step.sql).await else { continue };
        if refused.kind().is_retryable() {
            return Err(refused.at(DOING));
        }
        // What the successor of this writer has done already is refused; so is what a process that was killed, or a try whose answer
        // was lost, has sent and Databend has run in the meantime.
        committer.confirm().await?;
        let session = committer.session().await?;
        if is_left(&session, step).await? {
            return Err(refused.at(DOING));
        }
        debug!("a step of a change of structure was refused because it was done in the meantime");
        session.close().await?;
    }
    session.close().await
}

/// What an error belongs to.
const DOING: &str = "changing the structure of the target";

async fn is_left(session: &Session, step: &Step) -> Result<bool> {
    let held = read_columns(session, &step.when.tables()).await?;
    Ok(step.when.holds(|table| held.get(table).map(Vec::as_slice)))
}
