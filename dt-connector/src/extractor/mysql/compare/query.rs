//! The questions of a comparison as MySQL and MariaDB understand them. Pure.

use dt_common::repair::RowNames;

use super::expression::{has_key, plain, row_hash, row_number};
use crate::compare::{Buckets, ComparedTable, Residues, RowMark, Slice};
use crate::extractor::mysql::literal::{identifier, quote};

/// Least and greatest value of the key's first column.
pub(super) fn extent(table: &ComparedTable) -> String {
    let first = first_key(table);
    format!("SELECT CAST(MIN({first}) + 0 AS CHAR), CAST(MAX({first}) + 0 AS CHAR) FROM {}", from(table))
}

/// Rows by the statistics.
pub(super) fn estimate(table: &ComparedTable) -> String {
    let name = &table.schema.name;
    format!(
        "SELECT TABLE_ROWS FROM information_schema.TABLES WHERE TABLE_SCHEMA = {} AND TABLE_NAME = {}",
        quote(&name.db),
        quote(&name.table)
    )
}

/// Bucket, rows and sum of hashes; where texts travel, bucket, hash and texts of each row.
pub(super) fn digests(table: &ComparedTable, slice: &Slice, buckets: Buckets) -> String {
    let bucket = match buckets {
        Buckets::Width(width) => {
            let begin = slice.range.as_ref().map_or(0, |range| *range.start());
            format!("({} - ({begin})) DIV {width}", first_key(table))
        }
        Buckets::Modulus(1) => "0".to_owned(),
        Buckets::Modulus(modulus) => format!("{} % {modulus}", row_number(table)),
    };
    let (hash, filter) = (row_hash(table), filter(table, slice));
    let from = from(table);
    if table.is_pushed() {
        return format!("SELECT {bucket} AS dt_b, COUNT(*), SUM({hash}) FROM {from}{filter} GROUP BY dt_b");
    }
    format!("SELECT {bucket}, {hash}{} FROM {from}{filter}", unpushed(table))
}

/// Key, hash and the texts that travel; without a key hash and number of equal rows, or hash and texts.
pub(super) fn rows(table: &ComparedTable, slice: &Slice) -> String {
    let (from, filter, hash) = (from(table), filter(table, slice), row_hash(table));
    if !table.schema.is_keyed() && table.is_pushed() {
        return format!("SELECT {hash} AS dt_h, COUNT(*) FROM {from}{filter} GROUP BY dt_h");
    }
    format!("SELECT {}{hash}{} FROM {from}{filter}", key(table), unpushed(table))
}

/// Key, hash and every column's text of the rows with these names.
pub(super) fn texts(table: &ComparedTable, marks: &[RowMark]) -> String {
    let columns = table.schema.columns.iter().zip(&table.forms);
    let texts: Vec<String> = columns.map(|(column, form)| plain(column, *form)).collect();
    let hash = row_hash(table);
    let filter = if table.schema.is_keyed() {
        keys(table, marks.iter().map(|mark| mark.key.as_slice()))
    } else if table.is_pushed() {
        hashes(table, marks.iter().map(|mark| mark.hash))
    } else {
        "TRUE".to_owned()
    };
    format!("SELECT {}{hash}, {} FROM {} WHERE {filter}", key(table), texts.join(", "), from(table))
}

/// That a row has one of these names.
pub(crate) fn named(table: &ComparedTable, names: &RowNames) -> String {
    match names {
        RowNames::Keys(list) => keys(table, list.iter().map(Vec::as_slice)),
        RowNames::Hashes(list) => hashes(table, list.iter().copied()),
    }
}

/// The keys among these that there are, a column of the answer for each of theirs.
pub(crate) fn keys_there(table: &ComparedTable, names: &RowNames) -> String {
    let key = key(table);
    format!("SELECT {} FROM {} WHERE {}", key.trim_end_matches(", "), from(table), named(table, names))
}

fn keys<'a>(table: &ComparedTable, keys: impl Iterator<Item = &'a [String]>) -> String {
    keys.map(|key| format!("({})", has_key(table, key))).collect::<Vec<_>>().join(" OR ")
}

fn hashes(table: &ComparedTable, hashes: impl Iterator<Item = u64>) -> String {
    let hashes: Vec<String> = hashes.map(|hash| hash.to_string()).collect();
    format!("{} IN ({})", row_hash(table), hashes.join(", "))
}

fn key(table: &ComparedTable) -> String {
    let columns = table.schema.key_columns().iter();
    columns.map(|&at| format!("{}, ", plain(&table.schema.columns[at], table.forms[at]))).collect()
}

fn unpushed(table: &ComparedTable) -> String {
    let columns = table.schema.columns.iter().zip(&table.forms);
    columns
        .filter(|(_, form)| !form.is_pushed())
        .map(|(column, form)| format!(", {}", plain(column, *form)))
        .collect()
}

fn from(table: &ComparedTable) -> String {
    let name = &table.schema.name;
    format!("{}.{}", identifier(&name.db), identifier(&name.table))
}

fn first_key(table: &ComparedTable) -> String {
    let first = table.schema.key_columns().first();
    first.map_or(String::new(), |&at| identifier(&table.schema.columns[at].name))
}

fn filter(table: &ComparedTable, slice: &Slice) -> String {
    let range = slice
        .range
        .as_ref()
        .map(|range| format!("{} BETWEEN {} AND {}", first_key(table), range.start(), range.end()));
    let residues = slice.residues.as_ref().map(|Residues { modulus, chosen }| {
        let chosen: Vec<String> = chosen.iter().map(u32::to_string).collect();
        format!("{} % {modulus} IN ({})", row_number(table), chosen.join(", "))
    });
    let parts: Vec<String> = table.condition.iter().cloned().chain(range).chain(residues).collect();
    if parts.is_empty() { String::new() } else { format!(" WHERE {}", parts.join(" AND ")) }
}
