//! The server of a gateway that takes a connection.

use std::collections::HashSet;

use super::Istio;
use crate::mesh::MeshView;
use crate::mesh::authorization::pod_group::PodGroup;
use crate::mesh::istio::{labels, policy};
use crate::mesh::resolve::Protocol;
use crate::model::{Field, Kind, Map, Object};

impl Istio<'_> {
    /// The server of an Istio or Gateway API gateway that listens on a port of its pods.
    pub(super) fn gateway_server(&self, group: &PodGroup<'_>, port: u16) -> Option<GatewayServer> {
        let index = self.view.index;
        let services = index.services_selecting(group.namespace, group.labels);
        let mut numbers: HashSet<i64> =
            services.flat_map(|s| &s.spec.ports).filter(|p| group.number(&p.target()) == Some(port)).map(|p| i64::from(p.port)).collect();
        numbers.insert(i64::from(port));
        if let Some(name) = group.labels.get(labels::GATEWAY_NAME) {
            let gateway = index.object(Kind::Gateway, group.namespace, name)?;
            let listener = gateway.spec().list("listeners").find(|l| l.get("port").and_then(|p| p.int()).is_some_and(|n| numbers.contains(&n)))?;
            return Some(GatewayServer::of_listener(&listener));
        }
        let selects = |gateway: &&Object| policy::labels(gateway.spec().get("selector")).is_subset_of(group.labels);
        let servers = index.objects(Kind::IstioGateway).iter().filter(selects).flat_map(|g| g.spec().list("servers"));
        let mut matching =
            servers.filter(|s| s.get("port").and_then(|p| p.get("number")).and_then(|n| n.int()).is_some_and(|n| numbers.contains(&n)));
        matching.next().map(|server| GatewayServer::of_server(&server))
    }
}

/// What of a server decides.
pub(super) struct GatewayServer {
    pub(super) protocol: Protocol,
    /// Whether clients have to show a certificate.
    pub(super) mutual: bool,
}

impl GatewayServer {
    fn of_server(server: &Field<'_>) -> Self {
        let word = server.get("port").map_or("", |p| p.text("protocol"));
        let tls = server.get("tls").map_or("", |t| t.text("mode"));
        let ends_here = !matches!(tls, "" | "PASSTHROUGH" | "AUTO_PASSTHROUGH");
        let protocol = match word.to_ascii_uppercase().as_str() {
            "HTTPS" if ends_here => Protocol::Http,
            "HTTPS" | "TLS" => Protocol::Tcp,
            other => Protocol::parse(other),
        };
        Self { protocol, mutual: matches!(tls, "MUTUAL" | "ISTIO_MUTUAL" | "OPTIONAL_MUTUAL") }
    }

    fn of_listener(listener: &Field<'_>) -> Self {
        let protocol = match listener.text("protocol") {
            "HTTP" | "HTTPS" => Protocol::Http,
            _ => Protocol::Tcp,
        };
        Self { protocol, mutual: false }
    }
}

/// How many proxies stand before a gateway: as its own annotation says, else the mesh.
pub(super) fn trusted_proxies(view: MeshView<'_>, annotations: &Map) -> usize {
    let of = |config: Field<'_>| config.at(["gatewayTopology", "numTrustedProxies"]).and_then(|n| n.int()).and_then(|n| usize::try_from(n).ok());
    let own = annotations.get("proxy.istio.io/config").and_then(|text| serde_saphyr::from_str::<crate::model::Json>(text).ok());
    let of_mesh = || view.istio.config.root().get("defaultConfig").and_then(of);
    own.and_then(|json| of(json.root())).or_else(of_mesh).unwrap_or_default()
}
