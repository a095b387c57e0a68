//! Hosts of Gateway servers, found by name without comparing every pair.

use std::collections::HashMap;

use crate::checks::support::istio::platform::gateway_workloads::selector;
use crate::model::{Field, Kind, Map, Object};
use crate::world::World;

/// One host of one server.
pub(in crate::checks) struct GatewayHost<'a> {
    pub(in crate::checks) gateway: &'a Object,
    /// Which of the Gateways, by age.
    pub(in crate::checks) order: usize,
    /// The Gateway's selector.
    pub(in crate::checks) selector: Map,
    pub(in crate::checks) server: Field<'a>,
    /// The port, 0 when there is none.
    pub(in crate::checks) port: i64,
    /// Namespace that the host is offered to, `*` for all.
    pub(in crate::checks) namespace: &'a str,
    /// The host, in lower case.
    pub(in crate::checks) name: String,
    /// The host as written.
    pub(in crate::checks) written: &'a str,
    /// Where it stands.
    pub(in crate::checks) path: String,
}

impl GatewayHost<'_> {
    /// Whether the server ends or passes on TLS.
    pub(in crate::checks) fn is_tls(&self) -> bool {
        matches!(self.server.get("port").map(|p| p.text("protocol").to_ascii_uppercase()).as_deref(), Some("HTTPS" | "TLS"))
    }
}

/// All hosts of all Gateways, the oldest Gateway's first, as istiod merges them.
pub(in crate::checks) fn all(world: &World) -> Vec<GatewayHost<'_>> {
    let mut gateways: Vec<&Object> = world.index.objects(Kind::IstioGateway).iter().collect();
    gateways.sort_by(|a, b| a.meta.age_key().cmp(&b.meta.age_key()));
    let mut hosts = Vec::new();
    for (order, gateway) in gateways.into_iter().enumerate() {
        let selector = selector(gateway);
        for server in gateway.spec().list("servers") {
            let port = server.at(["port", "number"]).and_then(|n| n.int()).unwrap_or_default();
            for (written, at) in server.texts("hosts") {
                let (namespace, name) = written.split_once('/').unwrap_or(("*", written));
                let namespace = if namespace == "." { gateway.meta.namespace.as_str() } else { namespace };
                let (server, selector, name, path) = (server, selector.clone(), name.to_ascii_lowercase(), at.path());
                hosts.push(GatewayHost { gateway, order, selector, server, port, namespace, name, written, path });
            }
        }
    }
    hosts
}

/// Hosts by name, and by every wildcard they lie under.
pub(in crate::checks) struct ByName<'h> {
    exact: HashMap<&'h str, Vec<usize>>,
    below: HashMap<&'h str, Vec<usize>>,
    all: Vec<usize>,
}

impl<'h> ByName<'h> {
    /// Arranges some of the hosts.
    pub(in crate::checks) fn new(hosts: &'h [GatewayHost<'_>], which: impl Iterator<Item = usize>) -> Self {
        let mut by = Self { exact: HashMap::new(), below: HashMap::new(), all: Vec::new() };
        for i in which {
            let name = hosts[i].name.as_str();
            by.all.push(i);
            by.exact.entry(name).or_default().push(i);
            if !name.starts_with('*') {
                for parent in parents(name) {
                    by.below.entry(parent).or_default().push(i);
                }
            }
        }
        by
    }

    /// Hosts equal to this one, everything for `*` and `*` for everything, names under this wildcard and wildcards over this name.
    /// Two different wildcards do not meet.
    pub(in crate::checks) fn meeting<'s>(&'s self, name: &'s str) -> Box<dyn Iterator<Item = usize> + 's> {
        let of = |map: &'s HashMap<&'h str, Vec<usize>>, key: &str| map.get(key).into_iter().flatten().copied();
        if name == "*" {
            return Box::new(self.all.iter().copied());
        }
        let below = name.strip_prefix("*.").into_iter().flat_map(move |parent| of(&self.below, parent));
        let over = parents(name).filter(move |_| !name.starts_with('*')).flat_map(move |parent| of(&self.exact, &format!("*.{parent}")));
        Box::new(of(&self.exact, name).chain(of(&self.exact, "*")).chain(below).chain(over))
    }
}

fn parents(name: &str) -> impl Iterator<Item = &str> {
    name.match_indices('.').map(|(i, _)| &name[i + 1..])
}
