//! Which tables are copied beside the stream, when a task starts.
//!
//! A task stores the names that it follows ([`Scope`]). A table that they leave out and the filter matches now has come into the filter: it is
//! copied, whatever the part of the stream that is still to be read did to it. One that they match and the task does not know comes by that
//! part, by CREATE TABLE or RENAME TABLE, and is none to copy.

use std::collections::HashSet;
use std::sync::Arc;

use dt_common::batch::Definition;
use dt_common::config::{ChangeKind, ExtractType, MySqlExtractorConfig, SchemaAction};
use dt_common::error::{Error, Result};
use dt_common::filter::{Filter, Scope};
use dt_common::schema::{TableName, TableSchema};
use tracing::info;

use crate::extractor::mysql::ddl::{Catalog, Known, of_database, of_table, scope_definition};
use crate::extractor::mysql::definition::{Copying, TableDefinition};
use crate::extractor::mysql::schema::{SourceTables, stored_tables};

/// What is copied beside the stream.
#[derive(Debug, Clone, Default)]
pub(crate) struct Beside {
    /// The tables, as they are known.
    pub(crate) tables: Vec<TableDefinition>,
    /// What of it is to be stored.
    pub(crate) untold: Vec<Definition>,
}

impl Beside {
    /// The tables as everybody else sees them.
    ///
    /// # Errors
    /// A column that cannot be left out.
    pub(crate) fn schemas(&self, filter: &Filter) -> Result<Vec<Arc<TableSchema>>> {
        self.tables.iter().map(|table| Ok(table.finish(filter)?.schema)).collect()
    }
}

/// What a start finds, from its first look on.
pub(crate) struct Found<'a> {
    /// The tables that are followed, those to copy included until [`Found::parted`].
    pub(crate) source: SourceTables,
    filter: &'a Filter,
    /// Tables that the user wants to be copied.
    resync: &'a [TableName],
    /// Tables in the middle of being copied.
    begun: Vec<TableDefinition>,
    /// Tables to copy.
    wanted: Vec<TableName>,
    /// What the task has followed so far, when the filter is another one now.
    former: Option<Scope>,
    /// Tables that a policy has left out so far.
    passed_over: HashSet<TableName>,
    untold: Vec<Definition>,
    is_first: bool,
}

impl<'a> Found<'a> {
    /// At a task's first start: all that the source has. What is copied at the beginning anyway is not copied twice.
    ///
    /// # Errors
    /// A table to copy that the task does not follow.
    pub(crate) fn first(
        source: SourceTables,
        filter: &'a Filter,
        config: &'a MySqlExtractorConfig,
        kind: ExtractType,
    ) -> Result<Self> {
        let mut untold = Catalog::stored(&source.definitions, &source.charsets)?;
        untold.push(scope_definition(filter.scope())?);
        let mut found = Self { is_first: true, ..Self::new(source, filter, config, untold) };
        found.check_resync(&found.source)?;
        if kind == ExtractType::Cdc {
            found.wanted = found.resync.to_vec();
        }
        Ok(found)
    }

    /// Later: what is stored, as far as today's filter follows it.
    ///
    /// # Errors
    /// A column that was left out and is not any more.
    pub(crate) fn again(
        known: Known,
        filter: &'a Filter,
        config: &'a MySqlExtractorConfig,
        kind: ExtractType,
    ) -> Result<Self> {
        let Known { tables, charsets, scope } = known;
        let follows_stream = matches!(kind, ExtractType::Cdc | ExtractType::SnapshotAndCdc);
        let untold = match scope.as_ref() == Some(filter.scope()) {
            true => Vec::new(),
            false => vec![scope_definition(filter.scope())?],
        };
        let former = scope.filter(|former| follows_stream && former != filter.scope());
        let comes = |table: &TableDefinition| comes(filter, former.as_ref(), &table.name);
        let (mut begun, mut definitions): (Vec<_>, Vec<_>) =
            tables.into_iter().partition(|table| table.copying.is_some());
        begun.retain(|table| filter.follows(&table.name) && !comes(table));
        definitions.retain(|table| !comes(table));
        let is_passed_over = |table: &&TableDefinition| {
            let action = || config.schema.action(ChangeKind::CreateTable, &table.name);
            follows_stream
                && !table.followed
                && filter.follows(&table.name)
                && action() != SchemaAction::Ignore
        };
        let passed_over = definitions.iter().filter(is_passed_over).map(|table| table.name.clone()).collect();
        let source = stored_tables(definitions, charsets, filter, &config.schema)?;
        Ok(Self { begun, former, passed_over, ..Self::new(source, filter, config, untold) })
    }

