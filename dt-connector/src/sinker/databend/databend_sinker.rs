//! The sink: lanes that turn net changes into statements, and the contract of [`Sinker`].
//!
//! Lanes hold no session in a transaction: from the plan that [`Sinker::refresh_meta`] made they write the text of statements, or files that
//! they upload to a stage. Both are [`StagedTable`]s, and the committer makes them visible.

mod changes;

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use async_trait::async_trait;
use dt_common::batch::{Checkpoint, NetChanges, Progress, TableBatch};
use dt_common::config::{DatabendConfig, WriteMethod};
use dt_common::error::{Error, ErrorKind, Result};
use dt_common::item::Ddl;
use dt_common::monitor::Monitor;
use dt_common::repair::RepairPart;
use dt_common::router::Router;
use dt_common::schema::{TableName, TableSchema};
use tokio::sync::Mutex;
use tokio::time::Instant;
use tracing::warn;

use super::checkpoint::StateTables;
use super::client::{Client, Session};
use super::committer::Committer;
use super::creation::Creation;
use super::fitted::replaced;
use super::plan::TablePlan;
use super::retry::{self, Limits};
use super::routes::Routes;
use super::stage::folder::StageFolder;
use super::stage::write::write;
use super::staged::{StagedTable, Step};
use super::statements::statements;
use super::target_tables;
use crate::sinker::{CommitReport, Sinker, TargetTable};

/// Sessions that create tables side by side: a CREATE is little work and a round trip to the catalogue.
const CREATORS: usize = 8;

/// Databend as a target. Rows are counted by the pipeline, which knows when a batch is committed; retries and created tables here.
pub struct DatabendSinker {
    client: Arc<Client>,
    routes: Routes,
    config: DatabendConfig,
    /// `None` for a task without an id, which only creates tables.
    committer: Option<Committer>,
    /// Where files go; `None` for a task that writes none.
    stage: Option<Arc<StageFolder>>,
    plans: RwLock<HashMap<TableName, Arc<TablePlan>>>,
    monitor: Arc<Monitor>,
    /// For looks at what is to be repaired: beside the transactions, so that no commit waits for one.
    repairs: Mutex<RepairDesk>,
    looked_at_kept: Mutex<Option<Instant>>,
}

#[derive(Default)]
struct RepairDesk {
    session: Option<Session>,
    /// Requests whose askers were told that they are read.
    seen: Vec<String>,
}

impl DatabendSinker {
    /// A sink for a task; connects nowhere yet.
    ///
    /// # Errors
    /// A task id that cannot name a table.
    pub fn new(config: &DatabendConfig, router: Router, monitor: Arc<Monitor>) -> Result<Self> {
        let client = Arc::new(Client::new(config.dsn.clone()));
        let limits = Limits { conflicts: config.max_retries, unavailable: config.retry_timeout };
        let committer = match config.task_id.as_str() {
            "" => None,
            id => {
                let tables = StateTables::new(id)?;
                Some(Committer::new(client.clone(), tables, limits, Arc::clone(&monitor)))
            }
        };
        let stage = match config.write_method {
            WriteMethod::Sql => None,
            WriteMethod::Auto | WriteMethod::Stage => {
                let folder = StageFolder::new(client.clone(), &config.stage, &config.task_id, limits);
                Some(Arc::new(folder))
            }
        };
        Ok(Self {
            client,
            routes: Routes::new(router, config.values.clone()),
            config: config.clone(),
            committer,
            stage,
            plans: RwLock::new(HashMap::new()),
            monitor,
            repairs: Mutex::default(),
            looked_at_kept: Mutex::default(),
        })
    }

    fn committer(&self) -> Result<&Committer> {
        self.committer
            .as_ref()
            .ok_or_else(|| Error::config("[task] id is missing; only extract_type = struct does without"))
    }

