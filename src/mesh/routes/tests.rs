//! One test a rule of precedence; the oracle of real proxies covers the breadth.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Outcome, Request, Route, route};
use crate::mesh::testing::World;
use crate::model::MeshId;

fn deployment() -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"namespace": "shop", "name": "ui"},
        "spec": {"template": {"metadata": {"labels": {"app": "ui"}}, "spec": {"containers": [{"name": "app"}]}}}})
}

fn service(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Service", "metadata": {"namespace": "shop", "name": name},
        "spec": {"clusterIP": "10.0.0.1", "selector": {"app": name}, "ports": [{"name": "http", "port": 80}]}})
}

/// What becomes of `GET path` at web:80.
fn get(mesh: MeshId, objects: &[Value], path: &str) -> Route {
    let all: Vec<String> = [deployment(), service("web"), service("a"), service("b")].iter().chain(objects).map(ToString::to_string).collect();
    let world = World::new(&all.iter().map(String::as_str).collect::<Vec<_>>());
    let view = world.view();
    let request = Request { host: "web".into(), port: 80, method: "GET".into(), path: path.into(), ..Request::default() };
    route(view, mesh, &view.index.workloads()[0], &request)
}

fn virtual_service(http: Value) -> Value {
    json!({"apiVersion": "networking.istio.io/v1", "kind": "VirtualService", "metadata": {"namespace": "shop", "name": "web"},
        "spec": {"hosts": ["web"], "http": http}})
}

fn http_route(rules: Value) -> Value {
    json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": {"namespace": "shop", "name": "web"},
        "spec": {"parentRefs": [{"group": "", "kind": "Service", "name": "web", "port": 80}], "rules": rules}})
}

fn to(route: &Route) -> Vec<&str> {
    route.destinations.iter().filter_map(|d| d.host.as_deref()).map(|h| h.split('.').next().unwrap_or(h)).collect()
}

#[test]
fn a_service_without_rules_gets_its_own_requests() {
    for mesh in [MeshId::Istio, MeshId::Linkerd] {
        let route = get(mesh, &[], "/");
        assert_eq!((route.outcome, to(&route), route.rule.is_none()), (Outcome::Routed, vec!["web"], true), "{mesh:?}");
    }
}

#[test]
fn rules_of_a_virtual_service_are_tried_in_order() {
    let web = virtual_service(json!([
        {"match": [{"uri": {"prefix": "/x"}}], "route": [{"destination": {"host": "a"}}]},
        {"match": [{"uri": {"exact": "/x/y"}}], "route": [{"destination": {"host": "b"}}]}]));
    assert_eq!(to(&get(MeshId::Istio, std::slice::from_ref(&web), "/x/y")), ["a"]);
    assert_eq!(get(MeshId::Istio, &[web], "/z").outcome, Outcome::NotFound);
}

#[test]
fn the_most_precise_rule_of_an_http_route_wins_in_either_mesh() {
    let rule =
        |kind: &str, value: &str, to: &str| json!({"matches": [{"path": {"type": kind, "value": value}}], "backendRefs": [{"name": to, "port": 80}]});
    let web = http_route(json!([rule("PathPrefix", "/x", "a"), rule("Exact", "/x/y", "b")]));
    for mesh in [MeshId::Istio, MeshId::Linkerd] {
        assert_eq!(to(&get(mesh, std::slice::from_ref(&web), "/x/y")), ["b"], "{mesh:?}");
        assert_eq!(to(&get(mesh, std::slice::from_ref(&web), "/x/z?q=1")), ["a"], "{mesh:?}");
        assert_eq!(get(mesh, std::slice::from_ref(&web), "/xy").outcome, Outcome::NotFound, "{mesh:?}: prefixes end at a slash");
    }
}

