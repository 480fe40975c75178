//! What `information_schema` says of the tables: one query a kind of fact, whatever the number of tables.

use std::collections::{HashMap, HashSet};

use dt_common::error::Result;
use dt_common::filter::Filter;
use dt_common::schema::{Column, Generated, TableName};
use mysql_async::prelude::{FromRow, Queryable};
use mysql_async::{Conn, Value};

use super::Drafts;
use crate::extractor::mysql::column_type::{TypeRow, column_type, fraction_digits, literal_default};
use crate::extractor::mysql::connection::source_error;
use crate::extractor::mysql::definition::{Content, DefinedColumn, IndexPart, TableDefinition};
use crate::extractor::mysql::server::{Flavor, Server};

pub(super) async fn rows<T: FromRow + Send + 'static>(
    conn: &mut Conn,
    query: impl AsRef<str>,
) -> Result<Vec<T>> {
    conn.query(query.as_ref()).await.map_err(|e| source_error("reading the definitions of the tables", e))
}

/// Database, table, kind, engine, comment, charset.
type NameRow = (String, String, String, Option<String>, Option<String>, Option<String>);

pub(super) async fn read_names(conn: &mut Conn, databases: &str, filter: &Filter) -> Result<Drafts> {
    let query = format!(
        "SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE, ENGINE, TABLE_COMMENT, SUBSTRING_INDEX(TABLE_COLLATION, '_', 1) \
         FROM information_schema.TABLES WHERE TABLE_SCHEMA IN ({databases}) AND TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED')"
    );
    let found: Vec<NameRow> = rows(conn, query).await?;
    let mut drafts = Drafts::new();
    for (db, table, kind, engine, comment, charset) in found {
        let name = TableName { db, table };
        if !filter.follows(&name) {
            continue;
        }
        let refused = (kind == "SYSTEM VERSIONED").then(|| {
            "it is system-versioned: its row image carries hidden columns and its past rows".to_owned()
        });
        let draft = TableDefinition {
            name: name.clone(),
            followed: true,
            columns: Vec::new(),
            unique: Vec::new(),
            charset: charset.unwrap_or_default(),
            comment: comment.unwrap_or_default(),
            engine: engine.unwrap_or_default(),
            refused,
            unstreamable: None,
            copying: None,
            shadow: None,
        };
        drafts.insert(name, draft);
    }
    Ok(drafts)
}

/// What is asked of columns.
pub(super) const COLUMNS: &str = "SELECT TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE, COLUMN_DEFAULT, \
     CHARACTER_MAXIMUM_LENGTH, CHARACTER_OCTET_LENGTH, CHARACTER_SET_NAME, EXTRA, COLUMN_COMMENT \
     FROM information_schema.COLUMNS";

/// A row of [`COLUMNS`], in the order of its columns.
pub(super) type ColumnRow = (
    String,
    String,
    String,
    String,
    String,
    Option<String>,
    Option<u64>,
    Option<u64>,
    Option<String>,
    Option<String>,
    Option<String>,
);

pub(super) async fn read_columns(
    conn: &mut Conn,
    server: &Server,
    filter: &Filter,
    databases: &str,
    drafts: &mut Drafts,
) -> Result<()> {
    let json = json_checks(conn, server, databases).await?;
    let query = format!(
        "{COLUMNS} WHERE TABLE_SCHEMA IN ({databases}) ORDER BY TABLE_SCHEMA, TABLE_NAME, ORDINAL_POSITION"
    );
    for row in rows::<ColumnRow>(conn, query).await? {
        let name = TableName { db: row.0.clone(), table: row.1.clone() };
        if let Some(draft) = drafts.get_mut(&name) {
            draft.add_column(server.flavor, filter, row, &json);
        }
    }
    // A user with rights on some columns only sees only those, and the row image would not fit.
    for draft in drafts.values_mut().filter(|draft| draft.columns.is_empty()) {
        draft.refuse("its columns are not visible to the user, who needs SELECT on it".to_owned());
    }
    Ok(())
}

impl TableDefinition {
    fn add_column(
        &mut self,
        flavor: Flavor,
        filter: &Filter,
        row: ColumnRow,
        json: &HashSet<(TableName, String)>,
    ) {
        let (name, shown_type, nullable) = (row.2.clone(), row.3.clone(), row.4 == "YES");
        let (mut has_default, mut unlogged) = (false, false);
        let content = if filter.ignored_columns().contains(&self.name, &name) {
            Content::Ignored { fsp: fraction_digits(&shown_type) }
        } else {
            let json_check = json.contains(&(self.name.clone(), name.clone()));
            match column(flavor, row, json_check) {
                Some((column, defaults)) => {
                    has_default = defaults;
                    unlogged = flavor == Flavor::MariaDb && column.generated == Generated::Virtual;
                    Content::Followed(column)
                }
                None => {
                    self.refuse(format!("column `{name}` has the type {shown_type}, which dt does not know"));
                    return;
                }
            }
        };
        self.columns.push(DefinedColumn { name, nullable, has_default, unlogged, content });
    }

