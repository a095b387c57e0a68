//! The `kubectl mesh` binary: parse, run, exit.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use kubectl_mesh::cli;
use kubectl_mesh::commands::{self, Terminal};
use kubectl_mesh::error::CliError;

fn main() -> ExitCode {
    let cli = match cli::parse() {
        Ok(cli) => cli,
        // Help and version are such "errors" too; a reader that has gone is none.
        Err(told) => {
            let _ = cli::tell(&told);
            return ExitCode::from(u8::try_from(told.exit_code()).unwrap_or(2));
        }
    };
    let mut terminal = Terminal::real();
    // Two of each: one reads while the other decodes, and more threads would only cost memory (each has an arena of the allocator).
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).max_blocking_threads(2).enable_all().build();
    let run = || runtime.map_err(CliError::internal)?.block_on(commands::run(cli, &mut terminal));
    let outcome = catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| Err(CliError::internal("the program broke off")));
    outcome
        .unwrap_or_else(|error| {
            Terminal::real().error(&error);
            error.exit
        })
        .into()
}
