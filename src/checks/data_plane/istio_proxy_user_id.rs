use crate::checks::Findings;
use crate::checks::support::istio::platform::pods_and_templates;
use crate::mesh::istio::labels::{is_control_plane, is_gateway};
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

/// The user id whose traffic the redirection lets pass, because it is the proxy's.
const PROXY_UID: i64 = 1337;

crate::check! {
    /// # What it checks
    ///
    /// A pod or an application container runs as user 1337, the user id of Istio's proxy.
    ///
    /// # Why it matters
    ///
    /// The redirection rules leave traffic of user 1337 alone so that the proxy does not capture itself. An application with that user id bypasses
    /// its own sidecar: no mutual TLS, no policies, no telemetry for what it sends.
    ///
    /// # How to fix it
    ///
    /// Use any other value in `runAsUser`.
    ///
    /// Sources: IST0144; istio `pkg/config/analysis/analyzers/deployment/pod.go`.
    "istio-proxy-user-id",
    summary: "Application runs with the proxy's user id 1337 and bypasses the sidecar",
    aliases: &["IST0144"],
    severity: Severity::Warning,
    category: Category::DataPlane,
    mesh: MeshTag::Istio,
    needs: &[Kind::Pod],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for shape in pods_and_templates::all(&world.index) {
        // A gateway is a proxy: the injector replaces its only container.
        let is_proxy = shape.spec.container("istio-proxy").is_some_and(|c| c.image == "auto") || is_gateway(shape.workload);
        if is_control_plane(shape.own_labels) || is_proxy {
            continue;
        }
        let is_proxy_uid = |context: &Option<crate::model::SecurityContext>| context.as_ref().is_some_and(|c| c.run_as_user == Some(PROXY_UID));
        let mut add = |path: String, who: String| {
            shape.add(
                findings,
                &path,
                format!("{who} as user {PROXY_UID}, the proxy's own: what it sends is not captured by the sidecar"),
                "Set runAsUser to another user id.",
            );
        };
        if is_proxy_uid(&shape.spec.security_context) {
            add("spec.securityContext.runAsUser".to_owned(), "the pod runs".to_owned());
        }
        for (i, container) in shape.spec.containers.iter().enumerate() {
            if container.name != "istio-proxy" && container.name != "istio-operator" && is_proxy_uid(&container.security_context) {
                add(format!("spec.containers[{i}].securityContext.runAsUser"), format!("container {:?} runs", container.name.as_str()));
            }
        }
    }
}
