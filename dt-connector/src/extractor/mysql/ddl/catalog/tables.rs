//! Tables and databases that come, go, are emptied or get another name.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use dt_common::batch::Definition;
use dt_common::config::{ChangeKind, SchemaAction};
use dt_common::error::Result;
use dt_common::schema::{SchemaChange, TableName};

use super::super::create::NewTable;
use super::super::decide::stopped;
use super::super::{Understood, not_understood};
use super::{Catalog, Effect, Moment, of_database, of_table};
use crate::extractor::mysql::definition::{Content, TableDefinition};

impl Catalog {
    pub(super) fn create(
        &mut self,
        name: TableName,
        if_not_exists: bool,
        from: &Understood<NewTable>,
        moment: Moment,
        effect: &mut Effect,
    ) -> Result<()> {
        const ACTION: &str = "CREATE TABLE";
        if !self.filter.follows_database(&name.db) || self.aside.contains(&name) {
            return Ok(());
        }
        let was_there = self.tables.contains_key(&name);
        if was_there && if_not_exists {
            return Ok(());
        }
        if was_there {
            self.drop(&name, ChangeKind::DropTable, ACTION, effect)?;
        }
        if let Some(of) = self.worked_on(&name) {
            return self.create_shadow(name, of, from, moment, effect);
        }
        self.doubt_copies(&name, "whose table was made anew in the meantime", effect)?;
        let matches = self.filter.follows(&name);
        let action = self.policies.action(ChangeKind::CreateTable, &name);
        if matches && action == SchemaAction::Stop {
            return Err(self.judge(ACTION).by_policy(ChangeKind::CreateTable, &name, "it is new"));
        }
        let follows = matches && action == SchemaAction::Apply;
        let table = from.clone().and_then(|from| self.new_table(&name, &from, follows, moment));
        let mut table = match table {
            Ok(table) => table,
            Err(why) if follows => return Err(stopped(ACTION, &name, &why)),
            // A table that is not known is passed over as long as nobody follows it.
            Err(_) => return Ok(()),
        };
        table.followed = follows;
        effect.definitions.push(of_table(&table)?);
        if follows {
            let schema = table.finish(&self.filter)?.schema;
            effect.changes.push(SchemaChange::CreateTable(schema));
            effect.concerned.push(name.clone());
        }
        self.tables.insert(name, table);
        Ok(())
    }

    pub(super) fn new_table(
        &self,
        name: &TableName,
        from: &NewTable,
        follows: bool,
        moment: Moment,
    ) -> Understood<TableDefinition> {
        let charset = self.charsets.0.get(&name.db).unwrap_or(&self.server_charset).clone();
        let empty = TableDefinition {
            engine: self.server_engine.clone(),
            ..TableDefinition::unknown(name.clone(), charset)
        };
        match from {
            NewTable::Own(ops) => self.altered(&empty, ops, moment).map(|applied| applied.table),
            NewTable::Like(other) => match self.tables.get(&self.named(other)) {
                Some(other) => {
                    let hides =
                        other.columns.iter().any(|column| !matches!(column.content, Content::Followed(_)));
                    if follows && hides {
                        return not_understood("LIKE a table of which columns are left out");
                    }
                    Ok(TableDefinition { name: name.clone(), shadow: None, ..other.clone() })
                }
                None => not_understood(format!("LIKE {other}, whose definition dt does not follow")),
            },
        }
    }

    pub(super) fn drop(
        &mut self,
        name: &TableName,
        kind: ChangeKind,
        action: &str,
        effect: &mut Effect,
    ) -> Result<()> {
        let Some(table) = self.tables.remove(name) else { return Ok(()) };
        effect.definitions.push(Definition { table: name.clone(), text: None });
        if let Some(shadow) = &table.shadow {
            return self.gives_up(shadow, action, effect);
        }
        if table.followed {
            if kind == ChangeKind::DropTable && self.makes_way(&table, effect)? {
                return Ok(());
            }
            let dropped = self.judge(action).drop_table(kind, name, || "it is dropped".to_owned())?;
            effect.changes.push(dropped);
            effect.concerned.push(name.clone());
        }
        Ok(())
    }

