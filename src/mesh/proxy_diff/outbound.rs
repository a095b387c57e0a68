//! What the proxy can send to: clusters of Services and ServiceEntries that it sees, their subsets, and what was made of objects that are gone.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::{Comparison, DifferenceKind, envoy_filters, of};
use crate::index::{Sight, Workload};
use crate::mesh::MeshView;
use crate::mesh::envoy::{Answers, ClusterName, MadeOf};
use crate::mesh::istio::destination_rule::DestinationRule;
use crate::mesh::istio::import_scope::sees_port;
use crate::mesh::istio::{Entry, Source};
use crate::model::{Evidence, Kind, ObjectRef, Subject};

/// The ports of a host for which istiod makes a cluster in every case.
fn ports(view: MeshView<'_>, entry: &Entry) -> Vec<u16> {
    match entry.source {
        Source::Service(at) => {
            let Some(service) = view.index.services().get(at).filter(|service| service.spec.kind != "ExternalName") else { return Vec::new() };
            let discovered = view.index.namespace(&entry.namespace).is_none_or(|namespace| view.istio.config.discovers(namespace));
            let tcp = service.spec.ports.iter().filter(|port| discovered && port.protocol() == "TCP");
            tcp.filter_map(|port| u16::try_from(port.port).ok()).collect()
        }
        Source::ServiceEntry(at) => {
            // Of several for one host istiod takes one, and a wildcard without addresses leads nowhere by itself.
            let alone = !entry.host.contains('*') && view.istio.registry.named(&entry.host).count() == 1;
            let Some(object) = view.index.objects(Kind::ServiceEntry).get(at).filter(|_| alone) else { return Vec::new() };
            let tcp = object.spec().list("ports").filter(|port| !port.text("protocol").eq_ignore_ascii_case("UDP")).collect::<Vec<_>>();
            tcp.iter().filter_map(|port| u16::try_from(port.get("number")?.int()?).ok()).collect()
        }
    }
}

pub(super) fn clusters(view: MeshView<'_>, workload: &Workload, answers: &Answers, found: &mut Comparison) {
    let namespace = workload.reference.namespace.as_str();
    for kind in [Kind::Sidecar, Kind::DestinationRule] {
        if let Some(gap) = [namespace, view.istio.root_namespace()].into_iter().find_map(|ns| view.index.gap_hiding(kind, ns)) {
            found.not_compared.push(format!("clusters: {gap}"));
            return;
        }
    }
    let filters: Vec<ObjectRef> = envoy_filters(view, workload).map(Subject::reference).collect();
    if !filters.is_empty() {
        let names: Vec<String> = filters.iter().map(ToString::to_string).collect();
        found.not_compared.push(format!("what these change: {}", names.join(", ")));
    }
    let (index, config) = (view.index, &view.istio.config);
    let sidecar = view.istio.registry.imports.sidecar_of(index, namespace, &workload.labels);
    let has: HashSet<&str> = answers.clusters.iter().map(|cluster| cluster.name.as_str()).collect();
    // Subsets that some rule for the workload has, by host.
    let mut subsets: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut agreed = 0;
    for entry in view.istio.registry.entries().iter().filter(|entry| entry.visibility.includes(namespace)) {
        let seen = |port: &u16| sidecar.is_none_or(|sidecar| sees_port(sidecar, namespace, &entry.host, &entry.namespace, *port));
        let ports: Vec<u16> = ports(view, entry).into_iter().filter(seen).collect();
        if ports.is_empty() {
            continue;
        }
        let rule = view.istio.registry.rules.for_client(index, config, (namespace, &workload.labels), &entry.host, &entry.namespace);
        let of_rule = rule.iter().flat_map(|applied| applied.objects.iter().copied());
        let named = of_rule.flat_map(|object| DestinationRule::of(object).subsets().map(move |subset| (object, subset))).collect::<Vec<_>>();
        subsets.entry(&entry.host).or_default().extend(named.iter().map(|(_, subset)| subset.name));
        for port in ports {
            if has.contains(format!("outbound|{port}||{}", entry.host).as_str()) {
                agreed += 1;
            } else {
                let because = entry.reference(index).map(|object| of(object, "the workload sees it")).into_iter().collect();
                let text = "the proxy has no such cluster: calls fail, or leave the mesh as to an unknown host";
                found.add(DifferenceKind::Missing, format!("cluster outbound|{port}||{}", entry.host), text, because);
                continue;
            }
            for (object, subset) in &named {
                let name = format!("outbound|{port}|{}|{}", subset.name, entry.host);
                if has.contains(name.as_str()) {
                    agreed += 1;
                } else {
                    let because = Evidence::field(object.reference(), subset.field.path(), "defines the subset");
                    found.add(DifferenceKind::Missing, format!("cluster {name}"), "the proxy does not have the subset", vec![because]);
                }
            }
        }
    }
    found.agreed.push(("cluster", agreed));
    gone_subsets(view, answers, &subsets, namespace, found);
}

