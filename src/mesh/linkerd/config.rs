//! `linkerd-config` (key `values`: the chart's values as installed), with the chart's defaults.

use crate::index::Index;
use crate::model::{Field, Json, Kind, LabelSelector, Object, ObjectRef, Str, Subject};

/// The settings of one control plane.
#[derive(Clone, Debug)]
pub struct LinkerdConfig {
    pub namespace: Str,
    /// The ConfigMap; nothing where all of it are defaults.
    pub object: Option<ObjectRef>,
    /// `linkerdVersion`.
    pub version: Option<Str>,
    /// `clusterNetworks`, taken apart.
    pub cluster_networks: Vec<Str>,
    /// `clusterDomain`.
    pub cluster_domain: Str,
    /// The trust anchors: ConfigMap `linkerd-identity-trust-roots`, else `identityTrustAnchorsPEM`.
    pub trust_anchors: Option<Str>,
    /// `identity.issuer.scheme`.
    pub issuer_scheme: Str,
    /// `identity.serviceAccountTokenProjection`.
    pub token_projection: bool,
    /// `cniEnabled`.
    pub cni: bool,
    /// `highAvailability`.
    pub high_availability: bool,
    /// `webhookFailurePolicy`.
    pub webhook_failure_policy: Str,
    /// `proxy.defaultInboundPolicy`.
    pub default_inbound_policy: Str,
    /// `proxy.nativeSidecar`.
    pub native_sidecar: bool,
    /// `proxy.image.version`, when it is not the control plane's.
    pub proxy_version: Option<Str>,
    /// `proxyInit.ignoreInboundPorts`.
    pub skip_inbound_ports: Str,
    /// `proxyInit.ignoreOutboundPorts`.
    pub skip_outbound_ports: Str,
    /// `policyController.probeNetworks`.
    pub probe_networks: Vec<Str>,
    /// `proxyInjector.namespaceSelector`, which the webhook was made with.
    pub injector_namespaces: Option<LabelSelector>,
    /// `proxyInjector.objectSelector`, likewise.
    pub injector_pods: Option<LabelSelector>,
    /// The document as written; null when there is none.
    raw: Json,
    /// Why the document could not be parsed, when it could not.
    pub error: Option<String>,
}

/// Linkerd 1 kept a file of its own in a ConfigMap of the same name.
fn is_of_first_linkerd(map: &Object) -> bool {
    let files = map.root().get("data").map(|data| data.entries().map(|(key, _)| key.to_owned()).collect::<Vec<_>>()).unwrap_or_default();
    !files.is_empty() && files.iter().all(|key| !matches!(key.as_str(), "values" | "global" | "proxy" | "install"))
}

impl LinkerdConfig {
    /// The settings of every control plane, by namespace.
    pub fn read(index: &Index) -> Vec<Self> {
        index
            .objects(Kind::ConfigMap)
            .iter()
            .filter(|c| c.meta.name == "linkerd-config" && !is_of_first_linkerd(c))
            .map(|map| Self::of_map(index, map))
            .collect()
    }

    fn of_map(index: &Index, map: &Object) -> Self {
        let text = map.root().at(["data", "values"]).and_then(|f| f.str()).unwrap_or_default();
        let (raw, error) = match serde_saphyr::from_str::<Json>(text) {
            Ok(raw) => (raw, None),
            Err(error) => (Json::default(), Some(error.to_string())),
        };
        let namespace = map.meta.namespace.clone();
        let mut config = Self { object: Some(map.reference()), error, ..Self::of(&namespace, raw) };
        let roots = index.object(Kind::ConfigMap, &namespace, "linkerd-identity-trust-roots");
        if let Some(bundle) = roots.and_then(|r| r.root().at(["data", "ca-bundle.crt"])).and_then(|f| f.str()) {
            config.trust_anchors = Some(bundle.into());
        }
        config
    }

