//! Copies the rows of tables as they are, in chunks that a restart continues behind.
//!
//! A keyed table is read in pages over its whole key. The source orders and compares the keys, never this program: a
//! collation's order is not that of bytes. Every key is therefore read at most once, and a lost connection or a
//! restart continues behind the last key. A keyless table has no such place: it is read in one statement, and when that breaks,
//! the table is cleared and copied anew.

mod copy;
mod page;
mod table;

pub(crate) use copy::{Copied, Settings, View, copy_tables};
pub(crate) use table::TableCopy;
