//! `[schema]`: what is done about a change of structure, by its kind and by its table.

use crate::error::Result;
use crate::pattern::TablePattern;
use crate::schema::TableName;

use super::ini::RawConfig;

/// A kind of change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeKind {
    /// A column is added.
    AddColumn,
    /// A column's type holds more, or it takes NULL.
    WidenColumn,
    /// A column's type holds less.
    NarrowColumn,
    /// A column is dropped.
    DropColumn,
    /// A column gets another name.
    RenameColumn,
    /// A column gets another name in the copy that an online schema change tool has made.
    RenameByTool,
    /// Other columns name a row.
    ChangeKey,
    /// A table that is followed is created.
    CreateTable,
    /// A followed table is dropped.
    DropTable,
    /// A followed table is emptied.
    TruncateTable,
    /// A followed table gets another name that is followed.
    RenameTable,
    /// A database is created.
    CreateDatabase,
    /// A database with followed tables is dropped.
    DropDatabase,
}

/// What is done about a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SchemaAction {
    /// The target follows.
    Apply,
    /// The target stays as it is, and what is new is not followed.
    Ignore,
    /// What would go stays in the target.
    Keep,
    /// The task ends before the change.
    Stop,
}

use SchemaAction::{Apply, Ignore, Keep, Stop};

impl SchemaAction {
    /// The word of the task file.
    pub fn name(self) -> &'static str {
        match self {
            Apply => "apply",
            Ignore => "ignore",
            Keep => "keep",
            Stop => "stop",
        }
    }
}

impl ChangeKind {
    /// Every kind.
    pub const ALL: [Self; 13] = [
        Self::AddColumn,
        Self::WidenColumn,
        Self::NarrowColumn,
        Self::DropColumn,
        Self::RenameColumn,
        Self::RenameByTool,
        Self::ChangeKey,
        Self::CreateTable,
        Self::DropTable,
        Self::TruncateTable,
        Self::RenameTable,
        Self::CreateDatabase,
        Self::DropDatabase,
    ];

    /// Its key in `[schema]`, and the actions that mean something for it.
    fn about(self) -> (&'static str, &'static [SchemaAction]) {
        match self {
            Self::AddColumn => ("add_column", &[Apply, Ignore, Stop]),
            Self::WidenColumn => ("widen_column", &[Apply, Stop]),
            Self::NarrowColumn => ("narrow_column", &[Apply, Keep, Stop]),
            Self::DropColumn => ("drop_column", &[Apply, Keep, Stop]),
            Self::RenameColumn => ("rename_column", &[Apply, Stop]),
            Self::RenameByTool => ("rename_by_tool", &[Apply, Stop]),
            Self::ChangeKey => ("change_key", &[Apply, Stop]),
            Self::CreateTable => ("create_table", &[Apply, Ignore, Stop]),
            Self::DropTable => ("drop_table", &[Apply, Keep, Stop]),
            Self::TruncateTable => ("truncate_table", &[Apply, Ignore, Stop]),
            Self::RenameTable => ("rename_table", &[Apply, Stop]),
            Self::CreateDatabase => ("create_database", &[Apply, Ignore, Stop]),
            Self::DropDatabase => ("drop_database", &[Apply, Keep, Stop]),
        }
    }

    /// Its key in `[schema]`.
    pub fn key(self) -> &'static str {
        self.about().0
    }
}

/// A `[schema]` section.
#[derive(Debug, Clone)]
pub struct SchemaPolicies {
    /// In the order of [`ChangeKind::ALL`].
    kinds: Vec<Policy>,
}

#[derive(Debug, Clone)]
struct Policy {
    usual: SchemaAction,
    exceptions: Vec<(TablePattern, SchemaAction)>,
}

/// An entry of a policy's list.
enum Entry {
    Usual(SchemaAction),
    Exception(TablePattern, SchemaAction),
}

