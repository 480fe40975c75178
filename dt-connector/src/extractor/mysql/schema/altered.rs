//! Whether a table that is copied is still the one that the task knows.

use dt_common::error::Result;
use dt_common::schema::{Column, ColumnType, JsonStorage, TableSchema};
use mysql_async::Conn;

use super::facts::{COLUMNS, ColumnRow, column, rows};
use crate::extractor::mysql::literal::quote;
use crate::extractor::mysql::server::Flavor;

/// Whether the rows of a table with the columns `today` are read by the columns that are `known`. Columns that came later do not matter: the
/// change stream adds them, with all that was written to them since.
pub(crate) fn reads_as(known: &TableSchema, today: &[Column]) -> bool {
    let is_there = |known: &Column| {
        today.iter().any(|column| {
            column.name == known.name
                && column.ty == known.ty
                && column.generated == known.generated
                && (known.nullable || !column.nullable)
        })
    };
    known.columns.iter().all(is_there)
}

/// Whether the same columns name a row.
pub(crate) fn same_key(known: &TableSchema, today: &TableSchema) -> bool {
    fn names(table: &TableSchema) -> impl Iterator<Item = &str> {
        table.key_columns().iter().map(|&at| table.columns[at].name.as_str())
    }
    names(known).eq(names(today))
}

/// Whether a table can be read as it is known, by a look at its columns alone.
///
/// # Errors
/// See [`crate::extractor::mysql::connection::source_error`].
pub(crate) async fn is_unaltered(conn: &mut Conn, flavor: Flavor, known: &TableSchema) -> Result<bool> {
    let name = &known.name;
    let query = format!(
        "{COLUMNS} WHERE TABLE_SCHEMA = {} AND TABLE_NAME = {} ORDER BY ORDINAL_POSITION",
        quote(&name.db),
        quote(&name.table)
    );
    let found: Vec<ColumnRow> = rows(conn, query).await?;
    let is_json = |name: &str| {
        let mut columns = known.columns.iter();
        columns.any(|column| column.name == name && column.ty == ColumnType::Json(JsonStorage::Text))
    };
    // A server that does not tell names apart by case answers for all of them.
    let own = found.into_iter().filter(|row| row.0 == name.db && row.1 == name.table);
    let today: Vec<Column> = own
        .filter_map(|row| {
            let json_check = is_json(&row.2);
            column(flavor, row, json_check).map(|(column, _)| column)
        })
        .collect();
    Ok(reads_as(known, &today))
}

#[cfg(test)]
mod tests {
    use dt_common::schema::{Generated, IntWidth, Key, KeyKind, TableName};

    use super::*;

    fn table(columns: &[(&str, IntWidth, bool)], key: &[usize]) -> TableSchema {
        let column = |(name, width, nullable): &(&str, IntWidth, bool)| Column {
            name: (*name).to_owned(),
            ty: ColumnType::Int { width: *width, unsigned: false },
            nullable: *nullable,
            default: None,
            generated: Generated::No,
            invisible: false,
            comment: String::new(),
        };
        TableSchema {
            name: TableName::new("d", "t"),
            columns: columns.iter().map(column).collect(),
            key: (!key.is_empty()).then(|| Key { columns: key.to_vec(), kind: KeyKind::Primary }),
            comment: String::new(),
            engine: String::new(),
        }
    }

    #[test]
    fn what_an_altered_table_is_read_by() {
        use IntWidth::{Eight, Four};
        let known = table(&[("a", Four, false), ("b", Four, true)], &[0]);
        for (today, expected) in [
            (&[("a", Four, false), ("b", Four, true)][..], true),
            (&[("b", Four, false), ("c", Four, true), ("a", Four, false)], true),
            (&[("a", Four, false)], false),
            (&[("a", Four, false), ("b", Eight, true)], false),
            (&[("a", Four, true), ("b", Four, true)], false),
            (&[], false),
        ] {
            assert_eq!(reads_as(&known, &table(today, &[]).columns), expected, "{today:?}");
        }
    }

    #[test]
    fn a_key_is_its_columns() {
        let columns = [("a", IntWidth::Four, false), ("b", IntWidth::Four, false)];
        let moved = [columns[1], columns[0]];
        let known = table(&columns, &[0]);
        assert!(same_key(&known, &table(&moved, &[1])));
        assert!(!same_key(&known, &table(&columns, &[0, 1])) && !same_key(&known, &table(&columns, &[])));
    }
}
