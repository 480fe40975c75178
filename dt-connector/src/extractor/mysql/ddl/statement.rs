//! The kind of a statement that changes structure, and the tables that it touches.

use dt_common::schema::TableName;

use super::alter::{AlterOp, IndexDef, IndexKind, alter_ops};
use super::create::{NewTable, new_table};
use super::{Understood, Words};

/// A statement that changes structure.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Statement {
    /// Its first keywords.
    pub(crate) action: &'static str,
    /// What it changes.
    pub(crate) change: Change,
}

/// What a statement changes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Change {
    /// CREATE TABLE.
    CreateTable { table: TableName, if_not_exists: bool, from: Understood<NewTable> },
    /// DROP TABLE.
    DropTables(Vec<TableName>),
    /// TRUNCATE TABLE.
    Truncate(TableName),
    /// RENAME TABLE: pairs, one after the other.
    Rename(Vec<(TableName, TableName)>),
    /// ALTER TABLE, CREATE INDEX, DROP INDEX. `others` are the further tables that it names.
    Alter { table: TableName, others: Vec<TableName>, ops: Understood<Vec<AlterOp>> },
    /// CREATE DATABASE and ALTER DATABASE.
    Database { db: String, is_new: bool, charset: Option<String> },
    /// DROP DATABASE.
    DropDatabase(String),
}

impl Statement {
    /// The statement that begins here with CREATE, ALTER, DROP, RENAME or TRUNCATE; `None` for one that changes no table.
    pub(crate) fn parse(words: &mut Words) -> Option<Self> {
        match words.peek_keyword()?.as_str() {
            "CREATE" => create(words),
            "ALTER" => alter(words),
            "DROP" => drop(words),
            "RENAME" => rename(words),
            "TRUNCATE" => {
                words.skip();
                words.keyword("TABLE");
                of("TRUNCATE TABLE", Change::Truncate(words.table()?))
            }
            _ => None,
        }
    }
}

fn of(action: &'static str, change: Change) -> Option<Statement> {
    Some(Statement { action, change })
}

fn create(words: &mut Words) -> Option<Statement> {
    words.keyword("CREATE");
    words.keywords(&["OR", "REPLACE"]);
    if words.keyword("TABLE") {
        let if_not_exists = words.keywords(&["IF", "NOT", "EXISTS"]);
        let table = words.table()?;
        return of("CREATE TABLE", Change::CreateTable { table, if_not_exists, from: new_table(words) });
    }
    if words.any_keyword(&["DATABASE", "SCHEMA"]) {
        words.keywords(&["IF", "NOT", "EXISTS"]);
        return database(words, "CREATE DATABASE", true);
    }
    // [ONLINE|OFFLINE] [UNIQUE|FULLTEXT|SPATIAL|VECTOR] INDEX [IF NOT EXISTS] name [USING ..] ON table (..)
    words.any_keyword(&["ONLINE", "OFFLINE"]);
    let is_unique = words.keyword("UNIQUE");
    words.any_keyword(&["FULLTEXT", "SPATIAL", "VECTOR"]);
    if !words.keyword("INDEX") {
        return None;
    }
    let if_not_exists = words.keywords(&["IF", "NOT", "EXISTS"]);
    let name = words.identifier()?;
    let table = on_table(words)?;
    let ops = match is_unique {
        true => IndexDef::parts(words).map(|columns| {
            let index = IndexDef { kind: IndexKind::Unique, name: Some(name), columns, if_not_exists };
            vec![AlterOp::AddIndex(index)]
        }),
        false => Ok(Vec::new()),
    };
    of("CREATE INDEX", Change::Alter { table, others: Vec::new(), ops })
}

fn database(words: &mut Words, action: &'static str, is_new: bool) -> Option<Statement> {
    let named =
        !matches!(words.peek_keyword().as_deref(), Some("DEFAULT" | "CHARACTER" | "CHARSET" | "COLLATE"));
    let db = if named { words.identifier()? } else { words.db().to_owned() };
    let mut charset = None;
    while !words.is_empty() {
        match super::type_text::charset_clause(words) {
            Some(given) => charset = Some(given),
            None => words.skip(),
        }
    }
    of(action, Change::Database { db, is_new, charset })
}