#[test]
fn what_a_rule_does_on_the_way_is_told() {
    let web =
        virtual_service(json!([{"timeout": "2s", "retries": {"attempts": 5}, "rewrite": {"uri": "/new"}, "route": [{"destination": {"host": "a"}}],
        "fault": {"abort": {"httpStatus": 503, "percentage": {"value": 100}}}, "match": [{"uri": {"prefix": "/old"}}]}]));
    let route = get(MeshId::Istio, &[web], "/old/1");
    assert_eq!((route.timeout.map(super::seconds), route.retries), (Some("2s".to_owned()), 5));
    assert_eq!(route.rewrite.map(|r| r.path), Some("/new/1".to_owned()));
    assert_eq!(route.faults, ["an error 503 for 100 %"]);
}

#[test]
fn a_backend_that_is_not_there_is_said_to_be_missing() {
    let route = get(MeshId::Istio, &[virtual_service(json!([{"route": [{"destination": {"host": "gone"}}]}]))], "/");
    assert!(route.destinations[0].missing.is_some());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// A VirtualService takes the first rule whose prefix fits, an HTTPRoute the longest prefix, of equal ones the first.
    #[test]
    fn order_and_precision_decide(prefixes in prop::collection::vec("(/[ab]{1,2}){1,3}", 1..6), path in "(/[ab]{1,2}){1,4}") {
        let taken = |route: &Route| route.rule.as_ref().map(|r| r.index);
        let rules = prefixes.iter().map(|p| json!({"match": [{"uri": {"prefix": p}}], "route": [{"destination": {"host": "a"}}]})).collect();
        let first = prefixes.iter().position(|p| path.starts_with(p.as_str()));
        prop_assert_eq!(taken(&get(MeshId::Istio, &[virtual_service(Value::Array(rules))], &path)), first);

        let rules: Value = prefixes.iter().map(|p| json!({"matches": [{"path": {"type": "PathPrefix", "value": p}}], "backendRefs": [{"name": "a", "port": 80}]})).collect();
        let fits = |p: &str| path == p || path.strip_prefix(p).is_some_and(|rest| rest.starts_with('/'));
        let fitting = prefixes.iter().enumerate().filter(|(_, p)| fits(p));
        let longest = fitting.max_by_key(|(i, p)| (p.len(), std::cmp::Reverse(*i))).map(|(i, _)| i);
        for mesh in [MeshId::Istio, MeshId::Linkerd] {
            prop_assert_eq!(taken(&get(mesh, &[http_route(rules.clone())], &path)), longest, "{:?}", mesh);
        }
    }
}

/// What becomes of `GET path` at the waypoint `infra/way` of Service shop/web.
fn at_waypoint(objects: &[Value], path: &str, port: u16) -> Route {
    let way = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"namespace": "infra", "name": "way"},
        "spec": {"template": {"metadata": {"labels": {"gateway.istio.io/managed": "istio.io-mesh-controller"}}, "spec": {"containers": []}}}});
    let web = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"namespace": "shop", "name": "web"},
        "spec": {"clusterIP": "10.0.0.1", "selector": {"app": "web"}, "ports": [{"name": "http", "port": 80}, {"name": "tcp-db", "port": 5432}]}});
    let all: Vec<String> = [way, web, service("a"), service("b")].iter().chain(objects).map(ToString::to_string).collect();
    let world = World::new(&all.iter().map(String::as_str).collect::<Vec<_>>());
    let view = world.view();
    let request = Request { host: "web.shop".into(), port, method: "GET".into(), path: path.into(), ..Request::default() };
    super::at_waypoint(view, &view.index.workloads()[0], view.index.service("shop", "web").unwrap(), &request)
}

#[test]
fn a_waypoint_reads_the_routes_of_its_own_and_the_services_namespace() {
    let of = |namespace: &str, to: &str| {
        json!({"apiVersion": "networking.istio.io/v1", "kind": "VirtualService", "metadata": {"namespace": namespace, "name": "web"},
            "spec": {"hosts": ["web.shop.svc.cluster.local"], "http": [{"route": [{"destination": {"host": format!("{to}.shop.svc.cluster.local")}}]}]}})
    };
    assert_eq!(to(&at_waypoint(&[], "/", 80)), ["web"]);
    assert_eq!(to(&at_waypoint(&[of("shop", "a")], "/", 80)), ["a"]);
    assert_eq!(to(&at_waypoint(&[of("infra", "b")], "/", 80)), ["b"]);
    let client = at_waypoint(&[of("web", "a")], "/", 80);
    assert_eq!((to(&client), client.losers.len()), (vec!["web"], 1), "a client has no say: {client:?}");
}

