//! Routes on Servers: which are taken notice of, which are accepted, and what becomes of health probes.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use regex::Regex;

use crate::index::Index;
use crate::mesh::MeshView;
use crate::model::{Container, Field, Kind, Object, ObjectRef, PodSpec, Port, Str, Subject};

/// The group of a parent reference; the API server fills an absent one in with the default of the route's own CRD, which is the route's group.
pub fn parent_group<'a>(route: Kind, parent: &Field<'a>) -> &'a str {
    parent.get("group").and_then(|g| g.str()).unwrap_or(route.group())
}

/// What a parent reference names: Server, Service, EgressNetwork or something of no concern to Linkerd.
pub fn parent_kind(route: Kind, parent: &Field<'_>) -> Option<Kind> {
    let (group, kind) = (parent_group(route, parent), parent.text("kind"));
    let is = |name: &str, groups: &[&str]| kind.eq_ignore_ascii_case(name) && groups.iter().any(|g| group.eq_ignore_ascii_case(g));
    if is("Server", &["policy.linkerd.io"]) {
        return Some(Kind::Server);
    }
    if is("EgressNetwork", &["policy.linkerd.io"]) {
        return Some(Kind::EgressNetwork);
    }
    is("Service", &["", "core"]).then_some(Kind::Service)
}

/// Kinds of routes, the strongest first: on one parent only the strongest kind counts.
pub const ROUTE_KINDS: [Kind; 5] = [Kind::GrpcRoute, Kind::HttpRoute, Kind::LinkerdHttpRoute, Kind::TlsRoute, Kind::TcpRoute];

/// How strong a kind of route is; smaller wins.
pub const fn rank(kind: Kind) -> u8 {
    match kind {
        Kind::GrpcRoute => 0,
        Kind::HttpRoute | Kind::LinkerdHttpRoute => 1,
        Kind::TlsRoute => 2,
        _ => 3,
    }
}

/// All routes of a namespace-spanning kind list.
pub fn all(index: &Index) -> impl Iterator<Item = &Object> {
    ROUTE_KINDS.into_iter().flat_map(|kind| index.objects(kind))
}

/// A parent that a route names, as far as it concerns Linkerd.
#[derive(Clone, Debug)]
pub struct Parent<'a> {
    /// Server, Service or EgressNetwork.
    pub kind: Kind,
    /// Its namespace: the route's own unless it says otherwise.
    pub namespace: &'a str,
    pub name: &'a str,
    /// The port, when it names one.
    pub port: Option<i64>,
    /// The reference.
    pub field: Field<'a>,
}

/// The parents of a route that concern Linkerd.
pub fn parents(route: &Object) -> Vec<Parent<'_>> {
    let refs = route.spec().list("parentRefs");
    refs.filter_map(|field| {
        let kind = parent_kind(route.kind, &field)?;
        let namespace = Some(field.text("namespace")).filter(|ns| !ns.is_empty()).unwrap_or(&route.meta.namespace);
        let port = field.get("port").and_then(|p| p.int());
        Some(Parent { kind, namespace, name: field.text("name"), port, field })
    })
    .collect()
}

/// Why Linkerd takes no notice of a route on a Server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ignored {
    /// A parent Server named with a port.
    ParentPort,
    /// A parent Server named with a section.
    ParentSection,
    /// A parent Server of another namespace.
    ParentNamespace,
    /// A filter that is not supported on Servers.
    Filter,
    /// A match that cannot be read, and why.
    Match(&'static str),
}

/// What makes Linkerd ignore a route on a Server as a whole, each with its place; empty for a sound route or one without a Server.
pub fn ignored(route: &Object) -> Vec<(Ignored, String)> {
    let mut found = Vec::new();
    let mut on_server = false;
    for parent in parents(route).into_iter().filter(|p| p.kind == Kind::Server) {
        on_server = true;
        if route.meta.namespace != parent.namespace {
            found.push((Ignored::ParentNamespace, parent.field.path_of("namespace")));
        }
        if parent.field.get("port").is_some() {
            found.push((Ignored::ParentPort, parent.field.path_of("port")));
        }
        if parent.field.get("sectionName").is_some() {
            found.push((Ignored::ParentSection, parent.field.path_of("sectionName")));
        }
    }
    if on_server {
        let filters = route.spec().list("rules").flat_map(|rule| rule.list("filters").collect::<Vec<_>>());
        found.extend(filters.filter(|f| !supports_filter(route.kind, f)).map(|f| (Ignored::Filter, f.path_of("type"))));
        found.extend(unreadable_match(route).map(|(field, what)| (Ignored::Match(what), field.path())));
    }
    found
}

