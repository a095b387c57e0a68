//! The `kubectl mesh` binary: parse, run, exit.

use std::process::ExitCode;

use clap::Parser;
use kubectl_mesh::cli::Cli;
use kubectl_mesh::commands::{self, Terminal};
use kubectl_mesh::error::CliError;

fn main() -> ExitCode {
    let mut terminal = Terminal::real();
    let cli = Cli::parse();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let outcome = runtime.map_err(CliError::internal).and_then(|runtime| runtime.block_on(commands::run(cli, &mut terminal)));
    outcome
        .unwrap_or_else(|error| {
            terminal.error(&error);
            error.exit
        })
        .into()
}
