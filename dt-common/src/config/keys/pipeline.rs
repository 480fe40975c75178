//! Batches and memory.

use super::{Key, ROWS, key};

pub(super) const KEYS: &[Key] = &[
    key("buffer_memory_mb",
        Some("128"),
        "Memory for rows between source and target, in mebibytes: half of it is the queue's, before the source has to wait; the rest is what is being reduced and encoded. The process takes up to twice as much in all.",
    ).only(ROWS),
    key("flush_interval_ms",
        Some("500"),
        "Longest time that a change waits for others before its batch is committed. Every commit rewrites blocks of the target; 0.5 s keeps it fresh at two commits a second. The first batch of a start waits for a pause in the stream, up to three times as long.",
    ).only(ROWS),
    key("max_rows",
        Some("1000000"),
        "Rows that close a batch. A batch grows while the one before commits, because a commit costs the target nearly the same for many rows as for few. It ends at a source commit, so a larger transaction makes a larger batch.",
    ).only(ROWS),
    key("max_bytes",
        Some("536870912"),
        "Bytes that close a batch, likewise, as dt holds rows in memory. Parts of a large batch wait as files in the stage; the text of statements, with `write_method = sql`, closes it at an eighth of `buffer_memory_mb`.",
    ).only(ROWS),
    key("checkpoint_interval_secs",
        Some("10"),
        "How often the monitor logs, and how often the position is stored when nothing that is followed changes.",
    ).only(ROWS),
    key("repair_interval_secs",
        Some("10"),
        "How often the task asks the target for rows that `dt check --repair` has handed over: a SELECT of a small table in a session of its own, which delays no commit. `0` for never. A target that is put to sleep when nobody asks it wants a longer one; `dt check --repair` waits for twice as long before it takes over a task that does not answer.",
    ).only(ROWS),
];
