use crate::checks::Findings;
use crate::checks::support::linkerd::policy::annotated::{self, Annotated};
use crate::mesh::linkerd::annotations::{self, INJECT, TRAFFIC_PREFIXES};
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A label `linkerd.io/inject`, `config.linkerd.io/…`, `retry.linkerd.io/…`, `timeout.linkerd.io/…` or `balancer.linkerd.io/…` on a Namespace, a
    /// Service, pods or their Deployment. The one exception is `config.linkerd.io/admission-webhooks` on a Namespace, which is a label.
    ///
    /// # Why it matters
    ///
    /// Linkerd reads these as annotations. As a label, `linkerd.io/inject: enabled` injects nothing; this is how Istio does it.
    ///
    /// # How to fix it
    ///
    /// Make it an annotation.
    ///
    /// Sources: linkerd `pkg/healthcheck/healthcheck_labels.go`.
    "linkerd-label-instead-of-annotation",
    summary: "Linkerd setting written as a label, where only annotations are read",
    aliases: &["l5d-data-plane-pod-labels", "l5d-data-plane-services-labels"],
    severity: Severity::Warning,
    category: Category::Config,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::Namespace, Kind::Service, Kind::Pod, Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet, Kind::Job, Kind::CronJob],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for annotated in annotated::all(world) {
        let codes: &[&'static str] = match annotated {
            Annotated::Workload(_) => &["l5d-data-plane-pod-labels"],
            Annotated::Service(_) => &["l5d-data-plane-services-labels"],
            _ => &[],
        };
        let exempt = |name: &str| matches!(annotated, Annotated::Namespace(_)) && name == "config.linkerd.io/admission-webhooks";
        for (name, value) in annotated.labels().iter().filter(|(name, _)| is_setting(name) && !exempt(name)) {
            let hint = "Move it from labels to annotations.".to_owned();
            annotated.add(findings, &annotations::label_path(name), message(name, value), hint).codes(codes);
        }
    }
    for controller in world.index.controllers().iter().filter(|c| c.kind != Kind::ReplicaSet) {
        let Some(template) = controller.template() else { continue };
        let own = controller.metadata.labels.iter().filter(|(name, _)| is_setting(name) && !template.metadata.labels.has(name));
        for (name, value) in own {
            let hint = format!("Make it an annotation of {}.metadata.", controller.template_path());
            findings.add(controller, annotations::label_path(name), message(name, value), hint).codes(&[]);
        }
    }
}

fn is_setting(name: &str) -> bool {
    const PREFIXES: [&str; 3] = ["config.linkerd.io/", "config.alpha.linkerd.io/", "config.beta.linkerd.io/"];
    name == INJECT || PREFIXES.iter().chain(&TRAFFIC_PREFIXES).any(|p| name.starts_with(p))
}

fn message(name: &str, value: &str) -> String {
    format!("{name}: {value:?} is a label, and Linkerd reads it as an annotation only: it has no effect")
}
