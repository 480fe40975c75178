//! What a logged statement means for the tables that are followed.
//!
//! Only the kind of the statement and the names of tables are looked at. Where it is not sure which tables a statement in
//! statement format touches, every name in it counts: refusing too much is an error message, refusing too little is silent
//! loss.

use dt_common::schema::TableName;

use super::tokens::{Token, tokens};

/// A statement, by what the stream has to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Statement {
    /// BEGIN, START TRANSACTION.
    Begin,
    /// COMMIT.
    Commit,
    /// ROLLBACK.
    Rollback,
    /// ROLLBACK TO SAVEPOINT.
    RollbackTo,
    /// XA START and XA BEGIN.
    XaStart,
    /// XA COMMIT and XA ROLLBACK, as statements of their own.
    XaEnd,
    /// Changes the structure of tables. `action` is the statement's first keywords.
    Ddl { action: &'static str, target: Target },
    /// Changes rows without row events; the names that occur in it.
    Dml { names: Vec<TableName> },
    /// CREATE SEQUENCE: what looks like a table in the binlog is none.
    Sequence(TableName),
    /// Anything else: SAVEPOINT, XA END, views, users, maintenance.
    Other,
}

/// What a structure change names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    /// These tables.
    Tables(Vec<TableName>),
    /// All tables of the database.
    Database(String),
}

impl Statement {
    /// Sorts a statement; `db` is its default database.
    pub(super) fn parse(sql: &str, db: &str) -> Self {
        // The two that end nearly every transaction.
        match sql {
            "BEGIN" => return Self::Begin,
            "COMMIT" => return Self::Commit,
            _ => {}
        }
        let tokens = tokens(sql);
        let mut words = Words { tokens: &tokens, db };
        words.skip_set_statement();
        words.statement()
    }
}

struct Words<'a> {
    tokens: &'a [Token],
    db: &'a str,
}

