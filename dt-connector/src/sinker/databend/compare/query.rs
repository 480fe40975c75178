//! The questions of a comparison as Databend understands them. Pure.
//!
//! The row's text is computed in a derived table, once for all that is made of it.

use dt_common::repair::RowNames;

use super::expression::{key_text, key_text_of, plain, row_text};
use crate::compare::{Buckets, ComparedTable, Residues, RowMark, Slice};
use crate::sinker::databend::quote;

/// The hash of a row's text `dt_r`. A text that is NULL has another one than at the source, so that nothing passes for equal which
/// could not be computed.
const HASH: &str = "ifnull(to_uint64(crc32(dt_r)) * crc32(reverse(dt_r)), 1)";

/// Least and greatest value of the key's first column.
pub(super) fn extent(table: &ComparedTable, from: &str) -> String {
    let first = first_key(table);
    format!("SELECT to_string(min({first})), to_string(max({first})) FROM {from}")
}

/// Bucket, rows and the sum of hashes in two parts; where texts travel, bucket, hash and texts of each row.
pub(super) fn digests(table: &ComparedTable, from: &str, slice: &Slice, buckets: Buckets) -> String {
    let bucket = match buckets {
        Buckets::Width(width) => {
            let begin = slice.range.as_ref().map_or(0, |range| *range.start());
            format!("(to_int64({}) - ({begin})) DIV {width}", first_key(table))
        }
        Buckets::Modulus(1) => "0".to_owned(),
        Buckets::Modulus(modulus) => format!("dt_n % {modulus}"),
    };
    let rows = hashed(table, from, slice, &[]);
    if table.is_pushed() {
        return format!(
            "SELECT to_string({bucket}) AS dt_b, to_string(count(*)), to_string(sum(dt_h % 4294967296)), \
             to_string(sum(dt_h DIV 4294967296)) FROM {rows} GROUP BY dt_b"
        );
    }
    format!("SELECT to_string({bucket}), to_string(dt_h){} FROM {rows}", unpushed(table))
}

/// Key, hash and the texts that travel; without a key hash and number of equal rows, or hash and texts.
pub(super) fn rows(table: &ComparedTable, from: &str, slice: &Slice) -> String {
    let rows = hashed(table, from, slice, &[]);
    if !table.schema.is_keyed() && table.is_pushed() {
        return format!("SELECT to_string(dt_h), to_string(count(*)) FROM {rows} GROUP BY dt_h");
    }
    format!("SELECT {}to_string(dt_h){} FROM {rows}", key(table), unpushed(table))
}

/// Key, hash and every column's text of the rows with these names.
pub(super) fn texts(table: &ComparedTable, from: &str, marks: &[RowMark]) -> String {
    let columns = table.target_columns.iter().zip(&table.forms);
    let texts: Vec<String> = columns.map(|(name, form)| plain(name, *form)).collect();
    let named = if table.schema.is_keyed() {
        let keys = marks.iter().map(|mark| quote::string(&key_text_of(table, &mark.key)));
        Some(format!("{} IN ({})", key_text(table), keys.collect::<Vec<_>>().join(", ")))
    } else {
        None
    };
    let rows = hashed(table, from, &Slice::default(), named.as_slice());
    let hashes: Vec<String> = marks.iter().map(|mark| mark.hash.to_string()).collect();
    let filter = match table.schema.is_keyed() || !table.is_pushed() {
        true => String::new(),
        false => format!(" WHERE to_string(dt_h) IN ('{}')", hashes.join("', '")),
    };
    format!("SELECT {}to_string(dt_h), {} FROM {rows}{filter}", key(table), texts.join(", "))
}

/// That a row has one of these names.
pub(super) fn named(table: &ComparedTable, names: &RowNames) -> String {
    let list = |texts: Vec<String>| texts.join(", ");
    match names {
        RowNames::Keys(keys) => {
            let keys = keys.iter().map(|key| quote::string(&key_text_of(table, key)));
            format!("{} IN ({})", key_text(table), list(keys.collect()))
        }
        RowNames::Hashes(hashes) => {
            let hash = HASH.replace("dt_r", &row_text(table));
            let hashes = hashes.iter().map(|hash| format!("'{hash}'"));
            format!("to_string({hash}) IN ({})", list(hashes.collect()))
        }
    }
}

