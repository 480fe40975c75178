//! MySQL and MariaDB as a source.

mod connection;
mod server;
