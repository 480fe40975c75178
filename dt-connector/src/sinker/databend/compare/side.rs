//! Asks the target. A session serves one question at a time; those that are not in use wait in a list.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use dt_common::config::DatabendConfig;
use dt_common::error::Result;
use dt_common::router::Router;

use super::query;
use crate::compare::answer::{Cells, Digests, Rows, Texts, number};
use crate::compare::{Buckets, CompareSide, ComparedTable, Digest, Meter, RowMark, RowTexts, Slice};
use crate::sinker::databend::client::{Client, Session};
use crate::sinker::databend::quote;
use crate::sinker::databend::routes::Routes;

/// Keys of one question: a longer list takes seconds to plan.
const KEYS: usize = 500;

/// Databend as one side.
pub struct DatabendSide {
    pub(super) client: Client,
    pub(super) routes: Routes,
    idle: Mutex<Vec<Session>>,
}

impl DatabendSide {
    /// Connects nowhere yet.
    pub fn new(config: &DatabendConfig, router: Router) -> Self {
        let client = Client::new(config.dsn.clone());
        Self { client, routes: Routes::new(router, config.values.clone()), idle: Mutex::default() }
    }

    /// Asks one question and hands over its rows as they come.
    async fn ask(
        &self,
        table: &ComparedTable,
        sql: &str,
        meter: &Meter,
        mut take: impl FnMut(Cells) -> Result<()> + Send,
    ) -> Result<()> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let session = match idle {
            Some(session) => session,
            None => self.client.connect().await?,
        };
        let asked = session.each(sql, |cells| {
            meter.count(cells.iter());
            take(cells)
        });
        asked.await.map_err(|e| e.at(format_args!("comparing table {}", table.target)))?;
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(session);
        Ok(())
    }
}

#[async_trait]
impl CompareSide for DatabendSide {
    async fn extent(&self, table: &ComparedTable) -> Result<Option<(i128, i128)>> {
        let mut extent = None;
        let sql = query::extent(table, &quote::table(&table.target)?);
        self.ask(table, &sql, &Meter::default(), |row| {
            if row.iter().all(Option::is_some) {
                extent = Some((number(row.first(), "least key")?, number(row.get(1), "greatest key")?));
            }
            Ok(())
        })
        .await?;
        Ok(extent)
    }

    async fn estimate(&self, table: &ComparedTable) -> Result<u64> {
        let sql = format!("SELECT to_string(count(*)) FROM {}", quote::table(&table.target)?);
        let mut rows = 0;
        self.ask(table, &sql, &Meter::default(), |row| {
            rows = number(row.first(), "number of rows")?;
            Ok(())
        })
        .await?;
        Ok(rows)
    }

    async fn digests(
        &self,
        table: &ComparedTable,
        slice: &Slice,
        buckets: Buckets,
        meter: &Meter,
    ) -> Result<BTreeMap<u64, Digest>> {
        let mut digests = Digests::new(table);
        let sql = query::digests(table, &quote::table(&table.target)?, slice, buckets);
        self.ask(table, &sql, meter, |row| digests.take(row)).await?;
        Ok(digests.done())
    }

    async fn rows(&self, table: &ComparedTable, slice: &Slice, meter: &Meter) -> Result<Vec<RowMark>> {
        let mut rows = Rows::new(table);
        let sql = query::rows(table, &quote::table(&table.target)?, slice);
        self.ask(table, &sql, meter, |row| rows.take(row)).await?;
        Ok(rows.done())
    }

    async fn texts(&self, table: &ComparedTable, marks: &[RowMark], meter: &Meter) -> Result<Vec<RowTexts>> {
        let mut texts = Texts::new(table, marks);
        let from = quote::table(&table.target)?;
        for some in marks.chunks(KEYS) {
            self.ask(table, &query::texts(table, &from, some), meter, |row| texts.take(row)).await?;
        }
        Ok(texts.done())
    }
}
