//! MeshConfig (ConfigMap `istio`, key `mesh`; istio/api `mesh/v1alpha1/config.proto`) with Istio's defaults.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::index::Index;
use crate::model::{Field, Inventory, Json, Kind, LabelSelector, Map, Namespace, ObjectRef, Str, Subject};

/// What happens to calls for hosts outside of the registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutboundMode {
    /// Passed through; the default.
    AllowAny,
    /// Refused.
    RegistryOnly,
}

/// The settings that rules and commands ask about; the whole document stays available from [`MeshConfig::root`].
#[derive(Clone, Debug)]
pub struct MeshConfig {
    /// `rootNamespace`, default `istio-system`.
    pub root_namespace: Str,
    /// `trustDomain`, default `cluster.local`.
    pub trust_domain: Str,
    /// `trustDomainAliases`.
    pub trust_domain_aliases: Vec<Str>,
    /// The cluster's DNS domain, from `defaultConfig.proxyMetadata.CLUSTER_DOMAIN`, else from what istiod was installed with,
    /// else `cluster.local`.
    pub cluster_domain: Str,
    /// `enableAutoMtls`, default true.
    pub auto_mtls: bool,
    /// `outboundTrafficPolicy.mode`.
    pub outbound: OutboundMode,
    /// `defaultServiceExportTo`, `defaultVirtualServiceExportTo`, `defaultDestinationRuleExportTo`; empty means everywhere.
    pub default_export_to: [Vec<Str>; 3],
    /// `discoverySelectors`; empty means all namespaces.
    pub discovery_selectors: Vec<LabelSelector>,
    /// The document as written; null when there is none.
    raw: Json,
    /// The ConfigMap it came from.
    pub object: Option<ObjectRef>,
    /// Why the document could not be parsed, when it could not.
    pub error: Option<String>,
}

/// The namespaces that the configurations of all revisions say hold what counts for the whole mesh.
pub(crate) fn root_namespaces(inventory: &Inventory) -> BTreeSet<Str> {
    let maps = inventory.objects.iter().filter(|o| o.kind == Kind::ConfigMap && (o.meta.name == "istio" || o.meta.name.starts_with("istio-")));
    let texts = maps.filter_map(|map| map.root().at(["data", "mesh"])?.str().map(str::to_owned)).collect::<Vec<_>>();
    let read = texts.iter().filter_map(|text| serde_saphyr::from_str::<Json>(text).ok());
    read.filter_map(|raw| raw.root().get("rootNamespace")?.str().filter(|name| !name.is_empty()).map(Str::from)).collect()
}

impl MeshConfig {
    /// Reads the default revision's ConfigMap; another revision's when only that one exists; where there is none, what Istio is installed with, when
    /// that is one thing.
    pub fn read(index: &Index) -> Self {
        // Others have ConfigMaps of these names too; where istiod is seen, only those of its namespace are its own.
        let planes: BTreeSet<&str> =
            index.workloads().iter().filter(|w| w.labels.is("app", "istiod")).map(|w| w.reference.namespace.as_str()).collect();
        let own = |namespace: &str| planes.is_empty() || planes.contains(namespace);
        let maps: Vec<_> = index.objects(Kind::ConfigMap).iter().filter(|map| own(&map.meta.namespace)).collect();
        let named = |c: &&&crate::model::Object| c.meta.name == "istio" && c.root().at(["data", "mesh"]).is_some();
        let revisioned = |c: &&&crate::model::Object| c.meta.name.starts_with("istio-") && c.root().at(["data", "mesh"]).is_some();
        let Some(object) = maps.iter().find(named).or_else(|| maps.iter().find(revisioned)) else {
            return Self::of(installed_with(&index.inventory().mesh_configs).cloned().unwrap_or_default());
        };
        let text = object.root().at(["data", "mesh"]).and_then(|f| f.str()).unwrap_or_default();
        let (raw, error) = match serde_saphyr::from_str::<Json>(text) {
            Ok(raw) => (raw, None),
            Err(error) => (Json::default(), Some(error.to_string())),
        };
        Self { object: Some(object.reference()), error, ..Self::of(raw) }
    }

