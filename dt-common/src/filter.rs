//! Which tables, columns, rows and kinds of change a task follows.

mod columns;
mod conditions;
mod entries;
mod scope;
mod tools;

pub use columns::IgnoredColumns;
pub use conditions::Conditions;
pub use scope::Scope;

use crate::config::ini::RawConfig;
use crate::error::Result;
use crate::pattern::TablePattern;
use crate::row::RowChange;
use crate::schema::TableName;
use tools::ToolTables;

/// A `[filter]` section. An absent list of what to do means all user databases; what is ignored wins.
#[derive(Debug, Clone)]
pub struct Filter {
    scope: Scope,
    ignored_columns: IgnoredColumns,
    conditions: Conditions,
    events: Events,
    tools: ToolTables,
}

#[derive(Debug, Clone, Copy, Default)]
struct Events {
    insert: bool,
    update: bool,
    delete: bool,
}

#[derive(Debug, Clone, Copy)]
enum Event {
    Insert,
    Update,
    Delete,
}

impl Filter {
    /// Reads the `[filter]` section of a task file, and which tables belong to tools.
    ///
    /// # Errors
    /// A list that does not parse, with its line, its key and the character.
    pub fn read(raw: &RawConfig) -> Result<Self> {
        Ok(Self {
            scope: Scope::read(raw)?,
            ignored_columns: IgnoredColumns::read(raw)?,
            conditions: Conditions::read(raw)?,
            events: Events::read(raw)?,
            tools: ToolTables::read(raw)?,
        })
    }

    /// Follows no table: for who reads a stream for its commits alone.
    pub fn nothing() -> Self {
        Self {
            scope: Scope::nothing(),
            ignored_columns: IgnoredColumns::default(),
            conditions: Conditions::default(),
            events: Events::default(),
            tools: ToolTables::default(),
        }
    }

    /// The same of these tables alone, whatever the lists say of them.
    #[must_use]
    pub fn narrowed<'a>(&self, tables: impl IntoIterator<Item = &'a TableName>) -> Self {
        Self { scope: Scope::of(tables), ..self.clone() }
    }

    /// Which tables are followed, by their names.
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// Whether any table of the database may be followed.
    pub fn follows_database(&self, db: &str) -> bool {
        self.scope.follows_database(db)
    }

    /// Whether the table is followed.
    pub fn follows(&self, name: &TableName) -> bool {
        self.scope.follows(name)
    }

    /// Tables that `do_tbs` names without wildcards and that nothing ignores: a task expects them to exist.
    pub fn named_tables(&self) -> Vec<TableName> {
        let names = self.scope.do_tables.iter().filter_map(TablePattern::literal);
        names.filter(|name| self.follows(name)).collect()
    }

    /// Which of `tables` an online schema change tool works on that has made the table `name`; `None` for a table of the user's own, as
    /// which one counts that `do_tbs` names without wildcards.
    pub fn worked_on<'a>(
        &self,
        name: &TableName,
        tables: impl IntoIterator<Item = &'a TableName>,
    ) -> Option<&'a TableName> {
        if self.may_be_a_tools(name) { self.tools.table_of(name, tables) } else { None }
    }

    /// Tables that `ignore_tbs` names without wildcards: the tables of a tool that works on one of them are ignored too.
    pub fn ignored_tables(&self) -> Vec<TableName> {
        self.scope.ignore_tables.iter().filter_map(TablePattern::literal).collect()
    }

    /// Whether a tool may have made a table of this name; without knowing which tables there are.
    pub fn may_be_a_tools(&self, name: &TableName) -> bool {
        self.tools.match_any(&name.table)
            && !self.scope.do_tables.iter().any(|pattern| pattern.literal().as_ref() == Some(name))
    }

    /// Columns that are left out.
    pub fn ignored_columns(&self) -> &IgnoredColumns {
        &self.ignored_columns
    }

    /// Conditions on the rows that a snapshot copies.
    pub fn conditions(&self) -> &Conditions {
        &self.conditions
    }

    /// Whether every row of a followed table comes to the target, and goes from it again.
    pub fn follows_all_rows(&self, table: &TableName) -> bool {
        self.events.insert && self.events.update && self.events.delete && self.conditions.of(table).is_none()
    }

    /// Whether changes of this kind are followed.
    pub fn follows_change(&self, change: &RowChange) -> bool {
        match change {
            RowChange::Insert { .. } => self.events.insert,
            RowChange::Rewrite { .. } | RowChange::Update { .. } | RowChange::Move { .. } => {
                self.events.update
            }
            RowChange::Delete { .. } => self.events.delete,
        }
    }

    /// Whether changes of some kind are not followed.
    pub fn leaves_out_changes(&self) -> bool {
        !(self.events.insert && self.events.update && self.events.delete)
    }
}

