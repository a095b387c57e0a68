use crate::checks::Findings;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// `spec.client.networks` is absent or empty while `unauthenticated: true` asks for everybody.
    ///
    /// # Why it matters
    ///
    /// Without networks a ServerAuthorization holds for the `clusterNetworks` of the installation only, while an AuthorizationPolicy without a
    /// NetworkAuthentication holds for all networks. Clients from outside, behind a load balancer for instance, are refused, and a migration
    /// between the two kinds changes who gets in.
    ///
    /// # How to fix it
    ///
    /// Write the networks, such as `0.0.0.0/0` and `::/0`, or leave it if the cluster is what is meant.
    ///
    /// Sources: linkerd `policy-controller/k8s/index/src/inbound/server_authorization.rs`, `policy-controller/grpc/src/inbound.rs`.
    "linkerd-server-authorization-cluster-only",
    summary: "ServerAuthorization without networks, which admits clients of the cluster alone",
    severity: Severity::Info,
    category: Category::Policy,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::ServerAuthorization],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for authorization in world.index.objects(Kind::ServerAuthorization) {
        let spec = authorization.spec();
        let Some(client) = spec.get("client") else { continue };
        if client.get("unauthenticated").and_then(|f| f.bool()) == Some(true) && client.list("networks").next().is_none() {
            findings.add(
                authorization,
                "spec.client.networks",
                "without networks it admits clients from the cluster's own networks only",
                "Write the networks that clients come from; 0.0.0.0/0 and ::/0 for everywhere.",
            );
        }
    }
}
