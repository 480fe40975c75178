//! What a connection's query events say: where transactions begin and end, and changes of structure.

use dt_common::error::{Error, Result};
use dt_common::item::{Ddl, DtItem};
use mysql_async::binlog::events::BinlogEventHeader;

use super::Session;
use crate::extractor::mysql::binlog::query::Query;
use crate::extractor::mysql::binlog::statement::Statement;
use crate::extractor::mysql::ddl::{self, Dialect, Effect, Moment};

impl Session<'_> {
    pub(super) async fn statement(&mut self, header: &BinlogEventHeader, query: Query<'_>) -> Result<()> {
        let (text, db) = (query.decoded(), String::from_utf8_lossy(query.db));
        let dialect = Dialect { flavor: self.followed.flavor(), backslash_escapes: query.backslash_escapes };
        match Statement::parse(&text, &db, dialect) {
            Statement::Begin => self.transaction.begin(false),
            Statement::XaStart => self.transaction.begin(true),
            Statement::Commit => {
                let ended = self.transaction.end()?;
                self.commit(header, ended).await
            }
            Statement::Rollback => {
                let ended = self.transaction.end()?;
                self.followed.forget_tallies();
                if ended.has_rows {
                    self.out.send(DtItem::Rollback).await?;
                }
                self.commit(header, ended).await
            }
            Statement::RollbackTo if self.transaction.has_rows() => Err(Error::source(
                "a transaction with rows of followed tables was partly rolled back, which is not supported (it happens when \
                 tables without transactions take part): start from a position behind it and copy its tables anew",
            )),
            Statement::Ddl(statement) => self.ddl(header, &statement, &text).await,
            Statement::Dml { names } => match names.iter().find_map(|name| self.followed.known(name)) {
                Some(table) => Err(Error::source(format!(
                    "table {table} was changed, or is named, by a statement in statement format: set binlog_format = ROW \
                     (globally and in every session), and start the task with --resync and the table's name, which copies it anew"
                ))),
                None => {
                    let why = "which a statement in statement format has changed, or names";
                    names.iter().for_each(|name| self.followed.doubt(name, why));
                    self.single_statement(header).await
                }
            },
            Statement::XaEnd => {
                let ended = self.transaction.statement();
                self.commit(header, ended).await
            }
            Statement::Sequence(name) => {
                self.new_sequences.insert(name);
                self.single_statement(header).await
            }
            Statement::RollbackTo => {
                self.followed.doubt_tallied("of whose rows some were rolled back");
                self.single_statement(header).await
            }
            Statement::Other => self.single_statement(header).await,
        }
    }

    /// A statement that nobody follows: inside a transaction it passes, by itself it is a transaction.
    async fn single_statement(&mut self, header: &BinlogEventHeader) -> Result<()> {
        if self.transaction.has_begun() {
            return Ok(());
        }
        let ended = self.transaction.statement();
        self.commit(header, ended).await
    }

    /// A change of structure. Inside a transaction, where CREATE TABLE .. SELECT stands, it moves no position: its commit follows
    /// its rows.
    async fn ddl(
        &mut self,
        header: &BinlogEventHeader,
        statement: &ddl::Statement,
        text: &str,
    ) -> Result<()> {
        // Bytes that are no UTF-8 have been replaced: a name or a default may be another.
        let garbled = text.contains(char::REPLACEMENT_CHARACTER);
        let effect = self.followed.change(statement, Moment { seconds: header.timestamp(), garbled })?;
        if effect.concerned.is_empty() && effect.definitions.is_empty() {
            return self.single_statement(header).await;
        }
        if garbled && !effect.concerned.is_empty() {
            return Err(Error::schema(format!(
                "{} on table {}: its text is in a charset that dt cannot read, or not valid in it; start the task with --resync and \
                 the table's name, which copies it anew",
                statement.action, effect.concerned[0]
            )));
        }
        if self.transaction.has_rows() {
            return Err(Error::schema(format!(
                "{} behind rows of the same transaction is not supported: start from a position behind it and copy its tables anew",
                statement.action
            )));
        }
        // Whatever an id stood for.
        self.maps.clear();
        let mark = match self.transaction.has_begun() {
            true => None,
            false => {
                let ended = self.transaction.statement();
                Some(self.mark(header, ended))
            }
        };
        if let Some(mark) = &mark {
            self.position.advance(mark);
        }
        self.progressed = true;
        let Effect { changes, definitions, concerned } = effect;
        let text = if concerned.is_empty() { String::new() } else { text.to_owned() };
        let action = statement.action.to_owned();
        self.out
            .send(DtItem::Ddl(Box::new(Ddl {
                action,
                text,
                at: self.at.clone(),
                changes,
                definitions,
                mark,
            })))
            .await
    }
}
