//! What a sequence of changes of one table comes to.
//!
//! Keyed tables: the last state of every key. A key change is the old key's delete and the new key's upsert. Keyless
//! tables: a multiset, in which an insert and a delete of equal rows cancel out.
//!
//! An image that leaves columns out is completed from the key's state so far. What is still missing then is in the target, so that the row
//! becomes a patch there; under a new key it would have to be moved, which is refused.
//!
//! Rows are found by hash and compared in place; no key is copied.

use std::hash::{BuildHasher, Hash, Hasher};
use std::sync::Arc;

use dt_common::batch::NetChanges;
use dt_common::error::{Error, Result};
use dt_common::row::{Row, RowChange, complete, is_partial};
use dt_common::schema::TableSchema;
use dt_common::value::ColValue;
use hashbrown::hash_table::Entry;
use hashbrown::{DefaultHashBuilder, HashTable};

/// The changes of one table so far.
pub(super) enum NetChange {
    Keyed(Keyed),
    Counted(Counted),
}

impl NetChange {
    pub(super) fn new(table: &Arc<TableSchema>) -> Self {
        if table.is_keyed() {
            Self::Keyed(Keyed {
                table: Arc::clone(table),
                states: Vec::new(),
                only_new: true,
                index: HashTable::new(),
                hasher: DefaultHashBuilder::default(),
                has_partial: false,
            })
        } else {
            Self::Counted(Counted {
                rows: Vec::new(),
                index: HashTable::new(),
                hasher: DefaultHashBuilder::default(),
            })
        }
    }

    /// Takes a change.
    ///
    /// # Errors
    /// A row without a key whose former image is missing; one that gets another key while columns of it are not known.
    pub(super) fn add(&mut self, change: RowChange) -> Result<()> {
        match self {
            Self::Keyed(keyed) => keyed.add(change),
            Self::Counted(counted) => counted.add(change),
        }
    }

    pub(super) fn finish(self) -> NetChanges {
        match self {
            Self::Keyed(keyed) => keyed.finish(),
            Self::Counted(counted) => counted.finish(),
        }
    }
}

/// The last state of every key.
pub(super) struct Keyed {
    table: Arc<TableSchema>,
    states: Vec<State>,
    /// Whether the first change of every key was its insert, and all of them are there.
    only_new: bool,
    index: HashTable<Place>,
    hasher: DefaultHashBuilder,
    /// Whether any state's row leaves columns out.
    has_partial: bool,
}

/// Where a row is, with its hash: an index that grows, and a look-up that misses, touch no row.
#[derive(Clone, Copy)]
struct Place {
    hash: u64,
    at: usize,
}

enum State {
    There(Row),
    Gone(Row),
}

impl State {
    fn row(&self) -> &Row {
        match self {
            Self::There(row) | Self::Gone(row) => row,
        }
    }
}

impl Keyed {
    fn add(&mut self, change: RowChange) -> Result<()> {
        match change {
            RowChange::Insert { after } => {
                let known = self.set(State::There(after));
                self.only_new &= !known;
            }
            RowChange::Rewrite { mut after } => {
                if is_partial(&after)
                    && let Some(State::There(known)) = self.state(&after)
                {
                    complete(&mut after, known);
                }
                let known = self.set(State::There(after));
                self.only_new &= known;
            }
            RowChange::Delete { before } => {
                self.only_new = false;
                self.set(State::Gone(before));
            }
            RowChange::Update { before, mut after } => {
                self.only_new = false;
                let displaced = self.is_displaced(&before);
                if is_partial(&after) {
                    match self.state(&before) {
                        Some(State::There(known)) if !displaced => complete(&mut after, known),
                        _ => {}
                    }
                    self.check_known(&after)?;
                }
                if !same_key(self.table.key_columns(), &before, &after) && !displaced {
                    self.set(State::Gone(before));
                }
                self.set(State::There(after));
            }
        }
        Ok(())
    }

    fn check_known(&self, row: &Row) -> Result<()> {
        if !is_partial(row) {
            return Ok(());
        }
        Err(Error::source(format!(
            "table {}: an update changes the key, and its row image leaves columns out that dt does not know: set \
             binlog_row_image = FULL (globally and in every session), and start the task with --resync and the \
             table's name, which copies it anew",
            self.table.name
        )))
    }

