//! Databend as one side of a comparison. Reads only; the statement that `removal` makes is the sink's to run.
//!
//! - `expression`: the canonical text of a column
//! - `query`: the questions as SQL
//! - `removal`: rows taken out by their names, for a repair
//! - `side`: asks them
//! - `tables`: what the target has of the source's tables

mod expression;
mod query;
mod removal;
mod side;
mod tables;

pub use removal::removal;
pub use side::DatabendSide;
