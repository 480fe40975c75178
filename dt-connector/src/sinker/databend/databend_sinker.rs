//! The sink: lanes that turn net changes into statements, and the contract of [`Sinker`].
//!
//! Lanes hold no session and do no I/O: they write the text of statements from the plan that [`Sinker::refresh_meta`] made. The
//! staged path (a Parquet file a table, for batches that are large) will be a second arm of [`StagedTable`].

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use async_trait::async_trait;
use dt_common::batch::{Checkpoint, Progress, TableBatch};
use dt_common::config::DatabendConfig;
use dt_common::error::{Error, Result};
use dt_common::item::Ddl;
use dt_common::router::Router;
use dt_common::schema::{TableName, TableSchema};

use super::checkpoint::StateTables;
use super::client::Client;
use super::committer::{Committer, StagedTable};
use super::creation::Creation;
use super::plan::TablePlan;
use super::routes::Routes;
use super::statements::statements;
use super::target_tables;
use crate::sinker::{CommitReport, Sinker, TargetTable};

/// Databend as a target. Counting is the pipeline's: it knows when a batch is committed.
pub struct DatabendSinker {
    client: Arc<Client>,
    routes: Routes,
    batch_size: usize,
    /// `None` for a task without an id, which only creates tables.
    committer: Option<Committer>,
    plans: RwLock<HashMap<TableName, Arc<TablePlan>>>,
}

impl DatabendSinker {
    /// A sink for a task; connects nowhere yet.
    ///
    /// # Errors
    /// A task id that cannot name a table.
    pub fn new(config: &DatabendConfig, router: Router) -> Result<Self> {
        let client = Arc::new(Client::new(config.dsn.clone()));
        let committer = match config.task_id.as_str() {
            "" => None,
            id => Some(Committer::new(client.clone(), StateTables::new(id)?, config.max_retries)),
        };
        Ok(Self {
            client,
            routes: Routes::new(router),
            batch_size: config.batch_size,
            committer,
            plans: RwLock::new(HashMap::new()),
        })
    }

    fn committer(&self) -> Result<&Committer> {
        self.committer
            .as_ref()
            .ok_or_else(|| Error::config("[task] id is missing; only extract_type = struct does without"))
    }

    fn plan(&self, table: &Arc<TableSchema>) -> Result<Arc<TablePlan>> {
        let plans = self.plans.read().unwrap_or_else(PoisonError::into_inner);
        let plan = plans.get(&table.name).ok_or_else(|| {
            Error::internal(format!("table {}: rows before its target was looked at", table.name))
        })?;
        if !Arc::ptr_eq(&plan.schema, table) && plan.schema.columns != table.columns {
            return Err(Error::schema(format!(
                "table {}: its rows have another definition than the task started with",
                table.name
            )));
        }
        Ok(plan.clone())
    }
}

#[async_trait]
impl Sinker for DatabendSinker {
    type Staged = StagedTable;

    async fn open(&self) -> Result<Checkpoint> {
        self.committer()?.open().await
    }

    async fn sink_struct(&self, tables: &[Arc<TableSchema>]) -> Result<()> {
        let creation = Creation::new(&self.routes, tables)?;
        let session = self.client.connect().await?;
        for (db, sql) in &creation.databases {
            session.execute(sql).await.map_err(|e| e.at(format_args!("database `{db}`")))?;
        }
        for (plan, sql) in &creation.tables {
            let created = session.execute(sql).await;
            created.map_err(|e| e.at(format_args!("creating target table {}", plan.target)))?;
        }
        session.close().await
    }

    async fn refresh_meta(&self, tables: &[Arc<TableSchema>]) -> Result<Vec<TargetTable>> {
        let routes = self.routes.routes(tables)?;
        let targets: Vec<TableName> = routes.iter().map(|route| route.table.clone()).collect();
        let session = self.client.connect().await?;
        let columns = target_tables::read_columns(&session, &targets).await?;
        let plans = tables
            .iter()
            .zip(routes)
            .map(|(table, route)| {
                let columns = columns.get(&route.table).map(Vec::as_slice);
                target_tables::plan(table, route, columns).map(Arc::new)
            })
            .collect::<Result<Vec<_>>>()?;
        let has_rows = target_tables::read_has_rows(&session, &plans).await?;
        session.close().await?;
        let mut known = self.plans.write().unwrap_or_else(PoisonError::into_inner);
        known.extend(plans.into_iter().map(|plan| (plan.schema.name.clone(), plan)));
        Ok(has_rows.into_iter().map(|has_rows| TargetTable { has_rows }).collect())
    }

    async fn sink_dml(&self, batch: TableBatch) -> Result<StagedTable> {
        let plan = self.plan(&batch.table)?;
        let statements = statements(&plan, &batch.changes, self.batch_size)?;
        Ok(StagedTable { table: batch.table.name.clone(), statements })
    }

    async fn sink_ddl(&self, ddl: &Ddl) -> Result<()> {
        let tables: Vec<String> = ddl.tables.iter().map(TableName::to_string).collect();
        let position = &ddl.mark.binlog;
        Err(Error::schema(format!(
            "{} on {} at {}:{}: changes of structure are not applied yet; apply it to the target by hand and start a new [task] id \
             behind this position, or exclude the table in [filter]",
            ddl.action,
            tables.join(", "),
            position.file,
            position.offset
        )))
    }

    async fn sink_raw(&self, _raw: &[u8]) -> Result<()> {
        Err(Error::internal("no extractor emits raw items"))
    }

    async fn commit(&self, staged: &[StagedTable], progress: &Progress) -> Result<CommitReport> {
        self.committer()?.commit(staged, progress).await
    }

    async fn close(&self) -> Result<()> {
        match &self.committer {
            Some(committer) => committer.close().await,
            None => Ok(()),
        }
    }
}
