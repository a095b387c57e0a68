//! Reading a live cluster over real HTTP and TLS, with every way in which that goes wrong.

use crate::apiserver::{Act, Content, Fault, Options};
use crate::cluster::{ADMIN, TestCluster, rules};
use crate::encode::kubernetes_protobuf;
use crate::kubeconfig::{Credentials, Kubeconfig, exec_plugin, exec_plugin_calls};
use kubectl_mesh::cluster::live::{ConnectOptions, Connection, Limits, ReadError, Scope, Wanted, connect};
use kubectl_mesh::model::{Coverage, Gap, Inventory, Kind};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::Duration;

/// Kinds of every sort: in protobuf and in JSON, namespaced and not.
const KINDS: [Kind; 6] = [Kind::Namespace, Kind::Pod, Kind::Service, Kind::Deployment, Kind::VirtualService, Kind::Server];

fn options(cluster: &TestCluster) -> ConnectOptions {
    ConnectOptions { kubeconfig: Some(cluster.kubeconfig_for(ADMIN)), cache: None, ..ConnectOptions::default() }
}

fn connection(cluster: &TestCluster, options: &ConnectOptions) -> Connection {
    cluster.wait(connect(options)).unwrap()
}

fn try_read(cluster: &TestCluster, options: &ConnectOptions, kinds: &[Kind]) -> Result<Inventory, ReadError> {
    let connection = connection(cluster, options);
    cluster.wait(connection.read(&Wanted::new(Scope::All, kinds.iter().copied()), &()))
}

fn read(cluster: &TestCluster, kinds: &[Kind]) -> Inventory {
    try_read(cluster, &options(cluster), kinds).unwrap()
}

/// `pods` pods with a sidecar, and one object of every other kind.
fn shop(options: Options, pods: usize) -> TestCluster {
    let cluster = TestCluster::standin_with(options);
    let plant = |object: Value| cluster.server().plant(object);
    for i in 0..pods {
        let owner = json!({"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "cart-1", "controller": true});
        plant(json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": format!("cart-{i:03}"), "namespace": "shop", "labels": {"app": "cart"}, "ownerReferences": [owner],
                "creationTimestamp": "2026-01-02T03:04:05Z", "annotations": {"sidecar.istio.io/status": "{}", "other": "x"}},
            "spec": {
                "containers": [{"name": "cart", "image": "cart:1", "env": [{"name": "SECRET", "value": "planted"}],
                    "readinessProbe": {"httpGet": {"path": "/", "port": "http"}}, "ports": [{"name": "http", "containerPort": 8080}]}],
                "initContainers": [{"name": "istio-proxy", "image": "proxyv2:1.27.1", "restartPolicy": "Always", "securityContext": {"runAsUser": 1337}}],
            },
            "status": {"phase": "Running", "podIP": "10.0.0.1", "conditions": [{"type": "Ready", "status": "False", "reason": "Slow"}]},
        }));
    }
    plant(json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "cart", "namespace": "shop"},
        "spec": {"selector": {"app": "cart"}, "clusterIP": "None", "ports": [{"port": 80, "targetPort": "http", "appProtocol": "http2"}]}}));
    plant(json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "cart", "namespace": "shop"}, "status": {"readyReplicas": 3},
        "spec": {"replicas": 3, "selector": {"matchLabels": {"app": "cart"}}, "template": {"metadata": {"labels": {"app": "cart"}}}}}));
    plant(json!({"apiVersion": "networking.istio.io/v1", "kind": "VirtualService", "metadata": {"name": "cart", "namespace": "shop"},
        "spec": {"hosts": ["cart"]}}));
    cluster
}

/// Everything in an inventory, in order.
fn told(inventory: &Inventory) -> String {
    format!("{inventory:#?}")
}

fn gaps(inventory: &Inventory) -> Vec<String> {
    inventory.gaps.iter().map(ToString::to_string).collect()
}

