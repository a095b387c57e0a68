use crate::checks::Findings;
use crate::model::{Kind, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::{SourceKind, World};

crate::check! {
    /// # What it checks
    ///
    /// A Link to a cluster with a gateway (`gatewayAddress` and `probeSpec.path`) for which there is no Service that mirrors the gateway, or more than
    /// one (labels `mirror.linkerd.io/mirrored-gateway` and `mirror.linkerd.io/cluster-name`).
    ///
    /// # Why it matters
    ///
    /// The service mirror probes the other cluster's gateway through that Service. Without it nobody notices when the gateway goes away, and its
    /// mirrors keep their dead endpoints.
    ///
    /// # How to fix it
    ///
    /// See that the service mirror controller of the Link runs: it makes the Service. Delete the ones that are left over from an older Link.
    ///
    /// Sources: linkerd `multicluster/cmd/check.go` (probe services able to communicate with all gateway mirrors).
    "linkerd-link-gateway-not-mirrored",
    summary: "Link whose gateway has no Service to be probed through",
    aliases: &["l5d-multicluster-gateways-endpoints"],
    severity: Severity::Warning,
    category: Category::ControlPlane,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::Link, Kind::Service],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    // The controller makes the Service; it is in no manifest.
    let live = !matches!(world.source.kind, SourceKind::Files | SourceKind::Overlay);
    for link in world.index.objects(Kind::Link) {
        let spec = link.spec();
        let path = spec.at(["probeSpec", "path"]).and_then(|p| p.str()).unwrap_or_default();
        let cluster = spec.text("targetClusterName");
        if spec.text("gatewayAddress").is_empty() || path.is_empty() || cluster.is_empty() {
            continue;
        }
        let is_mirror =
            |labels: &crate::model::Map| labels.has("mirror.linkerd.io/mirrored-gateway") && labels.is("mirror.linkerd.io/cluster-name", cluster);
        let mirrors: Vec<_> = world.index.services().iter().filter(|s| is_mirror(&s.metadata.labels)).collect();
        match mirrors.as_slice() {
            [_] => {}
            [] if live => {
                let hint = "See that the Link's service mirror controller runs.";
                let what = format!("no Service mirrors the gateway of cluster {cluster:?}: nobody notices when it goes away");
                findings.missing(link, spec.path_of("gatewayAddress"), &[(Kind::Service, &link.meta.namespace)], what, hint);
            }
            [] => {}
            [first, ..] => {
                let names = mirrors.iter().map(|s| s.reference().to_string()).collect::<Vec<_>>().join(", ");
                let what = format!("{} Services mirror the gateway of cluster {cluster:?}: {names}", mirrors.len());
                findings
                    .add(link, spec.path_of("gatewayAddress"), what, "Delete those that are left over from an older Link.")
                    .related(first.reference(), "is one of them");
            }
        }
    }
}
