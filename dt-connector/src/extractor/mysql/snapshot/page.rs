//! The SQL of a snapshot's reads. No I/O.

use dt_common::schema::{Column, TableSchema};

use crate::extractor::mysql::binlog::Charset;
use crate::extractor::mysql::literal::{bound_expression, identifier};

/// What reading one table takes: its columns in the order of the schema, then what the bounds need.
#[derive(Debug)]
pub(super) struct PageSql {
    select: String,
    /// Which rows are read, in brackets.
    condition: Option<String>,
    key: Vec<String>,
    /// For each key column: its position among the selected ones when its bound has an expression of its own.
    pub(super) bounds: Vec<Option<usize>>,
}

impl PageSql {
    pub(super) fn new(table: &TableSchema, condition: Option<&str>) -> Self {
        let mut selected: Vec<String> = table.columns.iter().map(selected).collect();
        let mut key = Vec::new();
        let mut bounds = Vec::new();
        for &position in table.key_columns() {
            let column = &table.columns[position];
            key.push(identifier(&column.name));
            bounds.push(bound_expression(column).map(|expression| {
                selected.push(expression);
                selected.len() - 1
            }));
        }
        let (db, name) = (identifier(&table.name.db), identifier(&table.name.table));
        let select = format!("SELECT {} FROM {db}.{name}", selected.join(", "));
        Self { select, condition: condition.map(str::to_owned), key, bounds }
    }

    /// Every row, in any order.
    pub(super) fn whole(&self) -> String {
        format!("{}{}", self.select, self.filter(None))
    }

    /// The next rows in key order behind `after`, the literals of a key.
    pub(super) fn page(&self, after: Option<&[String]>, rows: usize) -> String {
        let filter = self.filter(after.map(|bound| behind(&self.key, bound)));
        format!("{}{filter} ORDER BY {} LIMIT {rows}", self.select, self.key.join(", "))
    }

    fn filter(&self, bound: Option<String>) -> String {
        let parts: Vec<String> = self.condition.iter().cloned().chain(bound).collect();
        if parts.is_empty() { String::new() } else { format!(" WHERE {}", parts.join(" AND ")) }
    }
}

/// A column as it is selected: text by its bytes where only these say all.
fn selected(column: &Column) -> String {
    let name = identifier(&column.name);
    match column.ty.text().and_then(Charset::of_bytes) {
        Some(_) => format!("CAST({name} AS BINARY)"),
        None => name,
    }
}

/// Keys that sort behind a bound: `a >= x AND (a > x OR (a = x AND b > y))`. MySQL makes an index range of this form, and not
/// of the row value `(a, b) > (x, y)`.
fn behind(key: &[String], bound: &[String]) -> String {
    let (Some((column, rest)), Some((value, values))) = (key.split_first(), bound.split_first()) else {
        return "FALSE".to_owned();
    };
    if rest.is_empty() {
        return format!("{column} > {value}");
    }
    let deeper = behind(rest, values);
    format!("{column} >= {value} AND ({column} > {value} OR ({column} = {value} AND {deeper}))")
}

#[cfg(test)]
mod tests {
    use dt_common::schema::{ColumnType, Generated, IntWidth, Key, KeyKind, TableName, Text};

    use super::*;

    fn table(key: Option<Vec<usize>>) -> TableSchema {
        let column = |name: &str, ty| Column {
            name: name.into(),
            ty,
            nullable: false,
            default: None,
            generated: Generated::No,
            invisible: false,
            comment: String::new(),
        };
        let int = ColumnType::Int { width: IntWidth::Four, unsigned: false };
        let members = ["x".to_owned()].into();
        TableSchema {
            name: TableName::new("d", "t"),
            columns: vec![
                column("v", int.clone()),
                column("b", int),
                column("a", ColumnType::Enum { members }),
            ],
            key: key.map(|columns| Key { columns, kind: KeyKind::Primary }),
            comment: String::new(),
            engine: "InnoDB".into(),
        }
    }

    #[test]
    fn pages_of_a_composite_key() {
        let sql = PageSql::new(&table(Some(vec![2, 1])), None);
        assert_eq!(sql.bounds, [Some(3), None]);
        let select = "SELECT `v`, `b`, `a`, CAST(`a` AS UNSIGNED) FROM `d`.`t`";
        assert_eq!(sql.page(None, 10), format!("{select} ORDER BY `a`, `b` LIMIT 10"));
        let bound = ["1".to_owned(), "-2".to_owned()];
        let expected = "`a` >= 1 AND (`a` > 1 OR (`a` = 1 AND `b` > -2))";
        assert_eq!(
            sql.page(Some(&bound), 10),
            format!("{select} WHERE {expected} ORDER BY `a`, `b` LIMIT 10")
        );
    }

    #[test]
    fn one_column_and_none() {
        let bound = ["7".to_owned()];
        let page = PageSql::new(&table(Some(vec![1])), None).page(Some(&bound), 5);
        assert_eq!(page, "SELECT `v`, `b`, `a` FROM `d`.`t` WHERE `b` > 7 ORDER BY `b` LIMIT 5");
        assert_eq!(PageSql::new(&table(None), None).whole(), "SELECT `v`, `b`, `a` FROM `d`.`t`");
    }

    #[test]
    fn a_condition_stands_beside_the_bound() {
        let condition = Some("(v = 1 OR v = 2)");
        let sql = PageSql::new(&table(Some(vec![1])), condition);
        let select = "SELECT `v`, `b`, `a` FROM `d`.`t` WHERE (v = 1 OR v = 2)";
        assert_eq!(sql.page(None, 5), format!("{select} ORDER BY `b` LIMIT 5"));
        let bound = ["7".to_owned()];
        assert_eq!(sql.page(Some(&bound), 5), format!("{select} AND `b` > 7 ORDER BY `b` LIMIT 5"));
        assert_eq!(PageSql::new(&table(None), condition).whole(), select);
    }

    #[test]
    fn text_that_the_server_might_damage_is_read_as_bytes() {
        let mut table = table(None);
        let sql = |table: &TableSchema| PageSql::new(table, None).whole();
        for (charset, selected) in [("utf8mb4", "`c`"), ("latin1", "`c`"), ("cp1251", "CAST(`c` AS BINARY)")]
        {
            table.columns.truncate(1);
            table.columns[0].name = "c".into();
            let text = Text { max_bytes: 9, max_chars: 9, charset: charset.into() };
            table.columns[0].ty = ColumnType::VarChar(text);
            assert!(sql(&table).starts_with(&format!("SELECT {selected} FROM")), "{}", sql(&table));
        }
    }
}
