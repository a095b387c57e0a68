//! The proxy in one pod, as the whole pod tells it: which it is, where its admin interface listens, how much memory it may use.

use serde_json::Value;

use crate::model::{Json, quantity};

/// Where Envoy's admin interface listens unless something says otherwise.
const ENVOY: u16 = 15000;
const LINKERD: u16 = 4191;

/// A proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PodProxy {
    pub(crate) kind: ProxyKind,
    /// Port of its admin interface, on localhost.
    pub(crate) admin_port: u16,
    /// Bytes that its container may use.
    pub(crate) memory_limit: Option<u64>,
}

/// Which proxy it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProxyKind {
    Envoy,
    Ztunnel,
    Linkerd,
}

impl PodProxy {
    /// That of a pod, written whole; nothing where it has none.
    pub(crate) fn of(pod: &Value) -> Option<Self> {
        let lists = ["containers", "initContainers"].into_iter().filter_map(|list| pod["spec"][list].as_array());
        let containers: Vec<&Value> = lists.flatten().collect();
        let container = |name: &str| containers.iter().find(|container| container["name"] == name).copied();
        let (metadata, annotations) = (&pod["metadata"], &pod["metadata"]["annotations"]);
        let (kind, container) = match (container("istio-proxy"), container("linkerd-proxy")) {
            (Some(found), _) if metadata["labels"]["app"] == "ztunnel" => (ProxyKind::Ztunnel, found),
            (Some(found), _) => (ProxyKind::Envoy, found),
            (None, Some(found)) => (ProxyKind::Linkerd, found),
            (None, None) => return None,
        };
        let port = match kind {
            ProxyKind::Envoy => {
                // What the injector wrote holds the settings of the mesh too, as far as they differ from Istio's own.
                let env = container["env"].as_array().into_iter().flatten().find(|variable| variable["name"] == "PROXY_CONFIG");
                let texts = [annotations["proxy.istio.io/config"].as_str(), env.and_then(|variable| variable["value"].as_str())];
                texts.into_iter().flatten().find_map(admin_port).unwrap_or(ENVOY)
            }
            ProxyKind::Ztunnel => ENVOY,
            ProxyKind::Linkerd => annotations["config.linkerd.io/admin-port"].as_str().and_then(|port| port.parse().ok()).unwrap_or(LINKERD),
        };
        let limit = container["resources"]["limits"]["memory"].as_str().and_then(quantity);
        Some(Self { kind, admin_port: port, memory_limit: limit.map(|bytes| bytes as u64) })
    }
}

fn admin_port(config: &str) -> Option<u16> {
    let config: Json = serde_saphyr::from_str(config).ok()?;
    config.root().get("proxyAdminPort")?.int().and_then(|port| u16::try_from(port).ok()).filter(|port| *port > 0)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_proxy_is_known_by_its_container_and_its_admin_port_by_its_settings() {
        let of = |annotation: &str, env: &str| {
            let container =
                json!({"name": "istio-proxy", "env": [{"name": "PROXY_CONFIG", "value": env}], "resources": {"limits": {"memory": "1Gi"}}});
            let pod = json!({"metadata": {"annotations": {"proxy.istio.io/config": annotation}}, "spec": {"initContainers": [container]}});
            PodProxy::of(&pod).unwrap()
        };
        assert_eq!(of("", "{}\n"), PodProxy { kind: ProxyKind::Envoy, admin_port: 15000, memory_limit: Some(1 << 30) });
        assert_eq!(
            of("concurrency: 1\nproxyAdminPort: 15500", "{\"proxyAdminPort\":15600}").admin_port,
            15500,
            "what the pod says itself comes first"
        );
        assert_eq!(of("", "{\"proxyAdminPort\":15600}").admin_port, 15600);
        assert_eq!((of("[", "").admin_port, of("proxyAdminPort: 70000", "").admin_port), (15000, 15000));
    }

    #[test]
    fn ztunnel_and_linkerds_proxy_are_told_apart_and_a_pod_may_have_none() {
        let of = |labels, annotations, name: &str| {
            let pod = json!({"metadata": {"labels": labels, "annotations": annotations}, "spec": {"containers": [{"name": name}]}});
            PodProxy::of(&pod).map(|proxy| (proxy.kind, proxy.admin_port))
        };
        assert_eq!(of(json!({"app": "ztunnel"}), json!({}), "istio-proxy"), Some((ProxyKind::Ztunnel, 15000)));
        assert_eq!(of(json!({}), json!({"config.linkerd.io/admin-port": "5000"}), "linkerd-proxy"), Some((ProxyKind::Linkerd, 5000)));
        assert_eq!(of(json!({}), json!({}), "linkerd-proxy"), Some((ProxyKind::Linkerd, 4191)));
        assert_eq!(of(json!({}), json!({}), "app"), None);
    }
}
