use crate::checks::support::install::{SHOW_A_MESH, described, running, tag, titles};
use crate::checks::{Findings, Runs};
use crate::mesh::install::Target;
use crate::model::{Field, Kind, MeshId};
use crate::report::{Category, Severity};
use crate::world::World;

/// Meshes whose webhooks add proxies to pods, by the domain in a webhook's name.
const OTHERS: [(&str, &str); 4] =
    [("consul.hashicorp.com", "Consul"), ("kuma.io", "Kuma"), ("appmesh.k8s.aws", "AWS App Mesh"), ("osm-inject.k8s.io", "Open Service Mesh")];

crate::check! {
    /// # What it checks
    ///
    /// Another mesh is in the cluster: a control plane of the other one of Istio and Linkerd, or a webhook with which Consul, Kuma, AWS App Mesh or Open
    /// Service Mesh add proxies to pods.
    ///
    /// # Why it matters
    ///
    /// Two meshes may share a cluster, but not a pod: both redirect its traffic. A namespace that asks for both gets whichever webhook comes first,
    /// and calls between their pods are plaintext for either.
    ///
    /// # How to fix it
    ///
    /// Decide namespace by namespace which mesh it belongs to, and label or annotate it for that one only. The rule `workload-in-two-meshes` watches
    /// over it afterwards.
    ///
    /// Sources: linkerd `pkg/inject/report.go`; no other tool looks.
    "mesh-conflict",
    summary: "Another mesh is in the cluster",
    severity: Severity::Warning,
    category: Category::ControlPlane,
    needs: &SHOW_A_MESH,
    runs: Runs::Pre,
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let targets: Vec<&Target> = world.install.targets.iter().collect();
    for target in &targets {
        let other = match target.mesh {
            MeshId::Istio => MeshId::Linkerd,
            MeshId::Linkerd => MeshId::Istio,
        };
        for (plane, object) in running(world, other) {
            let what = format!("{} {} is in this cluster too: no pod can be in it and in {}", other.title(), described(plane), target.mesh.title());
            findings
                .add_unread(object, "", what, "Decide for each namespace which mesh it belongs to, and mark it for that one only.")
                .about(target.mesh.into());
        }
    }
    let of_another = |webhook: &Field<'_>| OTHERS.iter().find(|(domain, _)| is_below(webhook.text("name"), domain)).filter(|_| takes_pods(webhook));
    for configuration in world.index.objects(Kind::MutatingWebhookConfiguration) {
        if let Some(((_, name), webhook)) = configuration.root().list("webhooks").find_map(|w| Some((of_another(&w)?, w))) {
            findings
                .add(
                    configuration,
                    webhook.path_of("name"),
                    format!("{name} adds proxies to pods here: no pod can be in it and in {}", titles(&targets)),
                    "Decide for each namespace which mesh it belongs to, and keep the webhooks of the others away from it.",
                )
                .about(tag(&targets));
        }
    }
}

fn is_below(name: &str, domain: &str) -> bool {
    name.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

fn takes_pods(webhook: &Field<'_>) -> bool {
    webhook.list("rules").any(|rule| rule.texts("resources").any(|(resource, _)| matches!(resource, "pods" | "*" | "*/*")))
}
