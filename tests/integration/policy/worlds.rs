//! Worlds for properties: a cart that two call, in each kind of data plane, with policies of all sorts.

use kubectl_mesh::cluster::files;
use kubectl_mesh::index::Index;
use kubectl_mesh::world::{SourceInfo, SourceKind, World};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::fixtures::now;

/// What carries the traffic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Plane {
    Sidecar,
    Ambient,
    Linkerd,
}

pub(super) const PLANES: [Plane; 3] = [Plane::Sidecar, Plane::Ambient, Plane::Linkerd];

/// A Deployment and a pod of it that runs.
fn workload(plane: Plane, namespace: &str, name: &str) -> [Value; 2] {
    let (labels, annotations, proxy) = match plane {
        Plane::Sidecar => (json!({"app": name, "security.istio.io/tlsMode": "istio"}), json!({"sidecar.istio.io/status": "{}"}), Some("istio-proxy")),
        Plane::Ambient => (json!({"app": name}), json!({"ambient.istio.io/redirection": "enabled"}), None),
        Plane::Linkerd => (json!({"app": name, "linkerd.io/control-plane-ns": "linkerd"}), json!({}), Some("linkerd-proxy")),
    };
    let mut containers = vec![json!({"name": "app", "image": "a", "ports": [{"containerPort": 8080}]})];
    containers.extend(proxy.map(|name| json!({"name": name, "image": "p"})));
    let spec = json!({"serviceAccountName": name, "containers": containers});
    let template = json!({"metadata": {"labels": labels, "annotations": annotations}, "spec": spec});
    [
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": namespace},
            "spec": {"selector": {"matchLabels": {"app": name}}, "template": template}}),
        json!({"apiVersion": "v1", "kind": "Pod", "spec": spec, "status": {"phase": "Running"},
            "metadata": {"name": format!("{name}-1"), "namespace": namespace, "labels": labels, "annotations": annotations}}),
    ]
}

/// A cart that front and batch of namespace web may call, with these policies.
pub(super) fn world(plane: Plane, policies: &[Value]) -> World {
    let base = [
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}),
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "web"}}),
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "cart", "namespace": "shop"},
            "spec": {"selector": {"app": "cart"}, "ports": [{"name": "http", "port": 80, "targetPort": 8080}]}}),
    ];
    let workloads = [("shop", "cart"), ("web", "front"), ("web", "batch")].into_iter().flat_map(|(namespace, name)| workload(plane, namespace, name));
    let text: Vec<String> = base.into_iter().chain(workloads).chain(policies.iter().cloned()).map(|object| object.to_string()).collect();
    let inventory = files::parse("x.yaml", &text.join("\n---\n"), "default").unwrap().inventory;
    World::new(Index::new(inventory), SourceInfo { kind: SourceKind::Files, name: "x".into() }, now())
}

fn some(values: &'static [&'static str]) -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(prop::sample::select(values), 1..3).prop_map(|v| v.into_iter().map(str::to_owned).collect())
}

fn source() -> impl Strategy<Value = Value> {
    prop_oneof![
        some(&["cluster.local/ns/web/sa/front", "*/sa/batch", "*", "cluster.local/ns/shop/*"]).prop_map(|v| json!({"principals": v})),
        some(&["web", "sh*", "jobs"]).prop_map(|v| json!({"namespaces": v})),
        some(&["web", "shop"]).prop_map(|v| json!({"notNamespaces": v})),
    ]
}

fn operation() -> impl Strategy<Value = Value> {
    prop_oneof![
        some(&["GET", "POST", "P*"]).prop_map(|v| json!({"methods": v})),
        some(&["/a", "/a*", "*/b", "/c/{*}/d"]).prop_map(|v| json!({"paths": v})),
        some(&["8080", "9090"]).prop_map(|v| json!({"ports": v})),
        (some(&["GET"]), some(&["/a/*"])).prop_map(|(m, p)| json!({"methods": m, "notPaths": p})),
    ]
}

pub(super) fn rule() -> impl Strategy<Value = Value> {
    let from = prop::collection::vec(source().prop_map(|s| json!({"source": s})), 0..3);
    let to = prop::collection::vec(operation().prop_map(|o| json!({"operation": o})), 0..3);
    (from, to).prop_map(|(from, to)| {
        let mut rule = json!({});
        if !from.is_empty() {
            rule["from"] = from.into();
        }
        if !to.is_empty() {
            rule["to"] = to.into();
        }
        rule
    })
}

