//! What the commands beside `dt run` ask of Databend. Only [`DatabendAdmin::forget`] writes.

use std::sync::Arc;

use async_trait::async_trait;
use dt_common::check::{Check, Finding};
use dt_common::config::{DatabendConfig, ExtractType, TableLayout};
use dt_common::error::{Error, Result};
use dt_common::repair::RepairPart;
use dt_common::router::Router;
use dt_common::schema::TableSchema;
use tracing::warn;

use super::checkpoint::StateTables;
use super::checks::{self, TargetCheck};
use super::client::{Client, Session};
use super::creation::Creation;
use super::plan::TablePlan;
use super::routes::Routes;
use super::stage::folder::task_folder;
use super::target_tables;
use crate::admin::{
    FOLLOWED_TABLES, PlannedTable, RepairState, StoredTask, StructPlan, TargetAdmin, TargetLook, TargetState,
};

/// Databend, looked at.
pub struct DatabendAdmin {
    client: Client,
    routes: Routes,
    /// `None` for a task without an id.
    state: Option<StateTables>,
    kind: ExtractType,
    layout: TableLayout,
    /// Where the task's files are.
    stage: String,
}

impl DatabendAdmin {
    /// Connects nowhere yet.
    ///
    /// # Errors
    /// A task id that cannot name a table.
    pub fn new(config: &DatabendConfig, kind: ExtractType, router: Router) -> Result<Self> {
        let state = match config.task_id.as_str() {
            "" => None,
            id => Some(StateTables::new(id)?),
        };
        Ok(Self {
            client: Client::new(config.dsn.clone()),
            routes: Routes::new(router, config.values.clone()),
            state,
            kind,
            layout: config.layout,
            stage: task_folder(&config.stage, &config.task_id),
        })
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
        self.routes.check_values(tables)?;
        let creation = Creation::new(&self.routes, tables, self.layout)?;
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
        // A start removes what the epochs before it have left, and these begin anew.
        if let Err(error) = session.query(&format!("REMOVE {}", self.stage)).await {
            warn!(%error, stage = self.stage, "files that the task may have left in the stage could not be removed");
        }
        session.close().await
    }

    async fn ask_repair(&self, parts: &[RepairPart]) -> Result<()> {
        let session = self.client.connect().await?;
        self.state()?.ask(&session, parts).await?;
        session.close().await
    }

    async fn repair_state(&self, request: &str) -> Result<RepairState> {
        let session = self.client.session().await?;
        let state = self.state()?.answered(&session, request).await?;
        session.close().await?;
        Ok(state)
    }

    async fn end_repair(&self, request: &str) -> Result<()> {
        let session = self.client.session().await?;
        self.state()?.withdraw(&session, request).await?;
        session.close().await
    }

    async fn precheck(&self, tables: Option<&[Arc<TableSchema>]>) -> TargetLook {
        let mut look = TargetLook::default();
        let session = self.client.reach().await;
        for check in TargetCheck::ALL {
            let finding = self.look(check, &session, tables, &mut look).await;
            let finding = finding.unwrap_or_else(|kept_from| kept_from);
            look.checks.push(Check { name: check.name(), finding });
        }
        look
    }
}

impl DatabendAdmin {
    /// One check. Whatever else the look brought goes into `look`. What keeps it from looking is a finding too.
    async fn look(
        &self,
        check: TargetCheck,
        session: &Result<(Session, String)>,
        tables: Option<&[Arc<TableSchema>]>,
        look: &mut TargetLook,
    ) -> Result<Finding, Finding> {
        let reached = || session.as_ref().map_err(|_| Finding::without(TargetCheck::Connection.name()));
        let known = || tables.ok_or_else(|| Finding::without(FOLLOWED_TABLES));
        Ok(match check {
            TargetCheck::Connection => match session {
                Ok(_) => Finding::pass(format!("{} answers", self.client.address())),
                Err(error) => Finding::fail(error.to_string(), ""),
            },
            TargetCheck::Tls => checks::tls(&self.client),
            TargetCheck::Version => checks::version(&reached()?.1)?,
            TargetCheck::Privileges => checks::privileges(&reached()?.0).await,
            TargetCheck::Stage => checks::stage(&reached()?.0).await,
            TargetCheck::StoredState => {
                let (finding, checkpoint) = checks::stored(&reached()?.0, self.state.as_ref()).await?;
                look.checkpoint = Some(checkpoint);
                finding
            }
            TargetCheck::Routes => checks::routes(&self.routes, known()?),
            TargetCheck::Values => checks::values(&self.routes, known()?),
            TargetCheck::Tables => {
                let (session, tables) = (&reached()?.0, known()?);
                let (finding, rows) = checks::tables(session, &self.routes, self.kind, tables).await?;
                look.tables = Some(rows);
                finding
            }
        })
    }
}

/// How each target table stands to its source, and whether it holds rows.
async fn states(session: &Session, plans: &[Arc<TablePlan>]) -> Result<Vec<(TargetState, bool)>> {
    let targets: Vec<_> = plans.iter().map(|plan| plan.target.clone()).collect();
    let columns = target_tables::read_columns(session, &targets).await?;
    let filled = target_tables::read_filled(session, &targets).await?;
    let states = plans.iter().map(|plan| {
        let Some(held) = columns.get(&plan.target) else { return (TargetState::Missing, false) };
        let state = match target_tables::plan(TablePlan::clone(plan), Some(held)) {
            Ok(_) => TargetState::Fits,
            Err(error) => TargetState::Differs(error.to_string()),
        };
        (state, filled.contains(&plan.target))
    });
    Ok(states.collect())
}
