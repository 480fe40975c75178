//! What is followed.

use super::{COPIES, FOLLOWS, Key, key};

pub(super) const KEYS: &[Key] = &[
    key("do_dbs",
        Some(""),
        "Databases to follow: a list of names with `*` and `?`; in back-quotes nothing is a wildcard. Without `do_dbs` and `do_tbs` all user databases are followed. Every format of this section and the next: [filter-and-router.md](filter-and-router.md).",
    ),
    key("do_tbs", Some(""), "Tables to follow: a list of `db.table`, each part with wildcards."),
    key("ignore_dbs", Some(""), "Databases to leave out. Wins over what is to be followed."),
    key("ignore_tbs", Some(""), "Tables to leave out. Wins over what is to be followed."),
    key("ignore_cols",
        Some(""),
        "Columns to leave out: a list of `db.table.column`, each part with wildcards. They are not created, not copied and not followed, whatever their type; a key column cannot be left out.",
    ),
    key("where_conditions",
        Some(""),
        "Which rows a snapshot copies: a list of `db.table:(SQL condition)`, names with wildcards. Does not restrict the changes that `snapshot_and_cdc` follows; refused with `cdc`.",
    ).only(COPIES),
    key("do_events",
        Some("insert,update,delete"),
        "Kinds of change to follow in CDC. The others are passed over one by one, so that a row may be changed whose insert was not followed.",
    ).only(FOLLOWS),
];
