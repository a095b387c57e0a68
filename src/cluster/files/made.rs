//! Objects that other tools make of what the files hold: Secrets, ConfigMaps, and the Services and routes of a canary.

use serde::Deserialize;
use serde_json::Value;

use crate::model::{Kind, Map, Str};

/// Kinds of operators that write a Secret, with where its name stands; where nothing stands there it is called like the object.
const SECRETS: [(&str, &str, &str); 8] = [
    ("bitnami.com", "SealedSecret", "/spec/template/metadata/name"),
    ("external-secrets.io", "ExternalSecret", "/spec/target/name"),
    ("secrets.hashicorp.com", "VaultStaticSecret", "/spec/destination/name"),
    ("secrets.hashicorp.com", "VaultDynamicSecret", "/spec/destination/name"),
    ("secrets.hashicorp.com", "VaultPKISecret", "/spec/destination/name"),
    ("onepassword.com", "OnePasswordItem", ""),
    ("secrets.infisical.com", "InfisicalSecret", "/spec/managedSecretReference/secretName"),
    ("cert-manager.io", "Certificate", "/spec/secretName"),
];

/// Annotations of Secrets and ConfigMaps that have them copied into other namespaces.
const COPIED: [&str; 3] = [
    "/metadata/annotations/reflector.v1.k8s.emberstack.com~1reflection-allowed",
    "/metadata/annotations/replicator.v1.mittwald.de~1replicate-to",
    "/metadata/annotations/replicator.v1.mittwald.de~1replication-allowed",
];

/// Kind, namespace and name of what is made of a document; an empty text stands for any.
pub(super) fn of(api_version: &str, kind: &str, document: &Value, namespace: &str) -> Vec<(Kind, Str, Str)> {
    let text = |pointer: &str| document.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let written = text("/metadata/namespace");
    let home = if written.is_empty() { namespace } else { written };
    let made = |kind, namespace: &str, name: &str| (kind, Str::from(namespace), Str::from(name));
    let own = text("/metadata/name");
    let group = api_version.rsplit_once('/').map_or("", |(group, _)| group);
    if let Some((_, _, pointer)) = SECRETS.iter().find(|(g, k, _)| (*g, *k) == (group, kind)) {
        let named = Some(text(pointer)).filter(|name| !name.is_empty()).unwrap_or(own);
        return vec![made(Kind::Secret, home, named)];
    }
    match (group, kind) {
        ("external-secrets.io", "ClusterExternalSecret") => {
            let named = Some(text("/spec/externalSecretSpec/target/name")).filter(|name| !name.is_empty());
            vec![made(Kind::Secret, "", named.unwrap_or(own))]
        }
        ("secrets-store.csi.x-k8s.io", "SecretProviderClass") => {
            let objects = document.pointer("/spec/secretObjects").and_then(Value::as_array);
            let names = objects.into_iter().flatten().filter_map(|o| o.get("secretName")?.as_str());
            names.map(|name| made(Kind::Secret, home, name)).collect()
        }
        ("trust.cert-manager.io", "Bundle" | "ClusterBundle") => [Kind::ConfigMap, Kind::Secret].map(|kind| made(kind, "", own)).into(),
        ("flagger.app", "Canary") => canary(document, home),
        ("serving.knative.dev", "Service") => vec![made(Kind::Service, home, own)],
        ("", "Secret" | "ConfigMap") if COPIED.iter().any(|pointer| !matches!(text(pointer), "" | "false")) => {
            vec![made(if kind == "Secret" { Kind::Secret } else { Kind::ConfigMap }, "", own)]
        }
        (_, "Gateway" | "ListenerSet" | "Ingress") => {
            let issuers = ["/metadata/annotations/cert-manager.io~1issuer", "/metadata/annotations/cert-manager.io~1cluster-issuer"];
            let mut all: Vec<_> = issuers.into_iter().filter(|pointer| !text(pointer).is_empty()).map(|_| made(Kind::Secret, home, "")).collect();
            if group == "gateway.networking.k8s.io" && kind == "Gateway" {
                all.extend(gateway(document, home, own));
            }
            all
        }
        _ => Vec::new(),
    }
}

/// Namespace and labels of the pods that an object makes beside those of a template that is read anyway: all of an unknown kind's (a
/// ReplicationController, an operator's resource), and those of a Rollout's experiments.
pub(super) fn pods(document: &Value, namespace: &str, known: bool) -> Vec<(Str, Map)> {
    let written = document.pointer("/metadata/namespace").and_then(Value::as_str).unwrap_or_default();
    let home = if written.is_empty() { namespace } else { written };
    let list = |value: &Value, pointer: &str| value.pointer(pointer).and_then(Value::as_array).cloned().unwrap_or_default();
    let mut metadata: Vec<Value> = Vec::new();
    if !known {
        metadata.extend(document.pointer("/spec/template/metadata").cloned());
        metadata.extend(list(document, "/spec/templates").iter().filter_map(|t| t.pointer("/template/metadata").cloned()));
    }
    for step in list(document, "/spec/strategy/canary/steps") {
        metadata.extend(list(&step, "/experiment/templates").iter().filter_map(|t| t.get("metadata").cloned()));
    }
    let labels = metadata.into_iter().filter_map(|m| Map::deserialize(m.get("labels")?).ok());
    labels.chain(primary(document)).map(|labels| (Str::from(home), labels)).collect()
}