fn alter(words: &mut Words) -> Option<Statement> {
    words.keyword("ALTER");
    if words.any_keyword(&["DATABASE", "SCHEMA"]) {
        return database(words, "ALTER DATABASE", false);
    }
    while words.any_keyword(&["ONLINE", "OFFLINE", "IGNORE"]) {}
    if !words.keyword("TABLE") {
        return None;
    }
    words.keywords(&["IF", "EXISTS"]);
    let table = words.table()?;
    if words.keyword("WAIT") {
        words.skip();
    }
    words.keyword("NOWAIT");
    let others = other_tables_of_alter(words.clone());
    of("ALTER TABLE", Change::Alter { table, others, ops: alter_ops(words) })
}

/// `RENAME [TO|AS|=] name` and `EXCHANGE PARTITION p WITH TABLE name`, wherever they stand.
fn other_tables_of_alter(mut words: Words) -> Vec<TableName> {
    let mut names = Vec::new();
    while !words.is_empty() {
        if words.keyword("RENAME") {
            if words.any_keyword(&["COLUMN", "INDEX", "KEY"]) {
                continue;
            }
            let _ = words.any_keyword(&["TO", "AS"]) || words.symbol('=');
            names.extend(words.table());
        } else if words.keywords(&["WITH", "TABLE"]) || words.keywords(&["TO", "TABLE"]) {
            names.extend(words.table());
        } else {
            words.skip();
        }
    }
    names
}

fn drop(words: &mut Words) -> Option<Statement> {
    words.keyword("DROP");
    words.any_keyword(&["ONLINE", "OFFLINE"]);
    if words.keyword("TEMPORARY") {
        return None;
    }
    if words.any_keyword(&["TABLE", "TABLES"]) {
        words.keywords(&["IF", "EXISTS"]);
        let mut names = Vec::new();
        while let Some(name) = words.table() {
            names.push(name);
            if !words.symbol(',') {
                break;
            }
        }
        return of("DROP TABLE", Change::DropTables(names));
    }
    if words.any_keyword(&["DATABASE", "SCHEMA"]) {
        words.keywords(&["IF", "EXISTS"]);
        return of("DROP DATABASE", Change::DropDatabase(words.identifier()?));
    }
    if !words.keyword("INDEX") {
        return None;
    }
    words.keywords(&["IF", "EXISTS"]);
    let index = words.identifier()?;
    let table = on_table(words)?;
    of("DROP INDEX", Change::Alter { table, others: Vec::new(), ops: Ok(vec![AlterOp::DropIndex(index)]) })
}

fn rename(words: &mut Words) -> Option<Statement> {
    words.keyword("RENAME");
    if !words.any_keyword(&["TABLE", "TABLES"]) {
        return None;
    }
    words.keywords(&["IF", "EXISTS"]);
    let mut pairs = Vec::new();
    // Pairs of `old TO new`; MariaDB allows WAIT and NOWAIT behind the old name.
    while let Some(from) = words.table() {
        while !(words.is_empty() || words.keyword("TO")) {
            words.skip();
        }
        pairs.push((from, words.table()?));
        if !words.symbol(',') {
            break;
        }
    }
    of("RENAME TABLE", Change::Rename(pairs))
}

