//! `kubectl_complete-mesh`: what kubectl runs for `kubectl mesh <TAB>`.

use std::ffi::OsString;
use std::io;
use std::process::ExitCode;

use clap::CommandFactory;
use kubectl_mesh::cli::Cli;
use kubectl_mesh::commands::complete;

fn main() -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().skip(1).collect();
    // The only thing that can fail is writing to a shell that has gone away.
    complete::answer(Cli::command(), &words, &mut io::stdout().lock()).map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS)
}
