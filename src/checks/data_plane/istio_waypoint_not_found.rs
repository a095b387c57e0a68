use crate::checks::Findings;
use crate::mesh::istio::ambient::{self, Traffic, Waypoint};
use crate::mesh::istio::labels::{DATAPLANE_MODE, is_waypoint};
use crate::model::{Kind, Map, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::{Sight, World};

crate::check! {
    /// # What it checks
    ///
    /// The label `istio.io/use-waypoint` on a pod template, on a Service or on their namespace names a waypoint that does not exist, or one
    /// that is switched off by `istio.io/waypoint-for: none`. Without `istio.io/use-waypoint-namespace` it is looked for in the own namespace.
    ///
    /// # Why it matters
    ///
    /// Traffic goes straight to the pods: every HTTP policy and route that was to be enforced at the waypoint has no effect. A label on the
    /// Service or pod does not fall back to the namespace's waypoint.
    ///
    /// # How to fix it
    ///
    /// Create the waypoint (`istioctl waypoint apply --name NAME`), or correct the label.
    ///
    /// Sources: kiali KIA1313 `business/checkers/ambient/ambient_workload_checker.go` (which looks for the waypoint's
    /// Deployment, and only for pods in ambient); istio `pilot/pkg/serviceregistry/ambient/waypoints.go`.
    "istio-waypoint-not-found",
    summary: "A workload, Service or namespace asks for a waypoint that does not exist",
    aliases: &["KIA1313"],
    severity: Severity::Error,
    category: Category::DataPlane,
    mesh: MeshTag::Istio,
    needs: &[Kind::Namespace, Kind::Gateway, Kind::Pod, Kind::Service],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let index = &world.index;
    for workload in index.workloads() {
        let labels = &workload.labels;
        if labels.is(DATAPLANE_MODE, "none") || is_waypoint(labels) {
            continue;
        }
        let Some((problem, namespace)) = problem(world, labels, &workload.reference.namespace) else { continue };
        let running = workload.has_live_pods();
        let own = labels.has(ambient::USE_WAYPOINT);
        if !running && !own {
            continue;
        }
        let path = if own { "metadata.labels[\"istio.io/use-waypoint\"]" } else { "" };
        let Some(severity) = severity(world, &namespace) else {
            findings.cannot_tell(&workload.reference, format!("Gateways of namespace {namespace} were not read"));
            continue;
        };
        let finding = findings.add_workload(workload, path, problem, hint(&namespace)).severity(severity);
        finding.codes(if running { &["KIA1313"] } else { &[] });
        if let Some(namespace) = index.namespace(&workload.reference.namespace).filter(|_| !own) {
            finding.related(namespace.reference(), "carries the label istio.io/use-waypoint");
        }
    }
    for namespace in index.namespaces().iter().filter(|n| n.metadata.labels.has(ambient::USE_WAYPOINT)) {
        let meta = &namespace.metadata;
        // Where pods run, each of them is at fault.
        if index.workloads_in(&meta.name).iter().any(crate::index::Workload::has_live_pods) {
            continue;
        }
        if let Some((problem, home)) = problem(world, &meta.labels, &meta.name)
            && let Some(severity) = severity(world, &home)
        {
            findings.add(namespace, "metadata.labels[\"istio.io/use-waypoint\"]", problem, hint(&home)).severity(severity).codes(&[]);
        }
    }
    for service in index.services().iter().filter(|s| s.metadata.labels.has(ambient::USE_WAYPOINT)) {
        let meta = &service.metadata;
        if let Some((problem, namespace)) = problem(world, &meta.labels, &meta.namespace) {
            let Some(severity) = severity(world, &namespace) else {
                findings.cannot_tell(&service.reference(), format!("Gateways of namespace {namespace} were not read"));
                continue;
            };
            findings.add(service, "metadata.labels[\"istio.io/use-waypoint\"]", problem, hint(&namespace)).severity(severity).codes(&[]);
        }
    }
}

fn hint(namespace: &str) -> String {
    format!("Create the waypoint in namespace {namespace:?}, or correct the label.")
}

/// How much a missing waypoint means: files without any Gateway do not show that the cluster has none.
fn severity(world: &World, namespace: &str) -> Option<Severity> {
    match world.sight(Kind::Gateway, namespace) {
        Sight::Clear => Some(Severity::Error),
        Sight::NotInFiles => Some(Severity::Info),
        Sight::Hidden(_) => None,
    }
}

/// What is wrong with the waypoint that is asked for, and the namespace it should be in.
fn problem(world: &World, labels: &Map, namespace: &str) -> Option<(String, String)> {
    let (home, name) = ambient::reference(&world.index, labels, namespace)?;
    let text = match ambient::waypoint(&world.index, labels, namespace) {
        Waypoint::Missing => format!("waypoint {name:?} does not exist in namespace {home:?}"),
        Waypoint::Serves(Traffic::None, _) => format!("waypoint {name:?} in namespace {home:?} is switched off by istio.io/waypoint-for: none"),
        _ => return None,
    };
    Some((text, home.to_string()))
}
