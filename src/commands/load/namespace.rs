//! Whether the namespace that was named exists: a misspelt one holds nothing wrong, and that must not read as "fine".

use std::collections::BTreeSet;

use super::Terminal;
use crate::error::CliError;
use crate::model::{Gap, Kind, did_you_mean};
use crate::world::{Sight, SourceKind, World};

/// Fails when there is no namespace called `name`, and says so when that could not be found out.
pub(super) fn verify(name: &str, world: &World, terminal: &mut Terminal) -> Result<(), CliError> {
    let inventory = world.index.inventory();
    let held = world.source.kind == SourceKind::Snapshot || world.source.kind == SourceKind::Demo;
    if held && !inventory.scope.is_empty() && !inventory.scope.contains(name) {
        let taken = inventory.scope.iter().map(crate::model::Str::as_str).collect::<Vec<_>>().join(", ");
        return Err(CliError::unreadable(format!("the snapshot was taken of namespace {taken} alone"))
            .hint(format!("take one of {name}, or of all namespaces, to look at it")));
    }
    if world.index.namespace(name).is_some() {
        return Ok(());
    }
    let used = used(world);
    // An object proves its namespace; files rarely hold the Namespace itself.
    if used.contains(name) || (world.source.kind == SourceKind::Files && used.is_empty()) {
        return Ok(());
    }
    let known = used.iter().copied().chain(inventory.namespaces.iter().map(|ns| ns.metadata.name.as_str()));
    let place = match world.source.kind {
        SourceKind::Files => "no object of the files is in it".to_owned(),
        kind => format!("the {} has none of that name", kind.name()),
    };
    let error = CliError::usage(format!("there is no namespace {name:?}: {place}"));
    let missing = || Err(did_you_mean(name, known).into_iter().fold(error, CliError::hint));
    // A server that does not even know what a namespace is has not told anything about this one.
    let failed = inventory.gaps.iter().any(|gap| matches!(gap, Gap::Incomplete { kind: Kind::Namespace, .. }));
    if !failed && inventory.absent.contains(&(Kind::Namespace, "".into(), name.into())) {
        return missing();
    }
    match world.sight(Kind::Namespace, name) {
        Sight::Clear | Sight::NotInFiles => missing(),
        Sight::Hidden(gap) => {
            let why = gap.map_or_else(String::new, |gap| format!(": {gap}"));
            terminal.note(format!("whether there is a namespace {name} could not be verified{why}"));
            Ok(())
        }
    }
}

/// Namespaces that objects are in.
fn used(world: &World) -> BTreeSet<&str> {
    world.index.inventory().metas().map(|(_, meta)| meta.namespace.as_str()).filter(|namespace| !namespace.is_empty()).collect()
}
