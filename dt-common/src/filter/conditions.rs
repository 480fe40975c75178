//! `[filter] where_conditions`: which rows of a table a snapshot copies.

use std::fmt::Display;

use serde::Deserialize;

use super::entries::{Entries, Entry};
use crate::condition;
use crate::config::ini::RawConfig;
use crate::error::{Error, Result};
use crate::list::{ListReader, bad};
use crate::pattern::TablePattern;
use crate::schema::TableName;

/// SQL conditions by table, as the source understands them.
#[derive(Debug, Clone, Default)]
pub struct Conditions(Entries<String>);

/// An entry in the JSON form of ape-dts.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object of db, tb and condition")]
struct JsonEntry {
    db: String,
    tb: String,
    condition: String,
}

impl Conditions {
    pub(super) fn read(raw: &RawConfig) -> Result<Self> {
        let place = raw.place("filter", "where_conditions");
        let list = match raw.json_list::<JsonEntry>("filter", "where_conditions")? {
            Some(entries) => {
                let entries = entries.into_iter().map(from_json).collect::<Result<Vec<_>>>();
                entries.map_err(|e| e.at(&place))?
            }
            None => raw.list("filter", "where_conditions", entry)?,
        };
        Ok(Self(Entries::new(place, list)))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The condition on a table's rows, in brackets; each of several has to hold. `None` when all rows are copied.
    pub fn of(&self, table: &TableName) -> Option<String> {
        let all: Vec<String> = self.0.of(table).map(|condition| format!("({condition})")).collect();
        (!all.is_empty()).then(|| all.join(" AND "))
    }

    /// An error about the list, with its place.
    pub fn refuse(&self, what: impl Display) -> Error {
        self.0.refuse(what)
    }

    /// Compares the list with the followed tables. Answers the entries that match nothing.
    ///
    /// # Errors
    /// A table that is named without wildcards and is not followed, unless the task `has_begun`.
    pub fn check(&self, tables: &[&TableName], has_begun: bool) -> Result<Vec<&str>> {
        let unmatched = self.0.unmatched(tables, has_begun, |_, _| true)?;
        Ok(unmatched.into_iter().map(|entry| entry.text.as_str()).collect())
    }
}

fn entry(reader: &mut ListReader<'_>) -> Result<Entry<String>> {
    let (table, text) = reader.with_text(ListReader::table_pattern)?;
    reader.expect(':')?;
    Ok(Entry { table, says: reader.condition()?.to_owned(), text: text.to_owned() })
}

fn from_json(entry: JsonEntry) -> Result<Entry<String>> {
    let (name, says) = (TableName::new(entry.db, entry.tb), entry.condition);
    condition::check(&says).map_err(|flaw| bad(&says, flaw.at, flaw.what).at(&name))?;
    Ok(Entry { table: TablePattern::of_name(&name), says, text: name.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conditions(value: &str) -> Result<Conditions> {
        let text = format!("[filter]\nwhere_conditions={value}\n");
        Conditions::read(&RawConfig::parse("t.ini", &text).unwrap())
    }

    #[test]
    fn each_condition_keeps_its_brackets() {
        let table = TableName::new("d", "t");
        let of = |value: &str| conditions(value).unwrap().of(&table);
        assert_eq!(of("d.t:(a = 1 OR b = 2)").as_deref(), Some("(a = 1 OR b = 2)"));
        assert_eq!(of("d.*:(a), x.t:(b), d.t:(c IN (1))").as_deref(), Some("(a) AND (c IN (1))"));
        assert_eq!(of("d.u:(a)"), None);
        assert_eq!(of(""), None);
        let json = r#"json:[{"db":"d","tb":"t","condition":"x > 1 AND y = ')'"}]"#;
        assert_eq!(of(json).as_deref(), Some("(x > 1 AND y = ')')"));
    }

    #[test]
    fn errors_point_at_the_condition() {
        let error = |value: &str| conditions(value).unwrap_err().to_string();
        assert_eq!(
            error(r#"json:[{"db":"d","tb":"t","condition":"1) OR (1"}]"#),
            "t.ini:2: [filter] where_conditions: `d`.`t`: a `)` without its `(` at character 2 of `1) OR (1`"
        );
        let found = conditions("d.t:(a), e*.x:(b)").unwrap();
        assert_eq!(found.check(&[&TableName::new("d", "t")], false).unwrap(), ["e*.x"]);
        assert!(
            found
                .check(&[], false)
                .unwrap_err()
                .to_string()
                .contains("`d.t` names a table that is not followed")
        );
    }
}
