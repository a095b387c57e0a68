//! `policy matrix`.

use super::{json, policy};
use crate::mesh::run;

#[test]
fn the_demo_in_one_table() {
    let (code, out, err) = run(&[], &["policy", "matrix", "--demo"]);
    assert_eq!((code, err.as_str()), (0, ""));
    insta::assert_snapshot!(out);
}

#[test]
fn requests_are_told_apart_as_the_policies_do() {
    let (code, out, _) = policy("", &["matrix", "--to", "deploy/cart.shop", "-o", "json"]);
    let report = json(&out);
    assert_eq!((code, &report["kind"]), (0, &"MatrixReport".into()));
    let rows: Vec<(String, String, String)> = report["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| {
            let text = |v: &serde_json::Value| v.as_str().unwrap().to_owned();
            (text(&r["client"]["name"]), text(&r["class"]), text(&r["decision"]))
        })
        .collect();
    let row = |client: &str, class: &str, decision: &str| (client.to_owned(), class.to_owned(), decision.to_owned());
    assert!(rows.contains(&row("front", "/health", "allow")) && rows.contains(&row("anyone in plaintext", "other paths", "deny")), "{rows:?}");
    assert_eq!(rows.len(), 2 * 3, "{rows:?}");
}

#[test]
fn csv_and_markdown_hold_what_the_table_holds() {
    let (_, csv, _) = policy("", &["matrix", "-o", "csv"]);
    assert_eq!(csv.lines().next(), Some("client,client_namespace,client_kind,server,server_namespace,server_kind,port,request,decision"));
    assert!(csv.contains("front,web,Deployment,cart,shop,Deployment,8080,/health,allow"), "{csv}");
    let (_, markdown, _) = policy("", &["matrix", "-o", "markdown"]);
    assert!(markdown.contains("| Deployment shop/cart | 8080 | /health | everybody | nobody |"), "{markdown}");
}

#[test]
fn nothing_is_said_to_be_nothing_and_strangers_are_refused() {
    let (code, out, err) = run(&[("x.yaml", b"apiVersion: v1\nkind: Namespace\nmetadata: {name: a}")], &["policy", "matrix", "-f", "x.yaml"]);
    assert_eq!((code, out.as_str()), (0, ""));
    assert!(err.contains("No ports of workloads found"), "{err}");
    assert_eq!(policy("", &["matrix", "--from", "deploy/nobody"]).0, 2);
}

/// A route to a subset with TLS of its own tells requests apart where no policy does.
#[test]
fn requests_are_told_apart_as_routes_to_subsets_do() {
    let routed = "apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: cart, namespace: shop}\n\
        spec: {host: cart, subsets: [{name: plain, labels: {app: cart}, trafficPolicy: {tls: {mode: DISABLE}}}]}\n---\n\
        apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: cart, namespace: shop}\n\
        spec: {hosts: [cart], http: [{match: [{uri: {prefix: /plain}, method: {exact: PUT}}], route: [{destination: {host: cart, subset: plain}}]}, {route: [{destination: {host: cart}}]}]}\n---\n\
        apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {name: default, namespace: shop}\nspec: {mtls: {mode: STRICT}}\n---\n\
        apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: open, namespace: shop}\nspec: {rules: [{}]}\n";
    let report = json(&policy(routed, &["matrix", "--to", "deploy/cart.shop", "-o", "json"]).1);
    let rows = report["rows"].as_array().unwrap().iter().filter(|row| row["client"]["name"] == "front");
    let rows: Vec<(&str, &str)> = rows.map(|row| (row["class"].as_str().unwrap(), row["decision"].as_str().unwrap())).collect();
    assert_eq!(rows, [("all but PUT, /plain*", "allow"), ("PUT, /plain*", "deny")]);
}
