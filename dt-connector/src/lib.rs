//! The edges of dt: where rows come from ([`extractor`]) and where they go ([`sinker`]),
//! and what the commands beside `dt run` ask of both ([`admin`], [`compare`]).
//!
//! One folder a system, and a driver crate is named in its system's folder only. Adding a target is a folder under
//! `sinker/`, a config struct in dt-common and one line in dt-task's factory.

pub mod admin;
pub mod compare;
pub mod extractor;
pub mod sinker;
