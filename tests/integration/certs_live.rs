//! `certs` against running processes: what control planes, webhooks, gateways and proxies show over a port-forward. Only the stand-in can forward.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, SanType};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::{Value, json};

use crate::apiserver::ws::Port;
use crate::cluster::{ADMIN, TestCluster, rules};
use crate::mesh::said;

/// A certificate that holds around today for so many days, and what signs with it.
struct Made {
    pem: String,
    der: Vec<u8>,
    key: Vec<u8>,
    issuer: Issuer<'static, KeyPair>,
}

fn made(name: &str, days: u64, names: &[&str], authority: bool, by: Option<&Made>) -> Made {
    let uris = names.iter().filter(|name| name.contains("://"));
    let hosts: Vec<String> = names.iter().filter(|name| !name.contains("://")).map(|name| (*name).to_owned()).collect();
    let mut parameters = CertificateParams::new(hosts).unwrap();
    parameters.subject_alt_names.extend(uris.map(|uri| SanType::URI((*uri).try_into().unwrap())));
    parameters.distinguished_name.push(DnType::CommonName, name);
    let now = std::time::SystemTime::now();
    let before = std::time::Duration::from_secs(600);
    (parameters.not_before, parameters.not_after) = ((now - before).into(), (now + std::time::Duration::from_secs(days * 86_400)).into());
    if authority {
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    }
    let key = KeyPair::generate().unwrap();
    let certificate = match by {
        Some(by) => parameters.signed_by(&key, &by.issuer).unwrap(),
        None => parameters.self_signed(&key).unwrap(),
    };
    Made { pem: certificate.pem(), der: certificate.der().to_vec(), key: key.serialize_der(), issuer: Issuer::new(parameters, key) }
}

fn authority(name: &str, by: Option<&Made>) -> Made {
    made(name, 3650, &[], true, by)
}

fn leaf(name: &str, by: &Made) -> Made {
    made(name, 1, &[name], false, Some(by))
}

/// Shows a chain to everybody who begins a handshake.
fn shows(chain: &[&Made]) -> Port {
    let certificates = chain.iter().map(|made| CertificateDer::from(made.der.clone())).collect();
    let key = PrivateKeyDer::try_from(chain[0].key.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = Arc::new(config.with_no_client_auth().with_single_cert(certificates, key).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address: SocketAddr = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut connection = rustls::ServerConnection::new(config.clone()).unwrap();
            std::thread::spawn(move || drop(connection.complete_io(&mut stream)));
        }
    });
    Port::Forward(address)
}

fn indented(text: &str, by: usize) -> String {
    text.lines().map(|line| format!("{}{line}\n", " ".repeat(by))).collect()
}

fn pod(namespace: &str, name: &str, labels: &str, account: &str, container: &str) -> String {
    format!(
        "---\napiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: {namespace}, labels: {{{labels}}}}}\n\
         spec: {{serviceAccountName: {account}, containers: [{{name: {container}, image: a, ports: [{{name: web, containerPort: 8443}}]}}]}}\nstatus: {{phase: Running}}\n"
    )
}

fn linkerd(cluster: &TestCluster, anchors: &str) {
    cluster.apply(&format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: linkerd-config, namespace: linkerd}}\ndata:\n  values: |\n    linkerdVersion: edge-25.10.2\n\
         ---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: linkerd-identity-trust-roots, namespace: linkerd}}\ndata:\n  ca-bundle.crt: |\n{}{}",
        indented(anchors, 4),
        pod("linkerd", "linkerd-identity", "linkerd.io/control-plane-component: identity, linkerd.io/control-plane-ns: linkerd", "linkerd-identity", "linkerd-proxy"),
    ));
}

fn certs(cluster: &TestCluster, user: &str, args: &[&str]) -> (i32, Value, String) {
    let (code, out, err) = said(&cluster.mesh_as(user, [&["certs", "-A", "-o", "json"], args].concat()).output().unwrap());
    (code, serde_json::from_str(&out).unwrap_or_else(|e| panic!("{e}: {out}{err}")), out + &err)
}

