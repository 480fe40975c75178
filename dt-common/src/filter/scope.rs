//! Which tables the lists of `[filter]` match.

use serde::{Deserialize, Serialize};

use crate::config::ini::RawConfig;
use crate::error::Result;
use crate::list::ListReader;
use crate::pattern::{Pattern, TablePattern};
use crate::schema::TableName;

/// Databases that belong to the server and are never followed.
const SYSTEM_DATABASES: [&str; 5] = ["mysql", "information_schema", "performance_schema", "sys", "ndbinfo"];

/// The tables that a task follows, by their names. A task stores it, and knows by that which tables have come since.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    pub(super) do_dbs: Vec<Pattern>,
    pub(super) do_tables: Vec<TablePattern>,
    pub(super) ignore_dbs: Vec<Pattern>,
    pub(super) ignore_tables: Vec<TablePattern>,
}

impl Scope {
    pub(super) fn read(raw: &RawConfig) -> Result<Self> {
        Ok(Self {
            do_dbs: raw.list("filter", "do_dbs", ListReader::pattern)?,
            do_tables: raw.list("filter", "do_tbs", ListReader::table_pattern)?,
            ignore_dbs: raw.list("filter", "ignore_dbs", ListReader::pattern)?,
            ignore_tables: raw.list("filter", "ignore_tbs", ListReader::table_pattern)?,
        })
    }

    /// No table.
    pub(super) fn nothing() -> Self {
        let (do_dbs, do_tables, ignore_tables) = (Vec::new(), Vec::new(), Vec::new());
        Self { do_dbs, do_tables, ignore_dbs: vec![Pattern::any()], ignore_tables }
    }

    /// These tables.
    pub(super) fn of<'a>(tables: impl IntoIterator<Item = &'a TableName>) -> Self {
        let do_tables: Vec<_> = tables.into_iter().map(TablePattern::of_name).collect();
        if do_tables.is_empty() {
            return Self::nothing();
        }
        Self { do_dbs: Vec::new(), do_tables, ignore_dbs: Vec::new(), ignore_tables: Vec::new() }
    }

    /// Whether any table of the database may be followed.
    pub fn follows_database(&self, db: &str) -> bool {
        !is_system(db)
            && !self.ignore_dbs.iter().any(|p| p.matches(db))
            && (self.follows_all()
                || self.do_dbs.iter().any(|p| p.matches(db))
                || self.do_tables.iter().any(|p| p.db.matches(db)))
    }

    /// Whether the table is followed.
    pub fn follows(&self, name: &TableName) -> bool {
        !is_system(&name.db)
            && !self.ignore_dbs.iter().any(|p| p.matches(&name.db))
            && !self.ignore_tables.iter().any(|p| p.matches(name))
            && (self.follows_all()
                || self.do_dbs.iter().any(|p| p.matches(&name.db))
                || self.do_tables.iter().any(|p| p.matches(name)))
    }

    fn follows_all(&self) -> bool {
        self.do_dbs.is_empty() && self.do_tables.is_empty()
    }
}

fn is_system(db: &str) -> bool {
    SYSTEM_DATABASES.iter().any(|system| system.eq_ignore_ascii_case(db))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_is_stored_as_it_is_written() {
        let keys =
            "do_dbs=shop_*,`a*b`\ndo_tbs=crm.`a``.b`,crm.t?\nignore_dbs=`shop old`\nignore_tbs=*.`log,`*";
        let raw = RawConfig::parse("t.ini", &format!("[filter]\n{keys}\n")).unwrap();
        let scope = Scope::read(&raw).unwrap();
        let stored = serde_json::to_string(&scope).unwrap();
        assert_eq!(
            stored,
            "{\"do_dbs\":[\"`shop_`*\",\"`a*b`\"],\"do_tables\":[{\"db\":\"`crm`\",\"table\":\"`a``.b`\"},\
             {\"db\":\"`crm`\",\"table\":\"`t`?\"}],\"ignore_dbs\":[\"`shop old`\"],\
             \"ignore_tables\":[{\"db\":\"*\",\"table\":\"`log,`*\"}]}"
        );
        assert_eq!(serde_json::from_str::<Scope>(&stored).unwrap(), scope);
        for wrong in ["a.b", "", "a b"] {
            let stored = stored.replace("`a*b`", wrong);
            assert!(serde_json::from_str::<Scope>(&stored).is_err(), "{wrong}");
        }
    }
}
