//! `dt`: copies MySQL and MariaDB into Databend and keeps them equal.

use std::process::ExitCode;

fn main() -> ExitCode {
    dt_task::cli::main()
}
