//! From flags to a [`World`]: the one place where a source is chosen.

use std::collections::BTreeSet;
use std::io;

use jiff::Timestamp;

use super::Terminal;
use crate::cli::GlobalArgs;
use crate::cluster::files::{self, Ignored};
use crate::error::CliError;
use crate::index::Index;
use crate::model::{Kind, ObjectRef, Str};
use crate::world::{SourceInfo, SourceKind, World};

/// What a command wants to read.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    /// Kinds it needs; sources that hold everything anyway (files, snapshots) ignore this.
    pub kinds: BTreeSet<Kind>,
}

/// A world, and what was passed over while reading it.
#[derive(Debug)]
pub struct Loaded {
    /// The world.
    pub world: World,
    /// Documents of the files that are no objects this tool reads.
    pub ignored: Vec<Ignored>,
    /// With files laid over a cluster, the objects that come from the files.
    pub laid_over: Option<BTreeSet<ObjectRef>>,
}

/// Reads what the flags name.
#[expect(clippy::unused_async, reason = "the live source waits")]
pub(super) async fn load(global: &GlobalArgs, _wish: &Wish, terminal: &mut Terminal) -> Result<Loaded, CliError> {
    let source = &global.source;
    if source.filename.is_empty() {
        return Err(CliError::usage("no source"));
    }
    let namespace = global.cluster.namespace.clone().unwrap_or_else(|| "default".into());
    let manifests = files::read(&source.filename, source.recursive, &namespace, &mut io::stdin().lock())?;
    for ignored in manifests.ignored.iter().filter(|i| i.suspicious) {
        terminal.note(format!("{}:{}: {}", ignored.file, ignored.line, ignored.what));
    }
    let name = source.filename.iter().map(|p| p.display().to_string()).collect::<Vec<_>>().join(", ");
    let info = SourceInfo { kind: SourceKind::Files, name: Str::from(name) };
    Ok(Loaded { world: World::new(Index::new(manifests.inventory), info, Timestamp::now()), ignored: manifests.ignored, laid_over: None })
}
