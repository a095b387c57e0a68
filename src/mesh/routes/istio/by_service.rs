//! Where sidecars send what is addressed to one Service, for many clients and kinds of requests: the routes of a single request without the search
//! through all hosts of the mesh.

use std::collections::{BTreeSet, HashMap};

use super::super::text::Text;
use super::super::{Destination, Request};
use super::l4;
use super::matching::{Entry, Proxy};
use super::rules::{HttpMatch, Target};
use super::scope::Scope;
use super::services::MeshService;
use super::sidecar::{Routes, Sidecar};
use super::{Mesh, route_sources};
use crate::index::Workload;
use crate::mesh::MeshView;
use crate::mesh::authorization::{Call, Distinctions, Http, PathPattern, Pattern};
use crate::mesh::istio::hosts::{covers, overlap};
use crate::model::Service;

/// The routes of the mesh by the hosts that they are for.
pub struct ServiceRoutes<'a> {
    mesh: Mesh<'a>,
    services: HashMap<String, Vec<usize>>,
    exact: HashMap<String, Vec<usize>>,
    wildcards: Vec<usize>,
}

impl std::fmt::Debug for ServiceRoutes<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServiceRoutes").finish_non_exhaustive()
    }
}

/// Where requests that are alike may be sent.
#[derive(Debug, Default)]
pub struct Taken {
    /// All places.
    pub targets: BTreeSet<Place>,
    /// Whether some of them may be taken by no rule.
    pub may_be_left: bool,
}

/// A place to which a rule sends requests.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The full name.
    pub host: String,
    /// The port.
    pub port: i64,
    /// The subset.
    pub subset: Option<String>,
}

impl<'a> ServiceRoutes<'a> {
    /// Reads them.
    pub fn read(view: MeshView<'a>) -> Self {
        let mesh = Mesh::read(view);
        let (mut services, mut exact): (HashMap<String, Vec<usize>>, HashMap<String, Vec<usize>>) = (HashMap::new(), HashMap::new());
        for (at, service) in mesh.services.iter().enumerate() {
            services.entry(service.host.clone()).or_default().push(at);
        }
        let mut wildcards = Vec::new();
        for (at, source) in mesh.sources.iter().enumerate() {
            for host in source.hosts.iter().filter(|h| !h.starts_with('*')) {
                exact.entry(host.clone()).or_default().push(at);
            }
            if source.hosts.iter().any(|h| h.starts_with('*')) {
                wildcards.push(at);
            }
        }
        Self { mesh, services, exact, wildcards }
    }

    /// The positions of all that is for a host, in their order.
    fn sources_of(&self, host: &str) -> BTreeSet<usize> {
        let wild = self.wildcards.iter().filter(|at| self.mesh.sources[**at].hosts.iter().any(|h| overlap(h, host)));
        self.exact.get(host).into_iter().flatten().chain(wild).copied().collect()
    }

    /// The subsets of a host to which some rule sends something.
    pub fn subsets(&self, host: &str) -> BTreeSet<String> {
        let sources = self.sources_of(host).into_iter().map(|at| &self.mesh.sources[at]);
        let targets = sources.flat_map(|s| {
            let http = s.http.iter().flat_map(|r| &r.destinations);
            http.chain(s.tcp.iter().chain(&s.tls).flat_map(|r| &r.destinations))
        });
        targets.filter(|t| t.host == host && !t.subset.is_empty()).map(|t| t.subset.clone()).collect()
    }

    /// Adds what rules for a host tell apart about requests.
    pub fn distinguish(&self, host: &str, into: &mut Distinctions) {
        let sources = self.sources_of(host).into_iter().map(|at| &self.mesh.sources[at]);
        for m in sources.flat_map(|s| &s.http).flat_map(|r| &r.matches) {
            distinguish(m, into);
        }
    }

    /// Where a client's sidecar may send calls like this one to a Service; no place where no rule says anything.
    pub fn taken(&self, client: &'a Workload, service: &Service, port: u16, call: &Call) -> Taken {
        let host = crate::mesh::resolve::full_name(self.mesh.view, service);
        let named = self.services.get(&host).into_iter().flatten().map(|at| &self.mesh.services[*at]);
        let number = i64::from(port);
        let own = named.into_iter().find(|s| s.service.is_some_and(|k| std::ptr::eq(k, service)));
        let Some((own, protocol)) = own.and_then(|own| Some((own, own.port(number)?.protocol))) else { return Taken::default() };
        let namespace = &client.reference.namespace;
        let proxy = Proxy { labels: &client.labels, namespace };
        let sidecar = Sidecar { mesh: &self.mesh, proxy, scope: Scope::of(self.mesh.view, namespace, &client.labels) };
        let mut taken = Taken::default();
        let unsaid = Http::default();
        let http = match call {
            Call::Http(http) => Some(&**http),
            Call::Any => Some(&unsaid),
            Call::Tcp => None,
        };
        if let Some(http) = http.filter(|_| protocol.may_be_http()) {
            let entries = self.rules(&sidecar, own, number);
            let (taking, certain) = taking(&entries, http);
            taken.may_be_left = !entries.is_empty() && !certain;
            let place = |t: &Target<'_>| Place {
                host: t.host.clone(),
                port: t.port.unwrap_or(number),
                subset: Some(t.subset.clone()).filter(|s| !s.is_empty()),
            };
            taken.targets.extend(taking.into_iter().flat_map(|e| e.rule.shares()).map(place));
        }
        // What is not HTTP is carried as bytes, and refused where a port is declared HTTP.
        if !matches!(call, Call::Http(_)) && !protocol.is_http() {
            let request = Request { host, port, ..Request::default() };
            let route = l4::sidecar(&sidecar, own, &self.sources(&sidecar, own, number), &request);
            let place = |d: Destination| Some(Place { host: d.host?, port: d.port?, subset: d.subset });
            taken.targets.extend(route.destinations.into_iter().filter_map(place));
        }
        taken
    }

    /// The routes for a Service that a client's sidecar is given, in their order.
    fn sources(&self, sidecar: &Sidecar<'_, 'a>, own: &MeshService<'a>, port: i64) -> Vec<&route_sources::RouteSource<'a>> {
        let Some(listener) = sidecar.scope.listener(port) else { return Vec::new() };
        if !sidecar.scope.imports(listener, &own.host, own.namespace, covers) {
            return Vec::new();
        }
        let sources = self.sources_of(&own.host).into_iter().map(|at| &self.mesh.sources[at]);
        sidecar.scope.sources(listener, route_sources::seen(sources, "mesh", sidecar.scope.namespace))
    }

    /// The rules for HTTP among them.
    fn rules<'c>(&'c self, sidecar: &Sidecar<'_, 'a>, own: &'c MeshService<'a>, port: i64) -> Vec<Entry<'c, 'a>> {
        let Some(listener) = sidecar.scope.listener(port) else { return Vec::new() };
        let by_host = [(own.host.as_str(), own)].into();
        let sources = self.sources(sidecar, own, port);
        let hosts = sidecar.virtual_hosts(listener, &[own], &by_host, &sources, port);
        let found = hosts.into_iter().find(|h| h.domains.contains(&own.host)).map(|h| h.routes);
        if let Some(Routes::Rules(_, entries)) = found { entries } else { Vec::new() }
    }
}

