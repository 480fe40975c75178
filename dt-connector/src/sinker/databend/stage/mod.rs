//! Rows by file: encoded as Parquet, uploaded to a stage while earlier batches commit, loaded by the committer's transaction.
//!
//! - [`encode`] and [`column`](mod@column): rows to Parquet, column by column, pure
//! - [`write`](mod@write): a net change as files and steps, pure
//! - [`load`]: the statements that load a file, pure
//! - [`newcomers`]: when rows that the source has inserted need not be applied by key, pure
//! - [`folder`]: where the files of a task's run lie: upload, removal, and the sweep of what dead runs left

pub mod column;
pub mod encode;
pub mod folder;
pub mod load;
pub mod newcomers;
pub mod write;