    pub(super) fn truncate(&mut self, name: TableName, effect: &mut Effect) -> Result<()> {
        if self.truncate_shadow(&name, effect)? || !self.is_followed(&name) {
            return Ok(());
        }
        match self.policies.action(ChangeKind::TruncateTable, &name) {
            SchemaAction::Apply => effect.changes.push(SchemaChange::Truncate(name.clone())),
            SchemaAction::Keep | SchemaAction::Ignore => {}
            SchemaAction::Stop => {
                return Err(self.judge("TRUNCATE TABLE").by_policy(
                    ChangeKind::TruncateTable,
                    &name,
                    "it is emptied",
                ));
            }
        }
        effect.concerned.push(name);
        Ok(())
    }

    /// Pairs one after the other, so that they may come to a permutation.
    pub(super) fn rename(
        &mut self,
        action: &str,
        pairs: &[(TableName, TableName)],
        effect: &mut Effect,
    ) -> Result<()> {
        // Which table, by its name before the statement, has each name that was touched; `None` for one that nobody has.
        let mut holders: BTreeMap<TableName, Option<TableName>> = BTreeMap::new();
        for (from, to) in pairs {
            let (from, to) = (self.named(from), self.named(to));
            let holder = holders.insert(from.clone(), None).unwrap_or(Some(from));
            holders.insert(to, holder);
        }
        let moves: Vec<(TableName, TableName)> = holders
            .iter()
            .filter_map(|(to, from)| Some((from.clone()?, to.clone())))
            .filter(|(from, to)| from != to)
            .collect();
        let follows: BTreeSet<TableName> =
            moves.iter().map(|(_, to)| to).filter(|to| self.wants(to)).cloned().collect();
        let mut taken: HashMap<TableName, TableDefinition> =
            moves.iter().filter_map(|(from, _)| Some((from.clone(), self.tables.remove(from)?))).collect();
        let is_left = |name: &&TableName| taken.contains_key(*name) && holders.get(*name) == Some(&None);
        let left = taken.keys().filter(is_left).map(|name| Definition { table: name.clone(), text: None });
        effect.definitions.extend(left);
        // A table that takes the name of one that is copied beside the stream leaves: the copy brings its rows.
        let (hidden, moves): (Vec<_>, Vec<_>) =
            moves.into_iter().partition(|(from, to)| self.aside.contains(from) || self.aside.contains(to));
        for (from, _) in hidden {
            if let Some(table) = taken.remove(&from) {
                self.tables.insert(from.clone(), table);
                self.drop(&from, ChangeKind::DropTable, action, effect)?;
            }
        }
        let moves = self.cut_overs(action, moves, &mut taken, &follows, effect)?;
        let moves = self.ways_made(moves, &mut taken, &follows, effect)?;
        let renamed = self.judge(action).renames(&moves, &taken, &follows)?;
        effect.changes.extend(renamed.changes);
        effect.concerned.extend(renamed.concerned);
        for (from, to) in moves {
            if let Some(mut table) = taken.remove(&from) {
                table.name.clone_from(&to);
                table.followed = renamed.followed.contains(&to);
                self.keep_shadow(&from, &mut table);
                effect.definitions.push(of_table(&table)?);
                self.tables.insert(to, table);
            }
        }
        Ok(())
    }

    pub(super) fn database(
        &mut self,
        db: &str,
        is_new: bool,
        charset: Option<&String>,
        effect: &mut Effect,
    ) -> Result<()> {
        if !self.filter.follows_database(db) {
            return Ok(());
        }
        let name = TableName::new(db, "");
        if is_new && !self.charsets.0.contains_key(db) {
            match self.policies.action(ChangeKind::CreateDatabase, &name) {
                SchemaAction::Apply => effect.changes.push(SchemaChange::CreateDatabase(db.to_owned())),
                SchemaAction::Ignore | SchemaAction::Keep => {}
                SchemaAction::Stop => {
                    return Err(self.judge("CREATE DATABASE").by_policy(
                        ChangeKind::CreateDatabase,
                        &name,
                        "it is new",
                    ));
                }
            }
            effect.concerned.push(name);
        }
        let known = self.charsets.0.get(db).filter(|_| !is_new);
        let charset = charset.or(known).unwrap_or(&self.server_charset).clone();
        effect.definitions.push(of_database(db, Some(&charset)));
        self.charsets.0.insert(db.to_owned(), charset);
        Ok(())
    }
}
