//! What ALTER TABLE does, action by action.

use dt_common::schema::TableName;

use super::column::{ColumnDef, DefaultDef, default};
use super::options::options;
use super::type_text::charset_clause;
use super::{Understood, Words, not_understood};

/// One action of ALTER TABLE that matters to rows or to what names them.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum AlterOp {
    /// ADD COLUMN.
    Add { column: ColumnDef, if_not_exists: bool },
    /// DROP COLUMN.
    Drop { name: String, if_exists: bool },
    /// MODIFY and CHANGE COLUMN: `name` becomes `column`.
    Change { name: String, column: ColumnDef, if_exists: bool },
    /// RENAME COLUMN.
    RenameColumn { from: String, to: String, if_exists: bool },
    /// ALTER COLUMN SET DEFAULT and DROP DEFAULT.
    Default { name: String, default: DefaultDef },
    /// ALTER COLUMN SET VISIBLE and SET INVISIBLE.
    Invisible { name: String, invisible: bool },
    /// ADD PRIMARY KEY, ADD UNIQUE.
    AddIndex(IndexDef),
    /// DROP INDEX, DROP CONSTRAINT: whichever has the name; `PRIMARY` for the primary key.
    DropIndex(String),
    /// RENAME INDEX.
    RenameIndex { from: String, to: String },
    /// The charset of columns to come.
    Charset(String),
    /// CONVERT TO CHARACTER SET.
    Convert(String),
    /// The table's comment.
    Comment(String),
    /// The storage engine.
    Engine(String),
    /// RENAME TO.
    Rename(TableName),
}

/// A unique index in a statement.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct IndexDef {
    /// Which kind.
    pub(crate) kind: IndexKind,
    /// Its name, when it is given.
    pub(crate) name: Option<String>,
    /// Its parts in order: a column and whether only its beginning counts; `None` for an expression.
    pub(crate) columns: Vec<Option<(String, bool)>>,
    /// Whether it is left out when there is one of that name.
    pub(crate) if_not_exists: bool,
}

/// Kind of a unique index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IndexKind {
    /// PRIMARY KEY.
    Primary,
    /// UNIQUE.
    Unique,
}

impl IndexDef {
    /// `(column [(length)] [ASC|DESC], ..)`.
    pub(super) fn parts(words: &mut Words) -> Understood<Vec<Option<(String, bool)>>> {
        if words.keyword("USING") {
            words.skip();
        }
        if !words.symbol('(') {
            return not_understood("an index without its columns");
        }
        let mut parts = Vec::new();
        loop {
            if words.skip_brackets() {
                parts.push(None);
            } else {
                let Some(name) = words.identifier() else {
                    return not_understood("an index without its columns");
                };
                let prefix = words.skip_brackets();
                parts.push(Some((name, prefix)));
            }
            words.any_keyword(&["ASC", "DESC"]);
            if !words.symbol(',') {
                break;
            }
        }
        words.symbol(')');
        words.skip_item();
        Ok(parts)
    }

    /// The rest of `[CONSTRAINT [name]] PRIMARY KEY ..` or `UNIQUE ..`, when it comes next.
    pub(super) fn read(words: &mut Words) -> Understood<Option<Self>> {
        let mut name = None;
        if words.keyword("CONSTRAINT")
            && !matches!(words.peek_keyword().as_deref(), Some("PRIMARY" | "UNIQUE"))
        {
            name = words.identifier();
        }
        let kind = if words.keyword("PRIMARY") {
            words.keyword("KEY");
            IndexKind::Primary
        } else if words.keyword("UNIQUE") {
            words.any_keyword(&["KEY", "INDEX"]);
            IndexKind::Unique
        } else {
            return Ok(None);
        };
        let if_not_exists = words.keywords(&["IF", "NOT", "EXISTS"]);
        if !words.at_symbol('(') && words.peek_keyword().as_deref() != Some("USING") {
            name = words.identifier().or(name);
        }
        Ok(Some(Self { kind, name, columns: Self::parts(words)?, if_not_exists }))
    }
}

/// All actions of an ALTER TABLE, behind the table's name.
pub(super) fn alter_ops(words: &mut Words) -> Understood<Vec<AlterOp>> {
    let mut ops = Vec::new();
    loop {
        action(words, &mut ops)?;
        words.skip_item();
        if !words.symbol(',') {
            break;
        }
    }
    if words.is_empty() || words.at_symbol(';') {
        Ok(ops)
    } else {
        not_understood("what follows its actions")
    }
}

