use super::carrier::{self, Carrier};
use crate::checks::Findings;
use crate::mesh::linkerd::annotations::{self, INJECT};
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A label `linkerd.io/inject` or `config.linkerd.io/…` on a Namespace, a Service or pods. The one exception is
    /// `config.linkerd.io/admission-webhooks` on a Namespace, which is a label.
    ///
    /// # Why it matters
    ///
    /// Linkerd reads these as annotations. As a label, `linkerd.io/inject: enabled` injects nothing; this is how Istio does it.
    ///
    /// # How to mend it
    ///
    /// Make it an annotation.
    ///
    /// Sources: linkerd `pkg/healthcheck/healthcheck_labels.go`.
    "linkerd-label-instead-of-annotation",
    summary: "Linkerd setting written as a label, where only annotations are read",
    severity: Severity::Warning,
    category: Category::Config,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::Namespace, Kind::Service, Kind::Pod, Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet, Kind::Job, Kind::CronJob],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for carrier in carrier::all(world) {
        let is_namespace = matches!(carrier, Carrier::Namespace(_));
        for (name, value) in carrier.labels().iter() {
            let setting = *name == INJECT || ["config.linkerd.io/", "config.alpha.linkerd.io/"].iter().any(|p| name.starts_with(p));
            if !setting || is_namespace && *name == "config.linkerd.io/admission-webhooks" {
                continue;
            }
            carrier.add(
                findings,
                &annotations::label_path(name),
                format!("{name}: {value:?} is a label, and Linkerd reads it as an annotation only: it has no effect"),
                "Move it from labels to annotations.".to_owned(),
            );
        }
    }
}
