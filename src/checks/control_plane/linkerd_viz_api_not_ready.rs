use crate::checks::Findings;
use crate::checks::support::linkerd::platform::extensions::EXTENSION;
use crate::index::Workload;
use crate::mesh::counts;
use crate::model::{Kind, Namespace};
use crate::report::{Category, MeshTag, Severity};
use crate::world::{SourceKind, World};

crate::check! {
    /// # What it checks
    ///
    /// Viz runs metrics-api, and its commands cannot use it: there is no Service `metrics-api`, no pod behind it is ready, or the Prometheus in the
    /// same namespace that it asks is not ready.
    ///
    /// # Why it matters
    ///
    /// `linkerd viz stat`, `edges` and the dashboard fail or stay empty.
    ///
    /// # How to fix it
    ///
    /// Look at the events and logs of the pods in question; bring back a Service that is gone by upgrading viz with its values.
    ///
    /// Sources: linkerd `viz/pkg/healthcheck/healthcheck.go` (can initialize the client, viz extension self-check). This tool asks the API server
    /// rather than metrics-api itself, so it does not see a Prometheus outside of the namespace.
    "linkerd-viz-api-not-ready",
    summary: "The API of viz, or the Prometheus that it asks, is not ready",
    aliases: &["l5d-viz-existence-client", "l5d-viz-metrics-api"],
    severity: Severity::Error,
    category: Category::ControlPlane,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::Namespace, Kind::Service, Kind::Pod, Kind::Deployment, Kind::StatefulSet],
    run: run,
}

const EXTERNAL: &str = "viz.linkerd.io/external-prometheus";

fn run(world: &World, findings: &mut Findings<'_>) {
    for namespace in world.index.namespaces().iter().filter(|n| n.metadata.labels.is(EXTENSION, "viz")) {
        let name = namespace.metadata.name.as_str();
        let part = |wanted: &str| world.index.workloads_in(name).iter().find(|w| w.labels.is("component", wanted));
        // Where it does not run at all, viz is incomplete, which has a rule of its own.
        let Some(api) = part("metrics-api") else { continue };
        judge(world, namespace, api, findings);
        let prometheus = part("prometheus").filter(|_| !namespace.metadata.annotations.has(EXTERNAL));
        if let Some(prometheus) = prometheus.filter(|p| is_down(world, p)) {
            let what = "Prometheus has no ready pod, so that viz's API has nothing to answer with";
            findings.add_workload(prometheus, "", what, "Read its pods' events and logs.").codes(&["l5d-viz-metrics-api"]);
        }
    }
}

fn judge(world: &World, namespace: &Namespace, api: &Workload, findings: &mut Findings<'_>) {
    let name = namespace.metadata.name.as_str();
    let Some(service) = world.index.service(name, "metrics-api") else {
        if !matches!(world.source.kind, SourceKind::Files | SourceKind::Overlay) {
            let what = "Service \"metrics-api\" does not exist: viz's commands reach no API";
            findings.missing(namespace, "", &[(Kind::Service, name)], what, "Upgrade viz with its values.");
        }
        return;
    };
    if !service.spec.selector.is_empty() && !service.selects(&api.labels) {
        let what = "no pod of metrics-api has the labels that this Service selects";
        findings.add(service, "spec.selector", what, "Upgrade viz with its values.");
    } else if is_down(world, api) {
        findings.add_workload(api, "", "metrics-api has no ready pod: viz's commands get no answer", "Read its pods' events and logs.");
    }
}

/// Whether pods are wanted and none is ready; manifests tell of no pods.
fn is_down(world: &World, workload: &Workload) -> bool {
    counts(&world.index, workload).is_some_and(|(ready, wanted)| ready == 0 && wanted > 0)
}
