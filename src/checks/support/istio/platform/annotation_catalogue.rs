//! Annotations that Istio knows (istio/api `annotation` package): how mature each is, whether it is deprecated, and where it belongs.

use Maturity::{Alpha, Beta, Stable, Unstated};

/// How far an annotation's meaning can be relied on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::checks) enum Maturity {
    /// May change or go.
    Alpha,
    /// Settled.
    Beta,
    /// Promised.
    Stable,
    /// The catalogue does not say.
    Unstated,
}

/// One annotation.
pub(in crate::checks) struct Annotation {
    /// Its key.
    pub(in crate::checks) name: &'static str,
    /// How mature it is.
    pub(in crate::checks) maturity: Maturity,
    /// Whether something has replaced it.
    pub(in crate::checks) deprecated: bool,
    /// Kinds it has an effect on; `Any` for all.
    pub(in crate::checks) kinds: &'static [&'static str],
}

const fn row(name: &'static str, maturity: Maturity, deprecated: bool, kinds: &'static [&'static str]) -> Annotation {
    Annotation { name, maturity, deprecated, kinds }
}

/// The annotation called `name`.
pub(in crate::checks) fn find(name: &str) -> Option<&'static Annotation> {
    let at = ALL.binary_search_by(|a| a.name.cmp(name)).ok()?;
    Some(&ALL[at])
}

/// The names of all.
pub(in crate::checks) fn names() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|annotation| annotation.name)
}

