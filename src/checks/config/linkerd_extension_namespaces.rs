use std::collections::BTreeMap;

use crate::checks::Findings;
use crate::checks::support::linkerd::platform::extensions::EXTENSION;
use crate::model::{Kind, Namespace, Subject as _, key};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// More than one namespace says that it holds the same extension (label `linkerd.io/extension`).
    ///
    /// # Why it matters
    ///
    /// Tools take either of them: commands of the extension then look at the wrong one and find nothing.
    ///
    /// # How to fix it
    ///
    /// Remove the label from the namespace that does not hold the extension, or uninstall the second copy.
    ///
    /// Sources: linkerd `pkg/healthcheck/healthcheck.go` (namespace configuration for extensions).
    "linkerd-extension-namespaces",
    summary: "Several namespaces claim the same extension",
    aliases: &["l5d-extension-namespaces"],
    severity: Severity::Warning,
    category: Category::Config,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::Namespace],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let mut by_name: BTreeMap<&str, Vec<&Namespace>> = BTreeMap::new();
    for namespace in world.index.namespaces() {
        if let Some(extension) = namespace.metadata.labels.get(EXTENSION) {
            by_name.entry(extension).or_default().push(namespace);
        }
    }
    for (extension, namespaces) in by_name {
        let Some((first, others)) = namespaces.split_first() else { continue };
        for other in others {
            findings
                .add(
                    *other,
                    format!("metadata.labels{}", key(EXTENSION)),
                    format!("namespaces {} and {} both claim extension {extension:?}", first.metadata.name, other.metadata.name),
                    "Remove the label from the one that does not hold the extension.",
                )
                .related(first.reference(), "claims it too");
        }
    }
}
