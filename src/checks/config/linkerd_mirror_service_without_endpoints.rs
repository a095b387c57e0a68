use std::collections::HashSet;

use crate::checks::Findings;
use crate::mesh::linkerd::annotations;
use crate::mesh::resolve::slices::SERVICE_NAME;
use crate::model::{Kind, Service};
use crate::report::{Category, MeshTag, Severity};
use crate::world::{Sight, SourceKind, World};

crate::check! {
    /// # What it checks
    ///
    /// A Service that mirrors one of another cluster through that cluster's gateway (label `mirror.linkerd.io/mirrored-service`), or the mirror of
    /// the gateway itself, has no endpoint in any EndpointSlice. Federated Services and those of remote discovery have none by nature.
    ///
    /// # Why it matters
    ///
    /// Every request to it fails. The service mirror controller takes the endpoints away when the other cluster's gateway does not answer its
    /// probes, or when its address does not resolve.
    ///
    /// # How to fix it
    ///
    /// See whether the gateway of the other cluster answers (`linkerd multicluster gateways`), and what the service mirror controller logs.
    ///
    /// Sources: linkerd `multicluster/cmd/check.go` (all mirror services have endpoints; probe services able to communicate with all gateway
    /// mirrors).
    "linkerd-mirror-service-without-endpoints",
    summary: "Mirrored Service without an endpoint",
    aliases: &["l5d-multicluster-services-endpoints", "l5d-multicluster-gateways-endpoints"],
    severity: Severity::Error,
    category: Category::Config,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::Service, Kind::Link, Kind::EndpointSlice],
    run: run,
}

const MIRRORED: &str = "mirror.linkerd.io/mirrored-service";
const GATEWAY: &str = "mirror.linkerd.io/mirrored-gateway";
const CLUSTER: &str = "mirror.linkerd.io/cluster-name";
const REMOTE_DISCOVERY: &str = "multicluster.linkerd.io/remote-discovery";

fn run(world: &World, findings: &mut Findings<'_>) {
    // Endpoints are written by controllers, and stand in no manifest.
    if matches!(world.source.kind, SourceKind::Files | SourceKind::Overlay) {
        return;
    }
    let index = &world.index;
    let linked: HashSet<&str> = index.objects(Kind::Link).iter().map(|link| link.spec().text("targetClusterName")).collect();
    let mirrors = |s: &&Service| {
        let (labels, annotations) = (&s.metadata.labels, &s.metadata.annotations);
        (labels.has(MIRRORED) || labels.has(GATEWAY))
            && !labels.has(REMOTE_DISCOVERY)
            && !annotations.has(REMOTE_DISCOVERY)
            && labels.get(CLUSTER).is_some_and(|cluster| linked.contains(cluster))
    };
    let mirrors: Vec<&Service> = index.services().iter().filter(mirrors).collect();
    if mirrors.is_empty() {
        return;
    }
    let listed: HashSet<(&str, &str)> = index
        .objects(Kind::EndpointSlice)
        .iter()
        .filter(|slice| slice.root().list("endpoints").any(|endpoint| endpoint.list("addresses").next().is_some()))
        .filter_map(|slice| Some((slice.meta.namespace.as_str(), slice.meta.labels.get(SERVICE_NAME)?)))
        .collect();
    for service in mirrors {
        let (meta, labels) = (&service.metadata, &service.metadata.labels);
        if listed.contains(&(meta.namespace.as_str(), meta.name.as_str())) || world.sight(Kind::EndpointSlice, &meta.namespace) != Sight::Clear {
            continue;
        }
        let cluster = labels.get(CLUSTER).unwrap_or_default();
        let (what, code) = match labels.has(GATEWAY) {
            true => (format!("it has no endpoint: the gateway of cluster {cluster:?} is not probed"), "l5d-multicluster-gateways-endpoints"),
            false => (format!("it has no endpoint: requests to its namesake in cluster {cluster:?} fail"), "l5d-multicluster-services-endpoints"),
        };
        let hint = "See whether the other cluster's gateway answers, and what the service mirror controller logs.";
        findings.add(service, annotations::label_path(CLUSTER), what, hint).codes(&[code]);
    }
}