    /// The values, to be walked.
    pub fn root(&self) -> Field<'_> {
        self.raw.root()
    }

    /// The settings that values make, in the control plane's namespace.
    pub fn of(namespace: &str, raw: impl Into<Json>) -> Self {
        let raw = raw.into();
        let settings = Self::settings(namespace, &raw);
        Self { raw, ..settings }
    }

    fn settings(namespace: &str, raw: &Json) -> Self {
        let root = raw.root();
        let word = |field: Option<Field<'_>>| field.and_then(|f| f.str().map(Str::from)).filter(|s| !s.is_empty());
        let flag = |field: Option<Field<'_>>, default| field.and_then(|f| f.bool()).unwrap_or(default);
        let or = |found: Option<Str>, default: &str| found.unwrap_or_else(|| default.into());
        let selector = |name| LabelSelector::read(root.at(["proxyInjector", name])?);
        let networks = or(word(root.get("clusterNetworks")), "10.0.0.0/8,100.64.0.0/10,172.16.0.0/12,192.168.0.0/16,fd00::/8");
        let cluster_domain = or(word(root.get("clusterDomain")), "cluster.local");
        let probes = root.at(["policyController", "probeNetworks"]).map(|list| list.items().filter_map(|n| n.str().map(Str::from)).collect());
        Self {
            namespace: namespace.into(),
            object: None,
            version: word(root.get("linkerdVersion")),
            cluster_networks: networks.split(',').map(str::trim).filter(|n| !n.is_empty()).map(Str::from).collect(),
            cluster_domain,
            trust_anchors: word(root.get("identityTrustAnchorsPEM")),
            issuer_scheme: or(word(root.at(["identity", "issuer", "scheme"])), "linkerd.io/tls"),
            token_projection: flag(root.at(["identity", "serviceAccountTokenProjection"]), true),
            cni: flag(root.get("cniEnabled"), false),
            high_availability: flag(root.get("highAvailability"), false),
            webhook_failure_policy: or(word(root.get("webhookFailurePolicy")), "Ignore"),
            default_inbound_policy: or(word(root.at(["proxy", "defaultInboundPolicy"])), "all-unauthenticated"),
            native_sidecar: flag(root.at(["proxy", "nativeSidecar"]), native_by_default(root.text("linkerdVersion"))),
            proxy_version: word(root.at(["proxy", "image", "version"])),
            skip_inbound_ports: or(word(root.at(["proxyInit", "ignoreInboundPorts"])), "4567,4568"),
            skip_outbound_ports: or(word(root.at(["proxyInit", "ignoreOutboundPorts"])), "4567,4568"),
            // An empty list lets no probe in.
            probe_networks: probes.unwrap_or_else(|| vec!["0.0.0.0/0".into(), "::/0".into()]),
            injector_namespaces: selector("namespaceSelector"),
            injector_pods: selector("objectSelector"),
            raw: Json::default(),
            error: None,
        }
    }
}

/// The chart's default of `proxy.nativeSidecar` in a release; that of the newest where the release does not tell.
fn native_by_default(release: &str) -> bool {
    super::release::has(release, super::native::BY_DEFAULT).unwrap_or(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_stand_where_nothing_is_written() {
        let config = LinkerdConfig::of("linkerd", Json::default());
        assert_eq!((config.cluster_domain.as_str(), config.default_inbound_policy.as_str()), ("cluster.local", "all-unauthenticated"));
        assert_eq!((config.cluster_networks.len(), config.probe_networks.len()), (5, 2));
        assert!(config.native_sidecar && config.token_projection && !config.cni && !config.high_availability);
    }

    #[test]
    fn written_settings_win() {
        let values = serde_json::json!({
            "linkerdVersion": "edge-26.1.1", "clusterNetworks": "10.0.0.0/8, fd00::/8", "clusterDomain": "corp.example", "cniEnabled": true,
            "highAvailability": true, "proxy": {"defaultInboundPolicy": "deny", "nativeSidecar": false, "image": {"version": "v1"}},
            "identity": {"issuer": {"scheme": "kubernetes.io/tls"}, "serviceAccountTokenProjection": false}
        });
        let config = LinkerdConfig::of("linkerd", values);
        assert_eq!((config.version.as_deref(), config.cluster_domain.as_str()), (Some("edge-26.1.1"), "corp.example"));
        assert_eq!((config.default_inbound_policy.as_str(), config.proxy_version.as_deref()), ("deny", Some("v1")));
        assert!(config.cni && config.high_availability && !config.native_sidecar && !config.token_projection && config.cluster_networks.len() == 2);
        assert_eq!(config.issuer_scheme, "kubernetes.io/tls");
    }
}
