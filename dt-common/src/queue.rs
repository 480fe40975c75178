//! The queue between extractor and pipeline, bounded in bytes.
//!
//! Order is kept. A full queue makes the sender wait, so that a slow target slows the reading of the source instead of
//! filling memory. An item that is larger than the whole bound passes alone.

use std::sync::Arc;

use tokio::sync::{Semaphore, mpsc};

use crate::error::{Error, Result};
use crate::item::DtItem;
use crate::throttle::Throttle;

/// Bytes a permit; keeps the semaphore's count far from its limit.
const UNIT: usize = 64;

/// Makes a queue that holds at most `bytes` of items.
pub fn queue(bytes: usize) -> (ItemSender, ItemReceiver) {
    let units = u32::try_from(bytes / UNIT).unwrap_or(u32::MAX >> 4).clamp(1, u32::MAX >> 4);
    let room = Arc::new(Semaphore::new(units as usize));
    let (tx, rx) = mpsc::unbounded_channel();
    (ItemSender { tx, room: Arc::clone(&room), units, throttle: None }, ItemReceiver { rx, room })
}

/// The extractor's end. Clones share the bound and the throttle.
#[derive(Debug, Clone)]
pub struct ItemSender {
    tx: mpsc::UnboundedSender<(DtItem, u32)>,
    room: Arc<Semaphore>,
    units: u32,
    throttle: Option<Arc<Throttle>>,
}

/// How full a queue is; outlives both ends.
#[derive(Debug, Clone)]
pub struct QueueFill {
    room: Arc<Semaphore>,
    units: u32,
}

impl QueueFill {
    /// Bytes that wait in the queue.
    pub fn used_bytes(&self) -> u64 {
        let free = self.room.available_permits().min(self.units as usize);
        ((self.units as usize - free) * UNIT) as u64
    }

    /// Bytes that it holds at most.
    pub fn bound_bytes(&self) -> u64 {
        u64::from(self.units) * UNIT as u64
    }
}

impl ItemSender {
    /// A look at how full the queue is.
    pub fn fill(&self) -> QueueFill {
        QueueFill { room: Arc::clone(&self.room), units: self.units }
    }

    /// Lets rows pass no faster than this.
    #[must_use]
    pub fn throttled(self, throttle: Option<Throttle>) -> Self {
        Self { throttle: throttle.map(Arc::new), ..self }
    }

    /// Sends an item, waiting for its time and for room.
    ///
    /// # Errors
    /// When the pipeline has ended; its own error says why.
    pub async fn send(&self, item: DtItem) -> Result<()> {
        let (rows, bytes) = (item.rows(), item.memory());
        if let Some(throttle) = self.throttle.as_ref().filter(|_| rows > 0) {
            throttle.charge(rows as u64, bytes as u64).await;
        }
        let cost = u32::try_from(bytes / UNIT + 1).unwrap_or(u32::MAX).min(self.units);
        let permit = self.room.acquire_many(cost).await.map_err(|_| closed())?;
        permit.forget();
        self.tx.send((item, cost)).map_err(|_| closed())
    }
}

fn closed() -> Error {
    Error::internal("the pipeline has ended")
}

/// The pipeline's end. Dropping it makes every sender fail.
#[derive(Debug)]
pub struct ItemReceiver {
    rx: mpsc::UnboundedReceiver<(DtItem, u32)>,
    room: Arc<Semaphore>,
}

impl ItemReceiver {
    /// The next item, or `None` when every sender is gone and the queue is empty. Cancel-safe.
    pub async fn recv(&mut self) -> Option<DtItem> {
        let (item, cost) = self.rx.recv().await?;
        self.room.add_permits(cost as usize);
        Some(item)
    }
}

impl ItemReceiver {
    /// The next item, if it is there already.
    pub fn try_recv(&mut self) -> Option<DtItem> {
        let (item, cost) = self.rx.try_recv().ok()?;
        self.room.add_permits(cost as usize);
        Some(item)
    }
}

impl Drop for ItemReceiver {
    fn drop(&mut self) {
        self.room.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::position::BinlogPosition;

    #[tokio::test]
    async fn a_full_queue_makes_the_sender_wait() {
        let (tx, mut rx) = queue(1);
        tx.send(heartbeat()).await.unwrap();
        {
            let second = tx.send(heartbeat());
            tokio::pin!(second);
            assert!(futures_poll(second.as_mut()).await.is_none());
            assert!(rx.recv().await.is_some());
            second.await.unwrap();
        }
        assert!(rx.recv().await.is_some());
        drop(tx);
        assert!(rx.recv().await.is_none());
    }

    #[tokio::test]
    async fn a_gone_pipeline_fails_the_sender() {
        let (tx, rx) = queue(1);
        tx.send(heartbeat()).await.unwrap();
        drop(rx);
        assert!(tx.send(heartbeat()).await.is_err());
    }

    #[tokio::test]
    async fn the_fill_is_what_waits() {
        let (tx, mut rx) = queue(64 * 100);
        let fill = tx.fill();
        assert_eq!((fill.used_bytes(), fill.bound_bytes()), (0, 6400));
        tx.send(heartbeat()).await.unwrap();
        assert!((64..6400).contains(&fill.used_bytes()), "{}", fill.used_bytes());
        rx.recv().await.unwrap();
        assert_eq!(fill.used_bytes(), 0);
    }

    fn heartbeat() -> DtItem {
        DtItem::Heartbeat(BinlogPosition { server: "s".into(), file: "b.1".into(), offset: 4 })
    }

    /// Polls once.
    async fn futures_poll<F: Future + Unpin>(mut future: F) -> Option<F::Output> {
        std::future::poll_fn(|cx| {
            std::task::Poll::Ready(match std::pin::Pin::new(&mut future).poll(cx) {
                std::task::Poll::Ready(output) => Some(output),
                std::task::Poll::Pending => None,
            })
        })
        .await
    }
}
