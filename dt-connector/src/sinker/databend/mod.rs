//! Databend as a target.
//!
//! | file | holds |
//! |---|---|
//! | [`databend_sinker`] | the sink: lanes that write statements, and the contract of [`super::Sinker`] |
//! | [`committer`] | the one transaction of a batch, its retries and its doubts |
//! | [`checkpoint`], [`marks`] | the task's state in schema `_dt`: taking it over, reading it, moving it |
//! | [`staged`] | what a lane hands to the committer |
//! | [`stage`] | rows by file: encoding, upload, loading |
//! | [`target_tables`] | what the target's tables look like |
//! | [`client`] | sessions: the only place that does I/O |
//! | [`errors`] | what Databend's errors mean |
//! | [`plan`], [`statements`], [`multiset`], [`merge`](mod@merge), [`rowset`], [`ddl`], [`types`], [`exact`], [`literal`], [`json`], [`unfit`], [`quote`] | pure: text from rows |

pub mod checkpoint;
pub mod client;
pub mod committer;
pub mod databend_sinker;
pub mod ddl;
pub mod errors;
pub mod exact;
#[cfg(test)]
mod fixtures;
pub mod json;
pub mod literal;
pub mod marks;
pub mod merge;
pub mod multiset;
pub mod plan;
pub mod quote;
pub mod rowset;
pub mod stage;
pub mod staged;
pub mod statements;
pub mod target_tables;
pub mod types;
pub mod unfit;

pub use databend_sinker::DatabendSinker;