#[test]
fn a_waypoint_puts_the_routes_of_a_service_one_after_the_other() {
    let rule = |path: &str, host: &str| json!({"match": [{"uri": {"prefix": path}}], "route": [{"destination": {"host": host}}]});
    let mut second = virtual_service(json!([rule("/b", "b")]));
    second["metadata"]["name"] = "web-2".into();
    let both = [virtual_service(json!([rule("/a", "a")])), second];
    assert_eq!([to(&at_waypoint(&both, "/a", 80)), to(&at_waypoint(&both, "/b", 80))], [["a"], ["b"]]);
    assert_eq!(at_waypoint(&both, "/c", 80).outcome, Outcome::NotFound, "the Service itself is not left over");
}

#[test]
fn a_waypoint_passes_over_what_asks_for_labels_of_clients() {
    let labelled = json!({"match": [{"sourceLabels": {"app": "ui"}}], "route": [{"destination": {"host": "a"}}]});
    assert_eq!(to(&at_waypoint(&[virtual_service(json!([labelled.clone()]))], "/", 80)), ["web"], "nothing of the VirtualService is left");
    assert_eq!(to(&at_waypoint(&[virtual_service(json!([labelled, {"route": [{"destination": {"host": "b"}}]}]))], "/", 80)), ["b"]);
}

#[test]
fn http_routes_on_a_service_are_taken_at_its_waypoint_under_any_host() {
    let route = http_route(json!([{"matches": [{"path": {"type": "PathPrefix", "value": "/x"}}], "backendRefs": [{"name": "a", "port": 80}]}]));
    assert_eq!(to(&at_waypoint(std::slice::from_ref(&route), "/x/y", 80)), ["a"]);
    assert_eq!(at_waypoint(&[route], "/y", 80).outcome, Outcome::NotFound);
}

#[test]
fn a_waypoint_carries_bytes_by_tcp_rules() {
    let tcp = |port: u16| {
        json!({"apiVersion": "networking.istio.io/v1", "kind": "VirtualService", "metadata": {"namespace": "shop", "name": "web"},
            "spec": {"hosts": ["web"], "tcp": [{"match": [{"port": port}], "route": [{"destination": {"host": "a", "port": {"number": 80}}}]}]}})
    };
    assert_eq!(to(&at_waypoint(&[tcp(5432)], "/", 5432)), ["a"]);
    assert_eq!(to(&at_waypoint(&[tcp(1)], "/", 5432)), ["web"]);
}

fn delegate(name: &str, http: Value) -> Value {
    json!({"apiVersion": "networking.istio.io/v1", "kind": "VirtualService", "metadata": {"namespace": "shop", "name": name}, "spec": {"http": http}})
}

#[test]
fn what_comes_of_no_delegate_is_told_as_the_reason() {
    let root = virtual_service(json!([{"match": [{"uri": {"prefix": "/x"}}], "delegate": {"name": "inner"}}]));
    let narrow = delegate(
        "inner",
        json!([{"match": [{"uri": {"prefix": "/y"}}], "route": [{"destination": {"host": "a"}}]}, {
        "match": [{"uri": {"prefix": "/x/a"}}], "route": [{"destination": {"host": "a"}}]}]),
    );
    let missing = get(MeshId::Istio, &[root.clone(), narrow.clone()], "/x/b");
    assert_eq!(missing.outcome, Outcome::NotFound);
    let first = &missing.because[0];
    assert_eq!((first.object.as_ref().unwrap().name.as_str(), first.path.as_deref()), ("inner", Some("spec.http[0].match[0].uri")));
    assert!(missing.why.contains("istiod drops the rule"), "{}", missing.why);
    assert_eq!(to(&get(MeshId::Istio, &[root.clone(), narrow], "/x/a")), ["a"], "the delegate's other rule counts");
    let mut hosts = delegate("inner", json!([{"route": [{"destination": {"host": "a"}}]}]));
    hosts["spec"]["hosts"] = json!(["inner"]);
    let other = virtual_service(json!([
        {"match": [{"uri": {"prefix": "/x"}}], "delegate": {"name": "inner"}},
        {"match": [{"uri": {"prefix": "/z"}}], "route": [{"destination": {"host": "b"}}]}]));
    let taken = get(MeshId::Istio, &[other, hosts], "/x");
    assert!(taken.outcome == Outcome::NotFound && taken.why.contains("it has hosts"), "{taken:?}");
}

