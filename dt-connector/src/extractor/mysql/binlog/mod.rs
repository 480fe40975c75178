//! The binlog.

#![allow(dead_code)]

mod charset;
mod codec;
mod cursor;
mod decimal;
mod json;
mod network;
mod rows;
mod table_map;
mod temporal;
