//! The words that every room of dt shares: configuration, table schemas, values, rows, positions, errors.
//!
//! Nothing here talks to a database. The layout follows the way of the data:
//!
//! - [`config`]: the task file, read raw and then validated
//! - [`filter`] and [`router`]: which tables are followed, and under which names they arrive
//! - [`schema`], [`value`], [`row`]: what a table looks like and what it holds
//! - [`position`]: where in the source's history a task stands
//! - [`item`] and [`queue`]: what travels from the extractor to the pipeline, bounded in bytes
//! - [`batch`]: what the pipeline hands to a sink, and what a sink remembers of it
//! - [`form`] and [`repair`]: one text for a value at both ends, and rows that are named by it
//! - [`monitor`]: what the task counts
//! - [`check`]: a named check of `dt precheck`
//! - [`error`]: the one error type, sorted by what has to happen next

pub mod batch;
pub mod check;
pub mod config;
pub mod error;
pub mod filter;
pub mod form;
pub mod item;
pub mod monitor;
pub mod position;
pub mod queue;
pub mod repair;
pub mod router;
pub mod row;
pub mod schema;
pub mod throttle;
pub mod value;

mod condition;
mod list;
mod nearest;
mod pattern;
