//! `explain log`: what a line says by itself, and what files or a cluster add to it.

use serde_json::{Value, json};

use crate::apiserver::{Act, Fault};
use crate::cluster::{ADMIN, TestCluster};
use crate::mesh::{run, said};

fn envoy(code: &str, flags: &str, details: &str, cluster: &str) -> String {
    format!(
        "[2026-11-28T10:00:00.000Z] \"GET /items HTTP/1.1\" {code} {flags} {details} - \"-\" 0 91 3 - \"-\" \"curl/8\" \"id\" \"cart:8080\" \"10.0.0.9:8080\" {cluster} - 10.1.0.1:8080 10.0.0.5:4 - default"
    )
}

const CART: &str = "outbound|8080|v2|cart.shop.svc.cluster.local";

const SHOP: &str = "
apiVersion: v1
kind: Service
metadata: {namespace: shop, name: cart}
spec: {selector: {app: cart}, ports: [{name: http, port: 8080}]}
---
apiVersion: v1
kind: Pod
metadata: {namespace: shop, name: cart-1, labels: {app: cart, version: v1}}
spec: {containers: [{name: a, image: a}]}
status: {phase: Running, conditions: [{type: Ready, status: 'READY'}]}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {namespace: shop, name: cart}
spec: {host: cart, subsets: [{name: v1, labels: {version: v1}}, {name: v2, labels: {version: v2}}]}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {namespace: shop, name: slow}
spec: {hosts: [cart], http: [{fault: {abort: {httpStatus: 503, percentage: {value: 100}}}, route: [{destination: {host: cart}}]}]}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {namespace: shop, name: deny-admin}
spec: {action: DENY, rules: [{to: [{operation: {paths: [/admin]}}]}]}
";

fn shop(ready: bool) -> String {
    SHOP.replace("'READY'", if ready { "'True'" } else { "'False'" })
}

fn explain(world: &str, line: &str) -> Value {
    let (code, out, err) = run(&[("world.yaml", world.as_bytes())], &["explain", "log", line, "-f", "world.yaml", "-o", "json"]);
    assert_eq!(code, 0, "{out}{err}");
    serde_json::from_str(&out).unwrap()
}

/// Text and object of the causes in a state.
fn causes(report: &Value, state: &str) -> Vec<String> {
    let signs = report["signs"].as_array().unwrap().iter();
    let causes = signs.flat_map(|sign| sign["causes"].as_array().unwrap()).filter(|cause| cause["state"] == state);
    causes.map(|cause| format!("{} {}", cause["text"].as_str().unwrap(), cause["object"]["name"].as_str().unwrap_or("-"))).collect()
}

#[test]
fn a_host_without_endpoints_is_told_from_a_subset_without_pods() {
    let line = envoy("503", "UH", "no_healthy_upstream", CART);
    let report = explain(&shop(true), &line);
    assert_eq!(causes(&report, "found"), ["the labels of subset v2 pick no pod cart"]);
    assert_eq!(causes(&report, "excluded"), ["no pod is ready: 1 of 1 are, now cart"]);
    let report = explain(&shop(false), &line.replace("|v2|", "|v1|"));
    assert_eq!(causes(&report, "found"), ["none of its pods is ready, of 1 cart"]);
    assert_eq!(causes(&report, "excluded"), ["subset v1 picks no pod: it picks 1, now cart"]);
}

#[test]
fn the_line_itself_tells_some_causes() {
    let line =
        envoy("503", "UF", "upstream_reset_before_response_started{remote_connection_failure|delayed_connect_error:_Connection_refused}", CART);
    let report = explain(&shop(true), &line);
    assert!(causes(&report, "found").contains(&"nothing listens on that port in the pod -".to_owned()), "{report}");
    let report = explain(&shop(true), &envoy("503", "FI", "fault_filter_abort", CART));
    assert_eq!(causes(&report, "found"), ["it injects a fault slow"]);
}