/// Subsets that the proxy has and no rule for its workload defines.
fn gone_subsets(view: MeshView<'_>, answers: &Answers, subsets: &BTreeMap<&str, BTreeSet<&str>>, namespace: &str, found: &mut Comparison) {
    let clear = |ns: &str| view.index.sight(Kind::DestinationRule, ns) == Sight::Clear;
    if !configured_here(view) || !clear(namespace) || !clear(view.istio.root_namespace()) {
        return;
    }
    let mut gone: BTreeSet<(&str, &str)> = BTreeSet::new();
    for name in answers.clusters.iter().filter_map(|cluster| ClusterName::of(&cluster.name)) {
        let Some(known) = subsets.get(name.host).filter(|_| name.direction == "outbound" && !name.subset.is_empty()) else { continue };
        let home = view.istio.registry.named(name.host).all(|entry| clear(&entry.namespace));
        if home && !known.contains(name.subset) {
            gone.insert((name.host, name.subset));
        }
    }
    for (host, subset) in gone {
        let text = "the proxy has the subset, and no DestinationRule for this workload defines it";
        found.add(DifferenceKind::Unexpected, format!("subset {subset} of {host}"), text, Vec::new());
    }
}

/// Whether the control plane that configures proxies takes its objects from this cluster.
fn configured_here(view: MeshView<'_>) -> bool {
    view.istio.control_planes.iter().any(|plane| !plane.namespace.is_empty() && plane.ready.is_some())
}

/// What the proxy's configuration says it was made of, and is not there.
pub(super) fn made_of(view: MeshView<'_>, answers: &Answers, found: &mut Comparison) {
    if !configured_here(view) {
        found.not_compared.push("whether the objects that routes were made of are still there: the control plane is not in what was read".to_owned());
        return;
    }
    let tables = answers.routes.iter();
    let of_routes = tables.flat_map(|table| &table.hosts).flat_map(|host| &host.routes).filter_map(|route| route.made_of.as_ref());
    let of_clusters = answers.clusters.iter().filter_map(|cluster| cluster.made_of.as_ref());
    let named: BTreeSet<&MadeOf> = of_routes.chain(of_clusters).collect();
    let mut agreed = 0;
    for made in named {
        // What istiod writes itself, of Ingresses and HTTPRoutes, is no object of the cluster.
        let Some(object) = made.object().filter(|object| !object.name.contains("istio-autogenerated")) else { continue };
        if view.index.object(object.kind, &object.namespace, &object.name).is_some() {
            agreed += 1;
        } else if view.index.sight(object.kind, &object.namespace) == Sight::Clear {
            let what = if object.kind == Kind::VirtualService { "routes" } else { "clusters" };
            let text = format!("{what} of the proxy were made of it, and it is not there any more");
            found.add(DifferenceKind::Unexpected, object.to_string(), text, Vec::new());
        }
    }
    found.agreed.push(("object", agreed));
}
