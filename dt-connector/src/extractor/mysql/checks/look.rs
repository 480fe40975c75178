//! The list of the checks, and how the two commands go through it.

use dt_common::batch::Checkpoint;
use dt_common::check::{Check, Finding, Verdict};
use dt_common::config::{ExtractType, MySqlExtractorConfig};
use dt_common::error::{Error, Result};
use dt_common::filter::Filter;
use dt_common::schema::TableSchema;
use mysql_async::Conn;
use tracing::warn;

use super::{conditions, position, privileges, server, tables, topology};
use crate::admin::FOLLOWED_TABLES;
use crate::extractor::mysql::connection::{Connector, answers};
use crate::extractor::mysql::handover;
use crate::extractor::mysql::schema::SourceTables;
use crate::extractor::mysql::server::Server;

/// A check of the source. In [`SourceCheck::ALL`] they stand in the order in which they are shown;
/// `docs/precheck.md` says what each looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SourceCheck {
    Connection,
    Tls,
    Version,
    Binlog,
    BinlogFormat,
    RowImage,
    RowValueOptions,
    RowMetadata,
    BinlogCompression,
    BinlogRetention,
    GtidMode,
    BinlogReadPrivilege,
    BinlogStatusPrivilege,
    ReplicaUpdates,
    ServerId,
    FollowedTables,
    TableDefinitions,
    SelectPrivilege,
    TableEngines,
    RowConditions,
    CascadingForeignKeys,
    KeylessTables,
    KeyCollations,
    ZeroDates,
    LockPrivilege,
    ResumePosition,
}

/// Which kinds of task a check is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum For {
    Every,
    /// All but struct.
    Rows,
    Copies,
    Streams,
    /// A copy that goes over into a stream.
    HandOver,
}

/// What a check looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Needs {
    /// A session alone.
    Session,
    /// The definitions of the followed tables.
    Tables,
    /// What the target remembers of the task, and the tables.
    Stored,
}

impl SourceCheck {
    pub(crate) const ALL: [Self; 26] = [
        Self::Connection,
        Self::Tls,
        Self::Version,
        Self::Binlog,
        Self::BinlogFormat,
        Self::RowImage,
        Self::RowValueOptions,
        Self::RowMetadata,
        Self::BinlogCompression,
        Self::BinlogRetention,
        Self::GtidMode,
        Self::BinlogReadPrivilege,
        Self::BinlogStatusPrivilege,
        Self::ReplicaUpdates,
        Self::ServerId,
        Self::FollowedTables,
        Self::TableDefinitions,
        Self::SelectPrivilege,
        Self::TableEngines,
        Self::RowConditions,
        Self::CascadingForeignKeys,
        Self::KeylessTables,
        Self::KeyCollations,
        Self::ZeroDates,
        Self::LockPrivilege,
        Self::ResumePosition,
    ];

    /// Those that a task makes when it starts, in that order: what would fail later or, worse, never.
    const AT_START: [Self; 14] = [
        Self::Version,
        Self::Binlog,
        Self::BinlogFormat,
        Self::RowImage,
        Self::RowValueOptions,
        Self::BinlogCompression,
        Self::BinlogReadPrivilege,
        Self::BinlogStatusPrivilege,
        Self::ReplicaUpdates,
        Self::FollowedTables,
        Self::TableDefinitions,
        Self::CascadingForeignKeys,
        Self::TableEngines,
        Self::RowConditions,
    ];

