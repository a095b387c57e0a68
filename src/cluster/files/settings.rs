//! Settings of Istio that stand in what it is installed with: an IstioOperator, the Istio of the Sail operator, or values of its charts.

use serde_json::Value;

/// The mesh configuration that a document holds, and what is said of the document, of which nothing else is judged.
pub(super) struct Settings {
    /// As it would stand in the ConfigMap `istio`.
    pub(super) mesh_config: Value,
    /// What the document is, and what of it was read.
    pub(super) what: &'static str,
}

/// The settings in a document that is no object of a cluster; nothing in one that holds none.
pub(super) fn of(api_version: &str, kind: &str, document: &Value) -> Option<Settings> {
    let first = |pointers: &[&str]| pointers.iter().filter_map(|pointer| document.pointer(pointer)).find(|value| value.is_object()).cloned();
    let group = api_version.split_once('/').map_or("", |(group, _)| group);
    let (mesh_config, what) = match (group, kind) {
        ("install.istio.io", "IstioOperator") => {
            (first(&["/spec/meshConfig", "/spec/values/meshConfig"])?, "IstioOperator: its meshConfig is read, nothing else of it is judged")
        }
        ("sailoperator.io", "Istio") => (first(&["/spec/values/meshConfig"])?, "Istio: its meshConfig is read, nothing else of it is judged"),
        ("helm.toolkit.fluxcd.io", "HelmRelease") => {
            let chart = ["/spec/values/meshConfig", "/spec/values/istiod/meshConfig", "/spec/values/pilot/meshConfig"];
            (first(&chart)?, "HelmRelease: the meshConfig of its values is read, nothing else of it is judged")
        }
        // Values of the chart istiod, or of a chart that has it as a dependency.
        ("", "") if api_version.is_empty() => {
            (first(&["/meshConfig", "/istiod/meshConfig", "/pilot/meshConfig"])?, "values of a chart: meshConfig is read, nothing else is judged")
        }
        _ => return None,
    };
    Some(Settings { mesh_config, what })
}

#[cfg(test)]
mod tests {
    use super::of;
    use serde_json::{Value, json};

    fn found(api_version: &str, kind: &str, document: &Value) -> Option<Value> {
        of(api_version, kind, document).map(|settings| settings.mesh_config)
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
}
