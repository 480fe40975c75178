//! Changes of structure: what a logged statement says, and what the tables look like behind it.
//!
//! Rows are decoded with the definition that was in force when they were written, never with today's. So the definitions of the
//! followed tables are kept here, from the position on that the task began at, and each statement moves them:
//!
//! 1. [`statement`] finds the kind of a statement and the tables that it touches. That is exact for every statement, whatever else
//!    is in it, because a table that is missed is silent loss. [`alter`], [`create`], [`options`], [`column`](mod@column) and [`type_text`] read what it says of
//!    columns; what they do not know is *not understood*, which stops the task where a followed table is concerned. Nothing is guessed.
//! 2. [`catalog`] holds the definitions and applies a statement to them, by the rules of the server ([`apply`]): where a column goes,
//!    which charset it inherits, what a key makes NOT NULL, which indexes there are ([`indexes`]). What the rows that were there show in a new column is [`fill`].
//! 3. [`decide`] compares before and after, asks `[schema]`, and says what the sink has to bring about.
//! 4. The next table map confirms the definition before a row is decoded: number and types of the columns, and their names where the
//!    server logs them (`binlog_row_metadata = FULL`). A mismatch stops the task.
//!
//! The definitions travel with the change to the sink, which stores them in the transaction that moves the position behind the
//! statement. A restart decodes with them. One definition a table is enough: a position is stored behind a statement or before it,
//! never in its middle.
//!
//! # Why no SQL parser of others
//! The parsers at hand know a part of either server's grammar, and less of what is logged: executed comments, `SET STATEMENT .. FOR`,
//! MariaDB's IF EXISTS in every place. Of a statement only its columns, keys and names count here. The types are read by the same
//! code as those of `information_schema`.

mod alter;
mod apply;
mod catalog;
mod column;
mod create;
mod decide;
mod fill;
mod indexes;
mod options;
mod statement;
mod tokens;
mod type_text;
mod words;

pub(crate) use catalog::{
    Catalog, Charsets, CountedTable, Effect, Known, Moment, of_database, of_table, scope_definition,
};
pub(crate) use statement::Statement;
pub(crate) use tokens::Dialect;
pub(crate) use words::Words;

/// What is not understood of a statement: the end of a sentence that begins with the statement's kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NotUnderstood(pub(crate) String);

/// A part of a statement, as far as it was understood.
pub(crate) type Understood<T> = Result<T, NotUnderstood>;

fn not_understood<T>(what: impl Into<String>) -> Understood<T> {
    Err(NotUnderstood(what.into()))
}
