//! `dt`: copies MySQL and MariaDB into Databend and keeps them equal.

use std::process::ExitCode;

use tikv_jemallocator::Jemalloc;

/// Rows are made by one thread and freed by another, which this is made for; `.cargo/config.toml` sets it up.
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

fn main() -> ExitCode {
    dt_task::cli::main()
}