fn row<'a>(report: &'a Value, role: &str) -> &'a Value {
    report["certificates"].as_array().unwrap().iter().find(|c| c["role"] == role).unwrap_or_else(|| panic!("{role}: {report:#}"))
}

#[test]
fn the_issuer_is_seen_without_reading_its_secret() {
    let (root, cluster) = (authority("root", None), TestCluster::standin());
    let issuer = authority("issuer", Some(&root));
    let own = leaf("linkerd-identity.linkerd.serviceaccount.identity.linkerd.cluster.local", &issuer);
    linkerd(&cluster, &root.pem);
    cluster.server().script(|scripts| scripts.set_port("linkerd", "linkerd-identity", 4191, shows(&[&own, &issuer])));
    let (code, report, out) = certs(&cluster, ADMIN, &[]);
    assert_eq!(
        (code, &row(&report, "issuer")["chain"], &row(&report, "control-plane")["chain"]),
        (0, &json!("verified"), &json!("verified")),
        "{out}"
    );
    assert_eq!((&row(&report, "control-plane")["renewedBy"], &report["gaps"]), (&json!("linkerd"), &json!([])), "{out}");
    let secrets = cluster.server().requests().into_iter().filter(|request| request.path.contains("/secrets")).count();
    assert_eq!(secrets, 0);
    let (_, report, out) = certs(&cluster, ADMIN, &["--no-probe"]);
    assert!(report["certificates"].as_array().unwrap().iter().all(|c| c["role"] == "trust-anchor"), "{out}");
}

#[test]
fn who_may_not_forward_is_told_so_and_gets_what_objects_say() {
    let (root, cluster) = (authority("root", None), TestCluster::standin());
    linkerd(&cluster, &root.pem);
    cluster.grant("dev", &rules(&["get", "list"], &["namespaces", "pods", "services", "configmaps", "*.apps", "*.admissionregistration.k8s.io"]));
    let (code, out, err) = said(&cluster.mesh_as("dev", ["certs", "-A"]).output().unwrap());
    assert!(out.contains("trust anchor") && out.contains("may not port-forward to pods of namespace linkerd"), "{out}{err}");
    assert!(code == 0 && err.contains("kubectl create role"), "{code} {err}");
    let (_, report, out) = certs(&cluster, ADMIN, &[]);
    assert!(report["gaps"].to_string().contains("nothing listens on that port"), "{out}");
}

#[test]
fn a_webhook_is_verified_by_what_the_api_server_has() {
    let (root, other, cluster) = (authority("root", None), authority("other", None), TestCluster::standin());
    let webhook = |bundle: &Made| {
        format!(
            "---\napiVersion: admissionregistration.k8s.io/v1\nkind: MutatingWebhookConfiguration\nmetadata: {{name: linkerd-proxy-injector-webhook-config}}\nwebhooks:\n\
             - {{name: linkerd-proxy-injector.linkerd.io, sideEffects: None, admissionReviewVersions: [v1], clientConfig: {{service: {{namespace: linkerd, name: linkerd-proxy-injector}}, caBundle: {}}}}}\n",
            STANDARD.encode(&bundle.pem)
        )
    };
    linkerd(&cluster, &root.pem);
    cluster.apply(&format!(
        "apiVersion: v1\nkind: Service\nmetadata: {{name: linkerd-proxy-injector, namespace: linkerd}}\nspec: {{selector: {{app: injector}}, ports: [{{port: 443, targetPort: web}}]}}\n{}{}",
        pod("linkerd", "injector", "app: injector", "injector", "app"),
        webhook(&root)
    ));
    let shown = leaf("linkerd-proxy-injector.linkerd.svc", &root);
    cluster.server().script(|scripts| scripts.set_port("linkerd", "injector", 8443, shows(&[&shown])));
    let (_, report, out) = certs(&cluster, ADMIN, &[]);
    let seen = |report: &Value| {
        let all = report["certificates"].as_array().unwrap();
        all.iter()
            .find(|c| c["sha256"].is_string() && c["subject"] == "CN=linkerd-proxy-injector.linkerd.svc")
            .cloned()
            .unwrap_or_else(|| panic!("{report:#}"))
    };
    assert_eq!((&seen(&report)["chain"], &seen(&report)["problems"]), (&json!("verified"), &Value::Null), "{out}");
    cluster.apply(&webhook(&other));
    let (code, report, out) = certs(&cluster, ADMIN, &[]);
    assert_eq!((code, &seen(&report)["chain"]), (1, &json!("broken")), "{out}");
    let strange = leaf("injector.elsewhere.svc", &other);
    cluster.server().script(|scripts| scripts.set_port("linkerd", "injector", 8443, shows(&[&strange])));
    let (_, _, out) = certs(&cluster, ADMIN, &[]);
    assert!(out.contains("it is for injector.elsewhere.svc, and linkerd-proxy-injector.linkerd.svc is who shows it"), "{out}");
}

