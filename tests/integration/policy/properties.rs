//! What holds for all policies, tried out on many.

use kubectl_mesh::cluster::files;
use kubectl_mesh::index::Index;
use kubectl_mesh::mesh::authorization::{Authorizer, Call, Client, Credential, Http, Request, Server, Verdict, addresses};
use kubectl_mesh::views;
use kubectl_mesh::world::{SourceInfo, SourceKind, World};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::fixtures::now;

fn workload(namespace: &str, name: &str) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": namespace}, "spec": {
        "selector": {"matchLabels": {"app": name}},
        "template": {"metadata": {"labels": {"app": name}, "annotations": {"sidecar.istio.io/status": "{}"}},
            "spec": {"serviceAccountName": name, "containers": [{"name": "app", "image": "a", "ports": [{"containerPort": 8080}]},
                {"name": "istio-proxy", "image": "p"}]}}}})
}

fn world(policies: &[Value]) -> World {
    let base = [
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}),
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "web"}}),
        workload("shop", "cart"),
        workload("web", "front"),
        workload("web", "batch"),
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "cart", "namespace": "shop"},
            "spec": {"selector": {"app": "cart"}, "ports": [{"name": "http", "port": 80, "targetPort": 8080}]}}),
    ];
    let text: Vec<String> = base.iter().chain(policies).map(Value::to_string).collect();
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

fn rule() -> impl Strategy<Value = Value> {
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

fn policy(name: &str, action: &str, rules: &[Value]) -> Value {
    json!({"apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy", "metadata": {"name": name, "namespace": "shop"},
        "spec": {"action": action, "rules": rules}})
}

fn policies() -> impl Strategy<Value = Vec<Value>> {
    let one = (prop::sample::select(&["ALLOW", "DENY"][..]), prop::collection::vec(rule(), 0..3));
    prop::collection::vec(one, 0..4)
        .prop_map(|all| all.iter().enumerate().map(|(i, (action, rules))| policy(&format!("p{i}"), action, rules)).collect())
}

/// The decisions of every client about some requests.
fn decisions(world: &World) -> Vec<Verdict> {
    let authorizer = Authorizer::new(world.view());
    let cart = world.index.workload("shop", "cart", None).unwrap();
    let mut all = Vec::new();
    for name in ["front", "batch", ""] {
        let workload = world.index.workload("web", name, None);
        let client = match workload {
            Some(w) => Client { workload: Some(w), credential: Credential::Membership, addresses: addresses(&world.index, w) },
            None => Client { credential: Credential::Plaintext, ..Client::default() },
        };
        for method in ["GET", "POST", "DELETE"] {
            for path in ["/a", "/a/b", "/c/1/d", "/z"] {
                let http = Http { method: Some(method.into()), path: Some(path.into()), ..Http::default() };
                let request = Request { client: client.clone(), call: Call::Http(Box::new(http)), sni: None };
                all.push(authorizer.decide(Server::Workload(cart, 8080), &request).verdict);
            }
        }
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn a_further_deny_opens_nothing(before in policies(), rules in prop::collection::vec(rule(), 1..3)) {
        let with: Vec<Value> = before.iter().cloned().chain([policy("more", "DENY", &rules)]).collect();
        for (was, is) in decisions(&world(&before)).into_iter().zip(decisions(&world(&with))) {
            prop_assert!(!(was == Verdict::Deny && is == Verdict::Allow));
        }
    }

    #[test]
    fn a_further_allow_closes_nothing_unless_it_is_the_first(before in policies(), rules in prop::collection::vec(rule(), 0..3)) {
        let with: Vec<Value> = before.iter().cloned().chain([policy("more", "ALLOW", &rules)]).collect();
        let first = !before.iter().any(|p| p["spec"]["action"] == "ALLOW");
        for (was, is) in decisions(&world(&before)).into_iter().zip(decisions(&world(&with))) {
            prop_assert!(first || !(was == Verdict::Allow && is == Verdict::Deny));
        }
    }

    #[test]
    fn the_order_of_objects_does_not_matter(before in policies()) {
        let reversed: Vec<Value> = before.iter().rev().cloned().collect();
        prop_assert_eq!(decisions(&world(&before)), decisions(&world(&reversed)));
    }

    #[test]
    fn no_change_changes_nothing(before in policies()) {
        let (one, same) = (world(&before), world(&before));
        let report = views::simulation(&one, &same);
        prop_assert!(report.changed.is_empty() && report.unchanged > 0);
    }

    /// A request is decided for all clients like some class of the matrix: no class is left out.
    #[test]
    fn every_request_is_decided_as_a_class_of_the_matrix_is(before in policies(), method in "GET|POST|PUT|DELETE", path in "/(a|a/b|b|c/x/d|c/x|z/b)") {
        let world = world(&before);
        let authorizer = Authorizer::new(world.view());
        let cart = world.index.workload("shop", "cart", None).unwrap();
        let front = world.index.workload("web", "front", None).unwrap();
        let batch = world.index.workload("web", "batch", None).unwrap();
        let report = views::matrix(&world, None, Some(cart));
        let of = |client: Option<&kubectl_mesh::model::ObjectRef>| -> Vec<Verdict> {
            report.rows.iter().filter(|r| r.client.0 == client).map(|r| r.decision).collect()
        };
        let columns = [of(Some(&front.reference)), of(Some(&batch.reference)), of(None)];
        let http = Http { method: Some(method), path: Some(path), ..Http::default() };
        let ask = |client: Client<'_>| {
            let request = Request { client, call: Call::Http(Box::new(http.clone())), sni: None };
            authorizer.decide(Server::Workload(cart, 8080), &request).verdict
        };
        let member = |w| Client { workload: Some(w), credential: Credential::Membership, addresses: Vec::new() };
        let got = [ask(member(front)), ask(member(batch)), ask(Client { credential: Credential::Plaintext, ..Client::default() })];
        let found = (0..columns[0].len()).any(|class| (0..3).all(|client| columns[client][class] == got[client]));
        prop_assert!(found, "{:?} is none of {:?}", got, columns);
    }
}
