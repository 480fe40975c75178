//! Kinds of binlog events by their raw type byte, and the bodies of the small ones.
//!
//! The type byte is matched over its whole range: the driver answers nothing for types it does not know, and an event that
//! nobody looked at may have been data. What is unknown passes only with the flag by which the server says that it may.

use dt_common::error::{Error, Result};
use dt_common::position::{Gtid, GtidSource, MariaDbGtid};

use super::cursor::{Cursor, malformed};
use super::rows::Change;

/// The flag of an event that a reader which does not know it may ignore (`LOG_EVENT_IGNORABLE_F`).
const IGNORABLE: u16 = 0x80;

/// The flag of an event that the server made up for this connection (`LOG_EVENT_ARTIFICIAL_F`).
pub(super) const ARTIFICIAL: u16 = 0x20;

/// What an event is to the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// QUERY.
    Query,
    /// MariaDB's QUERY_COMPRESSED.
    CompressedQuery,
    /// ROTATE.
    Rotate,
    /// FORMAT_DESCRIPTION, STOP and MariaDB's START_ENCRYPTION, or the server's own bookkeeping of GTIDs: nothing that
    /// belongs into a transaction.
    Boundary,
    /// XID.
    Xid,
    /// XA_PREPARE.
    XaPrepare,
    /// GTID and ANONYMOUS_GTID.
    Gtid,
    /// GTID_TAGGED.
    TaggedGtid,
    /// MariaDB's GTID.
    MariaDbGtid,
    /// TABLE_MAP.
    TableMap,
    /// WRITE, UPDATE and DELETE_ROWS.
    Rows(RowsEvent),
    /// PARTIAL_UPDATE_ROWS: JSON as differences.
    PartialRows,
    /// The text of LOAD DATA in statement format.
    LoadQuery,
    /// TRANSACTION_PAYLOAD.
    Payload,
    /// HEARTBEAT.
    Heartbeat,
    /// HEARTBEAT_V2.
    HeartbeatV2,
    /// INCIDENT: the server lost events.
    Incident,
    /// Belongs to other events or is a comment; carries no rows.
    Passive,
    /// Carries data in a form that is not supported; the text names the server's setting.
    Unsupported(&'static str),
}

/// The form of a rows event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RowsEvent {
    /// Which change it holds.
    pub(super) change: Change,
    /// 1 or 2.
    pub(super) version: u8,
    /// By MariaDB's `log_bin_compress`.
    pub(super) compressed: bool,
}

const fn rows(change: Change, version: u8, compressed: bool) -> Kind {
    Kind::Rows(RowsEvent { change, version, compressed })
}

impl Kind {
    /// Sorts an event.
    ///
    /// # Errors
    /// An unknown type without the ignorable flag.
    pub(super) fn of(event_type: u8, flags: u16) -> Result<Self> {
        Ok(match event_type {
            2 => Self::Query,
            4 => Self::Rotate,
            // STOP, FORMAT_DESCRIPTION, PREVIOUS_GTIDS; MariaDB: BINLOG_CHECKPOINT, GTID_LIST, START_ENCRYPTION.
            3 | 15 | 35 | 161 | 163 | 164 => Self::Boundary,
            16 => Self::Xid,
            18 => Self::LoadQuery,
            19 => Self::TableMap,
            23 => rows(Change::Insert, 1, false),
            24 => rows(Change::Update, 1, false),
            25 => rows(Change::Delete, 1, false),
            26 => Self::Incident,
            27 => Self::Heartbeat,
            30 => rows(Change::Insert, 2, false),
            31 => rows(Change::Update, 2, false),
            32 => rows(Change::Delete, 2, false),
            33 | 34 => Self::Gtid,
            38 => Self::XaPrepare,
            39 => Self::PartialRows,
            40 => Self::Payload,
            41 => Self::HeartbeatV2,
            42 => Self::TaggedGtid,
            162 => Self::MariaDbGtid,
            165 => Self::CompressedQuery,
            166 => rows(Change::Insert, 1, true),
            167 => rows(Change::Update, 1, true),
            168 => rows(Change::Delete, 1, true),
            169 => rows(Change::Insert, 2, true),
            170 => rows(Change::Update, 2, true),
            171 => rows(Change::Delete, 2, true),
            // INTVAR, APPEND_BLOCK, DELETE_FILE, RAND, USER_VAR, BEGIN_LOAD_QUERY belong to a statement that is judged by
            // itself; IGNORABLE, ROWS_QUERY and MariaDB's ANNOTATE_ROWS are comments; TRANSACTION_CONTEXT and VIEW_CHANGE
            // are of group replication.
            5 | 9 | 11 | 13 | 14 | 17 | 28 | 29 | 36 | 37 | 160 => Self::Passive,
            _ if flags & IGNORABLE != 0 => Self::Passive,
            1 | 6..=8 | 10 | 12 | 20..=22 => Self::Unsupported("a server older than MySQL 5.1"),
            0 | 43..=159 | 172..=255 => {
                return Err(Error::source(format!(
                    "event type {event_type} is unknown to this version of dt; use a newer one, or turn the server's feature \
                     off and copy the tables anew"
                )));
            }
        })
    }
}

