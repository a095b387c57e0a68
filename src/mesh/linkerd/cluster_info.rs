//! What Linkerd's own installation settings say about the cluster, as far as policies depend on it.

use ipnet::IpNet;

use super::LinkerdConfig;
use super::network;
use super::server::InboundPolicy;
use crate::model::{Field, Json, Str};

/// Settings of the control plane, with the chart's defaults where nothing is written.
#[derive(Clone, Debug, PartialEq)]
pub struct ClusterInfo {
    /// Namespace of the control plane.
    pub namespace: Str,
    /// `clusterNetworks`: where pods and Services have their addresses.
    pub networks: Vec<IpNet>,
    /// `clusterDomain`.
    pub domain: Str,
    /// `identityTrustDomain`, or the cluster domain.
    pub trust_domain: Str,
    /// `proxy.defaultInboundPolicy`.
    pub default_policy: InboundPolicy,
    /// `egress.globalEgressNetworkNamespace`.
    pub egress_namespace: Str,
    /// Whether the settings were read and are not assumed.
    pub known: bool,
}

impl Default for ClusterInfo {
    fn default() -> Self {
        Self::of("linkerd", Json::default().root())
    }
}

impl ClusterInfo {
    /// Takes them from the control planes' settings; of several control planes the first counts.
    pub fn read(configs: &[LinkerdConfig]) -> Self {
        match configs.first() {
            Some(config) if config.root().is_map() => Self { known: true, ..Self::of(&config.namespace, config.root()) },
            Some(config) => Self { namespace: config.namespace.clone(), ..Self::default() },
            None => Self::default(),
        }
    }

    fn of(namespace: &str, root: Field<'_>) -> Self {
        let text = |found: Option<Field<'_>>, default: &str| {
            Str::from(found.and_then(|f| f.str().map(str::to_owned)).filter(|s| !s.is_empty()).unwrap_or_else(|| default.to_owned()))
        };
        let domain = text(root.get("clusterDomain"), "cluster.local");
        let networks = text(root.get("clusterNetworks"), DEFAULT_NETWORKS);
        let policy = root.at(["proxy", "defaultInboundPolicy"]).and_then(|f| f.str()).and_then(InboundPolicy::parse);
        Self {
            namespace: namespace.into(),
            networks: networks.split(',').filter_map(|cidr| network::parse(cidr.trim())).collect(),
            trust_domain: text(root.get("identityTrustDomain"), &domain),
            domain,
            default_policy: policy.unwrap_or(InboundPolicy::AllUnauthenticated),
            egress_namespace: text(root.at(["egress", "globalEgressNetworkNamespace"]), "linkerd-egress"),
            known: false,
        }
    }
}

/// The chart's default for `clusterNetworks`: the private ranges.
const DEFAULT_NETWORKS: &str = "10.0.0.0/8,100.64.0.0/10,172.16.0.0/12,192.168.0.0/16,fd00::/8";

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_trust_domain_follows_the_cluster_domain() {
        let info = ClusterInfo::of("mesh", Json::from(json!({"clusterDomain": "k8s.example", "clusterNetworks": "10.0.0.0/8, fd00::/8"})).root());
        assert_eq!((info.domain.as_str(), info.trust_domain.as_str(), info.networks.len()), ("k8s.example", "k8s.example", 2));
        assert_eq!(ClusterInfo::of("mesh", Json::from(json!({"identityTrustDomain": "corp"})).root()).trust_domain, "corp");
    }
}