    /// The first reason counts.
    fn refuse(&mut self, why: String) {
        self.refused.get_or_insert(why);
    }
}

/// A column and whether it has a default, or `None` for one of an unknown type.
pub(super) fn column(flavor: Flavor, row: ColumnRow, json_check: bool) -> Option<(Column, bool)> {
    let (_, _, name, shown_type, nullable, default, max_chars, max_bytes, charset, extra, comment) = row;
    let extra = extra.unwrap_or_default();
    let parts = TypeRow {
        column_type: &shown_type,
        max_chars: max_chars.unwrap_or(0),
        max_bytes: max_bytes.unwrap_or(0),
        charset: charset.as_deref().unwrap_or_default(),
        json_check,
    };
    let ty = column_type(&parts)?;
    let words = extra.to_ascii_uppercase();
    let generated = if words.contains("VIRTUAL GENERATED") {
        Generated::Virtual
    } else if words.contains("STORED GENERATED") || words.contains("PERSISTENT GENERATED") {
        Generated::Stored
    } else {
        Generated::No
    };
    let column = Column {
        default: literal_default(flavor, &ty, default.as_deref(), &extra),
        name,
        ty,
        nullable: nullable == "YES",
        generated,
        invisible: words.contains("INVISIBLE"),
        comment: comment.unwrap_or_default(),
    };
    let has_default = default.as_deref().is_some_and(|shown| flavor == Flavor::MySql || shown != "NULL");
    Some((column, has_default))
}

/// Columns that MariaDB calls JSON: LONGTEXT with the check `json_valid(column)`.
async fn json_checks(
    conn: &mut Conn,
    server: &Server,
    databases: &str,
) -> Result<HashSet<(TableName, String)>> {
    if server.flavor == Flavor::MySql {
        return Ok(HashSet::new());
    }
    let query = format!(
        "SELECT CONSTRAINT_SCHEMA, TABLE_NAME, CHECK_CLAUSE FROM information_schema.CHECK_CONSTRAINTS \
         WHERE CONSTRAINT_SCHEMA IN ({databases}) AND CHECK_CLAUSE LIKE 'json_valid(%)'"
    );
    let found: Vec<(String, String, String)> = rows(conn, query).await?;
    let column = |clause: &str| {
        let name = clause.strip_prefix("json_valid(`")?.strip_suffix("`)")?;
        // A longer clause that only begins and ends alike has a single back-quote inside.
        (!name.replace("``", "").contains('`')).then(|| name.replace("``", "`"))
    };
    let named =
        found.into_iter().filter_map(|(db, table, clause)| Some((TableName { db, table }, column(&clause)?)));
    Ok(named.collect())
}

pub(super) async fn read_keys(
    conn: &mut Conn,
    server: &Server,
    databases: &str,
    drafts: &mut Drafts,
) -> Result<()> {
    let query = format!(
        "SELECT TABLE_SCHEMA, TABLE_NAME, INDEX_NAME, COLUMN_NAME, SUB_PART, INDEX_TYPE \
         FROM information_schema.STATISTICS WHERE TABLE_SCHEMA IN ({databases}) AND NON_UNIQUE = 0 \
         ORDER BY TABLE_SCHEMA, TABLE_NAME, INDEX_NAME <> 'PRIMARY', INDEX_NAME, SEQ_IN_INDEX"
    );
    let found: Vec<(String, String, String, Option<String>, Value, String)> = rows(conn, query).await?;
    let mut parts: HashMap<TableName, Vec<IndexPart>> = HashMap::new();
    for (db, table, index, column, sub_part, kind) in found {
        let part = IndexPart { index, column, prefix: sub_part != Value::NULL, hash: kind == "HASH" };
        parts.entry(TableName { db, table }).or_default().push(part);
    }
    for (name, parts) in parts {
        if let Some(draft) = drafts.get_mut(&name) {
            // MEMORY tables have real hash indexes; elsewhere MariaDB keeps the hash in a hidden column.
            let hidden = server.flavor == Flavor::MariaDb
                && !draft.engine.eq_ignore_ascii_case("MEMORY")
                && parts.iter().any(|part| part.hash);
            if hidden {
                let why = "it has a unique index over hashes (a long or BLOB column), which adds a hidden column to its row images";
                draft.unstreamable.get_or_insert_with(|| why.to_owned());
            }
            draft.unique = parts;
        }
    }
    Ok(())
}
