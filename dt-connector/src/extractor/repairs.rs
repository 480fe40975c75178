//! What a running task is asked to repair, on its way to the extractor.

use std::sync::Arc;

use dt_common::repair::RepairPart;
use tokio::sync::{Mutex, mpsc};

/// Parts that wait for the extractor; whoever has more waits for it.
const WAITING: usize = 16;

/// Parts to repair, in the order in which they come. By default none ever comes.
#[derive(Debug, Clone, Default)]
pub struct Repairs(Option<Arc<Mutex<mpsc::Receiver<RepairPart>>>>);

impl Repairs {
    /// A queue of parts, and its other end.
    pub fn queue() -> (mpsc::Sender<RepairPart>, Self) {
        let (sender, receiver) = mpsc::channel(WAITING);
        (sender, Self(Some(Arc::new(Mutex::new(receiver)))))
    }

    /// A part that has come already.
    pub fn arrived(&self) -> Option<RepairPart> {
        self.0.as_ref()?.try_lock().ok()?.try_recv().ok()
    }

    /// The next part, whenever it comes. Cancel-safe.
    pub async fn next(&self) -> RepairPart {
        if let Some(queue) = &self.0
            && let Some(part) = queue.lock().await.recv().await
        {
            return part;
        }
        std::future::pending().await
    }
}
