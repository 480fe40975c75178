//! Answers of a side, added up row by row as they come. Pure.
//!
//! The cells of an answer, which both sides give alike:
//!
//! | question | cells |
//! |---|---|
//! | digests | bucket, rows, sum of hashes (in two parts, the second in units of 2^32, where a sum does not fit one number) |
//! | digests, with texts that travel | bucket, hash, texts |
//! | rows with a key | key columns, hash, texts that travel |
//! | rows without a key | hash, rows; with texts that travel hash, texts |
//! | texts | key columns, hash, text of every column |

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{DefaultHasher, Hasher};
use std::str::FromStr;

use dt_common::error::{Error, Result};

use super::{ComparedTable, Digest, RowMark, RowTexts};

/// One row of an answer.
pub type Cells = Vec<Option<String>>;

/// The digests of a slice.
#[derive(Debug)]
pub struct Digests<'a> {
    table: &'a ComparedTable,
    digests: BTreeMap<u64, Digest>,
}

impl<'a> Digests<'a> {
    /// None yet.
    pub fn new(table: &'a ComparedTable) -> Self {
        Self { table, digests: BTreeMap::new() }
    }

    /// Takes a row of the answer.
    ///
    /// # Errors
    /// A row of another form: a defect of dt.
    pub fn take(&mut self, row: Cells) -> Result<()> {
        let digest = self.digests.entry(number(row.first(), "bucket")?).or_default();
        if !self.table.is_pushed() {
            digest.add(mix(self.table, number(row.get(1), "hash")?, &row[2..]));
            return Ok(());
        }
        let high: u128 = if row.len() > 3 { number(row.get(3), "sum")? } else { 0 };
        digest.rows = number(row.get(1), "number of rows")?;
        digest.sum = number::<u128>(row.get(2), "sum")? + (high << 32);
        Ok(())
    }

    /// The digests by bucket.
    pub fn done(self) -> BTreeMap<u64, Digest> {
        self.digests
    }
}

/// The rows of a slice.
#[derive(Debug)]
pub struct Rows<'a> {
    table: &'a ComparedTable,
    marks: Vec<RowMark>,
    /// Equal rows by their hash: how many, and the pushed part of the hash.
    copies: HashMap<u64, (u64, u64)>,
}

impl<'a> Rows<'a> {
    /// None yet.
    pub fn new(table: &'a ComparedTable) -> Self {
        Self { table, marks: Vec::new(), copies: HashMap::new() }
    }

    /// Takes a row of the answer.
    ///
    /// # Errors
    /// A row of another form: a defect of dt.
    pub fn take(&mut self, mut row: Cells) -> Result<()> {
        let rest = row.split_off(self.table.schema.key_columns().len());
        let hash = number(rest.first(), "hash")?;
        if self.table.schema.is_keyed() {
            let whole = mix(self.table, hash, &rest[1..]);
            self.marks.push(RowMark { key: texts(row), hash: whole, pushed: hash, copies: 1 });
            return Ok(());
        }
        let (whole, more) = match self.table.is_pushed() {
            true => (hash, number::<u64>(rest.get(1), "number of rows")?),
            false => (mix(self.table, hash, &rest[1..]), 1),
        };
        self.copies.entry(whole).or_insert((0, hash)).0 += more;
        Ok(())
    }

    /// The rows.
    pub fn done(mut self) -> Vec<RowMark> {
        let counted = self.copies.into_iter();
        self.marks.extend(counted.map(|(hash, (copies, pushed))| RowMark {
            key: Vec::new(),
            hash,
            pushed,
            copies,
        }));
        self.marks
    }
}

/// Rows in full, of which only those are kept that are wanted.
#[derive(Debug)]
pub struct Texts<'a> {
    table: &'a ComparedTable,
    keys: HashSet<&'a [String]>,
    hashes: HashSet<u64>,
    found: Vec<RowTexts>,
}

impl<'a> Texts<'a> {
    /// None found yet.
    pub fn new(table: &'a ComparedTable, wanted: &'a [RowMark]) -> Self {
        let keys = wanted.iter().map(|mark| mark.key.as_slice()).collect();
        let hashes = wanted.iter().map(|mark| mark.hash).collect();
        Self { table, keys, hashes, found: Vec::new() }
    }

    /// Takes a row of the answer.
    ///
    /// # Errors
    /// A row of another form: a defect of dt.
    pub fn take(&mut self, mut row: Cells) -> Result<()> {
        let mut rest = row.split_off(self.table.schema.key_columns().len());
        let key = texts(row);
        if !self.keys.contains(key.as_slice()) {
            return Ok(());
        }
        let all = rest.split_off(1);
        let forms = self.table.forms.iter().zip(&all);
        let travelled: Cells =
            forms.filter(|(form, _)| !form.is_pushed()).map(|(_, text)| text.clone()).collect();
        let pushed = number(rest.first(), "hash")?;
        let hash = mix(self.table, pushed, &travelled);
        if self.table.schema.is_keyed() || self.hashes.remove(&hash) {
            self.found.push(RowTexts { mark: RowMark { key, hash, pushed, copies: 1 }, texts: all });
        }
        Ok(())
    }

    /// What was found.
    pub fn done(self) -> Vec<RowTexts> {
        self.found
    }
}

/// The number in a cell.
///
/// # Errors
/// There is none: a defect of dt.
pub fn number<T: FromStr>(cell: Option<&Option<String>>, what: &str) -> Result<T> {
    let parsed = cell.and_then(|cell| cell.as_deref()).and_then(|text| text.parse().ok());
    parsed.ok_or_else(|| Error::internal(format!("a comparison's answer holds no {what}")))
}

/// A key column is never NULL at the source; in the target NULL may be, and is no key that the source has.
fn texts(key: Cells) -> Vec<String> {
    key.into_iter().map(|text| text.unwrap_or_else(|| "\0".to_owned())).collect()
}

/// The hash of a row, of which `pushed` is the part that the engine has computed.
fn mix(table: &ComparedTable, pushed: u64, travelled: &[Option<String>]) -> u64 {
    if travelled.is_empty() {
        return pushed;
    }
    let forms = table.forms.iter().filter(|form| !form.is_pushed());
    let mut hasher = DefaultHasher::new();
    hasher.write_u64(pushed);
    for (form, text) in forms.zip(travelled) {
        hasher.write_u8(u8::from(text.is_some()));
        hasher.write(form.evened(text.as_deref().unwrap_or_default()).as_bytes());
        hasher.write_u8(0xff);
    }
    hasher.finish()
}
