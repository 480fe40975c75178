//! What a restart has to know: definitions as JSON, charsets, and the tables that the filter has matched so far.

use dt_common::batch::Definition;
use dt_common::error::{Error, Result};
use dt_common::filter::Scope;
use dt_common::schema::TableName;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Catalog, Charsets};
use crate::extractor::mysql::definition::TableDefinition;

/// What a task has stored of its source.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// Tables, followed and others.
    pub(crate) tables: Vec<TableDefinition>,
    /// Charsets of the databases.
    pub(crate) charsets: Charsets,
    /// The tables that it has followed so far, by their names.
    pub(crate) scope: Option<Scope>,
}

impl Catalog {
    /// What is stored, read.
    ///
    /// # Errors
    /// A definition that another version has written.
    pub(crate) fn read(stored: &[Definition]) -> Result<Known> {
        let mut known = Known::default();
        for definition in stored {
            let (Some(text), name) = (&definition.text, &definition.table) else { continue };
            if *name == of_scope() {
                known.scope = Some(read_json("[filter]", text)?);
            } else if name.table.is_empty() {
                known.charsets.0.insert(name.db.clone(), text.clone());
            } else {
                known.tables.push(read_json(&format!("table {name}"), text)?);
            }
        }
        Ok(known)
    }

    /// All that a restart has to know.
    ///
    /// # Errors
    /// A defect: a definition that is no JSON.
    pub(crate) fn stored<'a>(
        tables: impl IntoIterator<Item = &'a TableDefinition>,
        charsets: &Charsets,
    ) -> Result<Vec<Definition>> {
        let databases = charsets.0.iter().map(|(db, charset)| Ok(of_database(db, Some(charset))));
        databases.chain(tables.into_iter().map(of_table)).collect()
    }
}

/// The filter's scope is stored as a table of no database.
fn of_scope() -> TableName {
    TableName::new("", "")
}

/// What is stored of the filter.
///
/// # Errors
/// A defect: a scope that is no JSON.
pub(crate) fn scope_definition(scope: &Scope) -> Result<Definition> {
    Ok(Definition { table: of_scope(), text: Some(json(scope)?) })
}

/// A database is stored as a table without a name.
pub(crate) fn of_database(db: &str, charset: Option<&String>) -> Definition {
    Definition { table: TableName::new(db, ""), text: charset.cloned() }
}

/// What is stored of a table.
///
/// # Errors
/// A defect: a definition that is no JSON.
pub(crate) fn of_table(table: &TableDefinition) -> Result<Definition> {
    Ok(Definition { table: table.name.clone(), text: Some(json(table)?) })
}

fn json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|e| Error::internal("a definition is no JSON").caused_by(e))
}

fn read_json<T: DeserializeOwned>(what: &str, text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|e| {
        Error::config(format!(
            "the stored definition of {what} cannot be read: run the task with the version of dt that wrote it, or begin anew after \
             `dt reset --yes`"
        ))
        .caused_by(e)
    })
}
