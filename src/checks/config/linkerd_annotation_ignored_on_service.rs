use crate::checks::Findings;
use crate::mesh::linkerd::annotations::{self, CONFIG_NAMES, INJECT, OPAQUE_PORTS};
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A Service carries `linkerd.io/inject: enabled`, or an annotation under `config.linkerd.io/` other than `opaque-ports`.
    ///
    /// # Why it matters
    ///
    /// Of these, Linkerd reads `opaque-ports` alone on Services. Skipped ports, inbound policies and proxy settings are those of pods.
    ///
    /// # How to fix it
    ///
    /// Move it to the pod template of the workload, or of the callers for `skip-outbound-ports`.
    ///
    /// Sources: linkerd `controller/proxy-injector/webhook.go`, `policy-controller/k8s/index/src/outbound/index.rs`.
    "linkerd-annotation-ignored-on-service",
    summary: "Linkerd setting of pods on a Service, where it has no effect",
    severity: Severity::Warning,
    category: Category::Config,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::Service],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    // What Linkerd's own extensions bring is not the user's to fix.
    for service in world.index.services().iter().filter(|s| !s.metadata.labels.has("linkerd.io/extension")) {
        for (name, value) in service.metadata.annotations.iter() {
            let of_pods = name.strip_prefix("config.linkerd.io/").is_some_and(|n| CONFIG_NAMES.contains(&n))
                || *name == INJECT && matches!(value.as_str(), "enabled" | "ingress");
            if of_pods && *name != OPAQUE_PORTS {
                let whose = if name.ends_with("skip-outbound-ports") { "callers'" } else { "workload's" };
                findings.add(
                    service,
                    annotations::path(name),
                    format!("{name} has no effect on a Service: Linkerd reads it on pods"),
                    format!("Move it to the {whose} pod template."),
                );
            }
        }
    }
}
