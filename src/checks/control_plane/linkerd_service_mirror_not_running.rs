use crate::checks::Findings;
use crate::mesh::counts;
use crate::model::{Kind, Map};
use crate::report::{Category, MeshTag, Severity};
use crate::world::{Sight, SourceKind, World};

crate::check! {
    /// # What it checks
    ///
    /// A Link without a service mirror controller (a Deployment with label `mirror.linkerd.io/cluster-name`), with one of which no pod is ready, with
    /// two at once, or with one that the Link itself brought rather than the extension.
    ///
    /// # Why it matters
    ///
    /// Without a controller nothing is mirrored, and what was mirrored before goes stale. Two of them overwrite each other. Controllers that came with
    /// the Link are not upgraded with the extension.
    ///
    /// # How to fix it
    ///
    /// Add the Link to `controllers` in the values of the multicluster extension and upgrade it; remove the older Deployment.
    ///
    /// Sources: linkerd `multicluster/cmd/check.go` (service mirror controllers are running, extension is managing controllers).
    "linkerd-service-mirror-not-running",
    summary: "Link whose service mirror controller is missing, not ready or outdated",
    aliases: &["l5d-multicluster-service-mirror-running", "l5d-multicluster-managed-controllers"],
    severity: Severity::Error,
    category: Category::ControlPlane,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::Link, Kind::Deployment, Kind::Pod],
    run: run,
}

const RUNNING: &[&str] = &["l5d-multicluster-service-mirror-running"];

fn run(world: &World, findings: &mut Findings<'_>) {
    for link in world.index.objects(Kind::Link) {
        let spec = link.spec();
        let cluster = spec.text("targetClusterName");
        let labels: Map = [("mirror.linkerd.io/cluster-name", cluster)].into_iter().collect();
        let is_controller = |component| matches!(component, Some("controller" | "service-mirror" | "linkerd-service-mirror"));
        let controllers: Vec<_> = world.index.select(None, &labels).filter(|w| is_controller(w.labels.get("component"))).collect();
        let at = spec.path_of("targetClusterName");
        match controllers.as_slice() {
            _ if cluster.is_empty() => {}
            [] => {
                // The extension's manifests are rarely among those of the Link.
                let complete = !matches!(world.source.kind, SourceKind::Files) && world.sight(Kind::Deployment, &link.meta.namespace) == Sight::Clear;
                if complete {
                    let what = format!("no service mirror controller runs for cluster {cluster:?}: nothing is mirrored");
                    let hint = "Add the Link to controllers in the values of the multicluster extension, and upgrade it.";
                    findings.add(link, at, what, hint).codes(RUNNING);
                }
            }
            [one] => {
                if let Some((0, wanted)) = counts(&world.index, one) {
                    let what = format!("the service mirror controller of cluster {cluster:?} has none of {wanted} pods ready: mirrors go stale");
                    findings.add_workload(one, "", what, "Read its pods' events and logs.").codes(RUNNING);
                }
                if one.labels.get("component") != Some("controller") {
                    let what = format!("the service mirror of cluster {cluster:?} came with the Link, and upgrades of the extension leave it behind");
                    let hint = "Add the Link to controllers in the values of the multicluster extension, and delete this one.";
                    findings.add_workload(one, "", what, hint).severity(Severity::Info).codes(&["l5d-multicluster-managed-controllers"]);
                }
            }
            [_, ..] => {
                let names = controllers.iter().map(|w| w.reference.to_string()).collect::<Vec<_>>().join(", ");
                let what = format!("{} service mirror controllers run for cluster {cluster:?}: {names}", controllers.len());
                findings.add(link, at, what, "Delete all but the one that the extension manages.").codes(RUNNING);
            }
        }
    }
}
