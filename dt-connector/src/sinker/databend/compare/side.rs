//! Asks the target. A session serves one question at a time; those that are not in use wait in a list.

use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use dt_common::config::DatabendConfig;
use dt_common::error::Result;
use dt_common::router::Router;

use super::query;
use crate::compare::answer::Cells;
use crate::compare::{ComparedTable, Engine, Meter, Question};
use crate::sinker::databend::client::{Client, Session};
use crate::sinker::databend::quote;
use crate::sinker::databend::routes::Routes;

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
}

#[async_trait]
impl Engine for DatabendSide {
    /// A longer list takes seconds to plan.
    const NAMES: usize = 500;

    fn sql(&self, table: &ComparedTable, question: Question<'_>) -> Result<String> {
        let from = quote::table(&table.target)?;
        Ok(match question {
            Question::Extent => query::extent(table, &from),
            Question::Estimate => format!("SELECT to_string(count(*)) FROM {from}"),
            Question::Digests(slice, buckets) => query::digests(table, &from, slice, buckets),
            Question::Rows(slice) => query::rows(table, &from, slice),
            Question::Texts(marks) => query::texts(table, &from, marks),
        })
    }

    async fn ask(
        &self,
        table: &ComparedTable,
        sql: &str,
        meter: &Meter,
        take: &mut (dyn FnMut(Cells) -> Result<()> + Send),
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