    /// Its name in every output.
    pub(crate) fn name(self) -> &'static str {
        self.about().0
    }

    fn about(self) -> (&'static str, For, Needs) {
        match self {
            Self::Connection => ("source-connection", For::Every, Needs::Session),
            Self::Tls => ("source-tls", For::Every, Needs::Session),
            Self::Version => ("source-version", For::Every, Needs::Session),
            Self::Binlog => ("binlog", For::Streams, Needs::Session),
            Self::BinlogFormat => ("binlog-format", For::Streams, Needs::Session),
            Self::RowImage => ("row-image", For::Streams, Needs::Session),
            Self::RowValueOptions => ("row-value-options", For::Streams, Needs::Session),
            Self::RowMetadata => ("row-metadata", For::Streams, Needs::Session),
            Self::BinlogCompression => ("binlog-compression", For::Streams, Needs::Session),
            Self::BinlogRetention => ("binlog-retention", For::Streams, Needs::Session),
            Self::GtidMode => ("gtid-mode", For::Streams, Needs::Session),
            Self::BinlogReadPrivilege => ("binlog-read-privilege", For::Streams, Needs::Session),
            Self::BinlogStatusPrivilege => ("binlog-status-privilege", For::Streams, Needs::Session),
            Self::ReplicaUpdates => ("replica-updates", For::Streams, Needs::Session),
            Self::ServerId => ("server-id", For::Streams, Needs::Session),
            Self::FollowedTables => (FOLLOWED_TABLES, For::Every, Needs::Tables),
            Self::TableDefinitions => ("table-definitions", For::Every, Needs::Tables),
            Self::SelectPrivilege => ("select-privilege", For::Copies, Needs::Tables),
            Self::TableEngines => ("table-engines", For::Copies, Needs::Tables),
            Self::RowConditions => ("row-conditions", For::Copies, Needs::Tables),
            Self::CascadingForeignKeys => ("cascading-foreign-keys", For::Streams, Needs::Tables),
            Self::KeylessTables => ("keyless-tables", For::Rows, Needs::Tables),
            Self::KeyCollations => ("key-collations", For::Rows, Needs::Tables),
            Self::ZeroDates => ("zero-dates", For::Rows, Needs::Tables),
            Self::LockPrivilege => ("lock-privilege", For::HandOver, Needs::Stored),
            Self::ResumePosition => ("resume-position", For::Streams, Needs::Stored),
        }
    }
}

impl For {
    fn includes(self, kind: ExtractType) -> bool {
        let copies = matches!(kind, ExtractType::Snapshot | ExtractType::SnapshotAndCdc);
        let streams = matches!(kind, ExtractType::Cdc | ExtractType::SnapshotAndCdc);
        match self {
            Self::Every => true,
            Self::Rows => copies || streams,
            Self::Copies => copies,
            Self::Streams => streams,
            Self::HandOver => copies && streams,
        }
    }
}

/// A source that the checks look at.
pub(crate) struct Looking<'a> {
    /// A session.
    pub(crate) conn: &'a mut Conn,
    /// Where the session comes from.
    pub(crate) connector: &'a Connector,
    /// Who it is.
    pub(crate) server: &'a Server,
    /// What the task asks for.
    pub(crate) config: &'a MySqlExtractorConfig,
    /// Which tables.
    pub(crate) filter: &'a Filter,
    /// Which kind of task.
    pub(crate) kind: ExtractType,
    /// The followed tables.
    pub(crate) tables: &'a SourceTables,
    /// What the target remembers of the task.
    pub(crate) stored: &'a Checkpoint,
}

impl Looking<'_> {
    async fn look(&mut self, check: SourceCheck) -> Result<Finding> {
        if check == SourceCheck::ResumePosition {
            // It may read a binlog to its end, and minds silence itself.
            return self.ask(check).await;
        }
        let (patience, doing) = (self.config.read_timeout, format!("the check {}", check.name()));
        answers(patience, &doing, self.ask(check)).await
    }

    async fn ask(&mut self, check: SourceCheck) -> Result<Finding> {
        let Self { conn, connector, server, config, filter, kind, tables, stored } = self;
        Ok(match check {
            SourceCheck::Connection => server::connection(&connector.address(), server),
            SourceCheck::Tls => server::tls(conn, connector.host()).await?,
            SourceCheck::Version => server::version(server),
            SourceCheck::Binlog => server::binlog(server),
            SourceCheck::BinlogFormat => server::binlog_format(server),
            SourceCheck::RowImage => server::row_image(server),
            SourceCheck::RowValueOptions => server::row_value_options(server),
            SourceCheck::RowMetadata => server::row_metadata(server),
            SourceCheck::BinlogCompression => server::binlog_compression(server),
            SourceCheck::BinlogRetention => server::binlog_retention(server),
            SourceCheck::GtidMode => server::gtid_mode(server),
            SourceCheck::BinlogStatusPrivilege => privileges::binlog_status(conn, server).await?,
            SourceCheck::BinlogReadPrivilege => privileges::binlog_read(conn, server).await?,
            SourceCheck::ReplicaUpdates => topology::replica_updates(conn, server).await?,
            SourceCheck::ServerId => {
                topology::server_id(conn, server, config.server_id, &config.task_id).await?
            }
            SourceCheck::FollowedTables => tables::followed(tables),
            SourceCheck::TableDefinitions => tables::definitions(tables, For::Streams.includes(*kind)),
            SourceCheck::SelectPrivilege => {
                privileges::select(conn, tables.schemas().map(|table| &table.name)).await?
            }
            SourceCheck::TableEngines => tables::engines(conn, to_copy(tables, stored)).await?,
            SourceCheck::RowConditions => {
                let streams = For::Streams.includes(*kind);
                conditions::check(conn, to_copy(tables, stored), filter, streams).await?
            }
            SourceCheck::CascadingForeignKeys => {
                tables::cascades(conn, server, filter, config.on_fk_cascade).await?
            }
            SourceCheck::KeylessTables => tables::keyless(tables),
            SourceCheck::KeyCollations => tables::key_collations(conn, tables).await?,
            SourceCheck::ZeroDates => tables::zero_dates(server, tables),
            SourceCheck::LockPrivilege => {
                let to_lock = handover::to_lock(server, to_copy(tables, stored));
                privileges::lock(conn, &to_lock).await?
            }
            SourceCheck::ResumePosition => {
                position::check(conn, connector, server, config, *kind, stored.position.as_ref()).await?
            }
        })
    }
}

