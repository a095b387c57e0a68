//! What istiod's injector is told: ConfigMap `istio-sidecar-injector[-revision]`, keys `values` (JSON) and `config` (YAML).

use super::revision::DEFAULT;
use crate::index::Index;
use crate::model::{Field, Json, Kind, LabelSelector, Object, ObjectRef, Str, Subject};

/// The injector's settings for one revision, the chart's defaults where nothing is written.
#[derive(Clone, Debug, PartialEq)]
pub struct InjectorConfig {
    /// The revision it belongs to.
    pub revision: Str,
    /// The ConfigMap.
    pub object: ObjectRef,
    /// `policy`: `enabled` or `disabled`; anything else refuses injection.
    pub policy: Str,
    /// Pods that are never injected unless they ask for it.
    pub never: Vec<LabelSelector>,
    /// Pods that are always injected unless they refuse.
    pub always: Vec<LabelSelector>,
    /// Whether namespaces without any label are injected.
    pub namespaces_by_default: bool,
    /// What the cluster is called among those of a mesh.
    pub cluster_name: Str,
    /// `global.proxy.clusterDomain`: the cluster's DNS domain.
    pub cluster_domain: Option<Str>,
    /// Image registry and path of the proxy, without the name.
    pub hub: Option<Str>,
    /// Image tag of the proxy.
    pub tag: Option<Str>,
    /// The proxy's whole image, as new pods get it.
    pub image: Option<Str>,
    /// Why a part of it could not be read.
    pub error: Option<String>,
}

/// All of them, in the order of the ConfigMaps' names.
pub(super) fn read(index: &Index) -> Vec<InjectorConfig> {
    let maps = index.objects(Kind::ConfigMap).iter();
    maps.filter_map(|map| Some((map, map.meta.name.strip_prefix("istio-sidecar-injector")?))).filter_map(|(map, rest)| of(map, rest)).collect()
}

fn of(map: &Object, rest: &str) -> Option<InjectorConfig> {
    let revision = match rest {
        "" => map.meta.labels.get(super::labels::REV).unwrap_or(DEFAULT),
        _ => rest.strip_prefix('-')?,
    };
    let data = |name| map.root().at(["data", name]).and_then(|f| f.str());
    let mut error = None;
    let mut parsed = |name: &str, text: Option<&str>| {
        serde_saphyr::from_str::<Json>(text.unwrap_or("{}")).unwrap_or_else(|e| {
            error = Some(format!("data.{name}: {e}"));
            Json::default()
        })
    };
    let values = parsed("values", data("values"));
    let config = parsed("config", data("config"));
    let (values, config) = (values.root(), config.root());
    let selectors = |name| config.list(name).filter_map(LabelSelector::read).collect();
    Some(InjectorConfig {
        revision: revision.into(),
        object: map.reference(),
        policy: config.get("policy").and_then(|f| f.str()).unwrap_or("enabled").into(),
        never: selectors("neverInjectSelector"),
        always: selectors("alwaysInjectSelector"),
        namespaces_by_default: values.at(["sidecarInjectorWebhook", "enableNamespacesByDefault"]).and_then(|f| f.bool()).unwrap_or(false),
        cluster_name: word(&values, ["global", "multiCluster", "clusterName"]).unwrap_or_else(|| "Kubernetes".into()),
        cluster_domain: word(&values, ["global", "proxy", "clusterDomain"]),
        hub: word(&values, ["global", "hub"]),
        tag: values.at(["global", "proxy", "image"]).and_then(|f| image_tag(f.str()?)).or_else(|| word(&values, ["global", "tag"])),
        image: proxy_image(&values),
        error,
    })
}

fn word<const N: usize>(values: &Field<'_>, path: [&'static str; N]) -> Option<Str> {
    values.at(path)?.str().filter(|s| !s.is_empty()).map(Str::from)
}

/// `global.proxy.image` when it is a whole image, else that name with `global.hub` and `global.tag` around it.
fn proxy_image(values: &Field<'_>) -> Option<Str> {
    let global = values.get("global")?;
    let image = global.get("proxy").map(|p| p.text("image")).unwrap_or_default();
    Some(if image.contains('/') { image.into() } else { format!("{}/{image}:{}", global.text("hub"), global.text("tag")).into() })
}

/// The tag of a full image; `global.proxy.image` may also be a bare name, which has none.
fn image_tag(image: &str) -> Option<Str> {
    let (path, tag) = image.rsplit_once(':')?;
    (path.contains('/') && !tag.contains('/')).then(|| tag.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Inventory, Item};

    #[test]
    fn settings_are_read_and_what_cannot_be_read_is_said() {
        let mut inventory = Inventory::default();
        for (name, values, config) in [
            (
                "istio-sidecar-injector",
                r#"{"global":{"hub":"docker.io/istio","tag":"1.27.1"}}"#,
                "policy: disabled\nneverInjectSelector:\n- matchLabels: {a: b}",
            ),
            ("istio-sidecar-injector-canary", "{", "templates:\n  sidecar: |\n    {{ if . }}x{{ end }}\n"),
        ] {
            let map = serde_json::json!({"metadata": {"namespace": "istio-system", "name": name}, "data": {"values": values, "config": config}});
            inventory.push(Item::from_value(Kind::ConfigMap, map).unwrap());
        }
        let read = read(&Index::new(inventory));
        let [default, canary] = read.as_slice() else { panic!("{read:?}") };
        assert_eq!((default.revision.as_str(), default.policy.as_str(), default.never.len()), ("default", "disabled", 1));
        assert_eq!((default.hub.as_deref(), default.tag.as_deref()), (Some("docker.io/istio"), Some("1.27.1")));
        assert_eq!((canary.revision.as_str(), canary.policy.as_str()), ("canary", "enabled"));
        assert!(canary.error.as_deref().is_some_and(|e| e.starts_with("data.values: ")));
    }
}
