//! An ingress or egress gateway: its servers, and the virtual hosts of the one that takes a connection
//! (istio `pilot/pkg/model/gateway.go`, `pilot/pkg/networking/core/gateway.go`).

use std::collections::{HashMap, HashSet};

use super::super::{Outcome, Request, Route};
use super::action::{Clusters, Listening, apply, to_https};
use super::gateway_api::{internal_name, is_ours, server_hosts};
use super::l4::{self, L4Clusters};
use super::matching::{Entry, Proxy, best_domain, entries};
use super::route_sources::{RouteSource, seen};
use super::rules::Target;
use super::{Mesh, losers};
use crate::index::{Index, Workload};
use crate::mesh::gateway_api::listeners::listeners;
use crate::mesh::istio::hosts::{covers, overlap};
use crate::mesh::istio::labels::GATEWAY_NAME;
use crate::mesh::istio::policy::labels;
use crate::mesh::resolve::Protocol;
use crate::mesh::resolve::endpoints::number;
use crate::model::{Evidence, Kind, Map, Object, Subject};

/// A server of the gateway.
#[derive(Clone, Debug)]
struct Server<'a> {
    object: &'a Object,
    path: String,
    /// `namespace/name`, as VirtualServices name it.
    gateway: String,
    /// Its port as written.
    port: i64,
    /// The port that the proxy listens on.
    listens: i64,
    protocol: Protocol,
    /// `host` or `namespace/host`.
    hosts: Vec<String>,
    tls: bool,
    /// Whether it has `tls` at all: two of those for one host do not stand beside each other, even in plaintext.
    exclusive: bool,
    passthrough: bool,
    https_redirect: bool,
    created: Option<&'a str>,
}

impl Server<'_> {
    fn is_http(&self) -> bool {
        self.protocol.is_http()
    }

    /// HTTP inside TLS that ends here.
    fn ends_https(&self) -> bool {
        self.protocol == Protocol::Https && !self.passthrough
    }

    /// The hosts that it serves for routes of a namespace.
    fn hosts_for(&self, namespace: &str) -> Vec<&str> {
        let of = |h: &'_ String| -> Option<usize> {
            match h.split_once('/') {
                Some((ns, _)) if ns == namespace || ns == "*" => Some(ns.len() + 1),
                Some(_) => None,
                None => Some(0),
            }
        };
        self.hosts.iter().filter_map(|h| of(h).map(|cut| &h[cut..])).collect()
    }

    /// The hosts without namespaces: the server names it answers to.
    fn names(&self) -> impl Iterator<Item = &str> {
        self.hosts.iter().map(|h| h.split_once('/').map_or(h.as_str(), |(_, host)| host))
    }
}

/// What becomes of a request that reaches a gateway's proxy.
pub(super) fn route<'a>(mesh: &Mesh<'a>, workload: &'a Workload, proxy: Proxy<'a>, request: &Request) -> Route {
    let all = servers(mesh, workload, proxy);
    let port = target_port(mesh.view.index, workload, i64::from(request.port));
    let on_port = merged(all.iter().filter(|s| s.listens == port).collect());
    let Some(first) = on_port.first() else {
        let mut route = Route::end(Outcome::NotFound, format!("no server of a Gateway listens on port {}", request.port));
        route.because.extend(
            all.iter().map(|s| Evidence::field(s.object.reference(), format!("{}.port.number", s.path), format!("listens on port {}", s.port))),
        );
        return route;
    };
    let name = request.server_name();
    let mut route = if first.is_http() {
        let plain: Vec<&Server<'_>> = on_port.iter().copied().filter(|s| s.is_http()).collect();
        http(mesh, &plain, proxy, request)
    } else {
        let fitting =
            on_port.iter().enumerate().filter(|(_, s)| s.tls).flat_map(|(i, s)| s.names().map(move |n| (n, i))).filter(|(n, _)| covers(n, &name));
        let best = fitting.max_by_key(|(n, i)| (!n.starts_with('*'), n.len(), std::cmp::Reverse(*i)));
        match best.map(|(_, i)| on_port[i]).or_else(|| on_port.iter().copied().find(|s| !s.tls)) {
            Some(server) => {
                let plain: Vec<&Server<'_>> = on_port.iter().copied().filter(|s| s.is_http()).collect();
                let mut route = if server.is_http() {
                    http(mesh, &plain, proxy, request)
                } else if server.ends_https() {
                    http(mesh, &[server], proxy, request)
                } else {
                    bytes(mesh, server, proxy, request)
                };
                route.ends_tls = (server.tls && !server.passthrough).then(|| (server.object.reference(), server.path.clone()));
                route
            }
            None => Route::end(Outcome::NotFound, format!("no server on port {} answers to the server name {name}", request.port)),
        }
    };
    losers::at_gateway(mesh, &on_port.iter().map(|s| s.gateway.clone()).collect::<Vec<_>>(), request, &mut route);
    route
}