#[test]
fn the_inventory_is_the_same_in_pages_of_any_size_in_both_encodings_and_after_an_expired_token() {
    let cluster = shop(Options { content: Content::Protobuf(kubernetes_protobuf), ..Options::default() }, 23);
    let whole = try_read(&cluster, &ConnectOptions { protobuf: false, ..options(&cluster) }, &KINDS).unwrap();
    assert_eq!((whole.pods.len(), whole.services.len(), whole.controllers.len(), whole.objects.len()), (23, 1, 1, 1));
    assert!(whole.gaps.is_empty(), "{:?}", whole.gaps);
    for page_size in [1, 7, 500] {
        for protobuf in [false, true] {
            for expires in [false, true] {
                if expires {
                    cluster.server().fault(Fault::new(Act::Expired { fresh: None }).resource("pods").query("continue", "").after(1).times(1));
                }
                cluster.server().forget_requests();
                let again = try_read(&cluster, &ConnectOptions { protobuf, page_size, ..options(&cluster) }, &KINDS).unwrap();
                assert_eq!(told(&again), told(&whole), "pages of {page_size}, protobuf {protobuf}, expires {expires}");
                cluster.server().clear_faults();
                let expired = cluster.server().requests().iter().any(|request| request.status == 410);
                assert_eq!(expired, expires && page_size < 23, "the fault was there");
            }
        }
    }
}

#[test]
fn core_kinds_come_in_protobuf_and_metadata_alone_when_that_suffices() {
    let cluster = shop(Options { content: Content::Protobuf(kubernetes_protobuf), ..Options::default() }, 2);
    let connection = connection(&cluster, &options(&cluster));
    let mut wanted = Wanted::new(Scope::All, [Kind::Pod, Kind::Deployment, Kind::ClusterRole]);
    wanted.metadata_only.extend([Kind::Deployment, Kind::ClusterRole]);
    let inventory = cluster.wait(connection.read(&wanted, &())).unwrap();
    assert_eq!(inventory.controllers[0].metadata.name, "cart");
    assert!(inventory.controllers[0].spec.template.is_none());
    let asked = cluster.server().requests();
    assert!(asked.iter().all(|request| request.header("accept").is_some_and(|accept| accept.contains("protobuf"))), "{asked:?}");
    let json = self::connection(&cluster, &ConnectOptions { protobuf: false, ..options(&cluster) });
    assert_eq!(told(&cluster.wait(json.read(&wanted, &())).unwrap()), told(&inventory));
}

#[test]
fn each_kind_fails_alone_and_says_why() {
    let cluster = shop(Options::default(), 3);
    let server = cluster.server();
    server.fault(Fault::new(Act::Forbidden).resource("services"));
    server.fault(Fault::new(Act::NotServed).group("policy.linkerd.io"));
    server.fault(Fault::new(Act::Raw { status: 200, content_type: "text/html", body: b"<html>".to_vec() }).resource("deployments.apps"));
    server.fault(Fault::new(Act::Truncate { bytes: 30 }).resource("namespaces"));
    let inventory = read(&cluster, &KINDS);
    let gaps = gaps(&inventory);
    assert_eq!((inventory.pods.len(), inventory.objects.len()), (3, 1), "{gaps:?}");
    for expected in
        ["servers.policy.linkerd.io is not served", "may not list services cluster-wide", "got text/html", "the answer is no list in JSON"]
    {
        assert_eq!(gaps.iter().filter(|gap| gap.contains(expected)).count(), 1, "{expected}: {gaps:?}");
    }
    assert_eq!(inventory.coverage[&Kind::Service], Coverage::Hidden);
    assert_eq!(inventory.coverage[&Kind::Pod], Coverage::Complete);
}

#[test]
fn what_passes_is_waited_out() {
    for act in [
        Act::TooManyRequests { seconds: 1 },
        Act::Internal,
        Act::Unavailable,
        Act::Cut { bytes: 40 },
        Act::Truncate { bytes: 40 },
        Act::Drip { bytes: 700, pause: Duration::from_millis(1) },
    ] {
        let cluster = shop(Options::default(), 3);
        cluster.server().fault(Fault::new(act.clone()).resource("pods").times(1));
        let inventory = read(&cluster, &[Kind::Pod]);
        assert_eq!((inventory.pods.len(), gaps(&inventory)), (3, vec![]), "{act:?}");
    }
}

