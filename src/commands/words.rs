//! What commands about workloads have in common: the argument, the empty result, the exit code.

use super::Terminal;
use crate::cli::GlobalArgs;
use crate::error::{CliError, Exit};
use crate::facts::{self, NotFound, Target};
use crate::model::{Gap, Kind};
use crate::output;
use crate::world::{Sight, SourceKind, World};

/// What the words of a command line name; nothing when there are none.
pub(super) fn target<'w>(world: &'w World, words: &[String], global: &GlobalArgs) -> Result<Option<Target<'w>>, CliError> {
    if words.is_empty() {
        return Ok(None);
    }
    let namespace = global.cluster.namespace.as_deref().filter(|_| !global.cluster.all_namespaces);
    facts::find(world, words, namespace).map(Some).map_err(|NotFound { message, hint }| {
        let gap = facts::gaps(world, facts::MEMBERSHIP_KINDS);
        let error = if gap.is_empty() { CliError::usage(message) } else { CliError::unreadable(message) };
        gap.iter().fold(error.hint(hint), |error, gap| error.hint(gap.to_string()))
    })
}

/// Says that nothing was found, where it was looked for, and what to do.
pub(super) fn nothing(what: &str, world: &World, terminal: &mut Terminal) {
    let looked = world.index.inventory().len();
    terminal.note(format!("No {what} found {} ({looked} objects were looked at).", output::place(world)));
    let advice = match (world.source.kind, world.only_namespace()) {
        (_, Some(_)) => "-A looks at all namespaces.",
        (SourceKind::Files, None) => "Name manifests of Deployments and their like with -f, or add --with-cluster.",
        _ => "`kubectl mesh status --demo` shows what it looks like with a mesh.",
    };
    terminal.note(advice);
}

/// The exit code of a report: it fails only when what was refused left nothing to judge by.
pub(super) fn judged(world: &World, gaps: &[Gap], nothing_known: bool) -> Exit {
    let no_pods = world.index.workloads().is_empty() && matches!(world.sight(Kind::Pod, ""), Sight::Hidden(Some(_)));
    let refused = gaps.iter().any(|g| matches!(g, Gap::Forbidden { .. }));
    if no_pods || (nothing_known && refused) { Exit::Unreadable } else { Exit::Ok }
}
