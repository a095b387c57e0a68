//! What istiod's injector is told: ConfigMap `istio-sidecar-injector[-revision]`, keys `values` (JSON) and `config` (YAML).

use std::collections::BTreeMap;

use super::revision::DEFAULT;
use crate::index::Index;
use crate::model::{Field, Json, Kind, LabelSelector, Mode, Object, ObjectRef, Str, Subject};

/// What an injection template adds to a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Template {
    /// Whether it holds a container `istio-proxy`.
    pub holds_proxy: bool,
    /// What its arguments make of the proxy; nothing in a template that only adds to the proxy of another.
    pub mode: Option<Mode>,
}

impl Template {
    /// A template that Istio's chart brings along.
    pub fn of_chart(name: &str) -> Option<Self> {
        let mode = match name {
            "sidecar" | "grpc-agent" => Some(Mode::Sidecar),
            "gateway" | "kube-gateway" | "waypoint" => Some(Mode::Gateway),
            "grpc-simple" | "agentgateway" | "agentgateway-waypoint" => None,
            _ => return None,
        };
        Some(Self { holds_proxy: mode.is_some(), mode })
    }

    /// A template as written: Go's template language around YAML, in which the container and its arguments stand literally.
    fn read(text: &str) -> Self {
        let holds_proxy = text.lines().any(|line| word(line).strip_prefix("name:").is_some_and(|name| word(name) == "istio-proxy"));
        let mut mode = None;
        for line in text.lines() {
            let inline = line.split_once('[').and_then(|(_, list)| Some(list.split_once(']')?.0)).into_iter().flat_map(|list| list.split(','));
            let item = Some(line).filter(|line| line.trim_start().starts_with("- "));
            let role = item.into_iter().chain(inline).find_map(|text| match word(text) {
                "sidecar" => Some(Mode::Sidecar),
                "router" | "waypoint" => Some(Mode::Gateway),
                _ => None,
            });
            mode = mode.or(role);
        }
        Self { holds_proxy, mode: mode.filter(|_| holds_proxy) }
    }
}

/// An item of a YAML list without its dash and quotes.
fn word(text: &str) -> &str {
    text.trim().trim_start_matches("- ").trim().trim_matches(['"', '\''])
}

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
    /// The templates of pods that name none.
    pub default_templates: Vec<Str>,
    /// The templates by name; empty where the ConfigMap leaves them out.
    templates: BTreeMap<Str, Template>,
    /// Names that stand for several templates.
    aliases: BTreeMap<Str, Vec<Str>>,
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

impl InjectorConfig {
    /// The templates that a name stands for; nothing when there is none of that name.
    pub fn resolve(&self, name: &str) -> Option<Vec<Template>> {
        let names = self.aliases.get(name).map_or_else(|| vec![name], |names| names.iter().map(Str::as_str).collect());
        names.into_iter().map(|name| self.templates.get(name).copied()).collect()
    }

    /// Whether its templates are there to be read.
    pub fn shows_templates(&self) -> bool {
        !self.templates.is_empty()
    }
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
    let words = |field: &Field<'_>, name| field.texts(name).map(|(word, _)| Str::from(word)).collect::<Vec<_>>();
    let default_templates = Some(words(&config, "defaultTemplates")).filter(|names| !names.is_empty()).unwrap_or_else(|| vec!["sidecar".into()]);
    let templates = config.get("templates").into_iter().flat_map(|t| t.entries().collect::<Vec<_>>());
    let aliases = config.get("aliases").into_iter().flat_map(|a| a.entries().collect::<Vec<_>>());
    let aliases = aliases.map(|(name, list)| (Str::from(name), list.items().filter_map(|item| item.str().map(Str::from)).collect()));
    Some(InjectorConfig {
        revision: revision.into(),
        object: map.reference(),
        policy: config.get("policy").and_then(|f| f.str()).unwrap_or("enabled").into(),
        never: selectors("neverInjectSelector"),
        always: selectors("alwaysInjectSelector"),
        default_templates,
        templates: templates.filter_map(|(name, text)| Some((Str::from(name), Template::read(text.str()?)))).collect(),
        aliases: aliases.collect(),
        namespaces_by_default: values.at(["sidecarInjectorWebhook", "enableNamespacesByDefault"]).and_then(|f| f.bool()).unwrap_or(false),
        cluster_name: value(&values, ["global", "multiCluster", "clusterName"]).unwrap_or_else(|| "Kubernetes".into()),
        cluster_domain: value(&values, ["global", "proxy", "clusterDomain"]),
        hub: value(&values, ["global", "hub"]),
        tag: values.at(["global", "proxy", "image"]).and_then(|f| image_tag(f.str()?)).or_else(|| value(&values, ["global", "tag"])),
        image: proxy_image(&values),
        error,
    })
}

fn value<const N: usize>(values: &Field<'_>, path: [&'static str; N]) -> Option<Str> {
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
    fn templates_tell_what_their_proxy_is() {
        let of = |text: &str| {
            let template = Template::read(text);
            (template.holds_proxy, template.mode)
        };
        let sidecar = "spec:\n  {{ if .X }}\n  initContainers:\n  {{ end }}\n  - name: istio-proxy\n    args:\n    - proxy\n    - sidecar\n";
        assert_eq!(of(sidecar), (true, Some(Mode::Sidecar)));
        assert_eq!(of("containers:\n- name: \"istio-proxy\"\n  args: [proxy, \"router\"]"), (true, Some(Mode::Gateway)));
        assert_eq!(of("containers:\n- name: istio-proxy\n  args:\n  - proxy\n  - waypoint"), (true, Some(Mode::Gateway)));
        assert_eq!(of("containers:\n- name: istio-proxy\n  env: [{name: A, value: b}]"), (true, None));
        assert_eq!(of("metadata:\n  labels:\n    hello: world"), (false, None));
        assert_eq!(of("initContainers:\n- name: grpc-bootstrap-init\n  args:\n  - router"), (false, None));
    }

    #[test]
    fn aliases_stand_for_several_templates() {
        let config = "defaultTemplates: [mine]\ntemplates: {sidecar: 'name: istio-proxy', label: 'metadata: {}'}\naliases: {mine: [sidecar, label]}";
        let map = serde_json::json!({"metadata": {"namespace": "istio-system", "name": "istio-sidecar-injector"}, "data": {"config": config}});
        let mut inventory = Inventory::default();
        inventory.push(Item::from_value(Kind::ConfigMap, map).unwrap());
        let read = read(&Index::new(inventory));
        assert_eq!(read[0].default_templates, ["mine"]);
        let named = |name| read[0].resolve(name).map(|found| found.iter().map(|t| t.holds_proxy).collect::<Vec<_>>());
        assert_eq!(named("mine"), Some(vec![true, false]));
        assert_eq!(named("other"), None);
    }

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
