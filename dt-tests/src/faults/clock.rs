//! A clock that can be set: libfaketime, preloaded into dt. Its monotonic clock stays as it is, as a machine's does.

use std::path::Path;

use anyhow::{Result, ensure};

use crate::servers::cache;

/// Where `provision.sh` puts the library.
const LIBRARY: &str = "faketime/libfaketimeMT.so.1";

/// The environment of a process whose clock is off by what `file` says.
///
/// # Errors
/// The library is not there.
pub(super) fn variables(file: &Path) -> Result<[(&'static str, String); 4]> {
    let library = cache()?.join(LIBRARY);
    ensure!(library.is_file(), "{} does not exist: run dt-tests/servers/provision.sh", library.display());
    Ok([
        ("LD_PRELOAD", library.display().to_string()),
        ("FAKETIME_TIMESTAMP_FILE", file.display().to_string()),
        ("FAKETIME_NO_CACHE", "1".to_owned()),
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
    ])
}

/// The time of the newest line of a log.
pub(super) fn newest(log: &str) -> Option<&str> {
    log.lines().rev().find_map(|line| line.split_once('Z').map(|(time, _)| time).filter(|time| is_time(time)))
}

/// `2026-01-02T03:04:05.678901`.
fn is_time(text: &str) -> bool {
    text.len() == 26 && text.starts_with("20") && text.as_bytes()[10] == b'T'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_line_with_a_time_counts() {
        let log =
            "2026-01-02T03:04:05.678901Z  INFO one\n2026-01-02T03:04:06.000001Z DEBUG Zebra\n  no time, Z\n";
        assert_eq!(newest(log), Some("2026-01-02T03:04:06.000001"));
        assert_eq!(newest("panicked at Z"), None);
    }
}
