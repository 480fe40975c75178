//! The stream of changes, over as many connections as it takes.

use std::sync::Arc;
use std::time::Duration;

use dt_common::config::MySqlExtractorConfig;
use dt_common::error::{Error, ErrorKind, Result};
use dt_common::item::{ChunkMark, DtItem};
use dt_common::monitor::Monitor;
use dt_common::position::{BinlogPosition, Position};
use dt_common::queue::ItemSender;
use dt_common::repair::RepairPart;
use dt_common::schema::{TableName, TableSchema};
use futures::{FutureExt, StreamExt};
use mysql_async::binlog::events::Event;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::displaced::Displaced;
use super::followed::{Followed, Overlap};
use super::repairs::RepairDesk;
use super::request::{self, Reader};
use super::session::Session;
use super::until::{Ended, Until};
use crate::extractor::ExtractPlan;
use crate::extractor::mysql::checks;
use crate::extractor::mysql::connection::Connector;
use crate::extractor::mysql::ddl::Catalog;
use crate::extractor::mysql::definition::TableDefinition;
use crate::extractor::mysql::repair::RepairReader;
use crate::extractor::mysql::server::Server;

/// Longest time to connect and prepare a dump.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);

/// A task that is to end when it has caught up asks for heartbeats at least this often: without events they alone say
/// that it has.
const FINITE_HEARTBEAT: Duration = Duration::from_secs(1);

/// Silence of this many heartbeats means that the connection is lost.
const SILENT_HEARTBEATS: u32 = 3;

/// Events between two looks at what is to be repaired, while there is always a next one.
const ASK_AFTER: u32 = 1024;

/// How long the source may be away before the task gives up.
const PATIENCE: Duration = Duration::from_secs(600);

/// The first pause between attempts; it doubles up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(200);

/// The longest pause between attempts.
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// Changes of the followed tables, read from the binlog.
///
/// Order, transactions and positions are as [`crate::extractor::Extractor`] promises. A lost connection is opened anew behind
/// the last commit that was sent; rows of a transaction that was open then are taken back by [`DtItem::Rollback`], and the
/// transaction follows again from its first row.
pub(crate) struct BinlogStream {
    connector: Connector,
    server: Server,
    reader: Reader,
    heartbeat: Duration,
    followed: Followed,
    monitor: Arc<Monitor>,
    displaced: Displaced,
    repairs: RepairDesk,
}

/// How a connection ended.
enum End {
    /// The position to reach was reached; it stands here.
    Reached(BinlogPosition),
    /// It was lost; `progressed` says whether it had been of use.
    Lost { error: Error, progressed: bool },
}

/// Why the reading of a connection ended early.
enum Interruption {
    /// Another connection may go on.
    Lost(Error),
    /// It would meet the same.
    Failed(Error),
    /// Another reader has this one's name.
    Displaced(Error),
}

impl Interruption {
    fn lost(message: String) -> Self {
        Self::Lost(transient(message))
    }
}

impl From<Error> for Interruption {
    fn from(error: Error) -> Self {
        if error.kind() == ErrorKind::Transient { Self::Lost(error) } else { Self::Failed(error) }
    }
}

impl BinlogStream {
    /// A stream of the tables of `catalog`.
    pub(crate) fn new(
        connector: Connector,
        server: Server,
        config: &MySqlExtractorConfig,
        catalog: Catalog,
        overlap: Overlap,
        plan: &ExtractPlan,
    ) -> Self {
        let heartbeat = config.heartbeat_interval;
        let reader = Reader::new(config.server_id, &config.task_id);
        let followed = Followed::new(catalog, overlap);
        let (monitor, displaced) = (Arc::clone(&plan.monitor), Displaced::new(plan.ownership.clone()));
        let repairs = RepairReader::new(connector.clone(), config);
        let repairs = RepairDesk::new(plan.repairs.clone(), repairs);
        Self { connector, server, reader, heartbeat, followed, monitor, displaced, repairs }
    }

    /// Reads again what a copy beside the stream has to catch up with: see [`Followed::replayed`].
    pub(crate) fn replaying(mut self, marks: Arc<[ChunkMark]>) -> Self {
        self.followed = self.followed.replayed(marks);
        self.reader = self.reader.beside();
        // What is to be repaired is for the task's own stream.
        self.repairs = self.repairs.closed();
        self
    }

    /// Tables of a replay that were altered on the way.
    pub(crate) fn altered(&self) -> &[TableName] {
        self.followed.altered()
    }

