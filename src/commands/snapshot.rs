//! `snapshot`: save what this tool reads, to be asked again anywhere.

use std::io::{self, IsTerminal as _, Write};
use std::path::PathBuf;

use clap::{Args, ValueEnum as _};

use super::{ReadRequest, Terminal, file, load};
use crate::cli::GlobalArgs;
use crate::cluster::snapshot::{self, SnapshotError, Taken};
use crate::error::{CliError, Exit};
use crate::mesh::install::Install;
use crate::model::ServerVersion;
use crate::output::{self, Format};

const EXAMPLES: &str = "\
Examples:
  kubectl mesh snapshot -o state.tar.zst         # the whole cluster, without keys and tokens
  kubectl mesh snapshot -n shop -o shop.tar.zst  # one namespace and what it depends on
  kubectl mesh check --snapshot state.tar.zst    # ask later, elsewhere";

/// Save what this tool reads of a cluster to a file
///
/// Every reading command takes the file with --snapshot, on any machine and without the cluster. It holds no Secret data but public certificates,
/// no environment variables but the proxies' own, and nothing under names such as password or token.
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct SnapshotArgs {
    /// File to write, readable by you alone; - for standard output
    #[arg(short, long, value_name = "FILE.tar.zst")]
    pub output: PathBuf,
    /// Replace the file if it exists
    #[arg(long)]
    pub force: bool,
    /// Also ask what `check --pre` judges by: the server's version and what you may do
    #[arg(long)]
    pub pre: bool,
}

/// What it reads.
pub(super) fn request(pre: bool) -> ReadRequest {
    ReadRequest { install: pre.then(Install::usual), ..ReadRequest::everything() }
}

/// Runs the command.
pub async fn run(args: &SnapshotArgs, global: &GlobalArgs, terminal: &mut Terminal) -> Result<Exit, CliError> {
    let path = args.output.display();
    let to_stdout = args.output.as_os_str() == "-";
    if Format::value_variants().iter().any(|format| format.to_possible_value().is_some_and(|value| args.output.as_os_str() == value.get_name())) {
        return Err(CliError::usage(format!("-o names the file of a snapshot, and {path} looks like an output format"))
            .hint(format!("a snapshot has one format, .tar.zst; write -o ./{path} if the file is to be called so")));
    }
    if !to_stdout && args.output.exists() && !args.force {
        return Err(CliError::usage(format!("{path} exists already")).hint("choose another name, or add --force to replace it"));
    }
    if to_stdout && io::stdout().is_terminal() {
        return Err(CliError::usage("a snapshot is no text for a terminal").hint("send it to a file or another program"));
    }
    let loaded = load::load(global, &request(args.pre), terminal).await?;
    let world = &loaded.world;
    let inventory = world.index.inventory();
    let missing: Vec<String> = inventory.gaps.iter().filter(|gap| gap.hides_objects()).map(ToString::to_string).collect();
    if inventory.is_empty() {
        return Err(missing.iter().take(5).fold(CliError::unreadable("there is nothing to save: no object could be read"), CliError::hint));
    }
    let taken = Taken {
        context: world.source.name.to_string(),
        at: world.now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        by: env!("CARGO_PKG_VERSION").to_owned(),
        server_version: match inventory.server.as_ref().map(|server| &server.version) {
            Some(ServerVersion::Known(version)) => version.to_string(),
            _ => String::new(),
        },
    };
    let partial = if missing.is_empty() { String::new() } else { format!("partial, {} could not be read: ", counted(missing.len())) };
    if to_stdout {
        let mut out = Terminal::verbatim();
        snapshot::write(inventory, &taken, &mut out).map_err(|error| match error {
            SnapshotError::Io(error) => CliError::from(error),
            error => CliError::internal(error),
        })?;
        out.flush()?;
        terminal.note(format!("{partial}{}", output::counted(inventory.len(), "object")));
    } else {
        let write = |out: &mut dyn Write| snapshot::write(inventory, &taken, out);
        file::put(&args.output, None, args.force, write).map_err(|e| CliError::usage(format!("cannot write {path}: {e}")))?;
        let size = std::fs::metadata(&args.output).map(|m| m.len()).unwrap_or_default();
        writeln!(terminal.out, "{path}: {partial}{}, {size} bytes", output::counted(inventory.len(), "object"))?;
        terminal.out.flush()?;
    }
    for gap in missing {
        terminal.note(format!("not in it: {gap}"));
    }
    Ok(Exit::Ok)
}

fn counted(n: usize) -> String {
    if n == 1 { "1 list or object".to_owned() } else { format!("{n} lists or objects") }
}
