//! A sink that discards everything. It proves the boundary by being second, and measures the source alone.

use std::sync::Arc;

use async_trait::async_trait;
use dt_common::batch::{Checkpoint, Progress, TableBatch};
use dt_common::error::{Error, Result};
use dt_common::item::Ddl;
use dt_common::repair::RepairPart;
use dt_common::schema::TableSchema;

use super::{CommitReport, Sinker, TargetTable};
use crate::admin::{RepairState, StoredTask, StructPlan, TargetAdmin, TargetLook};

/// Discards rows and remembers nothing: a restarted task begins anew.
#[derive(Debug, Default)]
pub struct DummySinker;

#[async_trait]
impl Sinker for DummySinker {
    type Staged = ();

    async fn open(&self) -> Result<Checkpoint> {
        Ok(Checkpoint::default())
    }

    async fn sink_struct(&self, _tables: &[Arc<TableSchema>]) -> Result<()> {
        Ok(())
    }

    async fn refresh_meta(&self, tables: &[Arc<TableSchema>]) -> Result<Vec<TargetTable>> {
        Ok(vec![TargetTable { has_rows: false }; tables.len()])
    }

    async fn sink_dml(&self, _batch: TableBatch) -> Result<()> {
        Ok(())
    }

    async fn sink_ddl(&self, _ddl: &Ddl, _progress: &Progress) -> Result<()> {
        Ok(())
    }

    async fn sink_raw(&self, _raw: &[u8]) -> Result<()> {
        Err(Error::internal("no extractor emits raw items"))
    }

    async fn commit(&self, _staged: &[()], _progress: &Progress) -> Result<CommitReport> {
        Ok(CommitReport::default())
    }

    async fn confirm(&self) -> Result<()> {
        Ok(())
    }

    /// Nobody can ask a dummy for anything.
    async fn asked_repairs(&self) -> Result<Vec<RepairPart>> {
        Ok(Vec::new())
    }

    async fn close(&self) -> Result<()> {
        Ok(())
    }
}

/// A dummy has nothing to look at.
fn remembers_nothing() -> Error {
    Error::config(
        "[sinker] sink_type = dummy discards everything and remembers nothing: only `dt run` has a use for it",
    )
}

#[async_trait]
impl TargetAdmin for DummySinker {
    async fn plan_struct(&self, _tables: &[Arc<TableSchema>]) -> Result<StructPlan> {
        Err(remembers_nothing())
    }

    async fn stored(&self) -> Result<Option<StoredTask>> {
        Err(remembers_nothing())
    }

    async fn forget(&self) -> Result<()> {
        Err(remembers_nothing())
    }

    async fn ask_repair(&self, _parts: &[RepairPart]) -> Result<()> {
        Err(remembers_nothing())
    }

    async fn repair_state(&self, _request: &str) -> Result<RepairState> {
        Err(remembers_nothing())
    }

    async fn end_repair(&self, _request: &str) -> Result<()> {
        Err(remembers_nothing())
    }

    async fn precheck(&self, _tables: Option<&[Arc<TableSchema>]>) -> TargetLook {
        TargetLook { checkpoint: Some(Checkpoint::default()), ..TargetLook::default() }
    }
}