#[test]
fn a_connection_that_is_always_cut_leaves_a_gap_and_what_came_before() {
    let cluster = shop(Options::default(), 10);
    cluster.server().fault(Fault::new(Act::Cut { bytes: 40 }).resource("pods").query("continue", "").after(1));
    let inventory = try_read(&cluster, &ConnectOptions { page_size: 3, ..options(&cluster) }, &[Kind::Pod]).unwrap();
    assert!(matches!(&inventory.gaps[..], [Gap::Incomplete { kind: Kind::Pod, .. }]), "{:?}", inventory.gaps);
    assert_eq!(inventory.coverage[&Kind::Pod], Coverage::Hidden);
    assert!(inventory.pods.len() >= 3, "the first page is kept");
}

#[test]
fn one_broken_object_is_one_gap() {
    let cluster = shop(Options::default(), 3);
    cluster
        .server()
        .plant(json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "bad", "namespace": "shop"}, "spec": {"containers": "none"}}));
    let inventory = read(&cluster, &[Kind::Pod]);
    assert_eq!(inventory.pods.len(), 3);
    assert!(matches!(&inventory.gaps[..], [Gap::Undecodable { object, .. }] if object.to_string() == "Pod shop/bad"), "{:?}", inventory.gaps);
}

#[test]
fn someone_with_one_namespace_reads_that_one() {
    let cluster = shop(Options::default(), 2);
    cluster.grant_in("dev", "shop", &rules(&["get", "list"], &["pods", "services"]));
    let options = ConnectOptions { kubeconfig: Some(cluster.kubeconfig_for("dev")), ..options(&cluster) };
    let everywhere = try_read(&cluster, &options, &[Kind::Pod, Kind::Service]).unwrap();
    assert_eq!(gaps(&everywhere), ["may not list pods cluster-wide", "may not list services cluster-wide"]);
    let connection = connection(&cluster, &options);
    let wanted = Wanted::new(Scope::Some(["shop".into()].into()), [Kind::Pod, Kind::Deployment]);
    let inventory = cluster.wait(connection.read(&wanted, &())).unwrap();
    assert_eq!((inventory.pods.len(), gaps(&inventory)), (2, vec!["may not list deployments.apps in namespace shop".to_owned()]));
}

#[test]
fn every_kind_of_credential_gets_in_and_a_plugin_runs_once() {
    let cluster = shop(Options::default(), 1);
    let token = cluster.token(ADMIN);
    let file = cluster.home().join("token");
    std::fs::write(&file, format!("{token}\n")).unwrap();
    let plugin = exec_plugin(cluster.home(), &token);
    let config = [
        ("token", Credentials::Token(token)),
        ("file", Credentials::TokenFile(file)),
        ("certificate", Credentials::Certificate(cluster.certificate(ADMIN))),
        ("plugin", Credentials::Exec(plugin.clone())),
    ]
    .iter()
    .fold(Kubeconfig::default(), |config, (name, credentials)| cluster.context(config, name, credentials, Some("shop")));
    let path: PathBuf = cluster.home().join("config");
    config.write(&path);
    for context in ["token", "file", "certificate", "plugin"] {
        let options = ConnectOptions { kubeconfig: Some(path.clone()), context: Some(context.to_owned()), ..options(&cluster) };
        let connection = connection(&cluster, &options);
        let inventory = cluster.wait(connection.read(&Wanted::new(Scope::All, KINDS), &())).unwrap();
        assert_eq!((inventory.pods.len(), connection.namespace(), connection.context()), (1, "shop", context));
    }
    assert_eq!(exec_plugin_calls(&plugin), 1);
}

#[test]
fn a_wrong_token_a_wrong_authority_and_a_closed_port_are_three_clear_errors() {
    let cluster = shop(Options::default(), 1);
    let nobody = cluster.context(Kubeconfig::default(), "nobody", &Credentials::Token("wrong".to_owned()), None);
    let path = cluster.home().join("errors");
    let authority = crate::apiserver::tls::Authority::new().pem();
    let stranger = nobody.context("stranger", cluster.url(), Some(&authority), &Credentials::None, None);
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    stranger.context("gone", &format!("http://127.0.0.1:{port}"), None, &Credentials::None, None).write(&path);
    let error = |context: &str| {
        let options = ConnectOptions { kubeconfig: Some(path.clone()), context: Some(context.to_owned()), ..options(&cluster) };
        let error = try_read(&cluster, &options, &KINDS).err().unwrap();
        (error.to_string(), error.hints().join("\n"))
    };
    let (said, hint) = error("nobody");
    assert!(said.starts_with(&format!("not logged in to {}: ", cluster.url())), "{said}");
    assert!(hint.contains(&format!("context \"nobody\" in {}", path.display())), "{hint}");
    let (said, hint) = error("stranger");
    assert!(said.starts_with(&format!("cannot reach {}: invalid peer certificate", cluster.url())), "{said}");
    assert!(hint.contains("certificate-authority"), "{hint}");
    let (said, _) = error("gone");
    assert!(said.contains(&format!("127.0.0.1:{port}")) && said.contains("refused"), "{said}");
}

