//! The log.

use super::{Key, key};

pub(super) const KEYS: &[Key] = &[
    key(
        "log_level",
        Some("info"),
        "`error`, `warn`, `info`, `debug` or `trace`. The database drivers are silent whatever it says, because they log statements and messages with values in them.",
    ),
    key(
        "log_dir",
        Some(""),
        "Folder for daily log files `dt.log.<date>` (days in UTC); empty logs to standard output. An error that ends the task is said on standard error as well.",
    ),
    key(
        "log_format",
        Some("text"),
        "`text`, or `json`: one object a line with `timestamp` (RFC 3339, UTC), `level`, `message` and the fields of the line beside them.",
    ),
    key(
        "log_max_files",
        Some("14"),
        "Daily files kept in `log_dir`; the oldest goes when a new one begins. Two weeks hold what led to a problem that is found after a holiday. 0 keeps all.",
    ),
];
