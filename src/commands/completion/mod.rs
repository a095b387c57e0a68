//! `completion`: scripts for shells, and the helper that kubectl looks for.

use std::io::Write as _;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{Terminal, file};
use crate::error::{CliError, Exit};
use crate::plugin::plugin;

/// The name of the program when it is called directly.
fn binary() -> String {
    plugin().file()
}

fn examples() -> String {
    let binary = binary();
    format!(
        "\
Examples:
  kubectl mesh completion bash > ~/.local/share/bash-completion/completions/{binary}
  kubectl mesh completion zsh > \"${{fpath[1]}}/_{binary}\"
  kubectl mesh completion kubectl --install ~/.local/bin  # for `kubectl mesh <TAB>`"
    )
}

fn about() -> String {
    format!(
        "Print a completion script for a shell, or install the helper for kubectl

kubectl completes `kubectl mesh <TAB>` by running {} from PATH, which krew does not install: `completion kubectl --install DIR` puts it into a \
         directory of PATH. The other scripts complete `{}` typed as one word.",
        plugin().helper(),
        binary()
    )
}

/// Print a completion script for a shell, or install the helper for kubectl
#[derive(Clone, Debug, Args)]
#[command(long_about = about(), after_help = examples())]
pub struct CompletionArgs {
    /// Shell
    #[arg(value_enum)]
    pub shell: ShellArg,
    /// For kubectl: a directory of PATH to put the helper into
    #[arg(long, value_name = "DIR")]
    pub install: Option<PathBuf>,
}

/// Which completion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ShellArg {
    Bash,
    Zsh,
    Fish,
    Powershell,
    Elvish,
    /// The helper that kubectl runs
    Kubectl,
}

/// Runs the command.
pub fn run(args: &CompletionArgs, terminal: &mut Terminal) -> Result<Exit, CliError> {
    match (args.shell, &args.install) {
        (ShellArg::Kubectl, Some(directory)) => install(directory, terminal)?,
        (_, Some(_)) => return Err(CliError::usage("--install is for the kubectl helper; shells read the script from standard output")),
        (shell, None) => terminal.out.write_all(&script(shell))?,
    }
    terminal.out.flush()?;
    Ok(Exit::Ok)
}

/// The script for a shell.
pub fn script(shell: ShellArg) -> Vec<u8> {
    let script = match shell {
        ShellArg::Bash => include_str!("kubectl.bash"),
        ShellArg::Zsh => include_str!("kubectl.zsh"),
        ShellArg::Fish => include_str!("kubectl.fish"),
        ShellArg::Powershell => include_str!("kubectl.ps1"),
        ShellArg::Elvish => include_str!("kubectl.elv"),
        ShellArg::Kubectl => return helper().into_bytes(),
    };
    let binary = binary();
    script.replace("@BINARY@", &binary).replace("@NAME@", &binary.replace('-', "_")).into_bytes()
}

/// The helper as a script: whoever has only the one binary gets completion too.
fn helper() -> String {
    format!("#!/bin/sh\n# Run by kubectl for `kubectl mesh <TAB>`.\nexec {} __complete \"$@\"\n", binary())
}

fn install(directory: &std::path::Path, terminal: &mut Terminal) -> Result<(), CliError> {
    // What kubectl 1.26 and newer runs for `kubectl mesh <TAB>`.
    let name = plugin().helper();
    let (name, text) = if cfg!(windows) { (format!("{name}.cmd"), format!("@echo off\r\n{} __complete %*\r\n", binary())) } else { (name, helper()) };
    let path = directory.join(name);
    let failed =
        |e: std::io::Error| CliError::usage(format!("cannot write {}: {e}", path.display())).hint("name a directory of PATH you may write to");
    file::put(&path, file::executable(), true, |out| out.write_all(text.as_bytes())).map_err(failed)?;
    writeln!(terminal.out, "{} written", path.display())?;
    let on_path = std::env::var_os("PATH").is_some_and(|p| std::env::split_paths(&p).any(|d| d == directory));
    if !on_path {
        terminal.note(format!("{} is not in PATH: kubectl will not find the helper there", directory.display()));
    }
    Ok(())
}