/// The rules that may take a request of which not everything is known, and whether one of them does for sure: that ends the list. One that rewrites
/// requests may have taken any that arrives.
fn taking<'e, 'c, 'a>(entries: &'e [Entry<'c, 'a>], http: &Http) -> (Vec<&'e Entry<'c, 'a>>, bool) {
    let mut found = Vec::new();
    let mut taken = false;
    for entry in entries {
        if entry.rule.rewrites() {
            found.push(entry);
        }
        let fits = entry.matched.map_or(Some(true), |m| fits(m, http));
        if taken || fits == Some(false) {
            continue;
        }
        if !entry.rule.rewrites() {
            found.push(entry);
        }
        taken = fits == Some(true);
    }
    (found, taken)
}

/// Whether a request fits a match; nothing where that is not known.
fn fits(m: &HttpMatch, http: &Http) -> Option<bool> {
    let text = |text: &Option<Text>, value: Option<&str>| match (text, value) {
        (None | Some(Text::Present), _) => Some(true),
        (Some(_), None) => None,
        (Some(Text::Regex(_)), Some(_)) => None,
        (Some(text), Some(value)) => Some(text.fits(value)),
    };
    let path = match (&m.uri, http.path.as_deref()) {
        _ if m.takes_every_path() => Some(true),
        (Some(_), None) => None,
        _ if m.ignore_case => None,
        (Some(Text::Regex(regex)), Some(_)) if pattern(regex).is_none() => None,
        _ => Some(m.fits_path(super::super::url::path_only(http.path.as_deref().unwrap_or_default()))),
    };
    let header = |name: &str, text: &Text| match http.header(&name.to_ascii_lowercase()) {
        _ if name.starts_with([':', '@']) || name.eq_ignore_ascii_case("host") || matches!(text, Text::Regex(_)) => None,
        value => Some(value.is_some_and(|value| text.fits(&value))),
    };
    let with = m.headers.iter().map(|(name, text)| header(name, text));
    let without = m.without.iter().map(|(name, text)| header(name, text).map(|holds| !holds));
    let query = m.query.iter().map(|_| None);
    let plain = [path, text(&m.method, http.method.as_deref()), text(&m.authority, http.host.as_deref()), text(&m.scheme, Some("http"))];
    let all: Vec<Option<bool>> = plain.into_iter().chain(with).chain(without).chain(query).collect();
    if all.contains(&Some(false)) {
        Some(false)
    } else if all.contains(&None) {
        None
    } else {
        Some(true)
    }
}

/// A regular expression that proxies and classes of requests read alike.
fn pattern(regex: &str) -> Option<PathPattern> {
    (!regex.contains('|')).then(|| PathPattern::Expression(regex.to_owned()))
}

fn distinguish(m: &HttpMatch, into: &mut Distinctions) {
    let of = |text: &Text| match text {
        Text::Exact(exact) => Some(Pattern::Exact(exact.clone())),
        Text::Prefix(prefix) => Some(Pattern::Prefix(prefix.clone())),
        Text::Present => Some(Pattern::Present),
        Text::Regex(_) => None,
    };
    into.methods.extend(m.method.as_ref().and_then(of));
    into.hosts.extend(m.authority.as_ref().and_then(of));
    if !m.takes_every_path() {
        into.paths.extend(m.uri.as_ref().and_then(|uri| match uri {
            Text::Prefix(prefix) if m.segments => Some(PathPattern::Segments(prefix.clone())),
            Text::Regex(regex) => pattern(regex),
            other => of(other).map(PathPattern::Text),
        }));
    }
    for (name, text) in m.headers.iter().chain(&m.without).filter(|(name, _)| !name.starts_with([':', '@'])) {
        let patterns = into.headers.entry(name.to_ascii_lowercase()).or_default();
        patterns.extend(of(text));
    }
    into.headers.retain(|_, patterns| !patterns.is_empty());
}
