use crate::checks::Findings;
use crate::mesh::istio::visibility::Visibility;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A ServiceEntry for all hosts of a top-level domain (`*.com`, `*.local`) or for all there are is exported to every namespace.
    ///
    /// # Why it matters
    ///
    /// Every namespace of the mesh gets a service for hosts that nobody thought of: `REGISTRY_ONLY` is undone, and `*.local` catches misspelt
    /// names of the cluster's own Services.
    ///
    /// # How to fix it
    ///
    /// Name the domains that are needed, or set `exportTo: ["."]`.
    ///
    /// Sources: istio/api `networking/v1alpha3/service_entry.proto` (hosts, export_to).
    "istio-service-entry-broad-wildcard",
    summary: "ServiceEntry for a whole top-level domain is exported to every namespace",
    severity: Severity::Warning,
    category: Category::Traffic,
    mesh: MeshTag::Istio,
    needs: &[Kind::ServiceEntry],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for entry in world.index.objects(Kind::ServiceEntry) {
        if !Visibility::of_object(entry, &world.istio.config.default_export_to[0]).is_everyone() {
            continue;
        }
        for (host, at) in entry.spec().texts("hosts") {
            // Istio refuses "*" itself.
            let broad = host != "*" && host.strip_prefix('*').is_some_and(|rest| !rest.trim_start_matches('.').contains('.'));
            if broad {
                let message = format!("host {host:?} is exported to every namespace");
                findings.add(entry, at.path(), message, "Name the domains that are needed, or set exportTo: [\".\"].");
            }
        }
    }
}
