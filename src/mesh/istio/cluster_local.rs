//! Hosts that every cluster of a mesh keeps to itself (istio `pilot/pkg/model/cluster_local.go`): Services of the same name are not one Service there.

use super::MeshConfig;
use super::hosts::covers;
use crate::model::Str;

/// Hosts and wildcards, each with whether what it names stays within its cluster.
#[derive(Clone, Debug)]
pub struct ClusterLocal(Vec<(Str, bool)>);

impl ClusterLocal {
    /// Istio's own list, and what `serviceSettings` add to it or take from it.
    pub fn read(config: &MeshConfig) -> Self {
        let suffix = config.service_suffix();
        let discovery = config.root().at(["defaultConfig", "discoveryAddress"]).and_then(|f| f.str()).unwrap_or("istiod.istio-system.svc");
        let discovery = discovery.split(':').next().unwrap_or_default();
        let short = discovery.strip_suffix(&format!(".{}", config.cluster_domain)).unwrap_or(discovery);
        let defaults = [format!("*.kube-system.{suffix}"), format!("kubernetes.default.{suffix}"), format!("{short}.{}", config.cluster_domain)];
        let mut hosts = Vec::new();
        for settings in config.root().list("serviceSettings") {
            let local = settings.at(["settings", "clusterLocal"]).and_then(|f| f.bool()).unwrap_or(false);
            hosts.extend(settings.texts("hosts").map(|(host, _)| (Str::from(host), local)));
        }
        // Letting out one host of a default lets out all of it.
        let kept: Vec<_> = defaults.iter().filter(|default| !hosts.iter().any(|(host, local)| !local && covers(default, host))).collect();
        hosts.extend(kept.into_iter().map(|default| (default.as_str().into(), true)));
        Self(hosts)
    }

    /// Whether a host, in full, stays within its cluster: the most specific entry decides.
    pub fn contains(&self, host: &str) -> bool {
        let fitting = self.0.iter().filter(|(entry, _)| covers(entry, host));
        fitting.max_by_key(|(entry, _)| (!entry.starts_with('*'), entry.len())).is_some_and(|(_, local)| *local)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(settings: serde_json::Value) -> ClusterLocal {
        ClusterLocal::read(&MeshConfig::of(serde_json::json!({ "serviceSettings": settings })))
    }

    #[test]
    fn istio_keeps_what_every_cluster_has() {
        let local = read(serde_json::json!([]));
        assert!(local.contains("kube-dns.kube-system.svc.cluster.local") && local.contains("kubernetes.default.svc.cluster.local"));
        assert!(local.contains("istiod.istio-system.svc.cluster.local") && !local.contains("cart.shop.svc.cluster.local"));
    }

    #[test]
    fn settings_add_and_take_away_and_the_most_specific_decides() {
        let local = read(serde_json::json!([
            {"settings": {"clusterLocal": true}, "hosts": ["*.shop.svc.cluster.local"]},
            {"settings": {"clusterLocal": false}, "hosts": ["cart.shop.svc.cluster.local", "kube-dns.kube-system.svc.cluster.local"]},
        ]));
        assert!(local.contains("orders.shop.svc.cluster.local") && !local.contains("cart.shop.svc.cluster.local"));
        assert!(!local.contains("metrics.kube-system.svc.cluster.local"));
    }
}
