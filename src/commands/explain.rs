//! `explain`: one rule in full.

use clap::Args;

use super::{Terminal, rules};
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
        let near = nearest(&args.rule);
        let error = CliError::usage(format!("no rule or code is called {:?}", args.rule)).hint("`kubectl mesh rules` lists them");
        return Err(if near.is_empty() { error } else { error.hint(format!("did you mean {}?", near.join(", "))) });
    }
    for check in named {
        write!(terminal.out, "{}", rules::entry(check))?;
    }
    terminal.out.flush()?;
    Ok(Exit::Ok)
}

/// Up to three rules that share most words with what was typed.
fn nearest(typed: &str) -> Vec<&'static str> {
    let words: Vec<String> = typed.to_ascii_lowercase().split('-').map(str::to_owned).collect();
    let shared = |id: &str| id.split('-').filter(|w| words.iter().any(|typed| typed == w)).count();
    let mut scored: Vec<_> = checks::all().into_iter().map(|c| (shared(c.id), c.id)).filter(|(n, _)| *n >= 2).collect();
    scored.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
    scored.into_iter().take(3).map(|(_, id)| id).collect()
}
