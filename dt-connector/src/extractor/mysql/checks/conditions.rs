//! Conditions on the rows of a copy, and what they mean for the changes behind it.

use dt_common::check::{Finding, counted};
use dt_common::error::{Error, ErrorKind, Result};
use dt_common::filter::Filter;
use dt_common::schema::{TableName, TableSchema};
use mysql_async::Conn;
use mysql_async::prelude::Queryable;

use crate::extractor::mysql::connection::source_error;
use crate::extractor::mysql::literal::identifier;

/// The server cannot read a statement.
const ER_PARSE_ERROR: u16 = 1064;

/// Asks the server about every condition on a table that is to be copied, without reading a row.
///
/// # Errors
/// A condition that the server refuses, or that no change stream can follow, with the list's place and the table.
pub(super) async fn check<'a>(
    conn: &mut Conn,
    copied: impl Iterator<Item = &'a TableSchema>,
    filter: &Filter,
    streams: bool,
) -> Result<Finding> {
    let mut restricted = 0;
    for table in copied {
        let Some(condition) = filter.conditions().of(&table.name) else { continue };
        restricted += 1;
        probe(conn, table, &condition).await.map_err(|e| refused(filter, &table.name, e))?;
        if streams && !table.is_keyed() {
            return Err(filter.conditions().refuse(format_args!(
                "table {} has no key, so that changes of rows that are not copied could not be applied; copy all of it, or \
                 copy it by a task with extract_type = snapshot",
                table.name
            )));
        }
    }
    let tables = counted(restricted, "table");
    Ok(match (restricted, streams) {
        (0, _) => Finding::pass("every row is copied"),
        (_, false) => Finding::pass(format!("the server understands the conditions on {tables}")),
        (_, true) => Finding::warn(
            format!(
                "[filter] where_conditions restrict the copy of {tables} only: changes are followed for every row, and a row \
                 that was not copied arrives when it changes"
            ),
            "",
        ),
    })
}

/// Prepared, as the copy's own statements are.
async fn probe(conn: &mut Conn, table: &TableSchema, condition: &str) -> mysql_async::Result<()> {
    let (db, name) = (identifier(&table.name.db), identifier(&table.name.table));
    conn.exec_drop(format!("SELECT 1 FROM {db}.{name} WHERE {condition} LIMIT 0"), ()).await
}

/// The message about a syntax error quotes the condition, which is the task file's own text.
fn refused(filter: &Filter, table: &TableName, error: mysql_async::Error) -> Error {
    let place = format!("the condition on {table}");
    match error {
        mysql_async::Error::Server(e) if e.code == ER_PARSE_ERROR => {
            filter.conditions().refuse(format_args!("{place} is no SQL: {}", e.message))
        }
        error => match source_error(&place, error) {
            lost if lost.kind() == ErrorKind::Transient => lost,
            refused => filter.conditions().refuse(refused),
        },
    }
}
