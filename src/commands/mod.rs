//! One file per command: its arguments, whose doc comments are the help, and what it does.

mod arguments;
pub mod check;
pub mod complete;
pub mod completion;
pub mod explain;
mod file;
mod fix;
pub mod injection;
mod load;
pub mod mtls;
pub mod options;
pub mod policy;
mod pre;
mod progress;
pub mod rules;
pub mod snapshot;
pub mod status;
mod terminal;
pub mod version;
pub mod why;
mod words;

pub use load::{Loaded, Wish};
pub use terminal::Terminal;

use clap::CommandFactory as _;

use crate::cli::{Cli, Command};
use crate::error::{CliError, Exit};

/// Runs what was typed.
pub async fn run(cli: Cli, terminal: &mut Terminal) -> Result<Exit, CliError> {
    terminal.configure(&cli.global.display);
    arguments::check(&cli.global)?;
    match cli.command {
        Command::Complete { words } => {
            complete::answer(Cli::command(), &words, &mut terminal.out)?;
            terminal.out.flush()?;
            Ok(Exit::Ok)
        }
        Command::Completion(args) => completion::run(&args, terminal),
        Command::Check(args) => check::run(&args, &cli.global, terminal).await,
        Command::Injection(args) => injection::run(&args, &cli.global, terminal).await,
        Command::Mtls(args) => mtls::run(&args, &cli.global, terminal).await,
        Command::Policy(args) => policy::run(args.command, &cli.global, terminal).await,
        Command::Options(args) => options::run(args, terminal),
        Command::Status(args) => status::run(&args, &cli.global, terminal).await,
        Command::Version(args) => version::run(&args, &cli.global, terminal).await,
        Command::Why(args) => why::run(&args, &cli.global, terminal).await,
        Command::Explain(args) => explain::run(&args, terminal),
        Command::Rules(args) => rules::run(&args, cli.global.source.mesh.only(), terminal),
        Command::Snapshot(args) => snapshot::run(&args, &cli.global, terminal).await,
    }
}
