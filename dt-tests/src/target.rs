//! The target side of a test: Databend, asked for text.

use anyhow::{Context, Result, ensure};
use databend_driver::{Client, Value};

use crate::http;
use crate::source::TextRow;

/// Databend's code of two commits that changed the same block.
const CONFLICT: &str = "[4001]";

/// Tries of a statement that meets one.
const TRIES: u32 = 20;

/// A Databend server.
#[derive(Debug, Clone)]
pub struct Target {
    /// DSN with user and password.
    pub dsn: String,
    /// Port of the local server's test endpoints; `None` for a server of the user's own.
    local_port: Option<u16>,
}

impl Target {
    /// A server of the user's own.
    pub fn new(dsn: &str) -> Self {
        Self { dsn: dsn.to_owned(), local_port: None }
    }

    /// The local server, which takes faults.
    pub fn local(dsn: &str, port: u16) -> Self {
        Self { dsn: dsn.to_owned(), local_port: Some(port) }
    }

    /// Port of the local server.
    pub fn local_port(&self) -> Option<u16> {
        self.local_port
    }

    /// All rows of a query; every column has to be a string.
    ///
    /// # Errors
    /// The query fails, or a column is not a string.
    pub async fn query(&self, sql: &str) -> Result<Vec<TextRow>> {
        let context = || format!("databend refuses: {}", sql.chars().take(400).collect::<String>());
        let conn = Client::new(self.dsn.clone()).get_conn().await?;
        let rows = conn.query_all(sql).await.with_context(context)?;
        let rows = rows.into_iter().map(|row| row.into_iter().map(cell).collect()).collect();
        conn.close().await?;
        Ok(rows)
    }

    /// Runs statements that end in `;` at the end of a line, each by itself. One that meets a commit of a running task is run again.
    ///
    /// # Errors
    /// The first statement that fails.
    pub async fn run(&self, script: &str) -> Result<()> {
        for statement in statements(script) {
            let mut tries = 1;
            while let Err(error) = self.query(&statement).await {
                if tries == TRIES || !format!("{error:#}").contains(CONFLICT) {
                    return Err(error);
                }
                tries += 1;
            }
        }
        Ok(())
    }

    /// The databases of a test: `name` itself and all that begin with `name__`.
    ///
    /// # Errors
    /// The query fails.
    pub async fn databases(&self, name: &str) -> Result<Vec<String>> {
        let sql = format!(
            "SELECT name FROM system.databases WHERE name = '{name}' OR LEFT(name, {}) = '{name}__' ORDER BY 1",
            name.len() + 2
        );
        Ok(self.query(&sql).await?.into_iter().flatten().flatten().collect())
    }

    /// Tables of a database.
    ///
    /// # Errors
    /// The query fails.
    pub async fn tables(&self, db: &str) -> Result<Vec<String>> {
        let sql = format!("SELECT name FROM system.tables WHERE database = {} ORDER BY 1", literal(db));
        Ok(self.query(&sql).await?.into_iter().flatten().flatten().collect())
    }

    /// Drops the databases of a test and what its task keeps in `_dt`.
    ///
    /// # Errors
    /// A statement fails.
    pub async fn drop_databases(&self, name: &str) -> Result<()> {
        for db in self.databases(name).await? {
            self.query(&format!("DROP DATABASE {}", quoted(&db))).await?;
        }
        let state = self.tables("_dt").await?;
        for table in state.iter().filter(|table| table.ends_with(&format!("_{name}"))) {
            self.query(&format!("DROP TABLE _dt.{}", quoted(table))).await?;
        }
        Ok(())
    }

    /// Everything that the databases of a test hold, as text: to see that nothing changed.
    ///
    /// # Errors
    /// A query fails.
    pub async fn fingerprint(&self, name: &str) -> Result<String> {
        let mut text = String::new();
        for db in self.databases(name).await? {
            text.push_str(&format!("database {db}\n"));
            for table in self.tables(&db).await? {
                let place = format!("{}.{}", quoted(&db), quoted(&table));
                let ddl = self.query(&format!("SHOW CREATE TABLE {place}")).await?;
                let mut rows = self.query(&format!("SELECT * FROM {place}")).await?;
                rows.sort();
                text.push_str(&format!("{ddl:?}\n{rows:?}\n"));
            }
        }
        Ok(text)
    }

    /// Sends a request to a test endpoint of the local server and returns the body of the answer.
    ///
    /// # Errors
    /// It is not the local server, or it refuses.
    pub async fn control(&self, method: &str, path: &str, body: &str) -> Result<String> {
        let port = self.local_port.context("needs the local Databend")?;
        let head = "Authorization: Basic ZHQ6ZHRfc2VjcmV0\r\nContent-Type: application/json\r\n";
        let answer = http::request(port, method, path, head, body).await?;
        ensure!(answer.status == 200, "{method} {path}: {} {}", answer.status, answer.body);
        Ok(answer.body)
    }
}

/// An identifier: back-quotes, or double quotes where the name holds a back-quote (Databend has no escape for it).
pub fn quoted(name: &str) -> String {
    if name.contains('`') { format!("\"{}\"", name.replace('"', "\"\"")) } else { format!("`{name}`") }
}

/// A string literal.
pub fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

fn statements(script: &str) -> Vec<String> {
    let mut statements = vec![String::new()];
    for line in script.lines().filter(|line| !line.starts_with("--")) {
        let ends = line.trim_end().ends_with(';');
        if let Some(last) = statements.last_mut() {
            last.push_str(line.trim_end().trim_end_matches(';'));
            last.push('\n');
        }
        if ends {
            statements.push(String::new());
        }
    }
    statements.retain(|statement| !statement.trim().is_empty());
    statements
}

fn cell(value: Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text),
        other => Some(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_are_split_at_line_ends() {
        let script = "-- note\nCREATE TABLE a (\n x INT);\nINSERT INTO a VALUES (';');\n";
        assert_eq!(statements(script), ["CREATE TABLE a (\n x INT)\n", "INSERT INTO a VALUES (';')\n"]);
    }

    #[test]
    fn names_and_literals() {
        assert_eq!((quoted("a\"b"), quoted("a`\"b")), ("`a\"b`".into(), "\"a`\"\"b\"".into()));
        assert_eq!(literal("it's \\"), "'it''s \\\\'");
    }
}
