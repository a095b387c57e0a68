//! One file per command: its arguments, whose doc comments are the help, and what it does.

pub(crate) mod apply;
mod arguments;
pub(crate) mod certs;
pub(crate) mod check;
pub mod complete;
pub(crate) mod completion;
pub(crate) mod config;
pub(crate) mod explain;
mod explain_log;
mod extensions;
mod file;
mod fix;
pub(crate) mod generate;
pub(crate) mod inject;
pub(crate) mod injection;
mod load;
pub(crate) mod mtls;
pub(crate) mod namespace;
mod observed;
pub(crate) mod offboard;
pub(crate) mod onboard;
pub(crate) mod options;
pub mod permissions;
mod plan;
pub(crate) mod policy;
mod pre;
mod progress;
pub(crate) mod proxy;
mod renamed;
pub(crate) mod rules;
pub(crate) mod snapshot;
pub(crate) mod status;
mod terminal;
pub(crate) mod version;
mod wait;
mod watch;
pub(crate) mod why;
mod words;

pub use load::{Loaded, ReadRequest};
pub use renamed::renamed;
pub use terminal::Terminal;

use clap::CommandFactory as _;
pub(crate) use fix::fix_each;
#[cfg(test)]
pub(crate) use plan::Paper;

use crate::cli::{Cli, Command};
use crate::error::{CliError, Exit};

/// Runs what was typed. Where a part of the files could not be understood, whatever the rest says is no success.
pub async fn run(cli: Cli, terminal: &mut Terminal) -> Result<Exit, CliError> {
    let exit = answer(cli, terminal).await?;
    match terminal.bad_input {
        0 => Ok(exit),
        1 => Err(CliError::usage("1 document of the files cannot be read as an object of Kubernetes; nothing of it was judged").hint(BAD_INPUT)),
        n => Err(CliError::usage(format!("{n} documents of the files cannot be read as objects of Kubernetes; nothing of them was judged"))
            .hint(BAD_INPUT)),
    }
}

const BAD_INPUT: &str = "correct apiVersion and kind, or name only manifests with -f";

async fn answer(mut cli: Cli, terminal: &mut Terminal) -> Result<Exit, CliError> {
    terminal.configure(&cli.global.display);
    arguments::check(&cli.global)?;
    if !matches!(cli.command, Command::Complete { .. } | Command::Completion(_) | Command::Explain(_) | Command::Options(_) | Command::Rules(_)) {
        cli.global.config = config::load(&cli.global, terminal)?;
        cli.global.source.exclude.extend(cli.global.config.exclude.iter().cloned());
    }
    match cli.command {
        Command::Apply(args) => apply::run(&args, &cli.global, terminal).await,
        Command::Complete { words } => {
            complete::answer(Cli::command(), &words, &mut terminal.out)?;
            terminal.out.flush()?;
            Ok(Exit::Ok)
        }
        Command::Completion(args) => completion::run(&args, terminal),
        Command::Certs(args) => certs::run(&args, &cli.global, terminal).await,
        Command::Check(args) => check::run(&args, &cli.global, terminal).await,
        Command::Generate(args) => generate::run(&args, &cli.global, terminal).await,
        Command::Inject(args) => inject::inject(&args, &cli.global, terminal),
        Command::Uninject(args) => inject::uninject(&args, &cli.global, terminal),
        Command::Namespace(args) => namespace::run(&args.command, &cli.global, terminal).await,
        Command::Onboard(args) => onboard::run(&args, &cli.global, terminal).await,
        Command::Offboard(args) => offboard::run(&args, &cli.global, terminal).await,
        Command::Injection(args) => injection::run(&args, &cli.global, terminal).await,
        Command::Mtls(args) => mtls::run(&args, &cli.global, terminal).await,
        Command::Policy(args) => policy::run(args.command, &cli.global, terminal).await,
        Command::Proxy(args) => proxy::run(args.command, &cli.global, terminal).await,
        Command::Options(args) => options::run(args, terminal),
        Command::Status(args) => status::run(&args, &cli.global, terminal).await,
        Command::Version(args) => version::run(&args, &cli.global, terminal).await,
        Command::Why(args) => why::run(&args, &cli.global, terminal).await,
        Command::Explain(args) => explain::run(&args, &cli.global, terminal).await,
        Command::Rules(args) => rules::run(&args, cli.global.source.mesh.only(), terminal),
        Command::Snapshot(args) => snapshot::run(&args, &cli.global, terminal).await,
    }
}
