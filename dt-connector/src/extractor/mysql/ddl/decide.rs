//! What a change of a followed table means for the target, as `[schema]` wants it.

use std::collections::{BTreeSet, HashMap};

use dt_common::config::{ChangeKind, SchemaAction, SchemaPolicies};
use dt_common::error::{Error, Result};
use dt_common::filter::Filter;
use dt_common::schema::{
    Alteration, Column, ColumnOrigin, ColumnType, Conversion, DroppedColumn, SchemaChange, TableName,
    conversion,
};

use super::NotUnderstood;
use super::apply::Origin;
use crate::extractor::mysql::definition::{Content, DefinedColumn, TableDefinition};

/// The task stops at a statement that it does not understand.
pub(super) fn stopped(action: &str, table: &TableName, why: &NotUnderstood) -> Error {
    Error::schema(format!(
        "{action} on table {table}: dt does not follow {}; start the task with --resync and the table's name, which copies it \
         anew, or pass it over with [filter] ignore_tbs={}.{}",
        why.0, table.db, table.table
    ))
}

/// What renames come to.
#[derive(Debug, Default)]
pub(super) struct Renames {
    pub(super) changes: Vec<SchemaChange>,
    pub(super) concerned: Vec<TableName>,
    /// New names that are followed.
    pub(super) followed: BTreeSet<TableName>,
}

/// Judges the changes of one statement.
pub(super) struct Judge<'a> {
    pub(super) policies: &'a SchemaPolicies,
    pub(super) filter: &'a Filter,
    /// The statement's first keywords.
    pub(super) action: &'a str,
    /// The rows were written anew by a tool, as far as they fit, and not by the server, which refuses what does not.
    pub(super) by_tool: bool,
}

