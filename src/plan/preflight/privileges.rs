//! What the pod may do, and whether its node's and namespace's rules let a proxy in.

use super::{Id, Rehearsal, Report, Subject};
use crate::model::MeshId;

pub(super) fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    if subject.spec()["hostNetwork"] == true {
        report.block(Id::HostNetwork, "its pods share the network of their nodes: no mesh takes them in");
    }
    pod_security(subject, report);
    images(subject, report);
    other_mesh(subject, report);
    ready_injector(subject, report);
}

/// By computation, where no rehearsal tells.
fn pod_security(subject: &Subject<'_>, report: &mut Report<'_>) {
    let rehearsed = matches!(subject.known.rehearsals.get(&subject.workload.reference), Some(Rehearsal::Accepted { .. } | Rehearsal::Refused { .. }));
    if rehearsed || subject.intention.ambient() {
        return;
    }
    let level = subject.world.index.namespace_label(subject.namespace(), "pod-security.kubernetes.io/enforce").unwrap_or_default();
    let plugin = match subject.intention.mesh {
        MeshId::Istio => "istio-cni",
        MeshId::Linkerd => "linkerd-cni",
    };
    let cni = subject.world.meshes().iter().any(|mesh| mesh.components().iter().any(|c| c.name.contains(plugin)));
    match (level, cni) {
        ("baseline" | "restricted", false) => report.block(
            Id::PodSecurity,
            format!("the namespace enforces {level}, which refuses the privileges of the proxy's init container: install {plugin}, or use ambient"),
        ),
        ("restricted", true) if !subject.intention.linkerd() => {
            report.warn(Id::PodSecurity, "the namespace enforces restricted: the sidecar needs global.proxy.seccompProfile: {type: RuntimeDefault}")
        }
        ("restricted", true) => {
            let drops = subject.containers().next().and_then(|c| c["securityContext"]["capabilities"]["drop"].as_array());
            if !drops.is_some_and(|list| list.iter().any(|item| item == "ALL")) {
                report.warn(
                    Id::PodSecurity,
                    "the namespace enforces restricted, and the proxy copies the capabilities of the first container: let that drop ALL",
                );
            }
        }
        _ => {}
    }
}

fn images(subject: &Subject<'_>, report: &mut Report<'_>) {
    let private = subject.spec()["imagePullSecrets"].as_array().is_some_and(|list| !list.is_empty());
    if private
        && !subject.intention.ambient()
        && !matches!(subject.known.rehearsals.get(&subject.workload.reference), Some(Rehearsal::Accepted { .. }))
    {
        report.warn(Id::Image, "its images come from a registry with secrets: the proxy's image has to be pulled as well, from where the mesh says");
    }
}

fn other_mesh(subject: &Subject<'_>, report: &mut Report<'_>) {
    const PROXIES: [(&str, &str, Option<MeshId>); 5] = [
        ("linkerd-proxy", "Linkerd", Some(MeshId::Linkerd)),
        ("istio-proxy", "Istio", Some(MeshId::Istio)),
        ("daprd", "Dapr", None),
        ("consul-dataplane", "Consul", None),
        ("kuma-sidecar", "Kuma", None),
    ];
    let names: Vec<&str> = subject.containers().chain(subject.init_containers()).filter_map(|c| c["name"].as_str()).collect();
    for (name, mesh, _) in PROXIES.iter().filter(|(name, _, id)| names.contains(name) && *id != Some(subject.intention.mesh)) {
        report.block(Id::OtherMesh, format!("its template already holds the proxy of {mesh} ({name}): one redirection alone works"));
    }
    let other = match subject.intention.mesh {
        MeshId::Istio => MeshId::Linkerd,
        MeshId::Linkerd => MeshId::Istio,
    };
    let fact = subject.world.injection(other, subject.workload);
    let asks = matches!(&fact.intended, crate::model::Fact::Known { value: crate::model::Intent::In { .. }, .. });
    if (asks || fact.actual.inside() > 0) && fact.actual.gateway == 0 {
        report.block(Id::OtherMesh, format!("{} takes its pods in: opt it out there first (`kubectl mesh offboard` does)", other.title()));
    }
    for key in ["consul.hashicorp.com/connect-inject", "kuma.io/sidecar-injection"] {
        if subject.annotation(key).is_some_and(|value| matches!(value, "true" | "enabled")) {
            report.block(Id::OtherMesh, format!("its annotation {key} asks for another mesh"));
        }
    }
}

fn ready_injector(subject: &Subject<'_>, report: &mut Report<'_>) {
    let planes: Vec<_> = subject.world.control_planes().filter(|plane| plane.mesh == subject.intention.mesh).collect();
    if subject.world.source.kind == crate::world::SourceKind::Files && planes.is_empty() {
        report.unknown(
            Id::InjectorDown,
            format!("whether {} is installed and its injector answers: files do not show it", subject.intention.mesh.title()),
        );
        return;
    }
    if planes.is_empty() {
        report.block(Id::InjectorDown, format!("no control plane of {} is visible", subject.intention.mesh.title()));
    } else if planes.iter().all(|plane| plane.ready == Some(0)) {
        let then = match subject.intention.mesh {
            MeshId::Istio => "pods cannot be created",
            MeshId::Linkerd => "pods start without a proxy, or cannot be created",
        };
        report.block(Id::InjectorDown, format!("no pod of {}'s control plane is ready: {then}", subject.intention.mesh.title()));
    }
    if subject.intention.ambient() && !subject.world.istio.ambient.has_ztunnel() {
        report.block(Id::InjectorDown, "no ztunnel is visible: ambient is not installed");
    }
}
