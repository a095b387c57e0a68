//! The checks of `linkerd check`, by the anchors of their hints: which of them there is a rule for, and what answers those that have none.

/// What answers a check of `linkerd check`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The rules that have its anchor among their aliases.
    Rules,
    /// Something else here, or nothing and why.
    Words(&'static str),
}

use Answer::{Rules, Words};

const NOT_LINKERD: &str = "this program is no `linkerd` CLI";
const AGAINST_PLANE: &str = "this program is no `linkerd` CLI; proxies are compared with their control plane";

/// Every anchor of the core checks, of viz and of multicluster, in the order in which they run.
pub static ANCHORS: &[(&str, Answer)] = &[
    ("gateway-api-crd", Rules),
    ("k8s-api", Words("every command: a server that cannot be reached is exit code 3, with the reason")),
    ("k8s-version", Rules),
    ("pre-ns", Rules),
    ("pre-k8s-cluster-k8s", Rules),
    ("pre-k8s", Rules),
    ("pre-k8s-clock-skew", Rules),
    ("l5d-existence-crd", Rules),
    ("l5d-existence-linkerd-config", Rules),
    ("l5d-existence-sa", Rules),
    ("l5d-existence-replicasets", Rules),
    ("l5d-existence-unschedulable-pods", Rules),
    ("l5d-api-control-ready", Rules),
    ("l5d-cluster-networks-cidr", Rules),
    ("l5d-cluster-networks-pods", Rules),
    ("l5d-existence-ns", Words("a control plane is found by what lies in its namespace")),
    ("l5d-existence-cr", Rules),
    ("l5d-existence-crb", Rules),
    ("l5d-existence-mwc", Rules),
    ("l5d-existence-vwc", Rules),
    ("l5d-proxy-init-run-as-root", Rules),
    ("cni-plugin-cm-exists", Rules),
    ("cni-plugin-cr-exists", Rules),
    ("cni-plugin-crb-exists", Rules),
    ("cni-plugin-sa-exists", Rules),
    ("cni-plugin-ds-exists", Rules),
    ("cni-plugin-ready", Rules),
    ("l5d-identity-cert-config-valid", Rules),
    ("l5d-identity-trustAnchors-use-supported-crypto", Rules),
    ("l5d-identity-trustAnchors-are-time-valid", Rules),
    ("l5d-identity-trustAnchors-not-expiring-soon", Rules),
    ("l5d-identity-issuer-cert-uses-supported-crypto", Rules),
    ("l5d-identity-issuer-cert-is-time-valid", Rules),
    ("l5d-identity-issuer-cert-not-expiring-soon", Rules),
    ("l5d-identity-issuer-cert-issued-by-trust-anchor", Rules),
    ("l5d-proxy-injector-webhook-cert-valid", Rules),
    ("l5d-proxy-injector-webhook-cert-not-expiring-soon", Rules),
    ("l5d-sp-validator-webhook-cert-valid", Rules),
    ("l5d-sp-validator-webhook-cert-not-expiring-soon", Rules),
    ("l5d-policy-validator-webhook-cert-valid", Rules),
    ("l5d-policy-validator-webhook-cert-not-expiring-soon", Rules),
    ("l5d-identity-data-plane-proxies-certs-match-ca", Rules),
    ("l5d-version-latest", Words("nothing is asked of the internet")),
    ("l5d-version-cli", Words(NOT_LINKERD)),
    ("l5d-version-control", Words("shown by `version`; skew between control plane and proxies is judged by the rules on versions")),
    ("l5d-cp-proxy-healthy", Rules),
    ("l5d-cp-proxy-version", Rules),
    ("l5d-cp-proxy-cli-version", Words(AGAINST_PLANE)),
    ("l5d-data-plane-exists", Words("a namespace that `-n` names and that is not there is exit code 2")),
    ("l5d-data-plane-ready", Rules),
    ("l5d-data-plane-version", Rules),
    ("l5d-data-plane-cli-version", Words(AGAINST_PLANE)),
    ("l5d-data-plane-pod-labels", Rules),
    ("l5d-data-plane-services-labels", Rules),
    ("l5d-data-plane-services-annotations", Rules),
    ("linkerd-opaque-ports-definition", Rules),
    ("l5d-control-plane-replicas", Rules),
    ("l5d-extension-namespaces", Rules),
    ("extensions", Words("programs on PATH are run by `check --extensions`, which names those that are not there")),
    ("l5d-viz-ns-exists", Words("the extension is found by its namespace")),
    ("l5d-viz-existence-client", Rules),
    ("l5d-viz-cr-exists", Rules),
    ("l5d-viz-crb-exists", Rules),
    ("l5d-tap-cert-valid", Rules),
    ("l5d-tap-cert-not-expiring-soon", Rules),
    ("l5d-tap-api", Rules),
    ("l5d-viz-pods-injection", Rules),
    ("l5d-viz-pods-running", Rules),
    ("l5d-viz-proxy-healthy", Rules),
    ("l5d-viz-proxy-cp-version", Rules),
    ("l5d-viz-proxy-cli-version", Words(AGAINST_PLANE)),
    ("l5d-viz-prometheus", Rules),
    ("l5d-viz-metrics-api", Rules),
    ("l5d-viz-data-plane-prom-authz", Rules),
    ("l5d-data-plane-prom", Rules),
    ("l5d-multicluster-link-crd-exists", Rules),
    ("l5d-multicluster-links-are-valid", Rules),
    ("l5d-multicluster-links-version", Words(NOT_LINKERD)),
    ("l5d-smc-target-clusters-access", Rules),
    ("l5d-multicluster-clusters-share-anchors", Rules),
    ("l5d-multicluster-source-rbac-correct", Rules),
    ("l5d-multicluster-service-mirror-running", Rules),
    ("l5d-multicluster-managed-controllers", Rules),
    ("l5d-multicluster-gateways-endpoints", Rules),
    ("l5d-multicluster-services-endpoints", Rules),
    ("l5d-multicluster-orphaned-services", Rules),
    ("l5d-multicluster-proxy-healthy", Rules),
    ("l5d-multicluster-proxy-cp-version", Rules),
    ("l5d-multicluster-proxy-cli-version", Words(AGAINST_PLANE)),
];

/// What answers the check with this anchor; nothing when there is no such check.
pub fn linkerd_check(anchor: &str) -> Option<Answer> {
    ANCHORS.iter().find(|(name, _)| name.eq_ignore_ascii_case(anchor)).map(|(_, answer)| *answer)
}
