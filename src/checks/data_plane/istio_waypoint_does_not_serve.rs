use crate::checks::Findings;
use crate::checks::support::gateway::attachment::{self, Admits};
use crate::mesh::istio::ambient::{self, Traffic, Waypoint};
use crate::mesh::istio::labels::is_waypoint;
use crate::model::{Kind, Map, Object, Subject, key};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// The waypoint that a Service, a pod template or a namespace asks for by `istio.io/use-waypoint` exists and does not take it: it stands in another
    /// namespace, and no listener of its Gateway admits this one (`allowedRoutes.namespaces`, by default the Gateway's own only); or it is for other
    /// traffic (`istio.io/waypoint-for`: by default Services alone, so that pods need `workload` or `all`); or `istio.io/waypoint-for` has a value that
    /// does not exist.
    ///
    /// # Why it matters
    ///
    /// istiod does not bind the object to the waypoint: traffic goes straight to the pods, and the policies and routes that were to be enforced at the
    /// waypoint have no effect.
    ///
    /// # How to fix it
    ///
    /// Set `allowedRoutes: {namespaces: {from: All}}` (or a selector) on the waypoint's listener, give it the right `istio.io/waypoint-for`, or name
    /// another waypoint.
    ///
    /// Sources: istio `pilot/pkg/serviceregistry/ambient/waypoints.go`; istioctl and Kiali do not look.
    "istio-waypoint-does-not-serve",
    summary: "A workload, Service or namespace asks for a waypoint that does not take it",
    severity: Severity::Warning,
    category: Category::DataPlane,
    mesh: MeshTag::Istio,
    needs: &[Kind::Namespace, Kind::Gateway, Kind::Pod, Kind::Service],
    run: run,
}

/// What asks for a waypoint.
#[derive(Clone, Copy, PartialEq)]
enum Asks {
    Namespace,
    Service,
    Workload,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let index = &world.index;
    let path = format!("metadata.labels{}", key(ambient::USE_WAYPOINT));
    for namespace in index.namespaces().iter().filter(|n| n.metadata.labels.has(ambient::USE_WAYPOINT)) {
        let meta = &namespace.metadata;
        if let Some((message, hint, gateway)) = problem(world, &meta.labels, &meta.name, Asks::Namespace) {
            findings.add(namespace, path.clone(), message, hint).related(gateway.reference(), "is the waypoint");
        }
    }
    for service in index.services().iter().filter(|s| s.metadata.labels.has(ambient::USE_WAYPOINT)) {
        let meta = &service.metadata;
        if let Some((message, hint, gateway)) = problem(world, &meta.labels, &meta.namespace, Asks::Service) {
            findings.add(service, path.clone(), message, hint).related(gateway.reference(), "is the waypoint");
        }
    }
    for workload in index.workloads().iter().filter(|w| w.is_live() && w.labels.has(ambient::USE_WAYPOINT) && !is_waypoint(&w.labels)) {
        if let Some((message, hint, gateway)) = problem(world, &workload.labels, &workload.reference.namespace, Asks::Workload) {
            findings.add_workload(workload, &path, message, hint).related(gateway.reference(), "is the waypoint");
        }
    }
}

fn problem<'w>(world: &'w World, labels: &Map, namespace: &str, asks: Asks) -> Option<(String, String, &'w Object)> {
    let Waypoint::Serves(traffic, Some(gateway)) = ambient::waypoint(&world.index, labels, namespace) else { return None };
    let name = &gateway.meta.name;
    if !admitted(world, gateway, namespace) {
        let message =
            format!("waypoint {:?} of namespace {:?} admits nothing of namespace {namespace:?}", name.as_str(), gateway.meta.namespace.as_str());
        return Some((message, "Set allowedRoutes.namespaces of its listener, for instance from: All.".to_owned(), gateway));
    }
    let word = gateway.meta.labels.get(ambient::WAYPOINT_FOR);
    if let Some(word) = word.filter(|w| !matches!(*w, "service" | "workload" | "all" | "none")) {
        let message = format!("waypoint {:?} has {}: {word}, which does not exist: it takes nothing", name.as_str(), ambient::WAYPOINT_FOR);
        return Some((message, "Write service, workload, all or none.".to_owned(), gateway));
    }
    let (takes, wants) = match (asks, traffic) {
        (Asks::Service, Traffic::Workload) => ("pods", "all"),
        (Asks::Workload, Traffic::Service) => ("Services", "all"),
        _ => return None,
    };
    let message = format!("waypoint {:?} takes traffic to {takes} only: this label does nothing here", name.as_str());
    Some((message, format!("Label the waypoint's Gateway with {}: {wants}, or label what it takes.", ambient::WAYPOINT_FOR), gateway))
}

/// Whether some listener takes objects of a namespace; where the labels it asks for were not read, it may.
fn admitted(world: &World, gateway: &Object, namespace: &str) -> bool {
    let listeners = attachment::listeners(gateway);
    gateway.meta.namespace == namespace
        || listeners.is_empty()
        || listeners.iter().any(|listener| attachment::admits_namespace(&world.index, gateway, listener, namespace) != Admits::No)
}
