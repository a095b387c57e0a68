//! `policy`: who may call whom, and why.

pub(crate) mod can;
pub(crate) mod generate;
pub(crate) mod list;
pub(crate) mod matrix;
pub(crate) mod simulate;
pub(crate) mod test;
pub(in crate::commands) mod words;

use clap::{Args, Subcommand};

use super::Terminal;
use crate::cli::GlobalArgs;
use crate::error::{CliError, Exit};

const EXAMPLES: &str = "\
Examples:
  kubectl mesh policy can --from deploy/frontend --to svc/cart:80 -n shop --method GET --path /items
  kubectl mesh policy list deploy/cart -n shop    # what applies, and who enforces it
  kubectl mesh policy matrix -n shop              # who can reach whom
  kubectl mesh policy simulate -f policies/       # which decisions a change alters";

/// Tell who may call whom, and why
///
/// The policies of Istio, Linkerd and Kubernetes as their enforcers read them: one decision with what led there, everybody at once, or what a
/// change would break.
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct PolicyArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: PolicyCommand,
}

/// What to do; the doc comments of the arguments are the help.
#[derive(Clone, Debug, Subcommand)]
pub enum PolicyCommand {
    Can(Box<can::CanArgs>),
    Generate(generate::GenerateArgs),
    List(list::PolicyListArgs),
    Matrix(matrix::MatrixArgs),
    Simulate(simulate::SimulateArgs),
    Test(test::TestArgs),
}

/// Runs what was typed.
pub async fn run(command: PolicyCommand, global: &GlobalArgs, terminal: &mut Terminal) -> Result<Exit, CliError> {
    match command {
        PolicyCommand::Can(args) => can::run(&args, global, terminal).await,
        PolicyCommand::Generate(args) => generate::run(&args, global, terminal).await,
        PolicyCommand::List(args) => list::run(&args, global, terminal).await,
        PolicyCommand::Matrix(args) => matrix::run(&args, global, terminal).await,
        PolicyCommand::Simulate(args) => simulate::run(&args, global, terminal).await,
        PolicyCommand::Test(args) => test::run(&args, global, terminal).await,
    }
}
