//! Names in the target.

use super::{Key, key};

pub(super) const KEYS: &[Key] = &[
    key("db_map", Some(""), "`source:target` pairs of databases."),
    key(
        "tb_map",
        Some(""),
        "`db.table:db.table` pairs of tables; wins over `db_map`. Two tables with one target are refused.",
    ),
    key(
        "col_map",
        Some(""),
        "`db.table.column:column` pairs: the column's name in the target. Two columns of a table with one name are refused.",
    ),
];
