//! The steps that bring the target to a change of structure. Pure.
//!
//! # Names that are used again
//! A column that stays in the target after it was dropped at the source may be in the way of a new one with its name; so may a table.
//! It is set aside under a name of its own (`<name>__kept_<batch>`): the name tells a later start that this is done. What is kept for
//! a time only is set aside as soon as it is dropped, and [`super::kept`] remembers it; what is merely in the way may be its user's own, and
//! is never removed.
//! A name that one column or table leaves and another takes in the same statement is taken behind its leaving. A circle of them begins
//! with a name in between (`<name>__moving_<batch>`). No look at the target tells its beginning from its end, nor a name that was left from
//! the same name when another has taken it: such a step is run *once*, see [`Step::once`].

mod order;

use std::collections::HashMap;
use std::sync::Arc;

use dt_common::config::TableLayout;
use dt_common::error::{Error, Result};
use dt_common::schema::{Alteration, Column, ColumnOrigin, SchemaChange, TableName, TableSchema};
use dt_common::value::ColValue;

use self::order::{Move, in_order};
use super::kept::{Kept, Remembered};
use super::step::{Step, When};
use super::swap;
use crate::sinker::databend::creation::Creation;
use crate::sinker::databend::ddl;
use crate::sinker::databend::literal::push_value;
use crate::sinker::databend::plan::{PlannedColumn, TablePlan};
use crate::sinker::databend::quote;
use crate::sinker::databend::routes::{Routes, shadow};
use crate::sinker::databend::target_tables::{self, TargetColumn};
use crate::sinker::databend::types::TargetType;

/// What the target holds of a table before the change.
#[derive(Debug, Clone)]
pub struct Held {
    /// Its columns.
    pub columns: Vec<TargetColumn>,
    /// Whether it holds any row.
    pub has_rows: bool,
    /// What tells it from other tables of its name.
    pub id: String,
}

/// Plans the steps of a statement.
pub struct Planner<'a> {
    /// Where tables arrive.
    pub routes: &'a Routes,
    /// How tables are stored that it creates.
    pub layout: TableLayout,
    /// The tables that exist, of those that [`Planner::targets`] names.
    pub held: &'a HashMap<TableName, Held>,
    /// Number of the batch that stores the intent: part of the names of what is set aside.
    pub batch: u64,
    /// Whether what is dropped and kept is kept for a time only.
    pub for_a_time: bool,
}

/// The way to a structure.
#[derive(Debug, Default)]
pub struct Way {
    /// The steps, in their order.
    pub steps: Vec<Step>,
    /// What is to be remembered behind them.
    pub remembered: Remembered,
}

impl Way {
    pub(super) fn push(&mut self, step: Step) {
        self.steps.push(step);
    }
}

