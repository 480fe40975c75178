//! Table definitions for the tests of this folder.

use std::sync::Arc;

use dt_common::config::Values;
use dt_common::router::Router;
use dt_common::schema::{
    Column, ColumnType, Generated, IntWidth, JsonStorage, Key, KeyKind, TableName, TableSchema, Text,
};

use super::plan::TablePlan;

/// A nullable column of a type by its MySQL name.
pub(super) fn column(name: &str, ty: &str) -> Column {
    let text = Text { max_bytes: 400, max_chars: 100, charset: "utf8mb4".into() };
    let ty = match ty {
        "bigint" => ColumnType::Int { width: IntWidth::Eight, unsigned: false },
        "varchar" => ColumnType::VarChar(text),
        "decimal" => ColumnType::Decimal { precision: 20, scale: 5 },
        "double" => ColumnType::Double,
        "bit" => ColumnType::Bit { bits: 3 },
        "binary" => ColumnType::VarBinary { len: 100 },
        "datetime" => ColumnType::DateTime { fsp: 6 },
        "json" => ColumnType::Json(JsonStorage::Binary),
        "geometry" => ColumnType::Geometry,
        other => panic!("no fixture for {other}"),
    };
    Column {
        name: name.into(),
        ty,
        nullable: true,
        default: None,
        generated: Generated::No,
        invisible: false,
        comment: String::new(),
    }
}

/// A table; key columns are NOT NULL.
pub(super) fn table(db: &str, name: &str, columns: &[(&str, &str)], key: &[usize]) -> TableSchema {
    let mut columns: Vec<Column> = columns.iter().map(|(name, ty)| column(name, ty)).collect();
    key.iter().for_each(|&i| columns[i].nullable = false);
    TableSchema {
        name: TableName::new(db, name),
        columns,
        key: (!key.is_empty()).then(|| Key { columns: key.to_vec(), kind: KeyKind::Primary }),
        comment: String::new(),
        engine: "InnoDB".into(),
    }
}

/// The plan of a table that keeps its name.
pub(super) fn plan(schema: TableSchema) -> TablePlan {
    let route = Router::default().route(&schema);
    TablePlan::new(Arc::new(schema), route, &Values::default()).unwrap()
}
