//! The source transaction that is being read.
//!
//! Events of the binlog come in groups: something opens a group, something else ends it, and whatever does not fit means
//! that events were lost or misunderstood. So each step is checked, and nothing is guessed.
//!
//! | server | opens | ends |
//! |---|---|---|
//! | MySQL | GTID, then `BEGIN` or `XA START` | XID, `COMMIT`, `ROLLBACK`, XA_PREPARE |
//! | MySQL | GTID | the one statement that follows (DDL) |
//! | MariaDB | GTID | XID, `COMMIT`, `ROLLBACK`, XA_PREPARE |
//! | MariaDB | standalone GTID | the one statement that follows |
//! | without GTIDs | `BEGIN` | XID, `COMMIT`, `ROLLBACK` |

use dt_common::error::{Error, Result};
use dt_common::position::Gtid;

/// The open transaction, if any.
#[derive(Debug, Default)]
pub(super) struct Transaction {
    open: Option<Open>,
    /// A compressed payload is being read: its events have no positions, and it has to yield a commit.
    in_payload: bool,
}

#[derive(Debug)]
struct Open {
    gtid: Option<Gtid>,
    time: Option<i64>,
    body: Body,
    xa: bool,
    has_rows: bool,
}

/// How far the group is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Body {
    /// A GTID came; `BEGIN` or a single statement is to follow.
    Announced,
    /// Between its begin and its end.
    Begun,
}

/// What a transaction leaves for its commit mark.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Ended {
    /// GTID, where it has one.
    pub(super) gtid: Option<Gtid>,
    /// Commit time in microseconds, where the GTID event had it.
    pub(super) time: Option<i64>,
    /// Whether rows of it were sent.
    pub(super) has_rows: bool,
}

impl Transaction {
    /// Whether a group is open.
    pub(super) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Whether rows of the open group were sent.
    pub(super) fn has_rows(&self) -> bool {
        self.open.as_ref().is_some_and(|open| open.has_rows)
    }

    /// Whether the group's begin was read: what comes now belongs to it.
    pub(super) fn has_begun(&self) -> bool {
        self.open.as_ref().is_some_and(|open| open.body == Body::Begun)
    }

    /// A GTID event. `begun`: no `BEGIN` will follow. `xa`: the group prepares an XA transaction.
    pub(super) fn gtid(
        &mut self,
        gtid: Option<Gtid>,
        time: Option<i64>,
        begun: bool,
        xa: bool,
    ) -> Result<()> {
        self.boundary("a GTID")?;
        let body = if begun { Body::Begun } else { Body::Announced };
        self.open = Some(Open { gtid, time, body, xa, has_rows: false });
        Ok(())
    }

    /// Whether the open group prepares an XA transaction.
    pub(super) fn is_xa(&self) -> bool {
        self.open.as_ref().is_some_and(|open| open.xa)
    }

    /// `BEGIN` or `XA START`.
    pub(super) fn begin(&mut self, xa: bool) -> Result<()> {
        match &mut self.open {
            None => {
                self.open = Some(Open { gtid: None, time: None, body: Body::Begun, xa, has_rows: false });
                Ok(())
            }
            Some(open) if open.body == Body::Announced => {
                open.body = Body::Begun;
                open.xa |= xa;
                Ok(())
            }
            // MariaDB writes XA START into the group that its GTID opened.
            Some(open) if xa => {
                open.xa = true;
                Ok(())
            }
            Some(_) => Err(lost("BEGIN inside a transaction")),
        }
    }

    /// A row of a followed table.
    ///
    /// # Errors
    /// Outside a transaction, or inside an XA transaction: its rows are logged when it is prepared and may still be rolled
    /// back.
    pub(super) fn row(&mut self) -> Result<()> {
        match &mut self.open {
            Some(open) if open.xa => Err(Error::source(
                "an XA transaction changes this table, and XA transactions are not supported: its rows are logged before \
                 it is known whether it commits. Use plain transactions for this table, or leave the table out",
            )),
            Some(open) if open.body == Body::Begun => {
                open.has_rows = true;
                Ok(())
            }
            Some(_) | None => Err(lost("rows outside a transaction")),
        }
    }

