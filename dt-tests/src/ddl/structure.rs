//! What the target's tables have to look like, by `docs/type-mapping.md`, and whether their rows are the source's.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};

use crate::compare::read::{self, Column};
use crate::compare::{Expected, Place, canonical, diff};
use crate::servers::Family;
use crate::source::Source;
use crate::target::{Target, literal};

/// Differences that are shown of one table.
const SHOWN: usize = 5;

/// The columns of tables.
pub type Tables = BTreeMap<Place, Vec<Column>>;

/// The source's tables in databases whose names begin so: types as they arrive, in the target's words.
///
/// # Errors
/// A query fails.
pub async fn of_source(source: &Source, prefix: &str) -> Result<(Tables, Tables)> {
    let of = |column: &str| format!("LEFT({column}, {}) = '{prefix}'", prefix.len());
    let json = match source.family {
        Family::MariaDb => {
            let sql = format!(
                "SELECT constraint_schema, table_name, check_clause FROM information_schema.check_constraints WHERE {}",
                of("constraint_schema")
            );
            source.query(&sql).await?
        }
        Family::MySql => Vec::new(),
    };
    let json: Vec<Vec<String>> = json.into_iter().map(|row| row.into_iter().flatten().collect()).collect();
    let is_json = |place: &Place, column: &str| {
        let clause = format!("json_valid(`{column}`)");
        json.contains(&vec![place.db.clone(), place.table.clone(), clause])
    };
    let sql = format!(
        "SELECT table_schema, table_name, column_name, data_type, column_type, is_nullable FROM information_schema.columns \
         JOIN information_schema.tables USING (table_catalog, table_schema, table_name) \
         WHERE table_type = 'BASE TABLE' AND {} ORDER BY table_schema, table_name, ordinal_position",
        of("table_schema")
    );
    let (mut own, mut arriving) = (Tables::new(), Tables::new());
    for row in source.query(&sql).await? {
        let mut cells = row.into_iter().map(Option::unwrap_or_default);
        let mut next = || cells.next().unwrap_or_default();
        let (place, name) = (Place { db: next(), table: next() }, next());
        let (data_type, column_type, nullable) = (next(), next(), next() == "YES");
        let arrives =
            if is_json(&place, &name) { "VARIANT".into() } else { target_type(&data_type, &column_type) };
        let column = |type_name| Column { arrives_as: name.clone(), name: name.clone(), type_name, nullable };
        own.entry(place.clone()).or_default().push(column(data_type));
        arriving.entry(place).or_default().push(column(arrives));
    }
    Ok((own, arriving))
}

/// The target's tables in databases whose names begin so.
///
/// # Errors
/// The query fails.
pub async fn of_target(target: &Target, prefix: &str) -> Result<Tables> {
    let sql = format!(
        "SELECT database, table, name, data_type, is_nullable FROM system.columns WHERE LEFT(database, {}) = {}",
        prefix.len(),
        literal(prefix)
    );
    let mut tables = Tables::new();
    for row in target.query(&sql).await? {
        let mut cells = row.into_iter().map(Option::unwrap_or_default);
        let mut next = || cells.next().unwrap_or_default();
        let (place, name) = (Place { db: next(), table: next() }, next());
        let column = Column { arrives_as: name.clone(), name, type_name: next(), nullable: next() == "YES" };
        tables.entry(place).or_default().push(column);
    }
    Ok(tables)
}

/// The target's type, as `docs/type-mapping.md` has it.
fn target_type(data_type: &str, column_type: &str) -> String {
    let signed = if column_type.contains("unsigned") { " UNSIGNED" } else { "" };
    let arguments = column_type.split_once('(').and_then(|(_, rest)| Some(rest.split_once(')')?.0));
    match data_type {
        "tinyint" | "smallint" | "bigint" => format!("{}{signed}", data_type.to_uppercase()),
        "mediumint" | "int" => format!("INT{signed}"),
        "decimal" => format!("DECIMAL({})", arguments.unwrap_or_default().replace(',', ", ")),
        "float" | "double" | "date" => data_type.to_uppercase(),
        "bit" => "BIGINT UNSIGNED".into(),
        "year" => "SMALLINT UNSIGNED".into(),
        "datetime" | "timestamp" => "TIMESTAMP".into(),
        "time" => "INTERVAL".into(),
        "binary" | "varbinary" | "tinyblob" | "blob" | "mediumblob" | "longblob" => "BINARY".into(),
        "json" => "VARIANT".into(),
        "vector" => format!("VECTOR({})", arguments.unwrap_or_default()),
        "char" | "varchar" | "tinytext" | "text" | "mediumtext" | "longtext" | "enum" | "set" | "uuid"
        | "inet4" | "inet6" => "VARCHAR".into(),
        _ => "GEOMETRY".into(),
    }
}

