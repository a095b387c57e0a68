use std::collections::BTreeMap;

use crate::checks::Findings;
use crate::checks::support::linkerd::platform::planes::{is_plane, meshed, restart};
use crate::mesh::linkerd::PLANE;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// Pods whose proxy belongs to a control plane (label `linkerd.io/control-plane-ns`) that is not there, while another one is.
    ///
    /// # Why it matters
    ///
    /// The proxy renews no certificate and gets no endpoints. To the control plane that is there, the pod is outside of the mesh: no mutual TLS with it.
    ///
    /// # How to fix it
    ///
    /// Restart the workload, so that the present control plane injects it.
    ///
    /// Sources: linkerd `controller/api/destination/endpoint_translator.go`, `pkg/k8s/labels.go`; `linkerd check` does not look.
    "linkerd-proxy-control-plane-gone",
    summary: "Proxies belong to a control plane that is not there",
    severity: Severity::Error,
    category: Category::DataPlane,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::ConfigMap, Kind::Deployment, Kind::Pod],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    if world.linkerd.control_planes.is_empty() {
        return;
    }
    for workload in world.index.workloads() {
        let mut gone: BTreeMap<&str, usize> = BTreeMap::new();
        for plane in meshed(world, workload).filter_map(|p| p.metadata.labels.get(PLANE)).filter(|p| !is_plane(world, p)) {
            *gone.entry(plane).or_default() += 1;
        }
        for (plane, pods) in gone {
            // Nothing is missing where its namespace may not be looked at.
            if matches!(world.sight(Kind::Deployment, plane), crate::world::Sight::Hidden(_)) {
                findings.cannot_tell(&workload.reference, format!("Deployments of namespace {plane} were not read"));
                continue;
            }
            let who = if pods == 1 { "a pod belongs".to_owned() } else { format!("{pods} pods belong") };
            let what = format!("{who} to a control plane in namespace {plane:?}, where none is");
            findings.add_workload(workload, "", what, restart(workload));
        }
    }
}
