//! Which tables, changes and statements of the stream matter to the task.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use dt_common::batch::Definition;
use dt_common::error::{Error, Result};
use dt_common::item::ChunkMark;
use dt_common::position::BinlogPosition;
use dt_common::row::RowChange;
use dt_common::schema::{SchemaChange, TableName, TableSchema};

use super::image::TablePlan;
use super::rows::Change;
use super::table_map::TableMap;
use crate::extractor::mysql::ddl::{self, Catalog, CountedTable, Effect, Moment};
use crate::extractor::mysql::definition::{FollowedTable, TableDefinition};
use crate::extractor::mysql::server::Flavor;

/// What the stream meets in the target, because a copy has read behind the place where the stream begins.
#[derive(Debug, Default)]
pub(crate) struct Overlap {
    /// For tables whose copies hold all changes up to a place: those changes are left out.
    pub(crate) left_out: HashMap<TableName, BinlogPosition>,
    /// Up to where changes of the others may be in their copies. Those come again.
    pub(crate) repeated: Option<BinlogPosition>,
}

/// The followed tables with their schemas.
pub(super) struct Followed {
    catalog: Catalog,
    /// The tables of the catalogue that were mapped.
    tables: HashMap<TableName, FollowedTable>,
    overlap: Overlap,
    /// MariaDB logs a sequence like a table of one row.
    sequences: HashSet<TableName>,
    /// What is told of each transaction when the stream is read again for copies beside it.
    replay: Option<Arc<[ChunkMark]>>,
    /// Tables of a replay that were altered, and are of no use to it from there.
    altered: Vec<TableName>,
    /// What the open transaction has done to the tables of online schema change tools.
    tallies: BTreeMap<TableName, Tally>,
}

/// What a transaction has done to the table of a tool.
#[derive(Debug, Default)]
struct Tally {
    rows: i64,
    doubt: Option<String>,
}

/// What a table map stands for.
#[derive(Debug, Clone)]
pub(super) enum Mapping {
    /// Nobody follows the table.
    Ignored,
    /// Its rows are decoded.
    Known(Arc<TablePlan>),
    /// A tool fills the table: its rows are counted.
    Counted(Arc<TablePlan>),
    /// The filter follows it but the task has no schema of it.
    Unknown(Arc<TableName>),
}

impl Followed {
    pub(super) fn new(catalog: Catalog, overlap: Overlap) -> Self {
        Self {
            catalog,
            tables: HashMap::new(),
            overlap,
            sequences: HashSet::new(),
            replay: None,
            altered: Vec::new(),
            tallies: BTreeMap::new(),
        }
    }

    /// The same for a replay: what is told are the rows of its tables, and these marks. A table that is altered is passed over from
    /// there.
    pub(super) fn replayed(self, marks: Arc<[ChunkMark]>) -> Self {
        Self { replay: Some(marks), ..self }
    }

    /// The marks of the replay; `None` for the task's own stream.
    pub(super) fn replay(&self) -> Option<&Arc<[ChunkMark]>> {
        self.replay.as_ref()
    }

    /// Tables of a replay that were altered.
    pub(super) fn altered(&self) -> &[TableName] {
        &self.altered
    }