impl Judge<'_> {
    /// The task stops because a policy wants it to.
    pub(super) fn by_policy(&self, kind: ChangeKind, table: &TableName, what: &str) -> Error {
        let place = if table.table.is_empty() {
            format!("database `{}`", table.db)
        } else {
            format!("table {table}")
        };
        let pattern = if table.table.is_empty() { "*" } else { &table.table };
        let key = kind.key();
        let allows = if kind == ChangeKind::NarrowColumn { "keep" } else { "apply" };
        Error::schema(format!(
            "{} on {place}: {what}, and [schema] {key} = stop; `[schema] {key} = {}.{pattern}:{allows}` lets it pass",
            self.action, table.db
        ))
    }

    fn unless_stopped(
        &self,
        kind: ChangeKind,
        table: &TableName,
        what: impl FnOnce() -> String,
    ) -> Result<SchemaAction> {
        match self.policies.action(kind, table) {
            SchemaAction::Stop => Err(self.by_policy(kind, table, &what())),
            action => Ok(action),
        }
    }

    /// What becomes of a followed table's columns; `None` when nothing of it concerns the target. May leave new columns out of `after`.
    ///
    /// # Errors
    /// A policy that stops, a change that the target cannot follow.
    pub(super) fn alteration(
        &self,
        before: &TableDefinition,
        after: &mut TableDefinition,
        origins: &[Origin],
    ) -> Result<Option<Alteration>> {
        let name = &before.name;
        let mut kept = Vec::new();
        for (column, origin) in after.columns.iter_mut().zip(origins) {
            kept.extend(self.column(before, column, origin)?);
        }
        let mut dropped = Vec::new();
        for (at, column) in before.columns.iter().enumerate() {
            let is_gone = !origins.contains(&Origin::Was(at));
            if is_gone && matches!(column.content, Content::Followed(_)) {
                let what = || format!("column `{}` is dropped", column.name);
                let action = self.unless_stopped(ChangeKind::DropColumn, name, what)?;
                dropped.push(DroppedColumn {
                    at: among_followed(before, at),
                    keep: action == SchemaAction::Keep,
                });
            }
        }
        if names_row(before, None) != names_row(after, Some(origins)) {
            self.unless_stopped(ChangeKind::ChangeKey, name, || "other columns name its rows".to_owned())?;
        }
        let (old, new) = (before.finish(self.filter)?.schema, after.finish(self.filter)?.schema);
        let same = dropped.is_empty() && old.columns == new.columns && old.key == new.key;
        Ok((!same).then_some(Alteration { before: old, after: new, origins: kept, dropped }))
    }

    /// Where one column of the new definition comes from; `None` for one that nobody follows.
    fn column(
        &self,
        before: &TableDefinition,
        column: &mut DefinedColumn,
        origin: &Origin,
    ) -> Result<Option<ColumnOrigin>> {
        let table = &before.name;
        let Content::Followed(new) = &column.content else { return Ok(None) };
        let at = match origin {
            Origin::Was(at) => *at,
            Origin::New(fill) => {
                let what = || format!("column `{}` is added", new.name);
                let action = self.unless_stopped(ChangeKind::AddColumn, table, what)?;
                if action == SchemaAction::Ignore {
                    column.content = Content::Ignored { fsp: new.ty.fraction_digits() };
                    return Ok(None);
                }
                return match fill {
                    Ok(value) => Ok(Some(ColumnOrigin::New(value.clone()))),
                    Err(why) => Err(self.unknown_fill(table, why)),
                };
            }
        };
        let Content::Followed(old) = &before.columns[at].content else { return Ok(None) };
        let keep_type = self.modified(table, old, new)?;
        Ok(Some(ColumnOrigin::Was { at: among_followed(before, at), keep_type }))
    }

    /// Whether the target keeps the column's type.
    fn modified(&self, table: &TableName, old: &Column, new: &Column) -> Result<bool> {
        if old.name != new.name {
            let what = || format!("column `{}` is renamed to `{}`", old.name, new.name);
            let kind = if self.by_tool { ChangeKind::RenameByTool } else { ChangeKind::RenameColumn };
            self.unless_stopped(kind, table, what)?;
        }
        if new.nullable && !old.nullable {
            let what = || format!("column `{}` takes NULL", new.name);
            self.unless_stopped(ChangeKind::WidenColumn, table, what)?;
        }
        match conversion(&old.ty, &new.ty) {
            Conversion::Same => Ok(false),
            // gh-ost writes the digits of a float, of which the server makes another double than of the float itself.
            Conversion::Widens if self.by_tool && old.ty == ColumnType::Float => {
                let what = format!("the new type of column `{}`, whose values a tool rounds", new.name);
                Err(stopped(self.action, table, &NotUnderstood(what)))
            }
            Conversion::Narrows if self.by_tool => {
                let what = format!(
                    "the narrower type of column `{}`, into which a tool cuts what does not fit",
                    new.name
                );
                Err(stopped(self.action, table, &NotUnderstood(what)))
            }
            Conversion::Widens => {
                let what = || format!("the type of column `{}` widens", new.name);
                self.unless_stopped(ChangeKind::WidenColumn, table, what).map(|_| false)
            }
            Conversion::Narrows => {
                let what = || format!("the type of column `{}` narrows", new.name);
                self.unless_stopped(ChangeKind::NarrowColumn, table, what)
                    .map(|action| action == SchemaAction::Keep)
            }
            Conversion::Rewrites => {
                let what = format!(
                    "the new type of column `{}`, which writes the values that are there anew",
                    new.name
                );
                Err(stopped(self.action, table, &NotUnderstood(what)))
            }
        }
    }

    fn unknown_fill(&self, table: &TableName, why: &NotUnderstood) -> Error {
        Error::schema(format!(
            "{} on table {table}: {}; start the task with --resync and the table's name, which copies it anew, or leave the column out by \
             `[schema] add_column = {}.{}:ignore`",
            self.action, why.0, table.db, table.table
        ))
    }

    /// What becomes of a followed table that is gone at the source.
    ///
    /// # Errors
    /// A policy that stops.
    pub(super) fn drop_table(
        &self,
        kind: ChangeKind,
        table: &TableName,
        what: impl FnOnce() -> String,
    ) -> Result<SchemaChange> {
        let keep = self.unless_stopped(kind, table, what)? != SchemaAction::Apply;
        Ok(SchemaChange::DropTable { table: table.clone(), keep })
    }

    /// What renames come to; `taken` holds the tables that are known, by their names before, `follows` the new names that are followed.
    ///
    /// # Errors
    /// A table with rows comes under a name that is followed, or a policy stops.
    pub(super) fn renames(
        &self,
        moves: &[(TableName, TableName)],
        taken: &HashMap<TableName, TableDefinition>,
        follows: &BTreeSet<TableName>,
    ) -> Result<Renames> {
        let mut renames = Renames::default();
        let followed = |name: &TableName| taken.get(name).is_some_and(|table| table.followed);
        for (from, to) in moves {
            match (followed(from), follows.contains(to)) {
                (true, true) => {
                    self.unless_stopped(ChangeKind::RenameTable, from, || format!("it is renamed to {to}"))?;
                    if let Some(table) = taken.get(from) {
                        let before = table.finish(self.filter)?.schema;
                        let mut after = before.as_ref().clone();
                        after.name.clone_from(to);
                        let origins =
                            (0..before.columns.len()).map(|at| ColumnOrigin::Was { at, keep_type: false });
                        let alteration = Alteration {
                            origins: origins.collect(),
                            before,
                            after: after.into(),
                            dropped: Vec::new(),
                        };
                        renames.changes.push(SchemaChange::Alter(alteration));
                    }
                    renames.followed.insert(to.clone());
                    renames.concerned.push(from.clone());
                }
                (true, false) => {
                    let what = || format!("it is renamed to {to}, which [filter] does not match");
                    renames.changes.push(self.drop_table(ChangeKind::DropTable, from, what)?);
                    renames.concerned.push(from.clone());
                }
                (false, true) => {
                    let what = format!("{from}, which gets this name with rows that were not followed");
                    return Err(stopped(self.action, to, &NotUnderstood(what)));
                }
                (false, false) => {}
            }
        }
        Ok(renames)
    }
}

