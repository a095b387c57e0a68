use crate::checks::Findings;
use crate::model::{Kind, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// An HTTPLocalRateLimitPolicy targets a Server with `proxyProtocol: gRPC`, `opaque` or `TLS`.
    ///
    /// # Why it matters
    ///
    /// Rate limits are applied to HTTP requests of the protocols `HTTP/1`, `HTTP/2` and `unknown` only. The policy is accepted and limits
    /// nothing.
    ///
    /// # How to fix it
    ///
    /// For gRPC, set `proxyProtocol: HTTP/2` on the Server if the limit matters more than GRPCRoutes.
    ///
    /// Sources: linkerd `policy-controller/grpc/src/inbound.rs`.
    "linkerd-rate-limit-idle",
    summary: "Rate limit on a Server that does not speak HTTP/1 or HTTP/2",
    severity: Severity::Warning,
    category: Category::Policy,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::HttpLocalRateLimitPolicy, Kind::Server],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for policy in world.index.objects(Kind::HttpLocalRateLimitPolicy) {
        let spec = policy.spec();
        let Some(name) = spec.at(["targetRef", "name"]).and_then(|n| n.str()) else { continue };
        let Some(server) = world.view().linkerd_servers().get(&policy.meta.namespace, name) else { continue };
        if !server.protocol.takes_http_routes() {
            findings
                .add(
                    policy,
                    "spec.targetRef.name",
                    format!("Server {name:?} is of protocol {}, where nothing is limited", server.protocol.name()),
                    "Set proxyProtocol: HTTP/2 or HTTP/1 on the Server.",
                )
                .related(server.object.reference(), "is the target");
        }
    }
}
