//! The target follows a change of structure.
//!
//! Databend's DDL commits by itself, so it cannot share a transaction with the checkpoint. What makes it safe is an *intent*: a list of
//! steps, each a statement with the condition under which it is still to be run ([`step`]), made by difference between the
//! definitions before and after and what the target holds ([`plan`]). It goes like this:
//!
//! 1. **intent**: one transaction stores the steps, the position and the definitions behind the statement ([`history`]), and moves
//!    the batch number by compare-and-set, as every batch does. Rows before the statement are committed already.
//! 2. **converge**: for each step the checkpoint row is read again, so that a writer that was overtaken stops; then the target is looked
//!    at, and the step's statement is run if its condition holds ([`converge`]).
//! 3. **clear**: one transaction clears the intent, moves the position, stores the definitions, and empties truncated tables.
//!
//! Killed anywhere, the next start finds the intent and does 2 and 3 again, before it looks at any table. A step whose work is done
//! has a condition that does not hold, so running the list twice is running it once. Where the condition would hold again behind later
//! steps (names that are exchanged, a dropped name that is taken anew), the intent is stored without that step before they are run, in a
//! transaction as those of 1 and 3. What changes nothing in the target takes the
//! third transaction alone.
//!
//! Everything is recorded in `_dt.ddl_history_<task>`, and what was set aside in `_dt.kept_<task>` ([`kept`]).

pub mod converge;
pub mod history;
pub mod kept;
pub mod plan;
pub mod step;
pub mod swap;