/// All of them, sorted by name.
static ALL: &[Annotation] = &[
    row("alpha.istio.io/canonical-serviceaccounts", Alpha, true, &["Service"]),
    row("alpha.istio.io/kubernetes-serviceaccounts", Alpha, true, &["Service"]),
    row("ambient.istio.io/bypass-inbound-capture", Alpha, false, &["Pod"]),
    row("ambient.istio.io/dns-capture", Alpha, false, &["Pod"]),
    row("ambient.istio.io/redirection", Beta, false, &["Pod"]),
    row("ambient.istio.io/waypoint-inbound-binding", Alpha, false, &["GatewayClass", "Gateway"]),
    row("galley.istio.io/analyze-suppress", Alpha, false, &["Any"]),
    row("gateway.istio.io/controller-version", Alpha, false, &["Any"]),
    row("gateway.istio.io/name-override", Alpha, false, &["Gateway"]),
    row("gateway.istio.io/service-account", Alpha, false, &["Gateway"]),
    row("inject.istio.io/templates", Alpha, false, &["Pod"]),
    row("istio.io/autoRegistrationGroup", Alpha, false, &["WorkloadEntry"]),
    row("istio.io/connectedAt", Alpha, false, &["WorkloadEntry"]),
    row("istio.io/disconnectedAt", Alpha, false, &["WorkloadEntry"]),
    row("istio.io/dry-run", Alpha, false, &["AuthorizationPolicy"]),
    row("istio.io/reroute-virtual-interfaces", Alpha, false, &["Pod"]),
    row("istio.io/rev", Alpha, false, &["Pod"]),
    row("istio.io/use-waypoint-canary-weight", Alpha, false, &["Service", "ServiceEntry", "Namespace"]),
    row("istio.io/workloadController", Alpha, false, &["WorkloadEntry"]),
    row("kubernetes.io/ingress.class", Stable, false, &["Ingress"]),
    row("networking.istio.io/exportTo", Alpha, false, &["Service"]),
    row("networking.istio.io/service-type", Alpha, false, &["Gateway"]),
    row("networking.istio.io/traffic-distribution", Alpha, false, &["Namespace", "Service", "ServiceEntry"]),
    row("prometheus.istio.io/merge-metrics", Alpha, false, &["Pod"]),
    row("proxy.istio.io/config", Beta, false, &["Pod"]),
    row("proxy.istio.io/overrides", Alpha, false, &["Pod"]),
    row("readiness.status.sidecar.istio.io/applicationPorts", Alpha, false, &["Pod"]),
    row("readiness.status.sidecar.istio.io/failureThreshold", Alpha, false, &["Pod"]),
    row("readiness.status.sidecar.istio.io/initialDelaySeconds", Alpha, false, &["Pod"]),
    row("readiness.status.sidecar.istio.io/periodSeconds", Alpha, false, &["Pod"]),
    row("sidecar.istio.io/agentLogLevel", Alpha, false, &["Pod"]),
    row("sidecar.istio.io/bootstrapOverride", Alpha, false, &["Pod"]),
    row("sidecar.istio.io/componentLogLevel", Alpha, false, &["Pod"]),
    row("sidecar.istio.io/discoveryAddress", Alpha, true, &["Pod"]),
    row("sidecar.istio.io/extraStatTags", Alpha, true, &["Pod"]),
    row("sidecar.istio.io/inject", Beta, true, &["Pod"]),
    row("sidecar.istio.io/interceptionMode", Alpha, false, &["Pod"]),
    row("sidecar.istio.io/logLevel", Alpha, false, &["Pod"]),
    row("sidecar.istio.io/nativeSidecar", Alpha, false, &["Pod"]),
    row("sidecar.istio.io/proxyCPU", Alpha, false, &["Pod"]),
    row("sidecar.istio.io/proxyCPULimit", Alpha, false, &["Pod"]),
    row("sidecar.istio.io/proxyImage", Alpha, false, &["Pod"]),
    row("sidecar.istio.io/proxyImageType", Alpha, false, &["Pod"]),
    row("sidecar.istio.io/proxyMemory", Alpha, false, &["Pod"]),
    row("sidecar.istio.io/proxyMemoryLimit", Unstated, false, &["Pod"]),
    row("sidecar.istio.io/rewriteAppHTTPProbers", Alpha, false, &["Pod"]),
    row("sidecar.istio.io/statsCompression", Alpha, true, &["Pod"]),
    row("sidecar.istio.io/statsEvictionInterval", Alpha, false, &["Pod"]),
    row("sidecar.istio.io/statsFlushInterval", Alpha, false, &["Pod"]),
    row("sidecar.istio.io/statsHistogramBins", Alpha, false, &["Pod"]),
    row("sidecar.istio.io/statsHistogramBuckets", Alpha, false, &["Pod"]),
    row("sidecar.istio.io/statsInclusionPrefixes", Alpha, true, &["Pod"]),
    row("sidecar.istio.io/statsInclusionRegexps", Alpha, true, &["Pod"]),
    row("sidecar.istio.io/statsInclusionSuffixes", Alpha, true, &["Pod"]),
    row("sidecar.istio.io/status", Alpha, false, &["Pod"]),
    row("sidecar.istio.io/userVolume", Alpha, false, &["Pod"]),
    row("sidecar.istio.io/userVolumeMount", Unstated, false, &["Pod"]),
    row("status.sidecar.istio.io/port", Alpha, false, &["Pod"]),
    row("topology.istio.io/controlPlaneClusters", Alpha, false, &["Namespace"]),
    row("traffic.istio.io/nodeSelector", Stable, false, &["Service"]),
    row("traffic.sidecar.istio.io/excludeInboundPorts", Alpha, false, &["Pod"]),
    row("traffic.sidecar.istio.io/excludeInterfaces", Alpha, false, &["Pod"]),
    row("traffic.sidecar.istio.io/excludeOutboundIPRanges", Alpha, false, &["Pod"]),
    row("traffic.sidecar.istio.io/excludeOutboundPorts", Alpha, false, &["Pod"]),
    row("traffic.sidecar.istio.io/includeInboundPorts", Unstated, false, &["Pod"]),
    row("traffic.sidecar.istio.io/includeOutboundIPRanges", Alpha, false, &["Pod"]),
    row("traffic.sidecar.istio.io/includeOutboundPorts", Alpha, false, &["Pod"]),
    row("traffic.sidecar.istio.io/kubevirtInterfaces", Alpha, true, &["Pod"]),
];

#[cfg(test)]
mod tests {
    use super::{ALL, find};

    #[test]
    fn every_row_is_found_again() {
        for row in ALL {
            assert_eq!(find(row.name).map(|a| a.name), Some(row.name));
        }
        assert!(find("sidecar.istio.io/injected").is_none());
    }
}
