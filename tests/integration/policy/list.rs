//! `policy list`.

use super::{json, policy};
use crate::mesh::run;

#[test]
fn the_demo_tells_where_everything_is_enforced() {
    let (code, out, err) = run(&[], &["policy", "list", "--demo"]);
    assert_eq!((code, err.as_str()), (0, ""));
    insta::assert_snapshot!(out);
}

#[test]
fn a_workload_shows_what_applies_to_it() {
    let other = "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: other, namespace: shop}\nspec: {selector: {matchLabels: {app: x}}}";
    let (code, out, _) = policy(other, &["list", "deploy/cart", "-n", "shop", "-o", "json"]);
    let report = json(&out);
    assert_eq!((code, &report["kind"]), (0, &"PolicyReport".into()));
    let policies = report["policies"].as_array().unwrap();
    assert_eq!(policies.len(), 1, "{out}");
    assert_eq!((&policies[0]["object"]["name"], &policies[0]["workloads"][0]["enforcedAt"]), (&"cart-allow".into(), &"sidecar".into()));
    let (_, out, _) = policy(other, &["list"]);
    assert!(out.contains("authorizationpolicy/other") && out.contains("it selects no workload"), "{out}");
}

#[test]
fn nothing_is_said_to_be_nothing_and_strangers_are_refused() {
    let (code, out, err) = policy("", &["list", "deploy/front.web"]);
    assert_eq!((code, out.as_str()), (0, ""));
    assert!(err.contains("No policies found"), "{err}");
    assert_eq!(policy("", &["list", "deploy/nobody"]).0, 2);
    assert_eq!(policy("", &["list", "svc/cart.shop"]).0, 2);
}
