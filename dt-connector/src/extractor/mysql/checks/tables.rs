//! The followed tables: whether dt reads them, and what their engines, keys and foreign keys mean for the task.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use dt_common::check::{Finding, Verdict, counted, listed};
use dt_common::config::FkCascade;
use dt_common::error::{Error, Result};
use dt_common::filter::Filter;
use dt_common::schema::{ColumnType, TableName, TableSchema};
use mysql_async::Conn;
use mysql_async::prelude::{FromRow, Queryable};

use crate::extractor::mysql::connection::source_error;
use crate::extractor::mysql::literal::quote;
use crate::extractor::mysql::schema::{Refused, SourceTables};
use crate::extractor::mysql::server::{Flavor, Server};

/// From this version on MySQL's SQL layer acts on foreign keys and logs the child rows.
const LOGS_CASCADES: (u16, u16, u16) = (9, 6, 0);

async fn rows<T: FromRow + Send + 'static>(conn: &mut Conn, query: &str) -> Result<Vec<T>> {
    conn.query(query).await.map_err(|e| source_error("checking the tables of the source", e))
}

/// Whether the filter finds what it names.
pub(super) fn followed(source: &SourceTables) -> Finding {
    if !source.missing.is_empty() {
        let case = match source.names_are_lowered {
            true => "; it keeps names in lower case (lower_case_table_names), so write them so",
            false => "",
        };
        return Finding::fail(
            format!(
                "unknown table {}: [filter] do_tbs names it, but the source has no such table or the user may not see it{case}",
                listed(&source.missing)
            ),
            "correct [filter] do_tbs, or GRANT SELECT on the table to the user",
        );
    }
    match source.tables.len() + source.refused.len() {
        0 => Finding::warn(
            "[filter] matches no table of the source",
            "correct [filter], or GRANT SELECT on the databases to the user: tables without any right are not seen",
        ),
        count => Finding::pass(format!("[filter] matches {}", counted(count, "table"))),
    }
}

/// Whether dt reads every followed table; all those that it does not, with the reasons.
pub(super) fn definitions(source: &SourceTables, streams: bool) -> Finding {
    let unstreamable: &[Refused] = if streams { &source.unstreamable } else { &[] };
    let refused: Vec<&Refused> = source.refused.iter().chain(unstreamable).collect();
    if refused.is_empty() {
        return Finding::pass("dt reads every column of them");
    }
    let reasons: Vec<String> =
        refused.iter().map(|table| format!("table {}: {}", table.name, table.why)).collect();
    let names = refused.iter().map(|table| &table.name);
    Finding::fail(
        reasons.join("; "),
        format!("leave them out by [filter] ignore_tbs={}, or alter them", listed(names)),
    )
}

/// The followed tables for a command that has to understand them all.
///
/// # Errors
/// Tables that the filter names in vain, and tables that dt does not read.
pub(crate) fn readable(source: SourceTables) -> Result<Vec<Arc<TableSchema>>> {
    for finding in [followed(&source), definitions(&source, false)] {
        if finding.verdict == Verdict::Fail {
            return Err(Error::source(finding.to_string()));
        }
    }
    Ok(source.tables.into_iter().map(|table| table.schema).collect())
}

/// Rows of a non-transactional table ignore the read view that a copy is taken in.
pub(super) async fn engines<'a>(
    conn: &mut Conn,
    copied: impl Iterator<Item = &'a TableSchema>,
) -> Result<Finding> {
    let engines: Vec<String> =
        rows(conn, "SELECT ENGINE FROM information_schema.ENGINES WHERE TRANSACTIONS = 'YES'").await?;
    let transactional = |name: &str| engines.iter().any(|engine| engine.eq_ignore_ascii_case(name));
    let others: Vec<&TableSchema> = copied.filter(|table| !transactional(&table.engine)).collect();
    if others.is_empty() {
        return Ok(Finding::pass("every table has transactions"));
    }
    let tables = others.iter().map(|table| format!("table {} ({})", table.name, table.engine));
    let alter = others.iter().map(|table| format!("ALTER TABLE {} ENGINE=InnoDB", table.name));
    Ok(Finding::fail(
        format!(
            "the copy would hold rows of different moments, because the engine has no transactions: {}",
            listed(tables)
        ),
        format!("{}, or leave them out by [filter] ignore_tbs", listed(alter)),
    ))
}