    /// Passes tables over until they are taken in.
    pub(super) fn set_aside<'a>(&mut self, names: impl IntoIterator<Item = &'a TableName>) {
        for name in names {
            self.tables.remove(name);
            self.catalog.set_aside(name);
        }
    }

    /// Follows a table behind `from`, up to where its copy holds all changes.
    pub(super) fn take_in(&mut self, table: TableDefinition, from: BinlogPosition) {
        self.overlap.left_out.insert(table.name.clone(), from);
        self.catalog.take_in(table);
    }

    /// What a table map stands for.
    ///
    /// # Errors
    /// The table is followed and its schema does not fit.
    pub(super) fn mapping(&mut self, map: &TableMap<'_>) -> Result<Mapping> {
        let name = TableName::new(String::from_utf8_lossy(map.db), String::from_utf8_lossy(map.table));
        if !self.tables.contains_key(&name)
            && let Some(table) = self.catalog.followed(&name)?
        {
            self.tables.insert(name.clone(), table);
        }
        match self.tables.get(&name) {
            Some(table) => match TablePlan::new(table, map) {
                Ok(plan) => Ok(Mapping::Known(Arc::new(plan))),
                Err(e) => Err(e.at(format_args!("table {name}"))),
            },
            None if let Some(counted) = self.catalog.counted(&name) => Ok(self.counting(&name, counted, map)),
            None if self.sequences.contains(&name) || self.catalog.passes_over(&name) => Ok(Mapping::Ignored),
            None if self.catalog.wants(&name) => Ok(Mapping::Unknown(Arc::new(name))),
            None => Ok(Mapping::Ignored),
        }
    }

    /// The table of a tool. Whatever does not fit is a doubt in it, no error: nobody may ever want it.
    fn counting(&mut self, name: &TableName, table: Result<CountedTable>, map: &TableMap<'_>) -> Mapping {
        let plan = table.and_then(|table| {
            TablePlan::new(&table.defined, map)?;
            TablePlan::new(&table.counted, map)
        });
        match plan {
            Ok(plan) => Mapping::Counted(Arc::new(plan)),
            Err(error) => {
                self.doubt(name, &format!("whose definition the binlog does not confirm ({error})"));
                Mapping::Ignored
            }
        }
    }

    /// The table of a tool has so many rows more.
    pub(super) fn tally(&mut self, name: &TableName, rows: i64) {
        match self.tallies.get_mut(name) {
            _ if rows == 0 => {}
            Some(tally) => tally.rows += rows,
            None => drop(self.tallies.insert(name.clone(), Tally { rows, doubt: None })),
        }
    }

    /// The number of rows of a tool's table is not known any more.
    pub(super) fn doubt(&mut self, name: &TableName, why: &str) {
        self.tallies.entry(name.clone()).or_default().doubt.get_or_insert_with(|| why.to_owned());
    }

    /// The same of every table of a tool that the open transaction has changed.
    pub(super) fn doubt_tallied(&mut self, why: &str) {
        for tally in self.tallies.values_mut() {
            tally.doubt.get_or_insert_with(|| why.to_owned());
        }
    }

    /// The open transaction is void.
    pub(super) fn forget_tallies(&mut self) {
        self.tallies.clear();
    }

    /// The open transaction ends: what a restart has to know of the tables of tools that it has changed.
    ///
    /// # Errors
    /// A defect: a definition that is no JSON.
    pub(super) fn settle_tallies(&mut self) -> Result<Vec<Definition>> {
        let tallies = std::mem::take(&mut self.tallies).into_iter();
        tallies
            .filter_map(|(name, tally)| {
                self.catalog.tally(&name, tally.rows, tally.doubt.as_deref()).transpose()
            })
            .collect()
    }

    /// Moves the definitions behind a statement.
    ///
    /// # Errors
    /// The task stops at the statement.
    pub(super) fn change(&mut self, statement: &ddl::Statement, moment: Moment) -> Result<Effect> {
        if self.replay.is_some() {
            let altered = self.catalog.altered_by(statement, moment);
            self.set_aside(&altered);
            self.altered.extend(altered);
            return Ok(Effect::default());
        }
        self.tables.clear();
        let effect = self.catalog.apply(statement, moment)?;
        let renames = effect.changes.iter().filter_map(SchemaChange::rename);
        let renamed =
            renames.filter_map(|(from, to)| Some((to.clone(), self.overlap.left_out.remove(from)?)));
        // All at once: tables may exchange their names.
        let renamed: Vec<_> = renamed.collect();
        self.overlap.left_out.extend(renamed);
        Ok(effect)
    }

    /// The family of the source.
    pub(super) fn flavor(&self) -> Flavor {
        self.catalog.flavor()
    }

    /// Sequences of the source, which are no tables to follow.
    pub(super) fn know_sequences(&mut self, names: impl IntoIterator<Item = TableName>) {
        self.sequences.extend(names);
    }

    /// Whether changes of this kind are followed.
    pub(super) fn follows_change(&self, change: Change) -> bool {
        self.catalog.filter().follows_change(&match change {
            Change::Insert => RowChange::Insert { after: Box::new([]) },
            Change::Update => RowChange::Update { before: Box::new([]), after: Box::new([]) },
            Change::Delete => RowChange::Delete { before: Box::new([]) },
        })
    }

    /// Whether the table's snapshot already holds what was written up to `at`.
    pub(super) fn is_copied(&self, table: &TableName, at: impl FnOnce() -> BinlogPosition) -> bool {
        let views = &self.overlap.left_out;
        !views.is_empty() && views.get(table).is_some_and(|view| view.has_reached(&at()))
    }

    /// Whether the target may hold, of a table with a key, what was written at `at` or later. What another server's copy holds is not known,
    /// nor how much of a replay's.
    pub(super) fn is_repeated(&self, at: &BinlogPosition) -> bool {
        self.replay.is_some()
            || self
                .overlap
                .repeated
                .as_ref()
                .is_some_and(|end| end.server != at.server || end.has_reached(at))
    }

    /// Drops views that the stream starts behind, and checks that the others are of this server.
    ///
    /// # Errors
    /// A view is of another server, where file and offset mean nothing.
    pub(super) fn start_at(&mut self, from: Option<&BinlogPosition>, server: &str) -> Result<()> {
        if let Some(from) = from {
            let is_ahead = |view: &BinlogPosition| view.server != from.server || !from.has_reached(view);
            self.overlap.left_out.retain(|_, view| is_ahead(view));
            self.overlap.repeated = self.overlap.repeated.take().filter(is_ahead);
        }
        match self.overlap.left_out.iter().find(|(_, view)| &*view.server != server) {
            None => Ok(()),
            Some((table, view)) => Err(Error::source(format!(
                "table {table} was copied from server {}, this is server {server}: connect to the former \
                 until the task has caught up, or copy the table anew",
                view.server
            ))),
        }
    }

    /// The definition of a table that is followed.
    ///
    /// # Errors
    /// One that does not fit.
    pub(super) fn schema(&self, name: &TableName) -> Result<Option<Arc<TableSchema>>> {
        Ok(self.catalog.followed(name)?.map(|table| table.schema))
    }

    /// The followed table of this name. Statements may spell it in another case where the server ignores case.
    pub(super) fn known(&self, name: &TableName) -> Option<&TableName> {
        let same = |known: &&TableName| {
            known.db.eq_ignore_ascii_case(&name.db) && known.table.eq_ignore_ascii_case(&name.table)
        };
        self.catalog.names().find(same)
    }
}
