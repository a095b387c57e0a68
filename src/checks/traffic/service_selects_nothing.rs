use std::collections::HashSet;

use crate::checks::Findings;
use crate::checks::support::kubernetes::runtime_labels;
use crate::mesh::linkerd;
use crate::model::{Kind, key};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A Service whose selector picks no workload of its namespace. Pod templates count, whatever the number of replicas.
    /// Labels that Kubernetes puts on pods itself (`statefulset.kubernetes.io/pod-name` and its like) count as there, and so do the pods of a
    /// Gateway that `gateway.networking.k8s.io/gateway-name` names. In manifests, a label of an operator (`cnpg.io/cluster`) is only information.
    ///
    /// # Why it matters
    ///
    /// The Service has no endpoints: callers get 503 from a mesh's proxy, or a refused connection.
    ///
    /// # How to fix it
    ///
    /// Make the selector equal to labels of the pod template (not of the Deployment itself), or remove the Service.
    ///
    /// Sources: Kubernetes Service API; Kiali and istioctl do not look.
    "service-selects-nothing",
    summary: "Service whose selector picks no workload",
    severity: Severity::Warning,
    category: Category::Traffic,
    mesh: MeshTag::Any,
    needs: &[Kind::Service, Kind::Pod, Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let splits = splits(world);
    for service in world.index.services() {
        let (namespace, selector) = (service.metadata.namespace.as_str(), &service.spec.selector);
        if selector.is_empty() || service.spec.kind == "ExternalName" || world.index.select(Some(namespace), selector).next().is_some() {
            continue;
        }
        if runtime_labels::may_fit(world, Some(namespace), selector) {
            continue;
        }
        // The pair that nobody has is the likely slip.
        let alone = |k: &str, v: &str| world.index.select(Some(namespace), &[(k, v)].into_iter().collect()).next().is_none();
        let slip = selector.iter().find(|(k, v)| alone(k, v));
        let (path, message) = match slip {
            Some((k, v)) => (format!("spec.selector{}", key(k)), format!("no workload of namespace {namespace:?} has the label {k}={v}")),
            None => ("spec.selector".to_owned(), format!("no workload of namespace {namespace:?} has all labels of the selector")),
        };
        let kinds = [Kind::Pod, Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet].map(|kind| (kind, namespace));
        let finding = findings.missing(service, path, &kinds, message, "Make the selector equal to labels of the pod template.");
        // Who splits its traffic among other Services needs no pods of its own.
        let is_split = splits.contains(&(namespace, service.metadata.name.as_str()));
        let others =
            is_split || slip.is_some_and(|(k, _)| runtime_labels::is_of_operator(world, k)) || runtime_labels::is_of_gateway(world, selector);
        if let Some(finding) = finding.filter(|_| others) {
            finding.severity(Severity::Info);
        }
    }
}

/// Services whose requests a TrafficSplit, a route or a ServiceProfile sends to others.
fn splits(world: &World) -> HashSet<(&str, &str)> {
    let index = &world.index;
    let split = index.objects(Kind::TrafficSplit).iter().map(|split| (split.meta.namespace.as_str(), split.spec().text("service")));
    let routes = linkerd::routes::all(index).filter(|route| route.spec().list("rules").any(|rule| rule.list("backendRefs").next().is_some()));
    let parents = routes.flat_map(|route| linkerd::routes::parents(route).into_iter().map(|parent| (parent.namespace, parent.name)));
    split.chain(parents).collect()
}