/// The first match that the policy controller cannot read, and what is wrong with it: it drops the route as a whole.
pub fn unreadable_match(route: &Object) -> Option<(Field<'_>, &'static str)> {
    let grpc = route.kind == Kind::GrpcRoute;
    let is_regex = |f: &Field<'_>| f.text("type") == "RegularExpression";
    let matches = route.spec().list("rules").flat_map(|rule| rule.list("matches").collect::<Vec<_>>());
    matches.into_iter().find_map(|one| {
        let absolute = |path: &Field<'_>| path.get("value").and_then(|v| v.str()).unwrap_or("/").starts_with('/');
        if let Some(path) = one.get("path").filter(|path| !grpc && !is_regex(path) && !absolute(path)) {
            return Some((path, "has a path that does not begin with a slash"));
        }
        if let Some(method) = one.get("method").filter(|method| grpc && is_regex(method)) {
            return Some((method, "matches methods by regular expression"));
        }
        let values = one.get("path").into_iter().filter(|_| !grpc).chain(one.list("headers")).chain(one.list("queryParams"));
        let bad = |f: &Field<'_>| is_regex(f) && Regex::new(f.text("value")).is_err();
        values.into_iter().find(bad).map(|field| (field, "has a regular expression that cannot be read"))
    })
}

/// A match of a GRPCRoute that names neither service nor method by a `method`: the policy controller hands it on, and proxies refuse to read the
/// policy that it is part of.
pub fn match_without_method(route: &Object) -> Option<Field<'_>> {
    let rules = route.spec().list("rules").filter(|_| route.kind == Kind::GrpcRoute);
    rules.flat_map(|rule| rule.list("matches").collect::<Vec<_>>()).find(|one| one.get("method").is_none())
}

/// Whether Linkerd knows a filter, on Servers and on Services alike.
pub fn supports_filter(route: Kind, filter: &Field<'_>) -> bool {
    match filter.text("type") {
        "RequestHeaderModifier" | "ResponseHeaderModifier" => true,
        "RequestRedirect" => route != Kind::GrpcRoute,
        _ => false,
    }
}

/// Whether a route counts on a Server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Acceptance {
    /// It does.
    Accepted,
    /// A route of a stronger kind is on the same parent.
    Conflicted(ObjectRef),
    /// There is no such parent.
    NoParent,
    /// Linkerd takes no notice of it.
    Ignored,
    /// Its status says that it is not accepted.
    Refused,
}

/// Routes by the Server they name, as kinds and positions among the index's.
#[derive(Debug, Default)]
pub(in crate::mesh) struct ByServer(HashMap<Str, HashMap<Str, Vec<(Kind, u32)>>>);

/// Kinds of routes that may name a Server.
pub const SERVER_ROUTE_KINDS: [Kind; 3] = [Kind::GrpcRoute, Kind::HttpRoute, Kind::LinkerdHttpRoute];

impl ByServer {
    fn read(index: &Index) -> Self {
        let mut all = Self::default();
        for kind in SERVER_ROUTE_KINDS {
            for (at, route) in (0..).zip(index.objects(kind)) {
                for parent in parents(route).into_iter().filter(|p| p.kind == Kind::Server && !p.name.is_empty()) {
                    let of_server = all.0.entry(parent.namespace.into()).or_default().entry(parent.name.into()).or_default();
                    if !of_server.contains(&(kind, at)) {
                        of_server.push((kind, at));
                    }
                }
            }
        }
        all
    }
}

/// Routes by the Server they name.
#[derive(Clone, Copy, Debug)]
pub struct ServerRoutes<'a> {
    index: &'a Index,
    by_server: &'a ByServer,
}