/// An AuthorizationPolicy of Istio's.
pub(super) fn policy(name: &str, action: &str, rules: &[Value]) -> Value {
    json!({"apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy", "metadata": {"name": name, "namespace": "shop"},
        "spec": {"action": action, "rules": rules}})
}

/// Istio's policies, of these actions.
pub(super) fn istio(actions: &'static [&'static str]) -> impl Strategy<Value = Vec<Value>> {
    let one = (prop::sample::select(actions), prop::collection::vec(rule(), 0..3));
    prop::collection::vec(one, 0..4)
        .prop_map(|all| all.iter().enumerate().map(|(i, (action, rules))| policy(&format!("p{i}"), action, rules)).collect())
}

/// An object of Linkerd's.
pub(super) fn linkerd_object(version: &str, kind: &str, name: &str, age: u32, spec: Value) -> Value {
    let created = format!("2026-01-0{}T00:00:00Z", age % 9 + 1);
    json!({"apiVersion": format!("policy.linkerd.io/{version}"), "kind": kind,
        "metadata": {"name": name, "namespace": "shop", "creationTimestamp": created}, "spec": spec})
}

/// An AuthorizationPolicy of Linkerd's for one of the Servers or the namespace.
pub(super) fn grant(name: &str) -> impl Strategy<Value = Value> + use<> {
    let target = prop::sample::select(vec![
        json!({"group": "policy.linkerd.io", "kind": "Server", "name": "s0"}),
        json!({"group": "policy.linkerd.io", "kind": "Server", "name": "s1"}),
        json!({"kind": "Namespace", "name": "shop"}),
    ]);
    let required = prop::sample::select(vec![
        json!([]),
        json!([{"group": "policy.linkerd.io", "kind": "MeshTLSAuthentication", "name": "front"}]),
        json!([{"group": "policy.linkerd.io", "kind": "MeshTLSAuthentication", "name": "all"}]),
        json!([{"kind": "ServiceAccount", "name": "batch", "namespace": "web"}]),
        json!([{"group": "policy.linkerd.io", "kind": "NetworkAuthentication", "name": "gone"}]),
    ]);
    let name = name.to_owned();
    (target, required).prop_map(move |(target, required)| {
        linkerd_object("v1alpha1", "AuthorizationPolicy", &name, 1, json!({"targetRef": target, "requiredAuthenticationRefs": required}))
    })
}

/// A closed Server with a grant or two for it, and one more.
pub(super) fn closed_server() -> impl Strategy<Value = (Vec<Value>, Value)> {
    let for_it = |name: &str| {
        grant(name).prop_map(|mut grant| {
            grant["spec"]["targetRef"] = json!({"group": "policy.linkerd.io", "kind": "Server", "name": "s0"});
            grant
        })
    };
    (linkerd(), for_it("a0"), for_it("z0"), for_it("more")).prop_map(|(mut all, one, two, more)| {
        all.retain(|object| object["kind"] == "MeshTLSAuthentication");
        let spec = json!({"podSelector": {}, "port": 8080, "proxyProtocol": "HTTP/1", "accessPolicy": "deny"});
        all.extend([linkerd_object("v1beta3", "Server", "s0", 1, spec), one, two]);
        (all, more)
    })
}

/// Servers, grants and a route of Linkerd's.
pub(super) fn linkerd() -> impl Strategy<Value = Vec<Value>> {
    let server = (
        any::<bool>(),
        prop::sample::select(&["HTTP/1", "opaque", "unknown"][..]),
        prop::sample::select(&["deny", "all-authenticated"][..]),
        0..9_u32,
    );
    let servers = prop::collection::vec(server, 0..3);
    let grants = (prop::option::of(grant("g0")), prop::option::of(grant("g1")));
    (servers, grants, any::<bool>()).prop_map(|(servers, (one, two), routed)| {
        let mut all: Vec<Value> = vec![
            linkerd_object(
                "v1alpha1",
                "MeshTLSAuthentication",
                "front",
                1,
                json!({"identityRefs": [{"kind": "ServiceAccount", "name": "front", "namespace": "web"}]}),
            ),
            linkerd_object("v1alpha1", "MeshTLSAuthentication", "all", 1, json!({"identities": ["*"]})),
        ];
        for (i, (everything, protocol, access, age)) in servers.into_iter().enumerate() {
            let selector = if everything { json!({}) } else { json!({"matchLabels": {"app": "cart"}}) };
            let spec = json!({"podSelector": selector, "port": 8080, "proxyProtocol": protocol, "accessPolicy": access});
            all.push(linkerd_object("v1beta3", "Server", &format!("s{i}"), age, spec));
        }
        all.extend([one, two].into_iter().flatten());
        if routed {
            let parent = json!({"group": "policy.linkerd.io", "kind": "Server", "name": "s0"});
            let rules = json!([{"matches": [{"path": {"type": "PathPrefix", "value": "/a"}, "method": "GET"}]}]);
            all.push(linkerd_object("v1beta3", "HTTPRoute", "r", 1, json!({"parentRefs": [parent], "rules": rules})));
        }
        all
    })
}

