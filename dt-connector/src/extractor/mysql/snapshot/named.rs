//! The rows of one condition, at once.

use std::time::Duration;

use dt_common::error::Result;
use dt_common::row::Row;
use dt_common::schema::TableSchema;
use mysql_async::Conn;
use mysql_async::prelude::Queryable;

use super::page::PageSql;
use crate::extractor::mysql::connection::answer;
use crate::extractor::mysql::value::cell;

/// The rows of a table that a condition, in brackets, is true of.
///
/// # Errors
/// See [`crate::extractor::mysql::connection::source_error`]; a value that is not of its column's type.
pub(crate) async fn rows_where(
    conn: &mut Conn,
    table: &TableSchema,
    condition: &str,
    patience: Duration,
) -> Result<Vec<Row>> {
    let doing = format!("reading table {}", table.name);
    let statement = PageSql::new(table, Some(condition)).whole();
    let mut result = answer(patience, &doing, conn.exec_iter(statement, ())).await?;
    let mut rows = Vec::new();
    while let Some(row) = answer(patience, &doing, result.next()).await? {
        let cells = table.columns.iter().zip(row.unwrap()).map(|(column, value)| cell(column, value));
        let row: Result<Row> = cells.collect();
        rows.push(row.map_err(|e| e.at(format_args!("table {}", table.name)))?);
    }
    Ok(rows)
}
