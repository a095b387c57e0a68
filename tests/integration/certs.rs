//! `certs`: from manifests, PEM files and an API server; a change of root walked through all of its stages.

use base64::Engine as _;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use serde_json::Value;

use crate::cluster::{TestCluster, rules};
use crate::mesh::{run, said};

/// An authority that holds from the first day of a year until 2999.
struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

fn parameters(name: &str, year: i32, authority: bool) -> CertificateParams {
    let mut made = CertificateParams::new(if authority { Vec::new() } else { vec![name.to_owned()] }).unwrap();
    made.distinguished_name.push(DnType::CommonName, name);
    (made.not_before, made.not_after) = (rcgen::date_time_ymd(year, 1, 1), rcgen::date_time_ymd(2999, 1, 1));
    if authority {
        made.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    }
    made
}

fn root(name: &str, year: i32) -> Authority {
    let (made, key) = (parameters(name, year, true), KeyPair::generate().unwrap());
    Authority { pem: made.self_signed(&key).unwrap().pem(), issuer: Issuer::new(made, key) }
}

impl Authority {
    /// What it signs: an authority, or a server's certificate.
    fn sign(&self, mut made: CertificateParams) -> String {
        made.use_authority_key_identifier_extension = false;
        made.signed_by(&KeyPair::generate().unwrap(), &self.issuer).unwrap().pem()
    }
}

fn today() -> (i32, u8, u8) {
    let now = jiff::Timestamp::now().to_string();
    (now[..4].parse().unwrap(), now[5..7].parse().unwrap(), now[8..10].parse().unwrap())
}

fn indented(text: &str, by: usize) -> String {
    text.lines().map(|line| format!("{}{line}\n", " ".repeat(by))).collect()
}

fn base64(text: &str) -> String {
    base64::engine::general_purpose::STANDARD.encode(text)
}

/// A control plane that hands out `anchors`, with an issuer, and one pod of shop/cart that runs with `pod`.
fn linkerd(anchors: &str, issuer: &str, pod: &str) -> String {
    format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: linkerd-config, namespace: linkerd}}\ndata:\n  values: |\n    linkerdVersion: edge-25.10.2\n\
         ---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: linkerd-identity-trust-roots, namespace: linkerd}}\ndata:\n  ca-bundle.crt: |\n{}\
         ---\napiVersion: v1\nkind: Secret\nmetadata: {{name: linkerd-identity-issuer, namespace: linkerd}}\ndata: {{crt.pem: {}, key.pem: cGxhbnRlZA==}}\n\
         ---\napiVersion: v1\nkind: Pod\nmetadata: {{name: cart, namespace: shop, labels: {{linkerd.io/control-plane-ns: linkerd}}}}\nspec:\n  containers:\n  - {{name: app, image: a}}\n  \
         - name: linkerd-proxy\n    image: proxy\n    env:\n    - name: LINKERD2_PROXY_IDENTITY_TRUST_ANCHORS\n      value: |\n{}status: {{phase: Running}}\n",
        indented(anchors, 4),
        base64(issuer),
        indented(pod, 8)
    )
}

fn certs(world: &str, args: &[&str]) -> (i32, Value, String) {
    let all = [&["certs", "-f", "world.yaml", "--read-secrets", "-o", "json"], args].concat();
    let (code, out, err) = run(&[("world.yaml", world.as_bytes())], &all);
    (code, serde_json::from_str(&out).unwrap_or_else(|e| panic!("{e}: {out}{err}")), out)
}

#[test]
fn a_change_of_root_goes_through_its_stages() {
    let (old, new) = (root("old", 2000), root("new", 2001));
    let both = format!("{}{}", old.pem, new.pem);
    let of_old = old.sign(parameters("issuer", 2000, true));
    let mut fresh = parameters("issuer", 2001, true);
    let of_new = new.sign(fresh.clone());
    let (year, month, day) = today();
    fresh.not_before = rcgen::date_time_ymd(year, month, day);
    let just_now = new.sign(fresh);
    for (step, anchors, issuer, pod, stage, code) in [
        ("before", &old.pem, &of_old, &old.pem, "stable", 0),
        ("a second root", &both, &of_old, &old.pem, "adding", 0),
        ("pods restarted", &both, &of_old, &both, "adding", 0),
        ("the issuer changed", &both, &just_now, &both, "switching", 0),
        ("a day later", &both, &of_new, &both, "removable", 0),
        ("the old root taken out", &new.pem, &of_new, &both, "removable", 0),
        ("pods restarted again", &new.pem, &of_new, &new.pem, "stable", 0),
        ("the old root taken out too early", &new.pem, &of_new, &old.pem, "broken", 1),
        ("the issuer not changed", &new.pem, &of_old, &new.pem, "broken", 1),
    ] {
        let (exit, report, out) = certs(&linkerd(anchors, issuer, pod), &[]);
        let row = &report["rotations"][0];
        assert_eq!((row["stage"].as_str(), exit), (Some(stage), code), "{step}: {out}");
        let waits = !row["restart"].as_array().unwrap().is_empty();
        assert_eq!(waits, anchors.len() != pod.len() || stage == "broken" && anchors != pod, "{step}: {row}");
        assert!(!out.contains("planted") && !out.contains("cGxhbnRlZA"), "{step}");
    }
}