/// Rows of a child that a foreign key changes by itself are in the binlog of MySQL 9.6 and later only.
pub(super) async fn cascades(
    conn: &mut Conn,
    server: &Server,
    filter: &Filter,
    policy: FkCascade,
) -> Result<Finding> {
    if logs_cascades(server) {
        return Ok(Finding::pass("the server logs the rows that foreign keys change"));
    }
    let children: Vec<(String, String)> = rows(
        conn,
        "SELECT DISTINCT CONSTRAINT_SCHEMA, TABLE_NAME FROM information_schema.REFERENTIAL_CONSTRAINTS \
         WHERE DELETE_RULE IN ('CASCADE', 'SET NULL', 'SET DEFAULT') OR UPDATE_RULE IN ('CASCADE', 'SET NULL', 'SET DEFAULT') \
         ORDER BY 1, 2",
    )
    .await?;
    let children: Vec<TableName> = children
        .into_iter()
        .map(|(db, table)| TableName { db, table })
        .filter(|name| filter.follows(name))
        .collect();
    if children.is_empty() {
        return Ok(Finding::pass("no followed table is the child of a cascading foreign key"));
    }
    let found = format!(
        "this server does not log the rows that a cascading foreign key changes, and these tables have one: {}",
        listed(&children)
    );
    Ok(match policy {
        FkCascade::Stop => Finding::fail(
            found,
            "leave them out by [filter] ignore_tbs, change the foreign keys to RESTRICT, or accept wrong rows by \
             [extractor] on_fk_cascade=warn",
        ),
        FkCascade::Warn => Finding::warn(
            format!("{found}; their rows will be wrong after a cascade, as on_fk_cascade=warn accepts"),
            "change the foreign keys to RESTRICT",
        ),
    })
}

fn logs_cascades(server: &Server) -> bool {
    server.flavor == Flavor::MySql
        && server.version >= LOGS_CASCADES
        && !server.is_on("innodb_native_foreign_keys")
}

/// Without a key, rows are told apart by all of their columns.
pub(super) fn keyless(source: &SourceTables) -> Finding {
    let keyless: Vec<&TableName> =
        source.schemas().filter(|table| !table.is_keyed()).map(|table| &table.name).collect();
    if keyless.is_empty() {
        return Finding::pass("every table has a key");
    }
    Finding::warn(
        format!(
            "no primary key and no unique key over NOT NULL columns: {}. An update or a delete has to find its row by all \
             columns, which is slow, and an interrupted copy of such a table begins anew",
            listed(&keyless)
        ),
        "ALTER TABLE .. ADD PRIMARY KEY (..), or leave it so: the result is exact",
    )
}

/// Text keys whose collation takes texts of different bytes for one key.
///
/// The stream does not mind: a row image carries the key as it is stored, so 'a' that becomes 'A' is a delete of 'a' and an insert of 'A',
/// and no two such keys are ever there at once. What compares bytes is Databend: in queries and joins, and in a copy over older rows.
pub(super) async fn key_collations(conn: &mut Conn, source: &SourceTables) -> Result<Finding> {
    let keyed: HashMap<&TableName, &TableSchema> = source
        .schemas()
        .filter(|table| has_text_key(table))
        .map(|table| (&table.name, table.as_ref()))
        .collect();
    if keyed.is_empty() {
        return Ok(Finding::pass("no key holds text"));
    }
    let databases: BTreeSet<String> = keyed.keys().map(|name| quote(&name.db)).collect();
    let query = format!(
        "SELECT TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, COLLATION_NAME FROM information_schema.COLUMNS \
         WHERE TABLE_SCHEMA IN ({}) AND COLLATION_NAME IS NOT NULL ORDER BY 1, 2, ORDINAL_POSITION",
        databases.into_iter().collect::<Vec<_>>().join(", ")
    );
    let columns: Vec<(String, String, String, String)> = rows(conn, &query).await?;
    let loose = columns.into_iter().filter_map(|(db, table, column, collation)| {
        let name = TableName { db, table };
        let table = keyed.get(&name)?;
        let is_key = text_key(table).any(|key| key == column);
        (is_key && !tells_bytes_apart(&collation)).then(|| format!("{name} (`{column}` {collation})"))
    });
    let loose: Vec<String> = loose.collect();
    if loose.is_empty() {
        return Ok(Finding::pass("every text key compares bytes"));
    }
    Ok(Finding::warn(
        format!(
            "in these keys texts that differ by case, accent or trailing spaces are one key at the source: {}. Changes arrive \
             exactly all the same, but Databend compares bytes",
            listed(loose)
        ),
        "write joins and conditions on them with lower() or trim() in Databend; a copy over rows that are there \
         (on_existing_rows=upsert) leaves the former spelling beside the new one, truncate does not",
    ))
}