impl Planner<'_> {
    /// The tables of the target that a change concerns.
    ///
    /// # Errors
    /// A route into a reserved database.
    pub fn targets(routes: &Routes, changes: &[SchemaChange]) -> Result<Vec<TableName>> {
        let mut targets = Vec::new();
        for change in changes {
            match change {
                SchemaChange::CreateDatabase(_) | SchemaChange::Confirm(_) => {}
                SchemaChange::CreateTable(table) => targets.push(routes.route(table)?.table),
                SchemaChange::Copy { table, .. } => {
                    let target = routes.route(table)?.table;
                    targets.extend([shadow(&target), target]);
                }
                SchemaChange::DropTable { table, .. } | SchemaChange::Truncate(table) => {
                    targets.push(routes.target(table))
                }
                SchemaChange::Alter(alteration) => {
                    targets.push(routes.route(&alteration.before)?.table);
                    targets.push(routes.route(&alteration.after)?.table);
                }
            }
        }
        Ok(targets)
    }

    /// The way to it. Truncated tables take no step: their rows go with the checkpoint.
    ///
    /// # Errors
    /// A change that Databend cannot follow.
    pub fn way(&self, changes: &[SchemaChange]) -> Result<Way> {
        let mut way = Way::default();
        for change in changes {
            match change {
                SchemaChange::CreateDatabase(db) => {
                    let sql = ddl::create_database(&self.routes.target(&TableName::new(db, "")).db)?;
                    way.push(Step::new(sql, When::Always));
                }
                SchemaChange::CreateTable(table) => self.create(table, &mut way)?,
                SchemaChange::DropTable { table, keep } => {
                    let target = self.routes.target(table);
                    let again = arrives(changes, self.routes, &target)?;
                    self.drop_table(target, *keep, again, &mut way)?;
                }
                SchemaChange::Truncate(_) | SchemaChange::Confirm(_) => {}
                SchemaChange::Alter(alteration) => self.alter(alteration, &mut way)?,
                SchemaChange::Copy { table, stage } => swap::steps(self, table, *stage, &mut way)?,
            }
        }
        self.renames(changes, &mut way)?;
        Ok(way)
    }

    fn drop_table(&self, target: TableName, keep: bool, again: bool, way: &mut Way) -> Result<()> {
        if keep {
            let goes_later = self.for_a_time && self.held.contains_key(&target);
            if goes_later {
                self.set_table_aside(&target, Vec::new(), way)?;
                let aside = TableName::new(&target.db, self.aside(&target.table));
                way.remembered.kept.push(Kept { table: aside, column: None });
            }
            return Ok(());
        }
        let sql = format!("DROP TABLE IF EXISTS {}", quote::table(&target)?);
        let when = When::Tables { there: vec![target], absent: Vec::new() };
        way.push(Step::new(sql, when).once_if(again));
        Ok(())
    }

    fn create(&self, table: &Arc<TableSchema>, way: &mut Way) -> Result<()> {
        let creation = Creation::new(self.routes, std::slice::from_ref(table), self.layout)?;
        for (_, sql) in creation.databases {
            way.push(Step::new(sql, When::Always));
        }
        for (plan, sql) in creation.tables {
            if let Some(held) = self.held.get(&plan.target)
                && (held.has_rows || !takes(&plan, held))
            {
                self.set_table_aside(&plan.target, Vec::new(), way)?;
            }
            way.push(Step::new(sql, When::Tables { there: Vec::new(), absent: vec![plan.target.clone()] }));
        }
        Ok(())
    }

    fn aside(&self, name: &str) -> String {
        format!("{name}__kept_{}", self.batch)
    }

    fn moving(&self, name: &str) -> String {
        format!("{name}__moving_{}", self.batch)
    }

    fn set_table_aside(&self, target: &TableName, also: Vec<TableName>, way: &mut Way) -> Result<()> {
        let aside = TableName::new(&target.db, self.aside(&target.table));
        let sql = rename_table(target, &aside)?;
        let there = [vec![target.clone()], also].concat();
        way.push(Step::new(sql, When::Tables { there, absent: vec![aside] }));
        Ok(())
    }

    /// Tables that get another name, those first whose new name is free.
    fn renames(&self, changes: &[SchemaChange], way: &mut Way) -> Result<()> {
        let mut moves = Vec::new();
        for change in changes {
            if let SchemaChange::Alter(alteration) = change {
                let from = self.routes.route(&alteration.before)?.table;
                let to = self.routes.route(&alteration.after)?.table;
                if from.db != to.db {
                    return Err(Error::schema(format!(
                        "target table {from} would become {to}, and Databend renames inside a database only: start the task with \
                         --resync and the table's new name, which copies it anew, or pass it over with [filter] ignore_tbs={}.{}",
                        alteration.after.name.db, alteration.after.name.table
                    )));
                }
                if from != to {
                    moves.push((from, to));
                }
            }
        }
        way.remembered.moved.clone_from(&moves);
        let between = |name: &TableName| TableName::new(&name.db, self.moving(&name.table));
        for Move { from, to, opens_circle } in in_order(moves, between) {
            if self.held.contains_key(&to) && !leaves(changes, self.routes, &to)? {
                self.set_table_aside(&to, vec![from.clone()], way)?;
            }
            let sql = rename_table(&from, &to)?;
            let when = When::Tables { there: vec![from], absent: vec![to] };
            way.push(Step::new(sql, when).once_if(opens_circle));
        }
        Ok(())
    }

    fn alter(&self, alteration: &Alteration, way: &mut Way) -> Result<()> {
        let before = self.routes.plan(&alteration.before)?;
        let after = self.routes.plan(&alteration.after)?;
        let held = self.held.get(&before.target).map_or(&[][..], |held| &held.columns);
        if alteration.before.name != alteration.after.name {
            return Ok(());
        }
        let columns = Columns { planner: self, alteration, before: &before, after: &after, held };
        columns.leave(way)?;
        columns.rename(way)?;
        columns.modify(way)?;
        columns.add(way)
    }
}

/// Whether the table that has this name before the statement gets another one by it.
fn leaves(changes: &[SchemaChange], routes: &Routes, target: &TableName) -> Result<bool> {
    any_renamed(changes, |alteration| Ok(routes.route(&alteration.before)?.table == *target))
}

