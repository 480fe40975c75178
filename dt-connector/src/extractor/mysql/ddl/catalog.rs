//! The definitions of the tables at the position that the stream has reached.

mod aside;
mod counts;
mod stored;
mod tables;
mod tools;

pub(crate) use counts::CountedTable;
pub(crate) use stored::{Known, of_database, of_table, scope_definition};

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use dt_common::batch::Definition;
use dt_common::config::{ChangeKind, MySqlExtractorConfig, SchemaPolicies};
use dt_common::error::Result;
use dt_common::filter::Filter;
use dt_common::schema::{SchemaChange, TableName};

use super::alter::AlterOp;
use super::apply::{Applied, Rules, apply};
use super::decide::{Judge, stopped};
use super::statement::{Change, Statement};
use super::{NotUnderstood, Understood};
use crate::extractor::mysql::definition::{FollowedTable, TableDefinition};
use crate::extractor::mysql::server::{Flavor, Server};

/// When a statement ran.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    /// Seconds since 1970.
    pub(crate) seconds: u32,
    /// Its text is no UTF-8: names and defaults in it may be others.
    pub(crate) garbled: bool,
}

/// Charsets of databases, for tables that name none.
#[derive(Debug, Clone, Default)]
pub(crate) struct Charsets(pub(crate) BTreeMap<String, String>);

/// What a statement does to the tables that the task knows.
#[derive(Debug, Default)]
pub(crate) struct Effect {
    /// What the sink has to bring about.
    pub(crate) changes: Vec<SchemaChange>,
    /// What a restart has to know.
    pub(crate) definitions: Vec<Definition>,
    /// Followed tables that are concerned, for messages; empty when nobody follows what is changed.
    pub(crate) concerned: Vec<TableName>,
}

/// The tables, by their names.
pub(crate) struct Catalog {
    tables: HashMap<TableName, TableDefinition>,
    /// Tables that are copied beside the stream: until that has ended, nothing here concerns them.
    aside: HashSet<TableName>,
    charsets: Charsets,
    filter: Arc<Filter>,
    policies: SchemaPolicies,
    flavor: Flavor,
    timestamps_take_null: bool,
    server_charset: String,
    /// Engine of tables that name none.
    server_engine: String,
    /// Names are kept in lower case.
    lowers_names: bool,
    /// Names are compared without case.
    folds_names: bool,
}

impl Catalog {
    /// A catalogue of these tables.
    pub(crate) fn new(
        tables: Vec<TableDefinition>,
        charsets: Charsets,
        filter: Arc<Filter>,
        policies: SchemaPolicies,
        server: &Server,
    ) -> Self {
        Self {
            tables: tables.into_iter().map(|table| (table.name.clone(), table)).collect(),
            aside: HashSet::new(),
            charsets,
            filter,
            policies,
            flavor: server.flavor,
            timestamps_take_null: server.is_on("explicit_defaults_for_timestamp"),
            server_charset: server.variable("character_set_server").to_owned(),
            server_engine: server.variable("default_storage_engine").to_owned(),
            lowers_names: server.variable("lower_case_table_names") == "1",
            folds_names: server.variable("lower_case_table_names") != "0",
        }
    }

    /// A catalogue for a stream that nobody follows any table of.
    pub(crate) fn of_nothing(server: &Server, config: &MySqlExtractorConfig) -> Self {
        let (filter, policies) = (Arc::new(Filter::nothing()), config.schema.clone());
        Self::new(Vec::new(), Charsets::default(), filter, policies, server)
    }

    /// The family of the source.
    pub(crate) fn flavor(&self) -> Flavor {
        self.flavor
    }

    /// Which tables and changes are followed.
    pub(crate) fn filter(&self) -> &Filter {
        &self.filter
    }

    /// The table in the views that rows are decoded with; `None` when nobody follows it.
    ///
    /// # Errors
    /// A column that cannot be left out.
    pub(crate) fn followed(&self, name: &TableName) -> Result<Option<FollowedTable>> {
        match self.tables.get(name).filter(|table| table.followed) {
            Some(table) => table.finish(&self.filter).map(Some),
            None => Ok(None),
        }
    }

    /// Whether the table is known and not followed now, although the filter matches it.
    pub(crate) fn passes_over(&self, name: &TableName) -> bool {
        self.aside.contains(name) || self.tables.get(name).is_some_and(|table| !table.followed)
    }

    /// The followed tables.
    pub(crate) fn names(&self) -> impl Iterator<Item = &TableName> {
        self.tables.values().filter(|table| table.followed).map(|table| &table.name)
    }

