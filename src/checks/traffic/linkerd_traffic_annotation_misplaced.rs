use crate::checks::Findings;
use crate::checks::support::linkerd::policy::annotated::{self, Annotated};
use crate::mesh::linkerd::annotations::{self, TRAFFIC_PREFIXES};
use crate::mesh::linkerd::routes;
use crate::model::{Kind, Map};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// An annotation for retries, timeouts or circuit breaking (`retry.linkerd.io/…`, `timeout.linkerd.io/…`, `balancer.linkerd.io/…`) on a
    /// Namespace, on pods or on a Deployment and its like; one for circuit breaking on a route; one for retries or timeouts on a route whose only
    /// parents are Servers; `retry.linkerd.io/grpc` on an HTTPRoute, or `retry.linkerd.io/http` on a GRPCRoute.
    ///
    /// # Why it matters
    ///
    /// Callers' proxies learn these settings from the Service (or EgressNetwork) that is called and from its routes. Elsewhere nobody reads them.
    ///
    /// # How to fix it
    ///
    /// Move it to the Service that is called, or to a route with that Service for a parent.
    ///
    /// Sources: linkerd `policy-controller/k8s/index/src/outbound/index.rs`, `policy-controller/k8s/index/src/outbound/index/{http,grpc}.rs`.
    "linkerd-traffic-annotation-misplaced",
    summary: "Retry, timeout or circuit breaker setting where nothing reads it",
    severity: Severity::Warning,
    category: Category::Traffic,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::Namespace, Kind::Pod, Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet, Kind::Job, Kind::CronJob, Kind::HttpRoute, Kind::LinkerdHttpRoute, Kind::GrpcRoute],
    run: run,
}

const HINT: &str = "Move it to the Service that is called, or to a route on that Service.";

fn run(world: &World, findings: &mut Findings<'_>) {
    for annotated in annotated::all(world).filter(|c| c.is_for_pods()) {
        let whose = if matches!(annotated, Annotated::Namespace(_)) { "a Namespace" } else { "pods" };
        for name in of_traffic(annotated.annotations()) {
            annotated.add(findings, &annotations::path(name), format!("nothing reads {name} on {whose}: it has no effect"), HINT.to_owned());
        }
    }
    for controller in world.index.controllers().iter().filter(|c| c.kind != Kind::ReplicaSet) {
        for name in of_traffic(&controller.metadata.annotations) {
            findings.add(controller, annotations::path(name), format!("nothing reads {name} on a {}: it has no effect", controller.kind), HINT);
        }
    }
    for kind in [Kind::HttpRoute, Kind::LinkerdHttpRoute, Kind::GrpcRoute] {
        let of_others = if kind == Kind::GrpcRoute { "retry.linkerd.io/http" } else { "retry.linkerd.io/grpc" };
        for route in world.index.objects(kind) {
            let mut parents = routes::parents(route).into_iter().peekable();
            let inbound = parents.peek().is_some() && parents.all(|p| p.kind == Kind::Server);
            for name in of_traffic(&route.meta.annotations) {
                if name.starts_with("balancer.") {
                    let what = format!("nothing reads {name} on a route: it has no effect");
                    findings.add(route, annotations::path(name), what, "Move it to the Service.");
                } else if inbound {
                    let what = format!("{name} has no effect on a route of a Server: it is for calls that go out");
                    findings.add(route, annotations::path(name), what, HINT);
                } else if name == of_others {
                    let read = if kind == Kind::GrpcRoute { "retry.linkerd.io/grpc" } else { "retry.linkerd.io/http" };
                    let what = format!("nothing reads {name} on {kind}s: it has no effect");
                    findings.add(route, annotations::path(name), what, format!("Write {read}, with its own conditions."));
                }
            }
        }
    }
}

fn of_traffic(annotations: &Map) -> impl Iterator<Item = &str> {
    annotations.iter().map(|(name, _)| name.as_str()).filter(|name| TRAFFIC_PREFIXES.iter().any(|p| name.starts_with(p)))
}
