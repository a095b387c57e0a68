//! `proxy`: what proxies and their control planes say themselves.

pub(crate) mod config;
pub(crate) mod diff;
mod pod;
pub(crate) mod stats;
pub(crate) mod status;
mod words;
pub(crate) mod ztunnel;

use clap::{Args, Subcommand};

use super::Terminal;
use crate::cli::GlobalArgs;
use crate::error::{CliError, Exit};
pub(super) use words::Unasked;
pub(super) use ztunnel::dump_of;

const EXAMPLES: &str = "\
Examples:
  kubectl mesh proxy status                                      # who has what istiod holds
  kubectl mesh proxy config endpoints cart-6d5f-x2v9k -n shop    # hosts with health and failures
  kubectl mesh proxy config all --config-dump dump.json          # saved answers, without a cluster
  kubectl mesh proxy diff cart-6d5f-x2v9k -n shop                # does it have what it should
  kubectl mesh proxy ztunnel workloads                           # what ambient's nodes hold";

/// Ask proxies and control planes themselves
///
/// Through the API server's port-forward: nothing is installed, opened or changed. It takes get and create on pods/portforward; what cannot be asked is
/// shown as such.
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ProxyArgs {
    /// What to ask.
    #[command(subcommand)]
    pub command: ProxyCommand,
}

/// What to ask; the doc comments of the arguments are the help.
#[derive(Clone, Debug, Subcommand)]
pub enum ProxyCommand {
    Config(Box<config::ConfigArgs>),
    Diff(diff::ProxyDiffArgs),
    Stats(stats::StatsArgs),
    Status(status::ProxyStatusArgs),
    Ztunnel(ztunnel::ZtunnelArgs),
}

/// Runs what was typed.
pub async fn run(command: ProxyCommand, global: &GlobalArgs, terminal: &mut Terminal) -> Result<Exit, CliError> {
    match command {
        ProxyCommand::Config(args) => config::run(&args.command, global, terminal).await,
        ProxyCommand::Diff(args) => diff::run(&args, global, terminal).await,
        ProxyCommand::Stats(args) => stats::run(&args, global, terminal).await,
        ProxyCommand::Status(args) => status::run(&args, global, terminal).await,
        ProxyCommand::Ztunnel(args) => ztunnel::run(&args, global, terminal).await,
    }
}