    /// Applies a statement. After an error the catalogue is not to be used any more.
    ///
    /// # Errors
    /// It changes a followed table in a way that is not understood, or that a policy stops at.
    pub(crate) fn apply(&mut self, statement: &Statement, moment: Moment) -> Result<Effect> {
        let mut effect = Effect::default();
        match &statement.change {
            Change::CreateTable { table, if_not_exists, from } => {
                self.create(self.named(table), *if_not_exists, from, moment, &mut effect)?;
            }
            Change::DropTables(names) => {
                for name in names {
                    self.drop(&self.named(name), ChangeKind::DropTable, statement.action, &mut effect)?;
                }
            }
            Change::Truncate(name) => self.truncate(self.named(name), &mut effect)?,
            Change::Rename(pairs) => self.rename(statement.action, pairs, &mut effect)?,
            Change::Alter { table, others, ops } => {
                let others: Vec<TableName> = others.iter().map(|name| self.named(name)).collect();
                self.alter(statement.action, self.named(table), &others, ops, moment, &mut effect)?;
            }
            Change::Database { db, is_new, charset } => {
                self.database(db, *is_new, charset.as_ref(), &mut effect)?
            }
            Change::DropDatabase(db) => {
                let mut names: Vec<TableName> =
                    self.tables.keys().filter(|name| name.db.eq_ignore_ascii_case(db)).cloned().collect();
                names.sort();
                for name in names {
                    self.drop(&name, ChangeKind::DropDatabase, statement.action, &mut effect)?;
                }
                if self.charsets.0.remove(db).is_some() {
                    effect.definitions.push(of_database(db, None));
                }
            }
        }
        Ok(effect)
    }

    /// The name as the server keeps it.
    fn named(&self, name: &TableName) -> TableName {
        if self.tables.contains_key(name) || self.aside.contains(name) || !self.folds_names {
            return name.clone();
        }
        if self.lowers_names {
            return TableName::new(name.db.to_lowercase(), name.table.to_lowercase());
        }
        let lower = |name: &TableName| (name.db.to_lowercase(), name.table.to_lowercase());
        let mut known = self.tables.keys().chain(&self.aside);
        known.find(|known| lower(known) == lower(name)).unwrap_or(name).clone()
    }

    fn is_followed(&self, name: &TableName) -> bool {
        match self.tables.get(name) {
            Some(table) => table.followed,
            None => self.wants(name) && !self.aside.contains(name),
        }
    }

    fn judge<'a>(&'a self, action: &'a str) -> Judge<'a> {
        Judge { policies: &self.policies, filter: &self.filter, action, by_tool: false }
    }

    fn altered(&self, table: &TableDefinition, ops: &[AlterOp], moment: Moment) -> Understood<Applied> {
        let ignored = |table: &TableName, column: &str| self.filter.ignored_columns().contains(table, column);
        let rules = Rules {
            flavor: self.flavor,
            timestamps_take_null: self.timestamps_take_null,
            moment,
            is_ignored: &ignored,
        };
        apply(table, ops, rules)
    }

    fn alter(
        &mut self,
        action: &'static str,
        name: TableName,
        others: &[TableName],
        ops: &Understood<Vec<AlterOp>>,
        moment: Moment,
        effect: &mut Effect,
    ) -> Result<()> {
        if self.aside.contains(&name) {
            return Ok(());
        }
        if self.tables.get(&name).is_some_and(|table| table.shadow.is_some()) {
            if let (Err(why), Some(other)) = (ops, others.iter().find(|other| self.is_followed(other))) {
                return Err(stopped(action, other, why));
            }
            let renamed = self.alter_shadow(&name, ops, moment, effect)?;
            return self.rename_by_alter(action, name, renamed, effect);
        }
        let touches_followed = self.is_followed(&name) || others.iter().any(|other| self.is_followed(other));
        let Some(before) = self.tables.get(&name).cloned() else {
            let lacks = NotUnderstood("the table, which dt has no definition of".into());
            return if touches_followed { Err(stopped(action, &name, &lacks)) } else { Ok(()) };
        };
        let applied = match ops.clone().and_then(|ops| self.altered(&before, &ops, moment)) {
            Ok(applied) => applied,
            Err(why) if touches_followed => return Err(stopped(action, &name, &why)),
            Err(_) => {
                self.tables.remove(&name);
                effect.definitions.push(Definition { table: name, text: None });
                return Ok(());
            }
        };
        let mut after = applied.table.clone();
        if before.followed {
            let judge = self.judge(action);
            effect
                .changes
                .extend(judge.alteration(&before, &mut after, &applied.origins)?.map(SchemaChange::Alter));
            effect.concerned.push(name.clone());
            if before.columns != after.columns {
                self.doubt_copies(&name, "whose table was altered in the meantime", effect)?;
            }
        }
        effect.definitions.push(of_table(&after)?);
        self.tables.insert(name.clone(), after);
        self.rename_by_alter(action, name, applied.renamed, effect)
    }

    fn rename_by_alter(
        &mut self,
        action: &str,
        name: TableName,
        renamed: Option<TableName>,
        effect: &mut Effect,
    ) -> Result<()> {
        match renamed.map(|to| self.named(&to)) {
            Some(to) if to != name => self.rename(action, &[(name, to)], effect),
            Some(_) | None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod tools_tests;