#[test]
fn a_refusal_names_its_policy_where_there_is_one() {
    let line = envoy("403", "-", "rbac_access_denied_matched_policy[ns[shop]-policy[deny-admin]-rule[0]]", "inbound|8080||");
    assert_eq!(causes(&explain(&shop(true), &line), "found"), ["its DENY rule 0 matches the request deny-admin"]);
    let gone = line.replace("deny-admin", "other");
    assert!(causes(&explain(&shop(true), &gone), "possible")[0].contains("may be gone since"));
    let none = line.replace("ns[shop]-policy[deny-admin]-rule[0]", "none");
    assert!(causes(&explain(&shop(true), &none), "possible")[0].starts_with("no ALLOW rule admits it"));
}

#[test]
fn the_applications_own_answer_is_not_the_meshs() {
    let report = explain(&shop(true), &envoy("500", "-", "via_upstream", CART));
    assert_eq!(report["signs"][0]["meaning"], "the application itself answered so: the mesh only passed it on");
    let report = explain(&shop(true), &envoy("200", "-", "via_upstream", CART));
    assert_eq!((&report["signs"], &report["log"]), (&json!([]), &json!("istio-access")));
}

#[test]
fn without_a_cluster_the_line_is_explained_all_the_same() {
    let (code, out, err) = run(&[], &["explain", "log", &envoy("503", "UO", "overflow", CART)]);
    assert!(code == 0 && out.starts_with("A circuit breaker refused it") && err.contains("Without a cluster, only what the line says"), "{out}{err}");
    let ztunnel = "2026-11-28T10:00:00Z\terror\taccess\tconnection complete\tsrc.addr=10.0.0.5:1 dst.addr=10.0.0.9:1 direction=\"inbound\" error=\"connection closed due to policy rejection\u{1b}[1m\"";
    let (code, out, _) = run(&[], &["explain", "log", ztunnel]);
    assert!(code == 0 && out.starts_with("An authorization policy refused the connection at ztunnel: logged by the server's ztunnel."), "{out}");
    assert!(!out.contains('\u{1b}'), "{out}");
    let proxy = "[    12.3s]  INFO ThreadId(01) outbound: Request failed error=logical service cart: service in fail-fast";
    let (code, out, _) = run(&[], &["explain", "log", proxy]);
    assert!(code == 0 && out.starts_with("No endpoint is ready"), "{out}");
}

#[test]
fn what_is_no_line_of_a_proxy_is_refused() {
    for args in [&["explain", "log", "hello"][..], &["explain", "log"], &["explain", "log", " "]] {
        let (code, out, err) = run(&[], args);
        assert!(code == 2 && out.is_empty() && err.starts_with("error: "), "{out}{err}");
    }
    let (code, _, err) = run(&[], &["explain", "istio-gateway-host-conflict", "x"]);
    assert!(code == 2 && err.contains("one rule"), "{err}");
}

#[test]
fn a_host_is_gone_only_where_all_that_may_name_it_was_read() {
    let line = envoy("503", "NC", "cluster_not_found", "outbound|80||gone.shop.svc.cluster.local");
    let told = |hidden: &[&str]| {
        let cluster = TestCluster::standin();
        for kind in hidden {
            cluster.server().fault(Fault::new(Act::Forbidden).verb("list").resource(kind).user(ADMIN));
        }
        let (_, out, err) = said(&cluster.mesh_as(ADMIN, ["explain", "log", &line, "-o", "json"]).output().unwrap());
        serde_json::from_str::<Value>(&out).unwrap_or_else(|error| panic!("{error}: {out}{err}"))
    };
    assert_eq!(causes(&told(&[]), "found"), ["there is no Service or ServiceEntry gone.shop.svc.cluster.local -"]);
    let report = told(&["serviceentries.networking.istio.io"]);
    assert!(causes(&report, "found").is_empty(), "{report}");
    assert!(causes(&report, "possible").contains(&"no Service or ServiceEntry gone.shop.svc.cluster.local was read -".to_owned()), "{report}");
    assert!(report["gaps"].to_string().contains("ServiceEntry"), "what was not read is told: {report}");
}
