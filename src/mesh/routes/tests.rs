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
