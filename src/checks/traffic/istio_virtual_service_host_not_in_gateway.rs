use crate::checks::Findings;
use crate::checks::support::istio::traffic::routes::{GatewayName, hosts};
use crate::mesh::istio::hosts::overlap;
use crate::model::{Kind, Object};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// None of a VirtualService's hosts matches a host that one of its gateways serves to this namespace.
    /// Gateway hosts may be limited to a namespace (`shop/*.example.com`, `./…` for the Gateway's own).
    ///
    /// # Why it matters
    ///
    /// The gateway does not take over any of the routes: callers get 404.
    ///
    /// # How to fix it
    ///
    /// Add the host to a server of the Gateway, or correct the host of the VirtualService.
    ///
    /// Sources: IST0132: istio `pkg/config/analysis/analyzers/virtualservice/gateways.go`.
    "istio-virtual-service-host-not-in-gateway",
    summary: "No host of the VirtualService is served by its gateway",
    aliases: &["IST0132"],
    severity: Severity::Warning,
    category: Category::Traffic,
    mesh: MeshTag::Istio,
    needs: &[Kind::VirtualService, Kind::IstioGateway, Kind::Gateway],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for vs in world.index.objects(Kind::VirtualService) {
        let wanted = hosts(vs);
        for (text, at) in vs.spec().texts("gateways") {
            let GatewayName::Object { namespace, name, .. } = GatewayName::read(text, &vs.meta.namespace) else { continue };
            let istio = world.index.object(Kind::IstioGateway, namespace, name);
            let Some(gateway) = istio.or_else(|| world.index.object(Kind::Gateway, namespace, name)) else { continue };
            let served = if istio.is_some() { istio_hosts(gateway, &vs.meta.namespace) } else { listener_hosts(gateway) };
            if served.iter().any(|s| wanted.iter().any(|w| overlap(s, w))) {
                continue;
            }
            let message = format!("gateway {text:?} serves no host of this VirtualService ({})", wanted.join(", "));
            let served = if served.is_empty() { "none to this namespace".to_owned() } else { served.join(", ") };
            let hint = format!("Use a host that the gateway serves ({served}), or add this one to a server of the gateway.");
            findings.add(vs, at.path(), message, hint).related(crate::model::Subject::reference(gateway), "serves other hosts");
        }
    }
}

/// The hosts that an Istio Gateway serves to VirtualServices of `namespace`.
fn istio_hosts<'a>(gateway: &'a Object, namespace: &str) -> Vec<&'a str> {
    let hosts = gateway.spec().list("servers").flat_map(|server| server.texts("hosts").collect::<Vec<_>>());
    let for_us = |host: &'a str| match host.split_once('/') {
        None | Some(("*", _)) => true,
        Some((".", _)) => gateway.meta.namespace == namespace,
        Some((ns, _)) => ns == namespace,
    };
    hosts.map(|(host, _)| host).filter(|h| for_us(h)).map(|h| h.split_once('/').map_or(h, |(_, name)| name)).collect()
}

/// The hostnames of a Gateway API Gateway's listeners; one without takes all.
fn listener_hosts(gateway: &Object) -> Vec<&str> {
    gateway.spec().list("listeners").map(|l| l.get("hostname").and_then(|h| h.str()).filter(|h| !h.is_empty()).unwrap_or("*")).collect()
}
