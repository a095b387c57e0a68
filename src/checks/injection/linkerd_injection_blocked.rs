use crate::checks::Findings;
use crate::checks::support::linkerd::platform::planes::is_plane;
use crate::mesh::linkerd::{INJECT, annotations};
use crate::model::{Evidence, Fact, Intent, Kind, MeshId};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A workload asks for a proxy, by its own annotation or its namespace's, and the injector leaves it alone: it uses the node's network, it has a
    /// proxy of some mesh already, or it mounts no token where the control plane does not project one. Or the webhook does not look there at all: by
    /// the chart's selectors it passes over `kube-system`, `cert-manager` and namespaces labelled `config.linkerd.io/admission-webhooks: disabled`,
    /// whatever their annotations say; of those the Namespace is reported where it is the one that asks.
    ///
    /// # Why it matters
    ///
    /// The pods start without a proxy: no mutual TLS, no policy. Only an event on the workload says why.
    ///
    /// # How to fix it
    ///
    /// Take away what blocks it, or annotate the pod template `linkerd.io/inject: disabled`, so that everybody sees that it stays out.
    ///
    /// Sources: linkerd `pkg/inject/report.go`, `pkg/healthcheck/sidecar.go`,
    /// `charts/linkerd-control-plane/templates/proxy-injector-rbac.yaml`.
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
/// What is said of a pod that no webhook is shown.
const UNSEEN: [&str; 2] = ["the webhook passes over", "the webhook does not select"];

fn run(world: &World, findings: &mut Findings<'_>) {
    for namespace in world.index.namespaces().iter().filter(|n| !is_plane(world, &n.metadata.name)) {
        let asks = namespace.metadata.annotations.get(INJECT).filter(|value| matches!(*value, "enabled" | "ingress"));
        let Some((value, why)) = asks.zip(world.linkerd.passes_over(&world.index, &namespace.metadata.name)) else { continue };
        let what = format!("{INJECT} is {value:?}, and its pods get no proxy: {}", why.text);
        let finding =
            findings.add(namespace, annotations::path(INJECT), what, "Take the annotation away, or run the workloads in another namespace.");
        if let Some(webhook) = why.object {
            finding.related(webhook, "selects the namespaces that are looked at");
        }
    }
    for workload in world.index.workloads().iter().filter(|w| !is_plane(world, &w.reference.namespace)) {
        let Fact::Known { value: Intent::Out, because } = &world.injection(MeshId::Linkerd, workload).intended else { continue };
        // Pods that nobody wants to be injected are not blocked: what refuses the injection itself carries a code.
        let asks = |e: &Evidence| e.code.is_none() && e.text.starts_with("is ");
        let wanted = because.iter().any(|e| e.path.as_deref().is_some_and(|p| p.ends_with(r#"["linkerd.io/inject"]"#)) && asks(e));
        let own = workload.annotations.has(INJECT);
        let Some(blocker) = because.iter().find(|e| wanted && blocks(e)) else { continue };
        if !own && world.linkerd.passes_over(&world.index, &workload.reference.namespace).is_some() {
            continue;
        }
        let path = if blocker.code == Some("host_network_enabled") { "spec.hostNetwork" } else { "" };
        let hint = "Take away what blocks it, or annotate the pod template linkerd.io/inject: disabled.";
        let finding = findings.add_workload(workload, path, format!("its pods ask for a proxy and get none: {}", blocker.text), hint);
        // Of a whole namespace it is rarely meant for every last pod.
        if !own {
            finding.severity(Severity::Info);
        }
    }
}

fn blocks(evidence: &Evidence) -> bool {
    evidence.code.is_some_and(|code| CODES.contains(&code)) || UNSEEN.iter().any(|said| evidence.text.starts_with(said))
}
