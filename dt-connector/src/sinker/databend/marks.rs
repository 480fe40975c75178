//! The done marks of a snapshot's chunks, as rows of `marks_<task>`.

use dt_common::error::{Error, Result};
use dt_common::item::{ChunkMark, Reach};
use dt_common::position::Position;
use dt_common::schema::TableName;

use super::checkpoint::{FORMAT, Lease};
use super::quote;

/// Stands before a place that is not exact.
const AT_MOST: &str = "<= ";

/// `CREATE TABLE` for a table of marks.
pub fn create(table: &str, options: &str) -> String {
    format!(
        "CREATE TABLE IF NOT EXISTS {table} (`format` INT UNSIGNED NOT NULL, `epoch` BIGINT UNSIGNED NOT NULL, \
         `n` BIGINT UNSIGNED NOT NULL, `source_db` VARCHAR NOT NULL, `source_table` VARCHAR NOT NULL, \
         `chunk` BIGINT UNSIGNED NOT NULL, `row_count` BIGINT UNSIGNED NOT NULL, `last_key` VARCHAR NULL, \
         `done` BOOLEAN NOT NULL, `view` VARCHAR NULL) {options}"
    )
}

/// `INSERT` of a batch's marks; `lease` is that of the batch.
///
/// # Errors
/// A key that cannot be written as JSON.
pub fn insert(table: &str, lease: &Lease, marks: &[ChunkMark]) -> Result<String> {
    let mut sql = format!("INSERT INTO {table} VALUES ");
    for (i, mark) in marks.iter().enumerate() {
        let last_key = mark.last_key.as_ref().map(serde_json::to_string).transpose();
        let last_key = last_key.map_err(|e| Error::internal("a chunk's key is no JSON").caused_by(e))?;
        let view = mark.reach.as_ref().map(reach_text);
        let optional = |text: Option<String>| text.map_or_else(|| "NULL".into(), |text| quote::string(&text));
        sql.push_str(&format!(
            "{}({FORMAT},{},{},{},{},{},{},{},{},{})",
            if i > 0 { "," } else { "" },
            lease.epoch,
            lease.n + 1,
            quote::string(&mark.table.db),
            quote::string(&mark.table.table),
            mark.chunk,
            mark.rows,
            optional(last_key),
            mark.done,
            optional(view),
        ));
    }
    Ok(sql)
}

/// `SELECT` of each source table's latest mark, for [`parse`].
pub fn latest(table: &str) -> String {
    format!(
        "SELECT to_string(`format`), `source_db`, `source_table`, to_string(`chunk`), to_string(`row_count`), `last_key`, \
         to_string(`done`), `view` FROM {table} QUALIFY row_number() OVER \
         (PARTITION BY `source_db`, `source_table` ORDER BY `n` DESC, `chunk` DESC) = 1 ORDER BY `source_db`, `source_table`"
    )
}

/// Reads a row of [`latest`].
///
/// # Errors
/// A row that this version did not write.
pub fn parse(table: &str, row: Vec<Option<String>>) -> Result<ChunkMark> {
    read(row).ok_or_else(|| {
        Error::target(format!(
            "{table}: a done mark cannot be read; run the task with the version of dt that wrote it, or use a new [task] id"
        ))
    })
}

fn read(row: Vec<Option<String>>) -> Option<ChunkMark> {
    let [format, db, name, chunk, rows, last_key, done, view] = <[Option<String>; 8]>::try_from(row).ok()?;
    if format? != FORMAT.to_string() {
        return None;
    }
    let reach = match view {
        Some(text) => Some(read_reach(&text)?),
        None => None,
    };
    let last_key = match last_key {
        Some(text) => Some(serde_json::from_str(&text).ok()?),
        None => None,
    };
    Some(ChunkMark {
        table: TableName::new(db?, name?),
        chunk: chunk?.parse().ok()?,
        rows: rows?.parse().ok()?,
        last_key,
        done: matches!(done?.as_str(), "true" | "1"),
        reach,
    })
}

/// A position without GTIDs, which round-trips; before it [`AT_MOST`] where it is not exact.
fn reach_text(reach: &Reach) -> String {
    let (before, at) = match reach {
        Reach::Exactly(at) => ("", at),
        Reach::AtMost(at) => (AT_MOST, at),
    };
    let position = Position { binlog: Some(at.clone()), gtid: None };
    format!("{before}{position}")
}

fn read_reach(text: &str) -> Option<Reach> {
    let binlog = |text: &str| text.parse::<Position>().ok()?.binlog;
    match text.strip_prefix(AT_MOST) {
        Some(text) => binlog(text).map(Reach::AtMost),
        None => binlog(text).map(Reach::Exactly),
    }
}

#[cfg(test)]
mod tests {
    use dt_common::position::BinlogPosition;

    use super::*;

    fn mark() -> ChunkMark {
        ChunkMark {
            table: TableName::new("d", "it's"),
            chunk: 2,
            rows: 30,
            last_key: Some(vec!["5".into(), "'a\\\"'".into()]),
            done: true,
            reach: Some(Reach::Exactly(BinlogPosition { server: "u".into(), file: "b.1".into(), offset: 9 })),
        }
    }

    #[test]
    fn marks_are_written() {
        let plain = ChunkMark { last_key: None, reach: None, done: false, ..mark() };
        let sql = insert("m", &Lease { owner: String::new(), epoch: 1, n: 4 }, &[mark(), plain]).unwrap();
        assert_eq!(
            sql,
            "INSERT INTO m VALUES (1,1,5,'d','it''s',2,30,'[\"5\",\"''a\\\\\\\\\\\\\"''\"]',true,\
             '{\"server\":\"u\",\"file\":\"b.1\",\"offset\":9}'),(1,1,5,'d','it''s',2,30,NULL,false,NULL)"
        );
    }

    #[test]
    fn marks_are_read() {
        let row = |format: &str| {
            [
                Some(format),
                Some("d"),
                Some("it's"),
                Some("2"),
                Some("30"),
                Some(r#"["5","'a\\\"'"]"#),
                Some("true"),
                Some(r#"{"server":"u","file":"b.1","offset":9}"#),
            ]
            .map(|v| v.map(str::to_owned))
            .to_vec()
        };
        assert_eq!(parse("m", row("1")).unwrap(), mark());
        assert_eq!(parse("m", row("2")).unwrap_err().kind(), dt_common::error::ErrorKind::Target);
    }
}
