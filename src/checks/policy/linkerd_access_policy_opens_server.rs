use crate::checks::Findings;
use crate::mesh::linkerd::authz::{Clients, Grant};
use crate::mesh::linkerd::server::InboundPolicy;
use crate::model::{Kind, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// `spec.accessPolicy` of a Server lets everybody in (`all-unauthenticated`, `audit`), every mesh client (`all-authenticated`), every
    /// client of the cluster (`cluster-unauthenticated`) or every mesh client of the cluster (`cluster-authenticated`), although policies grant
    /// narrower access to it.
    ///
    /// # Why it matters
    ///
    /// Grants add up. `accessPolicy` is not what holds when no policy matches: it is one more grant beside the policies, so they restrict
    /// nothing.
    ///
    /// # How to fix it
    ///
    /// Remove `accessPolicy` (its default is `deny`) once the policies cover all clients. `audit` is meant for the time before that.
    ///
    /// Sources: linkerd `policy-controller/k8s/index/src/inbound/index.rs`, `policy-controller/k8s/index/src/defaults.rs`.
    "linkerd-access-policy-opens-server",
    summary: "Server whose accessPolicy makes its policies pointless",
    severity: Severity::Warning,
    category: Category::Policy,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::Server, Kind::LinkerdAuthorizationPolicy, Kind::ServerAuthorization, Kind::MeshTlsAuthentication, Kind::NetworkAuthentication],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let cluster = &world.linkerd.cluster;
    let grants = world.view().linkerd_authorizations();
    let in_cluster = |grant: &Grant| grant.networks.iter().any(|n| cluster.networks.iter().any(|c| n.overlaps(c)));
    for server in world.view().linkerd_servers().iter() {
        let Some(access) = server.access else { continue };
        let all = grants.of_server(server, cluster);
        let narrower = all.iter().filter(|g| g.source != server.object.reference()).filter(|g| match access {
            InboundPolicy::AllUnauthenticated | InboundPolicy::Audit => !g.is_open(),
            InboundPolicy::AllAuthenticated => matches!(g.clients, Clients::Named(_)),
            InboundPolicy::ClusterUnauthenticated => g.clients != Clients::Anyone && in_cluster(g),
            InboundPolicy::ClusterAuthenticated => matches!(g.clients, Clients::Named(_)) && in_cluster(g),
            InboundPolicy::Deny => false,
        });
        let names: Vec<String> = narrower.map(|g| g.source.name.to_string()).collect();
        if names.is_empty() {
            continue;
        }
        let finding = findings.add(
            server.object,
            "spec.accessPolicy",
            format!("{:?} admits what {} would restrict: grants add up", access.name(), names.join(", ")),
            if access == InboundPolicy::Audit {
                "Nothing while you look at what would be refused; then remove accessPolicy, so that the policies decide."
            } else {
                "Remove accessPolicy, or set it to deny, so that the policies decide."
            },
        );
        if access == InboundPolicy::Audit {
            finding.severity(Severity::Info);
        }
    }
}
