//! The SQL of a snapshot's reads. No I/O.

use dt_common::error::Result;
use dt_common::schema::{Column, TableSchema};
use dt_common::value::ColValue;
use mysql_async::Value;

use crate::extractor::mysql::binlog::Charset;
use crate::extractor::mysql::literal::{bound_expression, identifier, key_literal};

/// A key as literals of the source, in key order.
pub(super) type KeyLiterals = Vec<String>;

/// What reading one table takes: its columns in the order of the schema, then what the bounds need.
#[derive(Debug)]
pub(super) struct PageSql {
    select: String,
    select_key: String,
    /// Which rows are read, in brackets.
    condition: Option<String>,
    key: Vec<String>,
    /// For each key column: its place among what is selected beside the columns, when its bound has an expression of its own.
    bounds: Vec<Option<usize>>,
}

impl PageSql {
    pub(super) fn new(table: &TableSchema, condition: Option<&str>) -> Self {
        let (mut key, mut selected_key, mut bounds, mut beside) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for &position in table.key_columns() {
            let column = &table.columns[position];
            key.push(identifier(&column.name));
            selected_key.push(selected(column));
            bounds.push(bound_expression(column).map(|expression| {
                beside.push(expression);
                beside.len() - 1
            }));
        }
        let columns: Vec<String> = table.columns.iter().map(selected).collect();
        let from = format!("FROM {}.{}", identifier(&table.name.db), identifier(&table.name.table));
        let select =
            |names: &[String]| format!("SELECT {} {from}", [names, beside.as_slice()].concat().join(", "));
        let (select, select_key) = (select(&columns), select(&selected_key));
        Self { select, select_key, condition: condition.map(str::to_owned), key, bounds }
    }

    /// Every row, in any order.
    pub(super) fn whole(&self) -> String {
        format!("{}{}", self.select, self.filter(None, None))
    }

    /// The next rows in key order behind `behind` and up to `upto`, at most `rows` of them.
    pub(super) fn page(
        &self,
        behind: Option<&[String]>,
        upto: Option<&[String]>,
        rows: Option<usize>,
    ) -> String {
        let limit = rows.map_or_else(String::new, |rows| format!(" LIMIT {rows}"));
        let filter = self.filter(behind, upto);
        format!("{}{filter} ORDER BY {}{limit}", self.select, self.key.join(", "))
    }

    /// The key that ends a page of `rows` rows; none when fewer are left.
    pub(super) fn end_of_page(
        &self,
        behind: Option<&[String]>,
        upto: Option<&[String]>,
        rows: usize,
    ) -> String {
        let filter = self.filter(behind, upto);
        let key = self.key.join(", ");
        format!("{}{filter} ORDER BY {key} LIMIT 1 OFFSET {}", self.select_key, rows.saturating_sub(1))
    }

    /// The greatest key of the table.
    pub(super) fn greatest_key(&self) -> String {
        format!("{} ORDER BY {} DESC LIMIT 1", self.select_key, self.key.join(" DESC, "))
    }

    /// A key's literals; `beside` is what was selected behind the columns.
    ///
    /// # Errors
    /// A value that cannot be part of a key.
    pub(super) fn literals<'a>(
        &self,
        table: &TableSchema,
        key: impl Iterator<Item = &'a ColValue>,
        beside: &[Value],
    ) -> Result<KeyLiterals> {
        let columns = table.key_columns().iter().map(|&at| &table.columns[at]);
        let literals = columns
            .zip(key)
            .zip(&self.bounds)
            .map(|((column, value), bound)| key_literal(column, value, bound.and_then(|at| beside.get(at))));
        literals.collect::<Result<_>>().map_err(|e| e.at(format_args!("table {}", table.name)))
    }

    fn filter(&self, behind: Option<&[String]>, upto: Option<&[String]>) -> String {
        let lower = behind.map(|bound| self::behind(&self.key, bound));
        let upper = upto.map(|bound| up_to(&self.key, bound));
        let parts: Vec<String> = self.condition.iter().cloned().chain(lower).chain(upper).collect();
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
    compared(key, bound, ">", ">")
}