#[test]
fn anchors_are_sets_and_chains_are_verified() {
    let (one, other) = (root("one", 2000), root("other", 2001));
    let issuer = one.sign(parameters("issuer", 2000, true));
    let reordered = format!("# a comment\n{}{}", other.pem, one.pem);
    let (_, report, out) = certs(&linkerd(&format!("{}{}", one.pem, other.pem), &issuer, &reordered), &[]);
    assert_eq!(report["anchors"].as_array().unwrap().len(), 1, "{out}");
    assert_eq!(report["anchors"][0]["pods"], 1, "{out}");
    let issuers: Vec<&Value> = report["certificates"].as_array().unwrap().iter().filter(|c| c["role"] == "issuer").collect();
    assert_eq!((&issuers[0]["chain"], &issuers[0]["state"], &issuers[0]["algorithm"]), (&"verified".into(), &"valid".into(), &"ECDSA P-256".into()));
    let (_, out, _) = run(&[("world.yaml", linkerd(&one.pem, &issuer, &other.pem).as_bytes())], &["certs", "-f", "world.yaml"]);
    assert!(out.contains("✖ linkerd roots (linkerd): 1 workload accept none") && out.contains("linkerd: trust anchors differ"), "{out}");
    assert!(!out.contains("issuer "), "Secrets are looked at only when asked: {out}");
}

#[test]
fn what_ends_soon_fails_when_that_is_asked_for() {
    let (one, mut ending) = (root("one", 2000), parameters("issuer", 2000, true));
    ending.not_after = rcgen::date_time_ymd(2001, 1, 1);
    let world = linkerd(&one.pem, &one.sign(ending), &one.pem);
    let (code, report, out) = certs(&world, &[]);
    assert_eq!(code, 1, "{out}");
    assert!(report["certificates"].as_array().unwrap().iter().any(|c| c["state"] == "expired"), "{out}");
    let sound = linkerd(&one.pem, &one.sign(parameters("issuer", 2000, true)), &one.pem);
    assert_eq!(certs(&sound, &[]).0, 0);
    assert_eq!(certs(&sound, &["--expiry-within", "30d"]).0, 0);
    assert_eq!(certs(&sound, &["--expiry-within", "400000d"]).0, 1);
    assert_eq!(certs(&sound, &["--expiry-within", "100%"]).0, 1);
    let (code, _, err) = run(&[], &["certs", "--demo", "--expiry-within", "soon"]);
    assert!(code == 2 && err.contains("write 30d, 12h or 20%"), "{err}");
}

#[test]
fn istios_roots_are_compared_between_namespaces() {
    let (one, other) = (root("one", 2000), root("other", 2001));
    let map = |namespace: &str, pem: &str| {
        format!(
            "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: istio-ca-root-cert, namespace: {namespace}}}\ndata:\n  root-cert.pem: |\n{}",
            indented(pem, 4)
        )
    };
    let stage = |world: &str| {
        let (code, report, out) = certs(world, &[]);
        (
            code,
            report["rotations"][0]["stage"].as_str().unwrap_or_else(|| panic!("{out}")).to_owned(),
            report["rotations"][0]["namespaces"].to_string(),
        )
    };
    let same = map("istio-system", &one.pem) + &map("shop", &one.pem);
    assert_eq!(stage(&same), (0, "stable".to_owned(), "[]".to_owned()));
    let adding = map("istio-system", &format!("{}{}", one.pem, other.pem)) + &map("shop", &one.pem);
    assert_eq!(stage(&adding), (0, "adding".to_owned(), "[\"shop\"]".to_owned()));
    let broken = map("istio-system", &one.pem) + &map("shop", &other.pem);
    assert_eq!(stage(&broken), (1, "broken".to_owned(), "[\"shop\"]".to_owned()));
}

