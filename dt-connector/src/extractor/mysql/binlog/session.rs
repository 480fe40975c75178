//! One connection's events: tables are mapped, rows decoded, transactions closed, positions moved.

mod statements;

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use dt_common::error::{Error, Result};
use dt_common::item::{DtItem, Replayed};
use dt_common::position::{BinlogPosition, CommitMark, Gtid, GtidSource, Position};
use dt_common::queue::GroupSender;
use dt_common::row::RowData;
use dt_common::schema::{TableName, TableSchema};
use mysql_async::binlog::events::{BinlogEventHeader, Event, GtidEvent};

use super::checksum;
use super::compressed;
use super::cursor::malformed;
use super::event::{ARTIFICIAL, Kind, MariaDbGroup, RowsEvent, gtid, heartbeat_v2, rotate};
use super::followed::{Followed, Mapping};
use super::image::TablePlan;
use super::query::Query;
use super::repairs::RepairDesk;
use super::rows::{Change, Changes, added};
use super::table_map::{NO_TABLE, TableMap, table_id};
use super::transaction::{Ended, Transaction};

/// What is known on one connection.
pub(super) struct Session<'a> {
    followed: &'a mut Followed,
    out: &'a mut GroupSender,
    /// Behind the last transaction that was sent. Outlives the connection.
    position: &'a mut Position,
    /// Where reading stands.
    at: BinlogPosition,
    transaction: Transaction,
    maps: HashMap<u64, Mapped>,
    /// Sequences that were made since the connection began.
    new_sequences: HashSet<TableName>,
    /// The format description has come.
    described: bool,
    /// Something came that the server did not make up for this connection.
    progressed: bool,
}

/// A table map, kept with its bytes: the same id with other bytes is another table.
struct Mapped {
    body: Vec<u8>,
    mapping: Mapping,
}

impl<'a> Session<'a> {
    /// A session that reads behind `position`. Where it starts by GTID, the first rotate event says where that is.
    pub(super) fn new(
        followed: &'a mut Followed,
        out: &'a mut GroupSender,
        position: &'a mut Position,
        at: BinlogPosition,
    ) -> Self {
        Self {
            followed,
            out,
            position,
            at,
            transaction: Transaction::default(),
            maps: HashMap::new(),
            new_sequences: HashSet::new(),
            described: false,
            progressed: false,
        }
    }

    /// Whether everything up to `until` was read and sent.
    pub(super) fn has_reached(&self, until: &BinlogPosition) -> bool {
        !self.transaction.is_open() && !self.at.file.is_empty() && self.at.has_reached(until)
    }

    /// Where the stream stands, between two transactions; `None` inside of one.
    pub(super) fn stands(&self) -> Option<&Position> {
        (!self.transaction.is_open()).then_some(&*self.position)
    }

    /// The definition of a table that is followed.
    ///
    /// # Errors
    /// One that does not fit.
    pub(super) fn schema(&self, name: &TableName) -> Result<Option<Arc<TableSchema>>> {
        self.followed.schema(name)
    }

    /// Sends what is due of the repairs.
    ///
    /// # Errors
    /// The pipeline has ended.
    pub(super) async fn repair(&mut self, desk: &mut RepairDesk) -> Result<()> {
        if self.transaction.is_open() {
            return Ok(());
        }
        let followed = &*self.followed;
        let is_same = |table: &TableSchema| {
            followed.schema(&table.name).ok().flatten().is_some_and(|now| now.columns == table.columns)
        };
        while let Some(repaired) = desk.due(self.position, &self.at, is_same) {
            self.out.send(DtItem::Repair(repaired)).await?;
        }
        Ok(())
    }

    /// Whether the connection did more than start.
    pub(super) fn progressed(&self) -> bool {
        self.progressed
    }

    /// Forgets the open transaction; answers whether rows of it were sent.
    pub(super) fn void(&mut self) -> bool {
        self.followed.forget_tallies();
        self.transaction.void()
    }

    /// Sends what is gathered; due before every wait for the server.
    ///
    /// # Errors
    /// The pipeline has ended.
    pub(super) async fn flush(&mut self) -> Result<()> {
        self.out.flush().await
    }

    /// Takes one event.
    ///
    /// # Errors
    /// With the position behind the event.
    pub(super) async fn take(&mut self, event: &Event) -> Result<()> {
        let header = event.header();
        self.move_to(&header);
        match self.dispatch(&header, event).await {
            Ok(()) => Ok(()),
            Err(e) => Err(e.at(format_args!("binlog {}:{}", self.at.file, self.at.offset))),
        }
    }

