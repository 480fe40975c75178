//! Bringing the target to an intent.

use dt_common::error::Result;
use tracing::warn;

use super::step::{Seen, Step, When};
use crate::sinker::databend::client::Session;
use crate::sinker::databend::committer::Committer;
use crate::sinker::databend::retry::{Limits, Retries};
use crate::sinker::databend::target_tables::{read_columns, read_ids};

/// Runs what is left of the steps, in their order, for as long as the limits allow.
///
/// # Errors
/// A statement that Databend refuses; another writer that owns the task.
pub async fn converge(committer: &Committer, limits: Limits, steps: &[Step]) -> Result<()> {
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
        if !step.when.holds(&look(&session, &step.when).await?) {
            continue;
        }
        // A writer that was overtaken while it looked changes nothing.
        committer.fence(&session).await?;
        session.execute(&step.sql).await.map_err(|e| e.at("changing the structure of the target"))?;
    }
    session.close().await
}

async fn look(session: &Session, when: &When) -> Result<Seen> {
    let tables = when.tables();
    match when {
        When::Is { .. } => Ok(Seen { ids: read_ids(session, &tables).await?, ..Seen::default() }),
        When::Always | When::Tables { .. } | When::Columns { .. } | When::Differs { .. } => {
            Ok(Seen { columns: read_columns(session, &tables).await?, ..Seen::default() })
        }
    }
}
