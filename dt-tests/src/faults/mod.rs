//! No fault loses, doubles or tears a transaction: the proof.
//!
//! | file | holds |
//! |---|---|
//! | [`table`] | which fault meets which step: the whole suite at one look |
//! | [`step`] | the steps, and how each is met |
//! | [`lane`] | the servers of one row after the other, with networks that can be cut |
//! | [`scene`] | one task with its load: to be started, held at a step, killed, compared |
//! | [`play`], [`at_source`] | how each fault is brought about, and what has to come of it |
//! | [`changes`] | statements that change a structure, with rows between them |
//! | [`clock`] | a clock that can be set back |
//! | [`mishap`] | faults at random times, for as long as it takes |
//! | [`marathon`] | kills under constant load from a task's first second on |
//! | [`invariant`] | a sum over several tables that no reader may ever see change |
//! | [`outage`] | both networks silent for a minute |
//! | [`soak`] | small commits for a long time: what grows |
//!
//! A step is met exactly and not by luck: the local Databend holds the request that belongs to it, and says how often it did. A
//! fault that did not fire fails its case.

pub mod at_source;
pub mod changes;
mod clock;
pub mod invariant;
pub mod lane;
pub mod marathon;
pub mod mishap;
pub mod outage;
pub mod play;
#[cfg(test)]
mod proofs;
pub mod scene;
pub mod soak;
pub mod step;
pub mod table;