fn istio(cluster: &TestCluster, roots: &str) {
    cluster.apply(&format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: istio-ca-root-cert, namespace: istio-system, labels: {{istio.io/config: 'true'}}}}\ndata:\n  root-cert.pem: |\n{}{}{}{}",
        indented(roots, 4),
        pod("istio-system", "istiod", "app: istiod", "istiod", "discovery"),
        pod("shop", "cart", "app: cart", "cart", "istio-proxy"),
        pod("shop", "web", "app: web", "web", "istio-proxy"),
    ));
}

/// What Envoy's admin port answers.
fn dump(chain: &[&Made], roots: &[&Made]) -> Port {
    let bytes = |all: &[&Made]| json!({"inline_bytes": STANDARD.encode(all.iter().map(|made| made.pem.as_str()).collect::<String>())});
    let secrets = json!({"configs": [{"@type": "type.googleapis.com/envoy.admin.v3.SecretsConfigDump", "dynamic_active_secrets": [
        {"name": "default", "secret": {"tls_certificate": {"certificate_chain": bytes(chain), "private_key": {"inline_bytes": "cGxhbnRlZA=="}}}},
        {"name": "ROOTCA", "secret": {"validation_context": {"trusted_ca": bytes(roots)}}},
    ]}]});
    let path = "/config_dump?mask=dynamic_active_secrets,dynamic_warming_secrets".to_owned();
    Port::Http([(path, (200, secrets.to_string()))].into())
}

#[test]
fn a_change_of_istios_root_is_followed_in_the_proxies() {
    let (old, new, cluster) = (authority("old", None), authority("new", None), TestCluster::standin());
    let both = [old.pem.as_str(), new.pem.as_str()].concat();
    let own = |name: &str, by: &Made| made(name, 1, &[&format!("spiffe://cluster.local/ns/shop/sa/{name}")], false, Some(by));
    let istiod = |by: &Made| leaf("istiod.istio-system.svc", by);
    let [cart_old, cart_new, web_old, web_new] = [own("cart", &old), own("cart", &new), own("web", &old), own("web", &new)];
    let stage = |roots: &str, plane: &Made, cart: Port, web: Port| {
        istio(&cluster, roots);
        cluster.server().script(|scripts| {
            scripts.set_port("istio-system", "istiod", 15012, shows(&[plane]));
            scripts.set_port("shop", "cart", 15000, cart);
            scripts.set_port("shop", "web", 15000, web);
        });
        let (code, report, out) = certs(&cluster, ADMIN, &["--deep"]);
        assert!(!out.contains("planted") && !out.contains("cGxhbnRlZA"), "{out}");
        let row = &report["rotations"][0];
        let names: Vec<String> = row["restart"].as_array().unwrap().iter().map(|who| who["name"].as_str().unwrap().to_owned()).collect();
        (row["stage"].as_str().unwrap().to_owned(), names.join(" "), code, out)
    };
    let accepts_both: &[&Made] = &[&old, &new];
    let (of_old, of_new) = (istiod(&old), istiod(&new));
    for (step, roots, plane, cart, web, expected, who, exit) in [
        ("before", &old.pem, &of_old, dump(&[&cart_old], &[&old]), dump(&[&web_old], &[&old]), "stable", "", 0),
        ("a second root", &both, &of_old, dump(&[&cart_old], accepts_both), dump(&[&web_old], &[&old]), "adding", "web", 0),
        ("all accept both", &both, &of_old, dump(&[&cart_old], accepts_both), dump(&[&web_old], accepts_both), "adding", "", 0),
        ("istiod signs with the new one", &both, &of_new, dump(&[&cart_new], accepts_both), dump(&[&web_old], accepts_both), "switching", "web", 0),
        ("all renewed", &both, &of_new, dump(&[&cart_new], accepts_both), dump(&[&web_new], accepts_both), "removable", "", 0),
        ("one was forgotten", &both, &of_new, dump(&[&cart_new], accepts_both), dump(&[&web_old], &[&old]), "broken", "web", 1),
        ("istiod was not restarted", &new.pem, &of_old, dump(&[&cart_new], &[&new]), dump(&[&web_new], &[&new]), "stale-control-plane", "istiod", 1),
        ("after", &new.pem, &of_new, dump(&[&cart_new], &[&new]), dump(&[&web_new], &[&new]), "stable", "", 0),
    ] {
        let (stage, names, code, out) = stage(roots, plane, cart, web);
        assert_eq!((stage.as_str(), names.as_str(), code), (expected, who, exit), "{step}: {out}");
    }
}

