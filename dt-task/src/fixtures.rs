//! Tables for the unit tests of this crate.

use std::sync::Arc;

use dt_common::schema::{Column, ColumnType, Generated, IntWidth, Key, KeyKind, TableName, TableSchema};

/// `d.t` with INT columns and the key at the given positions; keyless when there are none.
pub(crate) fn table(columns: &[&str], key: &[usize]) -> Arc<TableSchema> {
    let column = |name: &&str| Column {
        name: (*name).to_owned(),
        ty: ColumnType::Int { width: IntWidth::Four, unsigned: false },
        nullable: false,
        default: None,
        generated: Generated::No,
        invisible: false,
        comment: String::new(),
    };
    Arc::new(TableSchema {
        name: TableName::new("d", "t"),
        columns: columns.iter().map(column).collect(),
        key: (!key.is_empty()).then(|| Key { columns: key.to_vec(), kind: KeyKind::Primary }),
        comment: String::new(),
        engine: "InnoDB".to_owned(),
    })
}