impl Words<'_> {
    fn statement(&mut self) -> Statement {
        while self.tokens.first() == Some(&Token::Symbol('(')) {
            self.tokens = &self.tokens[1..];
        }
        let Some(Token::Word(first)) = self.tokens.first() else { return Statement::Other };
        match first.to_ascii_uppercase().as_str() {
            "BEGIN" => Statement::Begin,
            "START" if self.keywords(&["START", "TRANSACTION"]) => Statement::Begin,
            "COMMIT" => Statement::Commit,
            "ROLLBACK" => {
                self.keyword("ROLLBACK");
                self.keyword("WORK");
                if self.keyword("TO") { Statement::RollbackTo } else { Statement::Rollback }
            }
            "XA" => self.xa(),
            "INSERT" | "UPDATE" | "DELETE" | "REPLACE" | "LOAD" | "WITH" => {
                Statement::Dml { names: self.all_names() }
            }
            "CREATE" => self.create(),
            "ALTER" => self.alter(),
            "DROP" => self.drop(),
            "RENAME" => self.rename(),
            "TRUNCATE" => {
                self.keyword("TRUNCATE");
                self.keyword("TABLE");
                self.tables("TRUNCATE TABLE", 1)
            }
            _ => Statement::Other,
        }
    }

    fn xa(&mut self) -> Statement {
        self.keyword("XA");
        if self.keyword("START") || self.keyword("BEGIN") {
            Statement::XaStart
        } else if self.keyword("COMMIT") || self.keyword("ROLLBACK") {
            Statement::XaEnd
        } else {
            Statement::Other
        }
    }

    fn create(&mut self) -> Statement {
        self.keyword("CREATE");
        self.keywords(&["OR", "REPLACE"]);
        if self.keyword("TABLE") {
            self.keywords(&["IF", "NOT", "EXISTS"]);
            return self.tables("CREATE TABLE", 1);
        }
        if self.keyword("SEQUENCE") {
            self.keywords(&["IF", "NOT", "EXISTS"]);
            return self.name().map_or(Statement::Other, Statement::Sequence);
        }
        // [ONLINE|OFFLINE] [UNIQUE|FULLTEXT|SPATIAL|VECTOR] INDEX [IF NOT EXISTS] name [USING ..] ON table
        for word in ["ONLINE", "OFFLINE", "UNIQUE", "FULLTEXT", "SPATIAL", "VECTOR"] {
            self.keyword(word);
        }
        if self.keyword("INDEX") { self.on_table("CREATE INDEX") } else { Statement::Other }
    }

    fn alter(&mut self) -> Statement {
        self.keyword("ALTER");
        for word in ["ONLINE", "OFFLINE", "IGNORE"] {
            self.keyword(word);
        }
        if !self.keyword("TABLE") {
            return Statement::Other;
        }
        self.keywords(&["IF", "EXISTS"]);
        let mut names: Vec<TableName> = self.name().into_iter().collect();
        names.extend(self.other_tables_of_alter());
        Statement::Ddl { action: "ALTER TABLE", target: Target::Tables(names) }
    }

    /// `RENAME [TO|AS] name` and `EXCHANGE PARTITION p WITH TABLE name`.
    fn other_tables_of_alter(&mut self) -> Vec<TableName> {
        let mut names = Vec::new();
        while !self.tokens.is_empty() {
            if self.keyword("RENAME") {
                if ["COLUMN", "INDEX", "KEY"].iter().any(|word| self.keyword(word)) {
                    continue;
                }
                if !self.keyword("TO") {
                    self.keyword("AS");
                }
                names.extend(self.name());
            } else if self.keywords(&["WITH", "TABLE"]) {
                names.extend(self.name());
            } else {
                self.tokens = &self.tokens[1..];
            }
        }
        names
    }

    fn drop(&mut self) -> Statement {
        self.keyword("DROP");
        for word in ["ONLINE", "OFFLINE"] {
            self.keyword(word);
        }
        if self.keyword("TEMPORARY") {
            return Statement::Other;
        }
        if self.keyword("TABLE") || self.keyword("TABLES") {
            self.keywords(&["IF", "EXISTS"]);
            return self.tables("DROP TABLE", usize::MAX);
        }
        if self.keyword("DATABASE") || self.keyword("SCHEMA") {
            self.keywords(&["IF", "EXISTS"]);
            let db = self.identifier().unwrap_or_default();
            return Statement::Ddl { action: "DROP DATABASE", target: Target::Database(db) };
        }
        if self.keyword("INDEX") { self.on_table("DROP INDEX") } else { Statement::Other }
    }

    fn rename(&mut self) -> Statement {
        self.keyword("RENAME");
        if !(self.keyword("TABLE") || self.keyword("TABLES")) {
            return Statement::Other;
        }
        self.keywords(&["IF", "EXISTS"]);
        let mut names = Vec::new();
        // Pairs of `old TO new`; MariaDB allows WAIT and NOWAIT behind the old name.
        while let Some(name) = self.name() {
            names.push(name);
            while !(self.tokens.is_empty() || self.keyword("TO") || self.symbol(',')) {
                self.tokens = &self.tokens[1..];
            }
        }
        Statement::Ddl { action: "RENAME TABLE", target: Target::Tables(names) }
    }

    fn on_table(&mut self, action: &'static str) -> Statement {
        while !self.tokens.is_empty() && !self.keyword("ON") {
            self.tokens = &self.tokens[1..];
        }
        self.tables(action, 1)
    }

    /// Up to `most` names with commas between them.
    fn tables(&mut self, action: &'static str, most: usize) -> Statement {
        let mut names = Vec::new();
        while names.len() < most
            && let Some(name) = self.name()
        {
            names.push(name);
            if !self.symbol(',') {
                break;
            }
        }
        Statement::Ddl { action, target: Target::Tables(names) }
    }

    /// Every name of one or two parts anywhere in the statement.
    fn all_names(&mut self) -> Vec<TableName> {
        let mut names = Vec::new();
        while !self.tokens.is_empty() {
            match self.name() {
                Some(name) => names.push(name),
                None => self.tokens = &self.tokens[1..],
            }
        }
        names
    }

    /// `name` or `db.name`.
    fn name(&mut self) -> Option<TableName> {
        let first = self.identifier()?;
        if self.symbol('.')
            && let Some(second) = self.identifier()
        {
            return Some(TableName::new(first, second));
        }
        Some(TableName::new(self.db, first))
    }

    fn identifier(&mut self) -> Option<String> {
        let (Token::Word(name) | Token::Quoted(name)) = self.tokens.first()? else { return None };
        self.tokens = &self.tokens[1..];
        Some(name.clone())
    }

    fn symbol(&mut self, symbol: char) -> bool {
        let found = self.tokens.first() == Some(&Token::Symbol(symbol));
        self.tokens = &self.tokens[usize::from(found)..];
        found
    }

    fn keyword(&mut self, keyword: &str) -> bool {
        self.keywords(&[keyword])
    }

    /// Passes these words if all of them come next.
    fn keywords(&mut self, keywords: &[&str]) -> bool {
        let found = self.tokens.len() >= keywords.len()
            && keywords.iter().zip(self.tokens).all(
                |(keyword, token)| matches!(token, Token::Word(word) if word.eq_ignore_ascii_case(keyword)),
            );
        if found {
            self.tokens = &self.tokens[keywords.len()..];
        }
        found
    }

    /// MariaDB's `SET STATEMENT variable = value, .. FOR statement`.
    fn skip_set_statement(&mut self) {
        let whole = self.tokens;
        if !self.keywords(&["SET", "STATEMENT"]) {
            return;
        }
        while !self.tokens.is_empty() && !self.keyword("FOR") {
            self.tokens = &self.tokens[1..];
        }
        if self.tokens.is_empty() {
            self.tokens = whole;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[(&str, &str)]) -> Vec<TableName> {
        names.iter().map(|&(db, table)| TableName::new(db, table)).collect()
    }

    #[test]
    fn structure_changes() {
        for (sql, action, expected) in [
            ("ALTER TABLE t ADD COLUMN a INT", "ALTER TABLE", &[("d", "t")][..]),
            ("alter ignore table if exists `x`.`t` drop a", "ALTER TABLE", &[("x", "t")]),
            ("ALTER TABLE t RENAME COLUMN a TO b", "ALTER TABLE", &[("d", "t")]),
            ("ALTER TABLE t ADD a INT, RENAME TO x.u", "ALTER TABLE", &[("d", "t"), ("x", "u")]),
            ("ALTER TABLE t RENAME u", "ALTER TABLE", &[("d", "t"), ("d", "u")]),
            ("ALTER TABLE t EXCHANGE PARTITION p WITH TABLE u", "ALTER TABLE", &[("d", "t"), ("d", "u")]),
            ("CREATE TABLE IF NOT EXISTS t (a INT)", "CREATE TABLE", &[("d", "t")]),
            ("CREATE OR REPLACE TABLE x.t LIKE u", "CREATE TABLE", &[("x", "t")]),
            ("/* c */ CREATE /*! TABLE */ \"t\" (a INT)", "CREATE TABLE", &[("d", "t")]),
            (
                "DROP TABLE IF EXISTS `a`,x.`b` /* generated by server */",
                "DROP TABLE",
                &[("d", "a"), ("x", "b")],
            ),
            (
                "RENAME TABLE a TO b, x.c TO y.d",
                "RENAME TABLE",
                &[("d", "a"), ("d", "b"), ("x", "c"), ("y", "d")],
            ),
            ("RENAME TABLE a WAIT 5 TO b", "RENAME TABLE", &[("d", "a"), ("d", "b")]),
            ("TRUNCATE t", "TRUNCATE TABLE", &[("d", "t")]),
            ("truncate table x . t", "TRUNCATE TABLE", &[("x", "t")]),
            ("CREATE UNIQUE INDEX i USING BTREE ON t (a)", "CREATE INDEX", &[("d", "t")]),
            ("CREATE OR REPLACE INDEX IF NOT EXISTS i ON x.t (a)", "CREATE INDEX", &[("x", "t")]),
            ("DROP INDEX i ON t", "DROP INDEX", &[("d", "t")]),
            (
                "SET STATEMENT max_statement_time=1, a='FOR' FOR ALTER TABLE t FORCE",
                "ALTER TABLE",
                &[("d", "t")],
            ),
        ] {
            let target = Target::Tables(names(expected));
            assert_eq!(Statement::parse(sql, "d"), Statement::Ddl { action, target }, "{sql}");
        }
        let target = Target::Database("x y".into());
        let ddl = Statement::Ddl { action: "DROP DATABASE", target };
        assert_eq!(Statement::parse("drop schema if exists `x y`", "d"), ddl);
    }

    #[test]
    fn what_passes() {
        for sql in [
            "CREATE TEMPORARY TABLE t (a INT)",
            "CREATE OR REPLACE TEMPORARY TABLE t (a INT)",
            "DROP /*!40005 TEMPORARY */ TABLE IF EXISTS `t`",
            "CREATE ALGORITHM=UNDEFINED DEFINER=`r`@`%` VIEW v AS SELECT 1",
            "ALTER VIEW v AS SELECT 1",
            "CREATE DATABASE x",
            "CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW SET @a = 1",
            "CREATE USER u",
            "RENAME USER a TO b",
            "GRANT ALL ON t TO u",
            "ANALYZE TABLE t",
            "OPTIMIZE TABLE t",
            "FLUSH TABLES",
            "SAVEPOINT `a`",
            "XA END X'61',X'',1",
            "# Dum",
            "",
        ] {
            assert_eq!(Statement::parse(sql, "d"), Statement::Other, "{sql}");
        }
    }

    #[test]
    fn sequences_are_no_tables() {
        for sql in ["CREATE SEQUENCE s START 1", "create or replace sequence if not exists `d`.`s`"] {
            assert_eq!(Statement::parse(sql, "d"), Statement::Sequence(TableName::new("d", "s")), "{sql}");
        }
    }

    #[test]
    fn transactions() {
        for (sql, expected) in [
            ("BEGIN", Statement::Begin),
            ("START TRANSACTION", Statement::Begin),
            ("COMMIT", Statement::Commit),
            ("COMMIT /* implicit, from Xid_log_event */", Statement::Commit),
            ("ROLLBACK", Statement::Rollback),
            ("ROLLBACK TO `a`", Statement::RollbackTo),
            ("ROLLBACK WORK TO SAVEPOINT a", Statement::RollbackTo),
            ("XA START X'61',X'',1", Statement::XaStart),
            ("XA COMMIT X'61',X'',1", Statement::XaEnd),
        ] {
            assert_eq!(Statement::parse(sql, "d"), expected, "{sql}");
        }
    }

    #[test]
    fn statement_format_names_all_it_may_touch() {
        for sql in [
            "INSERT INTO t VALUES ('x')",
            "UPDATE u JOIN d.t ON u.a = 1 SET u.b = 2",
            "WITH c AS (SELECT 1) DELETE FROM t",
            "LOAD DATA INFILE 'f' INTO TABLE `t`",
            "SET STATEMENT a=1 FOR REPLACE t VALUES (1)",
        ] {
            let Statement::Dml { names } = Statement::parse(sql, "d") else { panic!("{sql}") };
            assert!(names.contains(&TableName::new("d", "t")), "{sql}");
        }
    }
}
