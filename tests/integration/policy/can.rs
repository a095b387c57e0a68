//! `policy can`.

use super::{json, policy};
use crate::cluster::{TestCluster, rules};
use crate::mesh::said;

const FRONT: &[&str] = &["can", "--from", "deploy/front.web", "--to", "svc/cart.shop:80"];

#[test]
fn what_refuses_is_unfolded_with_its_field_and_line() {
    let (code, out, err) = policy("", &[FRONT, &["--method", "GET", "--path", "/items"]].concat());
    assert_eq!((code, err.as_str()), (1, ""));
    insta::assert_snapshot!(out);
}

#[test]
fn what_admits_is_the_first_line() {
    let (code, out, _) =
        policy("", &["can", "--from", "sa/web/frontend", "--to", "deploy/cart:8080", "-n", "shop", "--method", "GET", "--path", "/items"]);
    assert_eq!(code, 0);
    insta::assert_snapshot!(out);
}

#[test]
fn what_was_not_said_and_decides_is_asked_for() {
    let (code, out, _) = policy("", FRONT);
    assert_eq!((code, out.lines().next()), (3, Some("? Cannot tell: depends on the path (--path).")));
    let (code, _, _) = policy("", &[FRONT, &["--path", "/health"]].concat());
    assert_eq!(code, 0, "the method does not matter there");
}

#[test]
fn the_document_is_the_contract() {
    let (code, out, _) = policy("", &[FRONT, &["--method", "GET", "--path", "/items", "-o", "json"]].concat());
    let report = json(&out);
    assert_eq!((code, &report["kind"], &report["decision"]), (1, &"DecisionReport".into(), &"deny".into()));
    let because = &report["because"][0];
    assert_eq!((&because["object"]["name"], &because["effect"]), (&"cart-allow".into(), &"deny".into()));
    assert_eq!(because["rule"], "spec.rules[0].from[0].source.principals");
    let steps: Vec<&str> = report["steps"].as_array().unwrap().iter().map(|s| s["step"].as_str().unwrap()).collect();
    assert_eq!(steps, ["network-policy", "authorization"]);
    assert_eq!((&report["request"]["method"], &report["request"]["protocol"]), (&"GET".into(), &"http".into()));
    let (_, yaml, _) = policy("", &[FRONT, &["--method", "GET", "--path", "/items", "-o", "yaml"]].concat());
    assert_eq!(serde_saphyr::from_str::<serde_json::Value>(&yaml).unwrap(), report);
}

#[test]
fn names_that_do_not_exist_are_wrong_arguments() {
    for args in [
        &["can", "--from", "deploy/nobody", "--to", "svc/cart.shop"][..],
        &["can", "--from", "deploy/front.web", "--to", "svc/nothing.shop:80"],
        &["can", "--from", "deploy/front.web", "--to", "svc/cart.shop:metrics"],
        &["can", "--from", "svc/cart.shop", "--to", "svc/cart.shop"],
        &["can", "--to", "svc/cart.shop"],
    ] {
        let (code, out, err) = policy("", args);
        assert_eq!((code, out.as_str()), (2, ""), "{args:?}");
        assert!(err.contains("error:"), "{err}");
    }
}

#[test]
fn a_port_that_a_service_lacks_is_not_found() {
    let (code, out, _) = policy("", &["can", "--from", "deploy/front.web", "--to", "svc/cart.shop:81", "--method", "GET", "--path", "/health"]);
    assert_eq!(code, 1);
    assert!(out.starts_with("✖ Not found: Service shop/cart has no port 81."), "{out}");
    let headless =
        "apiVersion: v1\nkind: Service\nmetadata: {name: all, namespace: shop}\nspec: {clusterIP: None, selector: {app: cart}, ports: [{port: 80}]}";
    let args = ["can", "--from", "deploy/front.web", "--to", "svc/all.shop:8080", "--path", "/health", "-o", "json"];
    assert_eq!(json(&policy(headless, &args).1)["decision"], "allow", "clients of a headless Service dial its pods");
}

