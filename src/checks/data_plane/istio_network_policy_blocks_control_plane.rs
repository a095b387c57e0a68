use crate::checks::Findings;
use crate::checks::support::kubernetes::plane_egress::{Need, report};
use crate::model::{Kind, MeshId};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// NetworkPolicies for pods with Istio's proxy close the way to istiod (port 15012) or to DNS (53). Ambient pods need neither: ztunnel asks for
    /// them.
    ///
    /// # Why it matters
    ///
    /// A new proxy gets no certificate and no configuration, and its pod never becomes ready. One that runs keeps what it has until its certificate
    /// expires, a day later: the fault shows long after the change.
    ///
    /// # How to fix it
    ///
    /// Let TCP port 15012 through to istiod's namespace, and port 53 to the cluster's DNS.
    ///
    /// # Example
    ///
    /// ```yaml
    /// egress:
    /// - to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: istio-system}}}]
    ///   ports: [{port: 15012}]
    /// ```
    ///
    /// Sources: Istio's list of ports; istio `pilot/cmd/pilot-agent/options`; no other tool looks.
    "istio-network-policy-blocks-control-plane",
    summary: "NetworkPolicy that keeps sidecars from istiod or from DNS",
    severity: Severity::Error,
    category: Category::DataPlane,
    mesh: MeshTag::Istio,
    needs: &[Kind::NetworkPolicy, Kind::Namespace, Kind::Pod, Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let named = world.istio.control_planes.iter().map(|p| p.namespace.as_str()).find(|ns| !ns.is_empty());
    let plane = named.unwrap_or_else(|| world.istio.root_namespace());
    report(world, findings, MeshId::Istio, plane, &[Need { port: 15012, what: "istiod, configuration and certificates" }]);
}
