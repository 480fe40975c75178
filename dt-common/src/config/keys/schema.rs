//! What is done about each kind of change of structure.

use super::{FOLLOWS, Key, key};

pub(super) const KEYS: &[Key] = &[
    key("add_column", Some("apply"), "A column is added. The rows that were there get the value that the source shows in them. `ignore` leaves the column out from then on, as `[filter] ignore_cols` does. A list: an action, and exceptions `db.table:action` with wildcards, of which the first that matches counts.").only(FOLLOWS),
    key("widen_column", Some("apply"), "A column's type holds more than before, or it takes NULL. [schema-evolution.md](schema-evolution.md) has the table of types.").only(FOLLOWS),
    key("narrow_column", Some("stop"), "A column's type holds less than before. `keep` leaves the target's wider type, which is exact when the source is in strict mode; `apply` narrows the target too and fails when a row does not fit. Stops by default, because a server that is not in strict mode changes rows without logging them.").only(FOLLOWS),
    key("drop_column", Some("keep"), "A column is dropped. `keep` leaves it in the target, nullable, for the rows that have it; nothing is lost by default.").only(FOLLOWS),
    key("rename_column", Some("apply"), "A column gets another name.").only(FOLLOWS),
    key("rename_by_tool", Some("stop"), "A column gets another name in the copy that an online schema change tool puts in the table's place. Whether the tool has copied its values only you know: gh-ost does with `--approve-renamed-columns` and does not with `--skip-renamed-columns`, pt-online-schema-change does with `CHANGE`.").only(FOLLOWS),
    key("change_key", Some("apply"), "Other columns name a row: the primary key, or the unique key that stands in for it, changes. Databend has no keys, so only the way of writing changes.").only(FOLLOWS),
    key("create_table", Some("apply"), "A table that the filter matches is created. `ignore` does not follow it.").only(FOLLOWS),
    key("drop_table", Some("keep"), "A table is dropped. `keep` leaves it in the target.").only(FOLLOWS),
    key("truncate_table", Some("apply"), "A table is emptied. `ignore` leaves the rows.").only(FOLLOWS),
    key("rename_table", Some("apply"), "A table gets another name that the filter matches. A name that it does not match means that the table is dropped.").only(FOLLOWS),
    key("create_database", Some("apply"), "A database is created. `ignore` does not create it; its tables are followed all the same.").only(FOLLOWS),
    key("drop_database", Some("keep"), "A database is dropped with its tables. `keep` leaves them in the target, `apply` drops its followed tables there and leaves the database.").only(FOLLOWS),
    key("keep_days", Some("0"), "For how many days a dropped column or table stays in the target where its policy is `keep`. Then it is renamed to `<name>__kept_<batch>` at once, `_dt.kept_<task>` holds its name and the time, and after so many days the task removes it. 0 keeps it for ever, under its own name. What was kept in that way before stays.").only(FOLLOWS),
    key("tool_tables", Some("_%T_gho, _%T_ghc, _%T_ghk, _%T_del, _%T_??????????????_del, _%T_new, _%T_old"), "Names of the tables that online schema change tools make beside a followed table, whose name stands for `%T`; by default those of gh-ost and pt-online-schema-change. They are not copied, their rows are not followed, and the RENAME that puts one in the table's place is followed as one change of its structure. A table of your own with such a name is followed when `[filter] do_tbs` names it without wildcards; an empty list knows no tools."),
];