    /// XID, `COMMIT`, `ROLLBACK`, XA_PREPARE.
    pub(super) fn end(&mut self) -> Result<Ended> {
        match self.open.take() {
            Some(open) if open.body == Body::Begun => Ok(self.ended(open)),
            Some(_) | None => Err(lost("a commit without a begin")),
        }
    }

    /// A statement that commits by itself.
    pub(super) fn statement(&mut self) -> Ended {
        match self.open.take() {
            Some(open) => self.ended(open),
            None => Ended { gtid: None, time: None, has_rows: false },
        }
    }

    /// A compressed payload begins.
    pub(super) fn payload(&mut self) -> Result<()> {
        match &self.open {
            Some(open) if open.body == Body::Announced && !self.in_payload => {
                self.in_payload = true;
                Ok(())
            }
            Some(_) | None => Err(lost("a transaction payload without its GTID")),
        }
    }

    /// Something that never stands inside a transaction.
    pub(super) fn boundary(&self, what: &str) -> Result<()> {
        if self.in_payload {
            return Err(Error::source(format!(
                "a compressed transaction ended without a commit before {what}; set binlog_transaction_compression = OFF \
                 and start from a position behind it"
            )));
        }
        match &self.open {
            Some(_) => Err(lost(&format!("{what} inside a transaction"))),
            None => Ok(()),
        }
    }

    /// Forgets the open group, after the connection was lost. Answers whether rows of it were sent.
    pub(super) fn void(&mut self) -> bool {
        let had_rows = self.has_rows();
        *self = Self::default();
        had_rows
    }

    fn ended(&mut self, open: Open) -> Ended {
        self.in_payload = false;
        Ended { gtid: open.gtid, time: open.time, has_rows: open.has_rows }
    }
}

fn lost(what: &str) -> Error {
    Error::source(format!(
        "{what}: the binlog is damaged or was cut by a crash of the server; start from a position behind it, or copy the \
         tables anew"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_of_each_server() {
        let mut mysql = Transaction::default();
        mysql.gtid(None, Some(5), false, false).unwrap();
        assert!(mysql.is_open() && !mysql.has_begun() && mysql.row().is_err());
        mysql.begin(false).unwrap();
        mysql.row().unwrap();
        assert_eq!(mysql.end().unwrap(), Ended { gtid: None, time: Some(5), has_rows: true });
        mysql.gtid(None, None, false, false).unwrap();
        assert!(!mysql.statement().has_rows && !mysql.is_open());

        let mut mariadb = Transaction::default();
        mariadb.gtid(None, None, true, false).unwrap();
        mariadb.row().unwrap();
        mariadb.end().unwrap();

        let mut bare = Transaction::default();
        bare.begin(false).unwrap();
        bare.end().unwrap();
        bare.statement();
    }

    #[test]
    fn what_does_not_fit_is_an_error() {
        let mut open = Transaction::default();
        open.gtid(None, None, true, false).unwrap();
        assert!(open.gtid(None, None, true, false).is_err());
        assert!(open.begin(false).is_err() && open.boundary("a rotate").is_err());
        assert!(!open.void() && !open.is_open());
        assert!(open.end().is_err() && open.row().is_err());
    }

    #[test]
    fn xa_rows_are_refused() {
        let mut transaction = Transaction::default();
        transaction.gtid(None, None, false, false).unwrap();
        transaction.begin(true).unwrap();
        assert!(transaction.row().unwrap_err().to_string().contains("XA"));
        assert!(!transaction.end().unwrap().has_rows);
    }

    #[test]
    fn a_payload_has_to_yield_a_commit() {
        let mut transaction = Transaction::default();
        assert!(transaction.payload().is_err());
        transaction.gtid(None, None, false, false).unwrap();
        transaction.payload().unwrap();
        let message = transaction.boundary("a GTID").unwrap_err().to_string();
        assert!(message.contains("binlog_transaction_compression"), "{message}");
        transaction.begin(false).unwrap();
        transaction.end().unwrap();
        transaction.boundary("a GTID").unwrap();
    }
}
