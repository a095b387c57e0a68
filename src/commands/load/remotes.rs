//! Other clusters, to be compared with the one that a command is about.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::Args;
use futures::future::join_all;

use super::reading::Reading;
use super::{connection, saved};
use crate::cli::GlobalArgs;
use crate::cluster::live::{Connection, Scope};
use crate::commands::Terminal;
use crate::error::CliError;
use crate::index::Index;
use crate::model::{Coverage, Gap, Inventory, Kind, Str};
use crate::world::{SourceInfo, SourceKind, World};

/// Which clusters to compare with. Contexts and files have a flag each, since both are free text and a context may look like a path.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Other clusters")]
pub struct RemoteArgs {
    /// Compare with the cluster of this kubeconfig context (can be repeated)
    #[arg(long, alias = "remote-contexts", value_name = "CONTEXT")]
    pub remote_context: Vec<String>,
    /// Compare with another cluster's saved state (can be repeated)
    #[arg(long, value_name = "FILE")]
    pub remote_snapshot: Vec<PathBuf>,
}

impl RemoteArgs {
    /// Whether none are named.
    pub fn is_empty(&self) -> bool {
        self.remote_context.is_empty() && self.remote_snapshot.is_empty()
    }
}

/// Other clusters on the way to being read.
pub(crate) struct Remotes {
    live: Vec<(Str, Connection)>,
    saved: Vec<(Str, Inventory)>,
}

impl Remotes {
    /// Resolves the contexts and opens the files: what is misspelt is said before any cluster is read.
    pub(crate) async fn open(args: &RemoteArgs, global: &GlobalArgs) -> Result<Self, CliError> {
        let mut remotes = Self { live: Vec::new(), saved: Vec::new() };
        for context in &args.remote_context {
            let connection = connection(global, Some(context)).await.map_err(|e| of_remote(context, e))?;
            remotes.live.push((context.as_str().into(), connection));
        }
        for path in &args.remote_snapshot {
            let (inventory, taken) = saved(path)?;
            // Clusters at different places share context names such as `kind-kind`; their files cannot share a path.
            remotes.saved.push((format!("{} ({})", taken.context, path.display()).into(), inventory));
        }
        let mut names = BTreeSet::new();
        if let Some(twice) = remotes.names().find(|name| !names.insert(*name)) {
            return Err(CliError::usage(format!("cluster {twice} is to be compared with twice")));
        }
        Ok(remotes)
    }

    fn names(&self) -> impl Iterator<Item = &Str> {
        self.live.iter().map(|(name, _)| name).chain(self.saved.iter().map(|(name, _)| name))
    }

    /// Reads `kinds` of all clusters at once, in the namespaces that were read of the `local` one. A cluster that cannot be read is one big gap.
    pub(crate) async fn read(self, mut kinds: BTreeSet<Kind>, local: &World, terminal: &mut Terminal) -> Result<Vec<World>, CliError> {
        if local.source.kind == SourceKind::Cluster && self.names().any(|name| *name == local.source.name) {
            return Err(CliError::usage(format!("cluster {} cannot be compared with itself", local.source.name))
                .hint("--context names the cluster to check, --remote-context another one"));
        }
        if kinds.is_empty() {
            return Ok(Vec::new());
        }
        // They tell where a control plane lives.
        kinds.insert(Kind::MutatingWebhookConfiguration);
        let scope = local.index.inventory().scope.clone();
        let scope = if scope.is_empty() { Scope::All } else { Scope::Some(scope) };
        let read = async |connection: &Connection| Reading::of(scope.clone(), kinds.clone(), Vec::new()).read(connection, &()).await;
        let answers = join_all(self.live.iter().map(|(_, connection)| read(connection))).await;
        let mut found = Vec::new();
        for ((name, _), answer) in self.live.iter().zip(answers) {
            let inventory = answer.unwrap_or_else(|error| {
                terminal.note(format!("cluster {name}: {}", error.message));
                unread(&kinds, &error.message)
            });
            found.push((SourceKind::Cluster, name.clone(), inventory));
        }
        found.extend(self.saved.into_iter().map(|(name, inventory)| (SourceKind::Snapshot, name, inventory)));
        let world = |(kind, name, inventory)| World::new(Index::new(inventory), SourceInfo { kind, name }, local.now);
        Ok(found.into_iter().map(world).collect())
    }
}

/// What is known of a cluster that did not answer.
fn unread(kinds: &BTreeSet<Kind>, why: &str) -> Inventory {
    let gap = |kind: &Kind| Gap::Incomplete { kind: *kind, namespace: Str::default(), detail: why.into() };
    Inventory {
        gaps: kinds.iter().map(gap).collect(),
        coverage: kinds.iter().map(|kind| (*kind, Coverage::Hidden)).collect(),
        ..Inventory::default()
    }
}

/// The error of a connection, under the name of the cluster and the flag that names it.
fn of_remote(context: &str, error: CliError) -> CliError {
    let hints = error.hints.iter().map(|hint| hint.replace("--context", "--remote-context")).collect();
    CliError { message: format!("cluster {context}: {}", error.message), hints, ..error }
}
