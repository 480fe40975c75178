//! What a logged statement means for the stream.
//!
//! Where it is not sure which tables a statement in statement format touches, every name in it counts: refusing too much is an
//! error message, refusing too little is silent loss. What a change of structure says is read in [`ddl`].

use dt_common::schema::TableName;

use crate::extractor::mysql::ddl::{self, Dialect, Words};

/// A statement, by what the stream has to do about it.
#[derive(Debug, Clone, PartialEq)]
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
    /// Changes the structure of tables.
    Ddl(Box<ddl::Statement>),
    /// Changes rows without row events; the names that occur in it.
    Dml { names: Vec<TableName> },
    /// CREATE SEQUENCE: what looks like a table in the binlog is none.
    Sequence(TableName),
    /// Anything else: SAVEPOINT, XA END, views, users, maintenance.
    Other,
}

impl Statement {
    /// Sorts a statement; `db` is its default database.
    pub(super) fn parse(sql: &str, db: &str, dialect: Dialect) -> Self {
        // The two that end nearly every transaction.
        match sql {
            "BEGIN" => return Self::Begin,
            "COMMIT" => return Self::Commit,
            _ => {}
        }
        let mut words = Words::new(sql, db, dialect);
        while words.symbol('(') {}
        let Some(first) = words.peek_keyword() else { return Self::Other };
        match first.as_str() {
            "BEGIN" => Self::Begin,
            "START" if words.keywords(&["START", "TRANSACTION"]) => Self::Begin,
            "COMMIT" => Self::Commit,
            "ROLLBACK" => {
                words.skip();
                words.keyword("WORK");
                if words.keyword("TO") { Self::RollbackTo } else { Self::Rollback }
            }
            "XA" => xa(words),
            "INSERT" | "UPDATE" | "DELETE" | "REPLACE" | "LOAD" | "WITH" => {
                Self::Dml { names: words.all_tables() }
            }
            "CREATE" => match sequence(words.clone()) {
                Some(name) => Self::Sequence(name),
                None => structure(words),
            },
            "ALTER" | "DROP" | "RENAME" | "TRUNCATE" => structure(words),
            _ => Self::Other,
        }
    }
}

fn structure(mut words: Words) -> Statement {
    ddl::Statement::parse(&mut words)
        .map_or(Statement::Other, |statement| Statement::Ddl(Box::new(statement)))
}

fn sequence(mut words: Words) -> Option<TableName> {
    words.keyword("CREATE");
    words.keywords(&["OR", "REPLACE"]);
    if !words.keyword("SEQUENCE") {
        return None;
    }
    words.keywords(&["IF", "NOT", "EXISTS"]);
    words.table()
}

fn xa(mut words: Words) -> Statement {
    words.skip();
    if words.any_keyword(&["START", "BEGIN"]) {
        Statement::XaStart
    } else if words.any_keyword(&["COMMIT", "ROLLBACK"]) {
        Statement::XaEnd
    } else {
        Statement::Other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(sql: &str) -> Statement {
        Statement::parse(sql, "d", Dialect::default())
    }

    #[test]
    fn structure_changes() {
        for sql in [
            "ALTER TABLE t ADD a INT",
            "create database x",
            "SET STATEMENT a=1 FOR TRUNCATE t",
            "DROP INDEX i ON t",
        ] {
            assert!(matches!(parsed(sql), Statement::Ddl(_)), "{sql}");
        }
    }

    #[test]
    fn what_passes() {
        for sql in [
            "GRANT ALL ON t TO u",
            "ANALYZE TABLE t",
            "OPTIMIZE TABLE t",
            "FLUSH TABLES",
            "SAVEPOINT `a`",
            "XA END X'61',X'',1",
            "# Dum",
            "",
        ] {
            assert_eq!(parsed(sql), Statement::Other, "{sql}");
        }
    }

    #[test]
    fn sequences_are_no_tables() {
        for sql in ["CREATE SEQUENCE s START 1", "create or replace sequence if not exists `d`.`s`"] {
            assert_eq!(parsed(sql), Statement::Sequence(TableName::new("d", "s")), "{sql}");
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
            assert_eq!(parsed(sql), expected, "{sql}");
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
            let Statement::Dml { names } = parsed(sql) else { panic!("{sql}") };
            assert!(names.contains(&TableName::new("d", "t")), "{sql}");
        }
    }
}