/// The servers of one port that can stand beside each other, the first of each host: plaintext HTTP or bytes, and TLS by server name.
fn merged<'s, 'a>(servers: Vec<&'s Server<'a>>) -> Vec<&'s Server<'a>> {
    let mut kept: Vec<&Server<'_>> = Vec::new();
    let mut hosts: HashSet<&str> = HashSet::new();
    for server in servers {
        let taken = server.exclusive && server.hosts.iter().any(|h| hosts.contains(h.as_str()));
        // What is plaintext may come after what is told apart by server name, but not before it.
        let fits = kept.iter().find(|k| !k.tls).is_none_or(|plain| plain.is_http() && server.is_http());
        if fits && !taken {
            if server.exclusive {
                hosts.extend(server.hosts.iter().map(String::as_str));
            }
            kept.push(server);
        }
    }
    kept
}

/// All servers of the Gateways that are for a workload, the oldest Gateway first.
fn servers<'a>(mesh: &Mesh<'a>, workload: &'a Workload, proxy: Proxy<'a>) -> Vec<Server<'a>> {
    let mut found = Vec::new();
    for object in mesh.view.index.objects(Kind::IstioGateway) {
        let selector: Map = labels(object.spec().get("selector"));
        if selector.is_subset_of(proxy.labels) {
            found.extend(istio_servers(mesh, workload, object));
        }
    }
    for gateway in mesh.view.index.objects(Kind::Gateway).iter().filter(|g| is_ours(mesh.view, g)) {
        if gateway.meta.namespace == *proxy.namespace && proxy.labels.is(GATEWAY_NAME, &gateway.meta.name) {
            found.extend(api_servers(mesh, workload, gateway));
        }
    }
    found.sort_by(|a, b| (a.created, &a.object.meta.name, &a.object.meta.namespace).cmp(&(b.created, &b.object.meta.name, &b.object.meta.namespace)));
    found
}

fn istio_servers<'a>(mesh: &Mesh<'a>, workload: &Workload, object: &'a Object) -> Vec<Server<'a>> {
    let namespace = &object.meta.namespace;
    let read = |field: crate::model::Field<'a>| {
        let port = field.get("port")?;
        let number = port.get("number")?.int()?;
        let tls = field.get("tls");
        let mode = tls.as_ref().map(|t| t.text("mode")).unwrap_or_default();
        let protocol = Protocol::parse(port.text("protocol"));
        let hosts = field.texts("hosts").map(|(h, _)| match h.split_once('/') {
            Some((".", host)) => format!("{namespace}/{host}"),
            Some(("*", host)) => host.to_owned(),
            _ => h.to_owned(),
        });
        Some(Server {
            object,
            path: field.path(),
            gateway: format!("{namespace}/{}", object.meta.name),
            port: number,
            listens: target_port(mesh.view.index, workload, number),
            protocol,
            hosts: hosts.map(|h| h.to_ascii_lowercase()).collect(),
            tls: protocol.is_tls() || (tls.is_some() && !protocol.is_http()),
            exclusive: tls.is_some(),
            passthrough: matches!(mode, "PASSTHROUGH" | "AUTO_PASSTHROUGH"),
            https_redirect: tls.and_then(|t| t.get("httpsRedirect")).and_then(|b| b.bool()).unwrap_or(false),
            created: object.meta.creation_timestamp.as_deref(),
        })
    };
    object.spec().list("servers").filter_map(read).collect()
}

fn api_servers<'a>(mesh: &Mesh<'a>, workload: &Workload, gateway: &'a Object) -> Vec<Server<'a>> {
    let read = |l: &crate::mesh::gateway_api::listeners::Listener<'a>| {
        let number = l.port?;
        let protocol = Protocol::parse(l.protocol);
        let hosts = server_hosts(mesh.view, gateway, l);
        Some(Server {
            object: gateway,
            path: l.field.path(),
            gateway: internal_name(gateway, l.name),
            port: number,
            listens: target_port(mesh.view.index, workload, number),
            protocol,
            hosts,
            tls: protocol.is_tls(),
            exclusive: protocol.is_tls(),
            passthrough: l.field.at(["tls", "mode"]).is_some_and(|m| m.str() == Some("Passthrough")),
            https_redirect: false,
            created: gateway.meta.creation_timestamp.as_deref(),
        })
    };
    listeners(gateway).iter().filter_map(read).collect()
}

/// The label of Services whose ports say nothing of those that a gateway listens on.
const NOT_TRANSLATED: &str = "experimental.istio.io/disable-gateway-port-translation";

/// The port on which the gateway's pods take what its Service takes on `port`.
pub(in crate::mesh) fn target_port(index: &Index, workload: &Workload, port: i64) -> i64 {
    let services = index.services_selecting(&workload.reference.namespace, &workload.labels);
    let translated = services.filter(|s| !s.metadata.labels.has(NOT_TRANSLATED));
    let mut ports = translated.flat_map(|s| s.spec.ports.iter()).filter(|p| i64::from(p.port) == port);
    let spec = index.pod_spec(workload);
    ports.find_map(|p| number(&p.target(), spec)).map_or(port, i64::from)
}

