//! `dt`: copies MySQL and MariaDB into Databend and keeps them equal.

use std::process::ExitCode;

/// Rows are made on one thread and freed on another, many millions of small pieces: see docs/performance.md.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    dt_task::cli::main()
}
