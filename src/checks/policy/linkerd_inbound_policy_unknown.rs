use crate::checks::Findings;
use crate::checks::support::linkerd::policy::annotated;
use crate::mesh::linkerd::annotations::{self, DEFAULT_POLICY};
use crate::mesh::linkerd::server::InboundPolicy;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// `accessPolicy` of a Server, or the annotation `config.linkerd.io/default-inbound-policy` of a Namespace or of pods, is none of the six
    /// policies.
    ///
    /// # Why it matters
    ///
    /// An unknown accessPolicy counts as none, so the Server denies. An unknown annotation is dropped with a log line, and the cluster-wide
    /// default holds: a mistyped `deny` leaves the ports open.
    ///
    /// # How to fix it
    ///
    /// Use `all-unauthenticated`, `all-authenticated`, `cluster-unauthenticated`, `cluster-authenticated`, `deny` or `audit`.
    ///
    /// Sources: linkerd `policy-controller/k8s/index/src/defaults.rs`, `policy-controller/k8s/index/src/inbound/workload.rs`,
    /// `pkg/inject/inject.go`.
    "linkerd-inbound-policy-unknown",
    summary: "Inbound policy with a value that does not exist",
    severity: Severity::Error,
    category: Category::Policy,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::Server, Kind::Namespace, Kind::Pod, Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet, Kind::Job, Kind::CronJob],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let hint = format!("Use one of {}.", InboundPolicy::ALL.map(InboundPolicy::name).join(", "));
    for server in world.index.objects(Kind::Server) {
        let Some(access) = server.spec().get("accessPolicy") else { continue };
        if access.str().and_then(InboundPolicy::parse).is_none() {
            let message = format!("there is no policy {access}: the Server grants nobody access by itself");
            findings.add(server, access.path(), message, hint.clone());
        }
    }
    for annotated in annotated::all(world).filter(|c| c.is_for_pods()) {
        let Some(value) = annotated.annotations().get(DEFAULT_POLICY) else { continue };
        if InboundPolicy::parse(value).is_none() {
            let message = format!("there is no policy {value:?}: the cluster's default ({}) holds instead", world.linkerd.cluster.default_policy);
            annotated.add(findings, &annotations::path(DEFAULT_POLICY), message, hint.clone());
        }
    }
}
