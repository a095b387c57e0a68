use crate::checks::Findings;
use crate::checks::support::kubernetes::plane_egress::{Need, report};
use crate::model::{Kind, MeshId};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// NetworkPolicies for pods with Linkerd's proxy close the way to the control plane's identity (port 8080), destination (8086) or policy (8090)
    /// service, or to DNS (53).
    ///
    /// # Why it matters
    ///
    /// Without identity a new proxy gets no certificate and its pod never becomes ready. Without destination and policy requests fail, or are
    /// sent as if there were no mesh and no policy.
    ///
    /// # How to fix it
    ///
    /// Let these ports through to the control plane's namespace, and port 53 to the cluster's DNS.
    ///
    /// # Example
    ///
    /// ```yaml
    /// egress:
    /// - to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: linkerd}}}]
    ///   ports: [{port: 8080}, {port: 8086}, {port: 8090}]
    /// ```
    ///
    /// Sources: linkerd `charts/linkerd-control-plane/templates/{identity,destination}.yaml`; no other tool looks.
    "linkerd-network-policy-blocks-control-plane",
    summary: "NetworkPolicy that keeps proxies from Linkerd's control plane or from DNS",
    severity: Severity::Error,
    category: Category::DataPlane,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::NetworkPolicy, Kind::Namespace, Kind::Pod, Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let plane = world.linkerd.namespaces.first().map_or("linkerd", |ns| ns.as_str());
    let needs = [Need { port: 8080, what: "identity" }, Need { port: 8086, what: "destination" }, Need { port: 8090, what: "policy" }];
    report(world, findings, MeshId::Linkerd, plane, &needs);
}
