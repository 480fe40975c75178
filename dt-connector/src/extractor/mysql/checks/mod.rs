//! What stops a task or hurts it: one function a check, the same for `dt precheck` and for the start of `dt run`.
//!
//! A setting that is wrong at the start would not fail later: rows would be missing or wrong without a word. So those are failed
//! checks, and a start turns the first of them into its error; a precheck shows them all.
//!
//! - `look`: the list of the checks, and how the two commands go through it
//! - `server`: version, TLS, and the settings that the binlog is written with
//! - `privileges`: what the user may do, statement by statement
//! - `topology`: replicas, the source being one and dt being another
//! - `tables`: definitions, engines, keys, foreign keys
//! - `conditions`: conditions on the rows of a copy
//! - `position`: whether the server still has what the task has not seen
//!
//! Every function asks first and judges then; where the judgement has cases, it is a function of its own without I/O.

mod conditions;
mod look;
mod position;
mod privileges;
mod server;
mod tables;
mod topology;

pub(crate) use look::{Looking, Needs, SourceCheck, at_start, failed, precheck, unseen};
pub(crate) use position::resume_position;
pub(crate) use tables::readable;