/// A plane with policies that count there.
pub(super) fn planned() -> impl Strategy<Value = (Plane, Vec<Value>)> {
    prop_oneof![
        istio(&["ALLOW", "DENY"]).prop_map(|p| (Plane::Sidecar, p)),
        istio(&["ALLOW", "DENY"]).prop_map(|p| (Plane::Ambient, p)),
        linkerd().prop_map(|p| (Plane::Linkerd, p)),
    ]
}

/// What clients' sides and the server's go by: DestinationRules for the cart at every level and of every namespace that counts, and the modes of
/// its ports.
pub(super) fn sending() -> impl Strategy<Value = Vec<Value>> {
    let mode = || prop::sample::select(&["DISABLE", "SIMPLE", "ISTIO_MUTUAL"][..]);
    let policy = prop_oneof![
        mode().prop_map(|m| json!({"trafficPolicy": {"tls": {"mode": m}}})),
        (mode(), 80..82_u16).prop_map(|(m, port)| json!({"trafficPolicy": {"portLevelSettings": [{"port": {"number": port}, "tls": {"mode": m}}]}})),
        (mode(), mode()).prop_map(|(m, other)| {
            json!({"trafficPolicy": {"tls": {"mode": m}, "portLevelSettings": [{"port": {"number": 80}, "tls": {"mode": other}}]}})
        }),
        mode().prop_map(|m| json!({"subsets": [{"name": "v1", "labels": {"app": "cart"}, "trafficPolicy": {"tls": {"mode": m}}}]})),
    ];
    let rule = (
        policy,
        prop::sample::select(&["shop", "web", "istio-system"][..]),
        prop::sample::select(&["cart.shop.svc.cluster.local", "*.shop.svc.cluster.local", "*.local"][..]),
        prop::option::of(prop::sample::select(&["*", ".", "web", "shop"][..])),
        prop::option::of(prop::sample::select(&["front", "batch"][..])),
    );
    let rules = prop::collection::vec(rule, 0..3).prop_map(|rules| {
        let made = rules.into_iter().enumerate().map(|(i, (mut spec, namespace, host, to, selects))| {
            spec["host"] = host.into();
            spec["exportTo"] = to.into_iter().collect::<Vec<_>>().into();
            if let Some(app) = selects {
                spec["workloadSelector"] = json!({"matchLabels": {"app": app}});
            }
            json!({"apiVersion": "networking.istio.io/v1", "kind": "DestinationRule",
                "metadata": {"name": format!("d{i}"), "namespace": namespace}, "spec": spec})
        });
        made.collect::<Vec<Value>>()
    });
    let modes =
        prop::option::of((prop::sample::select(&["STRICT", "PERMISSIVE", "DISABLE"][..]), prop::sample::select(&["shop", "istio-system"][..])));
    (rules, modes).prop_map(|(mut all, mode)| {
        all.extend(mode.map(|(mode, namespace)| {
            json!({"apiVersion": "security.istio.io/v1", "kind": "PeerAuthentication", "metadata": {"name": "default", "namespace": namespace},
                "spec": {"mtls": {"mode": mode}}})
        }));
        all
    })
}

/// VirtualServices for the cart, and another server beside it: they send requests to its subsets, of which one has TLS of its own, to all of it, or
/// to the other.
pub(super) fn routing() -> impl Strategy<Value = Vec<Value>> {
    any::<bool>().prop_flat_map(routing_by)
}

