//! `_dt.kept_<task>`: columns and tables that were set aside because the source has dropped them, since when they are, and their end.
//!
//! They are remembered in the transaction that ends the change of structure, and removed between two commits, when nothing else of the task
//! touches their tables. A name of the list that is not there any more is forgotten.

use std::collections::HashMap;

use dt_common::error::{Error, Result};
use dt_common::schema::TableName;
use tracing::info;

use crate::sinker::databend::client::Session;
use crate::sinker::databend::committer::Committer;
use crate::sinker::databend::quote;
use crate::sinker::databend::target_tables::{TargetColumn, read_columns};

/// A column, or a table, by the name that it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The table of the target.
    pub table: TableName,
    /// Its column; `None` for the whole table.
    pub column: Option<String>,
}

/// What is to be remembered of a change of structure.
#[derive(Debug, Default)]
pub struct Remembered {
    /// What was dropped, and set aside for it.
    pub kept: Vec<Kept>,
    /// Tables that get another name, with all columns that were set aside before.
    pub moved: Vec<(TableName, TableName)>,
}

/// `CREATE TABLE` for the list.
pub fn create(table: &str, options: &str) -> String {
    format!(
        "CREATE TABLE IF NOT EXISTS {table} (`database` VARCHAR NOT NULL, `table` VARCHAR NOT NULL, `column` VARCHAR NULL, \
         `kept_at` TIMESTAMP NOT NULL) {options}"
    )
}

impl Remembered {
    /// Statements that store it.
    pub fn store(&self, list: &str) -> Vec<String> {
        let mut out = Vec::new();
        if !self.moved.is_empty() {
            let moved = self
                .moved
                .iter()
                .map(|(from, to)| format!("WHEN {} THEN {}", is_table(from), quote::string(&to.table)));
            let moved: Vec<String> = moved.collect();
            out.push(format!(
                "UPDATE {list} SET `table` = CASE {} ELSE `table` END WHERE `column` IS NOT NULL",
                moved.join(" ")
            ));
        }
        let rows = self.kept.iter().map(|Kept { table, column }| {
            let column = column.as_deref().map_or_else(|| "NULL".to_owned(), quote::string);
            format!("({}, {}, {column}, now())", quote::string(&table.db), quote::string(&table.table))
        });
        let rows: Vec<String> = rows.collect();
        if !rows.is_empty() {
            out.push(format!("INSERT INTO {list} VALUES {}", rows.join(", ")));
        }
        out
    }
}

/// Removes what was set aside so many days ago.
///
/// # Errors
/// A statement that Databend refuses; another writer that owns the task.
pub async fn expire(committer: &Committer, days: u64) -> Result<()> {
    let (session, list) = (committer.session().await?, &committer.tables().kept);
    let due = due(&session, list, days).await?;
    let tables: Vec<TableName> = due.iter().map(|kept| kept.table.clone()).collect();
    let held = read_columns(&session, &tables).await?;
    for kept in due {
        committer.fence(&session).await?;
        if let Some(sql) = removal(&kept, &held)? {
            session
                .execute(&sql)
                .await
                .map_err(|e| e.at(format_args!("removing what is kept of {}", kept.table)))?;
            info!(table = %kept.table, column = kept.column, days, "what the source has dropped was kept for its time, and is removed");
        }
        let column = kept.column.as_deref();
        let column = column
            .map_or_else(|| "`column` IS NULL".to_owned(), |c| format!("`column` = {}", quote::string(c)));
        session.execute(&format!("DELETE FROM {list} WHERE {} AND {column}", is_table(&kept.table))).await?;
    }
    session.close().await
}

async fn due(session: &Session, list: &str, days: u64) -> Result<Vec<Kept>> {
    let sql = format!(
        "SELECT `database`, `table`, `column` FROM {list} WHERE `kept_at` < date_sub(DAY, {days}, now()) ORDER BY `kept_at`"
    );
    let rows = session.query(&sql).await.map_err(|e| e.at(format_args!("reading {list}")))?;
    let kept = |row: Vec<Option<String>>| {
        let [db, table, column] = <[Option<String>; 3]>::try_from(row).ok()?;
        Some(Kept { table: TableName::new(db?, table?), column })
    };
    let unreadable = || Error::target(format!("{list} does not have the expected columns"));
    rows.into_iter().map(|row| kept(row).ok_or_else(unreadable)).collect()
}

/// `None` where it is not there any more.
fn removal(kept: &Kept, held: &HashMap<TableName, Vec<TargetColumn>>) -> Result<Option<String>> {
    let (Some(columns), table) = (held.get(&kept.table), quote::table(&kept.table)?) else { return Ok(None) };
    Ok(match &kept.column {
        None => Some(format!("DROP TABLE {table}")),
        Some(name) if columns.iter().any(|column| column.name == *name) => {
            Some(format!("ALTER TABLE {table} DROP COLUMN {}", quote::column(name)?))
        }
        Some(_) => None,
    })
}

fn is_table(table: &TableName) -> String {
    format!("`database` = {} AND `table` = {}", quote::string(&table.db), quote::string(&table.table))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_go_with_their_tables() {
        let name = |table: &str| TableName::new("d", table);
        let moved = vec![(name("a"), name("b")), (name("b"), name("a"))];
        let kept = vec![
            Kept { table: name("t"), column: Some("it's__kept_7".to_owned()) },
            Kept { table: name("u__kept_7"), column: None },
        ];
        assert_eq!(
            Remembered { kept, moved }.store("`_dt`.`kept_x`"),
            [
                "UPDATE `_dt`.`kept_x` SET `table` = CASE WHEN `database` = 'd' AND `table` = 'a' THEN 'b' WHEN `database` = 'd' \
                 AND `table` = 'b' THEN 'a' ELSE `table` END WHERE `column` IS NOT NULL",
                "INSERT INTO `_dt`.`kept_x` VALUES ('d', 't', 'it''s__kept_7', now()), ('d', 'u__kept_7', NULL, now())",
            ]
        );
        assert!(Remembered::default().store("x").is_empty());
    }

    #[test]
    fn what_is_gone_is_not_removed() {
        let (t, column) = (TableName::new("d", "t"), |name: &str| TargetColumn {
            name: name.into(),
            data_type: "INT".into(),
            nullable: true,
            has_default: false,
        });
        let held = HashMap::from([(t.clone(), vec![column("a__kept_7")])]);
        let removal = |table: &TableName, column: Option<&str>| {
            removal(&Kept { table: table.clone(), column: column.map(str::to_owned) }, &held).unwrap()
        };
        assert_eq!(removal(&t, Some("a__kept_7")).unwrap(), "ALTER TABLE `d`.`t` DROP COLUMN `a__kept_7`");
        assert_eq!(removal(&t, Some("b__kept_7")), None);
        assert_eq!(removal(&t, None).unwrap(), "DROP TABLE `d`.`t`");
        assert_eq!(removal(&TableName::new("d", "u"), None), None);
    }
}