/// What the client's own settings send to a server that takes mutual TLS alone.
#[test]
fn what_the_client_sends_is_the_clients_own_settings() {
    let strict =
        "apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {name: default, namespace: shop}\nspec: {mtls: {mode: STRICT}}\n";
    let rule = |mode: &str| {
        format!(
            "{strict}---\napiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {{name: cart, namespace: shop}}\n\
             spec: {{host: cart, trafficPolicy: {{tls: {{mode: {mode}}}}}}}"
        )
    };
    let ask = |more: &str, from: &[&str]| {
        let (code, out, _) = policy(more, &[&["can"], from, &["--to", "svc/cart.shop:80", "--method", "GET", "--path", "/health"]].concat());
        (code, out)
    };
    let workload = ["--from", "deploy/front.web"];
    assert_eq!(ask(strict, &workload).0, 0);
    assert_eq!(ask(&rule("ISTIO_MUTUAL"), &workload).0, 0);
    let (code, out) = ask(&rule("DISABLE"), &workload);
    assert_eq!(code, 1);
    for said in
        ["✖ Denied: DISABLE: ", "✖ encryption", "DestinationRule shop/cart  spec.trafficPolicy.tls.mode", "PeerAuthentication shop/default", "→ "]
    {
        assert!(out.contains(said), "{said:?} is not in\n{out}");
    }
    assert_eq!(ask(&rule("SIMPLE"), &workload).0, 1, "the server refuses TLS of others");
    assert_eq!(ask(&rule("DISABLE"), &["--from", "sa/web/front"]).0, 0, "an identity that is named is the one that is used");
    let open = rule("DISABLE").replace("STRICT", "PERMISSIVE");
    let (code, out) = ask(&open, &workload);
    assert_eq!(code, 0, "everybody may ask for the health: {out}");
    let frontend = ["can", "--from", "deploy/front.web", "--to", "svc/cart.shop:80", "--method", "GET", "--path", "/items"];
    let (code, out, _) = policy(&open, &frontend);
    assert!(code == 1 && out.contains("the client has no identity: it speaks plaintext"), "{out}");
    assert!(out.contains("✔ encryption     plaintext: DISABLE: the rule that the client gets turns TLS off"), "{out}");
}

/// A subset that turns TLS off is met by the requests that a rule sends there, and by no others.
#[test]
fn the_subset_that_a_route_chooses_is_the_one_that_is_met() {
    let routed = "apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: cart, namespace: shop}\n\
        spec: {host: cart, subsets: [{name: plain, labels: {app: cart}, trafficPolicy: {tls: {mode: DISABLE}}}, {name: usual, labels: {app: cart}}]}\n---\n\
        apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: cart, namespace: shop}\n\
        spec: {hosts: [cart], http: [{match: [{uri: {prefix: /plain}}], route: [{destination: {host: cart, subset: plain}}]}, {route: [{destination: {host: cart, subset: usual}}]}]}\n---\n\
        apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: meshed, namespace: shop}\n\
        spec: {selector: {matchLabels: {app: cart}}, rules: [{from: [{source: {principals: ['*']}}]}]}\n";
    let asked = |path: &str| policy(routed, &[FRONT, &["--method", "GET", "--path", path]].concat());
    let (code, out, _) = asked("/plain/a");
    assert_eq!(code, 1, "{out}");
    assert!(out.contains("✔ encryption     plaintext: DISABLE: the rule that the client gets turns TLS off"), "{out}");
    assert_eq!(asked("/other").0, 0, "{}", asked("/other").1);
}