    async fn dispatch(&mut self, header: &BinlogEventHeader, event: &Event) -> Result<()> {
        let body = event.data();
        match Kind::of(header.event_type_raw(), header.flags_raw())? {
            Kind::TableMap => self.table_map(body),
            Kind::Rows(event) => self.rows(event, body).await,
            Kind::PartialRows => self.partial_rows(body),
            Kind::Query => self.statement(header, Query::parse(body)?).await,
            Kind::CompressedQuery => {
                let query = Query::parse(body)?;
                let text = compressed::event(query.text)?;
                self.statement(header, Query { text: &text, ..query }).await
            }
            Kind::LoadQuery => self.statement(header, Query::parse_load(body)?).await,
            Kind::Xid | Kind::XaPrepare => {
                let ended = self.transaction.end()?;
                self.commit(header, ended).await
            }
            Kind::Gtid => {
                let (gtid, time) = gtid(body)?;
                self.transaction.gtid(gtid, time, false, false)
            }
            Kind::TaggedGtid => {
                let (gtid, time) = tagged_gtid(event)?;
                self.transaction.gtid(Some(gtid), time, false, false)
            }
            Kind::MariaDbGtid => {
                let group = MariaDbGroup::parse(body, header.server_id())?;
                let gtid = Some(Gtid::MariaDb(group.gtid));
                self.transaction.gtid(gtid, None, !group.standalone, group.prepares_xa)
            }
            Kind::Payload => self.transaction.payload(),
            Kind::Rotate => self.rotate(header, body).await,
            Kind::Boundary => {
                self.described = true;
                if is_artificial(header) { Ok(()) } else { self.transaction.boundary("the end of a file") }
            }
            Kind::Heartbeat => self.heartbeat(header, Some(body), None).await,
            Kind::HeartbeatV2 => {
                let (file, offset) = heartbeat_v2(body)?;
                self.heartbeat(header, file, offset).await
            }
            Kind::Passive => Ok(()),
            Kind::Incident => Err(Error::source(
                "the server lost events (an incident event): reset the task and copy the tables anew",
            )),
            Kind::Unsupported(setting) => Err(Error::source(format!(
                "events of {setting} are not supported: turn it off at the server and start from a position behind them, or \
                 copy the tables anew"
            ))),
        }
    }

    /// Moves to the end of an event. Its field has 32 bits, and within a file offsets only grow.
    fn move_to(&mut self, header: &BinlogEventHeader) {
        // Events that the server made up, and events inside a payload, have no position of their own.
        if header.log_pos() == 0 || is_artificial(header) {
            return;
        }
        self.at.offset = unwrapped(self.at.offset, header.log_pos());
    }

    fn table_map(&mut self, body: &[u8]) -> Result<()> {
        let id = table_id(body)?;
        if self.maps.get(&id).is_some_and(|mapped| mapped.body == body) {
            return Ok(());
        }
        let mapping = self.followed.mapping(&TableMap::parse(body)?)?;
        self.maps.insert(id, Mapped { body: body.to_vec(), mapping });
        Ok(())
    }

    /// The plan of the table that a rows event belongs to; `None` when nobody follows it.
    fn plan_of(&self, body: &[u8]) -> Result<Option<Arc<TablePlan>>> {
        let id = table_id(body)?;
        match self.maps.get(&id) {
            None if id == NO_TABLE => Ok(None),
            None => Err(malformed("rows without a table map")),
            Some(Mapped { mapping: Mapping::Ignored | Mapping::Counted(_), .. }) => Ok(None),
            Some(Mapped { mapping: Mapping::Unknown(name), .. }) if self.new_sequences.contains(&**name) => {
                Ok(None)
            }
            Some(Mapped { mapping: Mapping::Unknown(name), .. }) => Err(Error::schema(format!(
                "table {name} is followed, but dt has no definition of it at this position: it was not there, or not followed, when \
                 the task began, or it is no plain table; start the task with --resync and the table's name, which copies it, or leave it out with \
                 [filter] ignore_tbs"
            ))),
            Some(Mapped { mapping: Mapping::Known(plan), .. }) => Ok(Some(Arc::clone(plan))),
        }
    }

    /// JSON as differences from what it was.
    fn partial_rows(&self, body: &[u8]) -> Result<()> {
        match self.plan_of(body)? {
            None => Ok(()),
            Some(plan) => Err(Error::source(format!(
                "table {}: the binlog holds parts of JSON values: set binlog_row_value_options = '' (globally and in every \
                 session), and start the task with --resync and the table's name, which copies it anew",
                plan.schema.name
            ))),
        }
    }

    async fn rows(&mut self, event: RowsEvent, body: &[u8]) -> Result<()> {
        if let Some(Mapped { mapping: Mapping::Counted(plan), .. }) = self.maps.get(&table_id(body)?) {
            let plan = Arc::clone(plan);
            return self.count_rows(event, body, &plan);
        }
        let Some(plan) = self.plan_of(body)? else { return Ok(()) };
        let RowsEvent { change, version, compressed } = event;
        let table = &plan.schema.name;
        if !self.followed.follows_change(change) || self.followed.is_copied(table, || self.at.clone()) {
            return Ok(());
        }
        let at_table = |e: Error| e.at(format_args!("table {table}"));
        let images = if change == Change::Update { 2 } else { 1 };
        let body = match compressed {
            true => Cow::Owned(compressed::rows(version, images, body).map_err(at_table)?),
            false => Cow::Borrowed(body),
        };
        let is_repeated = self.followed.is_repeated(&self.at);
        let mut changes = Changes::parse(change, version, &body, &plan, is_repeated).map_err(at_table)?;
        while let Some(change) = changes.next().map_err(at_table)? {
            self.transaction.row().map_err(at_table)?;
            let row = RowData::new(Arc::clone(&plan.schema), change);
            self.out.send(DtItem::Row(row)).await?;
        }
        Ok(())
    }

