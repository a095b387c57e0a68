use crate::checks::Findings;
use crate::checks::support::kubernetes::mesh_port::{Tunnel, report};
use crate::mesh::linkerd::LinkerdConfig;
use crate::model::{Kind, Membership, MeshId};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// NetworkPolicies for pods with Linkerd's proxy let the application's port through and not port 4143. Proxies of current releases connect to the
    /// other proxy's port 4143 for all traffic (`proxy.outboundTransportMode: transport-header`), those of older ones for opaque ports. The network
    /// plugin sees that port: the redirection of the application's port happens inside the pod, behind it.
    /// Rules whose peers are all outside of the mesh do not count: namespaces that were read, do not ask for it and hold no pod of it, and address
    /// blocks other than all addresses. Egress to all addresses on 80 and 443 alone is most likely for the internet, and only information.
    ///
    /// # Why it matters
    ///
    /// Calls between meshed pods are dropped, while those from pods without a proxy still work.
    ///
    /// # How to fix it
    ///
    /// Let TCP port 4143 through for the same peers; use Linkerd's policies to decide by the application's port.
    ///
    /// # Example
    ///
    /// ```yaml
    /// ingress:
    /// - from: [{podSelector: {matchLabels: {app: web}}}]
    ///   ports:
    ///   - port: 8080    # callers without a proxy, probes
    ///   - port: 4143    # callers with one
    /// ```
    ///
    /// Sources: linkerd `controller/api/destination/endpoint_translator.go`, the chart's `proxy.outboundTransportMode`; no other tool looks.
    "linkerd-network-policy-blocks-proxy",
    summary: "NetworkPolicy that lets a meshed workload's port through and not 4143",
    severity: Severity::Error,
    category: Category::Traffic,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::NetworkPolicy, Kind::Namespace, Kind::Pod, Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let configs = &world.linkerd.configs;
    let knows =
        |config: &LinkerdConfig| config.root().at(["proxy", "outboundTransportMode"]).is_some_and(|mode| mode.str() == Some("transport-header"));
    // A control plane that does not know the setting is older than it.
    if !configs.is_empty() && configs.iter().all(|c| c.root().is_map() && !knows(c)) {
        return;
    }
    let tunnel = Tunnel { mesh: MeshId::Linkerd, port: 4143, what: "Linkerd's proxies talk to each other" };
    report(world, findings, &tunnel, |group| group.in_mesh(world, MeshId::Linkerd, &[Membership::Sidecar]));
}