/// The column's position among the followed ones, which a schema holds.
pub(super) fn among_followed(table: &TableDefinition, at: usize) -> usize {
    table.columns[..at].iter().filter(|column| matches!(column.content, Content::Followed(_))).count()
}

/// What names a row: positions in the old definition, so that new names of columns do not count.
fn names_row(table: &TableDefinition, origins: Option<&[Origin]>) -> Option<Vec<Option<usize>>> {
    let key = table.key()?;
    Some(match origins {
        None => key.columns.into_iter().map(Some).collect(),
        Some(origins) => key
            .columns
            .into_iter()
            .map(|at| match origins.get(at) {
                Some(Origin::Was(was)) => Some(*was),
                Some(Origin::New(_)) | None => None,
            })
            .collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::Words;
    use super::super::type_text::TypeText;
    use super::*;
    use crate::extractor::mysql::server::Flavor;

    #[test]
    fn the_page_tells_what_becomes_of_types() {
        let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/schema-evolution.md");
        let page = std::fs::read_to_string(page).unwrap();
        let rows = page.split_once("For example:").unwrap().1.lines().filter(|line| line.starts_with("| `"));
        let ty = |text: &str| {
            let read =
                TypeText::read(&mut Words::new(text.trim().trim_matches('`'), "d", Default::default()))
                    .unwrap();
            read.resolve("utf8mb4", Flavor::MySql).unwrap_or_else(|| panic!("{text}"))
        };
        let mut count = 0;
        for row in rows {
            let [from, to, says] = row.trim_matches('|').split('|').collect::<Vec<_>>()[..] else {
                panic!("{row}")
            };
            let is = match conversion(&ty(from), &ty(to)) {
                Conversion::Same => "same",
                Conversion::Widens => "widens",
                Conversion::Narrows => "narrows",
                Conversion::Rewrites => "rewrites",
            };
            assert_eq!(is, says.trim(), "{row}");
            count += 1;
        }
        assert!(count >= 30, "{count}");
    }
}
