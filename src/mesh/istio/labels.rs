//! The labels and annotations by which Istio knows pods, templates and namespaces (istio/api `label` and `annotation` packages), and what
//! they ask for. Whether a workload is in the mesh in the end is asked of [`crate::mesh::membership`].

use crate::index::{Index, Workload};
use crate::model::{Map, Pod, PodSpec};

/// Label that names a revision or tag.
pub const REV: &str = "istio.io/rev";
/// Label that names a tag.
pub const TAG: &str = "istio.io/tag";
/// Label of namespaces that turns the default revision's injection on or everything off.
pub const INJECTION: &str = "istio-injection";
/// Label (and, for istiod alone, annotation) of pods that turns injection on or off.
pub const INJECT: &str = "sidecar.istio.io/inject";
/// Annotation of pods that chooses what is injected: a sidecar, a gateway.
pub const TEMPLATES: &str = "inject.istio.io/templates";
/// Annotation with which the injector says what it added.
pub const STATUS: &str = "sidecar.istio.io/status";
/// Label that puts a namespace or a pod into ambient (`ambient`), or keeps a pod out (`none`).
pub const DATAPLANE_MODE: &str = "istio.io/dataplane-mode";
/// Annotation with which istio-cni says what became of a pod's redirection.
pub const REDIRECTION: &str = "ambient.istio.io/redirection";
/// Label of what a Gateway API controller of Istio's made.
pub const MANAGED: &str = "gateway.istio.io/managed";
/// Label of a Gateway API gateway's pods; its value is the Gateway's name.
pub const GATEWAY_NAME: &str = "gateway.networking.k8s.io/gateway-name";
/// Label of pods (and of WorkloadEntries) that take mutual TLS, `istio`, or not.
pub const TLS_MODE: &str = "security.istio.io/tlsMode";

/// Namespaces that injection and analysis leave alone.
pub const SYSTEM_NAMESPACES: [&str; 4] = ["kube-system", "kube-public", "kube-node-lease", "local-path-storage"];

/// Whether a container or init container `istio-proxy` with an image is there; native sidecars are init containers.
pub fn has_sidecar(spec: &PodSpec) -> bool {
    spec.container("istio-proxy").is_some_and(|c| !c.image.is_empty())
}

/// Whether a pod was captured by ambient's redirection.
pub fn is_captured(pod: &Pod) -> bool {
    pod.metadata.annotations.is(REDIRECTION, "enabled")
}

/// Whether any pod of a workload was.
pub fn has_captured_pods(index: &Index, workload: &Workload) -> bool {
    index.pod_variants(workload).any(|(pod, _)| is_captured(pod))
}

/// Whether a namespace is an ambient one: either injection label takes it out.
pub fn namespace_is_ambient(labels: &Map) -> bool {
    labels.is(DATAPLANE_MODE, "ambient") && !labels.is(INJECTION, "enabled") && labels.get(REV).is_none_or(str::is_empty)
}

/// Whether a namespace's labels ask for sidecars; `istio-injection`, whatever its value, beats `istio.io/rev`.
pub fn namespace_injects(labels: &Map) -> bool {
    match labels.get(INJECTION) {
        Some(value) => value == "enabled",
        None => labels.get(REV).is_some_and(|rev| !rev.is_empty()),
    }
}

/// Whether labels ask for a sidecar, whether or not one comes of it: the pod's own first, then the namespace's.
pub fn asks_for_sidecar(index: &Index, workload: &Workload) -> bool {
    let namespace = index.namespace(&workload.reference.namespace).map(|ns| &ns.metadata.labels);
    match workload.labels.get(INJECT).or_else(|| workload.annotations.get(INJECT)) {
        Some("false") => false,
        Some("true") => !namespace.is_some_and(|labels| labels.is(INJECTION, "disabled")),
        _ => {
            let refused = namespace.is_some_and(|labels| labels.has(INJECTION));
            namespace.is_some_and(namespace_injects) || (!refused && workload.labels.has(REV))
        }
    }
}

/// Whether labels ask for ambient, whether or not it comes of it: the pod's own first, then the namespace's.
pub fn asks_for_ambient(index: &Index, workload: &Workload) -> bool {
    match workload.labels.get(DATAPLANE_MODE) {
        Some("ambient") => true,
        Some("none") => false,
        _ => index.namespace_label(&workload.reference.namespace, DATAPLANE_MODE) == Some("ambient"),
    }
}

/// Whether pod labels are those of a waypoint.
pub fn is_waypoint(labels: &Map) -> bool {
    match labels.get(MANAGED) {
        Some(controller) => controller == "istio.io-mesh-controller",
        None => labels.get(GATEWAY_NAME).is_some_and(|name| name.to_ascii_lowercase().contains("waypoint")),
    }
}

/// Whether a workload is marked as a gateway for traffic into or out of the mesh; waypoints are not.
pub fn is_gateway(workload: &Workload) -> bool {
    let templates = workload.annotations.get(TEMPLATES).unwrap_or_default();
    has_gateway_labels(&workload.labels) || templates.split(',').any(|template| template.trim() == "gateway")
}

/// Whether pod labels are those that charts and Istio's Gateway API controller give to gateways.
pub fn has_gateway_labels(labels: &Map) -> bool {
    labels.get("operator.istio.io/component").is_some_and(|c| matches!(c, "IngressGateways" | "EgressGateways"))
        || labels.get("istio").is_some_and(|i| i.ends_with("gateway") || matches!(i, "ingress" | "egress"))
        || labels.is("chart", "gateways")
        || labels.has("istio.io/gateway-name")
        || labels.is(MANAGED, "istio.io-gateway-controller")
}

/// Whether an object belongs to a control plane or a gateway installation of Istio's.
pub fn is_control_plane(labels: &Map) -> bool {
    labels.has("istio") || labels.is("release", "istio")
}

/// Whether an object was made for a waypoint or another gateway by Istio's own Gateway API controller.
pub fn is_managed_gateway(labels: &Map) -> bool {
    matches!(labels.get(MANAGED), Some("istio.io-gateway-controller" | "istio.io-mesh-controller" | "istio.io-eastwest-controller"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> Map {
        pairs.iter().copied().collect()
    }

    #[test]
    fn the_injection_label_beats_the_revision() {
        assert!(namespace_injects(&labels(&[(REV, "canary")])));
        assert!(!namespace_injects(&labels(&[(REV, "canary"), (INJECTION, "disabled")])));
        assert!(namespace_injects(&labels(&[(INJECTION, "enabled")])) && !namespace_injects(&Map::default()));
    }

    #[test]
    fn a_sidecar_label_takes_a_namespace_out_of_ambient() {
        assert!(namespace_is_ambient(&labels(&[(DATAPLANE_MODE, "ambient"), (INJECTION, "disabled")])));
        assert!(!namespace_is_ambient(&labels(&[(DATAPLANE_MODE, "ambient"), (INJECTION, "enabled")])));
        assert!(!namespace_is_ambient(&labels(&[(DATAPLANE_MODE, "ambient"), (REV, "canary")])));
    }
}
