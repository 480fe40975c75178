//! The followed tables as they are today, read for all of them at once.
//!
//! One query a kind of fact, whatever the number of tables. Columns come in the order of the row image, generated and
//! invisible ones included: MySQL and MariaDB log them all.

mod altered;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use dt_common::config::{ChangeKind, SchemaAction, SchemaPolicies};
use dt_common::error::{Error, Result};
use dt_common::filter::Filter;
use dt_common::schema::{Column, Generated, TableName, TableSchema};
use mysql_async::prelude::{FromRow, Queryable};
use mysql_async::{Conn, Value};
use tracing::warn;

use super::binlog::decodes;
use super::column_type::{TypeRow, column_type, fraction_digits, literal_default};
use super::connection::source_error;
use super::ddl::Charsets;
use super::definition::{Content, DefinedColumn, FollowedTable, IndexPart, TableDefinition};
use super::literal::quote;
use super::server::{Flavor, Server};
use super::shadow;

pub(crate) use altered::{is_unaltered, reads_as, same_key};

/// What the source has of the followed tables.
#[derive(Debug, Clone, Default)]
pub(crate) struct SourceTables {
    /// The tables whose definitions dt understands, by name.
    pub(crate) tables: Vec<FollowedTable>,
    /// The definitions that they are made of.
    pub(crate) definitions: Vec<TableDefinition>,
    /// Tables that no kind of task reads.
    pub(crate) refused: Vec<Refused>,
    /// Tables, among [`SourceTables::tables`], whose rows can be copied but whose row images cannot be read.
    pub(crate) unstreamable: Vec<Refused>,
    /// Tables that the filter names in full and the source lacks.
    pub(crate) missing: Vec<TableName>,
    /// The server keeps names in lower case, however they are written.
    pub(crate) names_are_lowered: bool,
    /// Charsets of the followed databases.
    pub(crate) charsets: Charsets,
}

/// A table with the reason why it is none for dt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refused {
    /// The table.
    pub(crate) name: TableName,
    /// What is the matter with it, as the end of a sentence that begins with its name.
    pub(crate) why: String,
}

impl SourceTables {
    /// The tables as everybody else sees them.
    pub(crate) fn schemas(&self) -> impl ExactSizeIterator<Item = &Arc<TableSchema>> {
        self.tables.iter().map(|table| &table.schema)
    }

    /// A table by its name.
    pub(crate) fn schema(&self, name: &TableName) -> Option<&Arc<TableSchema>> {
        self.schemas().find(|table| table.name == *name)
    }
}

/// Reads the followed tables. What dt cannot work with is listed, not an error: the checks judge it. `known` are the tables that the task
/// follows already, none before it has begun.
///
/// # Errors
/// See [`source_error`]; a column that the filter names and the source never had, an ignored column of a key.
pub(crate) async fn read_tables(
    conn: &mut Conn,
    server: &Server,
    filter: &Filter,
    known: &[&TableName],
) -> Result<SourceTables> {
    let databases: Vec<(String, String)> =
        rows(conn, "SELECT SCHEMA_NAME, DEFAULT_CHARACTER_SET_NAME FROM information_schema.SCHEMATA").await?;
    let charsets: BTreeMap<String, String> =
        databases.into_iter().filter(|(db, _)| filter.follows_database(db)).collect();
    let (mut drafts, mut tools) = (Drafts::new(), Vec::new());
    if !charsets.is_empty() {
        let databases = charsets.keys().map(|db| quote(db)).collect::<Vec<_>>().join(", ");
        drafts = read_names(conn, &databases, filter).await?;
        tools = shadow::take_out(&mut drafts, filter);
        read_columns(conn, server, filter, &databases, &mut drafts).await?;
        read_keys(conn, server, &databases, &mut drafts).await?;
    }
    check_lists(filter, &drafts, known)?;
    let names_are_lowered = server.variable("lower_case_table_names") == "1";
    let mut missing = filter.named_tables();
    missing.retain(|name| !drafts.contains_key(name));
    let charsets = Charsets(charsets);
    let mut source = sorted(drafts, filter)?;
    source.definitions.extend(tools);
    Ok(SourceTables { missing, names_are_lowered, charsets, ..source })
}

/// The tables as a restart finds them: by the definitions that are stored, and by the lists of today.
///
/// # Errors
/// A column that was left out and is not any more.
pub(crate) fn stored_tables(
    definitions: Vec<TableDefinition>,
    charsets: Charsets,
    filter: &Filter,
    policies: &SchemaPolicies,
) -> Result<SourceTables> {
    let (mut drafts, mut others) = (Drafts::new(), Vec::new());
    for mut table in definitions {
        table.followed &= filter.follows(&table.name);
        if table.followed {
            hide(&mut table, filter, policies)?;
            drafts.insert(table.name.clone(), table);
        } else if !filter.follows(&table.name)
            || (table.shadow.is_some() && filter.may_be_a_tools(&table.name))
            || policies.action(ChangeKind::CreateTable, &table.name) == SchemaAction::Ignore
        {
            others.push(table);
        }
    }
    check_lists(filter, &drafts, &drafts.keys().collect::<Vec<_>>())?;
    let mut source = SourceTables { charsets, ..sorted(drafts, filter)? };
    source.definitions.extend(others);
    Ok(source)
}