    /// Whether another row has taken this row's key already, as when one statement swaps two keys: then the key stays.
    fn is_displaced(&self, before: &Row) -> bool {
        match self.state(before) {
            Some(State::There(row)) => !agree(row, before),
            Some(State::Gone(_)) | None => false,
        }
    }

    fn state(&self, row: &Row) -> Option<&State> {
        self.find(row).map(|at| &self.states[at])
    }

    fn find(&self, row: &Row) -> Option<usize> {
        let (hash, key) = (self.hash(row), self.table.key_columns());
        let same = |place: &Place| place.hash == hash && same_key(key, self.states[place.at].row(), row);
        self.index.find(hash, same).map(|place| place.at)
    }

    /// Answers whether the key had a state before.
    fn set(&mut self, state: State) -> bool {
        self.has_partial |= matches!(&state, State::There(row) if is_partial(row));
        let (hash, key) = (self.hash(state.row()), self.table.key_columns());
        let same =
            |place: &Place| place.hash == hash && same_key(key, self.states[place.at].row(), state.row());
        match self.index.entry(hash, same, |place| place.hash) {
            Entry::Occupied(found) => {
                self.states[found.get().at] = state;
                true
            }
            Entry::Vacant(free) => {
                free.insert(Place { hash, at: self.states.len() });
                self.states.push(state);
                false
            }
        }
    }

    fn hash(&self, row: &Row) -> u64 {
        hash_key(&self.hasher, self.table.key_columns(), row)
    }

    fn finish(self) -> NetChanges {
        let (mut upserts, mut deletes, mut patches) = (Vec::new(), Vec::new(), Vec::new());
        for state in self.states {
            match state {
                State::There(row) if self.has_partial && is_partial(&row) => patches.push(row),
                State::There(row) => upserts.push(row),
                State::Gone(row) => deletes.push(row),
            }
        }
        if self.only_new && patches.is_empty() {
            return NetChanges::Inserted { rows: upserts };
        }
        NetChanges::Keyed { upserts, deletes, patches }
    }
}

/// Whether two images may be of the same row: what both hold is equal.
fn agree(one: &[ColValue], other: &[ColValue]) -> bool {
    let absent = |value: &ColValue| matches!(value, ColValue::Absent);
    one.iter().zip(other).all(|(a, b)| absent(a) || absent(b) || a == b)
}

fn same_key(key: &[usize], a: &[ColValue], b: &[ColValue]) -> bool {
    key.iter().all(|&column| a[column] == b[column])
}

fn hash_key(hasher: &DefaultHashBuilder, key: &[usize], row: &[ColValue]) -> u64 {
    let mut state = hasher.build_hasher();
    key.iter().for_each(|&column| row[column].hash(&mut state));
    state.finish()
}

/// How often every distinct row was added or, below zero, removed.
pub(super) struct Counted {
    rows: Vec<(Row, i64)>,
    index: HashTable<Place>,
    hasher: DefaultHashBuilder,
}

impl Counted {
    fn add(&mut self, change: RowChange) -> Result<()> {
        match change {
            RowChange::Rewrite { .. } => {
                return Err(Error::internal("a row without a key that keeps its key"));
            }
            RowChange::Insert { after } => self.count(after, 1),
            RowChange::Delete { before } => self.count(before, -1),
            RowChange::Update { before, after } => {
                self.count(before, -1);
                self.count(after, 1);
            }
        }
        Ok(())
    }

    fn count(&mut self, row: Row, copies: i64) {
        let hash = self.hasher.hash_one(&row);
        let same = |place: &Place| place.hash == hash && self.rows[place.at].0 == row;
        match self.index.entry(hash, same, |place| place.hash) {
            Entry::Occupied(found) => self.rows[found.get().at].1 += copies,
            Entry::Vacant(free) => {
                free.insert(Place { hash, at: self.rows.len() });
                self.rows.push((row, copies));
            }
        }
    }

    fn finish(self) -> NetChanges {
        let (mut inserts, mut deletes) = (Vec::new(), Vec::new());
        for (row, copies) in self.rows {
            match copies {
                0 => {}
                1 => inserts.push(row),
                2.. => inserts.extend(std::iter::repeat_n(row, copies as usize)),
                ..0 => deletes.push((row, copies.unsigned_abs())),
            }
        }
        NetChanges::Counted { inserts, deletes }
    }
}

#[cfg(test)]
mod tests;