fn on_table(words: &mut Words) -> Option<TableName> {
    while !words.is_empty() && !words.keyword("ON") {
        words.skip();
    }
    words.table()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(sql: &str) -> Option<Statement> {
        Statement::parse(&mut Words::new(sql, "d", Default::default()))
    }

    /// The action and every table that is touched, in order.
    fn touched(sql: &str) -> (&'static str, Vec<String>) {
        let Some(Statement { action, change }) = parsed(sql) else { panic!("{sql}") };
        let names = match change {
            Change::CreateTable { table, .. } | Change::Truncate(table) => vec![table],
            Change::DropTables(names) => names,
            Change::Rename(pairs) => pairs.into_iter().flat_map(|(from, to)| [from, to]).collect(),
            Change::Alter { table, others, .. } => [vec![table], others].concat(),
            Change::Database { db, .. } | Change::DropDatabase(db) => vec![TableName::new(db, "")],
        };
        (action, names.into_iter().map(|name| format!("{}.{}", name.db, name.table)).collect())
    }

    #[test]
    fn the_tables_of_every_statement_are_found() {
        for (sql, action, expected) in [
            ("ALTER TABLE t ADD COLUMN a INT", "ALTER TABLE", "d.t"),
            ("alter ignore table if exists `x`.`t` drop a", "ALTER TABLE", "x.t"),
            ("ALTER TABLE t RENAME COLUMN a TO b", "ALTER TABLE", "d.t"),
            ("ALTER TABLE t ADD a INT, RENAME TO x.u", "ALTER TABLE", "d.t, x.u"),
            ("ALTER TABLE t RENAME u", "ALTER TABLE", "d.t, d.u"),
            ("ALTER TABLE t EXCHANGE PARTITION p WITH TABLE u", "ALTER TABLE", "d.t, d.u"),
            ("CREATE TABLE IF NOT EXISTS t (a INT)", "CREATE TABLE", "d.t"),
            ("CREATE OR REPLACE TABLE x.t LIKE u", "CREATE TABLE", "x.t"),
            ("/* c */ CREATE /*! TABLE */ \"t\" (a INT)", "CREATE TABLE", "d.t"),
            ("DROP TABLE IF EXISTS `a`,x.`b` /* generated by server */", "DROP TABLE", "d.a, x.b"),
            ("RENAME TABLE a TO b, x.c TO y.d", "RENAME TABLE", "d.a, d.b, x.c, y.d"),
            ("RENAME TABLE a WAIT 5 TO b", "RENAME TABLE", "d.a, d.b"),
            ("TRUNCATE t", "TRUNCATE TABLE", "d.t"),
            ("truncate table x . t", "TRUNCATE TABLE", "x.t"),
            ("CREATE UNIQUE INDEX i USING BTREE ON t (a)", "CREATE INDEX", "d.t"),
            ("CREATE OR REPLACE INDEX IF NOT EXISTS i ON x.t (a)", "CREATE INDEX", "x.t"),
            ("DROP INDEX i ON t", "DROP INDEX", "d.t"),
            ("SET STATEMENT max_statement_time=1, a='FOR' FOR ALTER TABLE t FORCE", "ALTER TABLE", "d.t"),
            ("drop schema if exists `x y`", "DROP DATABASE", "x y."),
            ("CREATE DATABASE x DEFAULT CHARACTER SET = latin1", "CREATE DATABASE", "x."),
            ("ALTER DATABASE COLLATE utf8mb4_bin", "ALTER DATABASE", "d."),
        ] {
            let (found, names) = touched(sql);
            assert_eq!((found, names.join(", ").as_str()), (action, expected), "{sql}");
        }
    }

    #[test]
    fn what_changes_no_table() {
        for sql in [
            "CREATE TEMPORARY TABLE t (a INT)",
            "CREATE OR REPLACE TEMPORARY TABLE t (a INT)",
            "DROP /*!40005 TEMPORARY */ TABLE IF EXISTS `t`",
            "CREATE ALGORITHM=UNDEFINED DEFINER=`r`@`%` VIEW v AS SELECT 1",
            "ALTER VIEW v AS SELECT 1",
            "CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW SET @a = 1",
            "CREATE USER u",
            "RENAME USER a TO b",
        ] {
            assert_eq!(parsed(sql), None, "{sql}");
        }
    }

    #[test]
    fn databases_have_charsets() {
        let charset = |sql| match parsed(sql).unwrap().change {
            Change::Database { charset, .. } => charset,
            other => panic!("{other:?}"),
        };
        assert_eq!(charset("CREATE DATABASE x").as_deref(), None);
        assert_eq!(charset("CREATE DATABASE x DEFAULT CHARACTER SET = latin1").as_deref(), Some("latin1"));
        assert_eq!(charset("ALTER SCHEMA x COLLATE 'cp1251_bin'").as_deref(), Some("cp1251"));
    }
}