/// The rows of a slice with their hash `dt_h`, and `dt_n` by which they are sorted into remainders.
fn hashed(table: &ComparedTable, from: &str, slice: &Slice, further: &[String]) -> String {
    let number =
        if table.schema.is_keyed() { format!("crc32({})", key_text(table)) } else { HASH.to_owned() };
    let range = slice
        .range
        .as_ref()
        .map(|range| format!("{} BETWEEN {} AND {}", first_key(table), range.start(), range.end()));
    let parts: Vec<String> = range.into_iter().chain(further.iter().cloned()).collect();
    let filter = if parts.is_empty() { String::new() } else { format!(" WHERE {}", parts.join(" AND ")) };
    let residues = slice.residues.as_ref().map_or(String::new(), |Residues { modulus, chosen }| {
        let chosen: Vec<String> = chosen.iter().map(u32::to_string).collect();
        format!(" WHERE dt_n % {modulus} IN ({})", chosen.join(", "))
    });
    let text = row_text(table);
    let numbered = format!(
        "SELECT *, {HASH} AS dt_h, {number} AS dt_n FROM (SELECT *, {text} AS dt_r FROM {from}{filter})"
    );
    format!("(SELECT * FROM ({numbered}){residues})")
}

fn key(table: &ComparedTable) -> String {
    let columns = table.schema.key_columns().iter();
    columns.map(|&at| format!("{}, ", plain(&table.target_columns[at], table.forms[at]))).collect()
}

fn unpushed(table: &ComparedTable) -> String {
    let columns = table.target_columns.iter().zip(&table.forms);
    let unpushed = columns.filter(|(_, form)| !form.is_pushed());
    unpushed.map(|(name, form)| format!(", {}", plain(name, *form))).collect()
}

fn first_key(table: &ComparedTable) -> &str {
    table.schema.key_columns().first().map_or("", |&at| &table.target_columns[at])
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::compare::Form;
    use crate::sinker::databend::fixtures;

    fn table(key: &[usize], forms: [Form; 2]) -> ComparedTable {
        let schema = fixtures::table("d", "t", &[("id", "bigint"), ("v", "varchar")], key);
        ComparedTable {
            target: schema.name.clone(),
            schema: Arc::new(schema),
            target_columns: vec!["`id`".into(), "`v`".into()],
            forms: forms.into(),
            losses: Vec::new(),
            condition: None,
        }
    }

    #[test]
    fn digests_of_ranges_and_remainders() {
        let table = table(&[0], [Form::Int, Form::Text]);
        let text =
            "concat(to_string(`id`), '#', ifnull(concat(to_string(octet_length(`v`)), ':', `v`), 'N'))";
        let rows = |filter: &str, residues: &str| {
            format!(
                "(SELECT * FROM (SELECT *, {HASH} AS dt_h, crc32(concat(to_string(`id`))) AS dt_n FROM \
                 (SELECT *, {text} AS dt_r FROM t{filter})){residues})"
            )
        };
        let sums =
            "to_string(count(*)), to_string(sum(dt_h % 4294967296)), to_string(sum(dt_h DIV 4294967296))";
        let slice = Slice { range: Some(-5..=9), residues: None };
        assert_eq!(
            digests(&table, "t", &slice, Buckets::Width(3)),
            format!(
                "SELECT to_string((to_int64(`id`) - (-5)) DIV 3) AS dt_b, {sums} FROM {} GROUP BY dt_b",
                rows(" WHERE `id` BETWEEN -5 AND 9", "")
            )
        );
        let slice = Slice { range: None, residues: Some(Residues { modulus: 7, chosen: vec![1, 2] }) };
        assert_eq!(
            digests(&table, "t", &slice, Buckets::Modulus(14)),
            format!(
                "SELECT to_string(dt_n % 14) AS dt_b, {sums} FROM {} GROUP BY dt_b",
                rows("", " WHERE dt_n % 7 IN (1, 2)")
            )
        );
    }

    #[test]
    fn rows_by_name_and_by_number() {
        let marks = [RowMark { key: vec!["it's".into()], hash: 7, pushed: 7, copies: 1 }];
        let by_text = texts(&table(&[1], [Form::Int, Form::Text]), "t", &marks);
        assert!(by_text.contains("IN ('4:it''s')"), "{by_text}");
        let keyless = rows(&table(&[], [Form::Int, Form::Json]), "t", &Slice::default());
        assert!(
            keyless.starts_with(
                "SELECT to_string(dt_h), if(`v` IS NULL, NULL, to_string(json_array(`v`))) FROM (SELECT"
            ),
            "{keyless}"
        );
        let pushed = rows(&table(&[], [Form::Int, Form::Text]), "t", &Slice::default());
        assert!(pushed.ends_with(" GROUP BY dt_h"), "{pushed}");
    }
}
