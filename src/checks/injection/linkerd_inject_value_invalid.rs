use crate::checks::Findings;
use crate::checks::support::linkerd::policy::annotated::{self, Annotated};
use crate::mesh::linkerd::annotations::{self, INJECT};
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// The annotation `linkerd.io/inject` of a Namespace or of pods is none of `enabled`, `ingress` and `disabled`.
    ///
    /// # Why it matters
    ///
    /// An unknown value means no injection, and on a Namespace it beats `enabled` on the pods: nothing in the namespace is meshed.
    ///
    /// # How to fix it
    ///
    /// Write `enabled`. `true` is no value here.
    ///
    /// Sources: linkerd `pkg/inject/report.go`.
    "linkerd-inject-value-invalid",
    summary: "linkerd.io/inject with a value that does not exist",
    severity: Severity::Error,
    category: Category::Injection,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::Namespace, Kind::Pod, Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet, Kind::Job, Kind::CronJob],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for annotated in annotated::all(world) {
        let scope = match annotated {
            Annotated::Namespace(_) => "no pod of the namespace is injected, not even one that is annotated itself",
            Annotated::Workload(_) => "the pods are not injected",
            Annotated::Service(_) | Annotated::Egress(_) => continue,
        };
        let Some(value) = annotated.annotations().get(INJECT).filter(|v| !matches!(*v, "" | "enabled" | "ingress" | "disabled")) else { continue };
        let hint = if matches!(value, "false" | "off" | "no") { "Write disabled." } else { "Write enabled, ingress or disabled." };
        annotated.add(findings, &annotations::path(INJECT), format!("there is no value {value:?}: {scope}"), hint.to_owned());
    }
}
