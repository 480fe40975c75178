//! How a batch is spread over lanes.

use super::{Key, ROWS, key};

pub(super) const KEYS: &[Key] = &[
    key("parallel_type",
        Some(""),
        "`merge` (net change per key; `rdb_merge` means the same) or `snapshot`. Empty chooses by `extract_type`.",
    ).only(ROWS),
    key("parallel_size",
        Some("4"),
        "Lanes that turn a batch's tables into statements at the same time.",
    ).only(ROWS),
];
