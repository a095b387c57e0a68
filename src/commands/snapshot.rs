//! `snapshot`: save what this tool reads, to be asked again anywhere.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

use clap::Args;

use super::{Terminal, Wish, load};
use crate::cli::GlobalArgs;
use crate::cluster::snapshot::{self, Taken};
use crate::error::{CliError, Exit};
use crate::mesh::install::{Install, Target};
use crate::model::{MeshId, Told};

/// Save what this tool reads of a cluster to a file
///
/// Every reading command takes the file with --snapshot, on any machine and without the cluster. It holds no Secret data but public certificates,
/// no environment variables but the proxies' own, and nothing under names such as password or token.
#[derive(Clone, Debug, Args)]
pub struct SnapshotArgs {
    /// File to write
    #[arg(short, long, value_name = "FILE.tar.zst")]
    pub output: PathBuf,
    /// Replace the file if it exists
    #[arg(long)]
    pub force: bool,
    /// Also ask what `check --pre` judges by: the server's version and what you may do
    #[arg(long)]
    pub pre: bool,
}

/// Runs the command.
pub async fn run(args: &SnapshotArgs, global: &GlobalArgs, terminal: &mut Terminal) -> Result<Exit, CliError> {
    let path = args.output.display();
    if args.output.exists() && !args.force {
        return Err(CliError::usage(format!("{path} exists already")).hint("choose another name, or add --force to replace it"));
    }
    let planned = || Install { targets: [MeshId::Istio, MeshId::Linkerd].map(Target::usual).into(), from_version: None };
    let wish = Wish { install: args.pre.then(planned), ..Wish::everything() };
    let loaded = load::load(global, &wish, terminal).await?;
    let world = &loaded.world;
    let inventory = world.index.inventory();
    let taken = Taken {
        context: world.source.name.to_string(),
        at: world.now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        by: env!("CARGO_PKG_VERSION").to_owned(),
        server_version: match inventory.server.as_ref().map(|server| &server.version) {
            Some(Told::Known(version)) => version.to_string(),
            _ => String::new(),
        },
    };
    let failed = |e: &dyn std::fmt::Display| CliError::usage(format!("cannot write {path}: {e}"));
    // Beside the target first: a full disk or an interruption must not leave half a snapshot under a good name.
    let beside = args.output.with_extension("partial");
    let mut file = BufWriter::new(File::create(&beside).map_err(|e| failed(&e))?);
    snapshot::write(inventory, &taken, &mut file).map_err(|e| failed(&e))?;
    file.flush().map_err(|e| failed(&e))?;
    std::fs::rename(&beside, &args.output).map_err(|e| failed(&e))?;
    let size = std::fs::metadata(&args.output).map(|m| m.len()).unwrap_or_default();
    writeln!(terminal.out, "{path}: {} objects, {size} bytes", inventory.len())?;
    terminal.out.flush()?;
    for gap in inventory.gaps.iter().filter(|g| g.hides_objects()) {
        terminal.note(format!("not in it: {gap}"));
    }
    Ok(Exit::Ok)
}