/// The tables whose copy is not done. Others may have come with the change stream, and may be gone at the source by now.
fn to_copy<'a>(tables: &'a SourceTables, stored: &'a Checkpoint) -> impl Iterator<Item = &'a TableSchema> {
    let done = |table: &TableSchema| stored.marks.iter().any(|mark| mark.done && mark.table == table.name);
    tables.schemas().map(AsRef::as_ref).filter(move |table| !done(table))
}

/// Makes the checks that need just this; a look that fails is a failed check, and the next one is made all the same.
pub(crate) async fn precheck(at: &mut Looking<'_>, needs: Needs) -> Vec<Check> {
    let mut checks = Vec::new();
    for check in of(at.kind, needs) {
        let finding = at.look(check).await.unwrap_or_else(Finding::from);
        checks.push(Check { name: check.name(), finding });
    }
    checks
}

/// The checks that need what could not be had: the first one says why, the others were not made because of it.
pub(crate) fn failed(kind: ExtractType, needs: Needs, error: Error) -> Vec<Check> {
    let mut checks = Vec::new();
    let Some(first) = of(kind, needs).next() else { return checks };
    checks.push(Check { name: first.name(), finding: error.into() });
    checks.extend(unseen(kind, needs, first.name()).into_iter().skip(1));
    checks
}

/// The checks that nobody can make because another one failed.
pub(crate) fn unseen(kind: ExtractType, needs: Needs, because: &str) -> Vec<Check> {
    of(kind, needs).map(|check| Check { name: check.name(), finding: Finding::without(because) }).collect()
}

fn of(kind: ExtractType, needs: Needs) -> impl Iterator<Item = SourceCheck> {
    SourceCheck::ALL.into_iter().filter(move |check| {
        let (_, whose, needed) = check.about();
        whose.includes(kind) && needed == needs
    })
}

/// Makes the checks of a start that need no more than `needs`. What is not well and no blocker goes to the log.
///
/// # Errors
/// The first blocker, or a look that failed.
pub(crate) async fn at_start(at: &mut Looking<'_>, needs: Needs) -> Result<()> {
    for check in SourceCheck::AT_START {
        let (name, whose, needed) = check.about();
        if needed != needs || !whose.includes(at.kind) {
            continue;
        }
        let finding = at.look(check).await?;
        match finding.verdict {
            Verdict::Pass => {}
            Verdict::Warn | Verdict::Unseen => warn!(check = name, "{finding}"),
            Verdict::Fail => {
                return Err(Error::source(format!("{finding} ({name}; `dt precheck` shows every check)")));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_check_of_a_start_is_in_the_list_once() {
        for check in SourceCheck::AT_START {
            assert_eq!(SourceCheck::ALL.iter().filter(|other| **other == check).count(), 1, "{check:?}");
        }
        let mut names: Vec<_> = SourceCheck::ALL.iter().map(|check| check.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), SourceCheck::ALL.len());
    }

    #[test]
    fn kinds_have_their_checks() {
        let names = |kind| SourceCheck::ALL.into_iter().filter(move |c| c.about().1.includes(kind)).count();
        assert!(names(ExtractType::Struct) < names(ExtractType::Snapshot));
        assert_eq!(names(ExtractType::SnapshotAndCdc), SourceCheck::ALL.len());
    }
}
