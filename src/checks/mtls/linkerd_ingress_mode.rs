use crate::checks::Findings;
use crate::checks::support::linkerd::policy::annotated::{self, Annotated};
use crate::mesh::linkerd::annotations::{self, INJECT};
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// `linkerd.io/inject: ingress` on a Namespace or on pods.
    ///
    /// # Why it matters
    ///
    /// In this mode the proxy routes by the header `l5d-dst-override`, or the Host. A request without a name that Linkerd knows goes out as it
    /// is: without discovery, mTLS, retries or policies of the Service. On a whole namespace it is hardly ever meant.
    ///
    /// # How to fix it
    ///
    /// Have the ingress controller set `l5d-dst-override`, or use `enabled` if it sends to the Service's cluster IP by itself.
    ///
    /// Sources: linkerd `pkg/inject/inject.go`; linkerd-proxy `linkerd/app/outbound/src/ingress.rs`.
    "linkerd-ingress-mode",
    summary: "Workload in ingress mode, whose requests go out without mTLS unless a header names their destination",
    severity: Severity::Info,
    category: Category::Mtls,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::Namespace, Kind::Pod, Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet, Kind::Job, Kind::CronJob],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for annotated in annotated::all(world).filter(|c| c.annotations().is(INJECT, "ingress")) {
        let (message, severity) = match annotated {
            Annotated::Namespace(_) => {
                ("every pod of the namespace runs in ingress mode: requests without l5d-dst-override leave without mTLS", Severity::Warning)
            }
            Annotated::Workload(_) => ("requests without l5d-dst-override or a known Host leave without mTLS", Severity::Info),
            Annotated::Service(_) | Annotated::Egress(_) => continue,
        };
        let hint = "Make sure that the header is set, or use linkerd.io/inject: enabled.";
        annotated.add(findings, &annotations::path(INJECT), message.to_owned(), hint.to_owned()).severity(severity);
    }
}