fn action(words: &mut Words, ops: &mut Vec<AlterOp>) -> Understood<()> {
    let Some(first) = words.peek_keyword() else { return Ok(()) };
    match first.as_str() {
        "ADD" => {
            words.skip();
            add(words, ops)
        }
        "DROP" => {
            words.skip();
            drop(words, ops)
        }
        "MODIFY" | "CHANGE" => {
            words.skip();
            words.keyword("COLUMN");
            let if_exists = words.keywords(&["IF", "EXISTS"]);
            let Some(name) = words.identifier() else { return not_understood("a column without a name") };
            let column = match first.as_str() {
                "CHANGE" => ColumnDef::read(words)?,
                _ => ColumnDef::read_named(words, name.clone())?,
            };
            ops.push(AlterOp::Change { name, column, if_exists });
            Ok(())
        }
        "RENAME" => {
            words.skip();
            rename(words, ops)
        }
        "ALTER" => {
            words.skip();
            alter_column(words, ops)
        }
        "CONVERT" => {
            words.skip();
            convert(words, ops)
        }
        // Rows come or go without being logged.
        "TRUNCATE" | "EXCHANGE" | "DISCARD" | "IMPORT" => {
            not_understood(format!("{first} PARTITION or TABLESPACE, which changes rows"))
        }
        _ => options(words, ops),
    }
}

fn add(words: &mut Words, ops: &mut Vec<AlterOp>) -> Understood<()> {
    let noise = ["INDEX", "KEY", "FULLTEXT", "SPATIAL", "VECTOR", "FOREIGN", "CHECK", "PARTITION"];
    if noise.iter().any(|word| words.peek_keyword().as_deref() == Some(word)) {
        return Ok(());
    }
    if words.keyword("SYSTEM") || words.keywords(&["PERIOD", "FOR"]) {
        return not_understood("system versioning or periods");
    }
    let constraint = matches!(words.peek_keyword().as_deref(), Some("CONSTRAINT" | "PRIMARY" | "UNIQUE"));
    if constraint {
        ops.extend(IndexDef::read(words)?.map(AlterOp::AddIndex));
        return Ok(());
    }
    words.keyword("COLUMN");
    let if_not_exists = words.keywords(&["IF", "NOT", "EXISTS"]);
    let in_brackets = words.symbol('(');
    loop {
        if in_brackets && add_in_brackets(words, ops)? {
        } else {
            ops.push(AlterOp::Add { column: ColumnDef::read(words)?, if_not_exists });
        }
        if !(in_brackets && words.symbol(',')) {
            break;
        }
    }
    if in_brackets {
        words.symbol(')');
    }
    Ok(())
}

/// A key between the columns of `ADD (..)`.
fn add_in_brackets(words: &mut Words, ops: &mut Vec<AlterOp>) -> Understood<bool> {
    match words.peek_keyword().as_deref() {
        Some("CONSTRAINT" | "PRIMARY" | "UNIQUE") => {
            ops.extend(IndexDef::read(words)?.map(AlterOp::AddIndex));
            words.skip_item();
            Ok(true)
        }
        Some("INDEX" | "KEY" | "FULLTEXT" | "SPATIAL" | "VECTOR" | "FOREIGN" | "CHECK") => {
            words.skip_item();
            Ok(true)
        }
        _ => Ok(false),
    }
}

fn drop(words: &mut Words, ops: &mut Vec<AlterOp>) -> Understood<()> {
    if words.keywords(&["PRIMARY", "KEY"]) {
        ops.push(AlterOp::DropIndex("PRIMARY".into()));
        return Ok(());
    }
    if words.any_keyword(&["INDEX", "KEY", "CONSTRAINT"]) {
        words.keywords(&["IF", "EXISTS"]);
        ops.extend(words.identifier().map(AlterOp::DropIndex));
        return Ok(());
    }
    if words.any_keyword(&["FOREIGN", "CHECK"]) {
        return Ok(());
    }
    if words.keyword("PARTITION") {
        return not_understood("DROP PARTITION, which removes rows");
    }
    if words.keyword("SYSTEM") || words.keywords(&["PERIOD", "FOR"]) {
        return not_understood("system versioning or periods");
    }
    words.keyword("COLUMN");
    let if_exists = words.keywords(&["IF", "EXISTS"]);
    let Some(name) = words.identifier() else { return not_understood("a column without a name") };
    ops.push(AlterOp::Drop { name, if_exists });
    Ok(())
}

fn rename(words: &mut Words, ops: &mut Vec<AlterOp>) -> Understood<()> {
    let pair = |words: &mut Words| {
        let from = words.identifier();
        words.keyword("TO");
        match (from, words.identifier()) {
            (Some(from), Some(to)) => Ok((from, to)),
            _ => not_understood("RENAME without two names"),
        }
    };
    if words.keyword("COLUMN") {
        let if_exists = words.keywords(&["IF", "EXISTS"]);
        let (from, to) = pair(words)?;
        ops.push(AlterOp::RenameColumn { from, to, if_exists });
    } else if words.any_keyword(&["INDEX", "KEY"]) {
        words.keywords(&["IF", "EXISTS"]);
        let (from, to) = pair(words)?;
        ops.push(AlterOp::RenameIndex { from, to });
    } else {
        let _ = words.any_keyword(&["TO", "AS"]) || words.symbol('=');
        let Some(name) = words.table() else { return not_understood("RENAME without a name") };
        ops.push(AlterOp::Rename(name));
    }
    Ok(())
}