impl SchemaPolicies {
    /// Reads the section.
    ///
    /// # Errors
    /// A list that does not parse, an action that means nothing for the kind, two usual actions.
    pub fn read(raw: &RawConfig) -> Result<Self> {
        let kinds = ChangeKind::ALL.into_iter().map(|kind| Policy::read(raw, kind));
        Ok(Self { kinds: kinds.collect::<Result<_>>()? })
    }

    /// What is done about a change of this kind of this table. Of the exceptions the first that matches counts. The table of
    /// a database's change has no name.
    pub fn action(&self, kind: ChangeKind, table: &TableName) -> SchemaAction {
        let policy = &self.kinds[kind as usize];
        let exception = policy.exceptions.iter().find(|(pattern, _)| pattern.matches(table));
        exception.map_or(policy.usual, |(_, action)| *action)
    }
}

impl Policy {
    fn read(raw: &RawConfig, kind: ChangeKind) -> Result<Self> {
        let (key, actions) = kind.about();
        let words: Vec<(&str, SchemaAction)> =
            actions.iter().map(|action| (action.name(), *action)).collect();
        let entries = raw.list("schema", key, |reader| {
            if let Some(action) = reader.word_alone(&words) {
                return Ok(Entry::Usual(action));
            }
            let table = reader.table_pattern()?;
            reader.expect(':')?;
            Ok(Entry::Exception(table, reader.word(&words)?))
        })?;
        let (mut usual, mut exceptions) = (None, Vec::new());
        for entry in entries {
            match entry {
                Entry::Usual(action) if usual.replace(action).is_some() => {
                    return Err(raw.bad("schema", key, "the action for all other tables is given twice"));
                }
                Entry::Usual(_) => {}
                Entry::Exception(table, action) => exceptions.push((table, action)),
            }
        }
        let default = super::keys::find("schema", key).and_then(|key| key.default).unwrap_or("stop");
        let default = words.iter().find(|(word, _)| *word == default).map_or(Stop, |(_, action)| *action);
        Ok(Self { usual: usual.unwrap_or(default), exceptions })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(keys: &str) -> Result<SchemaPolicies> {
        SchemaPolicies::read(&RawConfig::parse("t.ini", &format!("[schema]\n{keys}\n")).unwrap())
    }

    #[test]
    fn tables_have_actions_of_their_own() {
        let policies = read("drop_column = apply, crm.*:stop\nadd_column = crm.a:ignore").unwrap();
        let action = |kind, db: &str, table: &str| policies.action(kind, &TableName::new(db, table));
        assert_eq!(action(ChangeKind::DropColumn, "shop", "t"), Apply);
        assert_eq!(action(ChangeKind::DropColumn, "crm", "t"), Stop);
        assert_eq!(action(ChangeKind::AddColumn, "crm", "a"), Ignore);
        assert_eq!(action(ChangeKind::AddColumn, "crm", "b"), Apply);
        assert_eq!(action(ChangeKind::NarrowColumn, "crm", "b"), Stop);
        assert_eq!(action(ChangeKind::DropTable, "crm", "b"), Keep);
    }

    #[test]
    fn defaults_are_actions_of_their_kind() {
        for kind in ChangeKind::ALL {
            let (key, actions) = kind.about();
            let default = crate::config::keys::find("schema", key).unwrap().default.unwrap();
            assert!(actions.iter().any(|action| action.name() == default), "{key}");
        }
    }

    #[test]
    fn what_means_nothing_is_refused() {
        for (keys, expected) in [
            (
                "drop_column = ignore",
                "t.ini:2: [schema] drop_column: expected `.` at character 7 of `ignore`",
            ),
            (
                "drop_column = apply, keep",
                "t.ini:2: [schema] drop_column: the action for all other tables is given twice",
            ),
            (
                "widen_column = d.t:keep",
                "t.ini:2: [schema] widen_column: expected apply or stop at character 5 of `d.t:keep`",
            ),
        ] {
            assert_eq!(read(keys).unwrap_err().to_string(), expected);
        }
    }
}