    /// The stage, when these changes travel in files: also few of them when there may be more of the table in the same batch, because
    /// one statement loads all files of a table.
    fn stage_for(&self, batch: &TableBatch) -> Option<&Arc<StageFolder>> {
        // Few rows.
        if matches!(batch.changes, NetChanges::Repaired { .. }) {
            return None;
        }
        let stage = self.stage.as_ref().filter(|stage| stage.is_open())?;
        match self.config.write_method {
            WriteMethod::Stage => Some(stage),
            WriteMethod::Auto => {
                (batch.is_part || batch.changes.len() > self.config.inline_rows).then_some(stage)
            }
            WriteMethod::Sql => None,
        }
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

    /// Fits these plans to what the target holds.
    async fn look_at(&self, made: Vec<TablePlan>, limits: Limits) -> Result<Vec<TargetTable>> {
        let targets: Vec<TableName> = made.iter().map(|plan| plan.target.clone()).collect();
        let (plans, filled) = retry::within(limits, async || {
            let session = self.client.connect().await?;
            let columns = target_tables::read_columns(&session, &targets).await?;
            let plans = made
                .iter()
                .map(|plan| {
                    let columns = columns.get(&plan.target).map(Vec::as_slice);
                    target_tables::plan(plan.clone(), columns).map(Arc::new)
                })
                .collect::<Result<Vec<_>>>()?;
            let filled = target_tables::read_filled(&session, &targets).await?;
            session.close().await?;
            Ok((plans, filled))
        })
        .await?;
        let mut known = self.plans.write().unwrap_or_else(PoisonError::into_inner);
        known.extend(plans.into_iter().map(|plan| (plan.schema.name.clone(), plan)));
        Ok(targets.iter().map(|target| TargetTable { has_rows: filled.contains(target) }).collect())
    }

    /// What an error at the stage comes to. A writer that has taken the task over removes what this one has staged.
    async fn unless_fenced(&self, error: Error) -> Error {
        match self.confirm().await {
            Err(fenced) if fenced.kind() == ErrorKind::Fenced => fenced,
            Ok(()) | Err(_) => error,
        }
    }

    /// Creates tables, in as many sessions as that is faster with.
    async fn create(&self, tables: &[&(Arc<TablePlan>, String)]) -> Result<()> {
        let lanes = CREATORS.min(tables.len());
        let lane = async |first: usize| {
            let session = self.client.session().await?;
            for (plan, sql) in tables.iter().skip(first).step_by(lanes) {
                let created = session.execute(sql).await;
                created.map_err(|e| e.at(format_args!("creating target table {}", plan.target)))?;
                self.monitor.tables_ready(1);
            }
            session.close().await
        };
        futures::future::try_join_all((0..lanes).map(lane)).await.map(drop)
    }
}

/// Encodes a net change on a thread of its own, because it computes for long, and uploads the files.
async fn stage_changes(
    stage: &Arc<StageFolder>,
    plan: Arc<TablePlan>,
    changes: NetChanges,
) -> Result<StagedTable> {
    let encoding = tokio::task::spawn_blocking({
        let (stage, plan) = (Arc::clone(stage), Arc::clone(&plan));
        move || {
            let name = |number, rows, bytes| stage.name(number, rows, bytes);
            write(&plan, &changes, || stage.number(), name)
        }
    });
    let written = encoding.await.map_err(|e| Error::internal("encoding has panicked").caused_by(e))??;
    let mut files = Vec::with_capacity(written.files.len());
    for encoded in written.files {
        let file = stage.upload(encoded).await;
        files.push(file.map_err(|e| e.at(format_args!("table {}", plan.schema.name)))?);
    }
    Ok(StagedTable { plan, steps: written.steps, files, replaced: Vec::new() })
}

#[async_trait]
impl Sinker for DatabendSinker {
    type Staged = StagedTable;

    async fn open(&self) -> Result<Checkpoint> {
        let committer = self.committer()?;
        let (lease, mut checkpoint) = committer.open().await?;
        if let Some(stage) = &self.stage {
            match (retry::at_start(|| stage.open(&lease)).await, self.config.write_method) {
                (Ok(()), _) => {}
                (Err(error), WriteMethod::Auto) => {
                    warn!(%error, "the stage cannot be used; rows travel in statements, which is slower");
                }
                (Err(error), WriteMethod::Sql | WriteMethod::Stage) => {
                    return Err(self.unless_fenced(error).await);
                }
            }
        }
        if self.finish_change(committer).await? {
            checkpoint = retry::at_start(|| committer.stored()).await?;
        }
        Ok(checkpoint)
    }