#[test]
fn pem_files_are_judged_without_a_cluster() {
    let (one, other) = (root("one", 2000), root("other", 2001));
    let leaf = one.sign(parameters("cart.example.com", 2000, false));
    let files: [(&str, &[u8]); 3] = [("root.pem", one.pem.as_bytes()), ("other.pem", other.pem.as_bytes()), ("leaf.pem", leaf.as_bytes())];
    let (code, out, err) = run(&files, &["certs", "root.pem", "leaf.pem", "-o", "wide"]);
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert!(out.contains("chain verified") && out.contains("leaf.pem, certificate 1") && out.contains("CN=cart.example.com"), "{out}");
    let (code, out, _) = run(&files, &["certs", "other.pem", "leaf.pem"]);
    assert!(code == 1 && out.contains("issued by none of the anchors"), "{out}");
    assert_eq!(run(&files, &["certs", "leaf.pem"]).0, 0, "nobody said what to verify it by");
    let (code, _, err) = run(&[("a.pem", b"no")], &["certs", "a.pem"]);
    assert!(code == 2 && err.contains("a.pem: it holds no PEM block"), "{err}");
    assert_eq!(run(&[], &["certs", "missing.pem"]).0, 2);
}

#[test]
fn directories_and_files_of_f_hold_certificates_too() {
    let one = root("one", 2000);
    let leaf = one.sign(parameters("cart.example.com", 2000, false));
    let der = base64::engine::general_purpose::STANDARD.decode(leaf.lines().filter(|line| !line.starts_with('-')).collect::<String>()).unwrap();
    let key = b"-----BEGIN PRIVATE KEY-----\ncGxhbnRlZA==\n-----END PRIVATE KEY-----\n";
    let files: [(&str, &[u8]); 4] =
        [("in/ca.pem", one.pem.as_bytes()), ("in/leaf.der", &der), ("in/key.pem", key), ("made/list.yaml", b"apiVersion: v1\nkind: List\n")];
    for args in [&["certs", "in"][..], &["certs", "-f", "in"], &["certs", "-f", "in/ca.pem", "-f", "in/leaf.der"]] {
        let (code, out, err) = run(&files, args);
        assert!(code == 0 && out.contains("CN=cart.example.com") && out.contains("chain verified"), "{args:?}: {out}{err}");
    }
    let (code, _, err) = run(&files, &["certs", "made"]);
    assert!(code == 2 && err.contains("made holds no certificate in a file that ends in .pem"), "{err}");
    assert_eq!(run(&files, &["certs", "-f", "made"]).0, 0, "manifests");
    assert_eq!(run(&files, &["certs", "in/key.pem"]).0, 2, "a key that is named is no certificate");
}

#[test]
fn what_is_soon_depends_on_who_renews() {
    let (year, month, day) = today();
    let near = |name: &str, years: i32| {
        let mut made = parameters(name, year - years, true);
        made.not_after = rcgen::date_time_ymd(year, month, day) + std::time::Duration::from_secs(10 * 86_400);
        made
    };
    let one = root("one", 2000);
    let by_hand = one.sign(near("by-hand", 1));
    let managed = "apiVersion: cert-manager.io/v1\nkind: Certificate\nmetadata: {name: issuer, namespace: linkerd}\n\
        spec: {secretName: linkerd-identity-issuer}\nstatus: {renewalTime: 2999-01-01T00:00:00Z, conditions: [{type: Ready, status: 'True'}]}\n";
    let issuer = |world: &str, args: &[&str]| {
        let (code, report, out) = certs(world, args);
        let row = report["certificates"].as_array().unwrap().iter().find(|c| c["role"] == "issuer").unwrap_or_else(|| panic!("{out}")).clone();
        (code, row["state"].as_str().unwrap().to_owned(), row["renewedBy"].as_str().unwrap().to_owned())
    };
    let said = |code, state: &str, by: &str| (code, state.to_owned(), by.to_owned());
    let world = linkerd(&one.pem, &by_hand, &one.pem);
    assert_eq!(issuer(&world, &[]), said(1, "critical", "hand"), "less than a twentieth is left");
    assert_eq!(issuer(&format!("{world}---\n{managed}"), &[]), said(1, "critical", "cert-manager"));
    let mut short = parameters("short", 2000, true);
    (short.not_before, short.not_after) = (
        rcgen::date_time_ymd(year, month, day) - std::time::Duration::from_secs(10 * 86_400),
        rcgen::date_time_ymd(year, month, day) + std::time::Duration::from_secs(10 * 86_400),
    );
    let world = linkerd(&one.pem, &one.sign(short), &one.pem);
    assert_eq!(issuer(&world, &["--expiry-within", "30d"]), said(1, "valid", "hand"));
    let world = format!("{world}---\n{managed}");
    assert_eq!(issuer(&world, &["--expiry-within", "30d"]), said(0, "valid", "cert-manager"), "nobody renews it by hand");
    assert_eq!(issuer(&world, &["--expiry-within", "60%"]), said(1, "valid", "cert-manager"));
    let failing = world.replace("status: 'True'", "status: 'False'");
    assert_eq!(issuer(&failing, &[]), said(0, "expiring", "cert-manager"), "it is not ready");
}

