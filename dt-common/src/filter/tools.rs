//! `[schema] tool_tables`: the tables that online schema change tools make beside the one that they work on.

use crate::config::ini::RawConfig;
use crate::error::Result;
use crate::pattern::{Part, Pattern};
use crate::schema::TableName;

/// The longest name of a table, in characters. gh-ost cuts the name of the table that it works on so that its own fits,
/// pt-online-schema-change cuts its own.
const LONGEST_NAME: usize = 64;

/// What stands for the name of the table that the tool works on.
const TABLE: [Part; 2] = [Part::Literal('%'), Part::Literal('T')];

/// Names of tools' tables.
#[derive(Debug, Clone, Default)]
pub(super) struct ToolTables(Vec<ToolPattern>);

/// A name, around that of the table that the tool works on.
#[derive(Debug, Clone)]
struct ToolPattern {
    before: Vec<Part>,
    after: Vec<Part>,
}

impl ToolTables {
    pub(super) fn read(raw: &RawConfig) -> Result<Self> {
        let (section, key) = ("schema", "tool_tables");
        let patterns = raw.list(section, key, |reader| reader.pattern())?;
        let read = |pattern: &Pattern| {
            let parts = pattern.parts();
            let mut places = (0..parts.len()).filter(|at| parts[*at..].starts_with(&TABLE));
            let (Some(at), None) = (places.next(), places.next()) else {
                let what =
                    "each name holds `%T` once, in the place of the name of the table that the tool works on";
                return Err(raw.bad(section, key, what));
            };
            let (before, after) = (parts[..at].to_vec(), parts[at + TABLE.len()..].to_vec());
            if before.is_empty() && after.is_empty() {
                return Err(raw.bad(section, key, "`%T` alone is the name of every table"));
            }
            Ok(ToolPattern { before, after })
        };
        patterns.iter().map(read).collect::<Result<_>>().map(Self)
    }

    /// Whether a tool may have made a table of this name.
    pub(super) fn match_any(&self, table: &str) -> bool {
        let is_cut = table.chars().count() == LONGEST_NAME;
        self.0.iter().any(|pattern| {
            let begins = || Pattern::new([&pattern.before[..], &[Part::Any]].concat()).matches(table);
            pattern.around(&[Part::Any]).matches(table) || is_cut && begins()
        })
    }

    /// Which of `tables` a tool works on that has made the table `name`: of several the one with the longest name.
    pub(super) fn table_of<'a>(
        &self,
        name: &TableName,
        tables: impl IntoIterator<Item = &'a TableName>,
    ) -> Option<&'a TableName> {
        let fits = |table: &&TableName| {
            table.db == name.db && self.0.iter().any(|pattern| pattern.fits(&name.table, &table.table))
        };
        tables.into_iter().filter(fits).max_by_key(|table| table.table.len())
    }
}

impl ToolPattern {
    fn around(&self, table: &[Part]) -> Pattern {
        Pattern::new([&self.before, table, &self.after].concat())
    }

    /// Further underscores in front mean that the name was taken.
    fn fits(&self, name: &str, table: &str) -> bool {
        let literal: Vec<Part> = table.chars().map(Part::Literal).collect();
        let (mut shorter, mut whole) = (literal.clone(), self.around(&literal).literal());
        if name.chars().count() == LONGEST_NAME {
            shorter.truncate(LONGEST_NAME.saturating_sub(self.before.len() + self.after.len()));
        } else {
            whole = None;
        }
        let pattern = self.around(&shorter);
        let underscore = Part::Literal('_');
        let spare = if self.before.first() == Some(&underscore) {
            name.chars().take_while(|c| *c == '_').count().saturating_sub(1)
        } else {
            0
        };
        (0..=spare).any(|passed| {
            let name = &name[passed..];
            pattern.matches(name) || whole.as_ref().is_some_and(|whole| whole.starts_with(name))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;

    fn tools(keys: &str) -> Result<ToolTables> {
        ToolTables::read(&RawConfig::parse("t.ini", &format!("[schema]\n{keys}\n")).unwrap())
    }

    #[test]
    fn tables_of_the_known_tools() {
        let long = "t".repeat(64);
        let tables = ["orders", "_orders", "a%b", &long].map(|table| TableName::new("d", table));
        let defaults = tools("").unwrap();
        let of = |name: &str| {
            let found = defaults.table_of(&TableName::new("d", name), &tables);
            found.map(|table| table.table.clone()).unwrap_or_default()
        };
        for (name, expected) in [
            ("_orders_gho", "orders"),
            ("_orders_ghc", "orders"),
            ("_orders_del", "orders"),
            ("_orders_20240229010203_del", "orders"),
            ("_orders_new", "orders"),
            ("___orders_old", "_orders"),
            ("_a%b_new", "a%b"),
            ("orders_new", ""),
            ("_orders_newer", ""),
            ("_lines_new", ""),
        ] {
            assert_eq!(of(name), expected, "{name}");
            assert!(expected.is_empty() || defaults.match_any(name), "{name}");
        }
        assert_eq!(of(&format!("_{}_gho", "t".repeat(59))), long);
        assert_eq!(of(&format!("_{}_gho", "t".repeat(58))), "");
        assert_eq!(of(&format!("_{}", "t".repeat(63))), long);
        assert_eq!(defaults.table_of(&TableName::new("e", "_orders_gho"), &tables), None);
    }

    #[test]
    fn other_tools_have_names_of_their_own() {
        let tables = [TableName::new("d", "orders")];
        let lhm = tools("tool_tables = lhmn_%T, lhma_*_%T").unwrap();
        let of = |name: &str| lhm.table_of(&TableName::new("d", name), &tables).is_some();
        assert!(of("lhmn_orders") && of("lhma_2024_01_01_orders") && !of("_orders_gho"));
        assert!(!tools("tool_tables =").unwrap().match_any("_orders_gho"));
        let refused = |keys: &str| tools(keys).map(drop).map_err(|e: Error| e.to_string()).unwrap_err();
        assert!(
            refused("tool_tables = _orders_new")
                .starts_with("t.ini:2: [schema] tool_tables: each name holds")
        );
        assert!(refused("tool_tables = %T_%T").contains("once"));
        assert!(refused("tool_tables = %T").contains("every table"));
    }
}
