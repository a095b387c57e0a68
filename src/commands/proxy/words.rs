//! What the commands that ask pods have in common: which pods are meant, the way to them, and what is said of those that could not be asked.

use std::collections::BTreeSet;

use crate::cli::GlobalArgs;
use crate::cluster::live::{Connection, PodPort, Unreached};
use crate::commands::{ReadRequest, Terminal, load, words};
use crate::error::CliError;
use crate::model::{Gap, Pod};
use crate::views::{self, Target};
use crate::world::{SourceKind, World};

/// What finding pods and their control planes takes: everywhere, since a control plane is not in the namespace that is asked about.
pub(super) fn read_request() -> ReadRequest {
    ReadRequest { kinds: views::MEMBERSHIP_KINDS.iter().copied().collect(), everywhere: true, ..ReadRequest::default() }
}

/// The pods that words of the command line name: pods themselves, or those of a workload.
pub(super) fn pods<'w>(world: &'w World, names: &[String], global: &GlobalArgs) -> Result<Vec<&'w Pod>, CliError> {
    let [name] = names else { return of_workload(world, names, global) };
    let bare = ["pod/", "pods/", "po/"].iter().find_map(|kind| name.strip_prefix(kind)).unwrap_or(name);
    let namespace = words::namespace(global);
    let dotted = bare.rsplit_once('.').filter(|_| namespace.is_none());
    let is = |pod: &&Pod| {
        let meta = &pod.metadata;
        (meta.name == bare && world.in_scope(&meta.namespace)) || dotted.is_some_and(|(name, within)| meta.name == name && meta.namespace == within)
    };
    let named: Vec<&Pod> = world.index.pods().iter().filter(is).collect();
    match named.as_slice() {
        [] => of_workload(world, names, global),
        [_] => Ok(named),
        [first, ..] => {
            Err(CliError::usage(format!("{} pods are called {bare}", named.len()))
                .hint(format!("name the namespace: -n {}", first.metadata.namespace)))
        }
    }
}

fn of_workload<'w>(world: &'w World, names: &[String], global: &GlobalArgs) -> Result<Vec<&'w Pod>, CliError> {
    match words::target(world, names, global)? {
        Some(Target::Workload(workload)) => Ok(world.index.live_pods(workload).collect()),
        Some(Target::Service(_)) => Err(CliError::usage("a Service has no proxy of its own").hint("name a pod or a workload")),
        None => Ok(Vec::new()),
    }
}

/// The way to the pods of a world; nothing where it was not read from a cluster.
pub(super) async fn connection(world: &World, global: &GlobalArgs) -> Result<Option<Connection>, CliError> {
    match world.source.kind {
        SourceKind::Cluster | SourceKind::Overlay => load::connection(global, global.cluster.context.as_deref()).await.map(Some),
        SourceKind::Files | SourceKind::Snapshot | SourceKind::Demo => Ok(None),
    }
}

/// Why nothing can be asked without a cluster.
pub(super) fn no_cluster(instead: &str) -> CliError {
    CliError::usage("files tell nothing of what proxies hold: a cluster is asked, or a saved answer is read").hint(instead)
}

/// The reasons for which pods were not asked, as gaps, and what to do about them, each once.
#[derive(Default)]
pub(in crate::commands) struct Unasked {
    hints: BTreeSet<String>,
}

impl Unasked {
    pub(in crate::commands) fn gap(&mut self, at: &PodPort, why: &Unreached) -> Gap {
        self.hints.extend(why.hint());
        at.gap(why)
    }

    /// Says what to do.
    pub(in crate::commands) fn advise(self, terminal: &mut Terminal) {
        self.hints.iter().for_each(|hint| terminal.note(hint));
    }
}
