//! Copies the rows of tables as they are, in chunks that a restart continues behind.
//!
//! - `copy`: all tables
//! - `crew`: several readers in one table; `views`: one read view for them
//! - `table`, `chunk`: one table, and the rows of one statement
//! - `named`: the rows of a condition, for a repair
//! - `page`: the SQL
//! - `reader`: a connection and the patience with it
//!
//! A keyed table is read in pages over its whole key. The source orders and compares the keys, never this program: a
//! collation's order is not that of bytes. Every key is therefore read at most once, and a lost connection or a
//! restart continues behind the last key. A keyless table has no such place: it is read in one statement, and when that breaks,
//! the table is cleared and copied anew.

mod chunk;
mod copy;
mod crew;
mod named;
mod page;
mod reader;
mod table;
mod views;

pub(crate) use copy::{Copied, Settings, View, copy_tables};
pub(crate) use named::rows_where;
pub(crate) use table::TableCopy;
