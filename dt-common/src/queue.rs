//! The queue between extractor and pipeline, bounded in bytes.
//!
//! Order is kept. A full queue makes the sender wait, so that a slow target slows the reading of the source instead of
//! filling memory. An item that is larger than the whole bound passes alone.
//!
//! It has two lanes: the stream's, and one for what is copied beside the stream. Each keeps its order and has a bound of its own, so that
//! the receiver may leave one lane waiting until a transaction of the other one has come to its end.
//!
//! Small items travel in groups ([`GroupSender`]): to hand one over wakes the other end, which costs more than to read most rows.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::sync::{Semaphore, mpsc};

use crate::error::{Error, Result};
use crate::item::DtItem;
use crate::throttle::Throttle;

/// Bytes a permit; keeps the semaphore's count far from its limit.
const UNIT: usize = 64;

/// Bytes that close a group: a thousand small rows, and too little to be noticed in the bound. Each group may wake a thread.
const GROUP_BYTES: usize = 256 << 10;

/// What part of the stream's bound the lane beside it has.
const BESIDE_SHARE: usize = 4;

/// Makes a queue that holds at most `bytes` of the stream's items, and a quarter of that beside it.
pub fn queue(bytes: usize) -> (ItemSender, ItemReceiver) {
    let (beside, from_beside) = lane(bytes / BESIDE_SHARE);
    let (stream, from_stream) = lane(bytes);
    let sender = ItemSender { beside: Some(Box::new(beside)), ..stream };
    (sender, ItemReceiver { stream: from_stream, beside: from_beside })
}

fn lane(bytes: usize) -> (ItemSender, LaneReceiver) {
    let units = u32::try_from(bytes / UNIT).unwrap_or(u32::MAX >> 4).clamp(1, u32::MAX >> 4);
    let room = Arc::new(Semaphore::new(units as usize));
    let (tx, rx) = mpsc::unbounded_channel();
    let sender = ItemSender { tx, room: Arc::clone(&room), units, throttle: None, beside: None };
    (sender, LaneReceiver { rx, room, arrived: VecDeque::new() })
}

/// A part of the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// What moves the task's position.
    Stream,
    /// What is copied beside the stream.
    Beside,
}

/// Items that are handed over together, with the permits that they hold.
#[derive(Debug)]
struct Group {
    items: Vec<DtItem>,
    cost: u32,
}

/// The extractor's end. Clones share the bound and the throttle.
#[derive(Debug, Clone)]
pub struct ItemSender {
    tx: mpsc::UnboundedSender<Group>,
    room: Arc<Semaphore>,
    units: u32,
    throttle: Option<Arc<Throttle>>,
    /// The end of the lane beside; `None` in that one.
    beside: Option<Box<ItemSender>>,
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
    pub fn throttled(mut self, throttle: Option<Throttle>) -> Self {
        self.throttle = throttle.map(Arc::new);
        if let Some(beside) = &mut self.beside {
            beside.throttle.clone_from(&self.throttle);
        }
        self
    }

    /// The end of the lane beside the stream; of that lane itself, another end of it.
    #[must_use]
    pub fn beside(&self) -> Self {
        self.beside.as_deref().unwrap_or(self).clone()
    }

    /// A sender of the same queue that gathers small items.
    pub fn grouped(&self) -> GroupSender {
        GroupSender { sender: self.clone(), items: Vec::new(), rows: 0, bytes: 0 }
    }

    /// Sends an item, waiting for its time and for room.
    ///
    /// # Errors
    /// When the pipeline has ended; its own error says why.
    pub async fn send(&self, item: DtItem) -> Result<()> {
        let (rows, bytes) = (item.rows(), item.memory());
        self.send_group(vec![item], rows, bytes).await
    }

    async fn send_group(&self, items: Vec<DtItem>, rows: usize, bytes: usize) -> Result<()> {
        if let Some(throttle) = self.throttle.as_ref().filter(|_| rows > 0) {
            throttle.charge(rows as u64, bytes as u64).await;
        }
        let cost = u32::try_from(bytes / UNIT + 1).unwrap_or(u32::MAX).min(self.units);
        let permit = self.room.acquire_many(cost).await.map_err(|_| closed())?;
        permit.forget();
        self.tx.send(Group { items, cost }).map_err(|_| closed())
    }
}

/// Gathers items and sends them together. Whoever uses it calls [`GroupSender::flush`] before it waits for anything else than the
/// queue: what is gathered has not been sent. Under a throttle every item passes by itself, so that rows keep their pace.
#[derive(Debug)]
pub struct GroupSender {
    sender: ItemSender,
    items: Vec<DtItem>,
    rows: usize,
    bytes: usize,
}

impl GroupSender {
    /// Adds an item; when the group is full, sends it as [`ItemSender::send`] does.
    ///
    /// # Errors
    /// As [`ItemSender::send`].
    pub async fn send(&mut self, item: DtItem) -> Result<()> {
        self.rows += item.rows();
        self.bytes += item.memory();
        self.items.push(item);
        if self.bytes >= GROUP_BYTES || self.sender.throttle.is_some() { self.flush().await } else { Ok(()) }
    }