/// `ALTER [COLUMN] name SET DEFAULT ..`, `DROP DEFAULT`, `SET VISIBLE`; `ALTER INDEX` and `ALTER CHECK` change nothing here.
fn alter_column(words: &mut Words, ops: &mut Vec<AlterOp>) -> Understood<()> {
    if words.any_keyword(&["INDEX", "KEY", "CHECK", "CONSTRAINT"]) {
        return Ok(());
    }
    words.keyword("COLUMN");
    words.keywords(&["IF", "EXISTS"]);
    let Some(name) = words.identifier() else { return not_understood("a column without a name") };
    if words.keywords(&["SET", "DEFAULT"]) {
        ops.push(AlterOp::Default { name, default: default(words)? });
    } else if words.keywords(&["DROP", "DEFAULT"]) {
        ops.push(AlterOp::Default { name, default: DefaultDef::Unsaid });
    } else if words.keywords(&["SET", "INVISIBLE"]) {
        ops.push(AlterOp::Invisible { name, invisible: true });
    } else if words.keywords(&["SET", "VISIBLE"]) {
        ops.push(AlterOp::Invisible { name, invisible: false });
    } else {
        return not_understood(format!("ALTER COLUMN `{name}`"));
    }
    Ok(())
}

fn convert(words: &mut Words, ops: &mut Vec<AlterOp>) -> Understood<()> {
    if !words.keyword("TO") {
        return not_understood("CONVERT PARTITION or TABLE, which changes rows");
    }
    let mut charset = None;
    while let Some(given) = charset_clause(words) {
        charset = Some(given);
    }
    match charset {
        Some(charset) => {
            ops.push(AlterOp::Convert(charset));
            Ok(())
        }
        None => not_understood("CONVERT TO the database's charset"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ops(text: &str) -> Understood<Vec<AlterOp>> {
        alter_ops(&mut Words::new(text, "d", Default::default()))
    }

    #[test]
    fn actions_that_matter() {
        let found = ops(
            "ADD COLUMN a INT, ADD IF NOT EXISTS b INT AFTER a, ADD (c INT, d INT UNIQUE, KEY (c)), DROP COLUMN IF EXISTS e, \
             DROP f, MODIFY g BIGINT FIRST, CHANGE h i INT NOT NULL, RENAME COLUMN j TO k, ALTER l SET DEFAULT 5, \
             ADD UNIQUE KEY u (a, b(10)), DROP PRIMARY KEY, ADD CONSTRAINT p PRIMARY KEY (a), RENAME TO x.y, COMMENT = 'c', \
             CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, ALGORITHM=INPLACE, LOCK=NONE",
        )
        .unwrap();
        let kinds: Vec<String> =
            found.iter().map(|op| format!("{op:?}").split([' ', '(']).next().unwrap().to_owned()).collect();
        assert_eq!(
            kinds.join(" "),
            "Add Add Add Add Drop Drop Change Change RenameColumn Default AddIndex DropIndex AddIndex Rename Comment Convert"
        );
        let parts = vec![Some(("a".to_owned(), false)), Some(("b".to_owned(), true))];
        let unique = IndexDef {
            kind: IndexKind::Unique,
            name: Some("u".into()),
            columns: parts,
            if_not_exists: false,
        };
        assert_eq!(found[10], AlterOp::AddIndex(unique));
        assert_eq!(found[15], AlterOp::Convert("utf8mb4".into()));
    }

    #[test]
    fn noise() {
        for text in [
            "ADD INDEX i (a)",
            "ADD KEY i USING BTREE (a), ADD FULLTEXT INDEX f (b) WITH PARSER ngram",
            "ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES p (id) ON DELETE CASCADE",
            "DROP FOREIGN KEY f",
            "ENGINE=InnoDB",
            "FORCE",
            "ROW_FORMAT=DYNAMIC KEY_BLOCK_SIZE=8, AUTO_INCREMENT = 1000",
            "PARTITION BY RANGE (a) (PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN MAXVALUE)",
            "ADD PARTITION (PARTITION p2 VALUES LESS THAN (20))",
            "REORGANIZE PARTITION p0 INTO (PARTITION n0 VALUES LESS THAN (5), PARTITION n1 VALUES LESS THAN (10))",
            "REMOVE PARTITIONING",
            "DISABLE KEYS",
            "ORDER BY a, b",
            "ALTER INDEX i INVISIBLE",
            "RENAME INDEX a TO b",
            "DROP INDEX i",
        ] {
            let found = ops(text).unwrap_or_else(|e| panic!("{text}: {e:?}"));
            let matters = found.iter().any(|op| {
                !matches!(op, AlterOp::Engine(_) | AlterOp::DropIndex(_) | AlterOp::RenameIndex { .. })
            });
            assert!(!matters, "{text}: {found:?}");
        }
    }

    #[test]
    fn what_changes_rows_is_never_noise() {
        for text in [
            "DROP PARTITION p0",
            "TRUNCATE PARTITION p0",
            "EXCHANGE PARTITION p0 WITH TABLE u",
            "IMPORT TABLESPACE",
            "CONVERT PARTITION p0 TO TABLE u",
            "ADD SYSTEM VERSIONING",
            "FROBNICATE",
        ] {
            assert!(ops(text).is_err(), "{text}");
        }
    }
}
