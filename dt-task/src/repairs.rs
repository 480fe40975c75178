//! Looks, while a task runs, for rows that `dt check --repair` has handed over.
//!
//! The looks go on beside everything else, in a session of the target of their own: no batch waits for them, and one that fails is made
//! again. What is found goes to the extractor, which reads the rows and puts them into the stream.

use std::collections::HashSet;
use std::convert::Infallible;
use std::time::Duration;

use dt_common::error::ErrorKind;
use dt_common::repair::{RepairId, RepairPart};
use dt_connector::sinker::Sinker;
use tokio::sync::mpsc;
use tracing::{debug, info};

/// Hands on what is asked for, every `interval`; never when that is zero.
pub(crate) async fn look<S: Sinker>(
    sinker: &S,
    interval: Duration,
    out: mpsc::Sender<RepairPart>,
) -> Infallible {
    if interval.is_zero() {
        return std::future::pending().await;
    }
    let mut handed_on: HashSet<RepairId> = HashSet::new();
    loop {
        tokio::time::sleep(interval).await;
        let asked = match sinker.asked_repairs().await {
            Ok(asked) => asked,
            Err(error) => {
                // Whoever has lost the task hears it from its next commit, and a target that is away from its batches.
                let fenced = error.kind() == ErrorKind::Fenced;
                debug!(%error, fenced, "no look at what is to be repaired");
                continue;
            }
        };
        let known: HashSet<RepairId> = asked.iter().map(|part| part.id.clone()).collect();
        handed_on.retain(|id| known.contains(id));
        for part in asked {
            if handed_on.insert(part.id.clone()) {
                info!(table = %part.table, rows = part.names.len(), request = part.id.request, "asked to repair rows");
                // An extractor that has ended has no use for it; the next start asks again.
                let _ = out.send(part).await;
            }
        }
    }
}
