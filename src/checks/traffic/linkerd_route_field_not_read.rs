use crate::checks::Findings;
use crate::checks::support::linkerd::policy::annotated::Callers;
use crate::mesh::linkerd::routes;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A rule of an HTTPRoute or GRPCRoute on a Service, for callers in Linkerd, sets `retry` or `sessionPersistence`.
    ///
    /// # Why it matters
    ///
    /// Linkerd does not read these fields of the Gateway API. The route is accepted, requests are not retried, and clients do not stay with a pod;
    /// nothing says so.
    ///
    /// # How to fix it
    ///
    /// For retries use the annotations `retry.linkerd.io/http` (or `/grpc`), `/limit` and `/timeout` on the route or the Service. Linkerd has no
    /// session persistence for pods.
    ///
    /// Sources: linkerd `policy-controller/k8s/index/src/outbound/index/{http,grpc}.rs`; no other tool looks.
    "linkerd-route-field-not-read",
    summary: "Route with retry or sessionPersistence, which Linkerd does not read",
    severity: Severity::Warning,
    category: Category::Traffic,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::Namespace, Kind::HttpRoute, Kind::GrpcRoute],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let callers = Callers::of(world);
    for kind in [Kind::HttpRoute, Kind::GrpcRoute] {
        let suffix = if kind == Kind::GrpcRoute { "grpc" } else { "http" };
        for route in world.index.objects(kind) {
            if !routes::parents(route).iter().any(|p| p.kind != Kind::Server && callers.include(route, p)) {
                continue;
            }
            for rule in route.spec().list("rules") {
                if let Some(retry) = rule.get("retry") {
                    let hint = format!("Use the annotations retry.linkerd.io/{suffix}, retry.linkerd.io/limit and retry.linkerd.io/timeout.");
                    findings.add(route, retry.path(), "Linkerd does not read retry: nothing is retried", hint);
                }
                if let Some(persistence) = rule.get("sessionPersistence") {
                    let message = "Linkerd does not read sessionPersistence: clients do not stay with a pod";
                    let hint = "Remove it; Linkerd can keep a client at a backend by a header or cookie match, not at a pod.";
                    findings.add(route, persistence.path(), message, hint);
                }
            }
        }
    }
}
