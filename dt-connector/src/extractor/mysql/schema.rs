//! The followed tables as they are today, read for all of them at once.
//!
//! Columns come in the order of the row image, generated and invisible ones included: MySQL and MariaDB log them all.

mod altered;
mod facts;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use dt_common::config::{ChangeKind, SchemaAction, SchemaPolicies};
use dt_common::error::{Error, Result};
use dt_common::filter::Filter;
use dt_common::schema::{TableName, TableSchema};
use mysql_async::Conn;
use tracing::warn;

use super::binlog::decodes;
use super::ddl::Charsets;
use super::definition::{Content, FollowedTable, TableDefinition};
use super::literal::quote;
use super::server::Server;
use super::shadow;

use facts::{read_columns, read_keys, read_names, rows};

pub(crate) use altered::{is_unaltered, reads_as, same_key};

/// The followed tables while their facts come in.
type Drafts = HashMap<TableName, TableDefinition>;

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

/// Reads the followed tables. What dt cannot work with is listed, not an error: the checks judge it. `known` are the tables that the task
/// follows already, none before it has begun.
///
/// # Errors
/// See [`super::connection::source_error`]; a column that the filter names and the source never had, an ignored column of a key.
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
