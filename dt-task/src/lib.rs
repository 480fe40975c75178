//! The middle of dt: from a task file to a running task.
//!
//! - [`cli`]: the command line, one file a command
//! - [`check`]: the comparison of both sides
//! - [`factory`]: the only place that names sources and targets, one line each
//! - [`task`]: prepares a task and joins its parts
//! - [`pipeline`]: cuts batches at source commits and keeps two of them in flight
//! - [`parallelizer`]: the net change of a batch, split into lanes
//! - [`watch`]: what a running task shows of itself: log lines, progress bars, metrics
//!
//! Nothing here but the factory knows which systems a task connects.

pub mod check;
pub mod cli;
mod copy_plan;
pub mod factory;
#[cfg(test)]
mod fixtures;
pub mod logging;
pub mod parallelizer;
pub mod pipeline;
mod repairs;
pub mod task;
pub mod watch;
