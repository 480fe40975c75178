//! Databend as a target.
//!
//! | file | holds |
//! |---|---|
//! | [`databend_sinker`] | the sink: lanes that write statements, and the contract of [`super::Sinker`] |
//! | [`committer`] | the one transaction of a batch, its retries and its doubts |
//! | [`checkpoint`], [`marks`], [`stored`] | the task's state in schema `_dt`: taking it over, moving it; looking at it, removing it |
//! | [`definitions`], [`evolve`] | what the source's tables look like at the checkpoint; changes of structure |
//! | [`staged`] | what a lane hands to the committer |
//! | [`stage`] | rows by file: encoding, upload, loading |
//! | [`admin`] | what the commands beside `dt run` ask |
//! | [`checks`] | what a precheck looks at |
//! | [`compare`] | one side of a comparison |
//! | [`target_tables`] | what the target's tables look like |
//! | [`client`] | sessions: the only place that does I/O |
//! | [`errors`], [`retry`] | what Databend's errors mean, and how long they are met by trying again |
//! | [`routes`], [`plan`], [`creation`], [`statements`], [`multiset`], [`merge`](mod@merge), [`moves`], [`rowset`], [`ddl`], [`types`], [`exact`], [`fitted`](mod@fitted), [`literal`], [`json`], [`unfit`], [`quote`] | pure: text from rows |

pub mod admin;
pub mod checkpoint;
pub mod checks;
pub mod client;
pub mod committer;
pub mod compare;
pub mod creation;
pub mod databend_sinker;
pub mod ddl;
pub mod definitions;
pub mod errors;
pub mod evolve;
pub mod exact;
pub mod fitted;
#[cfg(test)]
mod fixtures;
pub mod json;
pub mod literal;
pub mod marks;
pub mod merge;
pub mod moves;
pub mod multiset;
pub mod plan;
pub mod quote;
pub mod repairs;
pub mod retry;
pub mod routes;
pub mod rowset;
pub mod stage;
pub mod staged;
pub mod statements;
pub mod stored;
pub mod target_tables;
pub mod types;
pub mod unfit;

pub use admin::DatabendAdmin;
pub use compare::DatabendSide;
pub use databend_sinker::DatabendSinker;

/// Names of all checks of the target, in the order in which they are shown.
pub fn check_names() -> impl Iterator<Item = &'static str> {
    checks::TargetCheck::ALL.into_iter().map(checks::TargetCheck::name)
}