/// The same, by conditions of which all are told apart, or by any.
fn routing_by(told: bool) -> impl Strategy<Value = Vec<Value>> {
    let text = |kind: &'static str, values: &'static [&'static str]| prop::sample::select(values).prop_map(move |v| json!({kind: v}));
    let path = || prop_oneof![text("prefix", &["/a", "/a/", "/"]), text("exact", &["/a", "/b"])];
    let plain = prop_oneof![
        path().prop_map(|uri| json!({"uri": uri})),
        (path(), text("exact", &["GET", "POST"])).prop_map(|(uri, method)| json!({"uri": uri, "method": method})),
        text("prefix", &["P", "G"]).prop_map(|method| json!({"method": method})),
        prop_oneof![text("exact", &["1"]), text("prefix", &["1"]), Just(json!({}))].prop_map(|v| json!({"headers": {"x-v": v}})),
        Just(json!({"withoutHeaders": {"x-v": {}}})),
        prop::sample::select(&["front", "batch"][..]).prop_map(|app| json!({"sourceLabels": {"app": app}})),
        prop::sample::select(&["web", "shop"][..]).prop_map(|namespace| json!({"sourceNamespace": namespace})),
    ];
    let other = prop_oneof![
        text("regex", &["/a.*", "/a|/b", "/c/.*/d"]).prop_map(|uri| json!({"uri": uri})),
        text("regex", &["1+"]).prop_map(|v| json!({"headers": {"x-v": v}})),
        Just(json!({"queryParams": {"q": {"exact": "1"}}})),
        Just(json!({"uri": {"prefix": "/A"}, "ignoreUriCase": true})),
    ];
    let matched = if told { plain.boxed() } else { prop_oneof![plain, other].boxed() };
    let place = |subset: Option<&'static str>, host: &str| {
        let mut place = json!({"destination": {"host": format!("{host}.shop.svc.cluster.local")}});
        if let Some(subset) = subset {
            place["destination"]["subset"] = subset.into();
        }
        place
    };
    let to = prop::sample::select(&[Some("v1"), Some("v2"), None][..]).prop_map(move |subset| json!([place(subset, "cart")]));
    let half = move |one: Value, other: Value| {
        let (mut one, mut other) = (one, other);
        (one["weight"], other["weight"]) = (50.into(), 50.into());
        json!([one, other])
    };
    let to = prop_oneof![
        4 => to,
        1 => Just(half(place(Some("v1"), "cart"), place(Some("v2"), "cart"))),
        1 => Just(json!([place(None, "other")])),
    ];
    let rule = (prop::option::weighted(0.8, prop::collection::vec(matched, 1..3)), to).prop_map(|(matched, route)| {
        let mut rule = json!({"route": route});
        if let Some(matched) = matched {
            rule["match"] = matched.into();
        }
        rule
    });
    let virtual_service = (
        prop::collection::vec(rule, 1..4),
        prop::sample::select(&["shop", "web", "istio-system"][..]),
        prop::sample::select(&["cart.shop.svc.cluster.local", "*.shop.svc.cluster.local"][..]),
        prop::option::of(prop::sample::select(&["*", ".", "web"][..])),
    );
    let tls = prop::sample::select(&["DISABLE", "SIMPLE", "ISTIO_MUTUAL"][..]);
    (prop::collection::vec(virtual_service, 0..3), tls).prop_map(|(all, tls)| {
        let subsets =
            json!([{"name": "v1", "labels": {"app": "cart"}, "trafficPolicy": {"tls": {"mode": tls}}}, {"name": "v2", "labels": {"app": "cart"}}]);
        let mut made = vec![
            json!({"apiVersion": "networking.istio.io/v1", "kind": "DestinationRule", "metadata": {"name": "subsets", "namespace": "shop"},
                "spec": {"host": "cart", "subsets": subsets}}),
            json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "other", "namespace": "shop"},
                "spec": {"selector": {"app": "other"}, "ports": [{"name": "http", "port": 80, "targetPort": 8080}]}}),
        ];
        made.extend(workload(Plane::Sidecar, "shop", "other"));
        made.extend(all.into_iter().enumerate().map(|(i, (rules, namespace, host, to))| {
            json!({"apiVersion": "networking.istio.io/v1", "kind": "VirtualService", "metadata": {"name": format!("r{i}"), "namespace": namespace},
                "spec": {"hosts": [host], "http": rules, "exportTo": to.into_iter().collect::<Vec<_>>()}})
        }));
        made
    })
}
