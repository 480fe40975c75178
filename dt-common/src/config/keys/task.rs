//! The task's name.

use super::{Key, key};

pub(super) const KEYS: &[Key] = &[
    key("id",
        None,
        "Names the task and its state in the target (`_dt`). Letters, digits and `_`, at most 64. Required unless `extract_type = struct`.",
    ).example("<name>"),
];
