//! The steps of a copy beside the stream: its shadow is made, and takes the table's place. Pure.
//!
//! Names do not tell whether two tables have exchanged them, and exchanged again they would be where they were. So the ids of both
//! are looked at when the change is planned: an exchange is still to be done as long as the former table has its name, and a table goes only
//! if it is the former one.

use std::sync::Arc;

use dt_common::error::Result;
use dt_common::schema::{CopyStage, TableName, TableSchema};

use super::plan::{Planner, Way, rename_table};
use super::step::{Step, When};
use crate::sinker::databend::routes::shadow;
use crate::sinker::databend::{ddl, quote};

/// Adds what a stage of a table's copy takes.
///
/// # Errors
/// A name that Databend cannot hold.
pub fn steps(planner: &Planner<'_>, table: &Arc<TableSchema>, stage: CopyStage, way: &mut Way) -> Result<()> {
    match stage {
        CopyStage::Begins => begin(planner, table, way),
        CopyStage::GoesOn => Ok(()),
        CopyStage::Ends => end(planner, &planner.routes.route(table)?.table, way),
    }
}

fn begin(planner: &Planner<'_>, table: &Arc<TableSchema>, way: &mut Way) -> Result<()> {
    let plan = planner.routes.shadow_plan(table)?;
    way.push(Step::new(ddl::create_database(&plan.target.db)?, When::Always));
    way.push(drop_table(&plan.target, tables(&[&plan.target], &[]))?);
    let sql = ddl::create_table(&plan, planner.layout);
    way.push(Step::new(sql, tables(&[], &[&plan.target])));
    Ok(())
}

fn end(planner: &Planner<'_>, target: &TableName, way: &mut Way) -> Result<()> {
    let copy = shadow(target);
    let Some(former) = planner.held.get(target) else {
        way.push(Step::new(rename_table(&copy, target)?, tables(&[&copy], &[target])));
        return Ok(());
    };
    let is_former = |table: &TableName| When::Is { table: table.clone(), id: former.id.clone() };
    let sql = format!("ALTER TABLE {} SWAP WITH {}", quote::table(target)?, quote::column(&copy.table)?);
    way.push(Step::new(sql, is_former(target)));
    way.push(drop_table(&copy, is_former(&copy))?);
    Ok(())
}

fn drop_table(table: &TableName, when: When) -> Result<Step> {
    Ok(Step::new(format!("DROP TABLE IF EXISTS {}", quote::table(table)?), when))
}

fn tables(there: &[&TableName], absent: &[&TableName]) -> When {
    let names = |tables: &[&TableName]| tables.iter().map(|&table| table.clone()).collect();
    When::Tables { there: names(there), absent: names(absent) }
}