impl<'a> MeshView<'a> {
    /// Routes by the Server they name, arranged once for a run.
    pub fn linkerd_server_routes(self) -> ServerRoutes<'a> {
        ServerRoutes { index: self.index, by_server: self.cache.server_routes.get_or_init(|| ByServer::read(self.index)) }
    }
}

impl<'a> ServerRoutes<'a> {
    /// All routes that name a Server, whether or not they count.
    pub fn naming(self, namespace: &str, server: &str) -> impl Iterator<Item = &'a Object> + use<'a> {
        let positions = self.by_server.0.get(namespace).and_then(|names| names.get(server)).map(Vec::as_slice).unwrap_or_default();
        positions.iter().map(move |(kind, at)| &self.index.objects(*kind)[*at as usize])
    }

    /// Whether a route counts on a Server.
    pub fn acceptance(self, route: &Object, namespace: &str, server: &str) -> Acceptance {
        if !ignored(route).is_empty() {
            return Acceptance::Ignored;
        }
        if let Some(accepted) = status(route, Kind::Server, server, None) {
            return if accepted { Acceptance::Accepted } else { Acceptance::Refused };
        }
        if self.index.object(Kind::Server, namespace, server).is_none() {
            return Acceptance::NoParent;
        }
        let stronger = self.naming(namespace, server).find(|other| rank(other.kind) < rank(route.kind));
        stronger.map_or(Acceptance::Accepted, |other| Acceptance::Conflicted(other.reference()))
    }

    /// The routes that count on a Server.
    pub fn accepted(self, namespace: &str, server: &str) -> Vec<&'a Object> {
        self.naming(namespace, server).filter(|route| self.acceptance(route, namespace, server) == Acceptance::Accepted).collect()
    }
}

/// What the policy controller wrote about a route and one of its parents, as the route names it, if it did.
pub fn status(route: &Object, kind: Kind, parent: &str, port: Option<i64>) -> Option<bool> {
    let parents = route.root().at(["status", "parents"])?;
    let mut ours = parents.items().filter(|p| {
        let reference = p.get("parentRef");
        p.text("controllerName") == "linkerd.io/policy-controller"
            && reference.is_some_and(|r| r.text("name") == parent && r.text("kind") == kind.name() && r.get("port").and_then(|p| p.int()) == port)
    });
    let conditions = ours.next()?;
    let accepted = conditions.list("conditions").find(|c| c.text("type") == "Accepted")?;
    Some(accepted.text("status") == "True")
}

/// Paths of HTTP probes by the port they go to, as Linkerd collects them to let the kubelet in.
pub fn probe_paths(spec: &PodSpec) -> BTreeMap<u16, BTreeSet<String>> {
    let mut paths: BTreeMap<u16, BTreeSet<String>> = BTreeMap::new();
    for container in spec.all_containers() {
        for (_, probe) in container.probes() {
            let Some(get) = &probe.http_get else { continue };
            let Some(port) = probe_port(container, &get.port) else { continue };
            let path = get.path.split(['?', '#']).next().unwrap_or_default();
            paths.entry(port).or_default().insert(if path.is_empty() { "/".to_owned() } else { path.to_owned() });
        }
    }
    paths
}

/// A probe's port; names are looked up in its own container.
pub fn probe_port(container: &Container, port: &Port) -> Option<u16> {
    let number = match port {
        Port::Number(number) => *number,
        Port::Name(name) => {
            let tcp = container.ports.iter().filter(|p| p.protocol.is_empty() || p.protocol.eq_ignore_ascii_case("TCP"));
            tcp.into_iter().find(|p| p.name.eq_ignore_ascii_case(name))?.container_port
        }
    };
    u16::try_from(number).ok().filter(|n| *n > 0)
}

/// How closely the best rule of an HTTPRoute fits a plain `GET` of `path` sent to a pod's address, greater is closer; nothing when none takes it.
pub fn takes_probe(route: &Object, path: &str) -> Option<(bool, usize)> {
    let spec = route.spec();
    if spec.list("hostnames").next().is_some() {
        return None;
    }
    let rules = spec.list("rules").filter_map(|rule| {
        let mut matches = rule.list("matches").peekable();
        if matches.peek().is_none() { Some((false, 0)) } else { matches.filter_map(|m| takes(&m, path)).max() }
    });
    rules.max()
}

