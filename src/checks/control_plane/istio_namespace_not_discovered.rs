use crate::checks::Findings;
use crate::mesh::istio::labels::{namespace_injects, namespace_is_ambient};
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// MeshConfig limits istiod to some namespaces (`discoverySelectors`), and a namespace that is labelled for the mesh is not among them, or the
    /// root namespace is not.
    ///
    /// # Why it matters
    ///
    /// Injection does not heed the selectors: pods get a sidecar that knows no service and lacks the root certificate, so it does not start. If the
    /// root namespace is left out, all mesh-wide policies are ignored, mutual TLS and authorization among them.
    ///
    /// # How to fix it
    ///
    /// Give the namespace a label that a selector asks for, or add a selector.
    ///
    /// Sources: istio `pkg/kube/namespace/filter.go`; no other tool reports it.
    "istio-namespace-not-discovered",
    summary: "Namespace of the mesh lies outside of discoverySelectors",
    severity: Severity::Error,
    category: Category::ControlPlane,
    mesh: MeshTag::Istio,
    needs: &[Kind::Namespace, Kind::ConfigMap],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let config = &world.istio.config;
    for namespace in world.index.namespaces() {
        let meta = &namespace.metadata;
        let root = meta.name == world.istio.root_namespace();
        if config.discovers(namespace) || !(root || namespace_injects(&meta.labels) || namespace_is_ambient(&meta.labels)) {
            continue;
        }
        let message = if root {
            "the root namespace matches no discoverySelector: istiod ignores all mesh-wide policies in it"
        } else {
            "the namespace is labelled for the mesh but matches no discoverySelector: its proxies get no configuration"
        };
        let finding = findings.add(namespace, "metadata.labels", message, "Give it a label that a discoverySelector of MeshConfig asks for.");
        if let Some(object) = &config.object {
            finding.related(object.clone(), "discoverySelectors");
        }
    }
}
