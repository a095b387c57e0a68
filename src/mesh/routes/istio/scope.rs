//! What one sidecar is given: the Sidecar resource that holds for it, its listeners, and the services and routes that each of them imports.

use std::collections::HashMap;

use super::route_sources::RouteSource;
use super::services::MeshService;
use crate::mesh::MeshView;
use crate::mesh::istio::OutboundMode;
use crate::mesh::istio::hosts::{covers, overlap};
use crate::mesh::istio::import_scope::{Egress, has_selector, read};
use crate::mesh::istio::policy::labels;
use crate::mesh::resolve::Protocol;
use crate::model::{Field, Kind, Map, Object};

/// A listener of a Sidecar; the one without a port takes whatever no other has.
#[derive(Clone, Debug)]
pub(super) struct EgressListener {
    pub port: Option<(i64, Protocol)>,
    hosts: Vec<Egress>,
}

/// What holds for one workload.
#[derive(Clone, Debug)]
pub(super) struct Scope<'a> {
    pub namespace: &'a str,
    pub sidecar: Option<&'a Object>,
    pub listeners: Vec<EgressListener>,
    pub outbound: OutboundMode,
}

impl<'a> Scope<'a> {
    /// For pods with `labels` in `namespace`: the namespace's own Sidecar for them, then its general one, then the root namespace's.
    pub(super) fn of(view: MeshView<'a>, namespace: &'a str, pod: &Map) -> Self {
        let own = oldest_first(view, namespace);
        let selected = own.iter().find(|s| has_selector(s) && labels(s.spec().at(["workloadSelector", "labels"])).is_subset_of(pod));
        let general = own.iter().find(|s| !has_selector(s));
        let root = oldest_first(view, view.istio.root_namespace()).into_iter().find(|s| !has_selector(s));
        let sidecar = selected.or(general).copied().or(root);
        let mut listeners: Vec<EgressListener> = sidecar.map(|s| s.spec().list("egress").map(listener).collect()).unwrap_or_default();
        if listeners.is_empty() {
            listeners.push(EgressListener { port: None, hosts: read("*/*").into_iter().collect() });
        }
        let outbound = match sidecar.and_then(|s| s.spec().get("outboundTrafficPolicy")).map(|p| p.text("mode") == "REGISTRY_ONLY") {
            Some(true) => OutboundMode::RegistryOnly,
            Some(false) => OutboundMode::AllowAny,
            None => view.istio.config.outbound,
        };
        Self { namespace, sidecar, listeners, outbound }
    }

    /// The listener that takes connections to a port.
    pub(super) fn listener(&self, port: i64) -> Option<&EgressListener> {
        self.listeners.iter().find(|l| l.port.is_none_or(|(number, _)| number == port))
    }

    /// The services that a listener imports, one for each host.
    pub(super) fn services<'s>(&self, listener: &EgressListener, all: &'s [MeshService<'a>]) -> Vec<&'s MeshService<'a>> {
        let seen = all.iter().filter(|s| s.visibility.includes(self.namespace) && self.imports(listener, &s.host, s.namespace, covers));
        let mut kept: Vec<&MeshService<'a>> = Vec::new();
        let mut places: HashMap<&str, usize> = HashMap::new();
        for service in seen {
            let better = |old: &MeshService<'_>| {
                service.namespace == self.namespace || (!old.is_kubernetes() && service.is_kubernetes() && old.namespace != self.namespace)
            };
            match places.get(service.host.as_str()).map(|at| &mut kept[*at]) {
                None => {
                    places.insert(&service.host, kept.len());
                    kept.push(service);
                }
                Some(old) if old.namespace != service.namespace && better(old) => *old = service,
                Some(_) => {}
            }
        }
        kept
    }

    /// The routes among `seen` that a listener imports, in their order.
    pub(super) fn sources<'c>(&self, listener: &EgressListener, seen: Vec<&'c RouteSource<'a>>) -> Vec<&'c RouteSource<'a>> {
        seen.into_iter().filter(|c| self.imports_source(listener, c)).collect()
    }

    pub(super) fn imports_source(&self, listener: &EgressListener, source: &RouteSource<'_>) -> bool {
        let fits = if source.gateway_api { covers } else { overlap };
        source.hosts.iter().any(|host| self.imports(listener, host, source.namespace, fits))
    }

    pub(super) fn imports(&self, listener: &EgressListener, host: &str, namespace: &str, fits: fn(&str, &str) -> bool) -> bool {
        let from = |e: &Egress| e.namespace == "*" || if e.namespace == "." { self.namespace == namespace } else { e.namespace == namespace };
        let included = listener.hosts.iter().any(|e| !e.exclude && from(e) && fits(&e.dns, host));
        included && !listener.hosts.iter().any(|e| e.exclude && from(e) && covers(&e.dns, host))
    }
}

fn oldest_first<'a>(view: MeshView<'a>, namespace: &str) -> Vec<&'a Object> {
    let mut sidecars: Vec<&Object> = view.index.objects_in(Kind::Sidecar, namespace).iter().collect();
    sidecars.sort_by_key(|s| s.meta.age_key());
    sidecars
}

fn listener(field: Field<'_>) -> EgressListener {
    let port = field.get("port").and_then(|p| Some((p.get("number")?.int()?, Protocol::parse(p.text("protocol")))));
    EgressListener { port, hosts: field.texts("hosts").filter_map(|(h, _)| read(h)).collect() }
}