/// The labels by which Flagger tells the pods of the primary, which it makes of a Canary's target.
fn primary(document: &Value) -> Option<Map> {
    let text = |pointer: &str| document.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let target = text("/spec/targetRef/name");
    if text("/kind") != "Canary" || target.is_empty() {
        return None;
    }
    let name = format!("{target}-primary");
    Some(["app", "name", "app.kubernetes.io/name"].into_iter().map(|label| (label, name.as_str())).collect())
}

/// What Flagger makes of a Canary: the Service it splits, one for each side, and the rules that split it.
fn canary(document: &Value, home: &str) -> Vec<(Kind, Str, Str)> {
    let text = |pointer: &str| document.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let target = text("/spec/targetRef/name");
    let service = Some(text("/spec/service/name")).filter(|name| !name.is_empty()).unwrap_or(target);
    let sides = ["", "-primary", "-canary"].map(|side| format!("{service}{side}"));
    let services = sides.iter().flat_map(|name| [Kind::Service, Kind::DestinationRule].map(|kind| (kind, name.as_str())));
    let rules = [Kind::VirtualService, Kind::HttpRoute, Kind::TrafficSplit].map(|kind| (kind, service));
    services.chain(rules).map(|(kind, name)| (kind, Str::from(home), Str::from(name))).collect()
}

/// What controllers deploy for a Gateway: named like it, with its class behind in the case of Istio.
fn gateway(document: &Value, home: &str, name: &str) -> Vec<(Kind, Str, Str)> {
    let class = document.pointer("/spec/gatewayClassName").and_then(Value::as_str).unwrap_or_default();
    let names = [name.to_owned(), format!("{name}-{class}")];
    let all = names.iter().flat_map(|name| [Kind::Service, Kind::ServiceAccount, Kind::Deployment].map(|kind| (kind, name)));
    all.map(|(kind, name)| (kind, Str::from(home), Str::from(name.as_str()))).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::of;
    use crate::model::Kind;

    fn names(api_version: &str, kind: &str, spec: serde_json::Value) -> Vec<(Kind, String, String)> {
        let document = json!({"metadata": {"name": "own", "namespace": "shop"}, "spec": spec});
        of(api_version, kind, &document, "default").into_iter().map(|(k, ns, n)| (k, ns.to_string(), n.to_string())).collect()
    }

    #[test]
    fn flagger_makes_the_pods_of_the_primary() {
        let canary = json!({"kind": "Canary", "metadata": {"namespace": "shop"}, "spec": {"targetRef": {"kind": "Deployment", "name": "web"}}});
        let made = super::pods(&canary, "default", false);
        assert_eq!(made.len(), 1);
        assert_eq!((made[0].0.as_str(), made[0].1.get("app")), ("shop", Some("web-primary")));
        assert!(super::pods(&json!({"kind": "Deployment", "spec": {"targetRef": {"name": "web"}}}), "default", true).is_empty());
    }

    #[test]
    fn operators_that_write_secrets_name_them_in_their_own_ways() {
        let secret = |name: &str| vec![(Kind::Secret, "shop".to_owned(), name.to_owned())];
        assert_eq!(names("external-secrets.io/v1", "ExternalSecret", json!({"target": {"name": "tls"}})), secret("tls"));
        assert_eq!(names("external-secrets.io/v1beta1", "ExternalSecret", json!({})), secret("own"));
        assert_eq!(names("bitnami.com/v1alpha1", "SealedSecret", json!({})), secret("own"));
        let objects = json!({"secretObjects": [{"secretName": "a"}]});
        assert_eq!(names("secrets-store.csi.x-k8s.io/v1", "SecretProviderClass", objects), secret("a"));
    }

    #[test]
    fn a_canary_brings_the_services_of_both_sides() {
        let made = names("flagger.app/v1beta1", "Canary", json!({"targetRef": {"kind": "Deployment", "name": "web"}, "service": {"port": 80}}));
        for name in ["web", "web-primary", "web-canary"] {
            assert!(made.contains(&(Kind::Service, "shop".into(), name.into())), "{name}");
        }
        assert!(made.contains(&(Kind::VirtualService, "shop".into(), "web".into())));
    }

    #[test]
    fn pods_come_of_any_template_and_of_experiments() {
        let labels = |document: serde_json::Value, known| super::pods(&document, "shop", known).into_iter().map(|(_, l)| l).collect::<Vec<_>>();
        let template = json!({"spec": {"template": {"metadata": {"labels": {"app": "a"}}}}});
        assert_eq!((labels(template.clone(), false).len(), labels(template, true).len()), (1, 0));
        let step = json!({"experiment": {"templates": [{"metadata": {"labels": {"app": "preview"}}}]}});
        let rollout = json!({"spec": {"strategy": {"canary": {"steps": [{"setWeight": 5}, step]}}}});
        assert!(labels(rollout, true)[0].is("app", "preview"));
    }

    #[test]
    fn a_gateway_brings_its_deployment() {
        let made = names("gateway.networking.k8s.io/v1", "Gateway", json!({"gatewayClassName": "istio"}));
        assert!(made.contains(&(Kind::ServiceAccount, "shop".into(), "own-istio".into())));
    }
}
