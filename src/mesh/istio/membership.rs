//! Who is in the mesh, by the marks that pods, templates and namespaces carry (istio/api `label` and `annotation` packages).

use super::{INJECT, INJECTION, REV};
use crate::index::Index;
use crate::model::{Map, Pod, PodSpec};

/// Label that puts a namespace or a pod into ambient, or takes the pod out.
pub const DATAPLANE_MODE: &str = "istio.io/dataplane-mode";
/// Annotation with which istio-cni says what became of a pod's redirection.
pub const REDIRECTION: &str = "ambient.istio.io/redirection";
/// Annotation with which the injector says what it added.
pub const STATUS: &str = "sidecar.istio.io/status";
/// Label of what a Gateway API controller of Istio's made.
pub const MANAGED: &str = "gateway.istio.io/managed";

/// Namespaces that injection and analysis leave alone.
pub const SYSTEM_NAMESPACES: [&str; 4] = ["kube-system", "kube-public", "kube-node-lease", "local-path-storage"];

/// Whether a container or init container `istio-proxy` with an image is there; native sidecars are init containers.
pub fn has_sidecar(spec: &PodSpec) -> bool {
    spec.container("istio-proxy").is_some_and(|c| !c.image.is_empty())
}

/// Whether a pod was captured by ambient's redirection.
pub fn is_ambient(pod: &Pod) -> bool {
    pod.metadata.annotations.is(REDIRECTION, "enabled")
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

/// Whether pods of this shape are in the mesh with a sidecar, as istioctl decides: the container, then label, annotation, namespace.
pub fn in_mesh(index: &Index, namespace: &str, labels: &Map, annotations: &Map, spec: &PodSpec) -> bool {
    if has_sidecar(spec) {
        return true;
    }
    match labels.get(INJECT).or_else(|| annotations.get(INJECT)) {
        Some(value) => value == "true",
        None => index.namespace_label(namespace, INJECTION) == Some("enabled"),
    }
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
