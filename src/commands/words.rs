//! What commands about workloads have in common: the argument, the empty result, the exit code.

use std::collections::BTreeSet;

use super::Terminal;
use crate::cli::GlobalArgs;
use crate::error::{CliError, Exit};
use crate::facts::{self, NotFound, Target};
use crate::model::{Gap, Kind, ObjectRef};
use crate::output;
use crate::world::{Sight, SourceKind, World};

/// What the words of a command line name; nothing when there are none.
pub(super) fn target<'w>(world: &'w World, words: &[String], global: &GlobalArgs) -> Result<Option<Target<'w>>, CliError> {
    if words.is_empty() {
        return Ok(None);
    }
    facts::find(world, words, namespace(global)).map(Some).map_err(not_found)
}

/// The objects that the words of a command line name, of any kind; nothing when there are no words.
pub(super) fn objects(world: &World, words: &[String], global: &GlobalArgs) -> Result<Option<BTreeSet<ObjectRef>>, CliError> {
    if words.is_empty() {
        return Ok(None);
    }
    facts::objects(world, words, namespace(global)).map(Some).map_err(not_found)
}

fn namespace(global: &GlobalArgs) -> Option<&str> {
    global.cluster.namespace.as_deref().filter(|_| !global.cluster.all_namespaces)
}

/// What is not there is the user's slip, unless it may hide in what could not be read.
fn not_found(NotFound { message, hint, unread }: NotFound) -> CliError {
    match unread {
        None => CliError::usage(message).hint(hint),
        Some(unread) => CliError::unreadable(message).hint(hint).hint(format!("it may be there all the same: {unread}")),
    }
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
