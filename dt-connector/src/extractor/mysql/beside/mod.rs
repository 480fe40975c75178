//! Copies a table anew while the stream goes on.
//!
//! # What happens
//! 1. The task passes the table over from now on: its target stays as it is, and readers see that ([`wanted`]).
//! 2. A position is fixed, as where a task begins ([`super::handover`]), and the table is copied into an empty shadow, chunk by chunk with
//!    their done marks ([`round`]).
//! 3. The binlog is read a second time, from that position, for this table alone, and its changes are applied to the shadow; each transaction
//!    with a mark that says how far they are.
//! 4. When that has come near, the task's own stream goes to its next commit behind it and stands still there. The second reader goes to
//!    the same place, and the shadow takes the table's place. The task goes on, and follows the table from there ([`mod@follow`]).
//!
//! # Correctness
//! - The shadow is what a task of its own would have made of the table: copied rows, and every change behind the position. Rows with a
//!   key that were read later than the position are repeated as upserts, and are right when the second reader has passed the end of
//!   the copy, which it has before 4. Rows without a key come from a view whose place is exact.
//! - Nothing is between the two readers: the place where they meet is stored with the exchange, and a restart, whose own stream may begin
//!   before it, leaves out the table's changes up to there.
//! - A statement on the table in between makes the copy begin anew: the second reader sees it, since definitions are read behind the
//!   position.
//! - Killed anywhere, the next start goes on from what is stored: the definition says that the table is being copied and from where, its
//!   marks how far. A table without a key, whose view is gone, begins anew.
//!
//! # Memory
//! None beside what a copy and a stream have: the binlog keeps what is still to be applied.

mod follow;
mod round;
mod table;
mod wanted;

pub(crate) use follow::follow;
pub(crate) use round::Rounds;
pub(crate) use wanted::{Beside, Found};