#[test]
fn discovery_is_asked_for_once_and_again_when_something_wanted_is_not_in_it() {
    let cluster = shop(Options::default(), 1);
    let options = ConnectOptions { cache: Some(cluster.home().join("cache")), ..options(&cluster) };
    let discoveries = |kinds: &[Kind]| {
        cluster.server().forget_requests();
        let inventory = try_read(&cluster, &options, kinds).unwrap();
        let asked = cluster.server().requests().iter().filter(|request| request.path == "/apis").count();
        (asked, inventory.objects.len())
    };
    assert_eq!(discoveries(&[Kind::Pod]), (0, 0), "built-in kinds need none");
    assert_eq!(discoveries(&[Kind::VirtualService, Kind::Server]), (1, 1));
    assert_eq!(discoveries(&[Kind::VirtualService, Kind::Server]), (0, 1), "it is remembered");
    cluster.undefine("policy.linkerd.io");
    assert_eq!(discoveries(&[Kind::Server]), (0, 0), "a kind that went away is noticed by its list");
    assert_eq!(gaps(&try_read(&cluster, &options, &[Kind::Server]).unwrap()), ["servers.policy.linkerd.io is not served: its CRD is not installed"]);
    std::fs::remove_dir_all(cluster.home().join("cache")).unwrap();
    assert_eq!(discoveries(&[Kind::Server]), (1, 0));
    cluster.define(&[Kind::Server]);
    assert_eq!(discoveries(&[Kind::Server]), (1, 0), "one that was installed a moment ago is seen");
    assert_eq!(gaps(&try_read(&cluster, &options, &[Kind::Server]).unwrap()), Vec::<String>::new());
}

#[test]
fn servers_without_aggregated_discovery_are_understood() {
    let cluster = shop(Options { aggregated: false, ..Options::default() }, 1);
    let inventory = read(&cluster, &[Kind::VirtualService, Kind::Server, Kind::ServiceProfile]);
    assert_eq!((inventory.objects.len(), gaps(&inventory)), (1, vec![]));
}

#[test]
fn secrets_are_certificates_and_nothing_else() {
    let cluster = shop(Options::default(), 1);
    let secret = |name: &str, kind: &str| {
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": "shop"}, "type": kind,
            "data": {"tls.crt": "cGxhbnRlZA==", "tls.key": "cGxhbnRlZA==", "password": "cGxhbnRlZA=="}})
    };
    cluster.server().plant(secret("certificate", "kubernetes.io/tls"));
    cluster.server().plant(secret("password", "Opaque"));
    let inventory = read(&cluster, &[Kind::Secret]);
    assert_eq!(inventory.objects.iter().map(|secret| secret.meta.name.as_str()).collect::<Vec<_>>(), ["certificate"]);
    assert!(!told(&inventory).contains("cGxhbnRlZA"));
}

#[test]
fn names_and_the_version_answer_small_questions() {
    let cluster = shop(Options::default(), 3);
    let connection = connection(&cluster, &options(&cluster));
    let names = cluster.wait(connection.names(Kind::Pod, Some("shop"), 2, Duration::from_secs(5)));
    assert_eq!(names, ["cart-000", "cart-001"]);
    assert_eq!(cluster.wait(connection.names(Kind::VirtualService, None, 9, Duration::from_secs(5))), ["cart"]);
    assert_eq!(cluster.wait(connection.version()).unwrap().git_version, "v1.33.1");
    cluster.server().fault(Fault::new(Act::Delay(Duration::from_secs(5))).resource("pods"));
    assert!(cluster.wait(connection.names(Kind::Pod, None, 9, Duration::from_millis(50))).is_empty());
}