/// Hosts in both lists, the narrower of each pair.
fn intersection(server: &[&str], source: &[String]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for own in server {
        for other in source {
            let both = if covers(other, own) {
                *own
            } else if covers(own, other) {
                other
            } else {
                continue;
            };
            if !found.iter().any(|f| f == both) {
                found.push(both.to_owned());
            }
        }
    }
    found
}

/// A virtual host of a gateway.
#[derive(Default)]
struct VirtualHost<'c, 'a> {
    entries: Vec<Entry<'c, 'a>>,
    https_only: bool,
}

fn http(mesh: &Mesh<'_>, servers: &[&Server<'_>], proxy: Proxy<'_>, request: &Request) -> Route {
    let mut hosts: Vec<String> = Vec::new();
    let mut virtual_hosts: HashMap<String, VirtualHost<'_, '_>> = HashMap::new();
    let add = |hosts: &mut Vec<String>, host: String| {
        if !hosts.contains(&host) {
            hosts.push(host);
        }
    };
    for server in servers {
        for source in seen(&mesh.sources, &server.gateway, proxy.namespace) {
            let common = intersection(&server.hosts_for(source.namespace), &source.hosts);
            let entries = entries(source, proxy, &server.gateway, server.port);
            if common.is_empty() || entries.is_empty() {
                continue;
            }
            for host in common {
                let virtual_host = virtual_hosts.entry(host.clone()).or_default();
                virtual_host.entries.extend(entries.iter().copied());
                virtual_host.https_only |= server.https_redirect;
                add(&mut hosts, host);
            }
        }
        // By the hosts as they stand: one that names a namespace answers to no name, unless a route of that namespace is for it.
        for host in server.hosts.iter().filter(|_| server.https_redirect) {
            virtual_hosts.entry(host.clone()).or_default().https_only = true;
            add(&mut hosts, host.clone());
        }
    }
    let name = request.host_name();
    let tls = servers.iter().any(|s| s.ends_https());
    let seen = mesh.seen(request, if tls { "https" } else { "http" });
    let Some(i) = best_domain(hosts.iter().enumerate().map(|(i, h)| (h.as_str(), i)), &name) else {
        let mut route = Route { http: true, ..Route::end(Outcome::NotFound, format!("no route of this gateway is for host {name}")) };
        route.because.extend(
            servers.iter().map(|s| Evidence::field(s.object.reference(), format!("{}.hosts", s.path), format!("serves {}", s.hosts.join(", ")))),
        );
        return route;
    };
    let chosen = &virtual_hosts[&hosts[i]];
    if chosen.https_only && !tls {
        return to_https(&seen);
    }
    // Rules that take everything come last, whoever they belong to.
    let (last, rest): (Vec<Entry<'_, '_>>, Vec<Entry<'_, '_>>) = chosen.entries.iter().copied().partition(Entry::takes_all);
    let port = servers.first().map_or(i64::from(request.port), |s| s.port);
    let clusters = GatewayClusters { mesh, proxy };
    match rest.iter().chain(&last).find(|e| e.matched.is_none_or(|m| seen.misses(m).is_none())) {
        Some(entry) => apply(entry, &seen, Listening { port, tls }, &clusters),
        None => {
            let mut route = Route { http: true, ..Route::end(Outcome::NotFound, format!("no rule for host {} takes it", hosts[i])) };
            let misses = chosen.entries.iter().filter_map(|e| Some((e, e.matched?, seen.misses(e.matched?)?)));
            route.because.extend(misses.map(|(e, m, why)| Evidence::field(e.rule.at.object.reference(), m.path.clone(), why)));
            route
        }
    }
}

fn bytes(mesh: &Mesh<'_>, server: &Server<'_>, proxy: Proxy<'_>, request: &Request) -> Route {
    let all = seen(&mesh.sources, &server.gateway, proxy.namespace);
    let own: Vec<(&RouteSource<'_>, String)> = all
        .into_iter()
        .filter(|c| server.hosts_for(c.namespace).iter().any(|h| c.hosts.iter().any(|o| overlap(h, o))))
        .map(|c| (c, server.gateway.clone()))
        .collect();
    let clusters = L4Clusters { mesh, proxy };
    l4::gateway(&own, server.tls && server.passthrough, request, server.port, &clusters)
}

/// The clusters of a gateway: a destination without a port has its service's only one, else the server's.
pub(super) struct GatewayClusters<'m, 'a> {
    pub mesh: &'m Mesh<'a>,
    pub proxy: Proxy<'m>,
}

impl Clusters for GatewayClusters<'_, '_> {
    fn cluster(&self, target: &Target<'_>, port: i64) -> (String, i64) {
        let service = self.mesh.visible(&target.host, self.proxy.namespace);
        let host = service.and_then(|s| s.external_name.clone()).unwrap_or_else(|| target.host.clone());
        let only = service.filter(|s| s.ports.len() == 1).map(|s| s.ports[0].number);
        (host, target.port.or(only).unwrap_or(port))
    }

    fn missing(&self, host: &str, port: i64, subset: &str) -> Option<String> {
        self.mesh.missing(self.proxy, host, port, subset)
    }

    fn default_retries(&self) -> (u32, String) {
        self.mesh.default_retries()
    }
}
