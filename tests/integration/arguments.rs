//! Objects, namespaces, kinds, rules and files as people type them, with their slips: what does not exist is said, never judged as fine.

use crate::cluster::{TestCluster, rules};
use crate::mesh::{mesh, run, said};

const CART: &[u8] = b"apiVersion: apps/v1
kind: Deployment
metadata: {name: cart, namespace: shop}
spec: {selector: {matchLabels: {app: cart}}, template: {metadata: {labels: {app: cart}}, spec: {containers: [{name: a, image: a}]}}}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: cart, namespace: shop}
spec: {hosts: [cart.example.com], gateways: [public]}
";
const GATEWAY: &str = "istio-virtual-service-gateway-not-found";

#[test]
fn one_object_has_many_spellings() {
    for words in [
        &["vs/cart"][..],
        &["vs", "cart"],
        &["virtualservices.networking.istio.io/cart"],
        &["VirtualService", "shop/cart"],
        &["shop/virtualservice.networking.istio.io/cart"],
        &["deploy/cart", "vs/cart"],
        &["vs,dr", "cart"],
        &["vs"],
        &["cart"],
        &["cart.shop"],
        &["shop/cart"],
    ] {
        let (code, out, err) =
            run(&[("a.yaml", CART)], &[&["check", "-f", "a.yaml", "--rule", GATEWAY, "-o", "name", "--fail-on", "info"][..], words].concat());
        assert_eq!((code, out.as_str()), (1, "shop/virtualservice.networking.istio.io/cart\n"), "{words:?}: {err}");
    }
    let (code, out, _) = run(&[("a.yaml", CART)], &["check", "-f", "a.yaml", "--rule", GATEWAY, "deploy/cart", "-o", "name", "--fail-on", "info"]);
    assert_eq!((code, out.as_str()), (0, ""), "another object's findings are not its own");
}

#[test]
fn what_dash_o_name_prints_every_command_takes_back() {
    for scope in [&[][..], &["-n", "shop"]] {
        let (_, listed, _) = run(&[], &[&["injection", "--demo", "-o", "name"][..], scope].concat());
        assert!(listed.lines().count() > 2, "{listed}");
        for name in listed.lines().take(4) {
            for command in ["injection", "status", "check"] {
                let (code, out, err) = run(&[], &[&[command, "--demo", name, "-o", "name"][..], scope].concat());
                assert!(code < 2, "{command} {name}: {err}");
                assert!(command == "check" || out == format!("{name}\n"), "{command} {name}: {out}");
            }
        }
    }
    let (_, within, _) = run(&[], &["injection", "--demo", "-o", "name", "-n", "shop"]);
    assert!(within.lines().all(|name| name.matches('/').count() == 1), "kubectl's own form where the namespace is on the line: {within}");
}

#[test]
fn an_object_that_does_not_exist_is_an_error_with_a_suggestion() {
    for command in ["check", "status", "injection"] {
        for (word, expected) in [
            ("deploy/crat", "did you mean cart?"),
            ("deploymnt/cart", "did you mean deployment"),
            ("foo/bar", "\"foo\" is no kind"),
            ("dir/a.yaml", "did you mean -f dir/a.yaml?"),
            ("", "is a variable unset?"),
        ] {
            let (code, out, err) = run(&[], &[command, "--demo", word]);
            assert_eq!((code, out.as_str()), (2, ""), "{command} {word}: {err}");
            assert!(err.contains(expected), "{command} {word}: {err}");
        }
    }
}

#[test]
fn an_object_that_may_hide_in_what_is_refused_is_not_called_missing() {
    let cluster = TestCluster::start();
    cluster.apply(std::str::from_utf8(CART).unwrap());
    cluster.grant_in("dev", "shop", &rules(&["get", "list"], &["*", "*.apps"]));
    let (code, _, err) = said(&cluster.mesh_as("dev", ["check", "-n", "shop", "vs/cart"]).output().unwrap());
    assert_eq!(code, 3, "{err}");
    assert!(err.contains("it may be there all the same: may not list virtualservices.networking.istio.io"), "{err}");
    let (code, _, err) = said(&cluster.mesh(["check", "-n", "shop", "vs/crat"]).output().unwrap());
    assert_eq!(code, 2, "{err}");
    assert!(err.contains("did you mean cart?"), "{err}");
}

#[test]
fn kubectl_takes_the_names_that_are_printed_for_a_namespace() {
    let cluster = TestCluster::start();
    cluster.apply(std::str::from_utf8(CART).unwrap());
    let (code, out, err) = said(&cluster.mesh(["check", "-n", "shop", "--rule", GATEWAY, "-o", "name"]).output().unwrap());
    assert_eq!((code, out.as_str()), (1, "virtualservice.networking.istio.io/cart\n"), "{err}");
    let got = cluster.kubectl(["get", "-n", "shop", out.trim(), "-o", "name"]).assert().success().get_output().stdout.clone();
    assert_eq!(String::from_utf8(got).unwrap(), out);
}

#[test]
fn a_manifest_as_an_argument_of_a_real_directory_points_at_dash_f() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("a.yaml"), CART).unwrap();
    let (code, _, err) = said(&mesh(home.path()).args(["validate", "a.yaml", "--demo"]).output().unwrap());
    assert_eq!(code, 2, "{err}");
    assert!(err.contains("did you mean -f a.yaml?"), "{err}");
}