/// Whether a table gets this name by the statement.
fn arrives(changes: &[SchemaChange], routes: &Routes, target: &TableName) -> Result<bool> {
    any_renamed(changes, |alteration| Ok(routes.route(&alteration.after)?.table == *target))
}

fn any_renamed(changes: &[SchemaChange], is_meant: impl Fn(&Alteration) -> Result<bool>) -> Result<bool> {
    for change in changes {
        if let SchemaChange::Alter(alteration) = change
            && alteration.before.name != alteration.after.name
            && is_meant(alteration)?
        {
            return Ok(true);
        }
    }
    Ok(false)
}

fn takes(plan: &TablePlan, held: &Held) -> bool {
    target_tables::plan(plan.clone(), Some(&held.columns)).is_ok()
}

pub(super) fn rename_table(from: &TableName, to: &TableName) -> Result<String> {
    Ok(format!("RENAME TABLE {} TO {}", quote::table(from)?, quote::table(to)?))
}

/// The columns of one table, before and after.
struct Columns<'a> {
    planner: &'a Planner<'a>,
    alteration: &'a Alteration,
    before: &'a TablePlan,
    after: &'a TablePlan,
    /// What the target holds before the change.
    held: &'a [TargetColumn],
}

impl Columns<'_> {
    fn step(&self, action: String, when: When) -> Step {
        Step::new(format!("ALTER TABLE {} {action}", self.after.quoted), when)
    }

    fn columns(&self, there: Vec<String>, absent: Vec<String>) -> When {
        When::Columns { table: self.after.target.clone(), there, absent }
    }

    /// Pairs of the column before and the column after.
    fn pairs(&self) -> impl Iterator<Item = (&PlannedColumn, &PlannedColumn, bool, usize)> {
        let origins = self.alteration.origins.iter().enumerate();
        origins.filter_map(|(at, origin)| match origin {
            ColumnOrigin::Was { at: was, keep_type } => {
                Some((self.before.columns.get(*was)?, self.after.columns.get(at)?, *keep_type, at))
            }
            ColumnOrigin::New(_) => None,
        })
    }

    fn moves(&self) -> Vec<(String, String)> {
        let renamed = self.pairs().filter(|(was, is, ..)| was.name != is.name);
        renamed.map(|(was, is, ..)| (was.name.clone(), is.name.clone())).collect()
    }

    fn holds(&self, name: &str) -> bool {
        self.held.iter().any(|held| held.name == name)
    }

    fn is_new(&self, name: &str) -> bool {
        let mut columns = self.after.columns.iter().zip(&self.alteration.origins);
        columns.any(|(column, origin)| column.name == name && matches!(origin, ColumnOrigin::New(_)))
    }

    /// Columns that are gone, or stay for the rows that have them.
    fn leave(&self, way: &mut Way) -> Result<()> {
        for dropped in &self.alteration.dropped {
            let Some(column) = self.before.columns.get(dropped.at) else { continue };
            let name = column.name.clone();
            let comes_again = self.is_new(&name) || self.moves().iter().any(|(_, to)| *to == name);
            if !dropped.keep {
                let when = self.columns(vec![name], Vec::new());
                let step = self.step(format!("DROP COLUMN {}", column.quoted), when);
                way.push(step.once_if(comes_again));
                continue;
            }
            let (mut name, mut quoted) = (name, column.quoted.clone());
            let goes_later = self.planner.for_a_time && self.holds(&name);
            if comes_again || goes_later {
                let there = vec![name.clone()];
                (name, quoted) = self.set_aside(&name, &quoted, there, way)?;
                let table = self.after.target.clone();
                way.remembered.kept.push(Kept { table, column: Some(name.clone()) });
            }
            if !column.nullable {
                let when = self.differs(&name, None, true, true);
                way.push(self.step(format!("MODIFY COLUMN {quoted} {} NULL", column.ty), when));
            }
        }
        Ok(())
    }

    fn set_aside(
        &self,
        name: &str,
        quoted: &str,
        there: Vec<String>,
        way: &mut Way,
    ) -> Result<(String, String)> {
        let aside = self.planner.aside(name);
        let quoted_aside = quote::column(&aside)?;
        let when = self.columns(there, vec![aside.clone()]);
        way.push(self.step(format!("RENAME COLUMN {quoted} TO {quoted_aside}"), when));
        Ok((aside, quoted_aside))
    }

    fn differs(&self, column: &str, ty: Option<TargetType>, or_wider: bool, nullable: bool) -> When {
        When::Differs {
            table: self.after.target.clone(),
            column: column.to_owned(),
            data_type: ty.map(|ty| ty.to_string()),
            or_wider,
            nullable,
        }
    }

    fn rename(&self, way: &mut Way) -> Result<()> {
        for Move { from, to, opens_circle } in in_order(self.moves(), |name| self.planner.moving(name)) {
            let is_ours = self.before.columns.iter().any(|column| column.name == to);
            if !is_ours && self.holds(&to) {
                self.set_aside(&to, &quote::column(&to)?, vec![to.clone(), from.clone()], way)?;
            }
            let action = format!("RENAME COLUMN {} TO {}", quote::column(&from)?, quote::column(&to)?);
            way.push(self.step(action, self.columns(vec![from], vec![to])).once_if(opens_circle));
        }
        Ok(())
    }

    /// A column that becomes NOT NULL stays nullable: Databend looks at every row for it, refuses for types without statistics, and
    /// keeps the table locked for a while when it has refused (seen: 1.2.895, code 1058, then 2015).
    fn modify(&self, way: &mut Way) -> Result<()> {
        for (was, is, keep_type, at) in self.pairs() {
            let ty = if keep_type { was.ty } else { is.ty };
            let takes_null = self.held.iter().any(|held| held.name == was.name && held.nullable);
            let nullable = is.nullable || takes_null;
            if ty == was.ty && nullable == takes_null {
                continue;
            }
            // What a user has made wider stays so, unless the source narrows and the target is to follow.
            let or_wider = keep_type || is.ty.holds(was.ty);
            let when = self.differs(&is.name, Some(ty), or_wider, nullable);
            let null = if nullable { "NULL" } else { "NOT NULL" };
            if ddl::index_forbids(self.before, self.planner.layout, was, ty) {
                way.push(self.step("SET OPTIONS (bloom_index_columns = '')".to_owned(), when.clone()));
            }
            let default = ddl::default(&self.after.schema.columns[at], ty);
            way.push(self.step(format!("MODIFY COLUMN {} {ty} {null}{default}", is.quoted), when));
        }
        Ok(())
    }

    fn add(&self, way: &mut Way) -> Result<()> {
        let mut place = "FIRST".to_owned();
        for ((column, source), origin) in
            self.after.columns.iter().zip(&self.after.schema.columns).zip(&self.alteration.origins)
        {
            if let ColumnOrigin::New(fill) = origin {
                self.add_one(column, source, fill, &place, way)?;
            }
            place = format!("AFTER {}", column.quoted);
        }
        Ok(())
    }

    fn add_one(
        &self,
        column: &PlannedColumn,
        source: &Column,
        fill: &ColValue,
        place: &str,
        way: &mut Way,
    ) -> Result<()> {
        let was_ours = self.before.columns.iter().any(|before| before.name == column.name);
        if !was_ours && self.holds(&column.name) {
            self.set_aside(&column.name, &column.quoted, vec![column.name.clone()], way)?;
        }
        let mut literal = String::new();
        push_value(&mut literal, fill, column)
            .map_err(|unfit| unfit.error(&self.alteration.before.name, &source.name, true))?;
        let absent = self.columns(Vec::new(), vec![column.name.clone()]);
        let (quoted, ty) = (&column.quoted, column.ty);
        let null = if column.nullable { "NULL" } else { "NOT NULL" };
        // Databend reads the default of a BINARY as text, and fills a NOT NULL one with no bytes.
        if ty == TargetType::Binary && *fill != ColValue::Null {
            way.push(self.step(format!("ADD COLUMN {quoted} {ty} {null} {place}"), absent));
            let unfilled =
                if column.nullable { format!("{quoted} IS NULL") } else { format!("length({quoted}) = 0") };
            let sql = format!("UPDATE {} SET {quoted} = {literal} WHERE {unfilled}", self.after.quoted);
            way.push(Step::new(sql, self.columns(vec![column.name.clone()], Vec::new())));
            return Ok(());
        }
        let default = if literal == "NULL" { String::new() } else { format!(" DEFAULT {literal}") };
        let comment = ddl::comment(&source.comment);
        way.push(self.step(format!("ADD COLUMN {quoted} {ty} {null}{default}{comment} {place}"), absent));
        Ok(())
    }
}

#[cfg(test)]
mod tests;