/// A delegate's own headers, copies and faults replace those of the rule that names it as a whole, not header by header.
#[test]
fn what_a_delegate_says_itself_is_not_mixed_with_the_roots() {
    let host = |host: &str| json!({"request": {"set": {"Host": host}}});
    let inner = |more: Value| {
        let mut rule = json!({"route": [{"destination": {"host": "a"}}]});
        rule.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        delegate("inner", json!([rule]))
    };
    let root = virtual_service(json!([{"match": [{"uri": {"prefix": "/x"}}], "delegate": {"name": "inner"}, "headers": host("root"),
        "fault": {"abort": {"httpStatus": 500, "percentage": {"value": 100}}},
        "mirror": {"host": "b"}, "mirrorPercentage": {"value": 10}}]));
    let of = |more: Value| get(MeshId::Istio, &[root.clone(), inner(more)], "/x");
    let inherited = of(json!({}));
    assert_eq!(inherited.rewrite.as_ref().map(|r| r.authority.as_str()), Some("root"));
    assert_eq!((inherited.faults.len(), inherited.mirror.len(), inherited.mirror[0].percent), (1, 1, 10.0));
    assert_eq!(of(json!({"headers": {"request": {"set": {"x": "1"}}}})).rewrite, None, "the root's Host goes with the rest of its headers");
    assert_eq!(of(json!({"fault": {"abort": {"httpStatus": 500, "percentage": {"value": 0}}}})).faults.len(), 0);
    assert_eq!(of(json!({"mirrors": [{"destination": {"host": "a"}}]})).mirror.len(), 2, "mirror and mirrors are inherited apart");
    assert_eq!(of(json!({"mirrorPercentage": {"value": 0}})).mirror.len(), 0, "the delegate's share for the root's copies");
}

/// What becomes of `GET /` of a host at the gateway.
fn at_gateway(servers: Value, objects: &[Value], host: &str, port: u16) -> Route {
    let gateway = json!({"apiVersion": "networking.istio.io/v1", "kind": "Gateway", "metadata": {"namespace": "shop", "name": "gw"},
        "spec": {"selector": {"app": "gw"}, "servers": servers}});
    let proxy = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"namespace": "shop", "name": "gw"},
        "spec": {"template": {"metadata": {"labels": {"app": "gw", "istio.io/dataplane-mode": "none"}, "annotations": {"inject.istio.io/templates": "gateway"}},
            "spec": {"containers": [{"name": "istio-proxy", "image": "auto", "args": ["proxy", "router"]}]}}}});
    let all: Vec<String> = [proxy, gateway, service("a")].iter().chain(objects).map(ToString::to_string).collect();
    let world = World::new(&all.iter().map(String::as_str).collect::<Vec<_>>());
    let view = world.view();
    let request = Request { host: host.into(), port, method: "GET".into(), path: "/".into(), ..Request::default() };
    route(view, MeshId::Istio, &view.index.workloads()[0], &request)
}

fn bound(hosts: Value) -> Value {
    json!({"apiVersion": "networking.istio.io/v1", "kind": "VirtualService", "metadata": {"namespace": "shop", "name": "bound"},
        "spec": {"hosts": hosts, "gateways": ["gw"], "http": [{"route": [{"destination": {"host": "a"}}]}]}})
}