#[test]
fn istiod_with_another_root_than_it_hands_out_is_to_be_restarted() {
    let (one, other) = (root("one", 2000), root("other", 2001));
    let world = format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: istio-ca-root-cert, namespace: istio-system}}\ndata:\n  root-cert.pem: |\n{}\
         ---\napiVersion: v1\nkind: Secret\nmetadata: {{name: istio-ca-secret, namespace: istio-system}}\ndata: {{ca-cert.pem: {}, ca-key.pem: cGxhbnRlZA==}}\n\
         ---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: istiod, namespace: istio-system}}\n\
         spec:\n  selector: {{matchLabels: {{app: istiod}}}}\n  template:\n    metadata: {{labels: {{app: istiod}}}}\n    spec: {{containers: [{{name: discovery, image: pilot}}]}}\n",
        indented(&one.pem, 4),
        base64(&other.pem)
    );
    let (code, report, out) = certs(&world, &[]);
    let row = &report["rotations"][0];
    assert_eq!((code, row["stage"].as_str(), row["restart"][0]["name"].as_str()), (0, Some("stale-control-plane"), Some("istiod")), "{out}");
    assert!(!out.contains("planted") && !out.contains("cGxhbnRlZA"), "{out}");
}

#[test]
fn cert_manager_tells_what_a_secret_would() {
    let world = "
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: public, namespace: shop}
spec: {selector: {istio: ingress}, servers: [{port: {number: 443, name: https, protocol: HTTPS}, tls: {mode: SIMPLE, credentialName: shop-tls}, hosts: ['*']}]}
---
apiVersion: cert-manager.io/v1
kind: Certificate
metadata: {name: shop, namespace: shop}
spec: {secretName: shop-tls}
status:
  notBefore: 2000-01-01T00:00:00Z
  notAfter: 2999-01-01T00:00:00Z
  renewalTime: 2001-01-01T00:00:00Z
  conditions: [{type: Ready, status: 'True'}]
";
    let (code, report, out) = certs(world, &[]);
    let row = report["certificates"].as_array().unwrap().iter().find(|c| c["role"] == "gateway").unwrap_or_else(|| panic!("{out}"));
    assert_eq!(
        (code, &row["state"], &row["renewal"]["ready"], &row["renewal"]["overdue"]),
        (0, &"valid".into(), &true.into(), &true.into()),
        "{out}"
    );
    let (_, out, _) = run(&[("world.yaml", world.as_bytes())], &["certs", "-f", "world.yaml"]);
    assert!(out.contains("cert-manager: renewal is overdue"), "{out}");
}

#[test]
fn a_cluster_is_not_asked_for_secrets_unless_that_is_wanted_and_refusals_show() {
    let (one, cluster) = (root("one", 2000), TestCluster::start());
    cluster.apply(&linkerd(&one.pem, &one.sign(parameters("issuer", 2000, true)), &one.pem));
    cluster.apply(&format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: istio-ca-root-cert, namespace: shop, labels: {{istio.io/config: 'true'}}}}\ndata:\n  root-cert.pem: |\n{}",
        indented(&one.pem, 4)
    ));
    cluster.grant("dev", &rules(&["get", "list"], &["namespaces", "pods", "services", "configmaps", "*.apps", "*.admissionregistration.k8s.io"]));
    let (code, out, err) = said(&cluster.mesh_as("dev", ["certs", "-A"]).output().unwrap());
    assert_eq!(code, 0, "{out}{err}");
    assert!(out.contains("trust anchor") && out.contains("istio") && out.contains("linkerd") && !out.contains("issuer"), "{out}");
    let (_, out, _) = said(&cluster.mesh_as("dev", ["certs", "-A", "--read-secrets"]).output().unwrap());
    assert!(out.contains("may not list secrets"), "{out}");
    let (code, out, err) = said(&cluster.mesh(["certs", "-A", "--read-secrets"]).output().unwrap());
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("issuer") && out.contains("chain verified"), "{out}");
    cluster.grant("nobody", &rules(&["get", "list"], &["namespaces"]));
    assert_eq!(said(&cluster.mesh_as("nobody", ["certs"]).output().unwrap()).0, 3);
}

#[test]
fn the_demo_shows_what_ends_and_differs() {
    let (code, out, err) = run(&[], &["certs", "--demo", "--read-secrets"]);
    assert!((0..=1).contains(&code) && err.is_empty(), "{code} {err}");
    assert!(out.contains("trust anchor") && out.contains("roots ("), "{out}");
}
