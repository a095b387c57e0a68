use crate::checks::Findings;
use crate::checks::support::kubernetes::mesh_port::{Tunnel, report};
use crate::model::{Kind, Membership, MeshId};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// NetworkPolicies for pods in Istio's ambient mode let the application's port through and not port 15008. Between ambient pods all traffic
    /// travels on 15008 (HBONE), whatever port the application uses, and the network plugin sees only that.
    /// Rules whose peers are all outside of the mesh do not count: namespaces that were read, do not ask for it and hold no pod of it, and address
    /// blocks other than all addresses. Egress to all addresses on 80 and 443 alone is most likely for the internet, and only information.
    ///
    /// # Why it matters
    ///
    /// Calls from and to other pods of the mesh are dropped, while those from outside of it still work: connections time out as soon as both ends are
    /// in ambient.
    ///
    /// # How to fix it
    ///
    /// Let TCP port 15008 through for the same peers; use an AuthorizationPolicy to decide by the application's port.
    ///
    /// # Example
    ///
    /// ```yaml
    /// ingress:
    /// - from: [{podSelector: {matchLabels: {app: web}}}]
    ///   ports:
    ///   - port: 8080     # callers outside of the mesh
    ///   - port: 15008    # callers in the mesh
    /// ```
    ///
    /// Sources: Istio's documentation on ambient and NetworkPolicy; istio `cni/pkg/iptables`; no other tool looks.
    "istio-network-policy-blocks-ambient",
    summary: "NetworkPolicy that lets an ambient workload's port through and not 15008",
    severity: Severity::Error,
    category: Category::Traffic,
    mesh: MeshTag::Istio,
    needs: &[Kind::NetworkPolicy, Kind::Namespace, Kind::Pod, Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let tunnel = Tunnel { mesh: MeshId::Istio, port: 15008, what: "all traffic between ambient pods travels" };
    report(world, findings, &tunnel, |group| group.in_mesh(world, MeshId::Istio, &[Membership::Ambient]));
}
