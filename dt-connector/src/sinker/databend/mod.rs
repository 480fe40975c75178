//! Databend as a target.
