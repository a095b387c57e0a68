use super::planes::is_plane;
use crate::checks::Findings;
use crate::mesh::linkerd::INJECT;
use crate::model::{Fact, Intent, Kind, MeshId};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A workload asks for a proxy, by its own annotation or its namespace's, and the injector leaves it alone: it uses the node's network, it has a
    /// proxy of some mesh already, or it mounts no token where the control plane does not project one.
    ///
    /// # Why it matters
    ///
    /// The pods start without a proxy: no mutual TLS, no policy. Only an event on the workload says why.
    ///
    /// # How to mend it
    ///
    /// Take away what blocks it, or annotate the pod template `linkerd.io/inject: disabled`, so that everybody sees that it stays out.
    ///
    /// Sources: linkerd `pkg/inject/report.go`, `pkg/healthcheck/sidecar.go`.
    "linkerd-injection-blocked",
    summary: "Workload that asks for a proxy and cannot get one",
    severity: Severity::Warning,
    category: Category::Injection,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::Namespace, Kind::Pod, Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet, Kind::Job, Kind::CronJob, Kind::MutatingWebhookConfiguration],
    run: run,
}

/// What the injector reports when it passes over a pod that asks for a proxy.
const CODES: [&str; 3] = ["host_network_enabled", "sidecar_already_exists", "disabled_automount_service_account_token_account"];

fn run(world: &World, findings: &mut Findings<'_>) {
    for workload in world.index.workloads().iter().filter(|w| !is_plane(world, &w.reference.namespace)) {
        let Fact::Known { value: Intent::Out, because } = &world.injection(MeshId::Linkerd, workload).intended else { continue };
        // Pods that nobody wants to be injected are not blocked.
        let wanted = because.iter().any(|e| e.path.as_deref().is_some_and(|p| p.ends_with(r#"["linkerd.io/inject"]"#)) && e.text.starts_with("is "));
        let Some(blocker) = because.iter().find(|e| wanted && CODES.iter().any(|code| e.text.starts_with(code))) else { continue };
        let path = if blocker.text.starts_with("host_network") { "spec.hostNetwork" } else { "" };
        let hint = "Take away what blocks it, or annotate the pod template linkerd.io/inject: disabled.";
        let finding = findings.add_workload(workload, path, format!("its pods ask for a proxy and get none: {}", blocker.text), hint);
        // Of a whole namespace it is rarely meant for every last pod.
        if !workload.annotations.has(INJECT) {
            finding.severity(Severity::Info);
        }
    }
}
