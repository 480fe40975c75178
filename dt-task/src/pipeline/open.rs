//! The batch that is being filled.

use dt_common::batch::Definition;
use dt_common::item::{ChunkMark, Reach, Replayed};
use dt_common::queue::Lane;
use dt_common::repair::RepairMark;
use tokio::sync::{OwnedSemaphorePermit, oneshot};
use tokio::time::Instant;

use super::batch::Body;

/// The batch that is being filled.
pub(super) struct Open {
    /// What is not handed on yet.
    pub(super) body: Body,
    /// Rows of whole transactions in the body; those behind them belong to the transaction that is still open.
    pub(super) whole: usize,
    /// Rows of chunks and repairs in the body, at least one for each.
    pub(super) copied: usize,
    /// The lane that chunks of the batch came from.
    pub(super) chunks_of: Option<Lane>,
    /// Bytes of the body.
    pub(super) bytes: usize,
    /// Rows and bytes of whole transactions and chunks that were handed on.
    pub(super) handed_on: (usize, usize),
    /// Whether the open transaction has outgrown a part: its first rows have been handed on.
    pub(super) spilled: bool,
    /// Whether the monitor was told that changes of this batch wait.
    pub(super) has_changes: bool,
    /// Whether there is progress to store, with rows or without.
    pub(super) moved: bool,
    pub(super) marks: Vec<ChunkMark>,
    pub(super) replayed: Option<Replayed>,
    pub(super) forget_marks: bool,
    pub(super) definitions: Vec<Definition>,
    pub(super) repaired: Vec<RepairMark>,
    /// Whom to tell when the batch is committed.
    pub(super) stored: Option<oneshot::Sender<()>>,
    /// When the batch has waited long enough.
    pub(super) deadline: Option<Instant>,
    pub(super) permit: Option<OwnedSemaphorePermit>,
}

impl Open {
    pub(super) fn new() -> Self {
        Self {
            body: Body::default(),
            whole: 0,
            copied: 0,
            chunks_of: None,
            bytes: 0,
            handed_on: (0, 0),
            spilled: false,
            has_changes: false,
            moved: false,
            marks: Vec::new(),
            replayed: None,
            forget_marks: false,
            definitions: Vec::new(),
            repaired: Vec::new(),
            stored: None,
            deadline: None,
            permit: None,
        }
    }

    pub(super) fn in_transaction(&self) -> bool {
        self.body.rows.len() > self.whole || self.spilled
    }

    pub(super) fn is_empty(&self) -> bool {
        self.body.is_empty() && self.handed_on.0 == 0
    }

    /// Of each table the last definition counts: a batch may hold many of one that is tallied.
    pub(super) fn redefine(&mut self, definitions: impl IntoIterator<Item = Definition>) {
        let before = self.definitions.len();
        for definition in definitions {
            let same = |known: &&mut Definition| known.table == definition.table;
            match self.definitions[..before].iter_mut().find(same) {
                Some(known) => *known = definition,
                None => self.definitions.push(definition),
            }
        }
    }

    /// Rows of whole transactions and chunks, those that were handed on included.
    pub(super) fn rows(&self) -> usize {
        self.handed_on.0 + self.whole + self.copied
    }

    /// The marks of the batch: those of its chunks, and behind them how far copies beside the stream have come.
    pub(super) fn take_marks(&mut self) -> Vec<ChunkMark> {
        let mut marks = std::mem::take(&mut self.marks);
        if let Some(Replayed { marks: copies, at }) = self.replayed.take() {
            marks.extend(
                copies
                    .iter()
                    .map(|mark| ChunkMark { reach: Some(Reach::Exactly(at.clone())), ..mark.clone() }),
            );
        }
        marks
    }

    pub(super) fn wait_at_most(&mut self, until: Instant) {
        self.deadline = Some(self.deadline.map_or(until, |deadline| deadline.min(until)));
    }

    /// When the batch is to be committed, if no limit is reached before; none while a transaction is open.
    pub(super) fn due(&self) -> Option<Instant> {
        self.deadline.filter(|_| !self.in_transaction())
    }
}
