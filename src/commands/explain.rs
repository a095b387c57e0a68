//! `explain`: one rule in full.

use clap::Args;

use super::{Terminal, arguments, rules};
use crate::checks;
use crate::error::{CliError, Exit};

/// Explain a rule: what it checks, why it matters, how to fix it
#[derive(Clone, Debug, Args)]
pub struct ExplainArgs {
    /// Rule id, or a code of another tool such as IST0101, KIA1102
    pub rule: String,
}

/// Runs the command.
pub fn run(args: &ExplainArgs, terminal: &mut Terminal) -> Result<Exit, CliError> {
    let named: Vec<_> =
        checks::all().into_iter().filter(|c| c.id == args.rule || c.aliases.iter().any(|a| a.eq_ignore_ascii_case(&args.rule))).collect();
    if named.is_empty() {
        return Err(arguments::unknown_rule(&args.rule));
    }
    for check in named {
        write!(terminal.out, "{}", rules::entry(check))?;
    }
    terminal.out.flush()?;
    Ok(Exit::Ok)
}
