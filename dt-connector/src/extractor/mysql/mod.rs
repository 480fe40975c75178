//! MySQL and MariaDB as a source.

mod binlog;
mod connection;
mod server;
