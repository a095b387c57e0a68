use crate::checks::Findings;
use crate::checks::support::linkerd::policy::annotated::{self, Annotated};
use crate::mesh::linkerd::annotations;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// `mirror.linkerd.io/exported` or `mirror.linkerd.io/federated` as an annotation of a Service, or `config.linkerd.io/admission-webhooks` as
    /// an annotation of a Namespace.
    ///
    /// # Why it matters
    ///
    /// Service mirrors and the webhooks select by label. As an annotation, the Service is not exported, and the namespace is not exempt.
    ///
    /// # How to fix it
    ///
    /// Make it a label.
    ///
    /// Sources: linkerd `pkg/healthcheck/healthcheck_labels.go`, `charts/linkerd-control-plane/values.yaml`.
    "linkerd-annotation-instead-of-label",
    summary: "Linkerd setting written as an annotation, where only labels are read",
    aliases: &["l5d-data-plane-services-annotations"],
    severity: Severity::Warning,
    category: Category::Config,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::Namespace, Kind::Service],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for annotated in annotated::all(world) {
        let names: &[&str] = match annotated {
            Annotated::Service(_) => &["mirror.linkerd.io/exported", "mirror.linkerd.io/federated"],
            Annotated::Namespace(_) => &["config.linkerd.io/admission-webhooks"],
            Annotated::Workload(_) | Annotated::Egress(_) => continue,
        };
        for name in names.iter().filter(|n| annotated.annotations().has(n) && !annotated.labels().has(n)) {
            let message = format!("{name} is an annotation, and Linkerd reads it as a label only: it has no effect");
            let codes: &[&'static str] = if matches!(annotated, Annotated::Service(_)) { &["l5d-data-plane-services-annotations"] } else { &[] };
            annotated.add(findings, &annotations::path(name), message, "Move it from annotations to labels.".to_owned()).codes(codes);
        }
    }
}
