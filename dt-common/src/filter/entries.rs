//! What a list of `[filter]` says of tables, table by table.

use std::fmt::Display;

use crate::error::{Error, Result};
use crate::pattern::TablePattern;
use crate::schema::TableName;

/// The entries of a list, with the list's place for errors that only a look at the source can show.
#[derive(Debug, Clone)]
pub(super) struct Entries<T> {
    place: String,
    list: Vec<Entry<T>>,
}

/// One entry.
#[derive(Debug, Clone)]
pub(super) struct Entry<T> {
    /// The tables that it is about.
    pub(super) table: TablePattern,
    /// What it says of them.
    pub(super) says: T,
    /// How it is written.
    pub(super) text: String,
}

impl<T> Default for Entries<T> {
    fn default() -> Self {
        Self { place: String::new(), list: Vec::new() }
    }
}

impl<T> Entries<T> {
    /// An empty list has nothing to be said about, and no place.
    pub(super) fn new(place: String, list: Vec<Entry<T>>) -> Self {
        if list.is_empty() { Self::default() } else { Self { place, list } }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// What is said of a table.
    pub(super) fn of(&self, table: &TableName) -> impl Iterator<Item = &T> {
        self.list.iter().filter(|entry| entry.table.matches(table)).map(|entry| &entry.says)
    }

    /// An error about the list.
    pub(super) fn refuse(&self, what: impl Display) -> Error {
        Error::config(what.to_string()).at(&self.place)
    }

    /// The entries that are about none of the followed tables, in the sense of `fits`. Once a task has begun, a table may be gone that an entry
    /// names.
    ///
    /// # Errors
    /// A table that is named without wildcards and is not followed, unless the task `has_begun`.
    pub(super) fn unmatched<'a>(
        &'a self,
        tables: &[&TableName],
        has_begun: bool,
        fits: impl Fn(&Entry<T>, &TableName) -> bool,
    ) -> Result<Vec<&'a Entry<T>>> {
        let unknown = |entry: &&Entry<T>| entry.table.literal().is_some_and(|name| !tables.contains(&&name));
        if let Some(entry) = self.list.iter().find(unknown).filter(|_| !has_begun) {
            let text = &entry.text;
            return Err(
                self.refuse(format_args!("`{text}` names a table that is not followed or does not exist"))
            );
        }
        let fits_one =
            |entry: &Entry<T>| tables.iter().any(|name| entry.table.matches(name) && fits(entry, name));
        Ok(self.list.iter().filter(|entry| !fits_one(entry)).collect())
    }
}
