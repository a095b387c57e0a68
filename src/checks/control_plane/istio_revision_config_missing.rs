use crate::checks::Findings;
use crate::checks::support::istio::platform::planes::report;
use crate::mesh::istio::DEFAULT;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::{Sight, SourceKind, World};

crate::check! {
    /// # What it checks
    ///
    /// istiod of a revision runs in this cluster, and a ConfigMap that it reads is not in its namespace: `istio-sidecar-injector[-REVISION]`, with
    /// the templates of what it injects, or `istio[-REVISION]`, with the mesh's configuration.
    ///
    /// # Why it matters
    ///
    /// Without the first, istiod cannot inject, and pods that its webhooks match are refused after its next restart. Without the second it goes by
    /// defaults: trust domain, access log, root namespace and all else that was set.
    ///
    /// # How to fix it
    ///
    /// Install the revision again with its values; that brings the ConfigMap back. If the revision was to be removed, remove its istiod too.
    ///
    /// Sources: istio `manifests/charts/istio-control/istio-discovery/templates`, `pilot/cmd/pilot-discovery`; no other tool looks.
    "istio-revision-config-missing",
    summary: "istiod runs without the ConfigMap of its revision",
    severity: Severity::Warning,
    category: Category::ControlPlane,
    mesh: MeshTag::Istio,
    needs: &[Kind::ConfigMap, Kind::Pod, Kind::Deployment],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    if !matches!(world.source.kind, SourceKind::Cluster | SourceKind::Snapshot) {
        return;
    }
    for plane in world.istio.control_planes.iter().filter(|plane| plane.ready.is_some_and(|ready| ready > 0)) {
        if world.sight(Kind::ConfigMap, &plane.namespace) != Sight::Clear {
            continue;
        }
        let revision = plane.revision.as_deref().unwrap_or(DEFAULT);
        let suffix = if revision == DEFAULT { String::new() } else { format!("-{revision}") };
        let lost = [("istio-sidecar-injector", "pods cannot be injected after its next restart"), ("istio", "istiod goes by defaults")];
        for (base, then) in lost {
            let name = format!("{base}{suffix}");
            if world.index.object(Kind::ConfigMap, &plane.namespace, &name).is_some() {
                continue;
            }
            let what = format!("istiod of revision {revision:?} reads ConfigMap {name:?}, which does not exist: {then}");
            let hint = "Install the revision again with its values, or remove its istiod.";
            if let Some(finding) = report(world, findings, plane, what, hint) {
                finding.detail(name);
            }
        }
    }
}
