//! MySQL and MariaDB as a source.
//!
//! - `connection`, `server`: sessions in a known state, and who the server is
//! - `schema`, `column_type`: the followed tables as they are today
//! - `checks`: what stops a task before it starts
//! - `snapshot`, `literal`, `value`: the rows as they are
//! - `handover`: where the change stream takes over from the copy
//! - `binlog`: the change stream
//! - `observer`: looks at the source from beside the stream
//! - `extractor`: what each kind of task does with them

mod binlog;
mod checks;
mod column_type;
mod connection;
mod extractor;
mod handover;
mod literal;
mod observer;
mod schema;
mod server;
mod snapshot;
mod value;

pub use extractor::MySqlExtractor;