#[test]
fn one_pod_is_asked_alone_and_says_whose_certificate_it_shows() {
    let (root, cluster) = (authority("root", None), TestCluster::standin());
    istio(&cluster, &root.pem);
    let strange = made("cart", 1, &["spiffe://cluster.local/ns/other/sa/web"], false, Some(&root));
    cluster.server().script(|scripts| scripts.set_port("shop", "cart", 15000, dump(&[&strange], &[&root])));
    let (_, report, out) = certs(&cluster, ADMIN, &["--pod", "shop/cart"]);
    let problem = "it is for spiffe://cluster.local/ns/other/sa/web, and spiffe://cluster.local/ns/shop/sa/cart is who shows it";
    assert_eq!(row(&report, "workload")["problems"], json!([problem]), "{out}");
    let forwards = cluster.server().requests().into_iter().filter(|request| request.path.ends_with("/portforward")).count();
    assert_eq!(forwards, 1, "nobody else is asked");
    let (code, _, err) = said(&cluster.mesh(["certs", "--pod", "shop/gone"]).output().unwrap());
    assert!(code == 2 && err.contains("there is no pod gone in namespace shop"), "{err}");
    let (code, _, err) = crate::mesh::run(&[], &["certs", "--demo", "--deep"]);
    assert!(code == 2 && err.contains("only a cluster has processes to ask"), "{err}");
}

#[test]
fn a_gateway_is_asked_for_each_host() {
    let (root, cluster) = (authority("root", None), TestCluster::standin());
    cluster.apply(&format!(
        "apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {{name: public, namespace: shop}}\nspec:\n  selector: {{istio: ingress}}\n  servers:\n  \
         - {{port: {{number: 443, name: https, protocol: HTTPS}}, tls: {{mode: SIMPLE, credentialName: tls}}, hosts: [shop.example.com, '*.cdn.example.com']}}\n\
         ---\napiVersion: v1\nkind: Service\nmetadata: {{name: ingress, namespace: shop}}\nspec: {{selector: {{istio: ingress}}, ports: [{{name: https, port: 443, targetPort: 8443}}]}}\n{}",
        pod("shop", "ingress", "istio: ingress", "ingress", "istio-proxy")
    ));
    let shown = leaf("shop.example.com", &root);
    cluster.server().script(|scripts| scripts.set_port("shop", "ingress", 8443, shows(&[&shown])));
    let (_, report, out) = certs(&cluster, ADMIN, &[]);
    let all = report["certificates"].as_array().unwrap();
    let seen = all.iter().find(|c| c["sha256"].is_string()).unwrap_or_else(|| panic!("{out}"));
    assert_eq!((&seen["role"], seen["places"].as_array().unwrap().len()), (&json!("gateway"), 2), "{out}");
    assert_eq!(seen["problems"], json!(["it is for shop.example.com, and kubectl-mesh.cdn.example.com is who shows it"]), "{out}");
}
