//! Identifiers and string literals as Databend's lexer reads them.
//!
//! Databend has no escape for a back-tick between back-ticks, and between double quotes a backslash is taken for an
//! escape. So a name goes between back-ticks unless it holds one, then between double quotes, which are doubled inside.
//! A name that neither form can hold is refused. In string literals a backslash is an escape, but which escapes are
//! known differs between the SQL parser and the fast parser of `INSERT .. VALUES`: only `'` and `\` are escaped here, in
//! the two ways that both agree on, and everything else (NUL, line ends, emoji) stands for itself.

use dt_common::error::{Error, Result};
use dt_common::schema::TableName;

/// Column names that Databend keeps for itself and refuses with code 1110; compared with case.
const FORBIDDEN_COLUMNS: &[&str] = &[
    "_row_id",
    "_snapshot_name",
    "_segment_name",
    "_block_name",
    "_base_row_id",
    "_base_block_ids",
    "_search_matched",
    "_search_score",
    "_vector_score",
    "_predicate",
    "_origin_version",
    "_origin_block_id",
    "_origin_block_row_num",
    "change$action",
    "change$is_update",
    "change$row_id",
    "metadata$filename",
    "metadata$file_row_number",
];

/// A quoted identifier; case is kept.
///
/// # Errors
/// A name that holds a back-tick together with what double quotes cannot hold.
pub fn identifier(name: &str) -> Result<String> {
    if !name.contains('`') {
        return Ok(format!("`{name}`"));
    }
    if name.contains('\\') {
        return Err(Error::schema(format!(
            "Databend cannot name {name:?}: no quotation holds both a back-tick and a backslash; rename it at the source, or exclude it in [filter]"
        )));
    }
    Ok(format!("\"{}\"", name.replace('"', "\"\"")))
}

/// A quoted column name.
///
/// # Errors
/// A name that Databend keeps for itself, or that cannot be quoted.
pub fn column(name: &str) -> Result<String> {
    if FORBIDDEN_COLUMNS.contains(&name) {
        return Err(Error::schema(format!(
            "column `{name}` has a name that Databend keeps for itself; rename it by [router] col_map, or leave it out by [filter] ignore_cols"
        )));
    }
    identifier(name).map_err(|e| e.at("column"))
}

/// A quoted table name with its database.
///
/// # Errors
/// A name that cannot be quoted.
pub fn table(name: &TableName) -> Result<String> {
    let quoted = |part: &str| identifier(part).map_err(|e| e.at(name));
    Ok(format!("{}.{}", quoted(&name.db)?, quoted(&name.table)?))
}

/// Appends a string literal.
pub fn push_string(out: &mut String, text: &str) {
    out.reserve(text.len() + 2);
    out.push('\'');
    let mut rest = text;
    while let Some(at) = rest.find(['\'', '\\']) {
        let (plain, special) = rest.split_at(at);
        out.push_str(plain);
        out.push_str(if special.starts_with('\'') { "''" } else { "\\\\" });
        rest = &special[1..];
    }
    out.push_str(rest);
    out.push('\'');
}

/// A string literal.
pub fn string(text: &str) -> String {
    let mut out = String::new();
    push_string(&mut out, text);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// How Databend reads a string literal: the common ground of its two parsers.
    fn read_literal(literal: &str) -> Option<String> {
        let body = literal.strip_prefix('\'')?.strip_suffix('\'')?;
        let (mut text, mut chars) = (String::new(), body.chars());
        while let Some(c) = chars.next() {
            match c {
                '\'' => text.push((chars.next()? == '\'').then_some('\'')?),
                '\\' => text.push((chars.next()? == '\\').then_some('\\')?),
                other => text.push(other),
            }
        }
        Some(text)
    }

    /// How Databend reads a quoted identifier.
    fn read_identifier(quoted: &str) -> Option<String> {
        if let Some(body) = quoted.strip_prefix('`') {
            let body = body.strip_suffix('`')?;
            return (!body.contains('`')).then(|| body.to_owned());
        }
        let body = quoted.strip_prefix('"')?.strip_suffix('"')?;
        let (mut text, mut chars) = (String::new(), body.chars());
        while let Some(c) = chars.next() {
            match c {
                '"' => text.push((chars.next()? == '"').then_some('"')?),
                '\\' => return None,
                other => text.push(other),
            }
        }
        Some(text)
    }

    #[test]
    fn literals_escape_two_characters_only() {
        for (text, literal) in [
            ("", "''"),
            ("it's", "'it''s'"),
            (r"a\b\", r"'a\\b\\'"),
            ("a\0\n\t\u{1a}é😀\"`", "'a\0\n\t\u{1a}é😀\"`'"),
            (r"\'", r"'\\'''"),
        ] {
            assert_eq!(string(text), literal);
        }
    }

    #[test]
    fn identifiers_are_quoted() {
        for (name, quoted) in
            [("a b", "`a b`"), ("a\"b", "`a\"b`"), (r"a\", r"`a\`"), ("a`b\"c", "\"a`b\"\"c\"")]
        {
            assert_eq!(identifier(name).unwrap(), quoted);
        }
        assert!(identifier("a`\\").unwrap_err().to_string().contains("back-tick"));
        assert_eq!(table(&TableName::new("d.b", "t")).unwrap(), "`d.b`.`t`");
        let error = column("_row_id").unwrap_err().to_string();
        assert!(error.contains("`_row_id`") && error.contains("[router]"), "{error}");
        assert!(column("_ROW_ID").is_ok());
    }

    proptest! {
        #[test]
        fn literals_round_trip(text in "\\PC*|[\\\\'\"`\0\n%_a]{0,12}") {
            prop_assert_eq!(read_literal(&string(&text)), Some(text));
        }

        #[test]
        fn identifiers_round_trip(name in "\\PC*|[\\\\'\"`\0\n%_a]{0,12}") {
            if let Ok(quoted) = identifier(&name) {
                prop_assert_eq!(read_identifier(&quoted), Some(name));
            }
        }
    }
}