    fn check_lists(&self, tables: &[Arc<TableSchema>]) -> Result<()> {
        self.routes.check_values(tables)
    }

    async fn sink_struct(&self, tables: &[Arc<TableSchema>]) -> Result<()> {
        let creation = Creation::new(&self.routes, tables, self.config.layout)?;
        retry::at_start(async || {
            let session = self.client.connect().await?;
            for (db, sql) in &creation.databases {
                session.execute(sql).await.map_err(|e| e.at(format_args!("database `{db}`")))?;
            }
            let targets: Vec<TableName> =
                creation.tables.iter().map(|(plan, _)| plan.target.clone()).collect();
            let there = target_tables::read_columns(&session, &targets).await?;
            session.close().await?;
            let missing: Vec<_> =
                creation.tables.iter().filter(|(plan, _)| !there.contains_key(&plan.target)).collect();
            self.monitor.tables_ready(targets.len() - missing.len());
            self.create(&missing).await
        })
        .await
    }

    async fn refresh_meta(&self, tables: &[Arc<TableSchema>]) -> Result<Vec<TargetTable>> {
        self.look_at(self.routes.plans(tables)?, retry::AT_START).await
    }

    async fn sink_dml(&self, batch: TableBatch) -> Result<StagedTable> {
        let plan = self.plan(&batch.table)?;
        let replaced = replaced(&plan, &batch.changes);
        let staged = match self.stage_for(&batch) {
            Some(stage) => match stage_changes(stage, plan, batch.changes).await {
                Ok(staged) => staged,
                Err(error) => return Err(self.unless_fenced(error).await),
            },
            None => {
                let statements = statements(&plan, &batch.changes, self.config.batch_size)?;
                let steps = statements.into_iter().map(Step::Run).collect();
                StagedTable { plan, steps, files: Vec::new(), replaced: Vec::new() }
            }
        };
        Ok(StagedTable { replaced, ..staged })
    }

    async fn sink_ddl(&self, ddl: &Ddl, progress: &Progress) -> Result<()> {
        self.change(self.committer()?, ddl, progress).await
    }

    async fn sink_raw(&self, _raw: &[u8]) -> Result<()> {
        Err(Error::internal("no extractor emits raw items"))
    }

    async fn commit(&self, staged: &[StagedTable], progress: &Progress) -> Result<CommitReport> {
        let committer = self.committer()?;
        let committed = committer.commit(staged, progress).await;
        if committed.is_ok() {
            self.expire_kept(committer).await;
        }
        let Some(stage) = &self.stage else { return committed };
        let mut files = staged.iter().flat_map(|part| &part.files);
        match committed {
            Ok(report) => {
                stage.release(files).await;
                Ok(report)
            }
            Err(error) if matches!(error.kind(), ErrorKind::Schema | ErrorKind::Target) => {
                // What the server says of a file that is gone reads like a defect of the statement.
                let gone = stage.check(&mut files).await;
                Err(gone.err().filter(|gone| gone.kind() == ErrorKind::Target).unwrap_or(error))
            }
            Err(error) => Err(error),
        }
    }

    async fn confirm(&self) -> Result<()> {
        self.committer()?.confirm().await
    }

    async fn asked_repairs(&self) -> Result<Vec<RepairPart>> {
        let committer = self.committer()?;
        let mut desk = self.repairs.lock().await;
        let session = match desk.session.take() {
            Some(session) => session,
            None => committer.session().await?,
        };
        let parts = committer.tables().asked(&session).await?;
        if !parts.is_empty() {
            // A writer that has lost the task must not promise what only its successor can do.
            committer.fence(&session).await?;
        }
        for part in &parts {
            if !desk.seen.contains(&part.id.request) {
                committer.tables().see(&session, &part.id.request).await?;
                desk.seen.push(part.id.request.clone());
            }
        }
        desk.session = Some(session);
        Ok(parts)
    }

    async fn close(&self) -> Result<()> {
        if let Some(session) = self.repairs.lock().await.session.take() {
            session.close().await?;
        }
        if let Some(stage) = &self.stage {
            stage.close().await?;
        }
        match &self.committer {
            Some(committer) => committer.close().await,
            None => Ok(()),
        }
    }
}