    /// Sends what is gathered.
    ///
    /// # Errors
    /// As [`ItemSender::send`].
    pub async fn flush(&mut self) -> Result<()> {
        if self.items.is_empty() {
            return Ok(());
        }
        let next = Vec::with_capacity(self.items.len());
        let items = std::mem::replace(&mut self.items, next);
        let (rows, bytes) = (std::mem::take(&mut self.rows), std::mem::take(&mut self.bytes));
        self.sender.send_group(items, rows, bytes).await
    }
}

fn closed() -> Error {
    Error::internal("the pipeline has ended")
}

/// The pipeline's end. Dropping it makes every sender fail.
#[derive(Debug)]
pub struct ItemReceiver {
    stream: LaneReceiver,
    beside: LaneReceiver,
}

#[derive(Debug)]
struct LaneReceiver {
    rx: mpsc::UnboundedReceiver<Group>,
    room: Arc<Semaphore>,
    /// What is left of the group that came last.
    arrived: VecDeque<DtItem>,
}

impl ItemReceiver {
    /// The next item of one lane, or of either one without a preference; `None` when every sender of the lane, or of both, is
    /// gone and nothing is left. Cancel-safe.
    pub async fn recv(&mut self, of: Option<Lane>) -> Option<(Lane, DtItem)> {
        let of_stream = async |lane: &mut LaneReceiver| Some((Lane::Stream, lane.recv().await?));
        let of_beside = async |lane: &mut LaneReceiver| Some((Lane::Beside, lane.recv().await?));
        match of {
            Some(Lane::Stream) => of_stream(&mut self.stream).await,
            Some(Lane::Beside) => of_beside(&mut self.beside).await,
            None => tokio::select! {
                Some(item) = of_stream(&mut self.stream) => Some(item),
                Some(item) = of_beside(&mut self.beside) => Some(item),
                else => None,
            },
        }
    }

    /// The next item of a lane, if it has come together with the one before.
    pub fn arrived(&mut self, of: Lane) -> Option<DtItem> {
        match of {
            Lane::Stream => self.stream.arrived.pop_front(),
            Lane::Beside => self.beside.arrived.pop_front(),
        }
    }
}

impl LaneReceiver {
    async fn recv(&mut self) -> Option<DtItem> {
        loop {
            if let Some(item) = self.arrived.pop_front() {
                return Some(item);
            }
            let group = self.rx.recv().await?;
            self.room.add_permits(group.cost as usize);
            self.arrived = group.items.into();
        }
    }
}

impl Drop for LaneReceiver {
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
            assert!(rx.recv(None).await.is_some());
            second.await.unwrap();
        }
        assert!(rx.recv(None).await.is_some());
        drop(tx);
        assert!(rx.recv(None).await.is_none());
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
        rx.recv(None).await.unwrap();
        assert_eq!(fill.used_bytes(), 0);
    }

    #[tokio::test]
    async fn a_group_arrives_whole_and_in_order() {
        let (tx, mut rx) = queue(1 << 20);
        let mut group = tx.grouped();
        for _ in 0..3 {
            group.send(heartbeat()).await.unwrap();
        }
        assert_eq!(tx.fill().used_bytes(), 0);
        group.flush().await.unwrap();
        tx.send(DtItem::Rollback).await.unwrap();
        assert!(rx.arrived(Lane::Stream).is_none());
        assert!(matches!(rx.recv(None).await, Some((Lane::Stream, DtItem::Heartbeat(_)))));
        assert!(
            rx.arrived(Lane::Stream).is_some()
                && rx.arrived(Lane::Stream).is_some()
                && rx.arrived(Lane::Stream).is_none()
        );
        assert!(matches!(rx.recv(None).await, Some((Lane::Stream, DtItem::Rollback))));
        drop((tx, group));
        assert!(rx.recv(None).await.is_none());
    }

    #[tokio::test]
    async fn a_full_group_goes_by_itself() {
        let (tx, mut rx) = queue(1 << 20);
        let mut group = tx.grouped();
        let items = GROUP_BYTES / heartbeat().memory() + 1;
        for _ in 0..items {
            group.send(heartbeat()).await.unwrap();
        }
        assert!(rx.recv(None).await.is_some());
        assert_eq!(std::iter::from_fn(|| rx.arrived(Lane::Stream)).count(), items - 1);
    }

    #[tokio::test]
    async fn a_lane_waits_without_holding_up_the_other() {
        let (tx, mut rx) = queue(64);
        let beside = tx.beside();
        beside.send(DtItem::Rollback).await.unwrap();
        tx.send(heartbeat()).await.unwrap();
        assert!(matches!(rx.recv(Some(Lane::Stream)).await, Some((Lane::Stream, DtItem::Heartbeat(_)))));
        assert!(matches!(rx.recv(None).await, Some((Lane::Beside, DtItem::Rollback))));
        drop(tx);
        assert!(rx.recv(Some(Lane::Stream)).await.is_none());
        beside.beside().send(DtItem::Rollback).await.unwrap();
        assert!(rx.recv(None).await.is_some());
        drop(beside);
        assert!(rx.recv(None).await.is_none());
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
