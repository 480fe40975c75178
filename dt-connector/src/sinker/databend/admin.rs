//! What the commands beside `dt run` ask of Databend. Only [`DatabendAdmin::forget`] writes.

use std::sync::Arc;

use async_trait::async_trait;
use dt_common::config::DatabendConfig;
use dt_common::error::{Error, Result};
use dt_common::router::Router;
use dt_common::schema::TableSchema;

use super::checkpoint::StateTables;
use super::client::{Client, Session};
use super::creation::Creation;
use super::plan::TablePlan;
use super::routes::Routes;
use super::target_tables;
use crate::admin::{PlannedTable, StoredTask, StructPlan, TargetAdmin, TargetState};

/// Databend, looked at.
pub struct DatabendAdmin {
    client: Client,
    routes: Routes,
    /// `None` for a task without an id.
    state: Option<StateTables>,
}

impl DatabendAdmin {
    /// Connects nowhere yet.
    ///
    /// # Errors
    /// A task id that cannot name a table.
    pub fn new(config: &DatabendConfig, router: Router) -> Result<Self> {
        let state = match config.task_id.as_str() {
            "" => None,
            id => Some(StateTables::new(id)?),
        };
        Ok(Self { client: Client::new(config.dsn.clone()), routes: Routes::new(router), state })
    }

    fn state(&self) -> Result<&StateTables> {
        self.state.as_ref().ok_or_else(|| {
            Error::config(
                "[task] id is missing: it names what the target remembers, and without one that is nothing",
            )
        })
    }
}

#[async_trait]
impl TargetAdmin for DatabendAdmin {
    async fn plan_struct(&self, tables: &[Arc<TableSchema>]) -> Result<StructPlan> {
        let creation = Creation::new(&self.routes, tables)?;
        let session = self.client.connect().await?;
        let (plans, creates): (Vec<_>, Vec<_>) = creation.tables.into_iter().unzip();
        let states = states(&session, &plans).await?;
        session.close().await?;
        let planned = plans.iter().zip(creates).zip(states).map(|((plan, create), (state, has_rows))| {
            let (source, target) = (plan.schema.name.clone(), plan.target.clone());
            PlannedTable { source, target, create, state, has_rows }
        });
        Ok(StructPlan {
            state: self.state.as_ref().map(|state| state.create().into()).unwrap_or_default(),
            databases: creation.databases.into_iter().map(|(_, sql)| sql).collect(),
            tables: planned.collect(),
        })
    }

    async fn stored(&self) -> Result<Option<StoredTask>> {
        let state = self.state()?;
        let session = self.client.connect().await?;
        let stored = state.stored(&session).await?;
        session.close().await?;
        Ok(stored)
    }

    async fn forget(&self) -> Result<()> {
        let state = self.state()?;
        let session = self.client.connect().await?;
        state.remove(&session, &uuid::Uuid::new_v4().to_string()).await?;
        session.close().await
    }
}

/// How each target table stands to its source, and whether it holds rows.
async fn states(session: &Session, plans: &[Arc<TablePlan>]) -> Result<Vec<(TargetState, bool)>> {
    let targets: Vec<_> = plans.iter().map(|plan| plan.target.clone()).collect();
    let columns = target_tables::read_columns(session, &targets).await?;
    let existing: Vec<_> = plans.iter().filter(|plan| columns.contains_key(&plan.target)).cloned().collect();
    let mut has_rows = target_tables::read_has_rows(session, &existing).await?.into_iter();
    let states = plans.iter().map(|plan| {
        let Some(held) = columns.get(&plan.target) else { return (TargetState::Missing, false) };
        let state = match target_tables::plan(&plan.schema, plan.target.clone(), Some(held)) {
            Ok(_) => TargetState::Fits,
            Err(error) => TargetState::Differs(error.to_string()),
        };
        (state, has_rows.next().unwrap_or_default())
    });
    Ok(states.collect())
}