/// Keys that do not sort behind a bound: `a <= x AND (a < x OR (a = x AND b <= y))`.
fn up_to(key: &[String], bound: &[String]) -> String {
    compared(key, bound, "<", "<=")
}

/// Compares by `order` the columns before the last, which is compared by `last`.
fn compared(key: &[String], bound: &[String], order: &str, last: &str) -> String {
    let (Some((column, rest)), Some((value, values))) = (key.split_first(), bound.split_first()) else {
        return "FALSE".to_owned();
    };
    if rest.is_empty() {
        return format!("{column} {last} {value}");
    }
    let deeper = compared(rest, values, order, last);
    format!("{column} {order}= {value} AND ({column} {order} {value} OR ({column} = {value} AND {deeper}))")
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
        assert_eq!(sql.bounds, [Some(0), None]);
        let select = "SELECT `v`, `b`, `a`, CAST(`a` AS UNSIGNED) FROM `d`.`t`";
        assert_eq!(sql.page(None, None, Some(10)), format!("{select} ORDER BY `a`, `b` LIMIT 10"));
        let bound = ["1".to_owned(), "-2".to_owned()];
        let expected = "`a` >= 1 AND (`a` > 1 OR (`a` = 1 AND `b` > -2))";
        assert_eq!(
            sql.page(Some(&bound), None, Some(10)),
            format!("{select} WHERE {expected} ORDER BY `a`, `b` LIMIT 10")
        );
    }

    #[test]
    fn one_column_and_none() {
        let bound = ["7".to_owned()];
        let page = PageSql::new(&table(Some(vec![1])), None).page(Some(&bound), None, Some(5));
        assert_eq!(page, "SELECT `v`, `b`, `a` FROM `d`.`t` WHERE `b` > 7 ORDER BY `b` LIMIT 5");
        assert_eq!(PageSql::new(&table(None), None).whole(), "SELECT `v`, `b`, `a` FROM `d`.`t`");
    }

    #[test]
    fn a_condition_stands_beside_the_bound() {
        let condition = Some("(v = 1 OR v = 2)");
        let sql = PageSql::new(&table(Some(vec![1])), condition);
        let select = "SELECT `v`, `b`, `a` FROM `d`.`t` WHERE (v = 1 OR v = 2)";
        assert_eq!(sql.page(None, None, Some(5)), format!("{select} ORDER BY `b` LIMIT 5"));
        let bound = ["7".to_owned()];
        assert_eq!(
            sql.page(Some(&bound), None, Some(5)),
            format!("{select} AND `b` > 7 ORDER BY `b` LIMIT 5")
        );
        assert_eq!(PageSql::new(&table(None), condition).whole(), select);
    }

    #[test]
    fn ranges_end_at_a_key_that_the_source_names() {
        let sql = PageSql::new(&table(Some(vec![2, 1])), Some("(v = 1)"));
        let select = "SELECT `a`, `b`, CAST(`a` AS UNSIGNED) FROM `d`.`t`";
        let (from, to) = (["1".to_owned(), "-2".to_owned()], ["2".to_owned(), "7".to_owned()]);
        let behind = "`a` >= 1 AND (`a` > 1 OR (`a` = 1 AND `b` > -2))";
        let up_to = "`a` <= 2 AND (`a` < 2 OR (`a` = 2 AND `b` <= 7))";
        assert_eq!(
            sql.end_of_page(Some(&from), Some(&to), 10),
            format!("{select} WHERE (v = 1) AND {behind} AND {up_to} ORDER BY `a`, `b` LIMIT 1 OFFSET 9")
        );
        assert!(
            sql.page(Some(&from), Some(&to), None)
                .ends_with(&format!("AND {behind} AND {up_to} ORDER BY `a`, `b`"))
        );
        assert_eq!(sql.greatest_key(), format!("{select} ORDER BY `a` DESC, `b` DESC LIMIT 1"));
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
