//! The change stream: binlog events in, items out.
//!
//! # Progress
//! Everything between two commits is one transaction, and only a commit moves the position. It does so for every transaction
//! of the server, also for those without rows that anybody follows, so that an idle task never falls behind what the server
//! keeps. Heartbeats say that the server is alive and where it stands.
//!
//! # Correctness
//! Nothing is guessed and nothing passes unseen. Raw event types are matched over their whole range ([`event`]); a state
//! machine follows the groups that events come in ([`transaction`]); logged statements are judged by what they mean for the
//! followed tables ([`statement`]), whose definitions move with them ([`super::ddl`]); each table map is compared with the definition
//! before a row of it is read ([`codec`]). What
//! does not fit stops the task with the position and the way out, before the rows in question are committed anywhere.
//!
//! # Decoding
//! Row images are decoded here and not by the driver, by a plan that is made once for each table map ([`rows`]): the schema
//! says what a column means, the table map how it is laid out; columns that nobody follows are stepped over ([`skip`]). Charsets are resolved there too ([`charset`]), not per value. What MariaDB has compressed is
//! inflated on the way ([`compressed`]).
//!
//! # A start by time
//! The files say when they were begun, and a stream of commits alone says which transaction is the first ([`search`]).
//!
//! # Resumption
//! A lost connection is no error until it has lasted long ([`stream`]). The next one starts behind the last commit that was
//! sent, by GTID where there is one, else by file and offset on the same server ([`request`]).

mod charset;
mod checksum;
mod codec;
mod compressed;
mod cursor;
mod decimal;
mod displaced;
mod event;
mod followed;
mod image;
mod json;
mod network;
mod query;
mod repairs;
mod request;
mod rows;
mod search;
mod session;
mod skip;
mod statement;
mod stream;
mod table_map;
mod temporal;
mod transaction;
mod until;

pub(crate) use charset::{Charset, decodes};
pub(crate) use followed::Overlap;
pub(crate) use request::registered_name;
pub(crate) use search::Search;
pub(crate) use stream::BinlogStream;
pub(crate) use until::{Ended, Until};
