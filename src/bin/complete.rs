//! `kubectl_complete-mesh`: what kubectl runs for `kubectl mesh <TAB>`.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::CommandFactory;
use kubectl_mesh::cli::Cli;
use kubectl_mesh::commands::{Terminal, complete};

fn main() -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().skip(1).collect();
    // The only thing that can fail is writing to a shell that has gone away.
    let mut out = Terminal::real().out;
    complete::answer(Cli::command(), &words, &mut out).and_then(|()| out.flush()).map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS)
}