    /// Passes tables over until they are taken in.
    pub(crate) fn set_aside<'b>(&mut self, names: impl IntoIterator<Item = &'b TableName>) {
        self.followed.set_aside(names);
    }

    /// Follows a table behind `from`, up to where its copy holds all changes.
    pub(crate) fn take_in(&mut self, table: TableDefinition, from: BinlogPosition) {
        self.followed.take_in(table, from);
    }

    /// The definition of a table that is followed where the stream stands.
    ///
    /// # Errors
    /// One that does not fit.
    pub(crate) fn schema(&self, name: &TableName) -> Result<Option<Arc<TableSchema>>> {
        self.followed.schema(name)
    }

    /// Reads behind `position` into `out`, until `until` is reached or `stop` is cancelled; the position moves with what is sent.
    ///
    /// # Errors
    /// The position is purged or of another server; an event that cannot be understood, with its position; a source that stays
    /// away for ten minutes; a pipeline that has ended.
    pub(crate) async fn follow(
        &mut self,
        position: &mut Position,
        mut until: Until,
        out: &ItemSender,
        stop: &CancellationToken,
    ) -> Result<Ended> {
        self.followed.start_at(position.binlog.as_ref(), &self.server.identity)?;
        // One place to stop at: whatever is awaited below, connecting, reading, waiting for room or pausing, is dropped.
        tokio::select! {
            biased;
            () = stop.cancelled() => Ok(Ended::Stopped),
            result = self.run(position, &mut until, out) => result.map(Ended::Reached),
        }
    }

    async fn run(
        &mut self,
        position: &mut Position,
        until: &mut Until,
        out: &ItemSender,
    ) -> Result<BinlogPosition> {
        let mut away_since: Option<Instant> = None;
        let mut attempt: u32 = 0;
        if let Some(at) = &position.binlog
            && until.is(|until| at.server == until.server && at.has_reached(until))
        {
            return Ok(at.clone());
        }
        loop {
            let error = match self.connection(position, until, out).await? {
                End::Reached(at) => return Ok(at),
                End::Lost { error, progressed } => {
                    if progressed {
                        (away_since, attempt) = (None, 0);
                    }
                    error
                }
            };
            self.monitor.source_lost();
            let since = *away_since.get_or_insert_with(Instant::now);
            if since.elapsed() >= PATIENCE {
                return Err(error.at("the source stayed away for ten minutes"));
            }
            attempt += 1;
            let pause = pause(attempt, rand::random());
            warn!(attempt, position = %place(position), pause_ms = pause.as_millis() as u64, %error, "source lost, connecting again");
            sleep(pause).await;
        }
    }

    /// Reads over one connection. Errors that another connection would meet again are answered as such.
    async fn connection(
        &mut self,
        position: &mut Position,
        until: &mut Until,
        out: &ItemSender,
    ) -> Result<End> {
        let heartbeat = if until.is_finite() { self.heartbeat.min(FINITE_HEARTBEAT) } else { self.heartbeat };
        let opened = timeout(CONNECT_TIMEOUT, self.open(position, until, heartbeat)).await;
        let mut events = match opened {
            Ok(Ok(events)) => events,
            Ok(Err(error)) if error.kind() == ErrorKind::Transient => {
                return Ok(End::Lost { error, progressed: false });
            }
            Ok(Err(error)) => return Err(error),
            Err(_) => {
                let error = transient(format!("the source did not answer within {CONNECT_TIMEOUT:?}"));
                return Ok(End::Lost { error, progressed: false });
            }
        };
        let at = start_of(position, &self.server);
        let mut out = out.grouped();
        let mut session = Session::new(&mut self.followed, &mut out, position, at);
        let mut reading = Reading {
            monitor: &self.monitor,
            server: &self.server,
            until,
            silence: heartbeat * SILENT_HEARTBEATS,
        };
        let read = reading.run(&mut events, &mut session, &mut self.repairs).await;
        let (progressed, void, at) = (session.progressed(), session.void(), session.at().clone());
        let read = match read {
            Err(Interruption::Displaced(error)) => {
                Err(self.displaced.judge(error).await.map_or_else(Interruption::Failed, Interruption::Lost))
            }
            read => read,
        };
        // Whatever ended the reading: what was read before stands.
        let ended = match read {
            Ok(()) => {
                // The server notices a closed connection; a failed farewell changes nothing.
                let _ = timeout(FINITE_HEARTBEAT, events.close()).await;
                Ok(End::Reached(at))
            }
            Err(Interruption::Lost(error)) => {
                if void {
                    out.send(DtItem::Rollback).await?;
                }
                Ok(End::Lost { error, progressed })
            }
            Err(Interruption::Failed(error) | Interruption::Displaced(error)) => Err(error),
        };
        out.flush().await?;
        ended
    }

    async fn open(
        &mut self,
        position: &Position,
        until: &Until,
        heartbeat: Duration,
    ) -> Result<mysql_async::BinlogStream> {
        let mut conn = self.connector.connect_reader().await?;
        // Behind the same name another server may answer by now.
        self.server = Server::inspect(&mut conn).await?;
        self.followed.start_at(position.binlog.as_ref(), &self.server.identity)?;
        // And behind the same identity another history: a server that was reset, or restored from a backup.
        checks::resume_position(&mut conn, &self.server, position.clone()).await?;
        self.followed.know_sequences(request::sequences(&mut conn, self.server.flavor).await?);
        if until.is(|until| until.server != self.server.identity) {
            return Err(Error::source(format!(
                "the task is to reach a position of another server, but server {} answers now: run it again",
                self.server.identity
            )));
        }
        let start = request::start(position, &self.server)?;
        info!(position = %place(position), server_id = self.reader.server_id, "following the binlog");
        request::open(conn, &self.server, start, &self.reader, heartbeat).await
    }
}

