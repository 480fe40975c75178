//! MySQL and MariaDB as a source.
//!
//! - `connection`, `server`: sessions in a known state, and who the server is
//! - `schema`, `definition`, `column_type`: the followed tables as they are today
//! - `ddl`: what statements make of them
//! - `checks`: what stops a task or hurts it, for its start and for a precheck
//! - `snapshot`, `literal`, `value`: the rows as they are
//! - `start`: where a change stream begins when nothing is stored
//! - `handover`: where the change stream takes over from the copy
//! - `binlog`: the change stream
//! - `beside`: tables that are copied anew while the stream goes on
//! - `estimates`: rows by the statistics
//! - `observer`: looks at the source from beside the stream
//! - `admin`: what the commands beside `dt run` ask
//! - `compare`: one side of a comparison
//! - `extractor`: what each kind of task does with them

mod admin;
mod beside;
mod binlog;
mod checks;
mod column_default;
mod column_type;
mod compare;
mod connection;
mod ddl;
mod definition;
mod estimates;
mod extractor;
mod handover;
mod literal;
mod observer;
mod repair;
mod schema;
mod server;
mod shadow;
mod snapshot;
mod start;
mod tls;
mod value;

pub use admin::MySqlAdmin;
pub use compare::MySqlSide;
pub use extractor::MySqlExtractor;

/// Names of all checks of the source, in the order in which they are shown.
pub fn check_names() -> impl Iterator<Item = &'static str> {
    checks::SourceCheck::ALL.into_iter().map(checks::SourceCheck::name)
}
