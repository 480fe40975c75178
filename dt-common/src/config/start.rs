//! Where a change stream begins when no checkpoint is stored.

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
    let mut given = ["gtid_set", "binlog_filename"].into_iter().filter_map(given);
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
        _ => {
            let offset = raw.number("extractor", "binlog_position", 4, u64::MAX)?;
            Ok(BinlogStart::File { file: value.to_owned(), offset })
        }
    }
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
        ] {
            assert_eq!(start(ExtractType::Cdc, keys), Ok(expected), "{keys}");
        }
    }

    #[test]
    fn what_is_no_start_is_refused() {
        for (keys, expected) in [(
            "gtid_set=a\nbinlog_filename=b",
            "t.ini:2: [extractor] gtid_set: give either gtid_set or binlog_filename",
        )] {
            let error = start(ExtractType::Cdc, keys).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
        let beside = start(ExtractType::SnapshotAndCdc, "gtid_set=a").unwrap_err();
        assert!(beside.contains("goes with `extract_type = cdc`"), "{beside}");
    }
}