    fn new(
        source: SourceTables,
        filter: &'a Filter,
        config: &'a MySqlExtractorConfig,
        untold: Vec<Definition>,
    ) -> Self {
        Self {
            source,
            filter,
            resync: &config.resync,
            begun: Vec::new(),
            wanted: Vec::new(),
            former: None,
            passed_over: HashSet::new(),
            untold,
            is_first: false,
        }
    }

    /// Whether [`Found::meet`] is to be told what the source has today.
    pub(crate) fn asks(&self) -> bool {
        self.former.is_some() || !self.passed_over.is_empty() || !self.resync.is_empty()
    }

    /// Adds the tables that have come into the filter since, and that the user names.
    ///
    /// # Errors
    /// A table to copy that the task does not follow, or that is not on the source.
    pub(crate) fn meet(&mut self, today: SourceTables) -> Result<()> {
        self.check_resync(&today)?;
        let former = self.former.as_ref();
        let is_new = |db: &str| former.is_some_and(|former| !former.follows_database(db));
        for (db, charset) in today.charsets.0.iter().filter(|(db, _)| is_new(db)) {
            self.untold.push(of_database(db, Some(charset)));
            self.source.charsets.0.insert(db.clone(), charset.clone());
        }
        let is_begun = |name: &TableName| self.begun.iter().any(|table| table.name == *name);
        let named: Vec<TableName> = self.resync.iter().filter(|name| !is_begun(name)).cloned().collect();
        let added = self.source.add(today, |name| {
            comes(self.filter, former, name) || self.passed_over.contains(name) || named.contains(name)
        });
        self.wanted = named.into_iter().filter(|name| !added.contains(name)).collect();
        self.wanted.extend(added);
        Ok(())
    }

    /// The tables that are followed, those that are copied beside, and what of the former is to be stored.
    ///
    /// # Errors
    /// A defect: a definition that is no JSON.
    pub(crate) fn parted(self) -> Result<(SourceTables, Beside, Vec<Definition>)> {
        let Self { mut source, begun, wanted, mut untold, is_first, .. } = self;
        let mut beside = Beside::default();
        for name in wanted {
            let Some(table) = source.take(&name) else { continue };
            let table = TableDefinition { copying: Some(Copying::Wanted), ..table };
            beside.untold.push(of_table(&table)?);
            beside.tables.push(table);
        }
        beside.tables.extend(begun);
        untold.retain(|told| beside.untold.iter().all(|wanted| wanted.table != told.table));
        // At once: a filter that is stored before the tables that have come by it would lose them.
        if is_first {
            untold.append(&mut beside.untold);
        } else if !beside.untold.is_empty() {
            beside.untold.append(&mut untold);
        }
        Ok((source, beside, untold))
    }

    fn check_resync(&self, today: &SourceTables) -> Result<()> {
        for name in self.resync {
            if self.begun.iter().any(|table| table.name == *name) {
                info!(table = %name, "the table is being copied anew already");
            } else if today.schemas().all(|table| table.name != *name) {
                return Err(Error::config(format!(
                    "--resync: the task follows no table {name}; name one that [filter] matches and the source has, in the source's spelling"
                )));
            }
        }
        Ok(())
    }
}

/// Whether a table has come into the filter.
fn comes(filter: &Filter, former: Option<&Scope>, name: &TableName) -> bool {
    filter.follows(name) && former.is_some_and(|former| !former.follows(name))
}
