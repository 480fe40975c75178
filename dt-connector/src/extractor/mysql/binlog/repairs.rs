//! Rows that are to be repaired, until the stream has come to their place.

use std::collections::VecDeque;
use std::sync::Arc;

use dt_common::error::Result;
use dt_common::position::{BinlogPosition, Position};
use dt_common::repair::{Repair, RepairId, RepairMark, RepairPart, Repaired};
use dt_common::schema::{TableName, TableSchema};
use tracing::{info, warn};

use crate::extractor::Repairs;
use crate::extractor::mysql::repair::RepairReader;
use crate::extractor::mysql::server::Server;

/// Parts that were asked for and are not sent yet.
pub(super) struct RepairDesk {
    queue: Repairs,
    reader: RepairReader,
    /// In the order in which they were read: each at or behind the place of the one before.
    waiting: VecDeque<Ready>,
    /// Their place was missed.
    missed: Vec<RepairPart>,
    refused: Vec<RepairMark>,
}

/// Rows and their place.
struct Ready {
    place: Position,
    repair: Repair,
    part: RepairPart,
}

impl RepairDesk {
    pub(super) fn new(queue: Repairs, reader: RepairReader) -> Self {
        Self { queue, reader, waiting: VecDeque::new(), missed: Vec::new(), refused: Vec::new() }
    }

    /// A part that has come already.
    pub(super) fn arrived(&mut self) -> Option<RepairPart> {
        self.missed.pop().or_else(|| self.queue.arrived())
    }

    /// The next part, whenever it comes. Cancel-safe.
    pub(super) async fn next(&mut self) -> RepairPart {
        match self.missed.pop() {
            Some(part) => part,
            None => self.queue.next().await,
        }
    }

    /// Whether nothing waits to be sent.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.refused.is_empty()
    }

    /// Reads the rows of a part and of all that have come by now, or finds out why that cannot be. `stands` is where the stream is; nothing
    /// of it is read meanwhile.
    pub(super) async fn read(
        &mut self,
        server: &Server,
        part: RepairPart,
        schema: impl Fn(&TableName) -> Result<Option<Arc<TableSchema>>>,
        stands: &Position,
    ) {
        let (mut next, mut known) = (Some(part), Vec::new());
        while let Some(part) = next {
            match schema(&part.table) {
                Ok(Some(table)) => known.push((part, table)),
                Ok(None) => {
                    self.refuse(part.id, format!("table {}: the task does not follow it", part.table))
                }
                Err(error) => self.refuse(part.id, error.to_string()),
            }
            next = self.arrived();
        }
        if known.is_empty() {
            return;
        }
        let (place, answers) = match self.reader.at_position(server, &known, stands).await {
            Ok(read) => read,
            Err(error) => {
                let why = error.to_string();
                known.into_iter().for_each(|(part, _)| self.refuse(part.id, why.clone()));
                return;
            }
        };
        for ((part, _), answer) in known.into_iter().zip(answers) {
            match answer {
                Ok(repair) => self.waiting.push_back(Ready { place: place.clone(), repair, part }),
                Err(error) => self.refuse(part.id, error.to_string()),
            }
        }
    }

    fn refuse(&mut self, id: RepairId, why: String) {
        warn!(request = id.request, part = id.part, why, "rows are not repaired");
        self.refused.push(RepairMark { id, refused: Some(why) });
    }

    /// What is to be sent where the stream stands, between two transactions; `is_same` says whether the rows are still of the
    /// table's structure.
    pub(super) fn due(
        &mut self,
        stands: &Position,
        at: &BinlogPosition,
        is_same: impl FnOnce(&TableSchema) -> bool,
    ) -> Option<Repaired> {
        if let Some(mark) = self.refused.pop() {
            return Some(Repaired::Refused(mark));
        }
        let place = &self.waiting.front()?.place;
        // Without GTIDs events that are no transactions may lie between.
        let is_behind = |place: &BinlogPosition| at.server == place.server && at.has_reached(place);
        let without_gtid = place.gtid.is_none() && place.binlog.as_ref().is_some_and(is_behind);
        if !(stands.has_reached(place) || without_gtid) {
            return None;
        }
        let Ready { place, repair, part } = self.waiting.pop_front()?;
        // What the stream has brought since the rows may lack.
        if !place.has_reached(stands) {
            self.missed.push(part);
            return None;
        }
        if !is_same(&repair.table) {
            self.refuse(repair.id, "the table has changed since it was compared".to_owned());
            return self.refused.pop().map(Repaired::Refused);
        }
        info!(table = %repair.table.name, rows = repair.rows.len(), gone = repair.gone.len(), "rows are repaired");
        Some(Repaired::Rows(Box::new(repair)))
    }
}
