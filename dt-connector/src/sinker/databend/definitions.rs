//! The definitions of the source's tables at the checkpoint, as rows of `schemas_<task>`: one a table.

use dt_common::batch::Definition;
use dt_common::error::{Error, Result};
use dt_common::schema::TableName;

use super::checkpoint::{FORMAT, Lease};
use super::quote;

/// `CREATE TABLE` for definitions.
pub fn create(table: &str, options: &str) -> String {
    format!(
        "CREATE TABLE IF NOT EXISTS {table} (`format` INT UNSIGNED NOT NULL, `n` BIGINT UNSIGNED NOT NULL, \
         `source_db` VARCHAR NOT NULL, `source_table` VARCHAR NOT NULL, `definition` VARCHAR NOT NULL) {options}"
    )
}

/// Statements that put definitions in the place of those before; `lease` is that of the batch. Of several of one table the last
/// counts.
pub fn store(table: &str, lease: &Lease, definitions: &[Definition]) -> Vec<String> {
    if definitions.is_empty() {
        return Vec::new();
    }
    let is_last = |at: usize| definitions[at + 1..].iter().all(|later| later.table != definitions[at].table);
    let last =
        definitions.iter().enumerate().filter(|(at, _)| is_last(*at)).map(|(_, definition)| definition);
    let (mut names, mut rows) = (Vec::new(), Vec::new());
    for Definition { table: name, text } in last {
        let (db, name) = (quote::string(&name.db), quote::string(&name.table));
        if let Some(text) = text {
            rows.push(format!("({FORMAT},{},{db},{name},{})", lease.n + 1, quote::string(text)));
        }
        names.push((db, name));
    }
    let names: Vec<String> = names
        .into_iter()
        .map(|(db, name)| format!("(`source_db` = {db} AND `source_table` = {name})"))
        .collect();
    // A long chain of OR takes long to plan.
    let mut out: Vec<String> =
        names.chunks(50).map(|names| format!("DELETE FROM {table} WHERE {}", names.join(" OR "))).collect();
    if !rows.is_empty() {
        out.push(format!("INSERT INTO {table} VALUES {}", rows.join(",")));
    }
    out
}

/// `SELECT` of all definitions, for [`parse`].
pub fn select(table: &str) -> String {
    format!(
        "SELECT to_string(`format`), `source_db`, `source_table`, `definition` FROM {table} ORDER BY `source_db`, `source_table`"
    )
}

/// Reads a row of [`select`].
///
/// # Errors
/// A row that this version did not write.
pub fn parse(table: &str, row: Vec<Option<String>>) -> Result<Definition> {
    let read = || {
        let [format, db, name, text] = <[Option<String>; 4]>::try_from(row).ok()?;
        (format? == FORMAT.to_string()).then_some(())?;
        Some(Definition { table: TableName::new(db?, name?), text: Some(text?) })
    };
    read().ok_or_else(|| {
        Error::target(format!(
            "{table}: a definition cannot be read; run the task with the version of dt that wrote it, or use a new [task] id"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_definition_of_a_table_counts() {
        let lease = Lease { owner: String::new(), epoch: 1, n: 4 };
        let definition = |table: &str, text: Option<&str>| Definition {
            table: TableName::new("d", table),
            text: text.map(str::to_owned),
        };
        let definitions =
            [definition("t", Some("old")), definition("u", None), definition("t", Some("it's"))];
        assert_eq!(
            store("s", &lease, &definitions),
            [
                "DELETE FROM s WHERE (`source_db` = 'd' AND `source_table` = 'u') OR (`source_db` = 'd' AND `source_table` = 't')",
                "INSERT INTO s VALUES (1,5,'d','t','it''s')"
            ]
        );
        assert!(store("s", &lease, &[]).is_empty());
        let row = ["1", "d", "t", "x"].map(|text| Some(text.to_owned())).to_vec();
        assert_eq!(parse("s", row).unwrap(), definition("t", Some("x")));
    }
}
