//! The benchmark: what `dt` moves in a second beside what the servers allow by themselves, in one run on one machine.
//!
//! | part | holds |
//! |---|---|
//! | [`workload`] | what is measured; each ends with both sides equal |
//! | [`room`], [`data`] | the servers, task files and rows |
//! | [`measure`], [`freshness`] | time, CPU and memory of `dt`; the age of changes when they are seen |
//! | [`ceiling`], [`wire`] | reading and writing without `dt` |
//! | [`figures`] | the table and the JSON |

pub mod ceiling;
pub mod data;
pub mod figures;
pub mod freshness;
pub mod measure;
pub mod room;
pub mod wire;
pub mod workload;
