//! What is done with values that Databend cannot hold.

use super::{Key, key};

pub(super) const KEYS: &[Key] = &[
    key(
        "zero_date",
        Some("error"),
        "Zero and partly zero dates, which Databend has none of: `error`, `null`, `clamp` (the first date from there that exists) or `string`; exceptions follow, as in `null, shop.*:string, shop.orders.paid_at:error`. The default changes nothing without being told. See [type-mapping.md](type-mapping.md#what-databend-cannot-hold).",
    ),
    key(
        "out_of_range",
        Some("error"),
        "DATETIME behind 9999-12-30 22:00:00, likewise; `clamp` is that moment.",
    ),
    key(
        "invalid_text",
        Some("error"),
        "Bytes that are no text in their column's charset, likewise; `clamp` puts U+FFFD in their place, `string` writes all bytes as `0x..`.",
    ),
    key(
        "invalid_json",
        Some("error"),
        "JSON of MariaDB that Databend refuses or changes (a key that occurs twice, half of a surrogate pair), likewise; no `clamp`.",
    ),
    key(
        "json_number",
        Some("error"),
        "Numbers in JSON of MariaDB that Databend would round or lose, likewise; `clamp` writes the nearest DOUBLE.",
    ),
];
