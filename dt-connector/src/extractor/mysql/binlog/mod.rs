//! The binlog.

#![allow(dead_code)]

mod charset;
mod codec;
mod cursor;
mod decimal;
mod event;
mod json;
mod network;
mod rows;
mod statement;
mod table_map;
mod temporal;
mod tokens;
mod transaction;