fn has_text_key(table: &TableSchema) -> bool {
    text_key(table).next().is_some()
}

/// Names of the key's columns that hold text. Members of ENUM and SET are never equal.
fn text_key(table: &TableSchema) -> impl Iterator<Item = &str> {
    let columns = table.key_columns().iter().map(|&at| &table.columns[at]);
    columns.filter(|column| column.ty.text().is_some()).map(|column| column.name.as_str())
}

/// Whether texts of different bytes are different keys: no folding and no padding.
fn tells_bytes_apart(collation: &str) -> bool {
    collation == "binary" || collation.ends_with("_0900_bin") || collation.ends_with("_nopad_bin")
}

/// What becomes of dates that Databend cannot hold `[values]` says; whether they can come, the server's mode.
pub(super) fn zero_dates(server: &Server, source: &SourceTables) -> Finding {
    let is_date = |ty: &ColumnType| {
        matches!(ty, ColumnType::Date | ColumnType::DateTime { .. } | ColumnType::Timestamp { .. })
    };
    let dated =
        source.schemas().filter(|table| table.columns.iter().any(|column| is_date(&column.ty))).count();
    let mode = server.variable("sql_mode");
    let has = |word: &str| mode.split(',').any(|part| part == word);
    let strict = has("STRICT_TRANS_TABLES") || has("STRICT_ALL_TABLES");
    if dated == 0 {
        return Finding::pass("no column holds a date");
    }
    if strict && has("NO_ZERO_DATE") && has("NO_ZERO_IN_DATE") {
        return Finding::pass(
            "sql_mode lets no zero date in; rows may still hold older ones, which are met as [values] zero_date says",
        );
    }
    Finding::pass(format!(
        "sql_mode lets zero dates into {}: they are met as [values] zero_date says",
        counted(dated, "followed table")
    ))
}

#[cfg(test)]
mod tests {
    use dt_common::check::Verdict::{Fail, Pass, Warn};

    use super::*;

    fn refused(table: &str, why: &str) -> Refused {
        Refused { name: TableName::new("d", table), why: why.into() }
    }

    fn server(flavor: Flavor, version: (u16, u16, u16), variables: &[(&str, &str)]) -> Server {
        let variables = variables.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        Server { flavor, version, identity: "me".into(), gtid_mode: true, variables: Arc::new(variables) }
    }

    #[test]
    fn all_refused_tables_are_named_at_once() {
        let source = SourceTables {
            refused: vec![refused("a", "it is odd")],
            unstreamable: vec![refused("b", "its column is COMPRESSED")],
            ..SourceTables::default()
        };
        let finding = definitions(&source, true);
        assert_eq!(finding.verdict, Fail);
        let text = finding.to_string();
        assert!(
            text.contains("`d`.`a`: it is odd") && text.contains("ignore_tbs=`d`.`a`, `d`.`b`"),
            "{text}"
        );
        assert!(!definitions(&source, false).to_string().contains("COMPRESSED"));
        assert_eq!(definitions(&SourceTables::default(), true).verdict, Pass);
        assert_eq!(followed(&source).verdict, Pass);
        assert_eq!(followed(&SourceTables::default()).verdict, Warn);
    }

    #[test]
    fn cascades_are_logged_by_new_servers_only() {
        for (flavor, version, variables, expected) in [
            (Flavor::MySql, (9, 5, 0), &[][..], false),
            (Flavor::MySql, (9, 6, 0), &[], true),
            (Flavor::MySql, (9, 7, 0), &[("innodb_native_foreign_keys", "ON")], false),
            (Flavor::MariaDb, (11, 8, 0), &[], false),
        ] {
            assert_eq!(logs_cascades(&server(flavor, version, variables)), expected, "{flavor} {version:?}");
        }
    }

    #[test]
    fn collations_that_compare_bytes() {
        for (collation, expected) in [
            ("binary", true),
            ("utf8mb4_0900_bin", true),
            ("utf8mb4_nopad_bin", true),
            ("utf8mb4_bin", false),
            ("utf8mb4_0900_ai_ci", false),
            ("latin1_swedish_ci", false),
        ] {
            assert_eq!(tells_bytes_apart(collation), expected, "{collation}");
        }
    }
}
