use std::collections::HashSet;

use crate::checks::Findings;
use crate::mesh::linkerd::annotations;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A Service with the label `mirror.linkerd.io/cluster-name` (a mirror of another cluster's Service) for whose cluster there is no Link, or a
    /// federated one whose annotation `multicluster.linkerd.io/remote-discovery` names such a cluster.
    ///
    /// # Why it matters
    ///
    /// Nobody keeps its endpoints up to date any more. It still answers from where the other cluster was last seen, or fails.
    ///
    /// # How to fix it
    ///
    /// Delete the Service, or link the cluster again.
    ///
    /// Sources: linkerd `multicluster/service-mirror/cluster_watcher.go`, `multicluster/cmd/check.go`.
    "linkerd-mirror-service-without-link",
    summary: "Mirrored Service of a cluster that no Link leads to",
    aliases: &["l5d-multicluster-orphaned-services"],
    severity: Severity::Warning,
    category: Category::Config,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::Service, Kind::Link],
    run: run,
}

const CLUSTER: &str = "mirror.linkerd.io/cluster-name";
const MEMBERS: &str = "multicluster.linkerd.io/remote-discovery";

fn run(world: &World, findings: &mut Findings<'_>) {
    let named = |link: &crate::model::Object| link.spec().get("targetClusterName").and_then(|n| n.str().map(str::to_owned));
    let linked: HashSet<String> = world.index.objects(Kind::Link).iter().filter_map(named).collect();
    for service in world.index.services() {
        let members = service.metadata.annotations.get(MEMBERS).into_iter().flat_map(|list| list.split(',')).filter_map(|m| m.trim().split_once('@'));
        let gone: Vec<&str> = members.map(|(_, cluster)| cluster).filter(|cluster| !linked.contains(*cluster)).collect();
        if !gone.is_empty() {
            findings.missing(
                service,
                annotations::path(MEMBERS),
                &[(Kind::Link, "")],
                format!("it has members in {}, but no Link leads there: they get no requests, or stale endpoints", gone.join(", ")),
                "Link the cluster again, or take its members out.",
            );
        }
        let labels = &service.metadata.labels;
        let Some(cluster) = labels.get(CLUSTER).filter(|c| labels.has("mirror.linkerd.io/mirrored-service") && !linked.contains(*c)) else {
            continue;
        };
        findings.missing(
            service,
            annotations::label_path(CLUSTER),
            &[(Kind::Link, "")],
            format!("it mirrors a Service of cluster {cluster:?}, but no Link leads there: its endpoints go stale"),
            "Delete the Service, or link the cluster again.",
        );
    }
}
