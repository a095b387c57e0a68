//! Who has an object in hand: a tool that applies it from somewhere else, and what it does to a change that did not come through it.
//!
//! Sources: fluxcd/kustomize-controller, fluxcd/pkg ssa, Helm 4, Argo CD and its issues, Kubernetes server-side apply.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Seg;
use crate::model::Kind;

/// An owner, with what shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Owner {
    /// The tool.
    pub tool: Tool,
    /// What of the tool: a release, an application; empty where nothing tells.
    pub name: String,
    /// What shows it.
    pub evidence: String,
}

/// A tool that owns objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tool {
    /// A Helm release.
    Helm,
    /// An Application of Argo CD.
    ArgoCd,
    /// A Kustomization of Flux.
    FluxKustomization,
    /// A HelmRelease of Flux.
    FluxHelmRelease,
    /// Terraform.
    Terraform,
    /// A controller that writes the object's template.
    Operator,
}

impl Owner {
    /// `Helm release shop/cart`.
    pub fn title(&self) -> String {
        let what = match self.tool {
            Tool::Helm => "Helm release",
            Tool::ArgoCd => "Argo CD Application",
            Tool::FluxKustomization => "Flux Kustomization",
            Tool::FluxHelmRelease => "Flux HelmRelease",
            Tool::Terraform => "Terraform",
            Tool::Operator => "operator",
        };
        if self.name.is_empty() { what.to_owned() } else { format!("{what} {}", self.name) }
    }

    /// What a change made in the cluster suffers.
    pub const fn consequence(&self) -> &'static str {
        match self.tool {
            Tool::Helm => {
                "an upgrade keeps keys it does not know, resets those that the chart sets, and with Helm 4 may fail with a conflict about them"
            }
            Tool::ArgoCd => {
                "a sync keeps keys it does not know unless it replaces objects, and resets those that Git sets; self-heal does so within seconds"
            }
            Tool::FluxKustomization => "the next reconciliation may reset it; where it stays, the source still does not say so",
            Tool::FluxHelmRelease => "drift detection, where it is on, resets it at the next reconciliation; the next upgrade may",
            Tool::Terraform => "the next apply shows a difference, and takes away what is not in its configuration unless it is told to ignore it",
            Tool::Operator => "the operator writes the template again, usually within seconds",
        }
    }

    /// Where the change belongs.
    pub const fn advice(&self) -> &'static str {
        match self.tool {
            Tool::Helm | Tool::FluxHelmRelease => {
                "put it into the chart's values (podLabels or podAnnotations, where the chart has them), or into a post-renderer's patch"
            }
            Tool::ArgoCd | Tool::FluxKustomization => "commit it as a Kustomize patch in the source repository",
            Tool::Terraform => "put it into the resource's template metadata",
            Tool::Operator => "put it where the operator's own resource takes labels and annotations of pods",
        }
    }
}

/// Who owns an object; several may.
pub fn owners(object: &Value) -> Vec<Owner> {
    let meta = &object["metadata"];
    let label = |key: &str| meta["labels"][key].as_str().filter(|text| !text.is_empty());
    let annotation = |key: &str| meta["annotations"][key].as_str().filter(|text| !text.is_empty());
    let mut found = Vec::new();
    let mut add = |tool, name: String, evidence: String| found.push(Owner { tool, name, evidence });
    let named = |name: &str, namespace: Option<&str>| namespace.map_or_else(|| name.to_owned(), |namespace| format!("{namespace}/{name}"));
    for (tool, prefix) in [(Tool::FluxKustomization, "kustomize.toolkit.fluxcd.io"), (Tool::FluxHelmRelease, "helm.toolkit.fluxcd.io")] {
        if let Some(name) = label(&format!("{prefix}/name")) {
            add(tool, named(name, label(&format!("{prefix}/namespace"))), format!("label {prefix}/name"));
        }
    }
    if let Some(release) = annotation("meta.helm.sh/release-name")
        && label("app.kubernetes.io/managed-by") == Some("Helm")
        && label("helm.toolkit.fluxcd.io/name").is_none()
    {
        add(Tool::Helm, named(release, annotation("meta.helm.sh/release-namespace")), "annotation meta.helm.sh/release-name".to_owned());
    }
    if let Some(id) = annotation("argocd.argoproj.io/tracking-id").filter(|id| is_of(id, object)) {
        add(Tool::ArgoCd, id.split(':').next().unwrap_or_default().to_owned(), "annotation argocd.argoproj.io/tracking-id".to_owned());
    } else if let Some(manager) = manager_like(object, &["argocd-controller", "argocd-application-controller"]) {
        add(Tool::ArgoCd, label("app.kubernetes.io/instance").unwrap_or_default().to_owned(), format!("field manager {manager}"));
    }
    if let Some(manager) = manager_like(object, &["Terraform", "HashiCorp", "terraform-provider"]) {
        add(Tool::Terraform, String::new(), format!("field manager {manager}"));
    }
    let controller = meta["ownerReferences"].as_array().into_iter().flatten().find(|owner| owner["controller"] == true);
    if let Some(owner) = controller
        && Kind::of(owner["apiVersion"].as_str().unwrap_or_default(), owner["kind"].as_str().unwrap_or_default()).is_none()
    {
        let text = |field: &str| owner[field].as_str().unwrap_or_default().to_owned();
        add(Tool::Operator, format!("of {} {}", text("kind"), text("name")), format!("controlled by {} {}", text("kind"), text("name")));
    }
    found
}