/// A route to another Service: its pods answer, so its policies do, and that is said.
#[test]
fn what_a_route_sends_to_another_service_is_decided_there() {
    let other = |more: &str| {
        format!(
            "apiVersion: v1\nkind: Service\nmetadata: {{name: other, namespace: shop}}\nspec: {{selector: {{app: other}}, ports: [{{name: http, port: 80, targetPort: 8080}}]}}\n---\n\
             apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: other, namespace: shop}}\n\
             spec: {{selector: {{matchLabels: {{app: other}}}}, template: {{metadata: {{labels: {{app: other}}, annotations: {{sidecar.istio.io/status: '{{}}'}}}}, \
             spec: {{containers: [{{name: app, ports: [{{containerPort: 8080}}]}}, {{name: istio-proxy}}]}}}}}}\n---\n\
             apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {{name: cart, namespace: shop}}\n\
             spec: {{hosts: [cart], http: [{{match: [{{uri: {{prefix: /other}}}}], rewrite: {{uri: /new}}, route: [{{destination: {{host: other}}}}]}}, \
             {{match: [{{uri: {{prefix: /old}}}}], redirect: {{uri: /new}}}}, {{match: [{{uri: {{prefix: /items}}}}], route: [{{destination: {{host: cart}}}}]}}]}}\n---\n\
             apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {{name: other, namespace: shop}}\n\
             spec: {{selector: {{matchLabels: {{app: other}}}}, rules: [{more}]}}\n"
        )
    };
    let open = other("{to: [{operation: {paths: [/new*]}}]}");
    let asked = |world: &str, path: &str| policy(world, &[FRONT, &["--method", "GET", "--path", path]].concat());
    let (code, out, err) = asked(&open, "/other/a");
    let words = out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(code, 0, "the path that the other sees is the new one: {out} {err}");
    assert!(
        words.contains("✔ Allowed by AuthorizationPolicy shop/other, rule 1. It is not sent to Service shop/cart: VirtualService shop/cart"),
        "{out}"
    );
    assert!(words.contains("✔ route VirtualService shop/cart, rule 1 of 3 (prefix /other) → other.shop:80"), "{out}");
    let closed = other("{to: [{operation: {paths: [/other*]}}]}");
    assert_eq!(asked(&closed, "/other/a").0, 1);
    for (path, said) in [("/old", "answers it with 301 to"), ("/elsewhere", "404: no rule of VirtualService shop/cart takes it")] {
        let (code, out, _) = asked(&open, path);
        assert!(code == 1 && out.split_whitespace().collect::<Vec<_>>().join(" ").contains(said), "{out}");
    }
    let unsaid = format!(
        "{}---\napiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {{name: open, namespace: shop}}\nspec: {{selector: {{matchLabels: {{app: cart}}}}, rules: [{{}}]}}\n",
        other("{to: [{operation: {ports: ['1']}}]}")
    );
    let (code, out, _) = policy(&unsaid, FRONT);
    assert!(code == 3 && out.contains("decide differently"), "which rule takes it was not said: {out}");
}

#[test]
fn network_policies_come_first_and_see_the_port_of_the_pods() {
    let closed = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: none, namespace: shop}\nspec: {podSelector: {}}";
    let (code, out, _) = policy(closed, &["can", "--from", "sa/web/frontend", "--to", "svc/cart.shop", "--path", "/health"]);
    assert_eq!(code, 1, "{out}");
    assert!(out.contains("NetworkPolicy shop/none let nothing of this client through to the server on port 8080"), "{out}");
    let open = closed.replace("{podSelector: {}}", "{podSelector: {}, ingress: [{from: [{namespaceSelector: {}}], ports: [{port: 8080}]}]}");
    assert_eq!(policy(&open, &["can", "--from", "deploy/front.web", "--to", "svc/cart.shop", "--path", "/health"]).0, 0);
    let (code, out, _) = policy(&open, &["can", "--from", "sa/web/frontend", "--to", "svc/cart.shop", "--path", "/health"]);
    assert_eq!(code, 3, "which pods call is not known: {out}");
}

#[test]
fn hostile_text_does_not_reach_the_terminal() {
    let evil = "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: \"a\\e[2Jb\", namespace: shop}\nspec: {action: DENY, rules: [{}]}";
    for format in ["table", "wide", "json", "yaml", "name"] {
        let (_, out, err) = policy(evil, &[FRONT, &["-o", format]].concat());
        assert!(!out.contains('\u{1b}') && !err.contains('\u{1b}'), "{format}: {out}");
    }
}

#[test]
fn what_may_not_be_read_is_not_fine() {
    let cluster = TestCluster::start();
    cluster.apply(
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n---\napiVersion: v1\nkind: Pod\nmetadata: {namespace: shop, name: cart}\n\
         spec: {containers: [{name: cart, image: cart, ports: [{containerPort: 80}]}]}",
    );
    cluster.grant_in("dev", "shop", &rules(&["get", "list"], &["pods", "services", "*.apps"]));
    let args = ["policy", "can", "--plaintext", "--to", "pod/cart", "-n", "shop", "-o", "json"];
    let (code, out, err) = said(&cluster.mesh_as("dev", args).output().unwrap());
    assert_eq!(code, 3, "{out}{err}");
    let report = json(&out);
    assert_eq!(report["decision"], "unknown");
    assert!(report["gaps"].as_array().unwrap().iter().any(|g| g["type"] == "forbidden" && g["kind"] == "NetworkPolicy"), "{out}");
}
