use crate::checks::Findings;
use crate::checks::support::kubernetes::network::{self, Direction};
use crate::index::Workload;
use crate::model::{Kind, Membership, MeshId};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// NetworkPolicies for pods with a proxy let the application's ports through and not the one with the proxy's metrics: 15020 (or 15090) for
    /// Istio, 4191 for Linkerd.
    ///
    /// # Why it matters
    ///
    /// Prometheus cannot read them: graphs and everything built on them stay empty, as does what this tool and `linkerd viz` show of these pods.
    ///
    /// # How to fix it
    ///
    /// Let the port through from Prometheus' namespace.
    ///
    /// Sources: Istio's list of ports; linkerd `charts/partials/templates/_proxy.tpl`; no other tool looks.
    "network-policy-closes-proxy-metrics",
    summary: "NetworkPolicy that closes the port with a proxy's metrics",
    aliases: &["l5d-data-plane-prom"],
    severity: Severity::Info,
    category: Category::DataPlane,
    mesh: MeshTag::Any,
    needs: &[Kind::NetworkPolicy, Kind::Namespace, Kind::Pod, Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for group in world.view().isolated(Direction::Ingress) {
        // Pods that let nothing in at all are meant to be closed.
        let Some(policy) = group.rules(Direction::Ingress).next().map(|(policy, _)| policy) else { continue };
        for (mesh, ports) in [(MeshId::Istio, [15020, 15090]), (MeshId::Linkerd, [4191, 4191])] {
            let closed = |w: &&Workload| {
                let spec = world.index.pod_spec(w);
                !ports.iter().any(|port| group.opens(Direction::Ingress, "TCP", *port, spec))
            };
            let workloads: Vec<&Workload> = group.in_mesh(world, mesh, &[Membership::Sidecar]).into_iter().filter(closed).collect();
            if !workloads.is_empty() {
                findings
                    .add(
                        policy,
                        "spec.ingress",
                        format!("the metrics of the proxies of {} cannot be read: port {} is closed", network::words(&workloads), ports[0]),
                        format!("Let TCP port {} through from Prometheus' namespace.", ports[0]),
                    )
                    .related(workloads[0].reference.clone(), format!("is in {mesh}"));
            }
        }
    }
}
