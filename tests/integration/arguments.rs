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
fn a_kind_alone_means_all_of_it_and_none_is_said() {
    for (word, kind) in [("gw", "Gateway"), ("se", "ServiceEntry"), ("netpol", "NetworkPolicy"), ("vs,dr", "DestinationRule or VirtualService")] {
        let files: &[(&str, &[u8])] = if kind.contains("Virtual") {
            &[("a.yaml", b"apiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: shop}\nspec: {ports: [{port: 80}]}\n")]
        } else {
            &[("a.yaml", CART)]
        };
        let (code, out, err) = run(files, &["check", "-f", "a.yaml", word]);
        assert_eq!(code, 0, "{word}: {out}{err}");
        assert!(err.contains(&format!("no {kind} in any namespace that was read, so nothing was judged")), "{word}: {err}");
        assert!(out.contains("nothing judged") && !out.contains("nothing wrong"), "{word}: {out}");
        let (code, out, _) = run(files, &["check", "-f", "a.yaml", word, "-o", "json"]);
        let report: serde_json::Value = serde_json::from_str(&out).unwrap();
        assert_eq!((code, &report["summary"]["evaluated"]), (0, &0.into()), "{word}: {out}");
    }
    let (code, _, err) = run(&[("a.yaml", CART)], &["check", "-f", "a.yaml", "vs/cart", "gw"]);
    assert!(code == 2 && err.contains("no Gateway"), "beside others it is a slip: {err}");
    for command in ["status", "injection", "mtls"] {
        let (code, _, err) = run(&[], &[command, "--demo", "vs", "-n", "shop"]);
        let told = if command == "mtls" { code == 2 } else { code == 2 && err.contains("`kubectl mesh check vs` judges all of them") };
        assert!(told, "{command}: {err}");
    }
    let (code, _, err) = run(&[], &["status", "--demo", "deploy", "-n", "shop"]);
    assert!(code == 2 && err.contains("\"deploy\" is a kind: which of its objects?") && err.contains("Deployment shop/cart"), "{err}");
    let (code, _, err) = run(&[], &["status", "--demo", "sts", "-n", "shop"]);
    assert!(code == 2 && err.contains("no StatefulSet in namespace \"shop\""), "{err}");
}

#[test]
fn a_kind_alone_is_read_for_its_own_sake_and_a_refusal_is_no_absence() {
    let cluster = TestCluster::start();
    cluster.apply(std::str::from_utf8(CART).unwrap());
    let (code, out, err) = said(&cluster.mesh(["check", "-n", "shop", "netpol", "--rule", GATEWAY]).output().unwrap());
    assert_eq!(code, 0, "{err}");
    assert!(err.contains("no NetworkPolicy in namespace \"shop\"") && out.contains("nothing judged"), "{out}{err}");
    cluster.grant_in("dev", "shop", &rules(&["get", "list"], &["pods", "*.apps"]));
    let (code, _, err) = said(&cluster.mesh_as("dev", ["check", "-n", "shop", "netpol", "--rule", GATEWAY]).output().unwrap());
    assert_eq!(code, 3, "{err}");
    assert!(err.contains("it may be there all the same: may not list networkpolicies.networking.k8s.io"), "{err}");
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
fn what_was_typed_wrong_is_told_before_a_cluster_is_looked_for() {
    for command in ["check", "status", "injection", "mtls", "policy list"] {
        let words: Vec<&str> = command.split(' ').chain(["dir/a.yaml"]).collect();
        let (code, out, err) = run(&[], &words);
        assert_eq!((code, out.as_str()), (2, ""), "{command}: {err}");
        assert!(err.contains("did you mean -f dir/a.yaml?"), "{command}: {err}");
    }
    for flag in ["--timeout", "--request-timeout"] {
        let (code, out, err) = run(&[], &["check", "--demo", flag, "soon"]);
        assert_eq!((code, out.as_str()), (2, ""), "{flag}: {err}");
        assert!(err.contains(flag) && err.contains("soon"), "{err}");
    }
}

#[test]
fn of_broken_files_every_one_is_told() {
    let (code, _, err) = run(&[("a.yaml", b"a: [1"), ("b.yaml", b"b: {2")], &["check", "-f", "a.yaml", "-f", "b.yaml"]);
    assert_eq!(code, 2, "{err}");
    assert!(err.contains("a.yaml:1") && err.contains("b.yaml:1"), "{err}");
}

#[test]
fn a_manifest_as_an_argument_of_a_real_directory_points_at_dash_f() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("a.yaml"), CART).unwrap();
    let (code, _, err) = said(&mesh(home.path()).args(["validate", "a.yaml", "--demo"]).output().unwrap());
    assert_eq!(code, 2, "{err}");
    assert!(err.contains("did you mean -f a.yaml?"), "{err}");
}

