//! What a sequence of changes of one table comes to.
//!
//! Keyed tables: the last state of every key. A key change is the old key's delete and the new key's upsert. Keyless
//! tables: a multiset, in which an insert and a delete of equal rows cancel out.
//!
//! An image that leaves columns out is completed from the key's state so far. What is still missing then is in the target, so that the row
//! becomes a patch there, and under a new key a move: from the key that the row had before the first of the changes. Where the target may be
//! ahead of the changes, nothing can be taken from it, and the change is refused.
//!
//! Rows are found by hash and compared in place; no key is copied.

use std::hash::{BuildHasher, Hash, Hasher};
use std::sync::Arc;

use dt_common::batch::{Move, NetChanges};
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
    /// There, and what the row leaves out is with the key that it had before all changes.
    Moved {
        row: Row,
        former: Row,
        is_vacated: bool,
    },
    Gone(Row),
}

impl State {
    /// The row, or the one that is gone.
    fn row(&self) -> &Row {
        match self {
            Self::There(row) | Self::Moved { row, .. } | Self::Gone(row) => row,
        }
    }

    fn there(&self) -> Option<&Row> {
        match self {
            Self::There(row) | Self::Moved { row, .. } => Some(row),
            Self::Gone(_) => None,
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
            RowChange::Rewrite { after } => {
                let state = if is_partial(&after) { self.rewritten(after) } else { State::There(after) };
                let known = self.set(state);
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
                    match self.state(&before).and_then(State::there) {
                        Some(known) if !displaced => complete(&mut after, known),
                        _ => {}
                    }
                    self.check_known(&after)?;
                }
                if !same_key(self.table.key_columns(), &before, &after) && !displaced {
                    self.set(State::Gone(before));
                }
                self.set(State::There(after));
            }
            RowChange::Move { before, after } => {
                self.only_new = false;
                self.move_row(before, after);
            }
        }
        Ok(())
    }

    /// A row that keeps its key, completed by what is known of it.
    fn rewritten(&self, mut after: Row) -> State {
        match self.state(&after) {
            Some(State::Moved { row, former, is_vacated }) => {
                complete(&mut after, row);
                match is_partial(&after) {
                    true => State::Moved { row: after, former: former.clone(), is_vacated: *is_vacated },
                    false => State::There(after),
                }
            }
            Some(State::There(known)) => {
                complete(&mut after, known);
                State::There(after)
            }
            Some(State::Gone(_)) | None => State::There(after),
        }
    }

    /// A row that gets another key: what nobody has named of it so far is with the first key that it had.
    fn move_row(&mut self, before: Row, mut after: Row) {
        let displaced = self.is_displaced(&before);
        let mut former = before.clone();
        match self.state(&before) {
            Some(State::There(known)) if !displaced => complete(&mut after, known),
            Some(State::Moved { row, former: first, .. }) if !displaced => {
                complete(&mut after, row);
                former.clone_from(first);
            }
            Some(_) | None => {}
        }
        if !displaced {
            self.set(State::Gone(before));
        }
        let is_back = same_key(self.table.key_columns(), &former, &after);
        let is_vacated = self.state(&after).is_some();
        self.set(match is_partial(&after) && !is_back {
            true => State::Moved { row: after, former, is_vacated },
            false => State::There(after),
        });
    }

    fn check_known(&self, row: &Row) -> Result<()> {
        if !is_partial(row) {
            return Ok(());
        }
        Err(Error::source(format!(
            "table {}: an update changes the key, and its row image leaves columns out that dt does not know, since it was made before the \
             copy of the table had ended: set binlog_row_image = FULL (globally and in every session), and start the task with --resync and \
             the table's name, which copies it anew",
            self.table.name
        )))
    }

    /// Whether another row has taken this row's key already, as when one statement swaps two keys: then the key stays.
    fn is_displaced(&self, before: &Row) -> bool {
        self.state(before).and_then(State::there).is_some_and(|row| !agree(row, before))
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
        self.has_partial |= state.there().is_some_and(|row| is_partial(row));
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
        let key = |row: &Row| only(self.table.key_columns(), row);
        let (mut upserts, mut deletes, mut patches, mut moves) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for state in self.states {
            match state {
                State::There(row) if self.has_partial && is_partial(&row) => patches.push(row),
                State::There(row) => upserts.push(row),
                State::Moved { row, former, is_vacated } => {
                    moves.push(Move { former: key(&former), row: key(&row), is_vacated });
                    patches.push(row);
                }
                State::Gone(row) => deletes.push(row),
            }
        }
        if self.only_new && patches.is_empty() {
            return NetChanges::Inserted { rows: upserts };
        }
        NetChanges::Keyed { upserts, deletes, patches, moves }
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

/// The row with nothing but these columns.
fn only(columns: &[usize], row: &[ColValue]) -> Row {
    let kept = |(i, value): (usize, &ColValue)| match columns.contains(&i) {
        true => value.clone(),
        false => ColValue::Absent,
    };
    row.iter().enumerate().map(kept).collect()
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
            RowChange::Rewrite { .. } | RowChange::Move { .. } => {
                return Err(Error::internal("a row without a key that keeps, or changes, its key"));
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
