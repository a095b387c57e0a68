//! `options`: the flags that every command takes.

use clap::Args;

use super::Terminal;
use crate::cli;
use crate::error::{CliError, Exit};

/// List the flags that every command takes
#[derive(Clone, Copy, Debug, Args)]
pub struct OptionsArgs {}

/// Runs the command.
pub fn run(_: OptionsArgs, terminal: &mut Terminal) -> Result<Exit, CliError> {
    let text = cli::options();
    if terminal.style.color {
        write!(terminal.out, "{}", text.ansi())?
    } else {
        write!(terminal.out, "{text}")?
    };
    terminal.out.flush()?;
    Ok(Exit::Ok)
}