#[test]
fn a_namespace_that_does_not_exist_is_an_error_in_every_command_and_source() {
    for command in ["check", "status", "injection", "version"] {
        let (code, out, err) = run(&[], &[command, "--demo", "-n", "shopp"]);
        assert_eq!((code, out.as_str()), (2, ""), "{command}: {err}");
        assert!(err.contains("there is no namespace \"shopp\"") && err.contains("did you mean shop?"), "{command}: {err}");
    }
    let (code, _, err) = run(&[("a.yaml", CART)], &["check", "-f", "a.yaml", "-n", "shopp"]);
    assert_eq!(code, 2, "{err}");
    assert!(err.contains("no object of the files is in it") && err.contains("did you mean shop?"), "{err}");
    let unnamed = String::from_utf8_lossy(CART).replace(", namespace: shop", "");
    assert_eq!(
        run(&[("a.yaml", unnamed.as_bytes())], &["check", "-f", "a.yaml", "-n", "shopp", "--fail-on", "never"]).0,
        0,
        "objects without one get it"
    );
    let cluster = TestCluster::start();
    cluster.apply(std::str::from_utf8(CART).unwrap());
    let (code, _, err) = said(&cluster.mesh(["check", "-n", "shopp"]).output().unwrap());
    assert_eq!(code, 2, "{err}");
    assert!(err.contains("did you mean shop?"), "{err}");
}

#[test]
fn where_the_namespaces_may_not_be_listed_that_is_said() {
    let cluster = TestCluster::start();
    cluster.apply(std::str::from_utf8(CART).unwrap());
    let read = |verbs: &[&str]| rules(verbs, &["pods", "services", "*.apps", "*.networking.istio.io", "*.gateway.networking.k8s.io"]);
    cluster.grant("dev", &read(&["get", "list"]));
    let (_, _, err) = said(&cluster.mesh_as("dev", ["check", "-n", "gone", "--rule", GATEWAY]).output().unwrap());
    assert!(err.contains("whether there is a namespace gone could not be verified: may not get namespaces"), "{err}");
    // Who may ask for namespaces by name is answered.
    cluster.grant("asks", &read(&["get", "list"]));
    cluster.grant("asks", &rules(&["get"], &["namespaces"]));
    let (code, _, err) = said(&cluster.mesh_as("asks", ["check", "-n", "gone", "--rule", GATEWAY]).output().unwrap());
    assert_eq!(code, 2, "{err}");
}

#[test]
fn an_empty_or_impossible_flag_is_an_error() {
    for (args, expected) in [
        (&["check", "--demo", "-n", ""][..], "--namespace is empty"),
        (&["status", "--demo", "-n", "a,b"], "there is no namespace \"a\""),
        (&["status", "--demo", "-n", "Shop"], "did you mean shop?"),
        (&["check", "--context", ""], "--context is empty"),
        (&["check", "-f", ""], "'--filename <FILE>'"),
        (&["check", "--demo", "--as", ""], "--as is empty"),
    ] {
        let (code, out, err) = run(&[], args);
        assert_eq!((code, out.as_str()), (2, ""), "{args:?}");
        assert!(err.contains(expected), "{args:?}: {err}");
    }
}

#[test]
fn rules_codes_categories_and_files_that_do_not_exist_have_suggestions() {
    for (args, expected) in [
        (&["check", "--demo", "--rule", "istio-virtual-service-gateway-not-foun"][..], "did you mean istio-virtual-service-gateway-not-found"),
        (&["check", "--demo", "--skip-rule", "IST999"], "no rule or code is called \"IST999\""),
        (&["explain", "IST010"], "did you mean IST0101"),
        (&["explain", "gateway-not-found"], "did you mean "),
        (&["check", "--demo", "--category", "trafic"], "did you mean traffic?"),
        (&["check", "-f", "cartt.yaml"], "did you mean cart.yaml?"),
        (&["check", "--snapshot", "cart.yml"], "did you mean cart.yaml?"),
    ] {
        let (code, out, err) = run(&[("cart.yaml", CART)], args);
        assert_eq!((code, out.as_str()), (2, ""), "{args:?}");
        assert!(err.contains(expected), "{args:?}: {err}");
    }
}
