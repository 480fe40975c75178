//! Options of a table, and actions that matter to nobody here.

use super::alter::AlterOp;
use super::type_text::charset_clause;
use super::{Understood, Words, not_understood};

/// Words that begin an action or an option which matters to nobody here.
const NOISE: &[&str] = &[
    "ALGORITHM",
    "ANALYZE",
    "AUTO_INCREMENT",
    "AUTOEXTEND_SIZE",
    "AVG_ROW_LENGTH",
    "CHECK",
    "CHECKSUM",
    "COALESCE",
    "COMPRESSION",
    "DELAY_KEY_WRITE",
    "DISABLE",
    "ENABLE",
    "ENCRYPTED",
    "ENCRYPTION",
    "ENCRYPTION_KEY_ID",
    "FORCE",
    "INSERT_METHOD",
    "KEY_BLOCK_SIZE",
    "LOCK",
    "MAX_ROWS",
    "MIN_ROWS",
    "OPTIMIZE",
    "ORDER",
    "PACK_KEYS",
    "PAGE_CHECKSUM",
    "PAGE_COMPRESSED",
    "PAGE_COMPRESSION_LEVEL",
    "PARTITION",
    "REBUILD",
    "REMOVE",
    "REORGANIZE",
    "REPAIR",
    "ROW_FORMAT",
    "SECONDARY_LOAD",
    "SECONDARY_UNLOAD",
    "SECONDARY_ENGINE",
    "START",
    "STATS_AUTO_RECALC",
    "STATS_PERSISTENT",
    "STATS_SAMPLE_PAGES",
    "TABLESPACE",
    "TRANSACTIONAL",
    "WITH",
    "WITHOUT",
    "WAIT",
    "NOWAIT",
    "UPGRADE",
];

/// Options of a table, with or without commas between them.
pub(super) fn options(words: &mut Words, ops: &mut Vec<AlterOp>) -> Understood<()> {
    while !words.at_end_of_item() {
        if let Some(charset) = charset_clause(words) {
            ops.push(AlterOp::Charset(charset));
        } else if words.keyword("COMMENT") {
            words.symbol('=');
            ops.extend(words.string().map(AlterOp::Comment));
        } else if words.any_keyword(&["ENGINE", "TYPE"]) {
            words.symbol('=');
            ops.extend(words.identifier().map(AlterOp::Engine));
        } else if words.any_keyword(&[
            "PARTITION",
            "REORGANIZE",
            "ORDER",
            "COALESCE",
            "REBUILD",
            "REMOVE",
            "UNION",
        ]) {
            // Up to the statement's end, over commas of its own.
            while !words.is_empty() {
                words.skip();
            }
        } else if words.keywords(&["WITH", "SYSTEM"]) {
            return not_understood("system versioning");
        } else if words.any_keyword(&["DATA", "INDEX"]) {
            // DATA DIRECTORY, INDEX DIRECTORY.
            words.skip();
            words.symbol('=');
            words.skip();
        } else if words.any_keyword(&["DEFAULT", "KEYS", "VALIDATION", "TABLES", "ALL"]) {
        } else if NOISE.iter().any(|word| words.keyword(word)) {
            words.symbol('=');
            // Its value; a bare word may be the next option already.
            if !words.at_end_of_item()
                && !NOISE.iter().any(|word| words.peek_keyword().as_deref() == Some(word))
            {
                words.skip();
            }
        } else {
            return not_understood(format!("the action {}", words.peek_keyword().unwrap_or_default()));
        }
    }
    Ok(())
}
