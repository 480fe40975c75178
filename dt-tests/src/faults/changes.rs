//! The changes of structure at the source that a task is met in.

/// What is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changes {
    /// Columns of tables that are written to.
    Columns,
    /// Tables: they come, go, get other names and are emptied.
    Tables,
}

impl Changes {
    /// The statements, with rows before and behind them on the same tables, and how many of them change a structure.
    pub(super) const fn script(self) -> (&'static str, usize) {
        match self {
            Self::Columns => (COLUMNS, 2),
            Self::Tables => (TABLES, 5),
        }
    }
}

const COLUMNS: &str =
    "ALTER TABLE keyed DROP COLUMN spare, CHANGE note remark VARCHAR(10) DEFAULT 'r', MODIFY v BIGINT,
 ADD added VARBINARY(4) NOT NULL DEFAULT 'xy';
INSERT INTO keyed (id, v, remark, added) VALUES (100000, 9000000000, 'new', 'ab');
ALTER TABLE keyless ADD added INT NOT NULL DEFAULT 7;
INSERT INTO keyless (v, s, added) VALUES (1, 'new', 8), (1, 'new', 8);
";
const TABLES: &str = "CREATE TABLE later (id INT NOT NULL PRIMARY KEY, s VARCHAR(10));
INSERT INTO later VALUES (1, 'before'), (2, 'before');
RENAME TABLE later TO renamed;
UPDATE renamed SET s = 'behind' WHERE id = 2;
TRUNCATE TABLE entry;
CREATE TABLE passing (id INT);
INSERT INTO passing VALUES (1), (1);
DROP TABLE passing;
";