/// How the events of one connection are read.
struct Reading<'a> {
    monitor: &'a Monitor,
    server: &'a Server,
    until: &'a mut Until,
    /// Longest wait for an event or a heartbeat.
    silence: Duration,
}

/// What the wait for the server has brought.
enum Waited {
    Event(Option<mysql_async::Result<Event>>),
    /// Rows that somebody wants to be repaired.
    Repair(RepairPart),
    /// Another position to reach.
    Named,
}

impl Reading<'_> {
    /// Reads events until `until` is reached.
    async fn run(
        &mut self,
        events: &mut mysql_async::BinlogStream,
        session: &mut Session<'_>,
        repairs: &mut RepairDesk,
    ) -> Result<(), Interruption> {
        let (mut answers, mut taken) = (false, 0_u32);
        while !self.until.is(|until| session.has_reached(until)) {
            if !repairs.is_empty() {
                session.repair(repairs).await.map_err(Interruption::Failed)?;
            }
            taken = taken.wrapping_add(1);
            if taken.is_multiple_of(ASK_AFTER)
                && session.stands().is_some()
                && let Some(part) = repairs.arrived()
            {
                self.repair(part, session, repairs).await;
            }
            // Events that have arrived already are taken without a look at the clock.
            let next = match events.next().now_or_never() {
                Some(next) => next,
                None => {
                    session.flush().await.map_err(Interruption::Failed)?;
                    match self.wait(events, repairs, session.stands().is_some()).await? {
                        Waited::Event(next) => next,
                        Waited::Repair(part) => {
                            self.repair(part, session, repairs).await;
                            continue;
                        }
                        Waited::Named => continue,
                    }
                }
            };
            // An event is looked at where it is: to move it costs more than to step over most of them.
            let Some(Ok(event)) = &next else { return Err(ended(next)) };
            if !std::mem::replace(&mut answers, true) {
                self.monitor.source_open();
            }
            session.take(event).await.map_err(Interruption::Failed)?;
        }
        Ok(())
    }

    async fn repair(&self, part: RepairPart, session: &Session<'_>, repairs: &mut RepairDesk) {
        if let Some(stands) = session.stands() {
            repairs.read(self.server, part, |name| session.schema(name), stands).await;
        }
    }

    async fn wait(
        &mut self,
        events: &mut mysql_async::BinlogStream,
        repairs: &mut RepairDesk,
        may_repair: bool,
    ) -> Result<Waited, Interruption> {
        let silence = self.silence;
        let silent = |_| Interruption::lost(format!("no event and no heartbeat for {silence:?}"));
        tokio::select! {
            next = timeout(silence, events.next()) => Ok(Waited::Event(next.map_err(silent)?)),
            part = repairs.next(), if may_repair => Ok(Waited::Repair(part)),
            () = self.until.named() => Ok(Waited::Named),
        }
    }
}

/// What the end of a dump means.
fn ended(last: Option<mysql_async::Result<Event>>) -> Interruption {
    match last {
        Some(Err(e)) if request::is_displacement(&e) => Interruption::Displaced(request::dump_error(e)),
        Some(Err(e)) => request::dump_error(e).into(),
        Some(Ok(_)) | None => Interruption::lost("the server ended the binlog dump".to_owned()),
    }
}

/// Where a session begins to read; without a name until the server says so, when it starts by GTID.
fn start_of(position: &Position, server: &Server) -> BinlogPosition {
    match (request::start(position, server), &position.binlog) {
        (Ok(request::Start::File(at)), _) => at.clone(),
        _ => BinlogPosition { server: Arc::clone(&server.identity), file: "".into(), offset: 0 },
    }
}

fn transient(message: String) -> Error {
    Error::new(ErrorKind::Transient, message)
}

/// A position for a log line; GTID sets can be long.
fn place(position: &Position) -> String {
    match &position.binlog {
        Some(at) => format!("{}:{}", at.file, at.offset),
        None => "gtid".to_owned(),
    }
}

/// The pause before an attempt: doubled each time, capped, and between half and whole by `random`.
fn pause(attempt: u32, random: u16) -> Duration {
    let whole = FIRST_PAUSE.saturating_mul(1 << attempt.saturating_sub(1).min(16)).min(LONGEST_PAUSE);
    whole / 2 + whole / 2 * u32::from(random) / u32::from(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_cap() {
        assert_eq!(pause(1, 0), FIRST_PAUSE / 2);
        assert_eq!(pause(1, u16::MAX), FIRST_PAUSE);
        assert_eq!(pause(2, u16::MAX), FIRST_PAUSE * 2);
        assert_eq!(pause(1000, u16::MAX), LONGEST_PAUSE);
    }
}
