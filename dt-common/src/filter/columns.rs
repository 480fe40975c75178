//! `[filter] ignore_cols`: columns that are not created, not copied and not followed.

use std::fmt::Display;

use serde::Deserialize;

use super::entries::{Entries, Entry};
use crate::config::ini::RawConfig;
use crate::error::{Error, Result};
use crate::list::ListReader;
use crate::nearest::nearest;
use crate::pattern::{Pattern, TablePattern};
use crate::schema::TableName;

/// Columns to leave out. Their names are compared without case, as MySQL does.
#[derive(Debug, Clone, Default)]
pub struct IgnoredColumns(Entries<Pattern>);

/// An entry in the JSON form of ape-dts.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object of db, tb and ignore_cols")]
struct JsonEntry {
    db: String,
    tb: String,
    ignore_cols: Vec<String>,
}

impl IgnoredColumns {
    pub(super) fn read(raw: &RawConfig) -> Result<Self> {
        let list = match raw.json_list::<JsonEntry>("filter", "ignore_cols")? {
            Some(entries) => entries.into_iter().flat_map(from_json).collect(),
            None => raw.list("filter", "ignore_cols", entry)?,
        };
        Ok(Self(Entries::new(raw.place("filter", "ignore_cols"), list)))
    }

    /// Whether the column is left out.
    pub fn contains(&self, table: &TableName, column: &str) -> bool {
        let column = column.to_lowercase();
        self.0.of(table).any(|pattern| pattern.matches(&column))
    }

    /// An error about the list, with its place.
    pub fn refuse(&self, what: impl Display) -> Error {
        self.0.refuse(what)
    }

    /// Compares the list with the followed tables and all their columns. `known` are the tables that the task follows already, none before it
    /// has begun: of those a column may be gone. Answers the entries that match nothing.
    ///
    /// # Errors
    /// A table or column that is named without wildcards and is not there, and never was: it would be copied without a word.
    pub fn check(&self, tables: &[(&TableName, Vec<&str>)], known: &[&TableName]) -> Result<Vec<&str>> {
        let columns = |name: &TableName| {
            tables
                .iter()
                .find(|(table, _)| *table == name)
                .map(|(_, columns)| columns.as_slice())
                .unwrap_or(&[])
        };
        let names: Vec<&TableName> = tables.iter().map(|(name, _)| *name).collect();
        let has_begun = !known.is_empty();
        let unmatched = self.0.unmatched(&names, has_begun, |entry, name| {
            columns(name).iter().any(|column| entry.says.matches(&column.to_lowercase()))
        })?;
        for entry in &unmatched {
            if let (Some(table), Some(column)) = (entry.table.literal(), entry.says.literal())
                && names.contains(&&table)
                && !known.contains(&&table)
            {
                let hint = nearest(&column, columns(&table).iter().copied())
                    .map_or(String::new(), |known| format!("; did you mean `{known}`?"));
                return Err(self.refuse(format_args!("table {table} has no column `{column}`{hint}")));
            }
        }
        Ok(unmatched.into_iter().map(|entry| entry.text.as_str()).collect())
    }
}

fn entry(reader: &mut ListReader<'_>) -> Result<Entry<Pattern>> {
    let ((table, says), text) = reader.with_text(|reader| {
        let table = reader.table_pattern()?;
        reader.expect('.')?;
        Ok((table, reader.pattern()?.to_lowercase()))
    })?;
    Ok(Entry { table, says, text: text.to_owned() })
}

fn from_json(entry: JsonEntry) -> impl Iterator<Item = Entry<Pattern>> {
    let name = TableName::new(entry.db, entry.tb);
    entry.ignore_cols.into_iter().map(move |column| Entry {
        table: TablePattern::of_name(&name),
        says: Pattern::of_name(&column).to_lowercase(),
        text: format!("{name}.{column}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ignored(value: &str) -> Result<IgnoredColumns> {
        let text = format!("[filter]\nignore_cols={value}\n");
        IgnoredColumns::read(&RawConfig::parse("t.ini", &text).unwrap())
    }

    #[test]
    fn columns_are_found_without_case() {
        let list = ignored("d.t.Secret, *.t?.`a.*`, x.y.tmp_*").unwrap();
        let json = ignored(
            r#"json:[{"db":"d","tb":"t","ignore_cols":["Secret"]},{"db":"*","tb":"t","ignore_cols":[]}]"#,
        )
        .unwrap();
        for (table, column, in_list, in_json) in [
            (("d", "t"), "SECRET", true, true),
            (("d", "t"), "secrets", false, false),
            (("d", "u"), "secret", false, false),
            (("e", "t1"), "a.*", true, false),
            (("e", "t1"), "a.b", false, false),
            (("x", "y"), "tmp_1", true, false),
        ] {
            let table = TableName::new(table.0, table.1);
            assert_eq!(list.contains(&table, column), in_list, "{table}.{column}");
            assert_eq!(json.contains(&table, column), in_json, "{table}.{column}");
        }
    }

    #[test]
    fn what_is_named_has_to_be_there() {
        let table = TableName::new("d", "t");
        let check = |value: &str| {
            let found = ignored(value)?;
            let unmatched = found.check(&[(&table, vec!["id", "Email"])], &[])?;
            Ok::<_, Error>(unmatched.into_iter().map(str::to_owned).collect::<Vec<_>>())
        };
        assert!(check("d.t.email, *.t.ID").unwrap().is_empty());
        assert_eq!(check("*.*.password, d.t.x*").unwrap(), ["*.*.password", "d.t.x*"]);
        for (value, expected) in [
            (
                "d.t.emial",
                "t.ini:2: [filter] ignore_cols: table `d`.`t` has no column `emial`; did you mean `Email`?",
            ),
            (
                "d.u.a",
                "t.ini:2: [filter] ignore_cols: `d.u.a` names a table that is not followed or does not exist",
            ),
        ] {
            assert_eq!(check(value).unwrap_err().to_string(), expected);
        }
    }

    #[test]
    fn what_a_task_has_followed_may_be_gone() {
        let (known, new) = (TableName::new("d", "t"), TableName::new("d", "u"));
        let list = ignored("d.t.secret, d.gone.a").unwrap();
        let tables = [(&known, vec!["id"]), (&new, vec!["id"])];
        assert_eq!(list.check(&tables, &[&known]).unwrap(), ["d.t.secret", "d.gone.a"]);
        let error = ignored("d.u.secret").unwrap().check(&tables, &[&known]).unwrap_err().to_string();
        assert!(error.contains("table `d`.`u` has no column `secret`"), "{error}");
    }
}