/// A kubeconfig by which the server seems to be far, so that its answers come packed.
fn far(cluster: &TestCluster) -> PathBuf {
    let config = std::fs::read_to_string(cluster.kubeconfig_for(ADMIN)).unwrap();
    let path = cluster.home().join("far.kubeconfig");
    std::fs::write(&path, config.replace("\"server\":\"https://127.0.0.1:", "\"tls-server-name\":\"localhost\",\"server\":\"https://127.1:"))
        .unwrap();
    path
}

fn packed(text: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packed.write_all(text).unwrap();
    packed.finish().unwrap()
}

/// Every limit on what a server may answer, smaller than it is: what goes beyond it is a gap that says so, and no more is asked.
#[test]
fn a_list_has_limits_each_of_which_is_told() {
    let blanks = |head: &str, n: usize| [head.as_bytes(), &vec![b' '; n]].concat();
    let none = r#"{"kind":"PodList","apiVersion":"v1","metadata":{},"items":[]}"#;
    let json = "application/json";
    let raw = |body: Vec<u8>| Act::Raw { status: 200, content_type: json, body };
    let gzip = |body: Vec<u8>| {
        let headers = [("content-type", json.to_owned()), ("content-encoding", "gzip".to_owned())].into();
        Act::Reply { status: 200, headers, body: packed(&body) }
    };
    let wide = Limits { page: 1 << 20, whole: 2 << 20, pages: 7, ..Limits::default() };
    let circle = none.replace("\"metadata\":{}", "\"metadata\":{\"continue\":\"again\"}").into_bytes();
    let cases: Vec<(&str, Vec<Fault>, Limits, usize, &str, usize)> = vec![
        ("answer body", vec![Fault::new(raw(blanks(none, 1 << 20))).resource("pods")], wide, 500, "the answer is larger than 1 MiB", 1),
        ("decompressed body", vec![Fault::new(gzip(blanks(none, 1 << 20))).resource("pods")], wide, 500, "the answer is larger than 1 MiB", 1),
        (
            "in one piece",
            vec![
                Fault::new(Act::Expired { fresh: None }).resource("pods").query("limit", ""),
                Fault::new(raw(blanks(none, 2 << 20))).resource("pods"),
            ],
            wide,
            500,
            "the answer is larger than 2 MiB",
            5,
        ),
        ("page count, tokens that are ever new", vec![], wide, 1, "the list has not ended after 7 pages", 8),
        ("tokens in a circle", vec![Fault::new(raw(circle)).resource("pods")], wide, 500, "the server repeats its continue token", 4),
        ("total", vec![], Limits { pages: 5000, list: 4 << 10, ..wide }, 1, "the list is larger than 4 KiB", 11),
    ];
    for (name, faults, limits, page_size, said, most) in cases {
        let cluster = shop(Options::default(), 12);
        faults.into_iter().for_each(|fault| cluster.server().fault(fault));
        let kubeconfig = Some(far(&cluster));
        let options = ConnectOptions { kubeconfig, limits, page_size, protobuf: false, ..options(&cluster) };
        let inventory = try_read(&cluster, &options, &[Kind::Pod, Kind::Service]).unwrap();
        let gaps = gaps(&inventory);
        assert!(matches!(&gaps[..], [gap] if gap.contains("pods") && gap.contains(said)), "{name}: {gaps:?}");
        assert_eq!((inventory.coverage[&Kind::Pod], inventory.services.len()), (Coverage::Hidden, 1), "{name}: the rest is read");
        let asked = cluster.server().requests().iter().filter(|request| request.path.ends_with("/pods")).count();
        assert!((1..=most).contains(&asked), "{name}: asked {asked} times");
    }
}

/// The table of the contract is what the program does.
#[test]
fn the_limits_are_those_of_the_contract() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/contract.md")).unwrap();
    let Limits { answer, page: one, whole, list, pages, event } = Limits::default();
    let size = |bytes: usize| if bytes >= 1 << 30 { format!("{} GiB", bytes >> 30) } else { format!("{} MiB", bytes >> 20) };
    let rows = [
        ("answer", size(answer)),
        ("page", size(one)),
        ("list in one piece", size(whole)),
        ("list", size(list)),
        ("pages", pages.to_string()),
        ("event", size(event)),
    ];
    for (name, value) in rows {
        assert!(page.contains(&format!("| {name} | {value} |")), "{name} is {value}");
    }
}
