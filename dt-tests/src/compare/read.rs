//! Both sides in canonical SQL expressions.
//!
//! What a server would print with loss or in a form of its own (binary, floats, geometry, JSON) is converted by that
//! server, so that no decoder of ours stands between the stored value and the comparison.

use anyhow::{Result, bail};

use super::{Expected, Place};
use crate::servers::Family;
use crate::source::{self, Source, TextRow};
use crate::target::{self, Target, literal};

/// A column of either side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Name.
    pub name: String,
    /// Name under which it has to arrive; a target's column has arrived.
    pub arrives_as: String,
    /// Type: `information_schema`'s `data_type`, or Databend's.
    pub type_name: String,
    /// Whether it takes NULL.
    pub nullable: bool,
}

/// A table of the source.
#[derive(Debug, Clone)]
pub struct SourceTable {
    /// Columns that arrive, in their order.
    pub columns: Vec<Column>,
    /// Positions of the primary key's columns.
    pub key: Vec<usize>,
}

/// Reads a table's columns and primary key.
///
/// # Errors
/// There is no such table.
pub async fn source_table(source: &Source, expected: &Expected) -> Result<SourceTable> {
    let place = &expected.from;
    let filter = format!("{} AND {}", is("table_schema", &place.db), is("table_name", &place.table));
    let sql = format!(
        "SELECT column_name, data_type, is_nullable FROM information_schema.columns \
         WHERE {filter} ORDER BY ordinal_position"
    );
    let arriving = |column: Column| Some(Column { arrives_as: expected.column(&column.name)?, ..column });
    let columns: Vec<Column> =
        source.query(&sql).await?.into_iter().map(column).filter_map(arriving).collect();
    if columns.is_empty() {
        bail!("{}: no table {place}", source.family);
    }
    let sql = format!(
        "SELECT column_name FROM information_schema.statistics \
         WHERE {filter} AND index_name = 'PRIMARY' ORDER BY seq_in_index"
    );
    let names = source.query(&sql).await?.into_iter().flatten().flatten();
    let key = names.filter_map(|name| columns.iter().position(|column| column.name == name)).collect();
    Ok(SourceTable { columns, key })
}

/// Reads a target table's columns; none if there is no such table.
///
/// # Errors
/// The query fails.
pub async fn target_columns(target: &Target, place: &Place) -> Result<Vec<Column>> {
    let sql = format!(
        "SELECT name, data_type, is_nullable FROM system.columns WHERE database = {} AND table = {}",
        literal(&place.db),
        literal(&place.table)
    );
    Ok(target.query(&sql).await?.into_iter().map(column).collect())
}

/// All rows of a source table that arrive.
///
/// # Errors
/// The query fails.
pub async fn source_rows(
    source: &Source,
    expected: &Expected,
    columns: &[Column],
    targets: &[Column],
) -> Result<Vec<TextRow>> {
    let list: Vec<String> = columns
        .iter()
        .zip(targets)
        .map(|(column, target)| {
            source_expression(source.family, column, target.type_name.starts_with("VARIANT"))
        })
        .collect();
    let place = format!("{}.{}", source::quoted(&expected.from.db), source::quoted(&expected.from.table));
    let condition = expected.condition.as_ref().map_or(String::new(), |c| format!(" WHERE ({c})"));
    source.query(&format!("SELECT {} FROM {place}{condition}", list.join(", "))).await
}

/// All rows of a target table.
///
/// # Errors
/// The query fails.
pub async fn target_rows(target: &Target, place: &Place, columns: &[Column]) -> Result<Vec<TextRow>> {
    let list: Vec<String> = columns.iter().map(target_expression).collect();
    let place = format!("{}.{}", target::quoted(&place.db), target::quoted(&place.table));
    target.query(&format!("SELECT {} FROM {place}", list.join(", "))).await
}

fn source_expression(family: Family, column: &Column, json: bool) -> String {
    let c = source::quoted(&column.name);
    // A JSON value is wrapped in an array on both sides: Databend prints a lone JSON null as NULL.
    if json {
        return format!("CONCAT('[', {c}, ']')");
    }
    match column.type_name.as_str() {
        "bit" => format!("CAST({c} AS UNSIGNED)"),
        // FLOAT alone would be printed with six digits.
        "float" | "double" => format!("CAST({c} AS DOUBLE)"),
        "binary" | "varbinary" | "tinyblob" | "blob" | "mediumblob" | "longblob" | "vector" => {
            format!("HEX({c})")
        }
        "geometry" | "point" | "linestring" | "polygon" | "multipoint" | "multilinestring"
        | "multipolygon" | "geometrycollection" | "geomcollection" => match family {
            Family::MariaDb => format!("CONCAT(ST_SRID({c}), ':', HEX(ST_AsBinary({c})))"),
            Family::MySql => {
                format!("CONCAT(ST_SRID({c}), ':', HEX(ST_AsBinary({c}, 'axis-order=long-lat')))")
            }
        },
        _ => c,
    }
}

fn target_expression(column: &Column) -> String {
    let c = target::quoted(&column.name);
    match column.type_name.split('(').next().unwrap_or_default() {
        "VARCHAR" | "STRING" => c,
        "BINARY" => format!("upper(hex({c}))"),
        "VARIANT" => format!("IF({c} IS NULL, NULL, to_string(json_array({c})))"),
        "VECTOR" => format!("to_string(to_variant({c}))"),
        "GEOMETRY" => format!("concat(to_string(st_srid({c})), ':', upper(hex(st_asbinary({c}))))"),
        _ => format!("to_string({c})"),
    }
}

fn column(row: TextRow) -> Column {
    let mut cells = row.into_iter().map(Option::unwrap_or_default);
    let mut next = || cells.next().unwrap_or_default();
    let name = next();
    Column { arrives_as: name.clone(), name, type_name: next(), nullable: next() == "YES" }
}

/// A condition of the source: a name of `information_schema`, told apart by case. The first part is what an index serves.
pub(crate) fn is(column: &str, name: &str) -> String {
    let hex: String = name.bytes().map(|byte| format!("{byte:02X}")).collect();
    format!("{column} = CONVERT(X'{hex}' USING utf8mb4) AND HEX(CONVERT({column} USING utf8mb4)) = '{hex}'")
}
