//! Who gets a proxy, and who asks for one in vain.

use crate::checks::Check;

mod install_pod_security;
mod istio_annotation_invalid;
mod istio_default_revision_missing;
mod istio_host_network_outside_mesh;
mod istio_image_auto_not_injected;
mod istio_inject_annotation_only;
mod istio_inject_label_misplaced;
mod istio_inject_label_overruled;
mod istio_inject_value_invalid;
mod istio_injection_label_mistaken;
mod istio_namespace_labels_conflict;
mod istio_namespace_not_injected;
mod istio_pod_missing_proxy;
mod istio_revision_not_found;
mod istio_webhook_overlap;
mod istio_webhook_service_not_found;
mod istio_workload_sidecar_and_ambient;
mod job_sidecar_never_ends;
mod linkerd_annotation_on_controller;
mod linkerd_inject_value_invalid;
mod linkerd_injection_blocked;
mod linkerd_pod_not_injected;
mod linkerd_proxy_no_longer_injected;
mod pod_security_refuses_proxy;
mod workload_in_two_meshes;

pub(super) static CHECKS: &[&Check] = &[
    &install_pod_security::CHECK,
    &istio_annotation_invalid::CHECK,
    &istio_default_revision_missing::CHECK,
    &istio_host_network_outside_mesh::CHECK,
    &istio_image_auto_not_injected::CHECK,
    &istio_inject_annotation_only::CHECK,
    &istio_inject_label_misplaced::CHECK,
    &istio_inject_label_overruled::CHECK,
    &istio_inject_value_invalid::CHECK,
    &istio_injection_label_mistaken::CHECK,
    &istio_namespace_labels_conflict::CHECK,
    &istio_namespace_not_injected::CHECK,
    &istio_pod_missing_proxy::CHECK,
    &istio_revision_not_found::CHECK,
    &istio_webhook_overlap::CHECK,
    &istio_webhook_service_not_found::CHECK,
    &istio_workload_sidecar_and_ambient::CHECK,
    &job_sidecar_never_ends::CHECK,
    &linkerd_annotation_on_controller::CHECK,
    &linkerd_inject_value_invalid::CHECK,
    &linkerd_injection_blocked::CHECK,
    &linkerd_pod_not_injected::CHECK,
    &linkerd_proxy_no_longer_injected::CHECK,
    &pod_security_refuses_proxy::CHECK,
    &workload_in_two_meshes::CHECK,
];
