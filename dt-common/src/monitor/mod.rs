//! What a task counts and knows of itself: rows and bytes of every table, commits, retries, how far it is behind, whether it is well.
//!
//! | file | holds |
//! |---|---|
//! | [`monitor`] | the one place that every part of a task tells, and that log, bars and endpoint read |
//! | [`counters`] | what is counted for a table |
//! | [`histogram`] | how a size or a time is spread |
//! | [`freshness`] | how far the target is behind the source |
//! | [`health`] | whether both ends answer |
//!
//! Counters move once a batch, never once a row, and only after the batch is committed: what they show is in the target.

pub mod counters;
pub mod freshness;
pub mod health;
pub mod histogram;
#[expect(clippy::module_inception, reason = "the type that the folder is named after")]
pub mod monitor;

pub use counters::{ReplacedValues, TableCounters};
pub use freshness::{Behind, BinlogFile, BinlogLook};
pub use histogram::Histogram;
pub use monitor::{CommittedBatch, CopyState, Monitor, Totals};
