//! Where a change stream begins when no checkpoint is stored.

use chrono::NaiveDateTime;

use super::ini::RawConfig;
use super::task::{BinlogStart, ExtractType};
use crate::error::Result;

/// Reads the keys of `[extractor]` that say so; at most one of them is given.
///
/// # Errors
/// Two of them, one beside a copy, a value that is none.
pub(super) fn read(raw: &RawConfig, extract_type: ExtractType) -> Result<BinlogStart> {
    let bad = |key, what: &str| Err(raw.bad("extractor", key, what));
    let given = |key| Some((key, raw.get("extractor", key)?)).filter(|(_, value)| !value.is_empty());
    let mut given = ["gtid_set", "binlog_filename", "start_time_utc"].into_iter().filter_map(given);
    let Some((key, value)) = given.next() else { return Ok(BinlogStart::Now) };
    if let Some((other, _)) = given.next() {
        return bad(key, &format!("give either {key} or {other}, not both"));
    }
    if extract_type == ExtractType::SnapshotAndCdc {
        return bad(
            key,
            "it goes with `extract_type = cdc`; behind a copy the changes begin where the copy stands",
        );
    }
    match key {
        "gtid_set" => Ok(BinlogStart::Gtid(value.to_owned())),
        "binlog_filename" => {
            let offset = raw.number("extractor", "binlog_position", 4, u64::MAX)?;
            Ok(BinlogStart::File { file: value.to_owned(), offset })
        }
        _ => match moment(value) {
            Some(micros) => Ok(BinlogStart::Time(micros)),
            None => bad(key, &format!("`{value}` is no time; write `YYYY-MM-DD hh:mm:ss` in UTC")),
        },
    }
}

/// Microseconds since 1970 of `YYYY-MM-DD hh:mm:ss[.ffffff]`, also with `T` between and `Z` behind.
fn moment(text: &str) -> Option<i64> {
    let text = text.strip_suffix('Z').unwrap_or(text).replacen('T', " ", 1);
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, "0"));
    if whole.len() != "YYYY-MM-DD hh:mm:ss".len() || !(1..=6).contains(&fraction.len()) {
        return None;
    }
    let seconds = NaiveDateTime::parse_from_str(whole, "%Y-%m-%d %H:%M:%S").ok()?.and_utc().timestamp();
    let micros = format!("{fraction:0<6}").parse::<u32>().ok()?;
    Some(seconds * 1_000_000 + i64::from(micros))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(extract_type: ExtractType, keys: &str) -> Result<BinlogStart, String> {
        let raw = RawConfig::parse("t.ini", &format!("[extractor]\n{keys}\n")).unwrap();
        read(&raw, extract_type).map_err(|e| e.to_string())
    }

    #[test]
    fn each_key_has_its_start() {
        for (keys, expected) in [
            ("", BinlogStart::Now),
            ("gtid_set=0-1-2", BinlogStart::Gtid("0-1-2".into())),
            ("binlog_filename=b.1", BinlogStart::File { file: "b.1".into(), offset: 4 }),
            ("start_time_utc=1970-01-02 00:00:01", BinlogStart::Time(86_401_000_000)),
            ("start_time_utc=1970-01-01T00:00:00.5Z", BinlogStart::Time(500_000)),
            ("start_time_utc=1970-01-01 00:00:00.000001", BinlogStart::Time(1)),
        ] {
            assert_eq!(start(ExtractType::Cdc, keys), Ok(expected), "{keys}");
        }
    }

    #[test]
    fn what_is_no_start_is_refused() {
        for (keys, expected) in [
            (
                "gtid_set=a\nbinlog_filename=b",
                "t.ini:2: [extractor] gtid_set: give either gtid_set or binlog_filename",
            ),
            (
                "start_time_utc=x\ngtid_set=a",
                "t.ini:3: [extractor] gtid_set: give either gtid_set or start_time_utc",
            ),
            ("start_time_utc=2024-01-01", "`2024-01-01` is no time; write"),
            ("start_time_utc=2024-02-30 00:00:00", "is no time"),
            ("start_time_utc=2024-01-01 00:00:00.1234567", "is no time"),
            ("start_time_utc=2024-01-01 00:00:00+01:00", "is no time"),
            ("start_time_utc=2024-1-1 0:0:0", "is no time"),
        ] {
            let error = start(ExtractType::Cdc, keys).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
        let beside = start(ExtractType::SnapshotAndCdc, "start_time_utc=2024-01-01 00:00:00").unwrap_err();
        assert!(beside.contains("goes with `extract_type = cdc`"), "{beside}");
    }
}
