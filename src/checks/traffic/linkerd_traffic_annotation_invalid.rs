use crate::checks::Findings;
use crate::mesh::linkerd::annotations::{self, traffic_faults};
use crate::mesh::linkerd::routes;
use crate::model::{Kind, Map, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// An annotation `retry.linkerd.io/*` or `timeout.linkerd.io/*` of a Service or EgressNetwork, or of a route on one, with a value that cannot be read: a
    /// duration without a unit or with a fraction, an unknown condition, a limit that is no number.
    ///
    /// # Why it matters
    ///
    /// On a route, admission refuses it. On a Service nothing does: all its timeouts, or all its retry settings, are dropped with a log line.
    ///
    /// # How to fix it
    ///
    /// Write durations as `10s` or `300ms`, HTTP conditions as `5xx`, `gateway-error`, `429` or `500-504` without spaces, gRPC conditions as
    /// `unavailable,internal`.
    ///
    /// Sources: linkerd `policy-controller/k8s/index/src/outbound/index.rs`, `policy-controller/runtime/src/admission.rs`.
    "linkerd-traffic-annotation-invalid",
    summary: "Retry or timeout annotation that Linkerd cannot read",
    severity: Severity::Warning,
    category: Category::Traffic,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::Service, Kind::EgressNetwork, Kind::HttpRoute, Kind::LinkerdHttpRoute, Kind::GrpcRoute],
    run: run,
}

const HINT: &str = "Write durations as 10s or 300ms, and conditions as a list without spaces.";

fn run(world: &World, findings: &mut Findings<'_>) {
    for service in world.index.services() {
        report(findings, service, &service.metadata.annotations, |_| true, "Linkerd drops it and its siblings without a word");
    }
    for network in world.index.objects(Kind::EgressNetwork) {
        report(findings, network, &network.meta.annotations, |_| true, "Linkerd drops it and its siblings without a word");
    }
    for kind in [Kind::HttpRoute, Kind::LinkerdHttpRoute, Kind::GrpcRoute] {
        let other = if kind == Kind::GrpcRoute { "retry.linkerd.io/http" } else { "retry.linkerd.io/grpc" };
        for route in world.index.objects(kind).iter().filter(|r| routes::parents(r).iter().any(|p| p.kind != Kind::Server)) {
            report(
                findings,
                route,
                &route.meta.annotations,
                |name| name != other,
                "Linkerd's admission refuses the route, or its controller ignores it",
            );
        }
    }
}

fn report(findings: &mut Findings<'_>, object: &impl Subject, annotations: &Map, read: impl Fn(&str) -> bool, consequence: &str) {
    for (name, why) in traffic_faults(annotations).into_iter().filter(|(name, _)| read(name)) {
        let value = annotations.get(name).unwrap_or_default();
        findings.add(object, annotations::path(name), format!("{value:?} cannot be read, since {why}: {consequence}"), HINT);
    }
}