    /// Rows of the table of a tool.
    fn count_rows(&mut self, event: RowsEvent, body: &[u8], plan: &TablePlan) -> Result<()> {
        let table = &plan.schema.name;
        if self.transaction.is_xa() {
            self.followed.doubt(table, "which an XA transaction has changed");
            return Ok(());
        }
        let rows = added(event, body, plan).map_err(|e| e.at(format_args!("table {table}")))?;
        self.followed.tally(table, rows);
        Ok(())
    }

    async fn commit(&mut self, header: &BinlogEventHeader, ended: Ended) -> Result<()> {
        let has_rows = ended.has_rows;
        for definition in self.followed.settle_tallies()? {
            self.out.send(DtItem::Tally(Box::new(definition))).await?;
        }
        let mark = self.mark(header, ended);
        self.position.advance(&mark);
        self.progressed = true;
        match self.followed.replay() {
            None => self.out.send(DtItem::Commit(mark)).await,
            Some(marks) if has_rows => {
                let replayed = Replayed { marks: Arc::clone(marks), at: mark.binlog };
                self.out.send(DtItem::Replayed(replayed)).await
            }
            Some(_) => Ok(()),
        }
    }

    /// Where reading stands.
    pub(super) fn at(&self) -> &BinlogPosition {
        &self.at
    }

    fn mark(&self, header: &BinlogEventHeader, ended: Ended) -> CommitMark {
        let source_time = ended.time.unwrap_or_else(|| i64::from(header.timestamp()) * 1_000_000);
        CommitMark { binlog: self.at.clone(), gtid: ended.gtid, source_time }
    }

    /// A new file. Its beginning is stored as a position, so that an idle task does not stand in a file that is purged.
    async fn rotate(&mut self, header: &BinlogEventHeader, body: &[u8]) -> Result<()> {
        let is_real = !is_artificial(header);
        if is_real {
            self.transaction.boundary("the end of a file")?;
        }
        let body = if self.described { body } else { checksum::stripped(header, body) };
        let (offset, file) = rotate(body)?;
        self.maps.clear();
        self.at.offset = offset;
        self.enter(file)?;
        if is_real {
            self.commit(header, Ended { gtid: None, time: None, has_rows: false }).await
        } else {
            Ok(())
        }
    }

    /// The server is alive; where it stands while it skips what the task has, or waits, is read up to as well.
    async fn heartbeat(
        &mut self,
        header: &BinlogEventHeader,
        file: Option<&[u8]>,
        at: Option<u64>,
    ) -> Result<()> {
        self.progressed = true;
        if self.transaction.is_open() {
            return Ok(());
        }
        if let Some(file) = file
            && file != self.at.file.as_bytes()
        {
            self.enter(file)?;
            self.at.offset = header.log_pos().into();
        }
        if let Some(offset) = at {
            self.at.offset = offset;
        }
        if self.followed.replay().is_some() {
            return Ok(());
        }
        self.out.send(DtItem::Heartbeat(self.at.clone())).await
    }

    fn enter(&mut self, file: &[u8]) -> Result<()> {
        if file != self.at.file.as_bytes() {
            self.at.file = std::str::from_utf8(file).map_err(|_| malformed("a binlog file name"))?.into();
        }
        Ok(())
    }
}

fn is_artificial(header: &BinlogEventHeader) -> bool {
    header.flags_raw() & ARTIFICIAL != 0 || header.log_pos() == 0
}

/// The offset whose low 32 bits are `low`, at or behind `offset`. A small step back is no wrap but a position that the
/// server repeats.
fn unwrapped(offset: u64, low: u32) -> u64 {
    let (high, was) = (offset >> 32 << 32, offset as u32);
    if was > low && was - low > 1 << 31 {
        return high + (1 << 32) + u64::from(low);
    }
    if low < was { offset } else { high + u64::from(low) }
}

/// The driver reads MySQL's serialization library; the commit time there is whole.
fn tagged_gtid(event: &Event) -> Result<(Gtid, Option<i64>)> {
    let tagged = event.read_event::<GtidEvent>().map_err(|e| malformed("a tagged GTID").caused_by(e))?;
    let tag = tagged.tag().map(|tag| tag.as_str().into());
    let source = GtidSource { uuid: tagged.sid(), tag };
    let time = tagged.immediate_commit_timestamp() as i64;
    Ok((Gtid::MySql { source, number: tagged.gno() }, (time > 0).then_some(time)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_pass_four_gib() {
        for (offset, low, expected) in [
            (4, 157, 157),
            (157, 157, 157),
            (1000, 900, 1000),
            (0xffff_fff0, 16, 0x1_0000_0010),
            (0x1_0000_0010, 32, 0x1_0000_0020),
            (0x1_ffff_0000, 1, 0x2_0000_0001),
        ] {
            assert_eq!(unwrapped(offset, low), expected, "{offset} {low}");
        }
    }
}
