//! The task's own stream, and the copies beside it.

use std::pin::pin;

use dt_common::error::Result;
use dt_common::position::{BinlogPosition, Position};
use dt_common::queue::ItemSender;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::round::Rounds;
use crate::extractor::mysql::binlog::{BinlogStream, Ended, Until};
use crate::extractor::mysql::definition::TableDefinition;

/// Follows the stream until it is to end, and copies `tables` beside it before that.
///
/// # Errors
/// What ends the stream or a copy.
pub(crate) async fn follow(
    stream: &mut BinlogStream,
    mut position: Position,
    until: Option<BinlogPosition>,
    mut tables: Vec<TableDefinition>,
    rounds: &Rounds<'_>,
    out: &ItemSender,
    stop: &CancellationToken,
) -> Result<()> {
    stream.set_aside(tables.iter().map(|table| &table.name));
    while !tables.is_empty() {
        let (ask, asked) = watch::channel(None);
        let at = {
            let mut following = pin!(stream.follow(&mut position, Until::Asked(asked), out, stop));
            let ready = tokio::select! {
                ended = &mut following => return ended.map(drop),
                ready = rounds.prepare(tables) => ready?,
            };
            let Some(ready) = ready else { return Ok(()) };
            ask.send_replace(Some(ready.at().clone()));
            match following.await? {
                Ended::Stopped => return Ok(()),
                Ended::Reached(at) => (ready, at),
            }
        };
        let (ready, at) = at;
        let Some(finished) = rounds.finish(ready, &at).await? else { return Ok(()) };
        for table in finished.copied {
            stream.take_in(table, at.clone());
        }
        tables = finished.again;
    }
    let until = until.map_or(Until::Stopped, Until::Position);
    stream.follow(&mut position, until, out, stop).await.map(drop)
}
