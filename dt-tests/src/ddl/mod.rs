//! Changes of structure: a corpus of statements with rows before and behind each, and random ones against a model.
//!
//! The [`corpus`] is a table in files, `tests/ddl/corpus/*.txt`. Every case is played twice on each family ([`play`]): *live*, while a task
//! runs that all cases share, with both sides compared behind every part; and *stopped*, all statements of all cases behind a task that
//! then has to come through them. [`structure`] holds the target's columns against the source's `information_schema`, by the table of
//! `docs/type-mapping.md`; rows are compared as everywhere. A case may expect the task to stop: then the line that the error names is
//! put into the task file as it stands there, and the task has to go on ([`follower`]).
//!
//! [`random`] plays what a seed makes of tables, statements, rows and restarts; [`model`] knows what the tables look like meanwhile.

pub mod corpus;
pub mod follower;
pub mod ini;
pub mod model;
pub mod play;
pub mod random;
pub mod structure;