#[test]
fn plaintext_may_stand_beside_tls_that_comes_before_it() {
    let tls = json!({"port": {"number": 443, "name": "https", "protocol": "HTTPS"}, "hosts": ["a.example.com"], "tls": {"mode": "SIMPLE", "credentialName": "c"}});
    let plain = json!({"port": {"number": 443, "name": "http", "protocol": "HTTP"}, "hosts": ["b.example.com"]});
    let routes = [bound(json!(["a.example.com", "b.example.com"]))];
    let of = |servers: Value, host: &str| at_gateway(servers, &routes, host, 443).outcome;
    assert_eq!(of(json!([tls, plain]), "b.example.com"), Outcome::Routed);
    assert_eq!(of(json!([tls, plain]), "a.example.com"), Outcome::Routed);
    assert_eq!(of(json!([plain, tls]), "a.example.com"), Outcome::NotFound, "behind plaintext nothing is told apart by server name");
}

#[test]
fn a_redirect_to_https_goes_by_the_hosts_as_they_are_written() {
    let server = |host: &str| json!([{"port": {"number": 80, "name": "http", "protocol": "HTTP"}, "hosts": [host], "tls": {"httpsRedirect": true}}]);
    let location = |host: &str, routes: &[Value]| at_gateway(server(host), routes, "a.example.com", 80).redirect.map(|r| r.location);
    let https = Some("https://a.example.com/".to_owned());
    assert_eq!([location("a.example.com", &[]), location("*/a.example.com", &[])], [https.clone(), https.clone()]);
    assert_eq!(location("shop/a.example.com", &[]), None, "a name with a namespace is nobody's name");
    assert_eq!(location("shop/a.example.com", &[bound(json!(["a.example.com"]))]), https);
}

#[test]
fn copies_go_to_services_that_are_there() {
    let mirror = |name: &str| {
        json!([{"filters": [{"type": "RequestMirror", "requestMirror": {"backendRef": {"name": name, "port": 80}}}],
            "backendRefs": [{"name": "a", "port": 80}]}])
    };
    let http = |name: &str| get(MeshId::Istio, &[http_route(mirror(name))], "/");
    assert_eq!([http("b").mirror.len(), http("gone").mirror.len()], [1, 0]);
    assert_eq!(to(&http("gone")), ["a"], "the requests themselves go on");
    let grpc = |name: &str| {
        let mut route = http_route(mirror(name));
        route["kind"] = "GRPCRoute".into();
        to(&get(MeshId::Istio, &[route], "/")).join(",")
    };
    assert_eq!([grpc("b"), grpc("gone")], ["a", "web"], "a GRPCRoute is refused as a whole");
}

#[test]
fn requests_without_a_token_have_no_claim() {
    let web = virtual_service(
        json!([{"match": [{"withoutHeaders": {"@request.auth.claims.group": {"regex": ".*"}}}], "route": [{"destination": {"host": "a"}}]}]),
    );
    assert_eq!(to(&get(MeshId::Istio, &[web], "/")), ["a"]);
}

/// A route may name a Service with several ports; what is said of one of these references says nothing of the others.
#[test]
fn each_reference_to_a_parent_is_accepted_by_itself() {
    let rules = |name: &str| json!([{"backendRefs": [{"name": name, "port": 80}]}]);
    let parent = |port: Option<u16>| json!({"group": "", "kind": "Service", "name": "web", "port": port});
    let mut http = http_route(rules("a"));
    http["spec"]["parentRefs"] = json!([parent(Some(81)), parent(Some(80))]);
    let status = |port: u16, accepted: &str| {
        json!({"controllerName": "linkerd.io/policy-controller", "parentRef": {"group": "core", "kind": "Service", "name": "web", "namespace": "shop", "port": port},
            "conditions": [{"type": "Accepted", "status": accepted}]})
    };
    http["status"] = json!({"parents": [status(81, "False"), status(80, "True")]});
    assert_eq!(to(&get(MeshId::Linkerd, std::slice::from_ref(&http), "/")), ["a"]);
    http["status"] = json!({"parents": [status(81, "True"), status(80, "False")]});
    assert_eq!(to(&get(MeshId::Linkerd, std::slice::from_ref(&http), "/")), ["web"]);
    // A GRPCRoute takes precedence on the reference that it shares.
    let mut grpc = http_route(rules("b"));
    (grpc["kind"], grpc["metadata"]["name"], grpc["spec"]["parentRefs"]) = ("GRPCRoute".into(), "grpc".into(), json!([parent(Some(80))]));
    let mut both = http_route(rules("a"));
    both["spec"]["parentRefs"] = json!([parent(Some(80)), parent(None)]);
    let losers = get(MeshId::Linkerd, &[both, grpc], "/").losers;
    assert!(
        losers.iter().any(|l| l.object.name == "web" && l.text.contains("is not asked on this port")),
        "it counts by its other reference: {losers:?}"
    );
}