fn takes(matching: &Field<'_>, path: &str) -> Option<(bool, usize)> {
    let method = matching.text("method");
    let special = matching.list("headers").next().is_some() || matching.list("queryParams").next().is_some();
    if special || !(method.is_empty() || method == "GET") {
        return None;
    }
    match matching.get("path") {
        None => Some((false, 0)),
        Some(p) => path_matches(&p, path).then(|| (p.text("type") == "Exact", p.text("value").len())),
    }
}

/// Whether a path match of an HTTPRoute takes `path`; prefixes go by whole segments, regular expressions by the whole path.
pub fn path_matches(matching: &Field<'_>, path: &str) -> bool {
    let value = matching.get("value").and_then(|v| v.str()).unwrap_or("/");
    match matching.text("type") {
        "Exact" => path == value,
        "RegularExpression" => Regex::new(&format!("^(?:{value})$")).is_ok_and(|regex| regex.is_match(path)),
        _ => {
            let prefix = value.trim_end_matches('/');
            path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        }
    }
}

/// Whether a route takes every request there is: a rule without matches, or one that asks for nothing but the prefix `/`.
pub fn takes_everything(route: &Object) -> bool {
    let spec = route.spec();
    if spec.list("hostnames").next().is_some() {
        return false;
    }
    let everything = |m: &Field<'_>| {
        let path = m.get("path").is_none_or(|p| matches!(p.text("type"), "" | "PathPrefix") && matches!(p.text("value"), "" | "/"));
        let others = ["headers", "queryParams"].into_iter().all(|name| m.list(name).next().is_none());
        path && others && m.text("method").is_empty() && m.get("method").is_none()
    };
    spec.list("rules").any(|rule| {
        let mut matches = rule.list("matches").peekable();
        matches.peek().is_none() || matches.any(|m| everything(&m))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mesh::linkerd::testing::{index, world};
    use crate::model::Json;

    fn route(kind: &str, name: &str, rest: &str) -> String {
        let (version, kind) = if kind == "l5d" { ("policy.linkerd.io/v1beta3", "HTTPRoute") } else { ("gateway.networking.k8s.io/v1", kind) };
        format!(
            "{{apiVersion: {version}, kind: {kind}, metadata: {{namespace: shop, name: {name}}}, spec: {{parentRefs: [{{group: policy.linkerd.io, kind: Server, name: web}}], {rest}}}}}"
        )
    }

    const SERVER: &str =
        "{apiVersion: policy.linkerd.io/v1beta3, kind: Server, metadata: {namespace: shop, name: web}, spec: {podSelector: {}, port: 80}}";

    #[test]
    fn an_absent_group_is_that_of_the_route() {
        let parent = Json::from(serde_json::json!({"kind": "Server", "name": "web"}));
        let service = serde_json::json!({"group": "core", "kind": "Service", "name": "web"});
        assert_eq!(parent_kind(Kind::LinkerdHttpRoute, &parent.root()), Some(Kind::Server));
        assert_eq!(parent_kind(Kind::HttpRoute, &parent.root()), None);
        assert_eq!(parent_kind(Kind::HttpRoute, &Json::from(service).root()), Some(Kind::Service));
    }

    #[test]
    fn a_grpc_route_pushes_http_routes_out() {
        let world = world(&[SERVER, &route("l5d", "a", "rules: []"), &route("GRPCRoute", "b", "rules: []")]);
        let (index, routes) = (world.view().index, world.view().linkerd_server_routes());
        assert_eq!(routes.accepted("shop", "web").iter().map(|r| r.meta.name.as_str()).collect::<Vec<_>>(), ["b"]);
        let http = index.object(Kind::LinkerdHttpRoute, "shop", "a").unwrap();
        assert!(matches!(routes.acceptance(http, "shop", "web"), Acceptance::Conflicted(_)));
    }

    #[test]
    fn filters_and_ports_make_a_route_ignored() {
        let index = index(&[
            SERVER,
            &route("HTTPRoute", "a", "rules: [{filters: [{type: RequestMirror, requestMirror: {}}]}]"),
            &route("HTTPRoute", "b", "rules: [{filters: [{type: RequestRedirect, requestRedirect: {}}]}]"),
        ]);
        let of = |name: &str| ignored(index.object(Kind::HttpRoute, "shop", name).unwrap());
        assert_eq!(of("a"), [(Ignored::Filter, "spec.rules[0].filters[0].type".to_owned())]);
        assert!(of("b").is_empty());
    }

    #[test]
    fn a_match_that_cannot_be_read_makes_a_route_ignored() {
        let index = index(&[
            SERVER,
            &route("l5d", "path", "rules: [{matches: [{path: {value: live}}]}]"),
            &route("l5d", "regex", "rules: [{matches: [{path: {value: /}}, {headers: [{name: a, type: RegularExpression, value: '('}]}]}]"),
            &route("l5d", "sound", "rules: [{matches: [{path: {type: RegularExpression, value: 'live'}}]}]"),
            &route("GRPCRoute", "grpc", "rules: [{matches: [{method: {type: RegularExpression, service: a.*}}]}]"),
            &route("GRPCRoute", "bare", "rules: [{matches: [{headers: [{name: a, value: b}]}]}]"),
        ]);
        let of = |kind: Kind, name: &str| ignored(index.object(kind, "shop", name).unwrap()).pop().map(|(_, at)| at);
        assert_eq!(of(Kind::LinkerdHttpRoute, "path").as_deref(), Some("spec.rules[0].matches[0].path"));
        assert_eq!(of(Kind::LinkerdHttpRoute, "regex").as_deref(), Some("spec.rules[0].matches[1].headers[0]"));
        assert_eq!(of(Kind::GrpcRoute, "grpc").as_deref(), Some("spec.rules[0].matches[0].method"));
        assert_eq!([of(Kind::LinkerdHttpRoute, "sound"), of(Kind::GrpcRoute, "bare")], [None, None]);
        assert!(match_without_method(index.object(Kind::GrpcRoute, "shop", "bare").unwrap()).is_some());
    }

    #[test]
    fn prefixes_go_by_segments() {
        let holds = |kind: &str, value: &str, path: &str| {
            let value = serde_json::json!({"type": kind, "value": value});
            path_matches(&Json::from(value).root(), path)
        };
        assert!(holds("PathPrefix", "/", "/ready") && holds("PathPrefix", "/ready/", "/ready/x") && holds("PathPrefix", "/ready", "/ready"));
        assert!(!holds("PathPrefix", "/read", "/ready"));
        assert!(holds("RegularExpression", "/(live|ready)", "/live") && !holds("RegularExpression", "/live", "/live/x"));
        assert!(holds("Exact", "/live", "/live") && !holds("Exact", "/live", "/live/"));
    }

    #[test]
    fn probe_paths_are_collected_by_port() {
        let spec: PodSpec = serde_json::from_str(
            r#"{"containers":[{"ports":[{"name":"http","containerPort":8080}],
                "livenessProbe":{"httpGet":{"path":"/live?full=1","port":"HTTP"}},"readinessProbe":{"httpGet":{"port":8080}},
                "startupProbe":{"tcpSocket":{"port":1}}}]}"#,
        )
        .unwrap();
        let paths = probe_paths(&spec);
        assert_eq!(
            paths.into_iter().map(|(p, set)| (p, set.into_iter().collect::<Vec<_>>())).collect::<Vec<_>>(),
            [(8080, vec!["/".to_owned(), "/live".to_owned()])]
        );
    }

    #[test]
    fn what_takes_everything_takes_every_probe() {
        let index = index(&[
            &route("l5d", "a", "rules: [{matches: [{path: {type: PathPrefix, value: /}}]}]"),
            &route("l5d", "b", "rules: [{matches: [{path: {value: /api}}, {path: {value: /live}, method: GET}]}]"),
            &route("l5d", "c", "hostnames: [x], rules: [{}]"),
        ]);
        let of = |name: &str| index.object(Kind::LinkerdHttpRoute, "shop", name).unwrap();
        assert!(takes_everything(of("a")) && !takes_everything(of("b")) && !takes_everything(of("c")));
        assert!(takes_probe(of("b"), "/live").is_some() && takes_probe(of("b"), "/ready").is_none() && takes_probe(of("c"), "/live").is_none());
    }
}
