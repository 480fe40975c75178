//! The proof of dt: real servers, the `dt` binary as a user runs it, and a comparator that trusts neither.
//!
//! A test case is a folder of SQL, task files and a `steps.txt` ([`case`]); [`steps`] plays it against one source server
//! and one Databend ([`servers`]); [`compare`] reads both sides back through their own servers and names every row
//! and cell that differs. Nothing here links dt's decoding: a defect of dt cannot hide in its own test.

pub mod bench;
pub mod case;
pub mod certificates;
pub mod compare;
pub mod ddl;
pub mod docs;
pub mod faults;
pub mod http;
mod incident;
pub mod kill;
pub mod leaks;
pub mod load;
pub mod matrix;
pub mod metrics;
#[cfg(test)]
mod operations;
pub mod process;
pub mod proxy;
pub mod report;
pub mod run;
pub mod servers;
pub mod source;
pub mod steps;
pub mod target;
pub mod task;
pub mod text;
pub mod tls_proxy;