#[test]
fn the_egress_network_with_the_fewest_hosts_is_for_an_address() {
    let network = |name: &str, networks: Value, policy: &str| {
        json!({"apiVersion": "policy.linkerd.io/v1alpha1", "kind": "EgressNetwork", "metadata": {"namespace": "shop", "name": name},
            "spec": {"networks": networks, "trafficPolicy": policy}})
    };
    let asked = |objects: &[Value]| {
        let all: Vec<String> = [deployment()].iter().chain(objects).map(ToString::to_string).collect();
        let world = World::new(&all.iter().map(String::as_str).collect::<Vec<_>>());
        let view = world.view();
        let request = Request { host: "203.0.113.9".into(), port: 80, method: "GET".into(), path: "/".into(), ..Request::default() };
        route(view, MeshId::Linkerd, &view.index.workloads()[0], &request).direct_response
    };
    let whole = network("a", json!([{"cidr": "203.0.113.0/24"}]), "Allow");
    let less = network("b", json!([{"cidr": "203.0.113.0/24", "except": ["203.0.113.128/25"]}]), "Deny");
    assert_eq!(asked(&[whole.clone(), less]), Some(403), "what is left out makes it smaller");
    assert_eq!(asked(&[whole, network("b", json!([{"cidr": "203.0.112.0/23"}]), "Deny")]), None);
}

/// A TCP or TLS port of a Service, and rules for it.
fn at_port(name: &str, spec: Value) -> Route {
    let service = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"namespace": "shop", "name": "db"},
        "spec": {"clusterIP": "10.0.0.9", "selector": {"app": "db"}, "ports": [{"name": name, "port": 80}]}});
    let rules =
        json!({"apiVersion": "networking.istio.io/v1", "kind": "VirtualService", "metadata": {"namespace": "shop", "name": "db"}, "spec": spec});
    let all: Vec<String> = [deployment(), service, rules].iter().map(ToString::to_string).collect();
    let world = World::new(&all.iter().map(String::as_str).collect::<Vec<_>>());
    let request = Request { host: "db".into(), port: 80, method: "GET".into(), path: "/".into(), ..Request::default() };
    route(world.view(), MeshId::Istio, &world.view().index.workloads()[0], &request)
}

#[test]
fn networks_that_hold_the_address_go_before_rules_for_every_address() {
    let rule = |to: &str, networks: Value| json!({"match": [{"destinationSubnets": networks}], "route": [{"destination": {"host": to}}]});
    let any = json!({"route": [{"destination": {"host": "any"}}]});
    let of = |rules: Value| at_port("tcp", json!({"hosts": ["db"], "tcp": rules}));
    assert_eq!(to(&of(json!([rule("wide", json!(["10.0.0.0/8"])), rule("near", json!(["10.0.0.9"])), any]))), ["near"]);
    assert_eq!(to(&of(json!([rule("far", json!(["10.9.0.0/16"])), any]))), ["any"]);
    assert_eq!(to(&of(json!([any, rule("near", json!(["10.0.0.9"]))]))), ["any"], "a rule for every address ends the list");
    assert_eq!(to(&of(json!([rule("far", json!(["10.9.0.0/16"]))]))), ["db"]);
}

#[test]
fn a_tls_match_without_networks_has_those_before_it() {
    let one = |to: &str, networks: Value| json!({"match": [{"sniHosts": ["db"], "destinationSubnets": networks}], "route": [{"destination": {"host": to}}]});
    let of = |rules: Value| at_port("tls", json!({"hosts": ["db"], "tls": rules}));
    assert_eq!(to(&of(json!([one("first", json!([]))]))), ["first"]);
    assert_eq!(to(&of(json!([one("wide", json!([])), one("near", json!(["10.0.0.0/24"]))]))), ["near"]);
    assert_eq!(of(json!([one("far", json!(["10.9.0.0/16"])), one("heir", json!([]))])).outcome, Outcome::Passthrough);
}

