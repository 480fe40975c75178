//! Databend as one side of a comparison. Reads only.
//!
//! - `expression`: the canonical text of a column
//! - `query`: the questions as SQL
//! - `side`: asks them
//! - `tables`: what the target has of the source's tables

mod expression;
mod query;
mod side;
mod tables;

pub use side::DatabendSide;
