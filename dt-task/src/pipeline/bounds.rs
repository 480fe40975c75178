//! What bounds the memory of a task between its source and its target, and whose turn it is to commit.
//!
//! One number, `buffer_memory_mb`, is shared out: half of it is the queue's; a part of a batch takes an eighth, of which one is filled
//! while another is encoded, and encoding takes as much again; what the staged parts of a batch hold (the text of statements,
//! while files lie in the stage) takes an eighth before the batch is closed.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use dt_common::config::PipelineConfig;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Parts in memory: one is filled, one is staged.
const PARTS: usize = 2;
/// Which part of the memory a part of a batch may take, and staged work.
const SHARE: usize = 8;

/// See the module. Clones share everything.
#[derive(Debug, Clone)]
pub(super) struct Bounds {
    parts: Arc<Semaphore>,
    turns: Arc<Semaphore>,
    held: Arc<AtomicUsize>,
    /// Bytes that a part of a batch may take before it is staged.
    pub(super) part_bytes: usize,
}

/// Memory of a staged part, until it is dropped.
#[derive(Debug)]
pub(super) struct Held {
    held: Arc<AtomicUsize>,
    bytes: usize,
}

impl Bounds {
    pub(super) fn new(config: &PipelineConfig) -> Self {
        Self {
            parts: Arc::new(Semaphore::new(PARTS)),
            turns: Arc::new(Semaphore::new(1)),
            held: Arc::default(),
            part_bytes: (config.buffer_bytes / SHARE).min(config.max_bytes),
        }
    }

    /// Room for a part, until the permit is dropped.
    pub(super) async fn room(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.parts).acquire_owned().await.ok()
    }

    /// Waits until no batch commits. Whoever holds the permit is the batch that does.
    pub(super) async fn turn(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.turns).acquire_owned().await.ok()
    }

    /// The same, if no batch commits now.
    pub(super) fn turn_now(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.turns).try_acquire_owned().ok()
    }

    /// Counts memory of a staged part, until the batch that it belongs to is closed.
    pub(super) fn hold(&self, bytes: usize) -> Held {
        self.held.fetch_add(bytes, Ordering::Relaxed);
        Held { held: Arc::clone(&self.held), bytes }
    }

    /// Whether the staged parts of the batch that is being filled hold all the memory that they may.
    pub(super) fn is_held_full(&self) -> bool {
        self.held.load(Ordering::Relaxed) >= self.part_bytes
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.held.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}
