//! MySQL and MariaDB as a source.

pub(crate) mod binlog;
pub(crate) mod connection;
pub(crate) mod server;
