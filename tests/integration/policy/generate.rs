//! `policy generate`.

use super::{SHOP, policy};
use crate::mesh::run;

const STRICT: &str =
    "apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {name: default, namespace: shop}\nspec: {mtls: {mode: STRICT}}";

/// The shop without its policy.
fn bare() -> String {
    let text = String::from_utf8(SHOP.to_vec()).unwrap();
    let at = text.find("---\napiVersion: security.istio.io").unwrap();
    text[..at].to_owned()
}

#[test]
fn what_is_allowed_today_simulates_to_no_change() {
    let text = format!("{}---\n{STRICT}", bare());
    let (code, out, err) = run(&[("shop.yaml", text.as_bytes())], &["policy", "generate", "--mesh", "istio", "-f", "shop.yaml"]);
    assert_eq!(code, 0, "{err}");
    assert!(out.starts_with("# ✔ None of ") && out.contains("cluster.local/ns/web/sa/front"), "{out}");
    assert!(err.contains("left alone: Deployment web/front") || out.contains("front-callers") || !err.contains("cart"), "{err}");
}

#[test]
fn edges_admit_those_they_name_and_the_simulation_says_whom_not() {
    let text = format!("{}---\n{STRICT}", bare());
    let edges = b"edges: [{from: deploy/front.web, to: 'svc/cart.shop:80'}]";
    let files = [("shop.yaml", text.as_bytes()), ("edges.yaml", &edges[..])];
    let (code, out, err) = run(&files, &["policy", "generate", "--mesh", "istio", "--edges", "edges.yaml", "-f", "shop.yaml"]);
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("refuses") && out.contains("cart.shop → cart.shop:8080") && out.contains("name: cart-callers"), "{out}");
}

#[test]
fn what_is_open_or_restricted_already_is_left_alone() {
    let (code, out, err) = policy("", &["generate", "--mesh", "istio", "deploy/cart.shop"]);
    assert_eq!((code, out.as_str()), (0, ""));
    assert!(err.contains("AuthorizationPolicy shop/cart-allow restricts it already"), "{err}");
    let (_, out, err) = run(&[("shop.yaml", bare().as_bytes())], &["policy", "generate", "--mesh", "istio", "deploy/cart.shop", "-f", "shop.yaml"]);
    assert!(out.is_empty() && err.contains("open to clients without an identity"), "{err}");
}

#[test]
fn names_that_do_not_exist_are_wrong_arguments() {
    assert_eq!(policy("", &["generate", "--mesh", "istio", "deploy/nobody"]).0, 2);
    let files = [("shop.yaml", SHOP), ("edges.yaml", &b"edges: [{from: deploy/nobody, to: 'svc/cart.shop:80'}]"[..])];
    assert_eq!(run(&files, &["policy", "generate", "--mesh", "istio", "--edges", "edges.yaml", "-f", "shop.yaml"]).0, 2);
}
