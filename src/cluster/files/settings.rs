//! Settings of Istio that stand in what it is installed with: an IstioOperator, the Istio of the Sail operator, or values of its charts.

use serde_json::Value;

use crate::model::{Str, env_matters};

/// What a document holds of Istio's settings, and what is said of the document, of which nothing else is judged.
pub(super) struct Settings {
    /// As it would stand in the ConfigMap `istio`.
    pub(super) mesh_config: Option<Value>,
    /// As it would stand in istiod's Deployment.
    pub(super) istiod_env: Vec<(Str, Str)>,
    /// What the document is, and what of it was read.
    pub(super) what: &'static str,
}

/// The settings in a document that is no object of a cluster; nothing in one that holds none.
pub(super) fn of(api_version: &str, kind: &str, document: &Value) -> Option<Settings> {
    let group = api_version.split_once('/').map_or("", |(group, _)| group);
    let (values, what) = match (group, kind) {
        ("install.istio.io", "IstioOperator") => {
            ("/spec/values", "IstioOperator: its meshConfig and istiod's environment are read, nothing else of it is judged")
        }
        ("sailoperator.io", "Istio") => ("/spec/values", "Istio: its meshConfig and istiod's environment are read, nothing else of it is judged"),
        ("helm.toolkit.fluxcd.io", "HelmRelease") => {
            ("/spec/values", "HelmRelease: meshConfig and istiod's environment are read of its values, nothing else of it is judged")
        }
        ("", "") if api_version.is_empty() => ("", "values of a chart: meshConfig and istiod's environment are read, nothing else is judged"),
        _ => return None,
    };
    let at = |path: &str| document.pointer(&format!("{values}{path}"));
    // A chart that has istiod as a dependency keeps its values below the name.
    let configs = [document.pointer("/spec/meshConfig"), at("/meshConfig"), at("/istiod/meshConfig"), at("/pilot/meshConfig")];
    let mesh_config = configs.into_iter().flatten().find(|value| value.is_object()).cloned();
    let mapped =
        [at("/pilot/env"), at("/env"), at("/istiod/pilot/env"), at("/istiod/env")].into_iter().flatten().filter_map(Value::as_object).flatten();
    let listed = document.pointer("/spec/components/pilot/k8s/env").and_then(Value::as_array).into_iter().flatten();
    let listed = listed.filter_map(|item| Some((item.get("name")?.as_str()?, item.get("value")?)));
    let all = mapped.map(|(name, value)| (name.as_str(), value)).chain(listed).filter(|(name, _)| env_matters(name));
    let istiod_env: Vec<(Str, Str)> = all.filter_map(|(name, value)| Some((name.into(), text(value)?.into()))).collect();
    (mesh_config.is_some() || !istiod_env.is_empty()).then_some(Settings { mesh_config, istiod_env, what })
}

/// A value as the chart quotes it.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::of;
    use serde_json::{Value, json};

    fn found(api_version: &str, kind: &str, document: &Value) -> Option<Value> {
        of(api_version, kind, document).and_then(|settings| settings.mesh_config)
    }

    #[test]
    fn mesh_configuration_is_found_where_istio_is_installed_from() {
        let wanted = json!({"trustDomain": "corp.example"});
        let operator = json!({"spec": {"meshConfig": wanted}});
        assert_eq!(found("install.istio.io/v1alpha1", "IstioOperator", &operator), Some(wanted.clone()));
        assert_eq!(found("", "", &json!({"meshConfig": wanted})), Some(wanted.clone()));
        assert_eq!(found("", "", &json!({"istiod": {"meshConfig": wanted}})), Some(wanted));
        let values = json!({"spec": {"values": {"meshConfig": {"trustDomain": "corp.example"}}}});
        for (api_version, kind) in
            [("sailoperator.io/v1", "Istio"), ("helm.toolkit.fluxcd.io/v2", "HelmRelease"), ("install.istio.io/v1alpha1", "IstioOperator")]
        {
            assert_eq!(found(api_version, kind, &values), Some(json!({"trustDomain": "corp.example"})), "{kind}");
        }
        assert_eq!(found("", "", &json!({"replicas": 1})), None);
        assert_eq!(found("v1", "ConfigMap", &operator), None);
    }

    #[test]
    fn istiods_environment_is_found_beside_it() {
        let env = |api_version: &str, kind: &str, document: Value| -> Vec<String> {
            of(api_version, kind, &document).into_iter().flat_map(|s| s.istiod_env).map(|(name, value)| format!("{name}={value}")).collect()
        };
        let pilot = json!({"pilot": {"env": {"ENABLE_NATIVE_SIDECARS": true, "PILOT_X": "a", "OTHER": "no", "PILOT_Y": {"a": 1}}}});
        let both = ["ENABLE_NATIVE_SIDECARS=true", "PILOT_X=a"];
        assert_eq!(env("", "", pilot.clone()), both);
        assert_eq!(env("install.istio.io/v1alpha1", "IstioOperator", json!({"spec": {"values": pilot}})), both);
        let listed =
            json!({"spec": {"components": {"pilot": {"k8s": {"env": [{"name": "PILOT_X", "value": "a"}, {"name": "PILOT_Y", "valueFrom": {}}]}}}}});
        assert_eq!(env("install.istio.io/v1alpha1", "IstioOperator", listed), ["PILOT_X=a"]);
        assert_eq!(env("apps/v1", "Deployment", json!({"spec": {"values": {"pilot": {"env": {"PILOT_X": "a"}}}}})), [""; 0]);
    }
}
