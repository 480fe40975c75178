//! The questions of a comparison as MySQL and MariaDB understand them. Pure.

use super::expression::{has_key, plain, row_hash, row_number};
use crate::compare::{Buckets, ComparedTable, Residues, RowMark, Slice};
use crate::extractor::mysql::literal::identifier;

/// Least and greatest value of the key's first column.
pub(super) fn extent(table: &ComparedTable) -> String {
    let first = first_key(table);
    format!("SELECT CAST(MIN({first}) + 0 AS CHAR), CAST(MAX({first}) + 0 AS CHAR) FROM {}", from(table))
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
        marks.iter().map(|mark| format!("({})", has_key(table, &mark.key))).collect::<Vec<_>>().join(" OR ")
    } else if table.is_pushed() {
        let hashes: Vec<String> = marks.iter().map(|mark| mark.hash.to_string()).collect();
        format!("{hash} IN ({})", hashes.join(", "))
    } else {
        "TRUE".to_owned()
    };
    format!("SELECT {}{hash}, {} FROM {} WHERE {filter}", key(table), texts.join(", "), from(table))
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
