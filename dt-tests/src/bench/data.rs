//! Rows and changes at the source, made by the source itself.

use anyhow::{Context, Result};

use crate::source::Source;

/// Column list of a table, in sysbench's shape.
pub const COLUMNS: &str = "id, k, c, pad";

/// What a change of [`changes`] does in one transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Updates one row, any of those that were there at first.
    Update,
    /// Inserts a row, updates two and deletes one.
    Mixed,
}

/// Makes a database with empty tables.
///
/// # Errors
/// The source refuses.
pub async fn tables(source: &Source, db: &str, tables: &[String]) -> Result<()> {
    let mut sql = format!(
        "DROP DATABASE IF EXISTS {db}; CREATE DATABASE {db} DEFAULT CHARACTER SET utf8mb4; USE {db};\n"
    );
    for table in tables {
        sql.push_str(&format!(
            "CREATE TABLE {table} (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, k INT NOT NULL DEFAULT 0, \
             c CHAR(120) NOT NULL DEFAULT '', pad CHAR(60) NOT NULL DEFAULT '');\n"
        ));
    }
    source.run(&sql).await
}

/// Fills a table with `rows` rows, keys from `first` on, in statements of `each`; `logged` says whether the binlog sees it.
///
/// # Errors
/// The source refuses.
pub async fn fill(source: &Source, table: &str, keys: Keys, each: u64, logged: bool) -> Result<()> {
    // The sequence tables are looked for in the database that is in use.
    let (db, _) = table.split_once('.').unwrap_or((table, ""));
    let mut sql = format!("USE {db}; SET SESSION sql_log_bin = {};\n", u8::from(logged));
    let mut first = keys.first;
    while first < keys.end() {
        let last = (first + each).min(keys.end()) - 1;
        sql.push_str(&format!(
            "INSERT INTO {table} SELECT seq, {}, {}, {} FROM seq_{first}_to_{last};\n",
            number("1000000"),
            text(10),
            text(5)
        ));
        first = last + 1;
    }
    source.run(&sql).await
}

/// Bytes of a table's rows as text.
///
/// # Errors
/// The source refuses.
pub async fn bytes(source: &Source, table: &str) -> Result<u64> {
    let sum = source.text(&format!("SELECT SUM(LENGTH(CONCAT({COLUMNS}))) FROM {table}")).await?;
    sum.trim().parse().with_context(|| format!("{table} holds `{sum}` bytes"))
}

/// Keys that follow each other.
#[derive(Debug, Clone, Copy)]
pub struct Keys {
    /// The first one.
    pub first: u64,
    /// How many.
    pub count: u64,
}

impl Keys {
    /// Keys from 1 on.
    pub fn up_to(count: u64) -> Self {
        Self { first: 1, count }
    }

    fn end(self) -> u64 {
        self.first + self.count
    }
}

/// Runs `transactions` transactions of `change` on a table that held `rows` rows at first.
///
/// # Errors
/// The source refuses.
pub async fn changes(
    source: &Source,
    table: &str,
    rows: u64,
    change: Change,
    transactions: u64,
) -> Result<()> {
    let (db, _) = table.split_once('.').unwrap_or((table, ""));
    // A key that is a function of RAND() inside WHERE would be drawn anew for every row of the table.
    let update = |keys: &str| {
        format!(
            "SET @id = {keys}; UPDATE {table} SET k = {}, c = {} WHERE id = @id; ",
            number("1000000"),
            text(10)
        )
    };
    let body = match change {
        Change::Update => update(&format!("1 + {}", number(&rows.to_string()))),
        Change::Mixed => {
            let kept =
                update(&format!("{transactions} + 1 + {}", number(&(rows - transactions).to_string())));
            format!(
                "START TRANSACTION; INSERT INTO {table} SET id = {rows} + i, k = i, c = {}, pad = {}; {kept}{kept}\
                 DELETE FROM {table} WHERE id = i; COMMIT; ",
                text(10),
                text(5)
            )
        }
    };
    let sql = format!(
        "CREATE OR REPLACE PROCEDURE {db}.changes() BEGIN DECLARE i INT DEFAULT 1; WHILE i <= {transactions} DO {body}\
         SET i = i + 1; END WHILE; END; SET SESSION sql_log_bin = 1; CALL {db}.changes()"
    );
    source.run(&sql).await
}

fn number(below: &str) -> String {
    format!("FLOOR(RAND() * {below})")
}

/// Groups of eleven digits, as sysbench writes them.
fn text(groups: usize) -> String {
    let group = "LPAD(FLOOR(RAND() * 1e11), 11, '0')";
    format!("CONCAT_WS('-', {})", vec![group; groups].join(", "))
}