/// Which file comes next, and where it is read from.
pub(super) fn rotate(body: &[u8]) -> Result<(u64, &[u8])> {
    let mut cursor = Cursor::new(body);
    Ok((cursor.le(8)?, cursor.rest()))
}

/// File and offset of a HEARTBEAT_V2 event: fields of type, length and value.
pub(super) fn heartbeat_v2(body: &[u8]) -> Result<(Option<&[u8]>, Option<u64>)> {
    let (mut file, mut offset) = (None, None);
    let mut cursor = Cursor::new(body);
    loop {
        let kind = cursor.lenenc()?;
        if kind == 0 {
            return Ok((file, offset));
        }
        let length = usize::try_from(cursor.lenenc()?).map_err(|_| malformed("a heartbeat"))?;
        let value = cursor.take(length)?;
        match kind {
            1 => file = Some(value),
            2 => offset = Some(Cursor::new(value).lenenc()?),
            _ => {}
        }
    }
}

/// GTID, if it is not anonymous, and commit time in microseconds, if the server is MySQL 8.
pub(super) fn gtid(body: &[u8]) -> Result<(Option<Gtid>, Option<i64>)> {
    let mut cursor = Cursor::new(body);
    cursor.take(1)?;
    let mut uuid = [0; 16];
    uuid.copy_from_slice(cursor.take(16)?);
    let number = cursor.le(8)?;
    let gtid = (number > 0).then_some(Gtid::MySql { source: GtidSource { uuid, tag: None }, number });
    // Logical timestamps of type 2, then 7 bytes whose highest bit says that the original server's time follows.
    let time = if cursor.len() >= 1 + 16 + 7 && cursor.u8()? == 2 {
        cursor.take(16)?;
        Some((cursor.le(7)? & !(1 << 55)) as i64)
    } else {
        None
    };
    Ok((gtid, time))
}

/// MariaDB's GTID event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct MariaDbGroup {
    /// The GTID; its server is in the event's header.
    pub(super) gtid: MariaDbGtid,
    /// One statement follows that commits by itself.
    pub(super) standalone: bool,
    /// The group prepares an XA transaction.
    pub(super) prepares_xa: bool,
}

impl MariaDbGroup {
    /// Reads the body.
    pub(super) fn parse(body: &[u8], server: u32) -> Result<Self> {
        let mut cursor = Cursor::new(body);
        let sequence = cursor.le(8)?;
        let domain = cursor.le(4)? as u32;
        let flags = cursor.u8()?;
        let gtid = MariaDbGtid { domain, server, sequence };
        Ok(Self { gtid, standalone: flags & 1 != 0, prepares_xa: flags & 64 != 0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_is_sorted() {
        assert_eq!(Kind::of(31, 0).unwrap(), rows(Change::Update, 2, false));
        assert_eq!(Kind::of(166, 0).unwrap(), rows(Change::Insert, 1, true));
        assert_eq!(Kind::of(39, 0).unwrap(), Kind::PartialRows);
        assert!(Kind::of(99, 0).is_err() && Kind::of(0, 0).is_err());
        assert_eq!(Kind::of(26, 0).unwrap(), Kind::Incident);
        assert_eq!(Kind::of(99, IGNORABLE).unwrap(), Kind::Passive);
        assert_eq!(Kind::of(2, IGNORABLE).unwrap(), Kind::Query);
    }

    #[test]
    fn bodies() {
        assert_eq!(rotate(&[4, 0, 0, 0, 0, 0, 0, 0, b'f']).unwrap(), (4, &b"f"[..]));
        let group = MariaDbGroup::parse(&[5, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0], 7).unwrap();
        let gtid = MariaDbGtid { domain: 1, server: 7, sequence: 5 };
        assert_eq!(group, MariaDbGroup { gtid, standalone: true, prepares_xa: false });
        let heartbeat = [1, 2, b'b', b'1', 2, 3, 0xfc, 0, 1, 0];
        assert_eq!(heartbeat_v2(&heartbeat).unwrap(), (Some(&b"b1"[..]), Some(256)));
    }

    #[test]
    fn gtids() {
        let mut body = vec![0; 1];
        body.extend([0xaa; 16]);
        body.extend(9_u64.to_le_bytes());
        let source = GtidSource { uuid: [0xaa; 16], tag: None };
        assert_eq!(gtid(&body).unwrap(), (Some(Gtid::MySql { source, number: 9 }), None));
        body[17] = 0;
        body.push(2);
        body.extend([0; 16]);
        body.extend([1, 0, 0, 0, 0, 0, 0x80]);
        assert_eq!(gtid(&body).unwrap(), (None, Some(1)));
    }
}
