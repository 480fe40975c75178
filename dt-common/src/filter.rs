//! Which tables and which kinds of change a task follows.

use crate::config::FilterConfig;
use crate::error::{Error, Result};
use crate::pattern::{ListReader, Pattern};
use crate::row::RowChange;
use crate::schema::TableName;

/// Databases that belong to the server and are never followed.
const SYSTEM_DATABASES: [&str; 5] = ["mysql", "information_schema", "performance_schema", "sys", "ndbinfo"];

/// A validated `[filter]` section. An absent list of what to do means all user databases; what is ignored wins.
#[derive(Debug, Clone)]
pub struct Filter {
    do_dbs: Vec<Pattern>,
    do_tables: Vec<TablePattern>,
    ignore_dbs: Vec<Pattern>,
    ignore_tables: Vec<TablePattern>,
    events: Events,
}

#[derive(Debug, Clone)]
struct TablePattern {
    db: Pattern,
    table: Pattern,
}

#[derive(Debug, Clone, Copy)]
struct Events {
    insert: bool,
    update: bool,
    delete: bool,
}

impl Filter {
    /// Reads the lists of a `[filter]` section.
    ///
    /// # Errors
    /// A list that does not parse, with the key and the character.
    pub fn new(config: &FilterConfig) -> Result<Self> {
        let dbs =
            |key: &str, text: &str| ListReader::new(text).list(ListReader::pattern).map_err(|e| e.at(key));
        let tables = |key: &str, text: &str| ListReader::new(text).list(table_pattern).map_err(|e| e.at(key));
        Ok(Self {
            do_dbs: dbs("[filter] do_dbs", &config.do_dbs)?,
            do_tables: tables("[filter] do_tbs", &config.do_tbs)?,
            ignore_dbs: dbs("[filter] ignore_dbs", &config.ignore_dbs)?,
            ignore_tables: tables("[filter] ignore_tbs", &config.ignore_tbs)?,
            events: events(&config.do_events)?,
        })
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

    /// Tables that `do_tbs` names without wildcards and that nothing ignores: a task expects them to exist.
    pub fn named_tables(&self) -> Vec<TableName> {
        let names = self
            .do_tables
            .iter()
            .filter_map(|p| Some(TableName { db: p.db.literal()?, table: p.table.literal()? }));
        names.filter(|name| self.follows(name)).collect()
    }

    /// Whether changes of this kind are followed.
    pub fn follows_change(&self, change: &RowChange) -> bool {
        match change {
            RowChange::Insert { .. } => self.events.insert,
            RowChange::Update { .. } => self.events.update,
            RowChange::Delete { .. } => self.events.delete,
        }
    }

    fn follows_all(&self) -> bool {
        self.do_dbs.is_empty() && self.do_tables.is_empty()
    }
}

impl TablePattern {
    fn matches(&self, name: &TableName) -> bool {
        self.db.matches(&name.db) && self.table.matches(&name.table)
    }
}

fn is_system(db: &str) -> bool {
    SYSTEM_DATABASES.iter().any(|system| system.eq_ignore_ascii_case(db))
}

fn table_pattern(reader: &mut ListReader<'_>) -> Result<TablePattern> {
    let db = reader.pattern()?;
    reader.expect('.')?;
    Ok(TablePattern { db, table: reader.pattern()? })
}

fn events(text: &str) -> Result<Events> {
    let mut events = Events { insert: false, update: false, delete: false };
    for name in text.split(',').map(str::trim) {
        match name {
            "insert" => events.insert = true,
            "update" => events.update = true,
            "delete" => events.delete = true,
            other => {
                let message = format!("[filter] do_events: `{other}` is none of insert, update, delete");
                return Err(Error::config(message));
            }
        }
    }
    Ok(events)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(do_dbs: &str, do_tbs: &str, ignore_dbs: &str, ignore_tbs: &str) -> Filter {
        let config = FilterConfig {
            do_dbs: do_dbs.into(),
            do_tbs: do_tbs.into(),
            ignore_dbs: ignore_dbs.into(),
            ignore_tbs: ignore_tbs.into(),
            do_events: "insert,delete".into(),
        };
        Filter::new(&config).unwrap()
    }

    #[test]
    fn what_is_followed() {
        let all = filter("", "", "", "");
        let some = filter("shop_*", "crm.`a.b`,crm.t?", "shop_old", "shop_1.log*");
        for (filter, db, table, expected) in [
            (&all, "any", "t", true),
            (&all, "mysql", "user", false),
            (&all, "SYS", "x", false),
            (&some, "shop_1", "orders", true),
            (&some, "shop_old", "orders", false),
            (&some, "shop_1", "log_1", false),
            (&some, "crm", "a.b", true),
            (&some, "crm", "t1", true),
            (&some, "crm", "t12", false),
            (&some, "other", "t1", false),
        ] {
            assert_eq!(filter.follows(&TableName::new(db, table)), expected, "{db}.{table}");
        }
        assert!(some.follows_database("crm") && !some.follows_database("other"));
    }

    #[test]
    fn tables_named_in_full_are_expected() {
        let filter = filter("all", "crm.`a.b`,crm.t?,*.x,crm.gone", "", "crm.gone");
        assert_eq!(filter.named_tables(), [TableName::new("crm", "a.b")]);
    }

    #[test]
    fn events_are_chosen() {
        let filter = filter("", "", "", "");
        assert!(filter.follows_change(&RowChange::Insert { after: Box::new([]) }));
        assert!(!filter.follows_change(&RowChange::Update { before: Box::new([]), after: Box::new([]) }));
    }

    #[test]
    fn a_table_list_needs_a_database() {
        let config =
            FilterConfig { do_tbs: "orders".into(), do_events: "insert".into(), ..FilterConfig::default() };
        let message = Filter::new(&config).unwrap_err().to_string();
        assert_eq!(message, "[filter] do_tbs: expected `.` at character 7 of `orders`");
    }
}