    /// The settings of a document.
    pub fn of(raw: impl Into<Json>) -> Self {
        let raw = raw.into();
        let settings = Self::settings(&raw);
        Self { raw, ..settings }
    }

    /// The same where istiod was told the cluster's DNS domain at installation; what the document says stands.
    pub(super) fn installed_with(mut self, domain: Option<Str>) -> Self {
        if let Some(domain) = domain.filter(|_| written_domain(&self.root()).is_none()) {
            self.cluster_domain = domain;
        }
        self
    }

    fn settings(raw: &Json) -> Self {
        let root = raw.root();
        let text = |name, default: &str| Str::from(root.get(name).and_then(|f| f.str()).filter(|s| !s.is_empty()).unwrap_or(default));
        let texts = |name| root.texts(name).map(|(s, _)| Str::from(s)).collect::<Vec<_>>();
        let registry_only = root.get("outboundTrafficPolicy").is_some_and(|p| p.text("mode") == "REGISTRY_ONLY");
        Self {
            root_namespace: text("rootNamespace", "istio-system"),
            trust_domain: text("trustDomain", "cluster.local"),
            trust_domain_aliases: texts("trustDomainAliases"),
            cluster_domain: written_domain(&root).unwrap_or_else(|| "cluster.local".into()),
            auto_mtls: root.get("enableAutoMtls").and_then(|f| f.bool()).unwrap_or(true),
            outbound: if registry_only { OutboundMode::RegistryOnly } else { OutboundMode::AllowAny },
            default_export_to: [texts("defaultServiceExportTo"), texts("defaultVirtualServiceExportTo"), texts("defaultDestinationRuleExportTo")],
            discovery_selectors: root.list("discoverySelectors").filter_map(LabelSelector::read).collect(),
            object: None,
            error: None,
            raw: Json::default(),
        }
    }

    /// Whether istiod looks into a namespace.
    pub fn discovers(&self, namespace: &Namespace) -> bool {
        if self.discovery_selectors.is_empty() {
            return true;
        }
        let meta = &namespace.metadata;
        let named = [(Str::from("kubernetes.io/metadata.name"), meta.name.clone())];
        let labels: Map = meta.labels.iter().map(|(k, v)| (k.clone(), v.clone())).chain(named).collect();
        self.discovery_selectors.iter().any(|s| s.matches(&labels))
    }

    /// The document, to be walked.
    pub fn root(&self) -> Field<'_> {
        self.raw.root()
    }

    /// `svc.<cluster domain>`: what a Service's full name ends with.
    pub fn service_suffix(&self) -> String {
        format!("svc.{}", self.cluster_domain)
    }
}

/// The one mesh configuration among those that files install Istio with; of several that differ none is believed.
fn installed_with(configs: &[Value]) -> Option<&Value> {
    let first = configs.first()?;
    configs.iter().all(|other| other == first).then_some(first)
}

fn written_domain(root: &Field<'_>) -> Option<Str> {
    root.at(["defaultConfig", "proxyMetadata", "CLUSTER_DOMAIN"])?.str().map(Str::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_stand_where_nothing_is_written() {
        let config = MeshConfig::of(Value::Null);
        assert_eq!((config.root_namespace.as_str(), config.trust_domain.as_str(), config.auto_mtls), ("istio-system", "cluster.local", true));
        assert_eq!(config.outbound, OutboundMode::AllowAny);
    }

    #[test]
    fn written_settings_win() {
        let config =
            MeshConfig::of(serde_json::json!({"rootNamespace": "mesh", "enableAutoMtls": false, "outboundTrafficPolicy": {"mode": "REGISTRY_ONLY"}}));
        assert_eq!((config.root_namespace.as_str(), config.auto_mtls, config.outbound), ("mesh", false, OutboundMode::RegistryOnly));
    }
}