/// Whether a tracking id of Argo CD's names this very object: it is copied along with labels and annotations.
fn is_of(id: &str, object: &Value) -> bool {
    let mut parts = id.splitn(3, ':').skip(1);
    let (Some(kind), Some(name)) = (parts.next(), parts.next()) else { return false };
    let expected =
        format!("{}/{}", object["metadata"]["namespace"].as_str().unwrap_or_default(), object["metadata"]["name"].as_str().unwrap_or_default());
    kind.rsplit('/').next() == object["kind"].as_str() && name.trim_start_matches('/') == expected.trim_start_matches('/')
}

fn entries(object: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let entries = object["metadata"]["managedFields"].as_array().into_iter().flatten();
    entries.filter_map(|entry| Some((entry["manager"].as_str()?, &entry["fieldsV1"])))
}

fn manager_like<'v>(object: &'v Value, names: &[&str]) -> Option<&'v str> {
    entries(object).map(|(manager, _)| manager).find(|manager| names.iter().any(|name| manager.starts_with(name)))
}

/// The managers that wrote a field.
pub fn managers(object: &Value, path: &[Seg]) -> Vec<String> {
    let owns = |fields: &Value| {
        let mut at = fields;
        for seg in path {
            let Some(next) = (match seg {
                Seg::Key(key) => at.get(format!("f:{key}")),
                Seg::Port { port, protocol } => at.as_object().and_then(|map| {
                    let wanted = |key: &str| {
                        let item: Option<Value> = key.strip_prefix("k:").and_then(|key| serde_json::from_str(key).ok());
                        item.is_some_and(|item| item["port"] == *port && item["protocol"].as_str().unwrap_or("TCP") == protocol)
                    };
                    map.iter().find(|(key, _)| wanted(key)).map(|(_, value)| value)
                }),
            }) else {
                return false;
            };
            at = next;
        }
        true
    };
    let mut found: Vec<String> = entries(object).filter(|(_, fields)| owns(fields)).map(|(manager, _)| manager.to_owned()).collect();
    found.sort();
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Tool, managers, owners};
    use crate::plan::patch::keys;

    fn tools(metadata: Value) -> Vec<(Tool, String)> {
        owners(&json!({"kind": "Deployment", "metadata": metadata})).into_iter().map(|owner| (owner.tool, owner.name)).collect()
    }

    #[test]
    fn owners_are_told_by_what_their_tools_leave_on_objects() {
        let helm = json!({"labels": {"app.kubernetes.io/managed-by": "Helm"}, "annotations": {"meta.helm.sh/release-name": "web", "meta.helm.sh/release-namespace": "shop"}});
        assert_eq!(tools(helm), [(Tool::Helm, "shop/web".to_owned())]);
        let argo = |id: &str| json!({"name": "cart", "namespace": "shop", "annotations": {"argocd.argoproj.io/tracking-id": id}});
        assert_eq!(tools(argo("web:apps/Deployment:shop/cart")), [(Tool::ArgoCd, "web".to_owned())]);
        assert!(tools(argo("web:apps/Deployment:shop/other")).is_empty(), "a copy of another object's annotation");
        let flux = json!({"labels": {"kustomize.toolkit.fluxcd.io/name": "apps", "kustomize.toolkit.fluxcd.io/namespace": "flux-system"}});
        assert_eq!(tools(flux), [(Tool::FluxKustomization, "flux-system/apps".to_owned())]);
        let operator = json!({"ownerReferences": [{"apiVersion": "kafka.strimzi.io/v1beta2", "kind": "Kafka", "name": "k", "controller": true}]});
        assert_eq!(tools(operator), [(Tool::Operator, "of Kafka k".to_owned())]);
        assert_eq!(tools(json!({"managedFields": [{"manager": "Terraform"}]})), [(Tool::Terraform, String::new())]);
        assert!(tools(json!({"managedFields": [{"manager": "kubectl-client-side-apply"}], "ownerReferences": [{"apiVersion": "apps/v1", "kind": "Deployment", "name": "d", "controller": true}]})).is_empty());
    }

    #[test]
    fn a_fields_managers_are_read_from_managed_fields() {
        let object = json!({"metadata": {"managedFields": [
            {"manager": "kubectl", "fieldsV1": {"f:metadata": {"f:labels": {"f:a": {}}}}},
            {"manager": "helm", "fieldsV1": {"f:metadata": {"f:labels": {"f:a": {}, "f:b": {}}}}}]}});
        assert_eq!(managers(&object, &keys(&["metadata", "labels", "a"])), ["helm", "kubectl"]);
        assert_eq!(managers(&object, &keys(&["metadata", "labels", "b"])), ["helm"]);
        assert!(managers(&object, &keys(&["metadata", "labels", "c"])).is_empty());
    }
}
