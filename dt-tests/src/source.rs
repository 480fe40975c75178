//! The source side of a test: scripts in, text out, through the server's text protocol.

use anyhow::{Context, Result};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Opts, OptsBuilder, Value};

use crate::servers::Family;

/// A row in the server's own text form; `None` is NULL.
pub type TextRow = Vec<Option<String>>;

/// A MySQL or MariaDB server.
#[derive(Debug, Clone)]
pub struct Source {
    /// Which family it is of.
    pub family: Family,
    /// URL with user and password.
    pub url: String,
    opts: Opts,
}

impl Source {
    /// A server at this URL.
    ///
    /// # Errors
    /// The URL does not parse.
    pub fn new(family: Family, url: &str) -> Result<Self> {
        let session = ["SET time_zone = '+00:00', sql_mode = ''", "SET NAMES utf8mb4"];
        let opts = OptsBuilder::from_opts(Opts::from_url(url)?).init(session.map(str::to_owned).to_vec());
        Ok(Self { family, url: url.to_owned(), opts: opts.into() })
    }

    /// A server at this URL, of the family that it says it is.
    ///
    /// # Errors
    /// It cannot be reached.
    pub async fn detect(url: &str) -> Result<Self> {
        let mut source = Self::new(Family::MySql, url)?;
        let version = source.text("SELECT VERSION()").await?;
        if version.contains("MariaDB") {
            source.family = Family::MariaDb;
        }
        Ok(source)
    }

    /// A connection of its own, in UTC and without SQL modes.
    ///
    /// # Errors
    /// The server cannot be reached.
    pub async fn connect(&self) -> Result<Conn> {
        Ok(Conn::new(self.opts.clone()).await?)
    }

    /// Runs a script of statements, one after the other, on one connection.
    ///
    /// # Errors
    /// The first statement that fails.
    pub async fn run(&self, script: &str) -> Result<()> {
        if script.lines().all(|line| line.trim().is_empty() || line.starts_with("--")) {
            return Ok(());
        }
        let mut conn = self.connect().await?;
        conn.query_drop(script)
            .await
            .with_context(|| format!("{} refuses: {}", self.family, head(script)))?;
        conn.disconnect().await?;
        Ok(())
    }

    /// All rows of a query as text.
    ///
    /// # Errors
    /// The query fails.
    pub async fn query(&self, sql: &str) -> Result<Vec<TextRow>> {
        let mut conn = self.connect().await?;
        let rows: Vec<mysql_async::Row> =
            conn.query(sql).await.with_context(|| format!("{} refuses: {}", self.family, head(sql)))?;
        conn.disconnect().await?;
        Ok(rows.into_iter().map(|row| row.unwrap().into_iter().map(cell).collect()).collect())
    }

    /// The first cell of a query; empty if there is none.
    ///
    /// # Errors
    /// The query fails.
    pub async fn text(&self, sql: &str) -> Result<String> {
        let rows = self.query(sql).await?;
        Ok(rows.into_iter().flatten().next().flatten().unwrap_or_default())
    }

    /// The databases of a test: `name` itself and all that begin with `name__`.
    ///
    /// # Errors
    /// The query fails.
    pub async fn databases(&self, name: &str) -> Result<Vec<String>> {
        let sql = format!(
            "SELECT schema_name FROM information_schema.schemata WHERE schema_name = '{name}' \
             OR LEFT(schema_name, {}) = '{name}__' ORDER BY 1",
            name.len() + 2
        );
        Ok(self.query(&sql).await?.into_iter().flatten().flatten().collect())
    }

    /// Drops the databases of a test.
    ///
    /// # Errors
    /// A statement fails.
    pub async fn drop_databases(&self, name: &str) -> Result<()> {
        for db in self.databases(name).await? {
            self.run(&format!("SET foreign_key_checks = 0; DROP DATABASE {}", quoted(&db))).await?;
        }
        Ok(())
    }

    /// The server's clock in UTC, as `start_time_utc` is written.
    ///
    /// # Errors
    /// The query fails.
    pub async fn now(&self) -> Result<String> {
        self.text("SELECT UTC_TIMESTAMP(6)").await
    }

    /// Binlog file, offset and GTID position of the server's present end; GTID text is empty where there is none.
    ///
    /// # Errors
    /// The binlog is off.
    pub async fn position(&self) -> Result<(String, String, String)> {
        let (status, gtid) = match self.family {
            Family::MariaDb => ("SHOW MASTER STATUS", "SELECT @@gtid_binlog_pos"),
            Family::MySql => ("SHOW BINARY LOG STATUS", "SELECT REPLACE(@@gtid_executed, '\\n', '')"),
        };
        let row = self.query(status).await?.into_iter().next().context("the binlog is off")?;
        let field = |i: usize| row.get(i).cloned().flatten().unwrap_or_default();
        Ok((field(0), field(1), self.text(gtid).await?))
    }
}

/// An identifier in back-quotes.
pub fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

fn cell(value: Value) -> Option<String> {
    match value {
        Value::NULL => None,
        Value::Bytes(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
        // The text protocol sends bytes only.
        other => Some(other.as_sql(true)),
    }
}

fn head(sql: &str) -> String {
    sql.chars().take(400).collect()
}
