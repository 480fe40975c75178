//! MySQL and MariaDB as one side of a comparison. Reads only.
//!
//! - `expression`: the canonical text of a column
//! - `query`: the questions as SQL
//! - `side`: asks them

mod expression;
pub(crate) mod query;
mod side;

pub use side::MySqlSide;
pub(crate) use side::cells;