impl SourceTables {
    /// Takes a table out of those that are followed.
    pub(crate) fn take(&mut self, name: &TableName) -> Option<TableDefinition> {
        self.tables.retain(|table| table.schema.name != *name);
        let at = self.definitions.iter().position(|table| table.name == *name)?;
        Some(self.definitions.remove(at))
    }

    /// Adds those of today's tables that `come` and are not followed yet, with what there is to say against them. Answers which.
    pub(crate) fn add(&mut self, today: Self, come: impl Fn(&TableName) -> bool) -> Vec<TableName> {
        let mut added = Vec::new();
        for (table, definition) in today.tables.into_iter().zip(today.definitions) {
            let name = definition.name.clone();
            if !come(&name) || self.tables.iter().any(|table| table.schema.name == name) {
                continue;
            }
            self.take(&name);
            self.tables.push(table);
            self.definitions.push(definition);
            added.push(name);
        }
        self.refused.extend(today.refused.into_iter().filter(|table| come(&table.name)));
        self.unstreamable.extend(today.unstreamable.into_iter().filter(|table| added.contains(&table.name)));
        added
    }
}

/// Leaves out what is left out today.
fn hide(table: &mut TableDefinition, filter: &Filter, policies: &SchemaPolicies) -> Result<()> {
    for column in &mut table.columns {
        let is_ignored = filter.ignored_columns().contains(&table.name, &column.name);
        match &column.content {
            Content::Followed(known) if is_ignored => {
                column.content = Content::Ignored { fsp: known.ty.fraction_digits() };
            }
            Content::Ignored { .. }
                if !is_ignored
                    && policies.action(ChangeKind::AddColumn, &table.name) != SchemaAction::Ignore =>
            {
                let (column, table) = (&column.name, &table.name);
                return Err(Error::config(format!(
                    "column `{column}` of table {table} was left out so far, and its values are not known: leave it out again by \
                     [filter] ignore_cols, or start the task with --resync and the table's name, which copies it anew"
                )));
            }
            Content::Followed(_) | Content::Ignored { .. } => {}
        }
    }
    Ok(())
}

fn sorted(drafts: Drafts, filter: &Filter) -> Result<SourceTables> {
    let mut drafts: Vec<(TableName, TableDefinition)> = drafts.into_iter().collect();
    drafts.sort_by(|(a, _), (b, _)| a.cmp(b));
    let mut source = SourceTables::default();
    for (name, draft) in drafts {
        if let Some(why) = draft.refused {
            source.refused.push(Refused { name, why });
            continue;
        }
        let unstreamable = draft.unstreamable.clone();
        let table = draft.finish(filter)?;
        let unstreamable = unstreamable.or_else(|| undecodable(&table.schema));
        source.unstreamable.extend(unstreamable.map(|why| Refused { name, why }));
        source.tables.push(table);
        source.definitions.push(draft);
    }
    Ok(source)
}

/// A column whose text the binlog reader has no decoder for; in a copy the server converts it.
fn undecodable(schema: &TableSchema) -> Option<String> {
    schema.columns.iter().find_map(|column| {
        let charset = &column.ty.text()?.charset;
        (!decodes(charset))
            .then(|| format!("column `{}` has the charset {charset}, which dt cannot decode", column.name))
    })
}

/// Compares the lists that name columns and rows with what is there. `known` as in [`read_tables`].
fn check_lists(filter: &Filter, followed: &Drafts, known: &[&TableName]) -> Result<()> {
    let columns: Vec<(&TableName, Vec<&str>)> = followed
        .iter()
        .map(|(name, draft)| (name, draft.columns.iter().map(|column| column.name.as_str()).collect()))
        .collect();
    for entry in filter.ignored_columns().check(&columns, known)? {
        warn!("[filter] ignore_cols: {entry} matches no column of a followed table");
    }
    let tables: Vec<&TableName> = followed.keys().collect();
    for entry in filter.conditions().check(&tables, !known.is_empty())? {
        warn!("[filter] where_conditions: {entry} matches no followed table");
    }
    Ok(())
}

/// The followed tables while their facts come in.
type Drafts = HashMap<TableName, TableDefinition>;

async fn rows<T: FromRow + Send + 'static>(conn: &mut Conn, query: impl AsRef<str>) -> Result<Vec<T>> {
    conn.query(query.as_ref()).await.map_err(|e| source_error("reading the definitions of the tables", e))
}

/// Database, table, kind, engine, comment, charset.
type NameRow = (String, String, String, Option<String>, Option<String>, Option<String>);

async fn read_names(conn: &mut Conn, databases: &str, filter: &Filter) -> Result<Drafts> {
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
const COLUMNS: &str = "SELECT TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE, COLUMN_DEFAULT, \
     CHARACTER_MAXIMUM_LENGTH, CHARACTER_OCTET_LENGTH, CHARACTER_SET_NAME, EXTRA, COLUMN_COMMENT \
     FROM information_schema.COLUMNS";

/// A row of [`COLUMNS`], in the order of its columns.
type ColumnRow = (
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

async fn read_columns(
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
fn column(flavor: Flavor, row: ColumnRow, json_check: bool) -> Option<(Column, bool)> {
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

async fn read_keys(conn: &mut Conn, server: &Server, databases: &str, drafts: &mut Drafts) -> Result<()> {
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