impl Events {
    fn read(raw: &RawConfig) -> Result<Self> {
        let words = [("insert", Event::Insert), ("update", Event::Update), ("delete", Event::Delete)];
        let chosen = raw.list("filter", "do_events", |reader| reader.word(&words))?;
        if chosen.is_empty() {
            return Err(raw.bad("filter", "do_events", "name at least one of insert, update, delete"));
        }
        let mut events = Self::default();
        for event in chosen {
            match event {
                Event::Insert => events.insert = true,
                Event::Update => events.update = true,
                Event::Delete => events.delete = true,
            }
        }
        Ok(events)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(keys: &str) -> Result<Filter> {
        Filter::read(&RawConfig::parse("t.ini", &format!("[filter]\n{keys}\n")).unwrap())
    }

    #[test]
    fn what_is_followed() {
        let all = filter("").unwrap();
        let some =
            filter("do_dbs=shop_*\ndo_tbs=crm.`a.b`,crm.t?\nignore_dbs=shop_old\nignore_tbs=shop_1.log*")
                .unwrap();
        let nothing = Filter::nothing();
        let one = some.narrowed(&[TableName::new("shop_old", "o*")]);
        assert!(!all.narrowed(&[]).follows(&TableName::new("any", "t")));
        for (filter, db, table, expected) in [
            (&one, "shop_old", "o*", true),
            (&one, "shop_old", "orders", false),
            (&one, "shop_1", "orders", false),
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
            (&nothing, "any", "t", false),
        ] {
            assert_eq!(filter.follows(&TableName::new(db, table)), expected, "{db}.{table}");
        }
        assert!(some.follows_database("crm") && !some.follows_database("other"));
    }

    #[test]
    fn tables_named_in_full_are_expected() {
        let filter = filter("do_dbs=all\ndo_tbs=crm.`a.b`,crm.t?,*.x,crm.gone\nignore_tbs=crm.gone").unwrap();
        assert_eq!(filter.named_tables(), [TableName::new("crm", "a.b")]);
    }

    #[test]
    fn events_are_chosen() {
        let filter = filter("do_events = insert, delete").unwrap();
        assert!(filter.follows_change(&RowChange::Insert { after: Box::new([]) }));
        assert!(!filter.follows_change(&RowChange::Update { before: Box::new([]), after: Box::new([]) }));
        assert!(filter.leaves_out_changes());
        assert!(!self::filter("do_events = insert, update, delete").unwrap().leaves_out_changes());
    }

    #[test]
    fn errors_name_line_key_and_character() {
        for (keys, expected) in [
            ("do_tbs=orders", "t.ini:2: [filter] do_tbs: expected `.` at character 7 of `orders`"),
            ("\nignore_dbs=a b", "t.ini:3: [filter] ignore_dbs: expected `,` at character 3 of `a b`"),
            (
                "do_events=insert,updat",
                "t.ini:2: [filter] do_events: expected insert or update or delete at character 8 of `insert,updat`",
            ),
            ("do_events=", "t.ini:2: [filter] do_events: name at least one of insert, update, delete"),
            ("ignore_cols=d.t", "t.ini:2: [filter] ignore_cols: expected `.` at character 4 of `d.t`"),
            (
                "where_conditions=d.t:x>1",
                "t.ini:2: [filter] where_conditions: expected `(` at character 5 of `d.t:x>1`",
            ),
        ] {
            assert_eq!(filter(keys).unwrap_err().to_string(), expected);
        }
    }
}