#[test]
fn http_and_grpc_routes_of_one_service_are_not_mixed() {
    let of = |kind: &str, created: &str, to: &str| {
        let matches =
            if kind == "HTTPRoute" { json!([{"path": {"type": "Exact", "value": "/a.B/C"}}]) } else { json!([{"method": {"service": "a.B"}}]) };
        json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": kind, "metadata": {"namespace": "shop", "name": "r", "creationTimestamp": created},
            "spec": {"parentRefs": [{"group": "", "kind": "Service", "name": "web"}], "rules": [{"matches": matches, "backendRefs": [{"name": to, "port": 80}]}]}})
    };
    let (old, young) = ("2024-01-01T00:00:00Z", "2025-01-01T00:00:00Z");
    assert_eq!(to(&get(MeshId::Istio, &[of("GRPCRoute", old, "a"), of("HTTPRoute", young, "b")], "/a.B/C")), ["a"], "the older one has the host");
    assert_eq!(to(&get(MeshId::Istio, &[of("GRPCRoute", young, "a"), of("HTTPRoute", old, "b")], "/a.B/C")), ["b"]);
}

#[test]
fn a_tcp_route_without_backends_leads_nowhere() {
    let service = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"namespace": "shop", "name": "db"},
        "spec": {"clusterIP": "10.0.0.9", "selector": {"app": "db"}, "ports": [{"name": "tcp", "port": 80}]}});
    let none = json!({"apiVersion": "gateway.networking.k8s.io/v1alpha2", "kind": "TCPRoute", "metadata": {"namespace": "shop", "name": "r"},
        "spec": {"parentRefs": [{"group": "", "kind": "Service", "name": "db"}], "rules": [{"backendRefs": [{"name": "a", "port": 80, "weight": 0}]}]}});
    let all: Vec<String> = [deployment(), service, none].iter().map(ToString::to_string).collect();
    let world = World::new(&all.iter().map(String::as_str).collect::<Vec<_>>());
    let request = Request { host: "db".into(), port: 80, method: "GET".into(), path: "/".into(), ..Request::default() };
    let route = route(world.view(), MeshId::Istio, &world.view().index.workloads()[0], &request);
    assert_eq!(to(&route), ["internal"]);
    assert!(route.destinations[0].missing.is_some());
}

#[test]
fn a_grpc_match_without_method_spoils_linkerds_policy() {
    let rules = json!([{"matches": [{"headers": [{"name": "a", "value": "b"}]}], "backendRefs": [{"name": "a", "port": 80}]}]);
    let grpc = json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "GRPCRoute", "metadata": {"namespace": "shop", "name": "r"},
        "spec": {"parentRefs": [{"group": "", "kind": "Service", "name": "web"}], "rules": rules}});
    assert_eq!(get(MeshId::Linkerd, &[grpc], "/").direct_response, Some(500));
}

#[test]
fn a_passthrough_gateway_passes_over_matches_that_repeat_a_name() {
    let servers = json!([{"port": {"number": 80, "name": "tls", "protocol": "TLS"}, "hosts": ["*"], "tls": {"mode": "PASSTHROUGH"}}]);
    let rule = |names: Value, to: &str| json!({"match": [{"sniHosts": names, "port": 80}], "route": [{"destination": {"host": to}}]});
    let bound = json!({"apiVersion": "networking.istio.io/v1", "kind": "VirtualService", "metadata": {"namespace": "shop", "name": "v"},
        "spec": {"hosts": ["*"], "gateways": ["gw"], "tls": [rule(json!(["web"]), "a"), rule(json!(["web", "other"]), "b")]}});
    assert_eq!(to(&at_gateway(servers.clone(), std::slice::from_ref(&bound), "web", 80)), ["a"]);
    assert_eq!(at_gateway(servers, &[bound], "other", 80).outcome, Outcome::NotFound);
}
