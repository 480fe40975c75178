//! What the target has of the source's tables, and in which forms both are compared.

use std::sync::Arc;

use async_trait::async_trait;
use dt_common::config::{Class, Policy};
use dt_common::error::Result;
use dt_common::schema::{ColumnType, TableSchema};

use super::side::DatabendSide;
use crate::compare::{CompareTarget, ComparedTable, Form, Loss};
use crate::sinker::databend::plan::{PlannedColumn, TablePlan};
use crate::sinker::databend::target_tables;
use crate::sinker::databend::types::TargetType;

/// Bytes from which on a value is too long to stand in the row's text, whose length the source limits.
const LONG: u64 = 65_536;

#[async_trait]
impl CompareTarget for DatabendSide {
    async fn tables(&self, tables: &[Arc<TableSchema>]) -> Result<Vec<Result<ComparedTable>>> {
        let plans = self.routes.plans(tables)?;
        let targets: Vec<_> = plans.iter().map(|plan| plan.target.clone()).collect();
        let session = self.client.connect().await?;
        let columns = target_tables::read_columns(&session, &targets).await?;
        session.close().await?;
        let compared = plans.into_iter().map(|plan| {
            let held = columns.get(&plan.target).map(Vec::as_slice);
            let plan = target_tables::plan(plan, held)?;
            let forms = plan.schema.columns.iter().zip(&plan.columns);
            let forms = forms.map(|(column, planned)| form(&column.ty, planned)).collect();
            Ok(compared(&plan, forms))
        });
        Ok(compared.collect())
    }
}

/// A planned table as it is compared, in these forms.
pub(super) fn compared(plan: &TablePlan, forms: Vec<Form>) -> ComparedTable {
    ComparedTable {
        forms,
        losses: plan.columns.iter().map(loss).collect(),
        target_columns: plan.columns.iter().map(|column| column.quoted.clone()).collect(),
        schema: Arc::clone(&plan.schema),
        target: plan.target.clone(),
        condition: None,
    }
}

fn loss(planned: &PlannedColumn) -> Loss {
    Loss {
        null: planned.policies.has(Policy::Null),
        clamp: planned.policies.has(Policy::Clamp),
        bytes: planned.policies.of(Class::InvalidText) == Policy::String,
    }
}

/// The form of a column that a column of the target holds.
fn form(source: &ColumnType, planned: &PlannedColumn) -> Form {
    if planned.is_text_instead() {
        return Form::LongText;
    }
    let held = planned.ty;
    match source {
        ColumnType::Int { .. } | ColumnType::Bit { .. } | ColumnType::Year => Form::Int,
        ColumnType::Decimal { scale, .. } => {
            let held = if let TargetType::Decimal { scale, .. } = held { scale } else { *scale };
            Form::Decimal { scale: *scale, held }
        }
        ColumnType::Float | ColumnType::Double => Form::Double,
        ColumnType::Date => Form::Date,
        ColumnType::DateTime { fsp } | ColumnType::Timestamp { fsp } => Form::Moment { fsp: *fsp },
        ColumnType::Time { .. } => Form::Duration,
        ColumnType::Char(text) | ColumnType::VarChar(text) | ColumnType::Text(text) => {
            if text.max_bytes < LONG { Form::Text } else { Form::LongText }
        }
        ColumnType::Enum { .. }
        | ColumnType::Set { .. }
        | ColumnType::Uuid
        | ColumnType::Inet4
        | ColumnType::Inet6 => Form::Text,
        ColumnType::Binary { len } | ColumnType::VarBinary { len } | ColumnType::Blob { len } => {
            if u64::from(*len) < LONG { Form::Bytes } else { Form::LongBytes }
        }
        ColumnType::Json(_) => Form::Json,
        ColumnType::Geometry => Form::Geometry,
        ColumnType::Vector { .. } => Form::Vector,
    }
}
