//! MySQL and MariaDB as a source.

#[allow(dead_code, unused_imports)]
pub(crate) mod binlog;
#[allow(dead_code)]
pub(crate) mod connection;
#[allow(dead_code)]
pub(crate) mod server;
