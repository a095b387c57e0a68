//! How help and mistakes of typing look: each command shows its own flags, `options` those of every command, and the commands of other tools are
//! answered with ours.

use std::ffi::OsString;
use std::io::{self, Write as _};

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Command, CommandFactory as _, FromArgMatches as _};

use super::Cli;
use crate::commands::renamed;
use crate::plugin::plugin;

/// Commands that read no objects: flags of clusters and files mean nothing to them.
const READ_NOTHING: [&str; 4] = ["completion", "explain", "options", "rules"];

/// What people type who know another tool, and the command here that answers it.
const ELSEWHERE: [(&str, &str); 13] = [
    ("analyze", "check"),
    ("lint", "check"),
    ("verify-install", "check"),
    ("describe", "status"),
    ("check-inject", "injection"),
    ("authz", "policy"),
    ("authn", "mtls"),
    ("tls-check", "mtls"),
    ("identity", "status"),
    ("bug-report", "snapshot"),
    ("diagnostics", "check"),
    ("trace", "why"),
    ("precheck", "check --pre"),
];

/// Parses the command line of this process.
pub fn parse() -> Result<Cli, clap::Error> {
    parse_from(std::env::args_os())
}

/// Prints help or a mistake to where it belongs.
pub fn tell(told: &clap::Error) -> io::Result<()> {
    if plugin().as_written() {
        return told.print();
    }
    let text = told.render().to_string();
    let text = renamed(&text);
    if told.use_stderr() { write!(io::stderr(), "{text}") } else { write!(io::stdout(), "{text}") }
}

fn parse_from(words: impl IntoIterator<Item = impl Into<OsString>>) -> Result<Cli, clap::Error> {
    let words: Vec<OsString> = words.into_iter().map(Into::into).collect();
    let mut command = folded(Cli::command(), &words);
    let matches = command.try_get_matches_from_mut(words).and_then(|matches| Cli::from_arg_matches(&matches));
    matches.map_err(|error| explained(error, &command))
}

/// The flags of every command, by heading.
pub fn options() -> StyledStr {
    let flags = Cli::command().get_arguments().filter(|arg| arg.is_global_set()).cloned().collect::<Vec<Arg>>();
    let mut all = Command::new("options").disable_help_flag(true).help_template("{all-args}").max_term_width(120).args(flags);
    all.render_help()
}

/// Leaves the flags of every command to `options`, in the help of the commands that are named: nobody will see that of the others.
fn folded(command: Command, words: &[OsString]) -> Command {
    let command = command.mut_args(|arg| if arg.is_global_set() { arg.hide(true) } else { arg });
    pointing_below(command, words).after_help("`kubectl mesh options` lists the flags of every command, `kubectl mesh COMMAND --help` those of one.")
}

fn pointing_below(command: Command, words: &[OsString]) -> Command {
    let named = |sub: &&Command| words.iter().any(|word| word == sub.get_name() || sub.get_all_aliases().any(|alias| word == alias));
    let names: Vec<String> = command.get_subcommands().filter(named).map(|sub| sub.get_name().to_owned()).collect();
    names.into_iter().fold(command, |command, name| command.mut_subcommand(name, |sub| pointing(sub, words)))
}

fn pointing(command: Command, words: &[OsString]) -> Command {
    let command = pointing_below(command, words);
    if command.is_hide_set() || READ_NOTHING.contains(&command.get_name()) {
        return command;
    }
    let pointer = "Which cluster, namespace or files (-n, -A, --context, -f, -k, --snapshot, --demo): kubectl mesh options";
    let footer = match command.get_after_help() {
        Some(examples) => format!("{examples}\n\n{pointer}"),
        None => pointer.to_owned(),
    };
    command.after_help(footer)
}

/// The error without advice that does not help, and with a pointer where another tool's command was typed.
fn explained(mut error: clap::Error, command: &Command) -> clap::Error {
    // `use '-- -x'` turns a misspelt flag into the name of an object.
    if let Some(ContextValue::StyledStrs(tips)) = error.remove(ContextKind::Suggested) {
        let good: Vec<StyledStr> = tips.into_iter().filter(|tip| !tip.to_string().contains("use '-- ")).collect();
        if !good.is_empty() {
            error.insert(ContextKind::Suggested, ContextValue::StyledStrs(good));
        }
    }
    if error.kind() == ErrorKind::InvalidSubcommand {
        let typed = match error.get(ContextKind::InvalidSubcommand) {
            Some(ContextValue::String(typed)) => typed.clone(),
            _ => String::new(),
        };
        let ours = ELSEWHERE.iter().find(|(theirs, _)| *theirs == typed).map(|(_, ours)| *ours);
        let exists = |ours: &&str| ours.split(' ').next().is_some_and(|name| command.find_subcommand(name).is_some());
        if let Some(ours) = ours.filter(exists) {
            error.remove(ContextKind::SuggestedSubcommand);
            error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![format!("`kubectl mesh {ours}` answers that here").into()]));
        }
    }
    error
}

#[cfg(test)]
mod tests {
    use super::{ELSEWHERE, parse_from};

    fn told(words: &[&str]) -> String {
        parse_from(["kubectl-mesh"].iter().chain(words)).map_or_else(|error| error.to_string(), |_| "parsed".to_owned())
    }

    #[test]
    fn commands_of_other_tools_are_pointed_at_ours() {
        assert!(told(&["analyze"]).contains("`kubectl mesh check` answers that here"), "{}", told(&["analyze"]));
        assert!(told(&["precheck"]).contains("`kubectl mesh check --pre` answers"), "{}", told(&["precheck"]));
        assert!(told(&["chek"]).contains("check"), "{}", told(&["chek"]));
        assert!(!told(&["no-such-thing"]).contains("answers that here"));
        assert!(ELSEWHERE.iter().all(|(theirs, _)| !told(&[theirs]).contains("parsed")), "a pointer hides a command");
    }

    #[test]
    fn a_misspelt_flag_is_not_taken_for_a_name() {
        let said = told(&["check", "--nope"]);
        assert!(said.contains("unexpected argument '--nope'") && !said.contains("use '--"), "{said}");
    }
}