/// Columns in one line: `id INT NOT NULL, v INT`. Numbers behind what dt has set aside are left out.
pub fn shown(columns: &[Column]) -> String {
    let one = |column: &Column| {
        let null = if column.nullable { "" } else { " NOT NULL" };
        format!("{} {}{null}", unnumbered(&column.name), column.type_name)
    };
    columns.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// `a__kept_17` as `a__kept`.
pub fn unnumbered(name: &str) -> &str {
    match name.rsplit_once('_') {
        Some((kept, number)) if kept.ends_with("__kept") && number.parse::<u64>().is_ok() => kept,
        _ => name,
    }
}

/// Compares the rows of the columns that both have; how many there are.
///
/// # Errors
/// Rows that differ, by their values.
pub async fn same_rows(
    (source, from, columns): (&Source, &Place, &[Column]),
    (target, to, held): (&Target, &Place, &[Column]),
) -> Result<usize> {
    let both =
        columns.iter().filter_map(|column| Some((column, held.iter().find(|h| h.name == column.name)?)));
    let (columns, held): (Vec<Column>, Vec<Column>) = both.map(|(a, b)| (a.clone(), b.clone())).unzip();
    ensure!(!columns.is_empty(), "{from} and {to} have no column in common");
    let expected = Expected::as_it_is(from.clone());
    let (source_rows, target_rows) = futures::future::try_join(
        read::source_rows(source, &expected, &columns, &held),
        read::target_rows(target, to, &held),
    )
    .await?;
    let kinds = canonical::kinds(&columns, &held);
    let (source_rows, target_rows) =
        (canonical::rows(&kinds, source_rows), canonical::rows(&kinds, target_rows));
    let rows = source_rows.len();
    let names: Vec<String> = columns.into_iter().map(|column| column.name).collect();
    let key: Vec<usize> = names.iter().position(|name| name == "id").into_iter().collect();
    let differences = diff::rows(&names, &key, source_rows, target_rows);
    let lines: Vec<String> = differences.iter().take(SHOWN).map(ToString::to_string).collect();
    ensure!(differences.is_empty(), "rows of {from}: {}", lines.join("\n"));
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_types_of_the_page() {
        let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/type-mapping.md");
        let page = std::fs::read_to_string(page).unwrap();
        let table = page.split_once("|---|---|---|").unwrap().1.split_once("\n\n").unwrap().0;
        let mut seen = 0;
        for row in table.lines().filter(|row| row.starts_with('|')) {
            let mut cells = row.trim_matches('|').split('|').map(str::trim);
            let (sources, target) = (cells.next().unwrap(), cells.next().unwrap());
            let target = target.replace("(p, s)", "(7, 2)").replace("(n)", "(3)");
            for source in sources.split(", ").filter(|source| !source.ends_with("(p") && *source != "s)") {
                let ty = source.to_lowercase().replace("(n)", "(3)");
                let data_type = ty.split(['(', ' ']).next().unwrap();
                assert_eq!(target_type(data_type, &ty), target, "{source}");
                seen += 1;
            }
        }
        assert!(seen > 40, "{seen}");
        assert_eq!(target_type("decimal", "decimal(7,2) unsigned"), "DECIMAL(7, 2)");
    }

    #[test]
    fn what_is_set_aside_has_no_number() {
        assert_eq!(
            (unnumbered("a__kept_17"), unnumbered("a_17"), unnumbered("a__kept_x")),
            ("a__kept", "a_17", "a__kept_x")
        );
    }
}
