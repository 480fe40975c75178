//! What is known about a target table before the first row: its name, its columns and how rows are named in it.

use std::sync::Arc;

use dt_common::config::{ColumnPolicies, Policy, Values};
use dt_common::error::{Error, Result};
use dt_common::router::Route;
use dt_common::row::Row;
use dt_common::schema::{ColumnType, TableName, TableSchema};
use dt_common::value::ColValue;

use super::fitted;
use super::quote;
use super::types::{TargetType, target_type};
use super::unfit::Unfit;

/// How a table's rows are written. Made once for each definition of a table, shared by the lanes.
#[derive(Debug, Clone)]
pub struct TablePlan {
    /// The definition at the source that the plan was made for.
    pub schema: Arc<TableSchema>,
    /// Name in the target.
    pub target: TableName,
    /// Quoted name in the target.
    pub quoted: String,
    /// Columns in the order of the row image.
    pub columns: Vec<PlannedColumn>,
    /// The columns in the order of the target table, as indexes into `columns`; `None` when the target holds further
    /// columns, which belong to its user.
    pub target_order: Option<Vec<usize>>,
}

/// One column of a [`TablePlan`].
#[derive(Debug, Clone)]
pub struct PlannedColumn {
    /// Name as the target spells it.
    pub name: String,
    /// Quoted name.
    pub quoted: String,
    /// Type in the target.
    pub ty: TargetType,
    /// Whether the target's column allows NULL.
    pub nullable: bool,
    /// The type that holds the source's values as such; [`PlannedColumn::ty`] is VARCHAR instead where `[values]` says `string`.
    pub natural: TargetType,
    /// What becomes of values that it does not hold.
    pub policies: ColumnPolicies,
    /// Fraction digits of the source's column.
    pub digits: u8,
}

impl PlannedColumn {
    /// Some value that the column accepts, for rows of which only the key counts.
    pub fn filler(&self) -> ColValue {
        if self.nullable { ColValue::Null } else { self.natural.some_value() }
    }

    /// Whether the column is VARCHAR because `[values]` wants the text of what its own type does not hold.
    pub fn is_text_instead(&self) -> bool {
        self.natural != TargetType::Varchar && self.policies.has(Policy::String)
    }
}

impl TablePlan {
    /// The plan for a table that `CREATE TABLE` would make from the source's definition.
    ///
    /// # Errors
    /// A name that Databend cannot hold.
    pub fn new(schema: Arc<TableSchema>, route: Route, values: &Values) -> Result<Self> {
        let Route { table: target, columns: names } = route;
        let columns = schema
            .columns
            .iter()
            .zip(names)
            .enumerate()
            .map(|(at, (column, name))| {
                let (natural, policies) = (target_type(&column.ty), values.of(&schema, at));
                Ok(PlannedColumn {
                    quoted: quote::column(&name)?,
                    name,
                    ty: fitted::target_of(natural, &policies),
                    nullable: column.nullable || policies.has(Policy::Null),
                    natural,
                    policies,
                    digits: fraction_digits(&column.ty),
                })
            })
            .collect::<Result<Vec<_>>>()
            .map_err(|e: Error| e.at(format_args!("table {}", schema.name)))?;
        let target_order = Some((0..columns.len()).collect());
        Ok(Self { quoted: quote::table(&target)?, schema, target, columns, target_order })
    }

    /// The types of all columns.
    pub fn types(&self) -> Vec<TargetType> {
        self.columns.iter().map(|column| column.ty).collect()
    }

    /// Whether a column belongs to the key.
    pub fn is_key(&self, column: usize) -> bool {
        self.schema.key_columns().contains(&column)
    }

    /// A row that does not have the plan's columns: a defect of dt.
    pub fn width_error(&self, row: &Row) -> Error {
        Error::internal(format!(
            "table {}: a row of {} values for {} columns",
            self.schema.name,
            row.len(),
            self.columns.len()
        ))
    }

    /// The names that the plan writes to.
    pub fn route(&self) -> Route {
        let columns = self.columns.iter().map(|column| column.name.clone()).collect();
        Route { table: self.target.clone(), columns }
    }

    /// The error for a value that the column at this position cannot hold, under the column's name at the source.
    pub fn unfit(&self, at: usize, unfit: Unfit) -> Error {
        let column = self.schema.columns.get(at).map_or("", |column| &column.name);
        unfit.error(&self.schema.name, column, !self.is_key(at))
    }

    /// Columns of the key.
    pub fn key(&self) -> impl Iterator<Item = (usize, &PlannedColumn)> {
        self.schema.key_columns().iter().filter_map(|&i| self.columns.get(i).map(|column| (i, column)))
    }
}

fn fraction_digits(ty: &ColumnType) -> u8 {
    match ty {
        ColumnType::DateTime { fsp } | ColumnType::Timestamp { fsp } | ColumnType::Time { fsp } => *fsp,
        _ => 0,
    }
}
